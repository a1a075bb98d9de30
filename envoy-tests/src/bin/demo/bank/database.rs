//! A keys server with the paths and answers of etcd's v2 API.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use heliast_envoy_tests::upstream;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// The key that everybody is after.
pub(crate) const BALANCE: &str = "/accounts/519940/balance";
const API: &str = "/v2/keys";

/// What the bank knows.
#[derive(Debug)]
pub(crate) struct Database {
    keys: Mutex<BTreeMap<String, String>>,
}

impl Default for Database {
    fn default() -> Self {
        let accounts = [
            ("519940", "Ada", "2000"),
            ("519941", "Grace", "310"),
            ("519942", "Emmy", "75"),
        ];
        let mut keys = BTreeMap::new();
        for (account, name, balance) in accounts {
            keys.insert(format!("/accounts/{account}/name"), name.to_owned());
            keys.insert(format!("/accounts/{account}/balance"), balance.to_owned());
        }
        Self {
            keys: Mutex::new(keys),
        }
    }
}

impl Database {
    /// The balance of the account in the story, read past all sidecars.
    pub(crate) fn balance(&self) -> String {
        self.keys().get(BALANCE).cloned().unwrap_or_default()
    }

    pub(crate) fn set_balance(&self, balance: &str) {
        self.keys().insert(BALANCE.to_owned(), balance.to_owned());
    }

    /// All keys.
    pub(crate) fn names(&self) -> Vec<String> {
        self.keys().keys().cloned().collect()
    }

    pub(crate) fn serve(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let uri = request.uri();
        let Some(key) = uri.path().strip_prefix(API) else {
            return upstream::respond(StatusCode::NOT_FOUND, "404 page not found\n");
        };
        let key = key.trim_end_matches('/');
        let (status, answer) = match *request.method() {
            Method::GET | Method::HEAD => self.read(key, has_flag(uri.query(), "recursive")),
            Method::PUT => self.write(key, request.body()),
            _ => (
                StatusCode::METHOD_NOT_ALLOWED,
                json!({"message": "Method Not Allowed"}),
            ),
        };
        upstream::respond(status, format!("{answer}\n"))
    }

    fn read(&self, key: &str, recursive: bool) -> (StatusCode, Value) {
        let keys = self.keys();
        let node = match keys.get(key) {
            Some(value) => Some(json!({"key": key, "value": value})),
            None => folder(&keys, key, if recursive { usize::MAX } else { 1 }),
        };
        match node {
            Some(node) => (StatusCode::OK, json!({"action": "get", "node": node})),
            None => (
                StatusCode::NOT_FOUND,
                json!({"errorCode": 100, "message": "Key not found", "cause": key}),
            ),
        }
    }

    fn write(&self, key: &str, body: &[u8]) -> (StatusCode, Value) {
        let body = String::from_utf8_lossy(body);
        let Some(value) = body.split('&').find_map(|pair| pair.strip_prefix("value=")) else {
            let answer = json!({"errorCode": 200, "message": "Value is Required in POST form"});
            return (StatusCode::BAD_REQUEST, answer);
        };
        let before = self.keys().insert(key.to_owned(), value.to_owned());
        let status = if before.is_some() {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        let mut answer = json!({"action": "set", "node": {"key": key, "value": value}});
        if let (Some(before), Some(members)) = (before, answer.as_object_mut()) {
            members.insert("prevNode".into(), json!({"key": key, "value": before}));
        }
        (status, answer)
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys below this one as nested nodes, so many levels deep; `None` if there are none.
fn folder(keys: &BTreeMap<String, String>, key: &str, levels: usize) -> Option<Value> {
    let prefix = format!("{key}/");
    let mut names: Vec<_> = keys
        .keys()
        .filter_map(|name| name.strip_prefix(&prefix)?.split('/').next())
        .map(|name| format!("{prefix}{name}"))
        .collect();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let mut node = json!({"key": key, "dir": true});
    if let (1.., Some(members)) = (levels, node.as_object_mut()) {
        let nodes = names.iter().map(|name| match keys.get(name) {
            Some(value) => Some(json!({"key": name, "value": value})),
            None => folder(keys, name, levels - 1),
        });
        members.insert("nodes".into(), nodes.collect());
    }
    Some(node)
}

fn has_flag(query: Option<&str>, name: &str) -> bool {
    let mut pairs = query.unwrap_or_default().split('&');
    pairs.any(|pair| pair.split_once('=') == Some((name, "true")))
}
