//! Plain words of YAML as kubectl reads them (sigs.k8s.io/yaml 1.6.0, `resolve.go` of its reader):
//! YAML 1.1 in its truth values, its bases and its underscores within numbers. What it reads must
//! not mean anything else here.

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
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "y" | "Y" | "on" | "On" | "ON" => {
            return Ok(Value::Bool(true));
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "n" | "N" | "off" | "Off" | "OFF" => {
            return Ok(Value::Bool(false));
        }
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(Refused::NotFinite);
    }
    // Underscores count for nothing in what begins as a number does.
    if text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+')) {
        return number(&text.replace('_', ""), text);
    }
    number(text, text)
}

/// The number that the word is without its underscores; the word itself where it is none.
fn number(plain: &str, text: &str) -> Result<Value, Refused> {
    if let Some(number) = based(plain) {
        return Ok(number);
    }
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if is_digits(unsigned) {
        return integer(plain, unsigned);
    }
    if is_float(unsigned) {
        let number = plain.parse().ok().and_then(Number::from_f64);
        return number.map(Value::Number).ok_or(Refused::NotFinite);
    }
    Ok(Value::String(text.to_owned()))
}

/// `0b11`, `0o17` and `0x1f`, with a sign or without.
fn based(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (prefix, digits) = unsigned.split_at_checked(2)?;
    let radix = match prefix {
        "0b" | "0B" => 2,
        "0o" | "0O" => 8,
        "0x" | "0X" => 16,
        _ => return None,
    };
    // Rust would take a sign here.
    if digits.starts_with(['-', '+']) {
        return None;
    }
    if text.starts_with('-') {
        let negative = ["-", digits].concat();
        return i64::from_str_radix(&negative, radix).ok().map(Value::from);
    }
    u64::from_str_radix(digits, radix).ok().map(Value::from)
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
    fn reads_words_as_kubectl_does() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("nULL", json!("nULL")),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("on", json!(true)),
            ("yes", json!(true)),
            ("yEs", json!("yEs")),
            ("No", json!(false)),
            ("off", json!(false)),
            ("y", json!(true)),
            ("N", json!(false)),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn reads_numbers_as_kubectl_does() {
        for (text, value) in [
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
            ("0X1f", json!(31)),
            ("-0x1F", json!(-31)),
            ("+0x1F", json!(31)),
            ("0x-1", json!("0x-1")),
            ("0b1111", json!(15)),
            ("-0b11", json!(-3)),
            ("0b2", json!("0b2")),
            ("0x1_F", json!(31)),
            ("0é1", json!("0é1")),
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
        ] {
            assert_eq!(resolve(text), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn reads_underscores_and_what_is_no_number_as_kubectl_does() {
        for (text, value) in [
            ("1_000", json!(1000)),
            ("8_080", json!(8080)),
            ("8080_", json!(8080)),
            ("-_1", json!(-1)),
            ("1_000.5", json!(1000.5)),
            ("1_e3", json!(1000.0)),
            ("_1", json!("_1")),
            ("._5", json!("._5")),
            (".5_0", json!(".5_0")),
            ("-_", json!("-_")),
            ("10.0.0_1.1", json!("10.0.0_1.1")),
            ("1_a", json!("1_a")),
            ("12:30", json!("12:30")),
            ("8080:8090", json!("8080:8090")),
            ("2026-01-01", json!("2026-01-01")),
            ("e3", json!("e3")),
            ("1e", json!("1e")),
            ("-", json!("-")),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        for text in ["0755", "-01", "00", "0_1", "0_755"] {
            assert_eq!(resolve(text), Err(Refused::LeadingZero), "{text:?}");
        }
        for text in [".inf", "-.Inf", ".nan", "1e999"] {
            assert_eq!(resolve(text), Err(Refused::NotFinite), "{text:?}");
        }
    }
}
