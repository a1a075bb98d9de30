//! A server over a folder of its own.

use super::client::{Answer, Client};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take that is only a matter of time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Where it tells how it is doing.
    pub(crate) health: SocketAddr,
    log: Arc<Mutex<String>>,
}

/// A folder with a small mesh in it.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// Two pods, a namespace and a policy.
    pub(crate) fn shop() -> Self {
        let folder = Self::empty();
        folder.write("pods.yaml", &[pod("cart", 1), pod("web", 2)].concat());
        folder.write("namespace.yaml", NAMESPACE);
        folder.write("policy.yaml", &policy("cart", "GET"));
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    /// Writes a file beside, and puts it in the place of the other.
    pub(crate) fn replace(&self, name: &str, text: &str) {
        let beside = self.file(".beside");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.file(name)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }

    /// Serves it.
    pub(crate) fn serve(&self) -> Server {
        Server::start(&[self.path().to_str().unwrap()])
    }
}

pub(crate) const NAMESPACE: &str = "
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
";

/// A pod in namespace `shop`.
pub(crate) fn pod(name: &str, address: usize) -> String {
    format!(
        "
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec: {{serviceAccountName: {name}}}
status: {{podIPs: [{{ip: 10.0.{}.{}}}]}}
",
        address / 250,
        address % 250 + 1
    )
}

/// A policy in namespace `shop` for the pods of one name.
pub(crate) fn policy(name: &str, method: &str) -> String {
    format!(
        "
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: app == '{name}'
  ingress:
  - action: Allow
    source: {{selector: app == 'web'}}
    http: {{methods: [{method}]}}
  types: [Ingress]
"
    )
}

/// The command, with its own streams.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heliast"));
    command
        .arg("serve")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Server {
    /// Starts a server, and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut arguments = [arguments, &["--listen", "127.0.0.1:0"]].concat();
        if !arguments.contains(&"--health-listen") {
            arguments.extend(["--health-listen", "127.0.0.1:0"]);
        }
        let mut child = command(&arguments).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let copy = Arc::clone(&log);
        thread::spawn(move || {
            let mut line = String::new();
            while errors.read_line(&mut line).is_ok_and(|read| read > 0) {
                copy.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let address = first
            .trim()
            .rsplit_once("//")
            .and_then(|(_, address)| address.parse().ok());
        let Some(address) = address else {
            let log = log.lock().unwrap();
            panic!("it does not say where it listens: {first:?}\n{log}");
        };
        first.clear();
        out.read_line(&mut first).unwrap();
        let (_, told) = first.trim().rsplit_once("//").unwrap();
        let health = told.parse().unwrap();
        Self {
            child,
            address,
            health,
            log,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log says this.
    pub(crate) fn says(&self, text: &str) {
        until(&format!("the log says {text:?}"), || {
            let log = self.log();
            log.contains(text).then_some(()).ok_or(log)
        });
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(path, &[])
    }

    pub(crate) fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let address = if path.starts_with("/v1/bundle") {
            self.address
        } else {
            self.health
        };
        Client::connect(address).ask("GET", path, headers)
    }

    pub(crate) fn status(&self) -> Value {
        self.get("/v1/status").json()
    }

    /// Waits until a bundle is served; gives its tag.
    pub(crate) fn ready(&self) -> String {
        until("a bundle is served", || {
            let answer = self.get("/v1/bundle");
            if answer.status == 200 {
                Ok(answer.tag())
            } else {
                Err(answer.text())
            }
        })
    }

    /// Waits until another revision than this is served; gives its tag.
    pub(crate) fn changed(&self, tag: &str) -> String {
        let answer = self.ask("/v1/bundle?wait=30s", &[("if-none-match", tag)]);
        assert_eq!(answer.status, 200, "{}\n{}", answer.text(), self.log());
        answer.tag()
    }

    /// Waits until the source is in error; gives the problems.
    pub(crate) fn refused(&self) -> Vec<Value> {
        until("the source is in error", || {
            let status = self.status();
            let problems = status["source"]["error"]["problems"].as_array().cloned();
            problems.ok_or_else(|| status.to_string())
        })
    }

    /// Waits until the source is in order.
    pub(crate) fn mended(&self) {
        until("the source is in order", || {
            let status = self.status();
            let is_mended = status["source"]["error"].is_null() && status["ready"] == true;
            is_mended.then_some(()).ok_or_else(|| status.to_string())
        });
    }

    /// The names of the objects that are served.
    pub(crate) fn names(&self) -> Vec<String> {
        let bundle = self.get("/v1/bundle").json();
        let resources = bundle["resources"].as_array().cloned().unwrap_or_default();
        let name = |object: &Value| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {}",
                text(&object["kind"]),
                text(&object["metadata"]["name"])
            )
        };
        resources.iter().map(name).collect()
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics").text();
        let line = text.lines().find(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(' '))
        })?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let pid = self.pid().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("it ends", || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(String::new()),
            Err(error) => Err(error.to_string()),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _has_ended = self.child.kill();
        let _is_reaped = self.child.wait();
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut is_so: impl FnMut() -> Result<T, String>) -> T {
    let begin = Instant::now();
    loop {
        match is_so() {
            Ok(value) => return value,
            Err(last) => assert!(begin.elapsed() < PATIENCE, "not in time: {what}: {last}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Runs the command to its end; it must not go on.
pub(crate) fn run(arguments: &[&str]) -> (i32, String) {
    let mut child = command(arguments).spawn().unwrap();
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it goes on: {arguments:?}");
        }
        thread::sleep(Duration::from_millis(20));
    };
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (status.code().unwrap_or(-1), text)
}
