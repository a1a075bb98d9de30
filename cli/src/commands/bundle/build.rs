//! `heliast bundle build`: manifests in, one document out.

use super::counted;
use super::order::Place;
use super::pruned::Whom;
use super::source::Made;
use super::target::Target;
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast::limits;
use heliast_cli::bundles::{Program, Whole};
use heliast_cli::signing_key::SigningKey;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle build policies/ pods.yaml --out bundle.json
  kubectl get tiers,globalnetworkpolicies,pods -A -o yaml | heliast bundle build - --out bundle.json
  heliast bundle build policies/ pods.yaml --for shop/cart --out cart.json
  heliast bundle build policies/ pods.yaml --for shop/cart --compile --out cart.program
  heliast bundle build policies/ --sign-key key.pem --sequence $(git rev-list --count HEAD) --out bundle.json

Equal objects give equal bytes, in whatever files and order they stand.";

/// Make a bundle of manifests.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders, or `-` for standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    whom: Whom,
    /// Compile it for the module that takes nothing else, heliast-runtime.wasm.
    #[arg(long, requires = "pod")]
    compile: bool,
    #[command(flatten)]
    place: Place,
    /// Sign it with the private key in this file (ed25519, PEM).
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    // A key that is not there is known before a fleet is read.
    let key = arguments.sign_key.as_deref().map(SigningKey::read);
    let key = key.transpose()?;
    let made = Made::read(&arguments.paths, terminal)?;
    if made.resources.pods.is_empty() && made.resources.workload_groups.is_empty() {
        terminal.say(
            "note: it has no Pod and no WorkloadGroup; only `peerBinding: Principal` can use it\n",
        );
    }
    let mut whole = arguments.whom.bundle(made.store)?;
    whole.statement.order = arguments.place.order();
    if let Some(key) = &key {
        whole.sign(key, None);
        if whole.statement.order.is_none() {
            terminal.say(
                "note: signed without --sequence, an older bundle can be passed off as this one\n",
            );
        }
    }
    if arguments.compile {
        return compile(arguments, &whole, key.as_ref(), terminal);
    }
    let text = whole.text();
    if text.len() > limits::BUNDLE_BYTES {
        return Err(Stop::Usage(format!(
            "the bundle has {} bytes, and a filter takes at most {}: prune it for one workload with --for",
            text.len(),
            limits::BUNDLE_BYTES
        )));
    }
    arguments.target.write(&text, terminal)?;
    terminal.say(&format!(
        "revision {}: {}, {} bytes\n",
        whole.content(),
        counted(whole.store().len(), "object"),
        text.len()
    ));
    Ok(Answer::Yes)
}

fn compile(
    arguments: &Arguments,
    whole: &Whole,
    key: Option<&SigningKey>,
    terminal: Terminal,
) -> Result<Answer, Stop> {
    let mut program = Program::of(whole).map_err(Stop::Usage)?;
    if let Some(key) = key {
        program.sign(key, None);
    }
    let bytes = program.bytes().map_err(Stop::Environment)?;
    arguments.target.write_program(&bytes, terminal)?;
    terminal.say(&format!(
        "revision {}: {}, compiled to {} bytes\n",
        whole.content(),
        counted(whole.store().len(), "object"),
        bytes.len()
    ));
    Ok(Answer::Yes)
}
