//! What the figures have to show, and whether they do.

use crate::figures::Figures;
use crate::load::Wire;
use crate::report::Report;
use crate::rules::{By, Rules};
use crate::sections::FLEET;
use crate::setup::Setup;
use crate::starts::{Module, Start};

/// The sections with more and more rules: what rules ask for, and over which wire.
const BY: [(&str, By, Wire); 2] = [
    ("paths", By::Path, Wire::Http1),
    ("identities", By::Identity, Wire::MutualTls),
];
const TWICE: Bound = Bound::AtMost(2.0);

/// One target.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// What is asked for.
    pub(crate) what: String,
    /// What was measured; `None` if it was not.
    pub(crate) figure: Option<f64>,
    /// Of the figure, as text.
    pub(crate) unit: &'static str,
    /// How much it may be, or must at least be.
    pub(crate) bound: Bound,
}

/// On which side of a value a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// Whether it is met, if that was measured.
    pub(crate) fn met(&self) -> Option<bool> {
        self.figure.map(|figure| match self.bound {
            Bound::AtMost(bound) => figure <= bound,
            Bound::AtLeast(bound) => figure >= bound,
        })
    }

    /// The figure and the verdict, as text.
    pub(crate) fn outcome(&self) -> (String, &'static str) {
        let figure = self
            .figure
            .map(|figure| format!("{figure:.2}{}", self.unit));
        let met = match self.met() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not measured",
        };
        (figure.unwrap_or_else(|| "-".into()), met)
    }
}

/// All that a run can judge: those of the issue that are about a real Envoy.
pub(crate) fn judge(report: &Report) -> Vec<Target> {
    let mut targets = small(report);
    targets.extend(authorization(report));
    targets.extend(native(report));
    targets.extend(changes(report));
    targets.extend(starts(report));
    targets
}

/// Added processor time: a little, whatever the size.
fn small(report: &Report) -> Vec<Target> {
    let mut targets = Vec::new();
    for (key, by, wire) in BY {
        let lane = |setup| report.section(key)?.lane(setup, wire);
        let rules = |count| Rules { by, count };
        let heliast = |count| lane(Setup::heliast(rules(count)));
        for count in [1, 10_000] {
            targets.push(times(
                format!(
                    "added CPU over that of the empty wasm filter, with {}",
                    rules(count)
                ),
                added(heliast(count), lane(Setup::Empty)),
                TWICE,
            ));
        }
        targets.push(times(
            format!("added CPU with {} over that with 1", rules(10_000)),
            added(heliast(10_000), heliast(1)),
            Bound::AtMost(1.1),
        ));
    }
    targets.push(fleet(report));
    targets
}

/// The same with many workloads in the bundle.
fn fleet(report: &Report) -> Target {
    let lane = |setup| report.section("paths")?.lane(setup, Wire::Http1);
    let rules = Rules {
        by: By::Path,
        count: 10_000,
    };
    let fleet = Setup::Heliast {
        rules,
        guard: true,
        workloads: FLEET,
    };
    times(
        format!("added CPU over that of the empty wasm filter, with {rules} and {FLEET} workloads"),
        added(lane(fleet), lane(Setup::Empty)),
        TWICE,
    )
}

/// Against a server that answers OK without looking.
fn authorization(report: &Report) -> Vec<Target> {
    let section = report.section("filters");
    let lane = |setup, wire| section?.lane(setup, wire);
    let mut targets = Vec::new();
    for wire in Wire::ALL {
        let heliast = lane(Setup::heliast(by_path(1)), wire);
        let server = lane(Setup::Authorization, wire);
        targets.push(times(
            format!("added CPU over that of ext_authz (Envoy alone), {wire}"),
            added(heliast, server),
            Bound::AtMost(0.25),
        ));
        targets.push(times(
            format!("added p99 latency over that of ext_authz, {wire}"),
            ratio(
                heliast.map(|lane| lane.p99_added.median),
                server.map(|lane| lane.p99_added.median),
            ),
            Bound::AtMost(1.0 / 3.0),
        ));
    }
    targets
}

/// Against native RBAC.
fn native(report: &Report) -> Vec<Target> {
    let mut targets = Vec::new();
    for (key, by, wire) in BY {
        for (count, least) in [(100, 1.0), (1000, 8.0), (10_000, 8.0)] {
            let rules = Rules { by, count };
            let lane = |setup| report.section(key)?.lane(setup, wire);
            targets.push(times(
                format!("added CPU of native RBAC over that of heliast, {rules}"),
                added(lane(Setup::Rbac(rules)), lane(Setup::heliast(rules))),
                Bound::AtLeast(least),
            ));
        }
    }
    targets
}

fn changes(report: &Report) -> Vec<Target> {
    let deltas = report.deltas.as_ref();
    let p99 = deltas.map(|deltas| deltas.changing.p99.median / deltas.quiet.p99.median);
    vec![times(
        "p99 latency under 10 deltas a second over that without".into(),
        p99,
        Bound::AtMost(1.2),
    )]
}

fn starts(report: &Report) -> Vec<Target> {
    let mut starts = report.starts.iter();
    let runtime = starts.find(|start| start.module == Module::Runtime);
    let target = |what: &str, of: fn(&Start) -> f64, unit, bound| Target {
        what: format!("runtime-only module: {what}"),
        figure: runtime.map(of),
        unit,
        bound: Bound::AtMost(bound),
    };
    vec![
        target("size", Start::kibibytes, " KiB", 350.0),
        target(
            "added start",
            |start| start.ready_added.median,
            " ms",
            300.0,
        ),
        // 30 MB.
        target(
            "added memory",
            |start| start.resident_added.median,
            " MiB",
            28.6,
        ),
    ]
}

fn by_path(count: usize) -> Rules {
    Rules {
        by: By::Path,
        count,
    }
}

fn times(what: String, figure: Option<f64>, bound: Bound) -> Target {
    Target {
        what,
        figure,
        unit: " times",
        bound,
    }
}

/// Added processor time of the one over that of the other.
fn added(one: Option<&Figures>, other: Option<&Figures>) -> Option<f64> {
    ratio(
        one.map(|lane| lane.added.median),
        other.map(|lane| lane.added.median),
    )
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    other
        .filter(|other| *other > 0.0)
        .and_then(|other| Some(one? / other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_nothing_met() {
        let targets = judge(&Report::default());
        assert!(targets.len() > 10);
        assert!(targets.iter().all(|target| target.met().is_none()));
    }

    #[test]
    fn a_figure_is_on_one_side_of_its_bound() {
        let target = |figure, bound| times(String::new(), figure, bound).met();
        assert_eq!(target(Some(1.9), Bound::AtMost(2.0)), Some(true));
        assert_eq!(target(Some(2.1), Bound::AtMost(2.0)), Some(false));
        assert_eq!(target(Some(7.9), Bound::AtLeast(8.0)), Some(false));
        assert_eq!(ratio(Some(1.0), Some(0.0)), None);
    }
}
