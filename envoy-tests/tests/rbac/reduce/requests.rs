//! Requests with something left out.

use heliast_envoy_tests::Protocol;

use crate::peer::Peer;
use crate::request::Request;

/// Every way to make one thing plain.
pub(super) fn smaller(request: &Request) -> Vec<Request> {
    let mut ways = Vec::new();
    let mut plain = |change: &dyn Fn(&mut Request)| {
        let mut way = request.clone();
        change(&mut way);
        if way.to_string() != request.to_string() {
            ways.push(way);
        }
    };
    for line in 0..request.headers.len() {
        plain(&|request| drop(request.headers.remove(line)));
    }
    plain(&|request| request.token = None);
    plain(&|request| request.tag = None);
    plain(&|request| request.server_name = None);
    plain(&|request| request.path = "/".into());
    plain(&|request| request.host = "c.org".into());
    plain(&|request| request.method = "GET".into());
    plain(&|request| {
        request.peer = Peer::Plaintext;
        request.server_name = None;
    });
    plain(&|request| request.protocol = Protocol::Http1);
    ways
}
