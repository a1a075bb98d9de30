//! `%uXXXX` in a path: http.sys decodes it, and so does what IIS hands on.

/// The path with each `%uXXXX` in UTF-8; none if there is none.
pub(super) fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut left = path;
    while let Some((&first, rest)) = left.split_first() {
        if let Some((letter, behind)) = escape(left) {
            let mut bytes = [0; 4];
            decoded.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
            left = behind;
        } else {
            decoded.push(first);
            left = rest;
        }
    }
    (decoded.len() < path.len()).then_some(decoded)
}

/// The letter that an escape in front stands for; half of a pair stands for none.
fn escape(path: &[u8]) -> Option<(char, &[u8])> {
    let (b"%u" | b"%U", digits) = path.split_at_checked(2)? else {
        return None;
    };
    let (digits, behind) = digits.split_at_checked(4)?;
    let digits = digits.iter().map(|digit| char::from(*digit).to_digit(16));
    let number = digits.reduce(|number, digit| Some(number? * 16 + digit?))??;
    Some((char::from_u32(number)?, behind))
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn escapes_of_four_digits() {
        for (path, wanted) in [
            ("/%u0061dmin", Some("/admin")),
            ("/%U0061%u002Fb", Some("/a/b")),
            ("/%u00e9", Some("/\u{e9}")),
            ("/%ud800", None),
            ("/%u006", None),
            ("/%u00g1", None),
            ("/u0061", None),
            ("/%61", None),
        ] {
            let found = decoded(path.as_bytes());
            assert_eq!(found.as_deref(), wanted.map(str::as_bytes), "{path}");
        }
    }
}
