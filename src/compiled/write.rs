//! Making compiled programs.

use super::head::Head;
use crate::bundle::{Bundle, Signature, Statement};
use crate::model::{Clause, Model, Pattern};
use crate::regex::Regex;
use crate::terms::HeaderOperator;
use sha2::{Digest, Sha256};

/// The policy of a bundle as it is sent, and what is said of it: equal bundles have equal programs.
///
/// # Errors
///
/// Which expression becomes too large, or what else cannot be sent.
pub fn compile(bundle: &Bundle, sequence: Option<u64>) -> Result<(Head, Vec<u8>), String> {
    check_expressions(&bundle.model)?;
    let payload = postcard::to_allocvec(&*bundle.model).map_err(|error| error.to_string())?;
    let head = Head {
        digest: Sha256::digest(&payload).into(),
        statement: Statement {
            revision: bundle.revision,
            sequence,
            audience: bundle.audience.clone(),
        },
        signatures: Vec::new(),
    };
    Ok((head, payload))
}

/// The whole program: head, signatures and policy.
///
/// # Errors
///
/// If the head cannot be sent.
pub fn seal(mut head: Head, signatures: Vec<Signature>, payload: &[u8]) -> Result<Vec<u8>, String> {
    head.signatures = signatures;
    let mut bytes = head.write()?;
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

/// Refuses what is too large as a table, and says where it stands.
fn check_expressions(model: &Model) -> Result<(), String> {
    for policy in model.tiers.iter().flat_map(|tier| &tier.policies) {
        let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
        for rule in rules.flatten() {
            let mut expressions = Vec::new();
            let headers = rule.http.iter().flat_map(|http| &http.headers);
            for header in headers {
                if let HeaderOperator::MatchesRegex(all) = &header.operator {
                    expressions.extend(all);
                }
            }
            of_clauses(&rule.clauses, &mut expressions);
            for expression in expressions {
                expression.table().map_err(|why| {
                    let (id, text) = (&policy.id, expression.as_str());
                    format!("the regular expression `{text}` of {id} {why}")
                })?;
            }
        }
    }
    Ok(())
}

fn of_clauses<'m>(clauses: &'m [Clause], into: &mut Vec<&'m Regex>) {
    for clause in clauses {
        match clause {
            Clause::Text { any, none, .. } => of_patterns(any.iter().chain(none), into),
            Clause::RequestPrincipals { any, none } => {
                for (issuer, subject) in any.iter().chain(none) {
                    of_patterns([issuer, subject], into);
                }
            }
            Clause::AnyOf(alternatives) => {
                alternatives.iter().for_each(|all| of_clauses(all, into));
            }
            Clause::Http
            | Clause::Ports { .. }
            | Clause::LocalNets { .. }
            | Clause::RemoteNets { .. } => {}
        }
    }
}

fn of_patterns<'m>(patterns: impl IntoIterator<Item = &'m Pattern>, into: &mut Vec<&'m Regex>) {
    for pattern in patterns {
        match pattern {
            Pattern::Regex(regex) => into.push(regex),
            Pattern::Present
            | Pattern::Exact(_)
            | Pattern::Prefix(_)
            | Pattern::Suffix(_)
            | Pattern::Template(_) => {}
        }
    }
}
