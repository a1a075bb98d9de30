//! Replies that the proxy makes itself.

use crate::headers::Headers;

/// The details string of a reply to a stream whose VM died.
pub const FAIL_STREAM_DETAILS: &str = "wasm_fail_stream";

/// What `proxy_send_local_response` was called with, or the 503 of a dead VM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalReply {
    /// HTTP status; a gRPC client sees it converted, see [`Response`].
    pub status: u32,
    /// `%RESPONSE_CODE_DETAILS%`, spaces already underscores.
    pub details: String,
    /// Headers to add.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// The gRPC status the guest asked for.
    pub grpc_status: Option<u32>,
}

impl LocalReply {
    /// What a stream of a dead VM gets.
    pub(crate) fn fail_stream() -> Self {
        Self {
            status: 503,
            details: FAIL_STREAM_DETAILS.to_owned(),
            headers: Headers::new(),
            body: Vec::new(),
            grpc_status: None,
        }
    }

    /// The response Envoy makes of it, before the filters see it.
    pub(crate) fn response(&self, grpc_client: bool) -> Response {
        if grpc_client {
            return self.grpc_response();
        }
        let mut headers = Headers::from([(":status", self.status.to_string())]);
        if !self.body.is_empty() {
            headers.add("content-length", self.body.len().to_string());
            headers.add("content-type", "text/plain");
        }
        self.add_extra(&mut headers);
        Response {
            headers,
            body: self.body.clone(),
            trailers: Headers::new(),
        }
    }

    /// Trailers-only: status 200, the code in `grpc-status`, the body percent-encoded in `grpc-message`.
    fn grpc_response(&self) -> Response {
        let status = self.grpc_status.unwrap_or_else(|| grpc_status(self.status));
        let mut headers = Headers::from([
            (":status", "200".to_owned()),
            ("content-type", "application/grpc".to_owned()),
            ("grpc-status", status.to_string()),
        ]);
        if !self.body.is_empty() {
            headers.add("grpc-message", percent_encode(&self.body));
        }
        self.add_extra(&mut headers);
        Response {
            headers,
            body: Vec::new(),
            trailers: Headers::new(),
        }
    }

    fn add_extra(&self, headers: &mut Headers) {
        for (name, value) in self.headers.iter() {
            match name {
                b":status" => {}
                b"content-type" => headers.replace(name, value),
                _ => headers.add(name, value),
            }
        }
    }
}

/// What the client receives.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// With `:status`.
    pub headers: Headers,
    /// All of it that has left the filter.
    pub body: Vec<u8>,
    /// Trailers.
    pub trailers: Headers,
}

impl Response {
    /// The number in `:status`.
    #[must_use]
    pub fn status(&self) -> Option<u32> {
        self.headers.text(":status")?.parse().ok()
    }
}

fn grpc_status(http_status: u32) -> u32 {
    match http_status {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

fn percent_encode(body: &[u8]) -> String {
    let mut text = String::new();
    for byte in body {
        if matches!(byte, b' '..=b'~') && *byte != b'%' {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(headers: Headers) -> LocalReply {
        LocalReply {
            status: 403,
            headers,
            body: b"no: 5%\n".to_vec(),
            ..LocalReply::fail_stream()
        }
    }

    #[test]
    fn extra_headers_override_the_content_type_but_not_the_status() {
        let extra = Headers::from([
            (":status", "200"),
            ("content-type", "a/b"),
            ("x", "1"),
            ("x", "2"),
        ]);
        let response = reply(extra).response(false);
        assert_eq!(response.status(), Some(403));
        assert_eq!(
            response.headers.joined("content-type"),
            Some(b"a/b".to_vec())
        );
        assert_eq!(response.headers.joined("x"), Some(b"1,2".to_vec()));
    }

    #[test]
    fn a_grpc_client_gets_200_with_a_grpc_status() {
        let response = reply(Headers::new()).response(true);
        assert_eq!(response.status(), Some(200));
        assert_eq!(response.headers.text("grpc-status"), Some("7"));
        assert_eq!(response.headers.text("grpc-message"), Some("no: 5%25%0A"));
        assert!(response.body.is_empty());
    }
}
