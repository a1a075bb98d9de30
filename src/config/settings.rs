//! The keys of a configuration that programs are compiled under.

use super::word;
use crate::decode::{Field, Fields};
use crate::peer::{PeerBinding, PlaintextPeers, Recognition};
use crate::settings::{CiliumEnforcement, DestinationDomains, ForwardedFor, Settings};

pub(super) fn decode(fields: &Fields<'_, '_>) -> Settings {
    let mut settings = Settings {
        recognition: recognition(fields),
        forwarded_for: word(
            fields,
            "forwardedFor",
            &[
                ("Untrusted", ForwardedFor::Untrusted),
                ("Trusted", ForwardedFor::Trusted),
            ],
        ),
        destination_domains: word(
            fields,
            "destinationDomains",
            &[
                ("Ignored", DestinationDomains::Ignored),
                ("Requested", DestinationDomains::Requested),
            ],
        ),
        ..Settings::default()
    };
    if let Some(field) = fields.get("trustDomains") {
        settings.trust_domains = trust_domains(&field);
    }
    if let Some(field) = fields.get("istio") {
        let istio = field.object(&["rootNamespace"]);
        let root = istio.and_then(|istio| istio.string("rootNamespace").map(str::to_owned));
        settings.istio_root_namespace = root.unwrap_or(settings.istio_root_namespace);
    }
    if let Some(field) = fields.get("cilium") {
        let cilium = field.object(&["policyEnforcement"]);
        let words = [
            ("Default", CiliumEnforcement::Default),
            ("Always", CiliumEnforcement::Always),
            ("Never", CiliumEnforcement::Never),
        ];
        settings.cilium_enforcement = cilium
            .map(|cilium| word(&cilium, "policyEnforcement", &words))
            .unwrap_or_default();
    }
    settings
}

fn recognition(fields: &Fields<'_, '_>) -> Recognition {
    Recognition {
        binding: word(
            fields,
            "peerBinding",
            &[
                ("AddressAndPrincipal", PeerBinding::AddressAndPrincipal),
                ("Principal", PeerBinding::Principal),
                ("Address", PeerBinding::Address),
            ],
        ),
        plaintext: word(
            fields,
            "plaintextPeers",
            &[
                ("ByAddress", PlaintextPeers::ByAddress),
                ("Unidentified", PlaintextPeers::Unidentified),
            ],
        ),
    }
}

fn trust_domains(field: &Field<'_, '_>) -> Vec<String> {
    let domains = field.strings(64);
    if domains.is_empty() {
        field.error(
            "trust-domains",
            "names no trust domain",
            "leave it out for `cluster.local`",
        );
    }
    domains
}
