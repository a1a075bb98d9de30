//! The conditions of a rule's HTTP clause (calico.md 4.6).

use super::condition::Condition;
use super::header::HeaderCondition;
use crate::terms::HttpMatch;

/// One condition for each list that asks something; an `http: {}` still asks for HTTP.
pub(super) fn conditions(http: &HttpMatch) -> Vec<Condition> {
    let any_method = http.methods.is_empty() || http.methods.iter().any(|method| method == "*");
    let methods = (!any_method).then(|| Condition::Methods(http.methods.clone()));
    let paths = (!http.paths.is_empty()).then(|| Condition::Paths(http.paths.clone()));
    let headers = http
        .headers
        .iter()
        .map(HeaderCondition::compile)
        .map(Condition::Header);
    let conditions: Vec<_> = methods.into_iter().chain(paths).chain(headers).collect();
    if conditions.is_empty() {
        vec![Condition::Http]
    } else {
        conditions
    }
}
