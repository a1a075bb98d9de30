//! Three-valued logic: what a clause says of a request that cannot be read with certainty.
//!
//! An Allow needs [`Truth::True`]; a Deny is met by [`Truth::Unknown`] as well. So nothing that is
//! missing, malformed or readable in two ways ever opens a door (design invariant 2).

/// Whether a clause holds (Kleene's strong three-valued logic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// The clause does not hold, however the request is read.
    False,
    /// The clause holds under some reading of the request, or a fact it needs is missing.
    Unknown,
    /// The clause holds, however the request is read.
    True,
}

impl Truth {
    /// True only if both are; False if either is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// True if either is; False only if both are.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; Unknown stays Unknown.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// The same of readings that are in doubt themselves.
    pub fn common(readings: impl IntoIterator<Item = Self>) -> Self {
        let differ = |one, other| if one == other { one } else { Self::Unknown };
        let common = readings.into_iter().reduce(differ);
        common.unwrap_or(Self::False)
    }

    /// True if any is; False only if all are. What comes behind a True is not asked.
    pub fn any(all: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Self::False;
        for one in all {
            any = any.or(one);
            if any == Self::True {
                break;
            }
        }
        any
    }

    /// What a set of readings says together: their common answer, or Unknown where they differ.
    /// No reading at all is False.
    pub fn agreed(readings: impl IntoIterator<Item = bool>) -> Self {
        let (mut any, mut all) = (false, true);
        for reading in readings {
            any |= reading;
            all &= reading;
        }
        match (any, all) {
            (false, _) => Self::False,
            (true, true) => Self::True,
            (true, false) => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn kleene_tables() {
        for (a, b, and, or) in [
            (True, True, True, True),
            (True, Unknown, Unknown, True),
            (True, False, False, True),
            (Unknown, Unknown, Unknown, Unknown),
            (Unknown, False, False, Unknown),
            (False, False, False, False),
        ] {
            assert_eq!((a.and(b), b.and(a)), (and, and));
            assert_eq!((a.or(b), b.or(a)), (or, or));
        }
        assert_eq!(
            [True, Unknown, False].map(Truth::negate),
            [False, Unknown, True]
        );
    }

    #[test]
    fn readings_that_differ_are_unknown() {
        assert_eq!(Truth::agreed([]), False);
        assert_eq!(Truth::agreed([true, true]), True);
        assert_eq!(Truth::agreed([true, false]), Unknown);
        assert_eq!(Truth::agreed([false, false]), False);
        assert_eq!(Truth::common([]), False);
        for truth in [True, Unknown, False] {
            assert_eq!(Truth::common([truth, truth]), truth);
        }
        assert_eq!(Truth::common([True, False, True]), Unknown);
        assert_eq!(Truth::any([False, Unknown]), Unknown);
        assert_eq!(Truth::any([False, Unknown, True, False]), True);
        assert_eq!(Truth::any([]), False);
    }
}
