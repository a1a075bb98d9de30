//! Regular expressions over header values, paths and hosts.
//!
//! They are matched byte by byte, in time linear in the value, and without Unicode tables: `\w`,
//! `\d` and `(?i)` are those of ASCII. Backreferences and look-around do not exist.
//!
//! A module that takes objects compiles them itself, and walks what comes of it. A compiled program
//! brings tables along that were made elsewhere, and whoever takes it has no compiler.

#[cfg(feature = "objects")]
mod compile;
#[cfg(feature = "compiled")]
mod serial;
#[cfg(feature = "compiled")]
mod table;
#[cfg(test)]
#[cfg(feature = "compiler")]
mod tests;

#[cfg(feature = "compiled")]
pub use self::table::Table;

#[cfg(feature = "objects")]
use crate::limits;
#[cfg(feature = "objects")]
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use std::cmp::Ordering;
#[cfg(feature = "compiled")]
use std::sync::Arc;
#[cfg(feature = "objects")]
use std::sync::Mutex;

/// A regular expression that has been compiled once to know that it can be.
#[derive(Debug, Clone)]
pub struct Regex {
    text: String,
    /// What it was compiled to elsewhere.
    #[cfg(feature = "compiled")]
    table: Option<Arc<Table>>,
}

impl Regex {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// Why it is none, or that it is too large ([`limits::REGEX_BYTES`],
    /// [`limits::REGEX_AUTOMATON_BYTES`]).
    #[cfg(feature = "objects")]
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > limits::REGEX_BYTES {
            let most = limits::REGEX_BYTES;
            return Err(format!(
                "has {} bytes; at most {most} are allowed",
                text.len()
            ));
        }
        compile::pike(text)?;
        Ok(Self {
            text: text.to_owned(),
            #[cfg(feature = "compiled")]
            table: None,
        })
    }

    /// The expression that a table was made of.
    #[cfg(feature = "compiled")]
    fn of_table(text: String, table: Option<Table>) -> Self {
        let table = table.map(Arc::new);
        Self { text, table }
    }

    /// The table of it, for whoever has no compiler.
    ///
    /// # Errors
    ///
    /// If it becomes too large ([`limits::REGEX_TABLE_BYTES`]).
    #[cfg(feature = "compiler")]
    pub fn table(&self) -> Result<Arc<Table>, String> {
        match &self.table {
            Some(table) => Ok(Arc::clone(table)),
            None => compile::table(&self.text).map(Arc::new),
        }
    }

    /// The expression as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A matcher for whole values.
    ///
    /// # Errors
    ///
    /// None that would not have been met when it was read.
    pub fn matcher(&self) -> Result<ValueMatcher, String> {
        #[cfg(feature = "compiled")]
        if let Some(table) = &self.table {
            return Ok(ValueMatcher(Engine::Table(Arc::clone(table))));
        }
        #[cfg(feature = "objects")]
        return compile::pike(&self.text).map(ValueMatcher::walking);
        #[cfg(not(feature = "objects"))]
        Err("was not compiled".to_owned())
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Regex {}

impl PartialOrd for Regex {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Regex {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

/// Matches whole values against a [`Regex`].
#[derive(Debug)]
pub struct ValueMatcher(Engine);

#[derive(Debug)]
enum Engine {
    #[cfg(feature = "objects")]
    Walk {
        vm: Box<PikeVM>,
        /// Room to work in, kept between values.
        cache: Box<Mutex<Cache>>,
    },
    #[cfg(feature = "compiled")]
    Table(Arc<Table>),
}

impl ValueMatcher {
    #[cfg(feature = "objects")]
    fn walking(vm: PikeVM) -> Self {
        let cache = Box::new(Mutex::new(vm.create_cache()));
        Self(Engine::Walk {
            vm: Box::new(vm),
            cache,
        })
    }

    /// Whether the expression matches the value from its first byte to its last.
    #[must_use]
    pub fn matches(&self, value: &[u8]) -> bool {
        match &self.0 {
            #[cfg(feature = "objects")]
            Engine::Walk { vm, cache } => match cache.try_lock() {
                Ok(mut cache) => vm.is_match(&mut cache, value),
                Err(_) => vm.is_match(&mut vm.create_cache(), value),
            },
            #[cfg(feature = "compiled")]
            Engine::Table(table) => table.matches(value),
        }
    }
}
