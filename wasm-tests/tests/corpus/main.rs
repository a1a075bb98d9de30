//! Every case under `policies/`, decided by the real modules in the wasm host: the one that takes
//! objects, and the one that takes compiled programs.

#[path = "../support/mod.rs"]
mod support;
mod wire;

use heliast::verdict::Decision;
use heliast_cli::policy_test::{Case, Entry, Observed, Outcome, Runner, corpus, prepare, run};
use heliast_wasm_tests::{Action, Host, Module, PluginConfig, Stream};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let trials: Vec<Trial> = corpus(&policies.canonicalize()?)?
        .into_iter()
        .map(trial)
        .collect();
    let left_out = trials
        .iter()
        .filter(|trial| trial.has_ignored_flag())
        .count();
    let cases = trials.len().saturating_sub(left_out);
    println!("figure: corpus, wasm: {cases} cases run, {left_out} left out with a reason");
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test of a case; a file that cannot be loaded is a test that fails.
fn trial(entry: Entry) -> Trial {
    let skip = entry.skip(NAME).map(str::to_owned);
    let trial = Trial::test(entry.title, move || {
        let case = entry
            .case
            .map_err(|failure| Failed::from(failure.to_string()))?;
        let modules: [(&str, &mut dyn Runner); 2] = [
            ("full", &mut WasmRunner),
            ("runtime-only", &mut CompiledRunner),
        ];
        for (module, runner) in modules {
            match run(runner, &case) {
                Outcome::Passed | Outcome::Skipped { .. } => {}
                Outcome::Failed { why } => {
                    let why = format!("{}, {module} module\n{why}", case.place);
                    return Err(Failed::from(why));
                }
            }
        }
        Ok(())
    });
    match skip {
        Some(reason) => trial
            .with_kind(format!("skipped: {reason}"))
            .with_ignored_flag(true),
        None => trial,
    }
}

/// What skips name.
const NAME: &str = "wasm";

/// Runs a case on its objects.
struct WasmRunner;

/// Runs a case on the program that its workload would have. What cannot be compiled was refused
/// before it could come to the module.
struct CompiledRunner;

impl Runner for WasmRunner {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, case: &Case) -> anyhow::Result<Observed> {
        ask(support::module(), wire::plugin(case), case)
    }
}

impl Runner for CompiledRunner {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, case: &Case) -> anyhow::Result<Observed> {
        match prepare(&case.situation) {
            Ok(_) => ask(support::runtime_module(), wire::compiled(case)?, case),
            Err(text) => Ok(Observed::Error(text)),
        }
    }
}

/// Runs a case in a fresh host: configuration, one connection, one request.
fn ask(module: &Module, config: PluginConfig, case: &Case) -> anyhow::Result<Observed> {
    let host = Host::new(module);
    let plugin = match host.configure(config) {
        Ok(plugin) => plugin,
        Err(_) => return Ok(Observed::Error(refusal(&host))),
    };
    if case.situation.request.is_none() {
        return Ok(Observed::Accepted);
    }
    let facts = case.facts()?;
    let Some(lines) = wire::header_lines(&facts) else {
        anyhow::bail!("a case without HTTP part");
    };
    let mut stream = plugin.worker(0).open_stream(wire::connection(&facts));
    let outcome = stream.request_headers(lines, true);
    if let Some(trap) = outcome.trap() {
        anyhow::bail!("the module trapped: {trap}");
    }
    observe(&stream, outcome.action)
}

/// What the module's log says of a refused configuration, without its prefix.
fn refusal(host: &Host) -> String {
    let prefix = "heliast: configuration refused: ";
    let logs = host.logs();
    let lines: Vec<&str> = logs
        .iter()
        .filter_map(|line| line.message.strip_prefix(prefix))
        .collect();
    lines.join("\n")
}

/// The header lines that the upstream sees, if the request gets there.
fn upstream(stream: &Stream) -> Option<Vec<(String, String)>> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = stream.upstream_request()?.headers;
    let lines = headers.iter();
    Some(
        lines
            .map(|(name, value)| (text(name), text(value)))
            .collect(),
    )
}

fn observe(stream: &Stream, action: Action) -> anyhow::Result<Observed> {
    let noted = |name: &str| stream.property_text(name);
    let verdict = match (
        stream.reply(),
        noted("wasm.heliast_verdict").as_deref(),
        action,
    ) {
        (None, Some("allow"), Action::Continue) => Decision::Allow,
        (Some(reply), Some("deny"), Action::Pause) if reply.status == 403 => Decision::Deny,
        odd => anyhow::bail!("reply, note and action do not agree: {odd:?}"),
    };
    let staged = match noted("wasm.heliast_staged").as_deref() {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        Some(odd) => anyhow::bail!("an unknown staged verdict: {odd}"),
        None => verdict,
    };
    Ok(Observed::Verdict {
        verdict,
        staged: Some(staged),
        rule: noted("wasm.heliast_rule"),
        upstream: upstream(stream),
    })
}
