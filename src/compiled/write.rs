//! Making compiled programs.

use super::head::Head;
use crate::bundle::{Bundle, Order, Signature, Statement};
use sha2::{Digest, Sha256};

/// The policy of a bundle as it is sent, and what is said of it: equal bundles have equal programs.
///
/// # Errors
///
/// If it cannot be sent.
pub fn compile(bundle: &Bundle, order: Option<Order>) -> Result<(Head, Vec<u8>), String> {
    let payload = postcard::to_allocvec(&*bundle.model).map_err(|error| error.to_string())?;
    let head = Head {
        digest: Sha256::digest(&payload).into(),
        statement: Statement {
            revision: bundle.revision,
            order,
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
