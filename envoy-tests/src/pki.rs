//! Certificates: an authority per test run, and leaves with whatever names a test needs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ED25519, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// A certificate authority; its files, and those of what it signed, vanish with it.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    folder: TempDir,
    file: PathBuf,
}

/// What a leaf certificate shall say.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    /// The URI names, in order.
    pub uris: Vec<String>,
    /// The DNS names, in order.
    pub dns: Vec<String>,
    /// Valid only in the past.
    pub expired: bool,
}

/// A certificate and its key: as files for Envoy, as bytes for clients.
#[derive(Debug)]
pub struct Identity {
    /// The certificate in PEM.
    pub certificate_file: PathBuf,
    /// The private key in PEM.
    pub key_file: PathBuf,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Errors
    /// When the certificate cannot be made or written.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let folder = TempDir::with_prefix("heliast-pki-")?;
        let file = folder.path().join("ca.pem");
        write(&file, &issuer.pem())?;
        let certificate = issuer.der().clone();
        Ok(Self {
            issuer,
            certificate,
            folder,
            file,
        })
    }

    /// The authority's own certificate in PEM.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The authority's own certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Signs a leaf; `name` is the base name of its files, and must be new.
    ///
    /// # Errors
    /// When a name of the leaf is not ASCII, or the files cannot be written.
    pub fn sign(&self, name: &str, leaf: &Leaf) -> Result<Identity> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        for uri in &leaf.uris {
            params
                .subject_alt_names
                .push(SanType::URI(uri.as_str().try_into()?));
        }
        for dns in &leaf.dns {
            params
                .subject_alt_names
                .push(SanType::DnsName(dns.as_str().try_into()?));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        if leaf.expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let file = |suffix| self.folder.path().join(format!("{name}.{suffix}.pem"));
        let (certificate_file, key_file) = (file("cert"), file("key"));
        write(&certificate_file, &certificate.pem())?;
        write(&key_file, &key.serialize_pem())?;
        let certificate = certificate.der().clone();
        Ok(Identity {
            certificate_file,
            key_file,
            certificate,
            key: key.serialize_der(),
        })
    }

    /// Signs a leaf with one SPIFFE name, as Istio gives a workload.
    ///
    /// # Errors
    /// As [`Authority::sign`].
    pub fn sign_workload(&self, domain: &str, namespace: &str, account: &str) -> Result<Identity> {
        let name = format!("{domain}.{namespace}.{account}");
        self.sign(
            &name,
            &Leaf::with_uris([spiffe(domain, namespace, account)]),
        )
    }
}

impl Leaf {
    /// A leaf with these URI names and no other.
    pub fn with_uris<S: Into<String>>(uris: impl IntoIterator<Item = S>) -> Self {
        Self {
            uris: uris.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl Identity {
    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The private key.
    #[must_use]
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

/// The name of a service account in a trust domain.
#[must_use]
pub fn spiffe(domain: &str, namespace: &str, account: &str) -> String {
    format!("spiffe://{domain}/ns/{namespace}/sa/{account}")
}

/// A key that signs bundles, in the forms that people have it in.
#[derive(Debug)]
pub struct SigningKey {
    /// PKCS#8, in PEM.
    pub private_pem: String,
    /// Its public half, in PEM.
    pub public_pem: String,
}

/// A new ed25519 key.
///
/// # Errors
/// When it cannot be made.
pub fn ed25519() -> Result<SigningKey> {
    let key = KeyPair::generate_for(&PKCS_ED25519)?;
    Ok(SigningKey {
        private_pem: key.serialize_pem(),
        public_pem: key.public_key_pem(),
    })
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
