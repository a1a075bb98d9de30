//! The place of a bundle in the order of bundles.

#[cfg(feature = "compiled")]
use crate::reader::Reader;
use std::fmt;

/// The place of a bundle in the order of bundles. Whatever was said in a lower epoch is older than
/// everything in a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    /// The operator's: raised after a restore, or where numbers come from another source from now
    /// on. 0 where nobody says one.
    pub epoch: u64,
    /// The source's: it never falls within an epoch.
    pub number: u64,
}

impl Order {
    /// A place in the first epoch.
    #[must_use]
    pub fn of_number(number: u64) -> Self {
        Self { epoch: 0, number }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, number } = self;
        match epoch {
            0 => write!(f, "{number}"),
            _ => write!(f, "{number} of epoch {epoch}"),
        }
    }
}

/// An order as compiled programs have it. The first two are what an optional number was before
/// there were epochs, so that older programs are still read.
#[cfg(feature = "compiler")]
#[derive(serde::Serialize)]
enum Sent {
    None,
    Number(u64),
    EpochAndNumber(u64, u64),
}

#[cfg(feature = "compiler")]
#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
pub(super) fn serialize<S: serde::Serializer>(
    order: &Option<Order>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let sent = match *order {
        None => Sent::None,
        Some(Order { epoch: 0, number }) => Sent::Number(number),
        Some(Order { epoch, number }) => Sent::EpochAndNumber(epoch, number),
    };
    serde::Serialize::serialize(&sent, to)
}

/// Reads what a compiled program has.
#[cfg(feature = "compiled")]
pub(super) fn read(from: &mut Reader<'_>) -> Option<Order> {
    match from.variant() {
        0 => None,
        1 => Some(Order::of_number(from.read())),
        2 => Some(Order {
            epoch: from.read(),
            number: from.read(),
        }),
        _ => from.refuse(None),
    }
}
