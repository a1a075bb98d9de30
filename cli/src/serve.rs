//! `heliast serve`: the server that sidecars have their bundles from (the HTTP contract of
//! docs/serve.md).
//!
//! ```text
//! files -> sources -> proposal -> hub (fleet, feeds) -> http -> listener
//! ```
//!
//! One thread, the keeper, follows the files and changes what is served; requests only read it.

mod answer;
mod board;
mod feed;
mod history;
mod http;
mod hub;
mod keeper;
pub mod limits;
mod listener;
mod log;
mod metrics;
mod numbering;
mod peer;
mod proposal;
mod sources;
mod stop;
mod stream;
mod sync;
mod tls;
mod trouble;
mod views;
mod watch;

pub use self::log::LogFormat;
pub use self::numbering::Numbers;
pub use self::tls::TlsFiles;
pub use tracing::level_filters::LevelFilter;

use self::board::Board;
use self::http::Server;
use self::hub::Hub;
use self::keeper::Keeper;
use self::listener::Listener;
use self::log::Log;
use self::metrics::Metrics;
use self::numbering::Numbering;
use self::peer::{Connections, RateLimit};
use self::sources::Sources;
use self::stop::Stopper;
use self::tls::{Asks, Tls};
use crate::manifests::{FileError, find};
use crate::signing_key::{KeyError, SigningKey};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// What to serve, where and to whom.
#[derive(Debug)]
pub struct Options {
    /// Folders and files with manifests.
    pub sources: Vec<PathBuf>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to tell how the server is doing, if anywhere: without TLS on loopback, elsewhere with
    /// it, and to probes without a client certificate.
    pub health_listen: Option<SocketAddr>,
    /// With TLS, if any.
    pub tls: Option<TlsFiles>,
    /// The trust domain of the mesh, where a sidecar may only have the bundle of a pod with its own
    /// identity.
    pub own_bundles_of: Option<String>,
    /// Whether pruned bundles serve where peers are known by their certificates alone.
    pub by_principal: bool,
    /// The key to sign bundles with, if any.
    pub signing_key: Option<PathBuf>,
    /// The epoch of the numbers of revisions.
    pub epoch: u64,
    /// Where the numbers of revisions come from.
    pub numbers: Numbers,
    /// Whether a source without any object is served.
    pub allow_empty: bool,
    /// How to log.
    pub log_format: LogFormat,
    /// What to log.
    pub log_level: LevelFilter,
    /// Most connections at once.
    pub most_connections: usize,
    /// Most connections at once from one address.
    pub most_connections_per_peer: usize,
    /// Most requests a second from one address, over a while; none for no bound.
    pub request_rate: Option<NonZeroU32>,
    /// Most pruned bundles that are kept up to date while nobody waits for them.
    pub most_pruned: usize,
}

impl Options {
    /// Whether whoever asks for bundles has to show a certificate.
    fn asks_clients(&self) -> bool {
        let files = self.tls.as_ref();
        files.is_some_and(|files| files.client_authority.is_some())
    }
}

/// Why the server cannot be started.
#[derive(Debug)]
pub struct ServeError {
    /// What is wrong, and how to mend it.
    pub message: String,
    /// Whether the machine is in the way; else it was asked for the wrong thing.
    pub is_environment: bool,
}

impl ServeError {
    fn usage(message: String) -> Self {
        Self {
            message,
            is_environment: false,
        }
    }

