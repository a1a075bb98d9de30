//! Policies of all four dialects, with many rules that ask for the same few things.

use crate::random::Random;
use serde_json::{Map, Value, json};

/// The service accounts of the pods, and the addresses; the last two are nobody's.
pub(crate) const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];
pub(crate) const ADDRESSES: [&str; 6] = [
    "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.1.0.1", "fd00::1",
];
const METHODS: [&str; 3] = ["GET", "PUT", "POST"];
pub(crate) const HOSTS: [&str; 6] = ["a.x", "A.x", "a.x:80", "a.x.", "b.x", "x"];
const PATHS: [&str; 9] = [
    "/", "/a", "/a/b", "/ab", "/b", "/b/a", "/c", "/c/1/d", "/a/b/c",
];
const VALUES: [&str; 5] = ["1", "2", "12", "x", ""];

/// The objects of a bundle.
pub(crate) fn objects(random: &mut Random) -> Vec<Value> {
    let mut objects = surroundings();
    // Each alone, or any together.
    let dialects = 1 + random.below(15);
    if dialects & 1 != 0 {
        for number in 0..1 + random.below(4) {
            objects.push(calico(random, number));
        }
    }
    if dialects & 2 != 0 {
        for number in 0..1 + random.below(3) {
            objects.push(istio(random, number));
        }
    }
    if dialects & 4 != 0 {
        for number in 0..1 + random.below(2) {
            objects.push(kubernetes(random, number));
        }
    }
    if dialects & 8 != 0 {
        for number in 0..1 + random.below(3) {
            objects.push(cilium(random, number));
        }
    }
    objects
}

/// Makes pods unknown, moves some to addresses that others have, and adds some of another namespace.
pub(crate) fn scatter(random: &mut Random, objects: &mut Vec<Value>) {
    let is_peer =
        |object: &Value| object["kind"] == "Pod" && object["metadata"]["name"] != "server";
    objects.retain(|object| !is_peer(object) || random.chance(65));
    for object in objects.iter_mut().filter(|object| is_peer(object)) {
        if random.chance(15) {
            let address = random.one_of(&["10.0.0.1", "10.0.0.2", "10.0.0.9"]);
            object["status"] =
                json!({"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]});
        }
    }
    objects.push(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "other", "labels": {"team": "x"}}}));
    let accounts = random.some_of(&ACCOUNTS, 2);
    for (number, account) in accounts.into_iter().enumerate() {
        let address = random.one_of(&["10.0.0.4", "10.1.0.1", "fd00::1", "10.0.0.77"]);
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("o{number}"), "namespace": "other",
                "labels": {"app": random.one_of(&ACCOUNTS)}},
            "spec": {"serviceAccountName": account},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}));
    }
    if random.chance(50) {
        objects.push(json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": random.one_of(&ACCOUNTS), "namespace": "default",
                "labels": {"grade": "x"}}}));
    }
}

fn surroundings() -> Vec<Value> {
    let pod = |name: &str, account: &str, address: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default",
                "labels": {"app": name, "even": (name == "b" || name == "d").to_string()}},
            "spec": {"serviceAccountName": account, "containers": [{"name": "c",
                "ports": [{"name": "web", "containerPort": 80, "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}})
    };
    let pods = ACCOUNTS.iter().zip(ADDRESSES);
    let mut objects: Vec<Value> = pods
        .map(|(name, address)| pod(name, name, address))
        .collect();
    objects.push(pod("server", "server", "10.0.0.9"));
    objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
    objects.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
        "metadata": {"name": "first"}, "spec": {"order": 10}}));
    objects.push(
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
        "metadata": {"name": "net", "labels": {"app": "a"}}, "spec": {"nets": ["10.1.0.0/24"]}}),
    );
    objects
}

fn fields(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = fields.into_iter();
    let present = present.filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<String, Value>>())
}

fn sometimes(
    random: &mut Random,
    percent: usize,
    make: impl FnOnce(&mut Random) -> Value,
) -> Option<Value> {
    random.chance(percent).then(|| make(random))
}

fn calico(random: &mut Random, number: usize) -> Value {
    let kind = if random.chance(20) {
        "StagedGlobalNetworkPolicy"
    } else {
        "GlobalNetworkPolicy"
    };
    let tier = random.one_of(&["default", "first"]);
    let rules = |random: &mut Random| {
        let count = random.below(25);
        let rules = (0..count).map(|_| calico_rule(random));
        Value::Array(rules.collect())
    };
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": kind,
        "metadata": {"name": format!("{tier}.p{number}")},
        "spec": {"tier": tier, "order": number, "selector": "app == 'server'",
            "types": ["Ingress", "Egress"], "ingress": rules(random), "egress": rules(random)},
    })
}

