//! AuthorizationPolicy against RBAC as Istio's own builder makes it of the same policies
//! (tests/peers/istio), in the same real Envoy as the filter under test.
//!
//! The usual run asks recorded worlds and needs no Go. With `HELIAST_PEER_CASES` new worlds are
//! made, and the builder is asked while they are decided; `cargo xtask peers` builds it:
//!
//! `HELIAST_PEER_CASES=100000 HELIAST_PROPTEST_SEED=7 cargo test -p heliast-envoy-tests --test rbac istio`
//!
//! With `HELIAST_PEER_RECORD=FILE` the worlds are recorded there.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{figure, install};
use serde_json::{Value, json};

use crate::emitter;
use crate::generator::{Scene, workload};
use crate::peer::Certificates;
use crate::tally::Tally;
use crate::{BATCH, compare, explained, many_sided, number, seed};

/// Requests for one set of policies, where the builder is asked.
const REQUESTS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn istios_own_builder_and_the_filter_decide_alike() -> Result<()> {
    match number("HELIAST_PEER_CASES", 0)? {
        0 => recorded().await,
        cases => generated(cases).await,
    }
}

async fn recorded() -> Result<()> {
    let file = install::root().join("tests/peers/recorded/istio.jsonl");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().enumerate();
    let scenes = lines.map(|(number, line)| Scene::from_json(number, &serde_json::from_str(line)?));
    let scenes = scenes.collect::<Result<Vec<_>>>()?;
    let certificates = Arc::new(Certificates::new()?);
    let mut tally = Tally::default();
    let begun = Instant::now();
    for batch in scenes.chunks(BATCH) {
        compare(batch.to_vec(), &certificates, &mut tally).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    figure(&format!(
        "AuthorizationPolicy and Istio's own builder, recorded, {} sets of policies, {seconds:.0} s: {tally}",
        scenes.len()
    ))?;
    many_sided(&tally)?;
    explained(&tally, &certificates).await
}

async fn generated(cases: usize) -> Result<()> {
    let seed = seed()?;
    let certificates = Arc::new(Certificates::new()?);
    let mut builder = Builder::start()?;
    let mut record = match std::env::var("HELIAST_PEER_RECORD") {
        Ok(file) => Some(File::create(file)?),
        Err(_) => None,
    };
    let mut tally = Tally::default();
    let begun = Instant::now();
    let mut next = 0;
    while tally.cases() < cases {
        let missing = (cases - tally.cases()).div_ceil(REQUESTS);
        let end = next + missing.min(BATCH);
        let mut scenes = Vec::new();
        for number in next..end {
            let mut scene = Scene::new(seed, number, REQUESTS);
            scene.translated = Some(builder.translate(&scene.documents)?);
            if let Some(record) = &mut record {
                writeln!(record, "{}", scene.to_json())?;
            }
            scenes.push(scene);
        }
        compare(scenes, &certificates, &mut tally).await?;
        next = end;
    }
    let seconds = begun.elapsed().as_secs_f64();
    figure(&format!(
        "AuthorizationPolicy and Istio's own builder, seed {seed}, {next} sets of policies, {seconds:.0} s: {tally}"
    ))?;
    many_sided(&tally)?;
    explained(&tally, &certificates).await
}

/// Istio's builder of RBAC filters, as a program that answers line by line.
struct Builder {
    program: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Builder {
    fn start() -> Result<Self> {
        let file = program();
        let mut program = Command::new(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start {}: `cargo xtask peers` builds it",
                    file.display()
                )
            })?;
        let questions = program.stdin.take().context("no standard input")?;
        let answers = program.stdout.take().context("no standard output")?;
        Ok(Self {
            program,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// The filters that Istio makes of the policies that govern the workload of all scenes.
    fn translate(&mut self, documents: &[Value]) -> Result<Vec<Value>> {
        let workload = workload();
        let (own, aliases) = workload.trust_domains.split_first().context("no domain")?;
        let world = json!({
            "trustDomain": own,
            "aliases": aliases,
            "policies": emitter::governing(documents, &workload),
        });
        writeln!(self.questions, "{world}")?;
        self.questions.flush()?;
        let mut line = String::new();
        ensure!(
            self.answers.read_line(&mut line)? > 0,
            "the builder has ended"
        );
        let answer: Value = serde_json::from_str(&line)?;
        if let Some(why) = answer.get("refused") {
            bail!("Istio refuses {world}: {why}");
        }
        let filters = answer.get("filters").and_then(Value::as_array);
        let configurations = filters.into_iter().flatten().filter_map(Value::as_object);
        Ok(configurations.cloned().map(emitter::in_chain).collect())
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        let _ended = self.program.kill();
        let _status = self.program.wait();
    }
}

fn program() -> PathBuf {
    install::root().join("target/peers/istio")
}
