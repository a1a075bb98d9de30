//! Looking for a text in a text. The standard library's way is linear in every case, and brings
//! 8 KB along, most of it for the message of a panic that cannot happen; names and labels are short.

/// What stands behind the first place of `part`.
pub(crate) fn after<'t>(text: &'t str, part: &str) -> Option<&'t str> {
    (0..=text.len()).find_map(|place| text.get(place..)?.strip_prefix(part))
}

#[cfg(test)]
mod tests {
    use super::after;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_found_where_the_standard_library_finds_it(text in "[aäb]{0,8}", part in "[aäb]{0,3}") {
            let expected = text.split_once(&part).map(|(_, after)| after);
            prop_assert_eq!(after(&text, &part), expected);
        }
    }
}