fn calico_rule(random: &mut Random) -> Value {
    let action = random.one_of(&["Allow", "Allow", "Deny", "Pass", "Log"]);
    let peer = |random: &mut Random| match random.below(10) {
        0 => json!({"selector": format!("app == '{}'", random.one_of(&ACCOUNTS))}),
        1 => json!({"selector": "even == 'true'"}),
        2 => json!({"notSelector": format!("app == '{}'", random.one_of(&ACCOUNTS))}),
        3 => json!({"nets": [random.one_of(&["10.0.0.0/30", "10.1.0.0/16", "0.0.0.0/0"])]}),
        4 => json!({"notNets": [random.one_of(&["10.0.0.2/32", "10.1.0.0/16"])]}),
        5 => json!({"namespaceSelector": random.one_of(&["team == 'x'", "!has(team)", "all()"])}),
        6 => json!({"serviceAccounts": {"selector": "grade == 'x'"}}),
        7 => json!({"selector": "!has(even)"}),
        _ => json!({"serviceAccounts": {"names": random.some_of(&ACCOUNTS, 2)}}),
    };
    let path = |random: &mut Random| {
        let kind = random.one_of(&["exact", "prefix"]);
        json!({kind: random.one_of(&PATHS)})
    };
    let http = |random: &mut Random| {
        fields([
            (
                "methods",
                sometimes(random, 40, |random| json!(random.some_of(&METHODS, 2))),
            ),
            (
                "paths",
                sometimes(random, 60, |random| {
                    let count = 1 + random.below(3);
                    Value::Array((0..count).map(|_| path(random)).collect())
                }),
            ),
            (
                "headers",
                sometimes(random, 30, |random| json!([calico_header(random)])),
            ),
        ])
    };
    let is_http = random.chance(75);
    let ports = (!is_http && random.chance(30)) || random.chance(10);
    fields([
        ("action", Some(json!(action))),
        ("protocol", ports.then(|| json!("TCP"))),
        ("source", sometimes(random, 40, peer)),
        (
            "destination",
            ports.then(|| json!({"ports": [random.one_of(&[80, 8080])]})),
        ),
        ("http", is_http.then(|| http(random))),
    ])
}

fn calico_header(random: &mut Random) -> Value {
    let header = random.one_of(&["x", "y", "X"]);
    let operator = random.one_of(&[
        "Exists",
        "DoesNotExist",
        "In",
        "NotIn",
        "HasPrefix",
        "HasSuffix",
        "MatchesRegex",
    ]);
    if operator.ends_with("Exist") || operator == "Exists" {
        return json!({"header": header, "operator": operator});
    }
    let values: Vec<&str> = random.some_of(&["1", "2", "12", "x"], 2);
    json!({"header": header, "operator": operator, "values": values})
}

fn istio(random: &mut Random, number: usize) -> Value {
    let action = random.one_of(&["ALLOW", "ALLOW", "DENY", "AUDIT"]);
    // Without a rule an ALLOW lets nobody in, and what denies is refused.
    let count = random
        .below(20)
        .max(usize::from(action == "DENY" || action == "AUDIT"));
    let rules: Vec<Value> = (0..count).map(|_| istio_rule(random)).collect();
    let dry_run = random.chance(15).to_string();
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": format!("p{number}"), "namespace": "default",
            "annotations": {"istio.io/dry-run": dry_run}},
        "spec": {"selector": {"matchLabels": {"app": "server"}}, "action": action, "rules": rules},
    })
}

fn istio_rule(random: &mut Random) -> Value {
    let principals = |random: &mut Random| {
        let accounts = random.some_of(&ACCOUNTS, 2).into_iter();
        let accounts = accounts.map(|name| format!("cluster.local/ns/default/sa/{name}"));
        json!(accounts.collect::<Vec<_>>())
    };
    let from = |random: &mut Random| match random.below(6) {
        0 => json!([{"source": {"principals": principals(random)}}]),
        1 => json!([{"source": {"notPrincipals": principals(random)}}]),
        2 => json!([{"source": {"namespaces": [random.one_of(&["default", "other", "o*"])]}}]),
        3 => json!([{"source": {"namespaces": ["default"], "principals": principals(random)}}]),
        4 => json!([{"source": {"notNamespaces": [random.one_of(&["default", "other"])]}}]),
        _ => json!([{"source": {"ipBlocks": ["10.0.0.0/30"]}}]),
    };
    let to = |random: &mut Random| {
        let operation = fields([
            (
                "methods",
                sometimes(random, 30, |random| json!(random.some_of(&METHODS, 2))),
            ),
            (
                "notMethods",
                sometimes(random, 10, |random| json!([random.one_of(&METHODS)])),
            ),
            (
                "paths",
                sometimes(random, 60, |random| json!(random.some_of(&ISTIO_PATHS, 2))),
            ),
            (
                "notPaths",
                sometimes(random, 10, |random| json!([random.one_of(&ISTIO_PATHS)])),
            ),
            (
                "hosts",
                sometimes(random, 30, |random| json!(random.some_of(&ISTIO_HOSTS, 2))),
            ),
            (
                "ports",
                sometimes(random, 10, |random| json!([random.one_of(&["80", "8080"])])),
            ),
        ]);
        // An operation must ask for something.
        if operation == json!({}) {
            json!([{"operation": {"methods": ["GET"]}}])
        } else {
            json!([{"operation": operation}])
        }
    };
    let when = |random: &mut Random| {
        let values = random.some_of(&["1", "1*", "*2", "x", "*"], 2);
        json!([{"key": "request.headers[x]", "values": values}])
    };
    let rule = fields([
        ("from", sometimes(random, 40, from)),
        ("to", sometimes(random, 70, to)),
        ("when", sometimes(random, 25, when)),
    ]);
    if rule == json!({}) {
        json!({"to": to(random)})
    } else {
        rule
    }
}

