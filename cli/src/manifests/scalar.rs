//! Plain words of YAML 1.2: the core schema, as far as JSON can say it.

use serde_json::{Number, Value};

/// Why a plain word is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// `.inf` or `.nan`.
    NotFinite,
    /// `0755`: octal to YAML 1.1 readers such as kubectl's, decimal to YAML 1.2.
    LeadingZero,
}

/// The value of a plain word.
pub(super) fn resolve(text: &str) -> Result<Value, Refused> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(Refused::NotFinite);
    }
    if let Some(number) = based(text) {
        return Ok(number);
    }
    if is_digits(unsigned) {
        return integer(text, unsigned);
    }
    if is_float(unsigned) {
        let number = text.parse().ok().and_then(Number::from_f64);
        return number.map(Value::Number).ok_or(Refused::NotFinite);
    }
    Ok(Value::String(text.to_owned()))
}

/// `0o17` and `0x1f`.
fn based(text: &str) -> Option<Value> {
    let (digits, radix) = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(octal), _) => (octal, 8),
        (None, Some(hexadecimal)) => (hexadecimal, 16),
        (None, None) => return None,
    };
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let number = is_number.then(|| u64::from_str_radix(digits, radix).ok())?;
    number.map(Value::from)
}

fn integer(text: &str, unsigned: &str) -> Result<Value, Refused> {
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return Err(Refused::LeadingZero);
    }
    let small = text.parse::<i64>().map(Value::from);
    let whole = small.or_else(|_| text.parse::<u64>().map(Value::from));
    let number = whole.ok().or_else(|| {
        // Too large for a whole number: the nearest double, as in JSON.
        text.parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number)
    });
    number.ok_or(Refused::NotFinite)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with at least one digit before the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let all_digits = [whole, fraction]
        .iter()
        .all(|part| part.is_empty() || is_digits(part));
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    has_digits && all_digits && exponent.is_none_or(is_digits)
}

#[cfg(test)]
mod tests {
    use super::{Refused, resolve};
    use serde_json::json;

    #[test]
    fn reads_words_as_yaml_1_2_does() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("nULL", json!("nULL")),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("on", json!("on")),
            ("yes", json!("yes")),
            ("No", json!("No")),
            ("y", json!("y")),
            ("0", json!(0)),
            ("-0", json!(0)),
            ("80", json!(80)),
            ("+12", json!(12)),
            ("-7", json!(-7)),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            (
                "18446744073709551616",
                json!(18_446_744_073_709_551_616_f64),
            ),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("0x", json!("0x")),
            ("0o8", json!("0o8")),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1e3", json!(1000.0)),
            ("-1.5E-2", json!(-0.015)),
            (".", json!(".")),
            ("1.2.3", json!("1.2.3")),
            ("10.0.0.1", json!("10.0.0.1")),
            ("1_000", json!("1_000")),
            ("12:30", json!("12:30")),
            ("8080:8090", json!("8080:8090")),
            ("2026-01-01", json!("2026-01-01")),
            ("e3", json!("e3")),
            ("1e", json!("1e")),
            ("-", json!("-")),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text:?}");
        }
        for text in ["0755", "-01", "00"] {
            assert_eq!(resolve(text), Err(Refused::LeadingZero), "{text:?}");
        }
        for text in [".inf", "-.Inf", ".nan", "1e999"] {
            assert_eq!(resolve(text), Err(Refused::NotFinite), "{text:?}");
        }
    }
}
