//! Plots as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::RGBColor;

use crate::load::Wire;
use crate::report::Report;
use crate::rules::{By, Rules};
use crate::section::Measured;
use crate::sections::COUNTS;
use crate::setup::Setup;
use crate::spread::Spread;

/// In pixels.
const SIZE: (u32, u32) = (1040, 460);
/// Colours that are told apart by everyone (Okabe and Ito).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];
/// Least value that is drawn on a logarithmic axis.
const FLOOR: f64 = 0.5;

/// A group of bars: its name, and for each series a value and its quartiles.
type Groups = Vec<(String, Vec<Option<Spread>>)>;
/// Points of a line: numbers of rules, and values with quartiles.
type Line = Vec<(f64, Spread)>;

/// The plots of a section: names of files, and what they show.
pub(crate) fn names(key: &str) -> &'static [(&'static str, &'static str)] {
    match key {
        "filters" => &[
            (
                "added",
                "Processor time that each kind of filter adds to a request",
            ),
            ("latency", "Latency of a request with each kind of filter"),
        ],
        "paths" => &[("paths", "Processor time added, by number of rules by path")],
        "identities" => &[(
            "identities",
            "Processor time added, by number of rules by identity",
        )],
        "starts" => &[(
            "starts",
            "Time until Envoy is ready, and its memory, by module",
        )],
        _ => &[],
    }
}

/// Draws what was measured into this folder.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn draw(report: &Report, folder: &Path) -> Result<()> {
    for section in &report.sections {
        match section.key {
            "filters" => filters(section, folder)?,
            "paths" => sizes(section, By::Path, Wire::Http1, folder)?,
            "identities" => sizes(section, By::Identity, Wire::MutualTls, folder)?,
            _ => {}
        }
    }
    if report.starts.is_empty() {
        return Ok(());
    }
    let groups = report.starts.iter().map(|start| {
        let values = vec![Some(start.ready), Some(start.resident)];
        (start.module.name().to_owned(), values)
    });
    let series = ["ready after, ms", "resident, MiB"];
    let title = "Start of Envoy and its memory: medians and quartiles";
    bars(
        &folder.join("starts.svg"),
        title,
        &series,
        &groups.collect(),
    )
}

fn filters(section: &Measured, folder: &Path) -> Result<()> {
    let mut setups: Vec<_> = section.lanes.iter().map(|(setup, _, _)| *setup).collect();
    setups.dedup();
    let groups = |of: &dyn Fn(Setup) -> Vec<Option<Spread>>| -> Groups {
        let filters = setups.iter().filter(|setup| **setup != Setup::None);
        filters
            .map(|setup| (setup.to_string(), of(*setup)))
            .collect()
    };
    let added = groups(&|setup| {
        let lane = |wire| section.lane(setup, wire).map(|lane| lane.added);
        Wire::ALL.map(lane).to_vec()
    });
    let wires = Wire::ALL.map(|wire| wire.to_string());
    let series: Vec<_> = wires.iter().map(String::as_str).collect();
    let title = "CPU of Envoy added to a request, us: medians and quartiles";
    bars(&folder.join("added.svg"), title, &series, &added)?;
    let latency = groups(&|setup| {
        let lane = section.lane(setup, Wire::Http1);
        vec![lane.map(|lane| lane.p50), lane.map(|lane| lane.p99)]
    });
    let title = "Latency over HTTP/1.1, us: medians and quartiles of rounds";
    bars(
        &folder.join("latency.svg"),
        title,
        &["p50", "p99"],
        &latency,
    )
}

fn sizes(section: &Measured, by: By, wire: Wire, folder: &Path) -> Result<()> {
    let line = |setup: &dyn Fn(Rules) -> Setup| -> Line {
        let points = COUNTS.iter().filter_map(|count| {
            let lane = section.lane(setup(Rules { by, count: *count }), wire)?;
            let rules = f64::from(u32::try_from(*count).ok()?);
            Some((rules, lane.added))
        });
        points.collect()
    };
    let lines = [
        ("native RBAC", line(&Setup::Rbac)),
        ("heliast", line(&Setup::heliast)),
        ("empty wasm filter", line(&|_| Setup::Empty)),
    ];
    let name = names(section.key).first().map_or("", |(name, _)| name);
    let title = "CPU of Envoy added to a request, us, by rules: medians and quartiles";
    curves(&folder.join(format!("{name}.svg")), title, &lines)
}

