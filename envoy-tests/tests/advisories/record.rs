//! The table of docs/compatibility.md, against the tests there are.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::install;

/// Entries of the record.
const ROWS: u32 = 40;
const HEADING: &str = "## The security record";

/// What the table says of each row.
fn table() -> Result<BTreeMap<u32, String>> {
    let text = fs::read_to_string(install::root().join("docs/compatibility.md"))?;
    let (_, section) = text.split_once(HEADING).context("no such section")?;
    let mut rows = BTreeMap::new();
    for line in section
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
    {
        let cells = line.trim_matches('|').split_once('|');
        let number = cells.and_then(|(number, _)| number.trim().parse().ok());
        if let (Some(number), Some((_, text))) = (number, cells) {
            rows.insert(number, text.to_owned());
        }
    }
    Ok(rows)
}

/// The tests of this folder that are named after a row.
fn tests() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(install::root().join("envoy-tests/tests/advisories"))? {
        let text = fs::read_to_string(entry?.path())?;
        let tests = text
            .lines()
            .filter_map(|line| line.strip_prefix("async fn row_"));
        names.extend(tests.filter_map(|test| Some(format!("row_{}", test.split_once('(')?.0))));
    }
    Ok(names)
}

#[test]
fn the_table_of_the_record_names_every_row_and_every_test() -> Result<()> {
    let (table, tests) = (table()?, tests()?);
    ensure!(
        table.len() == usize::try_from(ROWS)?,
        "{} rows",
        table.len()
    );
    let mut found = 0;
    for number in 1..=ROWS {
        let text = table
            .get(&number)
            .with_context(|| format!("no row {number}"))?;
        let of_row = |name: &&String| name.starts_with(&format!("row_{number:02}_"));
        for test in tests.iter().filter(of_row) {
            ensure!(
                text.contains(&format!("`{test}`")),
                "row {number} does not name {test}"
            );
            found += 1;
        }
        let named = text.matches("`row_").count();
        ensure!(
            named == tests.iter().filter(of_row).count(),
            "row {number}: {text}"
        );
        ensure!(
            named > 0 || text.contains("not seen"),
            "row {number} says nothing"
        );
    }
    ensure!(
        found == tests.len() && found >= 25,
        "{found} of {} tests",
        tests.len()
    );
    Ok(())
}
