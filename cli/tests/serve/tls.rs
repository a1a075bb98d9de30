//! TLS: who is let in, and who may have which bundle.

use super::client::{Answer, Client};
use super::server::{Folder, PATIENCE, Server, until};
use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

/// An authority, and what it issues.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Issued {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, names: &[&str]) -> Issued {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        let name = |name: &&str| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::URI(Ia5String::try_from(*name).unwrap()),
        };
        params.subject_alt_names = names.iter().map(name).collect();
        Issued {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A server with a certificate, which asks for one.
struct Mutual {
    folder: Folder,
    files: Folder,
    authority: Authority,
}

impl Mutual {
    fn new() -> Self {
        let authority = Authority::new();
        let files = Folder::empty();
        let issued = authority.issue(&["127.0.0.1"]);
        files.write("tls.crt", &issued.certificate);
        files.write("tls.key", &issued.key);
        files.write("ca.crt", &authority.pem());
        Self {
            folder: Folder::shop(),
            files,
            authority,
        }
    }

    fn serve(&self, more: &[&str]) -> Server {
        let file = |name| self.files.file(name).to_str().unwrap().to_owned();
        let (certificate, key, authority) = (file("tls.crt"), file("tls.key"), file("ca.crt"));
        let arguments = [
            self.folder.path().to_str().unwrap(),
            "--tls-cert",
            &certificate,
            "--tls-key",
            &key,
            "--client-ca",
            &authority,
        ];
        Server::start(&[&arguments, more].concat())
    }

    fn ask(&self, server: &Server, issued: Option<&Issued>, path: &str) -> Option<Answer> {
        self.ask_at(server.address, issued, path)
    }

    fn ask_at(&self, at: SocketAddr, issued: Option<&Issued>, path: &str) -> Option<Answer> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match issued {
            None => builder.with_no_client_auth(),
            Some(issued) => {
                let chain = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![chain], key).unwrap()
            }
        };
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client::over(StreamOwned::new(session, stream), at);
        client.send("GET", path, &[]).ok()?;
        client.answer(false).ok()
    }

    /// Waits until a client with this certificate gets a bundle.
    fn hands_out(&self, server: &Server, issued: &Issued) {
        until("it hands out a bundle", || {
            let answer = self.ask(server, Some(issued), "/v1/bundle");
            let answer = answer.unwrap_or_default();
            (answer.status == 200)
                .then_some(())
                .ok_or_else(|| answer.text())
        });
    }

    fn ready(server: &Server) {
        until("it is ready", || {
            let answer = server.get("/readyz");
            (answer.status == 200)
                .then_some(())
                .ok_or_else(|| answer.text())
        });
    }
}

const CART: &str = "spiffe://cluster.local/ns/shop/sa/cart";

#[test]
fn only_clients_of_the_authority_are_let_in() {
    let mutual = Mutual::new();
    let server = mutual.serve(&[]);
    let known = mutual.authority.issue(&[CART]);
    Mutual::ready(&server);
    assert_eq!(
        mutual
            .ask(&server, Some(&known), "/v1/bundle")
            .unwrap()
            .status,
        200
    );
    assert!(mutual.ask(&server, None, "/v1/bundle").is_none());
    let stranger = Authority::new().issue(&[CART]);
    assert!(mutual.ask(&server, Some(&stranger), "/v1/bundle").is_none());
    let mut plain = Client::connect(server.address);
    plain.send("GET", "/v1/bundle", &[]).unwrap();
    assert!(plain.answer(false).is_err());
    let refused = server.get("/metrics").text();
    let line = "heliast_serve_refused_connections_total{reason=\"handshake\"} 3";
    assert!(refused.contains(line), "{refused}");
}

