//! Regular expressions over header values, paths and hosts.
//!
//! They are matched byte by byte, in time linear in the value, and without Unicode tables: `\w`,
//! `\d` and `(?i)` are those of ASCII. Backreferences and look-around do not exist.

use crate::limits;
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{self, Ast, Flag, Span, Visitor};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Hir, Look};
use std::fmt::Display;
use std::sync::Mutex;

/// Deepest nesting of an expression: its compiler recurses.
const NESTING: u32 = 50;

/// A regular expression that has been compiled once to know that it can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Regex(String);

impl Regex {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// Why it is none, or that it is too large ([`limits::REGEX_BYTES`],
    /// [`limits::REGEX_AUTOMATON_BYTES`]).
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > limits::REGEX_BYTES {
            let most = limits::REGEX_BYTES;
            return Err(format!(
                "has {} bytes; at most {most} are allowed",
                text.len()
            ));
        }
        compile(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The expression as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A matcher for whole values.
    ///
    /// # Errors
    ///
    /// None that [`Self::parse`] would not have met.
    pub fn matcher(&self) -> Result<ValueMatcher, String> {
        let vm = compile(&self.0)?;
        let cache = Mutex::new(vm.create_cache());
        Ok(ValueMatcher { vm, cache })
    }
}

/// Matches whole values against a [`Regex`].
#[derive(Debug)]
pub struct ValueMatcher {
    vm: PikeVM,
    /// Room to work in, kept between values.
    cache: Mutex<Cache>,
}

impl ValueMatcher {
    /// Whether the expression matches the value from its first byte to its last.
    #[must_use]
    pub fn matches(&self, value: &[u8]) -> bool {
        match self.cache.try_lock() {
            Ok(mut cache) => self.vm.is_match(&mut cache, value),
            Err(_) => self.vm.is_match(&mut self.vm.create_cache(), value),
        }
    }
}

/// The anchors are put around the parsed expression: around its text, an alternative or a comment
/// in it could reach past them.
fn compile(text: &str) -> Result<PikeVM, String> {
    let mut parser = ParserBuilder::new().nest_limit(NESTING).build();
    let tree = parser
        .parse(text)
        .map_err(|error| explain(error.kind(), error.span()))?;
    ast::visit(&tree, NoUnicode)?;
    let mut translator = TranslatorBuilder::new().unicode(false).utf8(false).build();
    let expression = translator.translate(text, &tree);
    let expression = expression.map_err(|error| explain(error.kind(), error.span()))?;
    let whole = Hir::concat(vec![
        Hir::look(Look::Start),
        expression,
        Hir::look(Look::End),
    ]);
    let config = Config::new()
        .utf8(false)
        .nfa_size_limit(Some(limits::REGEX_AUTOMATON_BYTES));
    let nfa = Compiler::new().configure(config).build_from_hir(&whole);
    let nfa = nfa.map_err(|_| "becomes too large when compiled".to_owned())?;
    PikeVM::builder()
        .build_from_nfa(nfa)
        .map_err(|error| error.to_string())
}

/// What is wrong with an expression, on one line.
fn explain(kind: &dyn Display, span: &Span) -> String {
    format!("{kind} at byte {}", span.start.offset)
}

/// Refuses the flag `u`. What it does depends on tables that a tool of ours may have been built
/// with and the filter not, and both must take the same expressions.
struct NoUnicode;

impl Visitor for NoUnicode {
    type Output = ();
    type Err = String;

    fn finish(self) -> Result<(), String> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), String> {
        let flags = if let Ast::Flags(set) = node {
            Some(&set.flags)
        } else if let Ast::Group(group) = node {
            group.flags()
        } else {
            None
        };
        match flags.and_then(|flags| flags.flag_state(Flag::Unicode)) {
            Some(true) => Err("the flag `u` is not known: values are bytes".to_owned()),
            Some(false) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_value_must_match() {
        let cases: [(&str, &[u8], bool); 14] = [
            ("ab", b"ab", true),
            ("ab", b"xab", false),
            ("ab", b"abx", false),
            ("a|ab", b"ab", true),
            ("a|b", b"xb", false),
            ("", b"", true),
            ("", b"a", false),
            ("(?x)a # a comment", b"a", true),
            ("a.*", b"a\n", false),
            ("(?s)a.*", b"a\n\xff", true),
            ("a$", b"a\n", false),
            ("(?m)a$", b"a\nb", false),
            ("(?i)ADMIN", b"admin", true),
            (r"\xff", b"\xff", true),
        ];
        for (text, value, expected) in cases {
            let matcher = Regex::parse(text).unwrap().matcher().unwrap();
            assert_eq!(matcher.matches(value), expected, "{text}");
            assert_eq!(matcher.matches(value), expected, "{text}, again");
        }
    }

    #[test]
    fn what_cannot_be_compiled_is_refused_on_one_line() {
        let deep = format!("{}{}", "(".repeat(400), ")".repeat(400));
        let bad = [
            "(",
            "a)|(b",
            "[z-a]",
            r"\1",
            "(?=a)",
            r"\p{Greek}",
            "(?u)é\\w",
            "(?u:a)",
            "a(?i-s:b(?u)c)",
            "a{1000}{1000}",
            "(?:a*){4294967295}",
            "((a{99}){99}){99}",
            &deep,
            &"a".repeat(1025),
        ];
        for text in bad {
            let error = Regex::parse(text).expect_err(text);
            assert!(
                !error.contains('\n') && !error.is_empty(),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn no_expression_takes_long_to_refuse() {
        let huge = "{4294967295}";
        for inner in [
            "",
            "^",
            "|",
            r"\b",
            "(?:)*",
            "(?:^|$)",
            "a{0}",
            "(?:(?:){4294967295})",
            "a?",
        ] {
            let start = std::time::Instant::now();
            let _ = Regex::parse(&format!("(?:{inner}){huge}"));
            let _ = Regex::parse(&format!("(?:(?:{inner}){huge}b?){huge}"));
            assert!(start.elapsed().as_secs() < 5, "{inner}");
        }
    }
}
