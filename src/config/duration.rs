//! Durations as people write them: `10s`, `500ms`, `2m`, `1h`.

use crate::decode::Field;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Units, longest suffix first, in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads a duration: a whole number and a unit. None if it is neither.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let unit = UNITS.iter().find_map(|(unit, milliseconds)| {
        let number = text.strip_suffix(unit)?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some((number, *milliseconds))
    });
    let (number, milliseconds) = unit?;
    let number: u64 = number.parse().ok()?;
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

/// Reads the duration at a field.
pub(super) fn decode(field: &Field<'_, '_>, range: &RangeInclusive<Duration>) -> Option<Duration> {
    let text = field.string()?;
    let duration = parse(text);
    let Some(duration) = duration.filter(|duration| range.contains(duration)) else {
        let (least, most) = (show(*range.start()), show(*range.end()));
        let message = format!("`{text}` is no duration from {least} to {most}");
        field.error(
            "duration",
            message,
            "write a whole number and ms, s, m or h",
        );
        return None;
    };
    Some(duration)
}

/// A duration as [`parse`] reads it.
#[must_use]
pub fn show(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fits = |unit: &&(&str, u64)| milliseconds >= unit.1 && milliseconds.is_multiple_of(unit.1);
    match UNITS.iter().rev().find(fits) {
        Some((unit, size)) => format!("{}{unit}", milliseconds / size),
        None => format!("{milliseconds}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_they_are_shown() {
        for text in ["100ms", "10s", "90s", "5m", "1h", "24h", "1500ms"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
        assert_eq!(parse("60s"), parse("1m"));
        for wrong in [
            "",
            "s",
            "10",
            "1.5s",
            "-1s",
            "1m30s",
            " 1s",
            "99999999999999999999s",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
