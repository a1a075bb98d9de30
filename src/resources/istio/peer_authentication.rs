//! PeerAuthentication (istio.md 2).

use super::{metadata, scope};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::{NameForm, shorten};
use crate::resources::object::{self, Form, Metadata, Place};
use crate::selector::Selector;
use crate::terms::MutualTlsMode;

const FORM: Form = Form {
    kind: "PeerAuthentication",
    scope: object::Scope::Namespaced,
    name: NameForm::Subdomain,
};

/// A PeerAuthentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAuthentication {
    /// Which object.
    pub metadata: Metadata,
    /// When it was made: of several at one level the oldest holds.
    pub created: Option<String>,
    /// The workloads it governs; none for the whole namespace, or the whole mesh.
    pub selector: Option<Selector>,
    /// What they take in; none leaves what the level above says.
    pub mode: Option<MutualTlsMode>,
    /// What single ports take in.
    pub ports: Vec<(u16, Option<MutualTlsMode>)>,
}

impl PeerAuthentication {
    /// What tells the older of two objects of one level, which holds.
    #[must_use]
    pub fn age(&self) -> (Option<&str>, &str) {
        (self.created.as_deref(), &self.metadata.id.name)
    }

    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = FORM.decode(&root, place);
        let created = metadata::created(&root);
        let mut decoded = Self {
            metadata: metadata?,
            created,
            selector: None,
            mode: None,
            ports: Vec::new(),
        };
        let Some(spec) = root.get("spec") else {
            return Some(decoded);
        };
        let spec = spec.object(&["selector", "mtls", "portLevelMtls"])?;
        (decoded.selector, _) = scope::labels(&spec);
        decoded.mode = spec.get("mtls").and_then(|field| mode(&field));
        if let Some(field) = spec.get("portLevelMtls") {
            decoded.ports = ports(&field);
            if decoded.selector.is_none() && !decoded.ports.is_empty() {
                let help = "add `selector.matchLabels`: ports are those of a workload";
                field.error(
                    "istio-port-without-selector",
                    "needs a selector with labels",
                    help,
                );
            }
        }
        Some(decoded)
    }
}

fn mode(field: &Field<'_, '_>) -> Option<MutualTlsMode> {
    let fields = field.object(&["mode"])?;
    let mode = fields.get("mode")?.one_of(&[
        ("UNSET", None),
        ("DISABLE", Some(MutualTlsMode::Disable)),
        ("PERMISSIVE", Some(MutualTlsMode::Permissive)),
        ("STRICT", Some(MutualTlsMode::Strict)),
    ]);
    mode.flatten()
}

fn ports(field: &Field<'_, '_>) -> Vec<(u16, Option<MutualTlsMode>)> {
    let mut ports = Vec::new();
    let Some(fields) = field.open_object() else {
        return ports;
    };
    if fields.is_empty() {
        field.error("empty-list", "must have at least one port", "remove it");
    }
    for key in fields.keys().take(limits::ISTIO_VALUES) {
        // `080` is no other spelling of a port: it could say something else than `80` does.
        let digits = key.bytes().all(|byte| byte.is_ascii_digit()) && !key.starts_with('0');
        let port = key.parse().ok().filter(|_| digits);
        let Some(port) = port else {
            let message = format!("`{}` is not a port from 1 to 65535", shorten(key));
            field.error("istio-port", message, "write the port of the container");
            continue;
        };
        ports.push((port, port_mode(&fields, key)));
    }
    ports
}

fn port_mode(ports: &Fields<'_, '_>, key: &str) -> Option<MutualTlsMode> {
    mode(&ports.require(key)?)
}
