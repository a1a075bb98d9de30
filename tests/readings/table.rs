//! The rows of the page.

use heliast::verdict::Decision;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Path,
    Method,
    Header,
    Host,
}

/// One row: a request, a value in policy, and what comes of both.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) request: String,
    pub(crate) value: String,
    /// The switch of the quirk that it is about.
    pub(crate) switch: Option<String>,
    /// In the order of [`crate::policy::Dialect::ALL`].
    pub(crate) wanted: [Decision; 5],
    /// What an Allow of Calico's did before readings counted.
    pub(crate) calico_before: Decision,
}

/// Where Calico's Allow stands among the columns.
const CALICO_ALLOW: usize = 2;

/// All rows of all tables that have a request in front.
pub(crate) fn rows() -> Vec<Row> {
    let page = include_str!("../../docs/semantics/envoy.md");
    let mut kind = Kind::Path;
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.trim_start_matches('#').trim() {
            "Normalisations of paths" | "Paths" | "Requests that go on" => kind = Kind::Path,
            "Methods" => kind = Kind::Method,
            "Header names" => kind = Kind::Header,
            "Hosts" => kind = Kind::Host,
            _other => {}
        }
        if line.starts_with("| request |") {
            inside = true;
        } else if !line.starts_with('|') {
            inside = false;
        } else if inside && !line.starts_with("|---") {
            rows.push(row(kind, line));
        }
    }
    rows
}

fn row(kind: Kind, line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [request, value, _what, who, verdicts @ ..] = cells.as_slice() else {
        panic!("{line}");
    };
    let code = |cell: &str| cell.trim_matches('`').to_owned();
    let verdicts: Vec<(Decision, Decision)> = verdicts.iter().map(|cell| verdict(cell)).collect();
    let switch = who.rsplit_once("; `").map(|(_, switch)| code(switch));
    Row {
        kind,
        request: code(request),
        value: code(value),
        switch,
        wanted: [0, 1, 2, 3, 4].map(|column: usize| verdicts[column].1),
        calico_before: verdicts[CALICO_ALLOW].0,
    }
}

/// What was, and what is.
fn verdict(cell: &str) -> (Decision, Decision) {
    let decision = |word: &str| match word.trim_matches(['*', ' ']) {
        "passes" => Decision::Allow,
        "denied" => Decision::Deny,
        other => panic!("no verdict: {other}"),
    };
    let (before, after) = cell.split_once('→').unwrap_or((cell, cell));
    (decision(before), decision(after))
}

impl Row {
    /// The header lines of the request, pseudo-headers among them.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        let (mut method, mut path, mut host) = ("GET", "/", "shop.example");
        let mut header = None;
        match self.kind {
            Kind::Path => path = &self.request,
            Kind::Method => method = &self.request,
            Kind::Host => host = &self.request,
            Kind::Header => header = self.request.split_once(": "),
        }
        let lines = [(":method", method), (":path", path), (":authority", host)];
        let lines = lines.into_iter().chain(header);
        lines
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect()
    }
}
