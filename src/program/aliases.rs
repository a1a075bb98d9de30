//! Trust domains that stand for one another (istio.md 1.9): what names one of ours names all.

use crate::model::{PrincipalClause, PrincipalPattern};

/// The name that always means our own trust domain, whatever it is called.
const LOCAL: &str = "cluster.local";

/// The clause with every principal of one of our trust domains written for all of them.
pub(super) fn expand(clause: &PrincipalClause, domains: &[String]) -> PrincipalClause {
    let all = |patterns: &[PrincipalPattern]| {
        let mut expanded = Vec::new();
        for pattern in patterns {
            expand_pattern(pattern, domains, &mut expanded);
        }
        expanded
    };
    PrincipalClause {
        any: all(&clause.any),
        none: all(&clause.none),
    }
}

fn expand_pattern(pattern: &PrincipalPattern, ours: &[String], into: &mut Vec<PrincipalPattern>) {
    match pattern {
        PrincipalPattern::TrustDomain(named) if ours.contains(named) => {
            into.extend(ours.iter().cloned().map(PrincipalPattern::TrustDomain));
        }
        PrincipalPattern::Exact(_) | PrincipalPattern::Prefix(_) | PrincipalPattern::Suffix(_) => {
            expand_text(pattern, ours, into);
        }
        PrincipalPattern::Any
        | PrincipalPattern::Namespace(_)
        | PrincipalPattern::ServiceAccount { .. }
        | PrincipalPattern::TrustDomain(_)
        | PrincipalPattern::NamespaceAcrossSlashes(_) => into.push(pattern.clone()),
    }
}

/// Only `<trust domain>/ns/<namespace>/sa/<service account>` is touched, wildcards and all.
fn expand_text(pattern: &PrincipalPattern, ours: &[String], into: &mut Vec<PrincipalPattern>) {
    let text = pattern.to_string();
    let parts = text.split('/').count();
    let named = text
        .split_once('/')
        .filter(|(domain, _)| parts == 5 && *domain != "*");
    let Some((domain, rest)) = named.filter(|(domain, _)| is_ours(domain, ours)) else {
        into.push(pattern.clone());
        return;
    };
    for one in ours {
        let is_covered = domain
            .strip_prefix('*')
            .is_some_and(|end| one.ends_with(end));
        let written = if is_covered {
            pattern.clone()
        } else {
            PrincipalPattern::parse(&format!("{one}/{rest}"))
        };
        if !into.contains(&written) {
            into.push(written);
        }
    }
}

fn is_ours(domain: &str, ours: &[String]) -> bool {
    domain == LOCAL
        || ours
            .iter()
            .any(|one| is_like(one, domain) || is_like(domain, one))
}

fn is_like(text: &str, pattern: &str) -> bool {
    text == pattern
        || pattern
            .strip_prefix('*')
            .is_some_and(|end| text.ends_with(end))
        || pattern
            .strip_suffix('*')
            .is_some_and(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::model::{PrincipalClause, PrincipalPattern};

    /// What a principal becomes where these are ours.
    fn expanded(principal: &str, ours: &[&str]) -> String {
        let ours: Vec<String> = ours.iter().map(|one| (*one).to_owned()).collect();
        let clause = PrincipalClause {
            any: vec![PrincipalPattern::parse(principal)],
            none: Vec::new(),
        };
        expand(&clause, &ours).to_string()
    }

    #[test]
    fn principals() {
        let ours = ["td1", "old-td", "some-td"];
        for (principal, expected) in [
            (
                "td1/ns/a/sa/b",
                "td1/ns/a/sa/b, old-td/ns/a/sa/b, some-td/ns/a/sa/b",
            ),
            (
                "cluster.local/ns/a/sa/b",
                "td1/ns/a/sa/b, old-td/ns/a/sa/b, some-td/ns/a/sa/b",
            ),
            ("*-td/ns/a/sa/b", "td1/ns/a/sa/b, *-td/ns/a/sa/b"),
            (
                "some*/ns/a/sa/b*",
                "td1/ns/a/sa/b*, old-td/ns/a/sa/b*, some-td/ns/a/sa/b*",
            ),
            ("foreign/ns/a/sa/b", "foreign/ns/a/sa/b"),
            ("*/ns/a/sa/b", "*/ns/a/sa/b"),
            ("td1/*", "td1/*"),
            ("td1/ns/a/sa/b/c", "td1/ns/a/sa/b/c"),
            ("*", "*"),
        ] {
            assert_eq!(expanded(principal, &ours), expected, "{principal}");
        }
        assert_eq!(
            expanded("cluster.local/ns/a/sa/b", &["td1"]),
            "td1/ns/a/sa/b"
        );
    }

    #[test]
    fn trust_domains_are_compared_as_they_are() {
        let ours = vec!["td1".to_owned(), "cluster".to_owned()];
        let clause = |domain: &str| PrincipalClause {
            any: Vec::new(),
            none: vec![PrincipalPattern::TrustDomain(domain.to_owned())],
        };
        let expanded = |domain: &str| expand(&clause(domain), &ours).none.len();
        assert_eq!(expanded("td1"), 2);
        assert_eq!(expanded("cluster.local"), 1);
        assert_eq!(expanded("td*"), 1);
    }
}
