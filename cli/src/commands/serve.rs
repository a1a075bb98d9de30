//! `heliast serve`: gives sidecars their bundles.

use super::{Answer, Stop};
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use heliast_cli::serve::{self, LevelFilter, LogFormat, Numbers, Options, ServeError, TlsFiles};
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast serve policies/
  heliast serve /etc/heliast/policies --listen 0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key \\
    --client-ca ca.crt --signing-key bundle.key

The first line on standard output says where it listens. It serves until SIGTERM or SIGINT.";

/// Serve bundles to sidecars, and follow the files they are made of.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Folders and files with manifests.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Tell how the server is doing on this address, and on no other: /healthz, /readyz, /metrics,
    /// /v1/status. Without TLS on loopback; elsewhere with that of --tls-cert, and to probes without
    /// a client certificate too.
    #[arg(long, value_name = "ADDRESS")]
    health_listen: Option<SocketAddr>,
    /// The server's certificate and its chain, in PEM. Read anew when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Take only clients with a certificate of these authorities, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// Give a client only the bundle of a pod with its own namespace and service account.
    #[arg(long, requires = "client_ca")]
    own_bundle_only: bool,
    /// The trust domain that clients must be of for --own-bundle-only.
    #[arg(
        long,
        value_name = "DOMAIN",
        default_value = "cluster.local",
        requires = "own_bundle_only"
    )]
    trust_domain: String,
    /// The `peerBinding` of the filters: with Principal, pruned bundles also serve where peers are
    /// known by their certificates alone, and hold more.
    #[arg(long, value_name = "BINDING", default_value = "AddressAndPrincipal")]
    peer_binding: Binding,
    /// Sign bundles with this ed25519 key (PKCS#8, PEM).
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,
    /// The epoch of the numbers of bundles: whatever is of a lower epoch is older. Raise it after a
    /// restore, or when numbers come from another source than before.
    #[arg(long, value_name = "N", default_value = "0")]
    epoch: u64,
    /// The number of the bundle, for files that never change while this server runs. Filters take
    /// only a higher number than they have.
    #[arg(long, value_name = "N", conflicts_with_all = ["sequence_file", "sequence_counter"])]
    sequence: Option<u64>,
    /// Read the number from this file, which must change with the policy: a count of commits.
    /// Several servers of one mesh need this.
    #[arg(long, value_name = "FILE", conflicts_with = "sequence_counter")]
    sequence_file: Option<PathBuf>,
    /// Where to keep the count of bundles, where no number is given; by default beside the files.
    #[arg(long, value_name = "FILE")]
    sequence_counter: Option<PathBuf>,
    /// Serve an empty bundle where the source has no object.
    #[arg(long)]
    allow_empty: bool,
    /// Most connections at once.
    #[arg(long, value_name = "NUMBER", default_value = "10000")]
    max_connections: NonZeroUsize,
    /// Most connections at once from one address.
    #[arg(long, value_name = "NUMBER", default_value = "256")]
    max_connections_per_peer: NonZeroUsize,
    /// Most requests a second from one address; ten times as many at once. 0 for no bound.
    #[arg(long, value_name = "NUMBER", default_value = "50")]
    max_request_rate: u32,
    /// Most pruned bundles to keep up to date while no poll waits for them.
    #[arg(long, value_name = "NUMBER", default_value = "10000")]
    max_pruned: NonZeroUsize,
    /// How to log, on standard error.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
    /// What to log: error, warn, info, debug or off.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: LevelFilter,
}

/// What makes a peer one of the known workloads.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Binding {
    /// Address and certificate together.
    #[value(name = "AddressAndPrincipal")]
    AddressAndPrincipal,
    /// The address alone; the same bundle serves.
    #[value(name = "Address")]
    Address,
    /// The certificate alone.
    #[value(name = "Principal")]
    Principal,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Arguments {
    /// Where the numbers of revisions come from.
    fn numbers(&self) -> Numbers {
        let file = self.sequence_file.clone().map(Numbers::File);
        let counter = self.sequence_counter.clone().map(Numbers::Counted);
        let given = self.sequence.map(Numbers::Given);
        let chosen = given.or(file).or(counter);
        chosen.unwrap_or_else(|| Numbers::beside(&self.paths))
    }
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let options = Options {
        sources: arguments.paths.clone(),
        listen: arguments.listen,
        health_listen: arguments.health_listen,
        tls: arguments
            .tls_cert
            .clone()
            .zip(arguments.tls_key.clone())
            .map(|(certificate, key)| TlsFiles {
                certificate,
                key,
                client_authority: arguments.client_ca.clone(),
            }),
        own_bundles_of: arguments
            .own_bundle_only
            .then(|| arguments.trust_domain.clone()),
        by_principal: matches!(arguments.peer_binding, Binding::Principal),
        signing_key: arguments.signing_key.clone(),
        epoch: arguments.epoch,
        numbers: arguments.numbers(),
        allow_empty: arguments.allow_empty,
        log_format: match arguments.log_format {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        },
        log_level: arguments.log_level,
        most_connections: arguments.max_connections.get(),
        most_connections_per_peer: arguments.max_connections_per_peer.get(),
        request_rate: NonZeroU32::new(arguments.max_request_rate),
        most_pruned: arguments.max_pruned.get(),
    };
    serve::serve(options, |line| terminal.data(line))?;
    Ok(Answer::Yes)
}

impl From<ServeError> for Stop {
    fn from(error: ServeError) -> Self {
        if error.is_environment {
            Self::Environment(error.message)
        } else {
            Self::Usage(error.message)
        }
    }
}
