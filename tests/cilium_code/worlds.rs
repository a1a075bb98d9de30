//! Worlds at random: pods, namespaces, nodes, every kind of clause that a sidecar enforces, and who
//! asks.

use crate::random::Random;
use serde_json::{Map, Value, json};

/// What one workload enforces, and who asks.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) cluster: String,
    pub(crate) objects: Vec<Value>,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) direction: String,
    pub(crate) asks: Vec<Ask>,
}

/// A connection, and perhaps a request on it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) address: String,
    /// The certificate of the peer.
    pub(crate) principal: Option<String>,
    /// Whether it shows one.
    pub(crate) verified: bool,
    pub(crate) port: u16,
    pub(crate) http: Option<Request>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) headers: Vec<(String, String)>,
}

const NAMESPACES: [&str; 3] = ["default", "shop", "infra"];
const OWN_NODE: &str = "10.20.0.1";
const OTHER_NODE: &str = "10.20.0.2";
const OUTSIDE: [&str; 4] = ["10.9.0.1", "10.8.1.1", "192.0.2.7", "2001:db8::1"];
const ASKS: usize = 24;

struct Maker<'r> {
    random: &'r mut Random,
    ingress: bool,
    /// Whether the policy on the way is of a namespace.
    namespaced: bool,
}

impl World {
    pub(crate) fn any(random: &mut Random) -> Self {
        let ingress = random.chance(70);
        let mut maker = Maker {
            random,
            ingress,
            namespaced: true,
        };
        let mut pods = Vec::new();
        for index in 0..5_usize {
            pods.push(maker.pod(index));
        }
        let mut objects = maker.surroundings();
        objects.extend(pods.iter().cloned());
        for index in 0..1 + maker.random.below(4) {
            objects.push(maker.policy(index));
        }
        let asks = (0..ASKS).map(|_| maker.ask(&pods)).collect();
        Self {
            cluster: maker
                .random
                .one_of(&["default", "default", "east"])
                .to_owned(),
            objects,
            namespace: text(&pods[0], "/metadata/namespace"),
            name: text(&pods[0], "/metadata/name"),
            direction: if ingress { "Ingress" } else { "Egress" }.to_owned(),
            asks,
        }
    }
}

