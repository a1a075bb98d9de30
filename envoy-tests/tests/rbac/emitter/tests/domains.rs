//! Trust domain aliases (1.9).

use crate::emitter::domains::expand;
use crate::subject::Subject;

#[track_caller]
fn check(subject: &Subject, value: &str, expanded: &[&str]) {
    let domains = ["td1".to_owned(), "some-td".to_owned()];
    let got = expand(subject, &[value.to_owned()], &domains);
    assert_eq!(got, expanded, "{value}");
}

#[test]
fn a_principal_of_one_of_our_domains_is_one_of_each() {
    let principal = |value, expanded: &[&str]| check(&Subject::Principal, value, expanded);
    let both = ["td1/ns/a/sa/b", "some-td/ns/a/sa/b"];
    principal("td1/ns/a/sa/b", &both);
    principal("some-td/ns/a/sa/b", &both);
    principal("cluster.local/ns/a/sa/b", &both);
    // What a star in front covers stays as written.
    principal("*-td/ns/a/sa/b", &["td1/ns/a/sa/b", "*-td/ns/a/sa/b"]);
    principal("some-*/ns/a/sa/b", &both);
}

#[test]
fn others_stay_as_they_are() {
    for value in [
        "other/ns/a/sa/b",
        "*/ns/a/sa/b",
        "*",
        "td1",
        "td1/ns/a",
        "td1/ns/a/sa/b/c",
        "cluster.local/ns/a/sa*",
    ] {
        check(&Subject::Principal, value, &[value]);
    }
}

#[test]
fn a_trust_domain_is_all_of_ours_only_if_it_is_one_of_them() {
    let domain = |value, expanded: &[&str]| check(&Subject::TrustDomain, value, expanded);
    domain("td1", &["td1", "some-td"]);
    domain("some-td", &["td1", "some-td"]);
    domain("cluster.local", &["cluster.local"]);
    domain("some-*", &["some-*"]);
    check(&Subject::Namespace, "td1", &["td1"]);
}
