//! The keys of a configuration that programs are compiled under.

use super::word;
use crate::decode::{Field, Fields};
use crate::peer::{PeerBinding, PlaintextPeers, Recognition};
use crate::settings::{
    CiliumEnforcement, DestinationDomains, ForwardedFor, PathReading, Quirks, Readings, Settings,
};

/// Longest name of a cluster, in bytes.
const CLUSTER_BYTES: usize = 32;

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
        readings: readings(fields),
        ..Settings::default()
    };
    if let Some(field) = fields.get("trustDomains") {
        settings.trust_domains = trust_domains(&field);
    }
    if let Some(field) = fields.get("trustDomainAliases") {
        settings.trust_domain_aliases = field.strings(64);
        // Certificates say the one name or the other.
        for alias in &settings.trust_domain_aliases {
            if !settings.trust_domains.contains(alias) {
                settings.trust_domains.push(alias.clone());
            }
        }
    }
    if let Some(field) = fields.get("istio") {
        let istio = field.object(&["rootNamespace"]);
        let root = istio.and_then(|istio| istio.string("rootNamespace").map(str::to_owned));
        settings.istio_root_namespace = root.unwrap_or(settings.istio_root_namespace);
    }
    if let Some(field) = fields.get("cilium") {
        let cilium = field.object(&["policyEnforcement", "cluster"]);
        if let Some(field) = cilium.as_ref().and_then(|cilium| cilium.get("cluster")) {
            settings.cilium_cluster = cluster(&field).unwrap_or(settings.cilium_cluster);
        }
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

/// The name of a cluster, as Cilium takes it (`pkg/clustermesh/types`).
fn cluster(field: &Field<'_, '_>) -> Option<String> {
    let name = field.string()?;
    let is_one = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let well_formed = name.len() <= CLUSTER_BYTES
        && ends.into_iter().all(|end| end.is_some_and(is_one))
        && name.bytes().all(|byte| is_one(byte) || byte == b'-');
    if !well_formed {
        let message = "is not the name of a cluster: at most 32 lower-case letters, digits and `-`, \
                       a letter or digit at both ends";
        let help =
            "write the value of Cilium's option `cluster-name`, or leave it out for `default`";
        field.error("cilium-cluster", message, help);
    }
    well_formed.then(|| name.to_owned())
}

fn readings(fields: &Fields<'_, '_>) -> Readings {
    let words = [
        ("Every", PathReading::Every),
        ("Calico", PathReading::Calico),
    ];
    let quirks = fields.get("quirks").map(|field| quirks(&field));
    Readings {
        path: word(fields, "pathReading", &words),
        quirks: quirks.unwrap_or_default(),
    }
}

/// Each is on unless it is switched off.
fn quirks(field: &Field<'_, '_>) -> Quirks {
    const KEYS: [&str; 5] = [
        "pathCase",
        "percentU",
        "methodCase",
        "headerUnderscores",
        "hostForms",
    ];
    let Some(fields) = field.object(&KEYS) else {
        return Quirks::default();
    };
    let is_on = |key| fields.get(key).is_none_or(|switch| switch.boolean());
    let [
        path_case,
        percent_u,
        method_case,
        header_underscores,
        host_forms,
    ] = KEYS.map(is_on);
    Quirks {
        path_case,
        percent_u,
        method_case,
        header_underscores,
        host_forms,
    }
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
