//! What an API refuses and heliast takes, as docs/compatibility.md lists it: kinds, the end of the
//! path of a field, the constraint, and the reason.

use std::cell::Cell;
use std::fs;
use std::path::Path;

const HEADING: &str = "## What an API refuses and heliast takes";

/// The rows of the table.
pub(crate) struct Exceptions(Vec<Row>);

struct Row {
    kinds: Vec<String>,
    field: String,
    constraints: Vec<String>,
    /// Whether `--calico-compatible` refuses it all the same.
    is_calico_strict: bool,
    is_used: Cell<bool>,
}

impl Exceptions {
    pub(crate) fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.md");
        let text = fs::read_to_string(file).unwrap();
        let (_, after) = text.split_once(HEADING).unwrap();
        let rows = after
            .lines()
            .skip_while(|line| !line.starts_with("|---"))
            .skip(1)
            .take_while(|line| line.starts_with('|'));
        Self(rows.map(Row::parse).collect())
    }

    /// Whether this constraint is not kept, with a reason.
    pub(crate) fn have(&self, kind: &str, path: &str, constraint: &str) -> bool {
        let mut found = false;
        for row in &self.0 {
            if row.is_about(kind, path, constraint) {
                row.is_used.set(true);
                found = true;
            }
        }
        found
    }

    /// Whether a row about this constraint says that `--calico-compatible` refuses it.
    pub(crate) fn are_calico_strict(&self, kind: &str, path: &str, constraint: &str) -> bool {
        let mut rows = self.0.iter();
        rows.any(|row| row.is_calico_strict && row.is_about(kind, path, constraint))
    }

    /// Rows that nothing needs any more.
    pub(crate) fn unused(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter(|row| !row.is_used.get()).map(|row| {
            format!(
                "docs/compatibility.md: {} {} {}: heliast refuses it by now, or nobody asks it",
                row.kinds.join(", "),
                row.field,
                row.constraints.join(", ")
            )
        })
    }
}

impl Row {
    fn parse(line: &str) -> Self {
        let cells: Vec<&str> = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim())
            .collect();
        let [kinds, field, constraint, reason] = cells.as_slice() else {
            panic!("four cells: {line}");
        };
        assert!(!reason.is_empty(), "a reason: {line}");
        let plain = |text: &str| text.trim_matches('`').to_owned();
        Self {
            kinds: kinds.split(", ").map(plain).collect(),
            field: plain(field),
            constraints: constraint.split(", ").map(plain).collect(),
            is_calico_strict: reason.contains("`--calico-compatible` refuses"),
            is_used: Cell::new(false),
        }
    }

    fn is_about(&self, kind: &str, path: &str, constraint: &str) -> bool {
        let is_kind = |named: &String| named == "every" || named == kind;
        // A rule is known by its beginning: the rest may have what a table cannot hold.
        let is_meant = |named: &String| {
            named == constraint || (named.starts_with("rule ") && constraint.starts_with(named))
        };
        self.kinds.iter().any(is_kind)
            && self.constraints.iter().any(is_meant)
            && (self.field == "any" || path.ends_with(&self.field))
    }
}
