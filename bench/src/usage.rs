//! What a process has used, by the kernel's own account.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

/// A process that is accounted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) resident: u64,
    /// Resident at most, so far.
    pub(crate) peak: u64,
}

impl Memory {
    /// Resident now, in MiB.
    pub(crate) fn mebibytes(self) -> f64 {
        u32::try_from(self.resident >> 10).map_or(f64::INFINITY, f64::from) / 1024.0
    }
}

impl Process {
    /// Time on a processor so far, of all threads that still run, to the nanosecond:
    /// `/proc/PID/stat` counts in hundredths of a second, which is too coarse for short rounds.
    ///
    /// # Errors
    /// When the process has ended, or this is not Linux.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let folder = PathBuf::from(format!("/proc/{}/task", self.0));
        let mut nanoseconds = 0;
        let threads = fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}: benchmarks need Linux", folder.display()))?;
        for thread in threads {
            // A thread that ends meanwhile had nothing to do with requests.
            let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
                continue;
            };
            let spent = text.split_whitespace().next().unwrap_or_default();
            nanoseconds += spent.parse::<u64>().context("no time in schedstat")?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// What it has in memory.
    ///
    /// # Errors
    /// When the process has ended, or this is not Linux.
    pub(crate) fn memory(self) -> Result<Memory> {
        let file = format!("/proc/{}/status", self.0);
        let status = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        let kilobytes = |label: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(label));
            let number = line.and_then(|line| line.split_whitespace().next());
            let number: u64 = number
                .with_context(|| format!("no {label} in {file}"))?
                .parse()?;
            Ok(number * 1024)
        };
        Ok(Memory {
            resident: kilobytes("VmRSS:")?,
            peak: kilobytes("VmHWM:")?,
        })
    }
}
