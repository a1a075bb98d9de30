//! What a poll asks for beside its path.

use super::super::limits;
use heliast::config::duration;
use std::time::Duration;

/// The query of a poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// How long to wait for a revision other than the client's.
    pub(super) wait: Option<Duration>,
}

impl Query {
    /// Reads a query. For which binding bundles are pruned is the server's to say, because a bundle
    /// that serves certificates alone tells more; a client may only say that it expects the same.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(pairs: &[(String, String)], by_principal: bool) -> Result<Self, String> {
        let mut query = Self::default();
        for (key, value) in pairs {
            match key.as_str() {
                "wait" => query.wait = Some(duration(value)?),
                "peerBinding" if wants_principal(value)? == by_principal => {}
                "peerBinding" => {
                    return Err(format!(
                        "`peerBinding` is `{value}`, and this server prunes for another: start it with --peer-binding {value}"
                    ));
                }
                unknown => return Err(format!("unknown parameter `{unknown}`; `wait` is known")),
            }
        }
        Ok(query)
    }
}

/// As the filter reads it, which holds its timeout against it.
fn duration(text: &str) -> Result<Duration, String> {
    let duration = duration::parse(text).filter(|duration| *duration <= limits::WAIT);
    duration.ok_or_else(|| {
        let most = duration::show(limits::WAIT);
        format!("`wait` must be a whole number with a unit, at most {most}, such as `30s`")
    })
}

fn wants_principal(text: &str) -> Result<bool, String> {
    match text {
        "Principal" => Ok(true),
        // A bundle for one serves the other.
        "AddressAndPrincipal" | "Address" => Ok(false),
        _ => {
            Err("`peerBinding` must be `AddressAndPrincipal`, `Address` or `Principal`".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_bound() {
        for (text, expected) in [
            ("30s", Some(30_000)),
            ("0s", Some(0)),
            ("500ms", Some(500)),
            ("300s", Some(300_000)),
            ("300000ms", Some(300_000)),
            ("301s", None),
            ("300001ms", None),
            ("30", None),
            ("-1s", None),
            ("+1s", None),
            ("1.5s", None),
            ("s", None),
            ("ms", None),
            ("", None),
            ("5m", Some(300_000)),
            ("30m", None),
            ("99999999999999999999s", None),
        ] {
            let parsed = duration(text).ok();
            assert_eq!(parsed, expected.map(Duration::from_millis), "{text:?}");
        }
    }
}
