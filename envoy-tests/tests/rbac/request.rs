//! A request as both listeners get it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};
use heliast_envoy_tests::{Answer, Call, Dial, Protocol};
use serde_json::{Value, json};

use crate::claims::{TAG_HEADER, TOKEN_HEADER, header};
use crate::peer::Peer;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) peer: Peer,
    /// Where the connection comes from.
    pub(crate) client: IpAddr,
    /// What the PROXY line says of source and destination.
    pub(crate) caller: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) server_name: Option<String>,
    pub(crate) protocol: Protocol,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The claims that were verified.
    pub(crate) token: Option<Value>,
    /// Dynamic metadata of another filter.
    pub(crate) tag: Option<Value>,
}

impl Request {
    /// Sends it by this way to the listener, and reads the answer's status; 0 if there is none.
    pub(crate) async fn status(&self, dial: &Dial) -> u16 {
        let answer = self.answer(dial).await;
        answer.map_or(0, |answer| answer.status)
    }

    async fn answer(&self, dial: &Dial) -> Result<Answer> {
        let mut call = Call::new(&self.method, &self.host, &self.path);
        for (name, value) in self.all_headers() {
            call = call.header(&name, value);
        }
        match self.protocol {
            Protocol::Http1 => dial.raw(&self.bytes()).await,
            Protocol::Http2 => dial.call(Protocol::Http2, &call).await,
        }
    }

    fn all_headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut headers = self.headers.clone();
        for (name, value) in [(TOKEN_HEADER, &self.token), (TAG_HEADER, &self.tag)] {
            if let Some(value) = value {
                headers.push((name.to_owned(), header(value).into_bytes()));
            }
        }
        headers
    }

    /// The request as a record has it; every byte of a header value is a character of its own.
    pub(crate) fn to_json(&self) -> Value {
        let text = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| json!([name, text(value)]));
        json!({
            "peer": self.peer.name(),
            "client": self.client.to_string(),
            "caller": self.caller.to_string(),
            "server": self.server.to_string(),
            "serverName": self.server_name,
            "http2": self.protocol == Protocol::Http2,
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "headers": headers.collect::<Vec<_>>(),
            "token": self.token,
            "tag": self.tag,
        })
    }

    /// The request of a record.
    pub(crate) fn from_json(record: &Value) -> Result<Self> {
        let text = |key: &str| {
            let text = record.get(key).and_then(Value::as_str);
            text.with_context(|| format!("no text at {key}"))
        };
        let given = |key: &str| record.get(key).filter(|value| !value.is_null()).cloned();
        let bytes = |text: &str| -> Result<Vec<u8>> {
            let bytes = text.chars().map(u8::try_from);
            Ok(bytes.collect::<Result<_, _>>()?)
        };
        let line = |line: &Value| -> Result<(String, Vec<u8>)> {
            let part = |index: usize| line.get(index).and_then(Value::as_str);
            let (name, value) = part(0).zip(part(1)).context("no header line")?;
            Ok((name.to_owned(), bytes(value)?))
        };
        let headers = record.get("headers").and_then(Value::as_array);
        Ok(Self {
            peer: Peer::named(text("peer")?).context("no such peer")?,
            client: text("client")?.parse()?,
            caller: text("caller")?.parse()?,
            server: text("server")?.parse()?,
            server_name: given("serverName").and_then(|name| Some(name.as_str()?.to_owned())),
            protocol: match record.get("http2") {
                Some(Value::Bool(true)) => Protocol::Http2,
                _ => Protocol::Http1,
            },
            method: text("method")?.to_owned(),
            host: text("host")?.to_owned(),
            path: text("path")?.to_owned(),
            headers: headers
                .into_iter()
                .flatten()
                .map(line)
                .collect::<Result<_>>()?,
            token: given("token"),
            tag: given("tag"),
        })
    }

    /// As HTTP/1.1, byte by byte.
    fn bytes(&self) -> Vec<u8> {
        let (method, path, host) = (&self.method, &self.path, &self.host);
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
        for (name, value) in self.all_headers() {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (peer, client, protocol) = (self.peer, self.client, self.protocol);
        writeln!(f, "peer {peer:?} from {client} over {protocol:?}")?;
        writeln!(f, "PROXY {} to {}", self.caller, self.server)?;
        if let Some(name) = &self.server_name {
            writeln!(f, "SNI {name}")?;
        }
        writeln!(f, "{} {}", self.method, self.path)?;
        writeln!(f, "host: {}", self.host)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        for (what, value) in [("token", &self.token), ("tag", &self.tag)] {
            if let Some(value) = value {
                writeln!(f, "({what}: {value})")?;
            }
        }
        Ok(())
    }
}