    fn environment(message: String) -> Self {
        Self {
            message,
            is_environment: true,
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ServeError {}

impl From<FileError> for ServeError {
    fn from(error: FileError) -> Self {
        Self {
            message: error.to_string(),
            is_environment: !error.is_missing,
        }
    }
}

impl From<KeyError> for ServeError {
    fn from(error: KeyError) -> Self {
        Self {
            message: error.to_string(),
            is_environment: error.is_environment,
        }
    }
}

/// Serves until SIGTERM or SIGINT. `announce` gets the address once connections are taken.
///
/// # Errors
///
/// If it cannot be started: a file or folder is missing, a key does not fit, the port is in use.
pub fn serve(
    options: Options,
    announce: impl FnOnce(&str) -> io::Result<()>,
) -> Result<(), ServeError> {
    let log = Log::start(options.log_format, options.log_level);
    for source in &options.sources {
        find(source)?;
    }
    let key = options.signing_key.as_deref();
    let signing_key = key.map(SigningKey::read).transpose()?;
    let tls = options.tls.clone().map(Tls::new).transpose()?.map(Arc::new);
    let asks_clients = options.asks_clients();
    let numbering = Numbering::new(options.epoch, options.numbers)?;
    let health_tls = health_tls(options.health_listen, tls.as_ref())?;
    let most = raise_descriptors(options.most_connections);
    let runtime = start_runtime()?;
    let (listener, address) = runtime.block_on(bind(options.listen))?;
    let health = options.health_listen.map(|at| runtime.block_on(bind(at)));
    let health = health.transpose()?;

    let (stopper, stop) = stop::channel();
    let server = Arc::new(Server {
        hub: Arc::new(Hub::new(signing_key, options.most_pruned)),
        board: Arc::new(Board::new(options.sources.clone())),
        metrics: Arc::new(Metrics::new()),
        stop: stop.clone(),
        rate: options.request_rate.map(RateLimit::new),
        own_bundles_of: options.own_bundles_of,
        by_principal: options.by_principal,
        reports_to_known: health_tls.is_some() && asks_clients,
    });
    let sources = Sources::new(options.sources, options.allow_empty);
    start_keeper(Keeper::new(sources, numbering, &server, log))?;

    let reports = health.as_ref().map(|(_, at)| (*at, health_tls.is_some()));
    let told = announcement((address, tls.is_some()), reports);
    if tls.is_none() {
        warn_of_strangers(address);
    }
    announce(&told).map_err(|error| ServeError::environment(format!("cannot write: {error}")))?;
    let listening = Listener {
        router: http::bundles(Arc::clone(&server)),
        tls: tls.clone(),
        asks: Asks::Always,
        connections: Connections::new(most, options.most_connections_per_peer),
        metrics: Arc::clone(&server.metrics),
        stop,
    };
    let telling = Listener {
        router: http::reports(Arc::clone(&server)),
        tls: health_tls,
        asks: Asks::IfShown,
        ..listening.clone()
    };
    runtime.block_on(async {
        if let Some((listener, _)) = health {
            tokio::spawn(telling.run(listener));
        }
        tokio::spawn(house_keeping(tls, server));
        tokio::spawn(wait_for_signal(stopper));
        listening.run(listener).await;
    });
    runtime.shutdown_timeout(LAST_WORK);
    Ok(())
}

/// Follows the sources on a thread of its own, until the process ends.
fn start_keeper(keeper: Keeper) -> Result<(), ServeError> {
    let thread = thread::Builder::new().name("keeper".to_owned());
    let started = thread.spawn(move || keeper.run());
    let failed = |error| ServeError::environment(format!("cannot start a thread: {error}"));
    started.map(drop).map_err(failed)
}

/// The lines that say where it listens, for bundles and for reports, and whether with TLS.
fn announcement(bundles: (SocketAddr, bool), reports: Option<(SocketAddr, bool)>) -> String {
    let url = |(address, is_secure): (SocketAddr, bool)| {
        let scheme = if is_secure { "https" } else { "http" };
        format!("{scheme}://{address}")
    };
    let reports = reports.map(|at| format!("telling how it is doing on {}\n", url(at)));
    let reports = reports.unwrap_or_default();
    format!("listening on {}\n{reports}", url(bundles))
}

/// What the reports are told with: nothing on loopback, TLS elsewhere, because they name files and
/// objects.
fn health_tls(
    wanted: Option<SocketAddr>,
    tls: Option<&Arc<Tls>>,
) -> Result<Option<Arc<Tls>>, ServeError> {
    match (wanted, tls) {
        (Some(address), None) if !address.ip().is_loopback() => Err(ServeError::usage(format!(
            "--health-listen {address} is reached from elsewhere, and what is told there names files and objects: give --tls-cert and --tls-key, or listen on 127.0.0.1"
        ))),
        (Some(address), Some(tls)) if !address.ip().is_loopback() => Ok(Some(Arc::clone(tls))),
        (Some(_) | None, _) => Ok(None),
    }
}

fn warn_of_strangers(address: SocketAddr) {
    if address.ip().is_loopback() {
        return;
    }
    tracing::warn!(
        %address,
        "bundles go over the network unencrypted and to everyone; --tls-cert, --tls-key and \
         --client-ca change that"
    );
}

/// How long work that nobody waits for any more may go on when the server stops.
const LAST_WORK: Duration = Duration::from_millis(500);

fn start_runtime() -> Result<Runtime, ServeError> {
    runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|error| ServeError::environment(format!("cannot start threads: {error}")))
}

async fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |error| cannot_listen(wanted, &error);
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Threads for what takes long, such as pruning for a pod that is asked for the first time.
const BLOCKING_THREADS: usize = 16;

/// How often certificates are read anew, and idle peers are forgotten.
const HOUSE_KEEPING: Duration = Duration::from_secs(10);

async fn house_keeping(tls: Option<Arc<Tls>>, server: Arc<Server>) {
    loop {
        tokio::time::sleep(HOUSE_KEEPING).await;
        if let Some(rate) = &server.rate {
            rate.forget();
        }
        match tls.as_ref().map(|tls| tls.renew()) {
            Some(Ok(true)) => tracing::info!("new connections use the renewed certificates"),
            Some(Err(error)) => {
                tracing::error!(%error, "the certificates that were read before stay in use");
            }
            Some(Ok(false)) | None => {}
        }
    }
}

async fn wait_for_signal(stopper: Stopper) {
    let mut signals = match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "cannot wait for signals; only a kill ends this process");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _terminated = signals.0.recv() => {}
        _interrupted = signals.1.recv() => {}
    }
    tracing::info!("stopping: waiting polls are answered, and no connection is taken any more");
    stopper.stop();
    // Whoever holds the other end may still look.
    std::future::pending().await
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> ServeError {
    let helps = [
        (
            io::ErrorKind::AddrInUse,
            "; another process listens there: stop it, or choose another port with --listen",
        ),
        (
            io::ErrorKind::PermissionDenied,
            "; choose a port above 1023 with --listen",
        ),
        (
            io::ErrorKind::AddrNotAvailable,
            "; --listen takes an address of this machine",
        ),
    ];
    let help = helps.into_iter().find(|(kind, _)| *kind == error.kind());
    let help = help.map_or("", |(_, help)| help);
    ServeError::environment(format!("cannot listen on {address}: {error}{help}"))
}

/// Asks for as many file descriptors as connections need; gives how many connections there can be.
fn raise_descriptors(wanted: usize) -> usize {
    let count = u64::try_from(wanted).unwrap_or(u64::MAX);
    let needed = count.saturating_add(limits::RESERVED_DESCRIPTORS);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let most = limit.maximum.unwrap_or(u64::MAX);
        limit.current = Some(needed.min(most));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "cannot raise the limit of open files");
        }
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = current.saturating_sub(limits::RESERVED_DESCRIPTORS).max(1);
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if room < wanted {
        tracing::warn!(
            most = room,
            "fewer connections than --max-connections can be open: the limit of open files is \
             {current}"
        );
    }
    wanted.min(room)
}
