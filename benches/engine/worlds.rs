//! What is measured: policy, who asks, and what for. The decision is always an Allow by the last
//! rule there is, so that nothing is decided early.

use serde::Deserialize;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::path::Path;

/// The names of all worlds, smallest first.
pub(crate) const NAMES: [&str; 12] = [
    "yao-bank",
    "pci",
    "star-wars",
    "paths/1",
    "paths/100",
    "paths/1000",
    "paths/10000",
    "identities/1",
    "identities/1000",
    "identities/10000",
    "istio paths/10000",
    "calico",
];

/// Policy, and a request that is asked of it.
pub(crate) struct World {
    /// The objects of the bundle.
    pub(crate) objects: Vec<Value>,
    /// Namespace and name of the pod that enforces.
    pub(crate) pod: (&'static str, &'static str),
    /// The address of the caller.
    pub(crate) address: &'static str,
    /// The SPIFFE id of the caller.
    pub(crate) principal: String,
    /// The method.
    pub(crate) method: &'static str,
    /// The raw path.
    pub(crate) path: String,
    /// The port.
    pub(crate) port: u16,
}

/// Most rules of one policy.
const RULES: usize = 1000;

impl World {
    /// A world by its name.
    pub(crate) fn named(name: &str) -> Self {
        let (kind, count) = name.split_once('/').unwrap_or((name, "0"));
        let count = count.parse().expect("a count");
        match kind {
            "yao-bank" => yao_bank(),
            "pci" => pci(),
            "star-wars" => star_wars(),
            "paths" => rules(count, &by_path),
            "identities" => rules(count, &by_identity),
            "istio paths" => istio(count),
            "calico" => calico(),
            _ => panic!("no world is called {name}"),
        }
    }
}

fn yao_bank() -> World {
    World {
        objects: story(&["yao-bank/policy.yaml", "yao-bank/workloads.yaml"]),
        pod: ("default", "database"),
        address: "127.0.10.2",
        principal: principal("default", "summary"),
        method: "GET",
        path: "/v2/keys?recursive=true".to_owned(),
        port: 2379,
    }
}

/// W6 of the workshop, with all the policy it stands among.
fn pci() -> World {
    let files = [
        "workshop/workloads.yaml",
        "workshop/tiers.yaml",
        "workshop/default-deny.yaml",
        "workshop/dev.yaml",
        "workshop/boutique.yaml",
        "workshop/platform.yaml",
        "workshop/security.yaml",
        "workshop/blocked-ips.yaml",
    ];
    World {
        objects: story(&files),
        pod: ("storefront", "backend"),
        address: "127.0.12.1",
        principal: principal("storefront", "frontend"),
        method: "GET",
        path: "/cart/items?page=2".to_owned(),
        port: 80,
    }
}

fn star_wars() -> World {
    World {
        objects: story(&["star-wars/calico/policy.yaml", "star-wars/workloads.yaml"]),
        pod: ("default", "deathstar"),
        address: "127.0.13.2",
        principal: principal("default", "tiefighter"),
        method: "POST",
        path: "/v1/request-landing".to_owned(),
        port: 80,
    }
}

/// The database of the bank behind so many rules, of which the last matches.
fn rules(count: usize, rule: &dyn Fn(usize, bool) -> Value) -> World {
    let numbers: Vec<usize> = (0..count).collect();
    let mut world = yao_bank();
    world
        .objects
        .retain(|object| object["kind"] != "GlobalNetworkPolicy");
    for (index, numbers) in numbers.chunks(RULES).enumerate() {
        let rules = numbers
            .iter()
            .map(|number| rule(*number, number + 1 == count));
        world.objects.push(policy(
            &format!("many-{index:04}"),
            &json!({"selector": "app == 'database'", "types": ["Ingress"], "order": index,
                "ingress": rules.collect::<Vec<_>>()}),
        ));
    }
    world.path = format!("/v2/keys/{}", count.saturating_sub(1));
    world
}

fn by_path(number: usize, _: bool) -> Value {
    json!({"action": "Allow", "http": {
        "methods": ["GET"], "paths": [{"exact": format!("/v2/keys/{number}")}]}})
}

fn by_identity(number: usize, is_last: bool) -> Value {
    let name = if is_last {
        "summary".to_owned()
    } else {
        format!("service-{number}")
    };
    json!({"action": "Allow", "source": {"serviceAccounts": {"names": [name]}}})
}

/// The same by Istio's own policy: one rule, or one policy, for each path.
fn istio(count: usize) -> World {
    let mut world = rules(count, &by_path);
    world
        .objects
        .retain(|object| object["kind"] != "GlobalNetworkPolicy");
    let numbers: Vec<usize> = (0..count).collect();
    for (index, numbers) in numbers.chunks(500).enumerate() {
        let rule = |number: &usize| {
            json!({
                "from": [{"source": {"principals": ["cluster.local/ns/default/sa/summary"]}}],
                "to": [{"operation": {"methods": ["GET"], "paths": [format!("/v2/keys/{number}*")]}}]})
        };
        world.objects.push(json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("many-{index:04}"), "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": "database"}}, "action": "ALLOW",
                "rules": numbers.iter().map(rule).collect::<Vec<_>>()},
        }));
    }
    world.path = format!("/v2/keys/{}/items", count.saturating_sub(1));
    world
}

/// The node that Calico's own benchmark of its checker is modelled on (calico.md section 8): 294
/// policies of 68 rules, almost all Pass, 3,708 sets with about 256,000 members, and nothing that
/// matches until the end.
fn calico() -> World {
    const POLICIES: usize = 294;
    const EACH: usize = 68;
    const SETS: usize = 3708;
    let mut world = yao_bank();
    world
        .objects
        .retain(|object| object["kind"] != "GlobalNetworkPolicy");
    let mut next = u32::from(Ipv4Addr::new(11, 0, 0, 0));
    for set in 0..SETS {
        // 3,035 small sets, one large one, and the rest of the members in the others.
        let members = match set {
            0..3035 => 1 + u32::try_from(set % 9).expect("a digit"),
            3035 => 54_566,
            _ => 277,
        };
        let nets: Vec<String> = (next..next + members)
            .map(|address| format!("{}/32", Ipv4Addr::from(address)))
            .collect();
        next += members;
        world.objects.push(json!({
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
            "metadata": {"name": format!("set-{set}"), "labels": {"set": format!("s{set}")}},
            "spec": {"nets": nets},
        }));
    }
    for number in 0..POLICIES {
        let rule = |rule: usize| {
            let place = number * EACH + rule;
            if place + 1 == POLICIES * EACH {
                return json!({"action": "Allow"});
            }
            let set = format!("set == 's{}'", place % SETS);
            json!({"action": "Pass", "protocol": "TCP", "source": {"selector": set}})
        };
        world.objects.push(policy(
            &format!("policy-{number:03}"),
            &json!({"selector": "app == 'database'", "types": ["Ingress"], "order": number,
                "ingress": (0..EACH).map(rule).collect::<Vec<_>>()}),
        ));
    }
    world
}

fn policy(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": name}, "spec": spec})
}

fn principal(namespace: &str, account: &str) -> String {
    format!("spiffe://cluster.local/ns/{namespace}/sa/{account}")
}

/// The objects of these files under `policies/`.
fn story(files: &[&str]) -> Vec<Value> {
    let folder = Path::new(crate::POLICIES);
    let mut objects = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(folder.join(file)).expect("a file of a story");
        for document in yaml_serde::Deserializer::from_str(&text) {
            let object = Option::<Value>::deserialize(document).expect("an object");
            objects.extend(object);
        }
    }
    objects
}
