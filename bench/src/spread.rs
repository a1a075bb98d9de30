//! Medians and quartiles.

use std::fmt;

use serde_json::{Value, json};

/// How values spread: half of them lie between the quartiles.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    /// A quarter is below.
    pub(crate) low: f64,
    /// Half is below.
    pub(crate) median: f64,
    /// A quarter is above.
    pub(crate) high: f64,
}

impl Spread {
    /// Of these values; `None` of none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Some(Self {
            low: quantile(&values, 25)?,
            median: quantile(&values, 50)?,
            high: quantile(&values, 75)?,
        })
    }

    /// For machines.
    pub(crate) fn json(self) -> Value {
        json!({"low": self.low, "median": self.median, "high": self.high})
    }
}

impl fmt::Display for Spread {
    /// With as many decimals as asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(1);
        write!(
            f,
            "{:.decimals$} ({:.decimals$} to {:.decimals$})",
            self.median, self.low, self.high
        )
    }
}

/// The value that so many percent are below, of sorted values.
fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last * percent + 50) / 100).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_any_order() {
        let spread = Spread::of([5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (2.0, 3.0, 4.0));
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([7.0]).unwrap().high, 7.0);
    }
}
