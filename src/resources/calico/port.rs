//! Reads ports of a rule: numbers, ranges and names (calico.md 1.3).

use crate::decode::Field;
use crate::resources::name::{is_port_name, shorten};
use crate::terms::Port;

impl Port {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let Some(text) = field.value().as_str() else {
            if !field.value().is_number() {
                field.error("wrong-type", "must be a number, a range or a name", "");
                return None;
            }
            let port = u16::try_from(field.integer(1, u32::from(u16::MAX))?).ok()?;
            return Some(Self::Range(port, port));
        };
        match Self::parse(text) {
            Ok(port) => Some(port),
            Err(message) => {
                let message = format!("`{}` {message}", shorten(text));
                field.error(
                    "bad-port",
                    message,
                    "write `80`, `8080:8090` or the name of a port",
                );
                None
            }
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        if is_number(text) {
            return number(text).map(|port| Self::Range(port, port));
        }
        if let Some((first, last)) = text.split_once(':') {
            let (first, last) = (number(first)?, number(last)?);
            return if first <= last {
                Ok(Self::Range(first, last))
            } else {
                Err("ends before it begins")
            };
        }
        // A name to Calico, but no port can have it: whoever writes it means a range.
        if text
            .split_once('-')
            .is_some_and(|(first, last)| is_number(first) && is_number(last))
        {
            return Err("is not how a range is written");
        }
        if is_port_name(text) {
            Ok(Self::Named(text.to_owned()))
        } else {
            Err("is not a port")
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Result<u16, &'static str> {
    let port = if is_number(text) {
        text.parse().ok()
    } else {
        None
    };
    port.filter(|port| *port > 0)
        .ok_or("is not a port from 1 to 65535")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers_ranges_or_names() {
        let range = |first, last| Ok(Port::Range(first, last));
        let named = |name: &str| Ok(Port::Named(name.to_owned()));
        let bad_number = Err("is not a port from 1 to 65535");
        let cases = [
            ("80", range(80, 80)),
            ("0080", range(80, 80)),
            ("80:90", range(80, 90)),
            ("80:80", range(80, 80)),
            ("90:80", Err("ends before it begins")),
            ("0", bad_number.clone()),
            ("65536", bad_number.clone()),
            ("0:80", bad_number.clone()),
            ("80:", bad_number.clone()),
            ("+80:90", bad_number.clone()),
            ("http", named("http")),
            ("8x", named("8x")),
            ("80-90", Err("is not how a range is written")),
            ("", Err("is not a port")),
            ("a b", Err("is not a port")),
            ("HTTP", Err("is not a port")),
            ("a_b", Err("is not a port")),
            ("a.b", Err("is not a port")),
            ("a-", Err("is not a port")),
            ("a--b", Err("is not a port")),
        ];
        for (text, expected) in cases {
            assert_eq!(Port::parse(text), expected, "{text}");
        }
        assert_eq!(Port::parse(&"a".repeat(16)), Err("is not a port"));
    }
}
