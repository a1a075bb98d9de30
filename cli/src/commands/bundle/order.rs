//! The place of a bundle in the order of bundles, as it is given on the command line.

use clap::Args;
use heliast::bundle::Order;

/// The place of a bundle in the order of bundles.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Its number in the order of bundles: a filter that has taken a bundle with one takes only a
    /// higher one. A count of commits serves well.
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    /// The epoch of its number: whatever is of a lower epoch is older. Raise it after a restore, or
    /// when numbers come from another source than before.
    #[arg(long, value_name = "N", requires = "sequence")]
    epoch: Option<u64>,
}

impl Place {
    /// The place, if one is given.
    pub(super) fn order(&self) -> Option<Order> {
        let epoch = self.epoch.unwrap_or(0);
        self.sequence.map(|number| Order { epoch, number })
    }
}

/// The place in words; `none` where there is none.
pub(super) fn show(order: Option<Order>) -> String {
    order.map_or_else(|| "none".to_owned(), |order| order.to_string())
}
