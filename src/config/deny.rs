//! What a refused caller gets.

use crate::decode::Field;
use crate::limits;

/// The reply to a refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyReply {
    /// The HTTP status, from 400 to 599.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Headers besides those Envoy adds; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Default for DenyReply {
    fn default() -> Self {
        Self {
            status: 403,
            body: "Access denied\r\n".to_owned(),
            headers: Vec::new(),
        }
    }
}

impl DenyReply {
    pub(super) fn decode(field: &Field<'_, '_>) -> Self {
        let Some(fields) = field.object(&["status", "body", "headers"]) else {
            return Self::default();
        };
        let status = fields
            .get("status")
            .and_then(|status| status.integer(400, 599));
        let status = status.and_then(|status| u16::try_from(status).ok());
        let body = fields.get("body").and_then(|body| {
            let text = body.string()?;
            if text.len() > limits::DENY_BODY_BYTES {
                let most = limits::DENY_BODY_BYTES;
                body.error("too-many", format!("is longer than {most} bytes"), "");
            }
            Some(text.to_owned())
        });
        let headers = fields
            .get("headers")
            .map(|headers| decode_headers(&headers));
        let default = Self::default();
        Self {
            status: status.unwrap_or(default.status),
            body: body.unwrap_or(default.body),
            headers: headers.unwrap_or_default(),
        }
    }
}

/// Envoy answers 503 to a value with a line break in it (envoy-wasm.md 1.4): refused here instead.
fn decode_headers(field: &Field<'_, '_>) -> Vec<(String, String)> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let printable = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    let mut headers = Vec::new();
    for (name, value) in field.string_map() {
        if name.is_empty() || !name.bytes().all(token) {
            field.error("header-name", format!("`{name}` is no header name"), "");
        }
        if !value.bytes().all(printable) {
            field.error(
                "header-value",
                format!("the value of `{name}` has a control byte in it"),
                "",
            );
        }
        headers.push((name.to_ascii_lowercase(), value));
    }
    headers
}
