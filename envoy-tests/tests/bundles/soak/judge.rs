//! What the access log says decided each request.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::Record;

use super::load::Answers;
use crate::numbered;
use crate::sidecar::{LISTENER, Sidecar};

/// The records, by their marks.
pub(crate) struct Judge(BTreeMap<String, Record>);

impl Judge {
    pub(crate) fn read(sidecar: &Sidecar) -> Result<Self> {
        let records = sidecar.envoy.access_log(LISTENER).records()?;
        let marked = |record: Record| Some((record.text("mark")?.to_owned(), record));
        Ok(Self(records.into_iter().filter_map(marked).collect()))
    }

    /// Every answer was decided by one bundle that was in force just then, and is what that one
    /// says. Answers how many there were.
    pub(crate) fn agree(&self, answers: &Answers) -> Result<usize> {
        for answer in &answers.0 {
            let record = self.0.get(&answer.mark);
            let record = record.with_context(|| format!("no record of {}", answer.mark))?;
            let rule = record.rule().context("a record without a rule")?;
            let number = numbered::of_rule(rule).with_context(|| rule.to_owned())?;
            ensure!(
                (answer.oldest..=answer.newest).contains(&number),
                "decided by {rule}, which was not in force: {answer:?}"
            );
            ensure!(
                answer.fits(number),
                "decided by {rule}, and not as it says: {answer:?}"
            );
        }
        Ok(answers.count())
    }
}
