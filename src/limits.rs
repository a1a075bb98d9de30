//! Every bound on what a configuration, a bundle or a request may make the module do.
//!
//! The first group is Calico's own (calico.md sections 1 and 2); the second is ours, so that no
//! input makes the module loop or allocate without bound (design invariant 1).

/// Longest selector, in characters (calico.md 1.1).
pub const SELECTOR_CHARS: usize = 1024;
/// Most rules in one direction of one policy (calico.md 1.1).
pub const RULES: usize = 1024;
/// Most requirements in one LabelSelector, and values in one of them.
pub const REQUIREMENTS: usize = 256;
/// Most CIDRs in one `nets` or `notNets` list (calico.md 1.3).
pub const NETS: usize = 256;
/// Most entries in one `ports` or `notPorts` list (calico.md 1.3).
pub const PORTS: usize = 50;
/// Most HTTP methods in one rule (calico.md 1.3).
pub const HTTP_METHODS: usize = 20;
/// Most HTTP paths in one rule (calico.md 1.3).
pub const HTTP_PATHS: usize = 20;
/// Longest path of an HTTP clause of Calico, in characters (Calico's schema).
pub const HTTP_PATH_CHARS: usize = 1024;
/// Longest object name, in bytes (calico.md 1.6 row 7).
pub const NAME_BYTES: usize = 253;
/// Longest tier name, in bytes (calico.md 1.4).
pub const TIER_NAME_BYTES: usize = 63;
/// Total bytes of one rule's annotations (calico.md 1.2).
pub const ANNOTATION_BYTES: usize = 256 * 1024;

/// Most HTTP header clauses in one rule.
pub const HTTP_HEADERS: usize = 20;
/// Most values in one HTTP header clause.
pub const HTTP_HEADER_VALUES: usize = 50;
/// Longest value of a header that policy sets, in bytes.
pub const HEADER_VALUE_BYTES: usize = 4096;
/// Longest regular expression, in bytes.
pub const REGEX_BYTES: usize = 1024;
/// Longest parsed form of a regular expression, in bytes: a class of letters in either case, in both
/// readings, has ten for each of its text, and nothing has more.
pub const REGEX_FORM_BYTES: usize = 16 * REGEX_BYTES;
/// Most repetitions of a part of a regular expression, and of all that are within each other
/// multiplied: RE2's own bound.
pub const REGEX_REPETITION: u32 = 1000;
/// Most steps of the machine of a regular expression: one for each character, after what is
/// repeated is written out.
pub const REGEX_STEPS: usize = 10_000;
/// Most steps of the regular expressions of one object together.
pub const REGEX_STEPS_OF_OBJECT: usize = 250_000;
/// Most steps of machines that are kept in memory between requests. What is beyond is made anew for
/// each value.
pub const REGEX_STEPS_KEPT: usize = 1_000_000;
/// Most work of one decision with regular expressions: a unit is a step at a byte, or a step made.
/// Beyond it an answer is Unknown.
pub const REGEX_WORK: usize = 2_000_000;
/// Most rules of an Istio policy, and most sources, operations and conditions of such a rule
/// (istio.md 1.1).
pub const ISTIO_ITEMS: usize = 512;
/// Most targets of an Istio policy (istio.md 1.1).
pub const ISTIO_TARGETS: usize = 16;
/// Most service accounts, and most excluded ones, of one source of an Istio policy (istio.md 1.1).
pub const ISTIO_SERVICE_ACCOUNTS: usize = 16;
/// Most values of one field of an Istio policy.
pub const ISTIO_VALUES: usize = 10_000;
/// Most values of the operations and conditions of an Istio rule, counted once for each of its
/// sources: each source becomes a rule of its own.
pub const ISTIO_RULE_VALUES: usize = 100_000;
/// Largest plugin configuration, in bytes: Envoy copies it for every worker (envoy-wasm.md 4.2).
pub const CONFIGURATION_BYTES: usize = 8 * 1024 * 1024;
/// Largest answer of a bundle server, in bytes as it comes: Envoy hands over no more than this
/// (envoy-wasm.md 4.2).
pub const BUNDLE_BYTES: usize = 32 * 1024 * 1024;
/// Longest document of a bundle server once it is decompressed, in bytes. It is never held whole;
/// the limit bounds for how long a worker may be at it.
pub const BUNDLE_TEXT_BYTES: usize = 512 * 1024 * 1024;
/// Largest object in a bundle, in bytes: the API server of Kubernetes takes none larger.
pub const OBJECT_BYTES: usize = 3 * 1024 * 1024;
/// Most signatures on a bundle.
pub const SIGNATURES: usize = 16;
/// Most public keys in one configuration.
pub const PUBLIC_KEYS: usize = 16;
/// Most rules, peers, ports or networks in one list of a Kubernetes NetworkPolicy: its API has no
/// bound but the size of the object.
pub const PEERS: usize = 100_000;
/// Most combinations of a peer and a protocol in one Kubernetes NetworkPolicy: each is a rule of
/// its own in the model. Networks without exceptions are one peer together.
pub const PEER_COMBINATIONS: usize = 20_000;
/// Most values of one object once it is spelt out: what several peers share is written out for each.
pub const SPELT_VALUES: usize = 250_000;
/// Most objects in one bundle.
pub const OBJECTS: usize = 1_000_000;
/// Most problems reported at once; the rest are counted.
pub const PROBLEMS: usize = 100;
/// Longest message about a problem, in bytes.
pub const MESSAGE_BYTES: usize = 2048;
/// Longest denial body, in bytes.
pub const DENY_BODY_BYTES: usize = 16 * 1024;
/// Most exemptions in one configuration.
pub const EXEMPTIONS: usize = 64;
/// Peers whose rules are kept ready, for each listener; more are worked out anew.
pub const CACHED_PEERS: usize = 512;
/// Rules kept ready for all these peers together, for each listener: a peer of a large policy may
/// have thousands of them left.
pub const CACHED_RULES: usize = 100_000;
/// Connections whose peer is remembered, for each listener; more ask the host again.
pub const CACHED_CONNECTIONS: usize = 4096;
