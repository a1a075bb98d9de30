//! The rules that a request can match, from several lists, in order.

/// Most lists that are looked through; where there are more, every rule is asked.
const LISTS: usize = 16;

/// Rules in order, each once; found without allocating.
#[derive(Debug, Default)]
pub struct Candidates<'i> {
    /// Each in order.
    lists: [&'i [usize]; LISTS],
    count: usize,
    too_many: bool,
}

impl<'i> Candidates<'i> {
    pub(super) fn add(&mut self, list: &'i [usize]) {
        if list.is_empty() {
            return;
        }
        match self.lists.get_mut(self.count) {
            Some(place) => {
                *place = list;
                self.count = self.count.saturating_add(1);
            }
            None => self.too_many = true,
        }
    }

    /// The candidates, if all of them are there.
    pub(super) fn complete(self) -> Option<Self> {
        (!self.too_many).then_some(self)
    }
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let lists = self.lists.get_mut(..self.count)?;
        let firsts = lists.iter().filter_map(|list| list.first());
        let first = firsts.min().copied()?;
        for list in lists {
            if let Some((_, rest)) = list.split_first().filter(|(next, _)| **next == first) {
                *list = rest;
            }
        }
        Some(first)
    }
}
