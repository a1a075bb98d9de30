//! For whom a bundle was made, if not for everyone.

use crate::peer::PeerBinding;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use serde_json::{Value, json};
use std::fmt;

/// The workload a bundle was pruned for. It says nothing of other workloads, nor of this one under
/// a binding that it was not made for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Audience {
    /// The namespace of the workload.
    pub namespace: String,
    /// Its pod.
    pub pod: String,
    /// Whether peers may be recognised by their certificate alone. Such a bundle holds more, and
    /// serves the other bindings too.
    pub by_principal: bool,
}

#[cfg(feature = "compiled")]
impl Read for Audience {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            namespace: from.read(),
            pod: from.read(),
            by_principal: from.read(),
        }
    }
}

impl Audience {
    /// Reads the `for` of a document.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn decode(value: &Value) -> Result<Self, String> {
        const WRONG: &str = "`for` must be {namespace, pod, peerBinding}";
        let fields = value.as_object().filter(|fields| fields.len() == 3);
        let text = |key| fields.and_then(|fields| fields.get(key)?.as_str());
        let (Some(namespace), Some(pod), Some(binding)) =
            (text("namespace"), text("pod"), text("peerBinding"))
        else {
            return Err(WRONG.to_owned());
        };
        let by_principal = match binding {
            "Principal" => true,
            "AddressAndPrincipal" => false,
            _ => return Err(WRONG.to_owned()),
        };
        Ok(Self {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            by_principal,
        })
    }

    /// The `for` of a document.
    #[must_use]
    pub fn encode(&self) -> Value {
        json!({"namespace": self.namespace, "pod": self.pod, "peerBinding": self.binding()})
    }

    /// Whether the bundle can be enforced under a binding.
    #[must_use]
    pub fn serves(&self, binding: PeerBinding) -> bool {
        self.by_principal || binding != PeerBinding::Principal
    }

    fn binding(&self) -> &'static str {
        if self.by_principal {
            "Principal"
        } else {
            "AddressAndPrincipal"
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, pod, .. } = self;
        write!(f, "{namespace}/{pod} {}", self.binding())
    }
}