const ISTIO_PATHS: [&str; 11] = [
    "/a", "/a/", "/a*", "/a/b", "/b*", "/b/a", "*/b", "/c/{*}/d", "/c/{**}", "*", "/c",
];
const ISTIO_HOSTS: [&str; 6] = ["a.x", "A.x", "*.x", "b.*", "x", "a.x:80"];

fn kubernetes(random: &mut Random, number: usize) -> Value {
    let rule = |random: &mut Random, peers: &'static str| {
        let peer = match random.below(4) {
            2 => json!({"namespaceSelector": {"matchLabels": {"team": "x"}},
                "podSelector": {"matchLabels": {"app": random.one_of(&ACCOUNTS)}}}),
            0 => json!({"podSelector": {"matchLabels": {"app": random.one_of(&ACCOUNTS)}}}),
            1 => json!({"podSelector": {"matchExpressions": [
                {"key": "app", "operator": "NotIn", "values": [random.one_of(&ACCOUNTS)]}]}}),
            _ => json!({"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.0.2/32"]}}),
        };
        fields([
            (peers, random.chance(80).then(|| json!([peer]))),
            (
                "ports",
                sometimes(
                    random,
                    60,
                    |random| json!([{"protocol": "TCP", "port": random.one_of(&[80, 8080])}]),
                ),
            ),
        ])
    };
    let rules = |random: &mut Random, peers| {
        let count = random.below(12);
        Value::Array((0..count).map(|_| rule(random, peers)).collect())
    };
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("p{number}"), "namespace": "default"},
        "spec": {"podSelector": {"matchLabels": {"app": "server"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": rules(random, "from"), "egress": rules(random, "to")},
    })
}

fn cilium(random: &mut Random, number: usize) -> Value {
    let rule = |random: &mut Random, peers: &'static str| {
        let endpoints = json!([{"matchLabels": {"app": random.one_of(&ACCOUNTS)}}]);
        let count = 1 + random.below(4);
        let http: Vec<Value> = (0..count).map(|_| cilium_http(random)).collect();
        let with_http = peers == "fromEndpoints" && random.chance(80);
        let ports = fields([
            (
                "ports",
                Some(json!([{"port": random.one_of(&["80", "8080"]), "protocol": "TCP"}])),
            ),
            ("rules", with_http.then(|| json!({"http": http}))),
        ]);
        fields([
            (peers, random.chance(70).then_some(endpoints)),
            ("toPorts", Some(json!([ports]))),
        ])
    };
    let rules = |random: &mut Random, peers| {
        let count = 1 + random.below(12);
        Value::Array((0..count).map(|_| rule(random, peers)).collect())
    };
    json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": format!("p{number}"), "namespace": "default"},
        "spec": {"endpointSelector": {"matchLabels": {"app": "server"}},
            "ingress": rules(random, "fromEndpoints"), "egress": rules(random, "toEndpoints")},
    })
}

fn cilium_http(random: &mut Random) -> Value {
    let matches = |random: &mut Random| {
        let mismatch = random.one_of(&["LOG", "ADD", "DELETE", "REPLACE"]);
        let name = random.one_of(&["x", "y", "z"]);
        json!([{"name": name, "value": random.one_of(&["1", "2"]), "mismatch": mismatch}])
    };
    fields([
        (
            "method",
            sometimes(random, 50, |random| {
                json!(random.one_of(&["GET", "PUT", "G.*"]))
            }),
        ),
        (
            "path",
            sometimes(random, 60, |random| {
                json!(random.one_of(&["/a", "/a/.*", "/[ab]", "/c/[0-9]/d"]))
            }),
        ),
        (
            "host",
            sometimes(random, 20, |random| json!(random.one_of(&["a.x", ".*x"]))),
        ),
        (
            "headers",
            sometimes(random, 20, |random| {
                json!([format!("x: {}", random.one_of(&VALUES))])
            }),
        ),
        ("headerMatches", sometimes(random, 30, matches)),
    ])
}
