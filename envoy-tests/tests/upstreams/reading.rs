//! The readings that these servers have, each with a request that shows it.

use heliast_envoy_tests::Call;
use serde_json::{Value, json};

use crate::software::Software::{self, Express, Flask, Nginx, Node, Wsgiref};

/// A request, what a policy means to keep out, and the handler that is reached all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) software: Software,
    method: &'static str,
    path: &'static str,
    host: &'static str,
    header: Option<(&'static str, &'static str)>,
    deny: Deny,
    /// What the handler says.
    pub(crate) reached: &'static str,
    /// Whether only HTTP/2 carries it past Envoy.
    pub(crate) over_http2: bool,
}

#[derive(Clone, Copy, Debug)]
enum Deny {
    Exact(&'static str),
    Prefix(&'static str),
    Method(&'static str),
    Header(&'static str, &'static str),
    Host(&'static str),
}

const fn path(
    software: Software,
    path: &'static str,
    deny: Deny,
    reached: &'static str,
) -> Reading {
    Reading {
        software,
        method: "GET",
        path,
        host: "server",
        header: None,
        deny,
        reached,
        over_http2: false,
    }
}

const fn host(software: Software, host: &'static str) -> Reading {
    Reading {
        host,
        ..path(software, "/", Deny::Host("evil.example"), "reached host")
    }
}

const ADMIN: Deny = Deny::Exact("/admin");

pub(crate) const READINGS: [Reading; 27] = [
    path(Flask, "/%61dmin", ADMIN, "reached admin"),
    path(Flask, "//admin", ADMIN, "reached admin"),
    path(Flask, "/a%2Fb", Deny::Exact("/a/b"), "reached a/b"),
    path(
        Flask,
        "/caf%c3%a9",
        Deny::Exact("/caf%C3%A9"),
        "reached cafe",
    ),
    Reading {
        method: "delete",
        over_http2: true,
        ..path(Flask, "/thing", Deny::Method("DELETE"), "reached delete")
    },
    path(Wsgiref, "/%61dmin", ADMIN, "reached admin"),
    Reading {
        header: Some(("x_role", "evil")),
        ..path(Wsgiref, "/", Deny::Header("x-role", "evil"), "reached evil")
    },
    host(Wsgiref, "user@evil.example"),
    host(Wsgiref, "evil.example:80"),
    host(Wsgiref, "EVIL.example"),
    path(Node, "//x/admin", ADMIN, "reached admin"),
    path(Node, "/x/../admin", ADMIN, "reached admin"),
    path(Node, "/x/%2e%2e/admin", ADMIN, "reached admin"),
    path(Node, "/x/..\\admin", ADMIN, "reached admin"),
    host(Node, "user@evil.example"),
    host(Node, "%65vil.example"),
    path(Express, "/Admin", ADMIN, "reached admin"),
    path(Express, "/admin/", ADMIN, "reached admin"),
    path(
        Express,
        "/PRIVATE/x",
        Deny::Prefix("/private"),
        "reached private",
    ),
    path(
        Express,
        "/item/a%2Fb",
        Deny::Prefix("/item/a/b"),
        "reached item a/b",
    ),
    path(Nginx, "/%61dmin", ADMIN, "reached admin"),
    path(Nginx, "//admin", ADMIN, "reached admin"),
    path(Nginx, "/x/../admin", ADMIN, "reached admin"),
    path(Nginx, "/x/%2e%2e/admin", ADMIN, "reached admin"),
    path(Nginx, "/x%2f..%2fadmin", ADMIN, "reached admin"),
    path(Nginx, "/a//../admin", ADMIN, "reached admin"),
    path(Nginx, "/a%2f%2fb", Deny::Prefix("/a/b"), "reached a/b"),
];

impl Reading {
    /// The `http` clause of a rule that means to keep it out.
    pub(crate) fn denied(&self) -> Value {
        let header = |name: &str, value: &str| json!({"headers": [{"header": name, "operator": "In", "values": [value]}]});
        match self.deny {
            Deny::Exact(path) => json!({"paths": [{"exact": path}]}),
            Deny::Prefix(path) => json!({"paths": [{"prefix": path}]}),
            Deny::Method(method) => json!({"methods": [method]}),
            Deny::Header(name, value) => header(name, value),
            Deny::Host(host) => header("host", host),
        }
    }

    /// The request as bytes of HTTP/1.1.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self {
            method, path, host, ..
        } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
        if let Some((name, value)) = self.header {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// The request for HTTP/2.
    pub(crate) fn call(&self) -> Call {
        let call = Call::new(self.method, self.host, self.path);
        self.header
            .into_iter()
            .fold(call, |call, (name, value)| call.header(name, value))
    }
}
