//! The rules that a request can match, from several lists, in order.

/// Most texts under which something is found; where there are more, every rule is asked.
const LISTS: usize = 16;

/// Rules in order, each once; found without allocating.
#[derive(Debug)]
pub struct Candidates<'i> {
    rest: &'i [usize],
    /// Each in order, of one hash.
    lists: [&'i [(u64, usize)]; LISTS],
    count: usize,
    too_many: bool,
}

impl<'i> Candidates<'i> {
    pub(super) fn new(rest: &'i [usize]) -> Self {
        Self {
            rest,
            lists: [&[]; LISTS],
            count: 0,
            too_many: false,
        }
    }

    pub(super) fn add(&mut self, list: &'i [(u64, usize)]) {
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

    /// How many rules there are at most.
    #[must_use]
    pub fn at_most(&self) -> usize {
        let lists = self.lists.iter().map(|list| list.len());
        lists.fold(self.rest.len(), usize::saturating_add)
    }
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let lists = self.lists.get_mut(..self.count).unwrap_or_default();
        let firsts = lists.iter().filter_map(|list| list.first());
        let firsts = firsts.map(|(_, rule)| rule);
        let first = firsts.chain(self.rest.first()).min().copied()?;
        for list in lists {
            if let Some((_, more)) = list.split_first().filter(|((_, rule), _)| *rule == first) {
                *list = more;
            }
        }
        if let Some((_, more)) = self.rest.split_first().filter(|(rule, _)| **rule == first) {
            self.rest = more;
        }
        Some(first)
    }
}
