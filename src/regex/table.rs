//! Expressions as tables: made once where there is a compiler, read everywhere.

use regex_automata::dfa::Automaton;
use regex_automata::dfa::sparse::DFA;
use regex_automata::util::start;
use regex_automata::{Anchored, Input};

/// An expression as a table of states.
#[derive(Debug)]
pub struct Table {
    automaton: DFA<Vec<u8>>,
}

impl Table {
    /// Reads a table; every state and step of it is checked.
    ///
    /// # Errors
    ///
    /// If it is none, or none that can be asked for whole values.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let (automaton, read) =
            DFA::from_bytes(bytes).map_err(|_| "is not a table of a regular expression")?;
        if read != bytes.len() {
            return Err("has more than a table in it");
        }
        // What has no such start would never match, and a Deny of it would be none.
        let anchored = start::Config::new().anchored(Anchored::Yes);
        if automaton.start_state(&anchored).is_err() {
            return Err("is a table that is not for whole values");
        }
        Ok(Self {
            automaton: automaton.to_owned(),
        })
    }

    /// As it is sent.
    #[cfg(feature = "compiler")]
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        self.automaton.to_bytes_little_endian()
    }

    /// Whether the value matches from its first byte to its last; takes time linear in it.
    #[must_use]
    pub fn matches(&self, value: &[u8]) -> bool {
        let input = Input::new(value).anchored(Anchored::Yes).earliest(true);
        // It fails where it meets a byte that it was told to give up at; tables of ours never do.
        matches!(self.automaton.try_search_fwd(&input), Ok(Some(_)))
    }
}
