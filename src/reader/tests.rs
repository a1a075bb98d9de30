//! What postcard writes is read again, every variant of every enum, and nothing else is taken.

use super::{Read, Reader};
use crate::bundle::{Audience, Signature, Statement};
use crate::model::{
    Clause, HeaderRewrite, IdentityClause, Layer, MetadataShape, MutualTls, NamespaceClause,
    Pattern, PrincipalPattern, Rule, Subject,
};
use crate::path::{PathPattern, PathTemplate};
use crate::regex::Regex;
use crate::selector::Selector;
use crate::terms::{
    Action, Container, HeaderOperator, IpVersion, Mismatch, MutualTlsMode, NamedPort, Port,
    Protocol, TierDefault,
};
use proptest::prelude::*;
use serde::Serialize;
use std::fmt::Debug;
use std::net::IpAddr;

#[track_caller]
fn read_again<T: Serialize + Read + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
    for value in values {
        let bytes = postcard::to_allocvec(&value).unwrap();
        assert_eq!(Reader::whole(&bytes), Some(value), "{bytes:?}");
        for end in 0..bytes.len() {
            assert_eq!(Reader::whole::<T>(&bytes[..end]), None, "cut at {end}");
        }
        let longer = [&*bytes, &[0]].concat();
        assert_eq!(Reader::whole::<T>(&longer), None, "longer");
    }
}

/// No variant comes behind the last.
#[track_caller]
fn has_variants<T: Read + PartialEq + Debug>(count: u8) {
    let fields = [0; 64];
    for end in 0..fields.len() {
        let bytes = [&[count], &fields[..end]].concat();
        assert_eq!(Reader::whole::<T>(&bytes), None, "{bytes:?}");
    }
}

fn text() -> String {
    "text".to_owned()
}

#[test]
fn words_of_policy() {
    read_again([Action::Allow, Action::Deny, Action::Log, Action::Pass]);
    has_variants::<Action>(4);
    read_again([IpVersion::V4, IpVersion::V6]);
    has_variants::<IpVersion>(2);
    read_again([
        Mismatch::Log,
        Mismatch::Add,
        Mismatch::Delete,
        Mismatch::Replace,
    ]);
    has_variants::<Mismatch>(4);
    read_again([
        MutualTlsMode::Disable,
        MutualTlsMode::Permissive,
        MutualTlsMode::Strict,
    ]);
    has_variants::<MutualTlsMode>(3);
    read_again([TierDefault::Deny, TierDefault::Pass]);
    has_variants::<TierDefault>(2);
    read_again([Layer::Calico, Layer::Kubernetes, Layer::Istio]);
    has_variants::<Layer>(3);
    read_again([Port::Range(1, 65_535), Port::Named(text())]);
    has_variants::<Port>(2);
    read_again([NamedPort {
        name: text(),
        port: 8080,
        protocol: Protocol::SCTP,
        container: Container::Init,
    }]);
    read_again([Container::Main, Container::Sidecar, Container::Init]);
    has_variants::<Container>(3);
}

#[test]
fn clauses_about_headers() {
    let texts = || vec![text(), String::new()];
    read_again([
        HeaderOperator::Exists,
        HeaderOperator::DoesNotExist,
        HeaderOperator::HasPrefix(texts()),
        HeaderOperator::HasSuffix(texts()),
        HeaderOperator::In(texts()),
        HeaderOperator::NotIn(texts()),
        HeaderOperator::MatchesRegex(vec![Regex::parse("a+").unwrap()]),
    ]);
    has_variants::<HeaderOperator>(7);
    let rewrite = |value| HeaderRewrite {
        name: text(),
        value,
        mismatch: Mismatch::Replace,
    };
    read_again([rewrite(None), rewrite(Some(text()))]);
}

#[test]
fn clauses_about_texts() {
    read_again([
        Subject::Method,
        Subject::Host,
        Subject::Authority,
        Subject::Path,
        Subject::Target,
        Subject::Header(text()),
        Subject::SoleHeader(text()),
        Subject::ServerName,
        Subject::Metadata(vec![text()], MetadataShape::Text),
        Subject::Metadata(vec![], MetadataShape::List),
        Subject::Metadata(vec![], MetadataShape::TextOrList),
        Subject::Domain,
    ]);
    has_variants::<Subject>(10);
    has_variants::<MetadataShape>(3);
    read_again(patterns());
    has_variants::<Pattern>(6);
    read_again([
        PathPattern::exact("/a").unwrap(),
        PathPattern::prefix("/b").unwrap(),
    ]);
}

fn patterns() -> Vec<Pattern> {
    vec![
        Pattern::Present,
        Pattern::Exact(text()),
        Pattern::Prefix(text()),
        Pattern::Suffix(text()),
        Pattern::Regex(Regex::parse("(?i)a|b").unwrap()),
        Pattern::Template(PathTemplate::parse("/a/{*}/{**}/b").unwrap()),
    ]
}

