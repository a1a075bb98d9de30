//! TLS: the server's certificate, and who may connect.

use super::ServeError;
use super::sync::lock;
use heliast::spiffe::SpiffeId;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The files that TLS is made of, all in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Whose clients may connect; anyone's, if none.
    pub client_authority: Option<PathBuf>,
}

/// What TLS does, made of the files as they are.
#[derive(Debug)]
pub(super) struct Tls {
    files: TlsFiles,
    current: Mutex<(Contents, Configs)>,
}

/// Whether a client must show a certificate, where there are authorities for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// No connection without one.
    Always,
    /// One is looked at if it is shown: probes have none.
    IfShown,
}

/// A configuration for each way to ask.
#[derive(Debug, Clone)]
struct Configs {
    always: Arc<ServerConfig>,
    if_shown: Arc<ServerConfig>,
}

/// What is in the files.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authority: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// If one cannot be read or is not what it should be.
    pub(super) fn new(files: TlsFiles) -> Result<Self, ServeError> {
        let contents = Contents::read(&files)?;
        let configs = Configs::of(&files, &contents)?;
        Ok(Self {
            files,
            current: Mutex::new((contents, configs)),
        })
    }

    /// What new connections are to use.
    pub(super) fn config(&self, asks: Asks) -> Arc<ServerConfig> {
        let current = lock(&self.current);
        Arc::clone(match asks {
            Asks::Always => &current.1.always,
            Asks::IfShown => &current.1.if_shown,
        })
    }

    /// Reads the files again: certificates are renewed. Those that are in order stay in use until
    /// others are. Tells whether there are new ones.
    ///
    /// # Errors
    ///
    /// As for [`Self::new`].
    pub(super) fn renew(&self) -> Result<bool, ServeError> {
        let contents = Contents::read(&self.files)?;
        if lock(&self.current).0 == contents {
            return Ok(false);
        }
        let configs = Configs::of(&self.files, &contents)?;
        *lock(&self.current) = (contents, configs);
        Ok(true)
    }
}

impl Configs {
    fn of(files: &TlsFiles, contents: &Contents) -> Result<Self, ServeError> {
        let configure = |asks| configure(files, contents, asks).map(Arc::new);
        Ok(Self {
            always: configure(Asks::Always)?,
            if_shown: configure(Asks::IfShown)?,
        })
    }
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, ServeError> {
        let authority = files.client_authority.as_deref();
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            client_authority: authority.map(read).transpose()?,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ServeError> {
    fs::read(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            ServeError::usage(format!("{}: there is no such file", path.display()))
        } else {
            ServeError::environment(format!("{}: {error}", path.display()))
        }
    })
}

fn configure(
    files: &TlsFiles,
    contents: &Contents,
    asks: Asks,
) -> Result<ServerConfig, ServeError> {
    let chain = certificates(&files.certificate, &contents.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| {
        let why = format!("holds no private key in PEM that TLS can use: {error}");
        wrong(&files.key, &why)
    })?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ServeError::environment(format!("TLS cannot be used: {error}")))?;
    let builder = match (&files.client_authority, &contents.client_authority) {
        (Some(path), Some(bytes)) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path, bytes)? {
                roots
                    .add(authority)
                    .map_err(|error| wrong(path, &format!("is no authority: {error}")))?;
            }
            let verifier_builder =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match asks {
                Asks::Always => verifier_builder,
                Asks::IfShown => verifier_builder.allow_unauthenticated(),
            };
            let verifier = verifier
                .build()
                .map_err(|error| wrong(path, &format!("is no authority: {error}")))?;
            builder.with_client_cert_verifier(verifier)
        }
        (Some(_) | None, _) => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        let key = files.key.display();
        let why = format!("cannot be used with the key in {key}: {error}");
        wrong(&files.certificate, &why)
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let list = list.map_err(|error| wrong(path, &format!("is not PEM: {error}")))?;
    if list.is_empty() {
        return Err(wrong(path, "holds no certificate in PEM"));
    }
    Ok(list)
}

fn wrong(path: &Path, why: &str) -> ServeError {
    ServeError::usage(format!("{}: {why}", path.display()))
}

/// Who a certificate says that its holder is: exactly one URI, and that a SPIFFE id. More than one
/// is no identity (design section 5).
pub(super) fn identity(certificate: &CertificateDer<'_>) -> Option<SpiffeId> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    let mut uris = names.value.general_names.iter().filter_map(|name| {
        if let GeneralName::URI(uri) = name {
            Some(*uri)
        } else {
            None
        }
    });
    let uri = uris.next()?;
    if uris.next().is_some() {
        return None;
    }
    SpiffeId::parse(uri.as_bytes())
}