/// Bars side by side, with whiskers from quartile to quartile.
fn bars(file: &Path, title: &str, series: &[&str], groups: &Groups) -> Result<()> {
    let area = canvas(file)?;
    let highest = groups
        .iter()
        .flat_map(|(_, values)| values.iter().flatten());
    let highest = highest.map(|value| value.high).fold(1.0, f64::max) * 1.1;
    let width = f64::from(u32::try_from(groups.len())?);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..width, 0.0..highest)
        .map_err(broken)?;
    let name = |position: &f64| {
        let mut all = groups.iter().zip(0_u32..);
        let group = all.find(|(_, index)| (f64::from(*index) + 0.5 - position).abs() < 0.01);
        group.map(|((name, _), _)| name.clone()).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(groups.len() * 2 + 1)
        .x_label_formatter(&name)
        .light_line_style(WHITE)
        .draw()
        .map_err(broken)?;
    let bar = 0.8 / f64::from(u32::try_from(series.len())?);
    for ((label, colour), index) in series.iter().zip(COLOURS).zip(0_u32..) {
        let values = groups
            .iter()
            .zip(0_u32..)
            .filter_map(|((_, values), group)| {
                let value = (*values.get(usize::try_from(index).ok()?)?)?;
                Some((f64::from(group) + 0.1 + bar * f64::from(index), value))
            });
        let values: Vec<_> = values.collect();
        let drawn = values.iter().map(|(left, value)| {
            let corners = [(*left, 0.0), (left + bar * 0.9, value.median.max(0.0))];
            Rectangle::new(corners, colour.filled())
        });
        let legend = move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled());
        chart
            .draw_series(drawn)
            .map_err(broken)?
            .label(*label)
            .legend(legend);
        let whiskers = values.iter().map(|(left, value)| {
            let middle = left + bar * 0.45;
            let ends = [(middle, value.low.max(0.0)), (middle, value.high.max(0.0))];
            PathElement::new(ends, BLACK.stroke_width(1))
        });
        chart.draw_series(whiskers).map_err(broken)?;
    }
    finish(&mut chart, &area)
}

/// Lines with quartiles, both axes logarithmic.
fn curves(file: &Path, title: &str, lines: &[(&str, Line)]) -> Result<()> {
    let area = canvas(file)?;
    let points = lines.iter().flat_map(|(_, line)| line);
    let highest = points.map(|(_, value)| value.high).fold(10.0, f64::max) * 1.5;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((0.8..13_000.0).log_scale(), (FLOOR..highest).log_scale())
        .map_err(broken)?;
    chart
        .configure_mesh()
        .x_desc("rules, the last of which matches")
        .x_label_formatter(&|rules| format!("{rules:.0}"))
        .y_label_formatter(&|value| format!("{value}"))
        .light_line_style(WHITE)
        .draw()
        .map_err(broken)?;
    for ((label, line), colour) in lines.iter().zip(COLOURS) {
        let medians = line
            .iter()
            .map(|(rules, value)| (*rules, value.median.max(FLOOR)));
        let series = LineSeries::new(medians, colour.stroke_width(2)).point_size(3);
        let legend = move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2));
        chart
            .draw_series(series)
            .map_err(broken)?
            .label(*label)
            .legend(legend);
        let whiskers = line.iter().map(|(rules, value)| {
            let ends = [
                (*rules, value.low.max(FLOOR)),
                (*rules, value.high.max(FLOOR)),
            ];
            PathElement::new(ends, colour.stroke_width(1))
        });
        chart.draw_series(whiskers).map_err(broken)?;
    }
    finish(&mut chart, &area)
}

/// With a legend in the corner where there is least.
fn finish<'a, C: CoordTranslate>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, C>,
    area: &DrawingArea<SVGBackend<'a>, Shift>,
) -> Result<()> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(broken)?;
    area.present().map_err(broken)
}

fn canvas(file: &Path) -> Result<DrawingArea<SVGBackend<'_>, Shift>> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(broken)?;
    Ok(area)
}

/// Its errors borrow what they are about.
fn broken(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}