#[test]
fn clauses_of_every_form() {
    let nets = || vec!["10.0.0.0/8".parse().unwrap(), "fd00::/64".parse().unwrap()];
    let principal = || (Pattern::Present, Pattern::Exact(text()));
    let clauses = || {
        vec![
            Clause::Http,
            Clause::Text {
                subject: Subject::Path,
                any: patterns(),
                none: vec![],
            },
            Clause::Ports {
                any: vec![(1, 2)],
                none: vec![(3, 65_535)],
            },
            Clause::LocalNets {
                any: nets(),
                none: vec![],
            },
            Clause::RemoteNets {
                any: vec![],
                none: nets(),
            },
            Clause::RequestPrincipals {
                any: vec![principal()],
                none: vec![principal()],
            },
        ]
    };
    let mut rule = Rule::new(7, Action::Allow);
    let inner = Clause::AnyOf(vec![clauses(), vec![], clauses()]);
    rule.clauses = clauses();
    rule.clauses
        .push(Clause::AnyOf(vec![vec![inner], clauses()]));
    let bytes = postcard::to_allocvec(&rule).unwrap();
    let read: Rule = Reader::whole(&bytes).unwrap();
    assert_eq!(read.clauses, rule.clauses);
}

#[test]
fn selectors_and_who() {
    let selectors = [
        "all()",
        "global()",
        "has(a)",
        "!has(a)",
        "a == 'b' && (c != 'd' || e in {'f', 'g'})",
        "a not in {'b'} && c contains 'd' && e starts with 'f' && g ends with 'h'",
        "!(a == 'b' && !(c == 'd' || e == 'f'))",
    ];
    let selector = |text: &&str| text.parse::<Selector>().unwrap();
    read_again(selectors.iter().map(selector));
    read_again([
        PrincipalPattern::Any,
        PrincipalPattern::Exact(text()),
        PrincipalPattern::Prefix(text()),
        PrincipalPattern::Suffix(text()),
        PrincipalPattern::Namespace(text()),
        PrincipalPattern::ServiceAccount {
            namespace: text(),
            name: String::new(),
        },
        PrincipalPattern::TrustDomain(text()),
        PrincipalPattern::NamespaceAcrossSlashes(text()),
    ]);
    has_variants::<PrincipalPattern>(8);
    let identity = |namespace| IdentityClause {
        service_accounts: vec![text()],
        service_account_selector: Some(selector(&"has(a)")),
        namespace,
    };
    read_again([
        identity(NamespaceClause::Any),
        identity(NamespaceClause::Named(text())),
        identity(NamespaceClause::Labelled(selector(&"all()"))),
    ]);
    has_variants::<NamespaceClause>(3);
}

#[test]
fn objects_and_statements() {
    read_again([MutualTls {
        namespace: Some(text()),
        name: text(),
        document: 300,
        created: None,
        selector: None,
        mode: Some(MutualTlsMode::Strict),
        ports: vec![(443, None), (80, Some(MutualTlsMode::Disable))],
    }]);
    read_again([Signature {
        key: text(),
        signature: text(),
    }]);
    read_again([Statement {
        revision: crate::bundle::Bundle::load(&[]).unwrap().revision,
        order: Some(crate::bundle::Order {
            epoch: 300,
            number: u64::MAX,
        }),
        audience: Some(Audience {
            namespace: text(),
            pod: text(),
            by_principal: true,
        }),
    }]);
    read_again(["10.1.2.3", "fd00::1"].map(|text| text.parse::<IpAddr>().unwrap()));
    has_variants::<IpAddr>(2);
}

#[test]
fn what_is_too_large_or_no_text_is_refused() {
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(Reader::whole(&most), Some(u64::MAX));
    let mut more = most;
    more[9] = 2;
    assert_eq!(Reader::whole::<u64>(&more), None);
    assert_eq!(Reader::whole::<u64>(&[0x80; 11]), None);
    assert_eq!(Reader::whole::<u16>(&[0xff, 0xff, 0x03]), Some(u16::MAX));
    assert_eq!(Reader::whole::<u16>(&[0x80, 0x80, 0x04]), None);
    assert_eq!(Reader::whole::<String>(&[1, 0xff]), None);
    assert_eq!(Reader::whole::<bool>(&[2]), None);
    let net = [0, 10, 0, 0, 0, 33];
    assert_eq!(Reader::whole::<ipnet::IpNet>(&net), None);
    // More are announced than bytes are left.
    assert_eq!(Reader::whole::<Vec<u64>>(&most), None);
}

proptest! {
    #[test]
    fn numbers_are_read_again(number: u64, small: u16, size: usize) {
        read_again([number]);
        read_again([small]);
        read_again([size]);
    }
}
