//! One run: section by section, then the sum.

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use heliast_envoy_tests::install;

use crate::cores::{Cores, Role};
use crate::laboratory::Laboratory;
use crate::mesh::Mesh;
use crate::modules::Modules;
use crate::race::Pace;
use crate::report::Report;
use crate::section::Section;
use crate::{Arguments, Part};
use crate::{conditions, deltas, page, sections, starts, table, targets};

/// Unmeasured requests ahead of each measurement.
const WARM_UP: Duration = Duration::from_millis(40);

/// Measures what is asked for, and answers whether all of it could be measured.
///
/// # Errors
/// When nothing can be measured at all, or the report cannot be written.
pub(crate) async fn run(arguments: &Arguments) -> Result<bool> {
    let laboratory = Laboratory {
        mesh: Mesh::new()?,
        modules: Modules::find(),
        cores: Cores::find(),
        pace: arguments.pace(),
        only: arguments.only.clone(),
    };
    laboratory.cores.take(Role::Client)?;
    let mut report = Report {
        conditions: conditions::describe(&laboratory)?,
        ..Report::default()
    };
    let mut failed = 0;
    for part in Part::value_variants() {
        if !arguments.sections.is_empty() && !arguments.sections.contains(part) {
            continue;
        }
        // What was measured before is worth keeping.
        if let Err(error) = arguments.measure(*part, &laboratory, &mut report).await {
            eprintln!("error: {error:#}");
            failed += 1;
        }
    }
    report
        .conditions
        .push(("load average at the end", conditions::load_average()));
    print!("{}", table::targets(&targets::judge(&report)));
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => install::root().join("target").join("bench"),
    };
    report.write(&folder)?;
    println!("\n{}", folder.display());
    if arguments.page {
        page::write(&report, &install::root().join("docs"))?;
    }
    Ok(failed == 0)
}

impl Arguments {
    fn pace(&self) -> Pace {
        let (rounds, window) = if self.quick { (8, 150) } else { (40, 250) };
        Pace {
            rounds: self.rounds.unwrap_or(rounds).max(1),
            window: Duration::from_millis(window),
            warm_up: WARM_UP,
        }
    }

    async fn measure(
        &self,
        part: Part,
        laboratory: &Laboratory,
        report: &mut Report,
    ) -> Result<()> {
        match part {
            Part::Filters => race(&sections::filters(), laboratory, report).await,
            Part::Calls => race(&sections::calls(), laboratory, report).await,
            Part::Paths => race(&sections::paths(), laboratory, report).await,
            Part::Identities => race(&sections::identities(), laboratory, report).await,
            Part::Deltas => {
                let (windows, window) = if self.quick { (5, 2) } else { (15, 3) };
                let window = Duration::from_secs(window);
                let windows = self.rounds.unwrap_or(windows).min(windows);
                let measured = deltas::measure(laboratory, windows, window).await?;
                print!("{}", table::deltas(&measured));
                report.deltas = Some(measured);
                Ok(())
            }
            Part::Starts => {
                let rounds = if self.quick { 3 } else { 9 };
                let rounds = self.rounds.unwrap_or(rounds).min(rounds);
                report.starts = starts::measure(laboratory, rounds).await?;
                print!("{}", table::starts(&report.starts));
                Ok(())
            }
        }
    }
}

async fn race(section: &Section, laboratory: &Laboratory, report: &mut Report) -> Result<()> {
    let measured = section.measure(laboratory).await?;
    print!("{}", table::section(&measured));
    report.sections.push(measured);
    Ok(())
}
