use heliast_wasm_tests::{Host, HostOptions, LogLevel, Module, PluginConfig};

use crate::guest::{Guest, report, said};

/// Logs `length` bytes at `at`.
fn show(at: u32, length: u32) -> [String; 3] {
    [
        format!("(i32.store (i32.const 16) (i32.const {at}))"),
        format!("(i32.store (i32.const 20) (i32.const {length}))"),
        report("(i32.const 0)"),
    ]
}

fn random_guest() -> Module {
    let random = "(drop (call $random (i32.const 64) (i32.const 8)))".to_owned();
    let [at, length, log] = show(64, 8);
    Guest::new()
        .on("tick", 0, &[random, at, length, log])
        .module()
}

fn random_of(seed: u64) -> Vec<String> {
    let host = Host::with_options(
        &random_guest(),
        HostOptions {
            seed,
            ..HostOptions::default()
        },
    );
    let plugin = host.configure(PluginConfig::default()).unwrap();
    plugin.main().tick();
    plugin.worker(0).tick();
    said(&host)
}

#[test]
fn random_differs_between_vms_and_not_between_runs() {
    let first = random_of(1);
    assert_ne!(first[0], first[1]);
    assert_eq!(random_of(1), first);
    assert_ne!(random_of(2), first);
}

#[test]
fn output_is_logged() {
    let mut guest = Guest::new();
    let text = guest.data("line\n");
    let text: Vec<&str> = text
        .split([' ', ')'])
        .filter(|part| part.parse::<u32>().is_ok())
        .collect();
    let vector = [
        format!("(i32.store (i32.const 48) (i32.const {}))", text[0]),
        format!("(i32.store (i32.const 52) (i32.const {}))", text[1]),
    ];
    let print = |file: u32| {
        format!(
            "(drop (call $fd_write (i32.const {file}) (i32.const 48) (i32.const 1) (i32.const 56)))"
        )
    };
    let steps = [
        vector[0].clone(),
        vector[1].clone(),
        print(1),
        print(2),
        print(3),
    ];
    let host = Host::new(&guest.on("tick", 0, &steps).module());
    host.configure(PluginConfig::default())
        .unwrap()
        .main()
        .tick();
    let logs: Vec<(LogLevel, String)> = host
        .take_logs()
        .into_iter()
        .map(|line| (line.level, line.message))
        .collect();
    assert_eq!(
        logs,
        [
            (LogLevel::Info, "line".to_owned()),
            (LogLevel::Error, "line".to_owned())
        ]
    );
}

#[test]
fn the_environment_is_the_vm_configurations() {
    let [at, length, log] = show(80, 8);
    let steps = [
        "(drop (call $environ (i32.const 64) (i32.const 80)))".to_owned(),
        at,
        length,
        log,
    ];
    let host = Host::new(&Guest::new().on("tick", 0, &steps).module());
    let environment = [
        ("A".to_owned(), "1".to_owned()),
        ("B".to_owned(), "2".to_owned()),
    ]
    .into();
    let config = PluginConfig {
        environment,
        ..PluginConfig::default()
    };
    host.configure(config).unwrap().main().tick();
    assert_eq!(said(&host), ["A=1\0B=2\0"]);
}

#[test]
fn exit_is_a_trap() {
    let steps = ["(call $exit (i32.const 7))".to_owned()];
    let host = Host::new(&Guest::new().on("tick", 0, &steps).module());
    let runs = host
        .configure(PluginConfig::default())
        .unwrap()
        .main()
        .tick();
    assert!(runs[0].trap.as_ref().unwrap().contains("proc_exit(7)"));
}

#[test]
fn lines_below_the_log_level_are_dropped() {
    let mut guest = Guest::new();
    let steps = [guest.log("info")];
    let host = Host::new(&guest.on("tick", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    host.set_log_level(LogLevel::Warn);
    plugin.main().tick();
    host.set_log_level(LogLevel::Debug);
    plugin.main().tick();
    assert_eq!(said(&host), ["info"]);
}