#[test]
fn a_sidecar_may_have_its_own_bundle_only() {
    let mutual = Mutual::new();
    let server = mutual.serve(&["--own-bundle-only"]);
    let cart = mutual.authority.issue(&[CART]);
    Mutual::ready(&server);
    let status =
        |issued: &Issued, path: &str| mutual.ask(&server, Some(issued), path).unwrap().status;
    assert_eq!(status(&cart, "/v1/bundle/shop/cart"), 200);
    for path in [
        "/v1/bundle",
        "/v1/bundle/shop/web",
        "/v1/bundle/shop/nobody",
        "/v1/bundle/lab/cart",
    ] {
        assert_eq!(status(&cart, path), 403, "{path}");
    }
    for names in [
        &["spiffe://cluster.local/ns/lab/sa/cart"][..],
        &["spiffe://cluster.local/ns/shop/sa/web"],
        // The same names in another mesh that this authority issues for.
        &["spiffe://other.example/ns/shop/sa/cart"],
        &["spiffe://CLUSTER.local/ns/shop/sa/cart"],
        &["https://cluster.local/ns/shop/sa/cart"],
        // Two identities are none.
        &[CART, "spiffe://cluster.local/ns/shop/sa/web"],
        &["10.0.0.1"],
    ] {
        let other = mutual.authority.issue(names);
        assert_eq!(status(&other, "/v1/bundle/shop/cart"), 403, "{names:?}");
    }
}

#[test]
fn the_trust_domain_of_the_mesh_can_be_named() {
    let mutual = Mutual::new();
    let server = mutual.serve(&["--own-bundle-only", "--trust-domain", "other.example"]);
    Mutual::ready(&server);
    let status = |name: &str| {
        let issued = mutual.authority.issue(&[name]);
        let answer = mutual.ask(&server, Some(&issued), "/v1/bundle/shop/cart");
        answer.unwrap().status
    };
    assert_eq!(status("spiffe://other.example/ns/shop/sa/cart"), 200);
    assert_eq!(status(CART), 403);
}

#[test]
fn how_it_is_doing_is_told_at_an_address_of_its_own_alone() {
    let mutual = Mutual::new();
    let server = mutual.serve(&[]);
    Mutual::ready(&server);
    let cart = mutual.authority.issue(&[CART]);
    for path in ["/healthz", "/readyz", "/metrics", "/v1/status"] {
        assert_eq!(server.get(path).status, 200, "{path}");
        let answer = mutual.ask(&server, Some(&cart), path).unwrap();
        assert_eq!(answer.status, 404, "{path}");
    }
    for path in ["/v1/bundle", "/v1/bundle/shop/cart"] {
        let answer = Client::connect(server.health).ask("GET", path, &[]);
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn beyond_loopback_it_is_told_over_tls_and_to_strangers_only_that_it_is_ready() {
    let mutual = Mutual::new();
    let server = mutual.serve(&["--health-listen", "0.0.0.0:0"]);
    let health = SocketAddr::from(([127, 0, 0, 1], server.health.port()));
    let cart = mutual.authority.issue(&[CART]);
    let ask = |issued, path: &str| mutual.ask_at(health, issued, path).unwrap_or_default();
    until("it is ready", || {
        let answer = ask(None, "/readyz");
        (answer.status == 200).then_some(()).ok_or(answer.text())
    });
    assert_eq!(ask(None, "/healthz").status, 200);
    for path in ["/metrics", "/v1/status"] {
        assert_eq!(ask(None, path).status, 403, "{path}");
        assert_eq!(ask(Some(&cart), path).status, 200, "{path}");
    }
    let mut plain = Client::connect(health);
    plain.send("GET", "/readyz", &[]).unwrap();
    assert!(plain.answer(false).is_err());
}

#[test]
fn renewed_certificates_are_used_without_a_restart() {
    let mut mutual = Mutual::new();
    let server = mutual.serve(&[]);
    let known = mutual.authority.issue(&[CART]);
    mutual.hands_out(&server, &known);
    let next = Authority::new();
    let issued = next.issue(&["127.0.0.1"]);
    mutual.files.replace("tls.crt", &issued.certificate);
    mutual.files.replace("tls.key", &issued.key);
    mutual.files.replace("ca.crt", &next.pem());
    mutual.authority = next;
    let known = mutual.authority.issue(&[CART]);
    mutual.hands_out(&server, &known);
}

#[test]
fn a_key_that_does_not_fit_is_refused() {
    let mutual = Mutual::new();
    let other = mutual.authority.issue(&["127.0.0.1"]);
    mutual.files.write("other.key", &other.key);
    let file = |name| mutual.files.file(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("tls.crt"), file("other.key"));
    let folder = mutual.folder.path().to_str().unwrap();
    let arguments = [
        folder,
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        &certificate,
        "--tls-key",
        &key,
    ];
    let (code, err) = super::server::run(&arguments);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cannot be used with the key in"), "{err}");
}
