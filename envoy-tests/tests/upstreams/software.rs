//! The servers, and how each is started.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use heliast_envoy_tests::install;

/// A server, with the framework it is asked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Software {
    Flask,
    Wsgiref,
    Node,
    Express,
    Nginx,
}

impl Software {
    pub(crate) const ALL: [Self; 5] = [
        Self::Flask,
        Self::Wsgiref,
        Self::Node,
        Self::Express,
        Self::Nginx,
    ];

    /// The command that serves on this address; none if the machine does not have it.
    ///
    /// # Errors
    /// When its configuration cannot be written.
    pub(crate) fn command(self, at: SocketAddr, folder: &Path) -> Result<Option<Command>> {
        let script = |program: &str, name: &str| {
            let mut command = Command::new(program);
            command.arg(scripts().join(name));
            command.args([at.ip().to_string(), at.port().to_string()]);
            command.env("NODE_PATH", installed().join("node_modules"));
            command.env("PYTHONPATH", installed().join("python"));
            command
        };
        let (program, probe, server) = match self {
            Self::Flask => ("python3", ["-c", "import flask"], "flask_server.py"),
            Self::Wsgiref => ("python3", ["-c", "import wsgiref"], "wsgiref_server.py"),
            Self::Node => ("node", ["-e", "require('http')"], "node_server.js"),
            Self::Express => ("node", ["-e", "require('express')"], "express_server.js"),
            Self::Nginx => return nginx(at, folder),
        };
        let mut asked = script(program, server);
        let mut probing = Command::new(program);
        for (key, value) in asked.get_envs() {
            if let Some(value) = value {
                probing.env(key, value);
            }
        }
        Ok(runs(probing.args(probe)).then(|| {
            asked.env_remove("WERKZEUG_RUN_MAIN");
            asked
        }))
    }

    /// What the machine lacks.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Self::Flask => "there is no Python with Flask: `cargo xtask upstreams`",
            Self::Wsgiref => "there is no Python",
            Self::Node => "there is no Node",
            Self::Express => "there is no Node with Express: `cargo xtask upstreams`",
            Self::Nginx => "there is no nginx: Debian's package `nginx-light` has it",
        }
    }
}

fn scripts() -> PathBuf {
    install::root().join("envoy-tests/tests/upstreams/servers")
}

/// Where `cargo xtask upstreams` puts what it installs.
fn installed() -> PathBuf {
    install::root().join("target/upstreams")
}

fn runs(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn nginx(at: SocketAddr, folder: &Path) -> Result<Option<Command>> {
    let unpacked = installed().join("nginx/usr/sbin/nginx");
    let programs = [
        PathBuf::from("nginx"),
        PathBuf::from("/usr/sbin/nginx"),
        unpacked,
    ];
    let mut programs = programs.into_iter();
    let Some(program) = programs.find(|program| runs(Command::new(program).arg("-v"))) else {
        return Ok(None);
    };
    let text = fs::read_to_string(scripts().join("nginx.conf"))?;
    let text = text
        .replace("ADDRESS", &at.ip().to_string())
        .replace("PORT", &at.port().to_string())
        .replace("FOLDER", &folder.display().to_string());
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, text)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(configuration);
    Ok(Some(command))
}
