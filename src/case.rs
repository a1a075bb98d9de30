//! Comparing texts with and without regard to case.

/// Whether case counts. What servers fold is ASCII: in paths other letters come as escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Counts,
    Ignored,
}

impl Case {
    /// Whether two texts are the same.
    pub(crate) fn are_equal(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Self::Counts => one == other,
            Self::Ignored => one.eq_ignore_ascii_case(other),
        }
    }

    /// What follows `start`.
    pub(crate) fn behind<'t>(self, start: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
        let (front, rest) = text.split_at_checked(start.len())?;
        self.are_equal(start, front).then_some(rest)
    }

    /// What comes before `end`.
    pub(crate) fn before<'t>(self, end: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
        let length = text.len().checked_sub(end.len())?;
        let (rest, back) = text.split_at_checked(length)?;
        self.are_equal(end, back).then_some(rest)
    }
}
