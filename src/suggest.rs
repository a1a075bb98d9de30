//! What a user may have meant by a word that is not known.

/// Longest word that is compared: bounds the work on hostile input.
const LONGEST: usize = 64;

/// The known word that differs from `word` only in case, or in at most two letters. Words of more
/// than 64 letters are like no other.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    known
        .into_iter()
        .filter(|candidate| word.len().max(candidate.len()) <= LONGEST)
        .filter(|candidate| word.len().abs_diff(candidate.len()) <= 2)
        .map(|candidate| {
            (
                strsim::osa_distance(&word, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// The help that goes with it: `did you mean …?`, or nothing.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["Allow", "Deny", "Pass"];
        assert_eq!(nearest("allow", known), Some("Allow"));
        assert_eq!(nearest("Dney", known), Some("Deny"));
        assert_eq!(nearest("Reject", known), None);
        assert_eq!(nearest(&"a".repeat(1 << 20), known), None);
        assert_eq!(did_you_mean("pas", known), "did you mean `Pass`?");
    }
}