impl World {
    pub(crate) fn of(value: &Value) -> Self {
        let texts = ["cluster", "namespace", "name", "direction"];
        let [cluster, namespace, name, direction] =
            texts.map(|key| text(value, &format!("/{key}")));
        Self {
            cluster,
            objects: value["objects"].as_array().unwrap().clone(),
            namespace,
            name,
            direction,
            asks: value["asks"]
                .as_array()
                .unwrap()
                .iter()
                .map(Ask::of)
                .collect(),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        json!({"cluster": self.cluster, "objects": self.objects, "namespace": self.namespace,
            "name": self.name, "direction": self.direction,
            "asks": self.asks.iter().map(Ask::to_value).collect::<Vec<_>>()})
    }
}

impl Ask {
    fn of(value: &Value) -> Self {
        let http = value["http"].is_object().then(|| Request {
            method: text(value, "/http/method"),
            path: text(value, "/http/path"),
            host: text(value, "/http/host"),
            headers: value["http"]["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| (text(line, "/0"), text(line, "/1")))
                .collect(),
        });
        Self {
            address: text(value, "/address"),
            principal: value["principal"].as_str().map(str::to_owned),
            verified: value["verified"].as_bool().unwrap(),
            port: u16::try_from(value["port"].as_u64().unwrap()).unwrap(),
            http,
        }
    }

    fn to_value(&self) -> Value {
        let http = self.http.as_ref().map(|http| {
            json!({"method": http.method, "path": http.path, "host": http.host, "headers": http.headers})
        });
        json!({"address": self.address, "principal": self.principal, "verified": self.verified,
            "port": self.port, "http": http})
    }
}

fn text(object: &Value, place: &str) -> String {
    object.pointer(place).unwrap().as_str().unwrap().to_owned()
}

impl Maker<'_> {
    fn surroundings(&mut self) -> Vec<Value> {
        let node = |name: &str, address: &str| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}});
        let mut objects = vec![node("n1", OWN_NODE), node("n2", OTHER_NODE)];
        for name in NAMESPACES {
            let labels = if self.random.chance(60) {
                json!({"team": self.random.one_of(&["red", "blue"])})
            } else {
                json!({})
            };
            objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
        }
        objects
    }

    /// The first enforces.
    fn pod(&mut self, index: usize) -> Value {
        let namespace = if index == 0 {
            "default"
        } else {
            self.random.one_of(&NAMESPACES)
        };
        let mut labels = Map::new();
        for (key, values) in [
            ("app", ["a", "b", "c"]),
            ("tier", ["a", "b", ""]),
            ("pod-template-hash", ["a", "b", "c"]),
            ("io.cilium.k8s.policy.cluster", ["default", "east", "x"]),
        ] {
            if self.random.chance(if key == "app" { 90 } else { 35 }) {
                labels.insert(key.to_owned(), json!(self.random.one_of(&values)));
            }
        }
        let port = self.random.one_of(&[80, 81, 8080]);
        let node = if index == 0 || self.random.chance(50) {
            ("n1", OWN_NODE)
        } else {
            ("n2", OTHER_NODE)
        };
        let account = self.random.one_of(&["sa1", "sa2"]);
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("p{index}"), "namespace": namespace, "labels": labels},
            "spec": {"nodeName": node.0, "serviceAccountName": account,
                "containers": [{"name": "c", "ports": [{"name": "web", "containerPort": port, "protocol": "TCP"}]}],
                "initContainers": [{"name": "i", "ports": [{"name": "setup", "containerPort": 80, "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": format!("10.1.0.{}", index + 1), "hostIP": node.1}})
    }

    fn policy(&mut self, index: usize) -> Value {
        self.namespaced = self.random.chance(70);
        let (kind, metadata) = if self.namespaced {
            let namespace = self
                .random
                .one_of(&["default", "default", "default", "shop"]);
            (
                "CiliumNetworkPolicy",
                json!({"name": format!("p{index}"), "namespace": namespace}),
            )
        } else {
            (
                "CiliumClusterwideNetworkPolicy",
                json!({"name": format!("p{index}")}),
            )
        };
        let mut object = json!({"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata});
        if self.random.chance(85) {
            object["spec"] = self.spec();
        } else {
            object["specs"] = json!([self.spec(), self.spec()]);
        }
        object
    }

    fn spec(&mut self) -> Value {
        let (allow, deny) = if self.ingress {
            ("ingress", "ingressDeny")
        } else {
            ("egress", "egressDeny")
        };
        let mut spec = json!({"endpointSelector": self.subject()});
        if self.random.chance(85) {
            spec[allow] = (0..self.random.below(4))
                .map(|_| self.rule(false))
                .collect();
        }
        if self.random.chance(25) {
            spec[deny] = (0..1 + self.random.below(2))
                .map(|_| self.rule(true))
                .collect();
        }
        if self.random.chance(15) {
            let direction = if self.ingress { "ingress" } else { "egress" };
            spec["enableDefaultDeny"] = json!({direction: self.random.chance(40)});
        }
        if spec[allow].as_array().is_none_or(Vec::is_empty) && spec[deny].is_null() {
            spec[allow] = json!([{}]);
        }
        spec
    }

    fn subject(&mut self) -> Value {
        match self.random.below(8) {
            0..=3 => json!({}),
            4 => json!({"matchLabels": {"app": self.random.one_of(&["a", "b"])}}),
            5 => {
                json!({"matchLabels": {"k8s:io.kubernetes.pod.namespace": self.random.one_of(&NAMESPACES)}})
            }
            6 => {
                json!({"matchLabels": {"io.cilium.k8s.policy.cluster": self.random.one_of(&["default", "east"])}})
            }
            _ => self.selector(),
        }
    }

    fn selector(&mut self) -> Value {
        let mut labels = Map::new();
        let mut expressions = Vec::new();
        for _ in 0..self.random.below(3) {
            let (key, values) = self.key();
            if self.random.chance(45) {
                labels.insert(key, json!(self.random.one_of(&values)));
                continue;
            }
            let operator = self
                .random
                .one_of(&["In", "NotIn", "NotIn", "Exists", "DoesNotExist"]);
            let mut expression = json!({"key": key, "operator": operator});
            if operator.ends_with("In") {
                expression["values"] = json!(self.random.some_of(&values, 2));
            }
            expressions.push(expression);
        }
        let mut selector = Map::new();
        if !labels.is_empty() {
            selector.insert("matchLabels".to_owned(), Value::Object(labels));
        }
        if !expressions.is_empty() {
            selector.insert("matchExpressions".to_owned(), Value::Array(expressions));
        }
        Value::Object(selector)
    }

    fn key(&mut self) -> (String, [&'static str; 3]) {
        let (name, values) = self.random.one_of(&[
            ("app", ["a", "b", "c"]),
            ("app", ["a", "b", "c"]),
            ("app", ["a", "b", "c"]),
            ("tier", ["a", "b", ""]),
            ("pod-template-hash", ["a", "b", "c"]),
            ("io.kubernetes.pod.namespace", NAMESPACES),
            ("io.kubernetes.pod.namespace", NAMESPACES),
            ("io.cilium.k8s.namespace.labels.team", ["red", "blue", "x"]),
            (
                "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
                NAMESPACES,
            ),
            ("io.cilium.k8s.policy.serviceaccount", ["sa1", "sa2", "x"]),
            ("io.cilium.k8s.policy.cluster", ["default", "east", "x"]),
        ]);
        let source = self.random.one_of(&["", "", "k8s:", "any:"]);
        (format!("{source}{name}"), values)
    }

    fn rule(&mut self, deny: bool) -> Value {
        let mut rule = Map::new();
        let side = if self.ingress { "from" } else { "to" };
        let mut add = |kind: &str, peers: Value| rule.insert(format!("{side}{kind}"), peers);
        match self.random.below(12) {
            0..=4 => {
                let count = self.random.below(3);
                let selectors: Vec<Value> = (0..count).map(|_| self.selector()).collect();
                add("Endpoints", json!(selectors));
            }
            5 | 6 => {
                let entities = ["all", "world", "cluster", "host", "remote-node", "none"];
                add("Entities", json!(self.random.some_of(&entities, 2)));
            }
            7 => {
                let nets = [
                    "10.0.0.0/8",
                    "10.9.0.0/16",
                    "0.0.0.0/0",
                    "10.9.0.1/32",
                    "2001:db8::/32",
                ];
                add("CIDR", json!(self.random.some_of(&nets, 2)));
            }
            8 => {
                let mut nets = json!({"cidr": "10.0.0.0/8"});
                if self.random.chance(60) {
                    nets["except"] = json!(["10.9.0.0/16"]);
                }
                add("CIDRSet", json!([nets]));
            }
            9 if !deny => {}
            _ => {
                add("Endpoints", json!([self.selector()]));
            }
        }
        if self.random.chance(60) || (deny && rule.is_empty()) {
            let count = 1 + self.random.below(2);
            let ports: Vec<Value> = (0..count).map(|_| self.ports(deny)).collect();
            rule.insert("toPorts".to_owned(), json!(ports));
        }
        if !deny && self.random.chance(12) {
            let mode =
                self.random
                    .one_of(&["required", "required", "disabled", "test-always-fail"]);
            rule.insert("authentication".to_owned(), json!({"mode": mode}));
        }
        Value::Object(rule)
    }

    fn ports(&mut self, deny: bool) -> Value {
        let with_http = !deny && self.random.chance(45);
        let port = |maker: &mut Self| {
            let mut port = match maker.random.below(8) {
                0 if !with_http => json!({"port": "0"}),
                1 => json!({"port": "80", "endPort": 81}),
                2 if maker.ingress => {
                    json!({"port": maker.random.one_of(&["web", "setup", "nobody"])})
                }
                _ => json!({"port": maker.random.one_of(&["80", "80", "81", "8080"])}),
            };
            if with_http {
                port["protocol"] = json!("TCP");
            } else if maker.random.chance(60) {
                port["protocol"] = json!(maker.random.one_of(&["TCP", "TCP", "UDP", "ANY"]));
            }
            port
        };
        let count = 1 + self.random.below(2);
        let ports: Vec<Value> = (0..count).map(|_| port(self)).collect();
        let mut entry = json!({"ports": ports});
        if with_http {
            let count = 1 + self.random.below(2);
            let rules: Vec<Value> = (0..count).map(|_| self.http()).collect();
            entry["rules"] = json!({"http": rules});
        }
        entry
    }

    fn http(&mut self) -> Value {
        let mut rule = Map::new();
        if self.random.chance(50) {
            let method = self.random.one_of(&["GET", "PUT", "GET|PUT", "P.*"]);
            rule.insert("method".to_owned(), json!(method));
        }
        if self.random.chance(60) {
            let path = self.random.one_of(&["/a", "/a|/b", "/v/.*", "/.*", "^/b$"]);
            rule.insert("path".to_owned(), json!(path));
        }
        if self.random.chance(15) {
            rule.insert(
                "host".to_owned(),
                json!(self.random.one_of(&["a.example", "b[.]example"])),
            );
        }
        if self.random.chance(25) {
            rule.insert(
                "headers".to_owned(),
                json!([self.random.one_of(&["X: 1", "x", "X-Role: a"])]),
            );
        }
        if self.random.chance(15) {
            rule.insert(
                "headerMatches".to_owned(),
                json!([{"name": "x", "value": self.random.one_of(&["1", "2"])}]),
            );
        }
        Value::Object(rule)
    }

    fn ask(&mut self, pods: &[Value]) -> Ask {
        let mut principal = None;
        let address = match self.random.below(10) {
            0..=5 => {
                let pod = &pods[1 + self.random.below(pods.len() - 1)];
                if self.random.chance(70) {
                    let (namespace, account) = (
                        text(pod, "/metadata/namespace"),
                        text(pod, "/spec/serviceAccountName"),
                    );
                    principal = Some(format!(
                        "spiffe://cluster.local/ns/{namespace}/sa/{account}"
                    ));
                }
                text(pod, "/status/podIP")
            }
            6 => OWN_NODE.to_owned(),
            7 => OTHER_NODE.to_owned(),
            _ => self.random.one_of(&OUTSIDE).to_owned(),
        };
        let request = self.random.chance(85).then(|| Request {
            method: self.random.one_of(&["GET", "PUT", "POST"]).to_owned(),
            path: self.random.one_of(&["/a", "/b", "/v/x", "/c"]).to_owned(),
            host: self
                .random
                .one_of(&["a.example", "b.example", "axexample"])
                .to_owned(),
            headers: match self.random.below(4) {
                0 => vec![("x".to_owned(), "1".to_owned())],
                1 => vec![
                    ("X-Role".to_owned(), "a".to_owned()),
                    ("x".to_owned(), "2".to_owned()),
                ],
                _ => Vec::new(),
            },
        });
        Ask {
            verified: self.ingress && principal.is_some(),
            address,
            principal,
            port: self.random.one_of(&[80, 80, 80, 81, 8080]),
            http: request,
        }
    }
}
