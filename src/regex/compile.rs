//! From the text of an expression to what is matched with.

#[cfg(feature = "compiler")]
use super::Table;
use crate::limits;
#[cfg(feature = "compiler")]
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, Config, NFA};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{self, Ast, Flag, Span, Visitor};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Hir, Look};
use std::fmt::Display;

/// Deepest nesting of an expression: its compiler recurses.
const NESTING: u32 = 50;

/// What is walked by a machine that needs no tables.
pub(super) fn pike(text: &str) -> Result<PikeVM, String> {
    PikeVM::builder()
        .build_from_nfa(nfa(text)?)
        .map_err(|error| error.to_string())
}

/// A table of every state and byte.
#[cfg(feature = "compiler")]
pub(super) fn table(text: &str) -> Result<Table, String> {
    let most = limits::REGEX_TABLE_BYTES;
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(most))
        .determinize_size_limit(Some(most));
    let too_large = |_| {
        format!("becomes a table of more than {most} bytes when compiled: count and alternate less")
    };
    let dense = dense::Builder::new()
        .configure(config)
        .build_from_nfa(&nfa(text)?)
        .map_err(too_large)?;
    let sparse = dense.to_sparse().map_err(too_large)?;
    Table::read(&sparse.to_bytes_little_endian()).map_err(str::to_owned)
}

/// The anchors are put around the parsed expression: around its text, an alternative or a comment
/// in it could reach past them.
fn nfa(text: &str) -> Result<NFA, String> {
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
    nfa.map_err(|_| "becomes too large when compiled".to_owned())
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
