//! Under which reading of its policies a scene is put to RBAC.

use crate::emitter::Quirk;

/// The policies as they are, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// As for a peer whose identity is in doubt ([`crate::doubt`]).
    pub(crate) peer_in_doubt: bool,
    /// As their authors meant them.
    pub(crate) authors_words: bool,
    /// As servers with these quirks compare, in order.
    pub(crate) quirks: Vec<Quirk>,
}

/// Quirks that are asked together at most.
const TOGETHER: usize = 2;

impl Question {
    /// Those without quirks.
    pub(crate) fn plain() -> Vec<Self> {
        [(false, false), (true, false), (false, true)]
            .map(|(peer_in_doubt, authors_words)| Self {
                peer_in_doubt,
                authors_words,
                quirks: Vec::new(),
            })
            .to_vec()
    }

    /// Those, and each of them with some quirks.
    pub(crate) fn all() -> Vec<Self> {
        let mut sets = vec![Vec::new()];
        for quirk in Quirk::ALL {
            let with = sets.iter().filter(|set: &&Vec<Quirk>| set.len() < TOGETHER);
            let with: Vec<_> = with.map(|set| [&set[..], &[quirk]].concat()).collect();
            sets.extend(with);
        }
        let with = |question: Self| {
            let with = sets.iter().map(move |quirks| Self {
                quirks: quirks.clone(),
                ..question.clone()
            });
            with.collect::<Vec<_>>()
        };
        Self::plain().into_iter().flat_map(with).collect()
    }
}
