//! Bundles for one workload.

use crate::commands::Stop;
use clap::{Args, ValueEnum};
use heliast::bundle::{Audience, Store};
use heliast::prune::Fleet;
use heliast::suggest;
use heliast_cli::bundles::Whole;
use heliast_cli::policy_test::PodName;

/// For whom a bundle is made.
#[derive(Debug, Args)]
pub(super) struct Whom {
    /// Leave out all that this pod cannot ask about.
    #[arg(long = "for", value_name = "NAMESPACE/POD", value_parser = pod)]
    pod: Option<PodName>,
    /// How its filter recognises peers (`peerBinding`). A bundle for Principal serves the other
    /// bindings too, and holds more.
    #[arg(
        long,
        value_name = "BINDING",
        default_value = "AddressAndPrincipal",
        requires = "pod"
    )]
    peer_binding: Binding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
enum Binding {
    /// By address, and by certificate beside it.
    AddressAndPrincipal,
    /// By certificate alone.
    Principal,
}

/// Most pods named in a message.
const PODS: usize = 8;

impl Whom {
    /// The bundle of a fleet for whom it is wanted; the whole fleet if for everyone.
    pub(super) fn bundle(&self, store: Store) -> Result<Whole, Stop> {
        let Some(pod) = &self.pod else {
            return Ok(Whole::of(store, None));
        };
        let fleet = Fleet::load(store.objects().cloned());
        // What was read without a mistake has none now.
        let fleet = fleet.map_err(|problems| Stop::Usage(problems.to_string()))?;
        let audience = Audience {
            namespace: pod.namespace.clone(),
            pod: pod.name.clone(),
            by_principal: self.peer_binding == Binding::Principal,
        };
        let view = fleet.view(&audience);
        let view = view.ok_or_else(|| Stop::Usage(unknown(pod, &fleet)))?;
        Ok(Whole::of(view.store().clone(), Some(audience)))
    }
}

fn pod(text: &str) -> Result<PodName, String> {
    PodName::parse(text).ok_or_else(|| "write it as namespace/pod".to_owned())
}

/// That there is no such pod, and which the user may have meant.
fn unknown(pod: &PodName, fleet: &Fleet) -> String {
    let pods = fleet.pods();
    let mut names: Vec<String> = pods
        .map(|(namespace, name)| format!("{namespace}/{name}"))
        .collect();
    let known = names.iter().map(String::as_str);
    let help = match suggest::nearest(&pod.to_string(), known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "there is no pod at all: name the file that has them as well".to_owned()
        }
        None => {
            let more = names.len().saturating_sub(PODS);
            names.truncate(PODS);
            let names = names.join(", ");
            match more {
                0 => format!("the pods are {names}"),
                more => format!("the pods are {names}, and {more} more"),
            }
        }
    };
    format!("there is no pod {pod}\n  = help: {help}")
}
