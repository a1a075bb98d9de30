//! A folder with files, and the command run in it.

use regex::Regex;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The shop of the other tests of the command.
pub(crate) fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop")
}

/// A folder of our own.
pub(crate) struct Folder {
    folder: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With policy and pods of the shop in it, and the bundle that is made of them.
    pub(crate) fn shop() -> Self {
        let folder = Self::new();
        for name in ["policy.yaml", "workloads.yaml"] {
            std::fs::copy(shop().join(name), folder.path(name)).unwrap();
        }
        folder.good("build policy.yaml workloads.yaml --out bundle.json");
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Puts another text in place of one that is there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replace(from, to));
    }

    /// Runs `heliast bundle`.
    pub(crate) fn bundle(&self, arguments: &str) -> Ran {
        self.feed(&format!("bundle {arguments}"), b"")
    }

    /// Runs `heliast bundle`, and nothing goes wrong.
    #[track_caller]
    pub(crate) fn good(&self, arguments: &str) -> Ran {
        let ran = self.bundle(arguments);
        assert_eq!(ran.code, 0, "heliast bundle {arguments}\n{}", ran.text());
        ran
    }

    /// Runs `heliast` with this on standard input.
    pub(crate) fn feed(&self, arguments: &str, input: &[u8]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heliast"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that refuses its arguments reads nothing.
        let _closed = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            bytes: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        let (code, out, err) = (self.code, self.out(), &self.err);
        format!("exit {code}\n--- stdout\n{out}--- stderr\n{err}")
    }

    /// All of it, for snapshots.
    pub(crate) fn steady(&self) -> String {
        steady(&self.text())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

/// Runs `heliast bundle` in a folder, and holds it to an exit code and a word on standard error.
/// Nothing is printed on standard output beside an error.
#[track_caller]
pub(crate) fn refused(folder: &Folder, arguments: &str, code: i32, said: &str) {
    let ran = folder.bundle(arguments);
    assert_eq!(ran.code, code, "heliast bundle {arguments}\n{}", ran.text());
    let err = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        err.contains(said),
        "heliast bundle {arguments}: no `{said}` in\n{}",
        ran.text()
    );
    assert_eq!(ran.out(), "", "heliast bundle {arguments}");
}

/// The text without what another release of the gzip library may print otherwise.
pub(crate) fn steady(text: &str) -> String {
    let size = Regex::new("[0-9]+ with gzip|\"gzipBytes\": [0-9]+").unwrap();
    size.replace_all(text, "(gzip)").into_owned()
}
