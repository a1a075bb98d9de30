//! Work in slices: loading a large bundle must not keep a worker from its requests (design
//! invariant 1; envoy-wasm.md pitfall 12).
//!
//! Whatever may take long is written as an `async fn` that says how much it has done. Where there
//! is nothing to wait for, [`at_once`] runs it through; the filter polls it once a tick instead.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// How much work is done before others get their turn.
#[derive(Debug)]
pub struct Pace {
    slice: usize,
    left: Cell<usize>,
}

impl Pace {
    /// Slices of about so many units; a unit is a byte of JSON, or work that costs as much.
    #[must_use]
    pub fn slices(units: usize) -> Self {
        Self {
            slice: units,
            left: Cell::new(units),
        }
    }

    /// One slice, however long.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::slices(usize::MAX)
    }

    /// Frees what took long to make, entry by entry, each of so many units. Maps are taken apart in
    /// their order: to remove an entry from one that stays whole needs far more code. What differs
    /// from one kind of entry to the next is behind a pointer, for its size.
    pub fn free<'e, I>(&'e self, entries: I, units: usize) -> impl Future<Output = ()>
    where
        I: IntoIterator<IntoIter: 'e>,
    {
        let mut entries = entries.into_iter();
        self.exhaust(Box::new(move || entries.next().is_some()), units)
    }

    async fn exhaust(&self, mut takes_one: Box<dyn FnMut() -> bool + '_>, units: usize) {
        while takes_one() {
            self.spend(units).await;
        }
    }

    /// Ends the slice.
    pub async fn pause(&self) {
        self.spend(usize::MAX).await;
    }

    /// Says that so many units are done, and lets others have their turn when a slice is.
    pub async fn spend(&self, units: usize) {
        let left = self.left.get().saturating_sub(units);
        self.left.set(left);
        if left == 0 {
            self.left.set(self.slice);
            Yield(false).await;
        }
    }
}

/// Is pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}

/// Runs work to its end.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = turn(work.as_mut()) {
            return done;
        }
    }
}

/// Runs one slice of work.
pub fn turn<T>(work: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    work.poll(&mut Context::from_waker(Waker::noop()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_ends_where_its_units_are_spent() {
        let pace = Pace::slices(10);
        let mut work = pin!(async {
            for _ in 0..10 {
                pace.spend(3).await;
            }
            "done"
        });
        let turns = (0..100).find(|_| turn(work.as_mut()).is_ready());
        // Four steps of three are the first that spend ten.
        assert_eq!(turns, Some(2));
    }

    #[test]
    fn work_at_once_is_done_whatever_the_pace() {
        let pace = Pace::slices(1);
        let sum = at_once(async {
            let mut sum = 0;
            for number in 0..100 {
                pace.spend(1).await;
                sum += number;
            }
            sum
        });
        assert_eq!(sum, 4950);
    }
}
