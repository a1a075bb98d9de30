//! Build, demo, test and measure heliast: `cargo xtask <command>`.

mod artifacts;
mod bench;
mod demo;
mod envoy;
mod peers;
mod run;
mod scale;
mod soak;
mod step;
mod suite;
mod tally;
mod tree;
mod upstreams;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  build          the filter and the command, into target/dist/
  demo [ARGS]    the YAO Bank story on real Envoy sidecars; `demo --keep` leaves it running
  test [NAME..]  every check there is, or only the steps named
  soak           the long forms of tests that watch for what is rare, ten minutes each
  scale          what `heliast serve` costs in a mesh of 100,000 pods
  bench [ARGS]   what a decision costs on real Envoy, beside what others cost; `bench --help`
  peers          the programs under tests/peers that ask the policy systems' own code; needs Go
  upstreams      the servers that envoy-tests put behind a sidecar: Flask and Express; needs pip and npm
  envoy          find the pinned Envoy or install it under target/, and print where it is

exit codes: 0 all well, 1 something failed, 2 bad usage";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        return usage_error("no command given");
    };
    let outcome = match (command.as_str(), rest) {
        ("build", []) => artifacts::build_all().map(|()| true),
        ("demo", arguments) => demo::run(arguments),
        ("test", names) => match suite::select(names) {
            Ok(steps) => suite::run(&steps),
            Err(unknown) => return usage_error(&unknown),
        },
        ("soak", []) => soak::run(),
        ("scale", []) => scale::run(),
        ("bench", arguments) => bench::run(arguments),
        ("peers", []) => peers::build(),
        ("upstreams", []) => upstreams::install().map(|missing| missing.is_empty()),
        ("envoy", []) => envoy::ensure().map(|path| {
            println!("{}", path.display());
            true
        }),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(true)
        }
        (other, _) => return usage_error(&format!("cannot make sense of `{other}`")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("error: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}
