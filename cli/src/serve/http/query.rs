//! What a poll asks for beside its path.

use super::super::limits;
use std::time::Duration;

/// The query of a poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// How long to wait for a revision other than the client's.
    pub(super) wait: Option<Duration>,
    /// Whether the pruned bundle must serve where peers are known by their certificates alone.
    pub(super) by_principal: bool,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut query = Self::default();
        for (key, value) in pairs {
            match key.as_str() {
                "wait" => query.wait = Some(duration(value)?),
                "peerBinding" => query.by_principal = by_principal(value)?,
                unknown => {
                    return Err(format!(
                        "unknown parameter `{unknown}`; `wait` and `peerBinding` are known"
                    ));
                }
            }
        }
        Ok(query)
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let most = limits::WAIT.as_secs();
    let wrong =
        || format!("`wait` must be a number with `s` or `ms`, at most {most}s, such as `30s`");
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<u64>().ok()).flatten()
    };
    let duration = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => number(digits).map(Duration::from_millis),
        (None, Some(digits)) => number(digits).map(Duration::from_secs),
        (None, None) => None,
    };
    let duration = duration.ok_or_else(wrong)?;
    if duration > limits::WAIT {
        return Err(wrong());
    }
    Ok(duration)
}

fn by_principal(text: &str) -> Result<bool, String> {
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
            ("30m", None),
            ("99999999999999999999s", None),
        ] {
            let parsed = duration(text).ok();
            assert_eq!(parsed, expected.map(Duration::from_millis), "{text:?}");
        }
    }
}
