//! What each endpoint answers, and under which conditions.

use super::client::Client;
use super::server::{Folder, Server, pod, policy, until};
use heliast::bundle::{BUNDLE_MEDIA_TYPE, DELTA_MEDIA_TYPE, Order};

const DELTA: (&str, &str) = ("accept", DELTA_MEDIA_TYPE);
const GZIP: (&str, &str) = ("accept-encoding", "gzip");

#[test]
fn the_whole_bundle_is_one_document_with_its_revision_as_tag() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let answer = server.get("/v1/bundle");
    let bundle = answer.json();
    assert_eq!(bundle["kind"], "Bundle");
    assert_eq!(format!("\"{}\"", bundle["revision"].as_str().unwrap()), tag);
    assert_eq!(answer.header("content-type"), Some(BUNDLE_MEDIA_TYPE));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
    assert_eq!(
        server.names(),
        [
            "NetworkPolicy cart",
            "Namespace shop",
            "Pod cart",
            "Pod web"
        ]
    );
    assert!(bundle["sequence"].as_u64().unwrap() > 1_700_000_000_000);
    assert!(bundle.get("for").is_none());
    assert!(bundle.get("signatures").is_none());
}

#[test]
fn a_pruned_bundle_is_for_its_workload() {
    let folder = Folder::shop();
    folder.write("more.yaml", &policy("web", "POST"));
    let server = folder.serve();
    server.ready();
    let cart = server.get("/v1/bundle/shop/cart").json();
    assert_eq!(cart["for"]["namespace"], "shop");
    assert_eq!(cart["for"]["pod"], "cart");
    assert_eq!(cart["for"]["peerBinding"], "AddressAndPrincipal");
    let text = cart["resources"].to_string();
    assert!(text.contains("\"GET\""), "{text}");
    assert!(!text.contains("\"POST\""), "{text}");
    // For which binding it is pruned is the server's to say.
    let path = "/v1/bundle/shop/cart?peerBinding=";
    for same in ["AddressAndPrincipal", "Address"] {
        assert_eq!(server.get(&format!("{path}{same}")).status, 200, "{same}");
    }
    let other = server.get(&format!("{path}Principal"));
    assert_eq!(other.status, 400);
    let text = other.text();
    assert!(text.contains("--peer-binding Principal"), "{text}");
    assert_eq!(server.metric("heliast_serve_pruned_bundles"), Some(1.0));
}

#[test]
fn the_server_says_for_which_binding_it_prunes() {
    let folder = Folder::shop();
    let path = folder.path().to_str().unwrap();
    let server = Server::start(&[path, "--peer-binding", "Principal"]);
    server.ready();
    let cart = server.get("/v1/bundle/shop/cart").json();
    assert_eq!(cart["for"]["peerBinding"], "Principal");
    let other = server.get("/v1/bundle/shop/cart?peerBinding=Address");
    assert_eq!(other.status, 400);
}

#[test]
fn a_program_is_handed_out_to_whoever_takes_it() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    let accept = ("accept", heliast::compiled::MEDIA_TYPE);
    let answer = server.ask("/v1/bundle/shop/cart", &[accept, GZIP]);
    let media = Some(heliast::compiled::MEDIA_TYPE);
    assert_eq!(answer.header("content-type"), media);
    assert_eq!(answer.header("content-encoding"), None);
    let opened = heliast::compiled::Opened::new(&answer.body).unwrap();
    assert_eq!(
        format!("\"{}\"", opened.head.statement.revision),
        answer.tag()
    );
    assert_eq!(opened.head.statement.audience.as_ref().unwrap().pod, "cart");
    let bundle = opened.load(&answer.body).unwrap();
    assert!(bundle.model.directory.read().pod("shop", "cart").is_some());
    let json = server.get("/v1/bundle/shop/cart");
    assert_eq!(json.tag(), answer.tag());
    let again = server.ask("/v1/bundle/shop/cart", &[accept]);
    assert_eq!(again.body, answer.body);
    let tag = answer.tag();
    let current = server.ask(
        "/v1/bundle/shop/cart",
        &[accept, ("if-none-match", tag.as_str())],
    );
    assert_eq!(current.status, 304);
    assert_eq!(server.ask("/v1/bundle", &[accept]).status, 406);
    folder.replace("policy.yaml", &policy("cart", "POST"));
    let path = "/v1/bundle/shop/cart?wait=20s";
    let next = server.ask(path, &[accept, ("if-none-match", tag.as_str())]);
    let opened = heliast::compiled::Opened::new(&next.body).unwrap();
    assert_ne!(next.tag(), tag);
    assert_eq!(
        format!("\"{}\"", opened.head.statement.revision),
        next.tag()
    );
}

#[test]
fn names_are_looked_up_and_never_joined_to_a_path() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    for path in [
        "/v1/bundle/shop/nobody",
        "/v1/bundle/nowhere/cart",
        "/v1/bundle/../pods.yaml",
        "/v1/bundle/shop/..",
        "/v1/bundle/%2e%2e/pods.yaml",
        "/v1/bundle/shop%2fcart",
        "/v1/bundle/shop/%2e%2e%2fcart",
        "/v1/bundle/shop/cart%00",
        "/v1/bundle/shop/%ff",
        "/v1/bundle/shop/cart/",
        "/v1/bundle/shop/cart/x",
        "/v1/bundle/",
        "/v1/bundle//cart",
        "//v1/bundle",
        "/etc/passwd",
        "/../../etc/passwd",
        "/",
    ] {
        let answer = server.get(path);
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        let text = answer.text();
        assert!(
            !text.contains("Pod") && !text.contains("root:"),
            "{path}: {text}"
        );
    }
    for raw in [
        "GET /v1/bundle/\0 HTTP/1.1\r\nhost: a\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
    ] {
        let mut client = Client::connect(server.address);
        client.write(raw.as_bytes()).unwrap();
        let status = client.answer(false).map(|answer| answer.status);
        assert!(
            status.as_ref().map_or(true, |status| *status == 400),
            "{raw:?}: {status:?}"
        );
    }
    server.ready();
}

#[test]
fn a_client_that_has_the_revision_gets_nothing() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let other = format!("\"{}\"", "0".repeat(64));
    for path in ["/v1/bundle", "/v1/bundle/shop/cart"] {
        let tag = server.get(path).tag();
        for has in [
            tag.clone(),
            format!("W/{tag}"),
            format!("{other}, {tag}"),
            "*".to_owned(),
        ] {
            let answer = server.ask(path, &[("if-none-match", &has)]);
            assert_eq!(answer.status, 304, "{has}");
            assert_eq!(answer.tag(), tag);
            assert!(answer.body.is_empty());
        }
        for has in [other.as_str(), "\"x\"", "", tag.trim_matches('"')] {
            let answer = server.ask(path, &[("if-none-match", has), DELTA]);
            assert_eq!(answer.status, 200, "{has}");
            assert_eq!(answer.json()["kind"], "Bundle");
        }
    }
    assert_eq!(server.ready(), tag);
}

#[test]
fn a_client_that_has_an_older_revision_gets_a_delta_if_it_takes_one() {
    let folder = Folder::shop();
    let server = folder.serve();
    let old = server.ready();
    let old_view = server.get("/v1/bundle/shop/cart").tag();
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    let new = server.changed(&old);
    assert_ne!(new, old);
    for (path, old) in [("/v1/bundle", &old), ("/v1/bundle/shop/cart", &old_view)] {
        // A view follows a moment behind the whole.
        let waiting = format!("{path}?wait=30s");
        let answer = server.ask(&waiting, &[("if-none-match", old), DELTA]);
        assert_eq!(answer.header("content-type"), Some(DELTA_MEDIA_TYPE));
        let delta = answer.json();
        assert_eq!(delta["kind"], "BundleDelta");
        assert_eq!(format!("\"{}\"", delta["from"].as_str().unwrap()), *old);
        assert_eq!(
            format!("\"{}\"", delta["to"].as_str().unwrap()),
            answer.tag()
        );
        assert_eq!(delta["upsert"].as_array().unwrap().len(), 1);
        assert_eq!(delta["remove"].as_array().unwrap().len(), 0);
        let whole = server.ask(path, &[("if-none-match", old)]);
        assert_eq!(whole.json()["kind"], "Bundle");
        assert_eq!(whole.tag(), answer.tag());
    }
    folder.remove("policy.yaml");
    server.changed(&new);
    let delta = server
        .ask("/v1/bundle", &[("if-none-match", &old), DELTA])
        .json();
    assert_eq!(delta["upsert"].as_array().unwrap().len(), 0);
    assert_eq!(delta["remove"][0]["name"], "cart");
}

#[test]
fn a_delta_that_is_larger_than_the_whole_is_not_sent() {
    let folder = Folder::empty();
    let pods: Vec<String> = (0..200)
        .map(|number| pod(&format!("p{number}"), number))
        .collect();
    folder.write("keep.yaml", &pod("cart", 300));
    folder.write("pods.yaml", &pods.concat());
    let server = folder.serve();
    let old = server.ready();
    folder.remove("pods.yaml");
    server.changed(&old);
    let answer = server.ask("/v1/bundle", &[("if-none-match", &old), DELTA]);
    assert_eq!(answer.json()["kind"], "Bundle");
    assert_eq!(server.names(), ["Pod cart"]);
}

#[test]
fn gzip_where_it_helps_and_is_taken() {
    let folder = Folder::empty();
    let pods: Vec<String> = (0..50)
        .map(|number| pod(&format!("p{number}"), number))
        .collect();
    folder.write("pods.yaml", &pods.concat());
    let server = folder.serve();
    let old = server.ready();
    let plain = server.get("/v1/bundle");
    let zipped = server.ask("/v1/bundle", &[GZIP]);
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.tag(), plain.tag());
    assert!(zipped.body.len() * 2 < plain.body.len());
    assert_eq!(zipped.unzipped(), plain.body);
    folder.write("one.yaml", &pod("cart", 300));
    server.changed(&old);
    let delta = server.ask("/v1/bundle", &[("if-none-match", &old), DELTA, GZIP]);
    assert_eq!(
        delta.header("content-encoding"),
        None,
        "a small body stays as it is"
    );
    assert_eq!(delta.json()["kind"], "BundleDelta");
}

#[test]
fn head_is_get_without_the_body() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    let mut client = Client::connect(server.address);
    for path in [
        "/v1/bundle",
        "/v1/bundle/shop/cart",
        "/readyz",
        "/v1/status",
    ] {
        let got = client.ask("GET", path, &[]);
        let head = client.ask("HEAD", path, &[]);
        assert_eq!(head.status, got.status, "{path}");
        assert_eq!(head.header("etag"), got.header("etag"), "{path}");
        assert_eq!(
            head.header("content-length"),
            got.header("content-length"),
            "{path}"
        );
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        assert_eq!(
            client.ask(method, "/v1/bundle", &[]).status,
            405,
            "{method}"
        );
    }
}

#[test]
fn parameters_that_are_wrong_are_refused() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    for query in [
        "wait=30",
        "wait=301s",
        "wait=-1s",
        "wait=",
        "peerBinding=None",
        "pod=x",
    ] {
        for path in ["/v1/bundle", "/v1/bundle/shop/cart"] {
            let answer = server.ask(&format!("{path}?{query}"), &[("if-none-match", &tag)]);
            assert_eq!(answer.status, 400, "{path}?{query}");
            assert!(answer.text().contains('`'), "{}", answer.text());
        }
    }
}

#[test]
fn status_tells_what_is_served() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let status = server.status();
    assert_eq!(status["kind"], "ServerStatus");
    assert_eq!(
        format!("\"{}\"", status["bundle"]["revision"].as_str().unwrap()),
        tag
    );
    assert_eq!(status["bundle"]["objects"], 4);
    assert_eq!(status["source"]["files"], 3);
    assert_eq!(status["source"]["error"], serde_json::Value::Null);
    assert_eq!(server.get("/healthz").text(), "ok\n");
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.text(),
        format!("serving revision {}\n", tag.trim_matches('"'))
    );
}

#[test]
fn warnings_stand_in_the_status() {
    let folder = Folder::shop();
    folder.write(
        "policy.yaml",
        &policy("cart", "GET").replace("  types: [Ingress]\n", ""),
    );
    let server = folder.serve();
    server.ready();
    let warnings = until("warnings are listed", || {
        let status = server.status();
        let list = status["source"]["warnings"].as_array().cloned();
        list.filter(|list| !list.is_empty())
            .ok_or_else(|| status.to_string())
    });
    assert_eq!(warnings[0]["code"], "missing-types");
    let file = warnings[0]["file"].as_str().unwrap();
    assert!(file.ends_with("policy.yaml"), "{file}");
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    server.get("/nowhere");
    let answer = server.get("/metrics");
    let media_type = answer.header("content-type").unwrap();
    assert!(
        media_type.starts_with("application/openmetrics-text"),
        "{media_type}"
    );
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"));
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("heliast_serve_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    for line in text.lines().filter(|line| line.starts_with("# ")) {
        let words = [
            "# HELP heliast_serve_",
            "# TYPE heliast_serve_",
            "# EOF",
            "# UNIT",
        ];
        assert!(words.iter().any(|word| line.starts_with(word)), "{line}");
    }
    let shown = server.metric("heliast_serve_bundle_revision").unwrap();
    let shown: u64 = format!("{shown:.0}").parse().unwrap();
    assert!(
        tag.starts_with(&format!("\"{shown:012x}")),
        "{shown:x} {tag}"
    );
    let unknown = "heliast_serve_requests_total{endpoint=\"other\",status=\"404\"}";
    assert_eq!(server.metric(unknown), Some(1.0));
    assert_eq!(server.metric("heliast_serve_source_in_error"), Some(0.0));
}

#[test]
fn signed_bundles_verify_and_their_sequence_grows_over_restarts() {
    let folder = Folder::shop();
    let keys = Folder::empty();
    let key = heliast_cli::signing_key::SigningKey::generate().unwrap();
    keys.write("key.pem", &key.private_pem().unwrap());
    let path = keys.file("key.pem");
    let arguments = [
        folder.path().to_str().unwrap(),
        "--signing-key",
        path.to_str().unwrap(),
    ];
    let mut last = Order::of_number(0);
    let mut check = |server: &Server, path: &str, headers: &[(&str, &str)]| {
        let answer = server.ask(path, headers);
        assert_eq!(answer.status, 200);
        let pace = heliast::pace::Pace::unbounded();
        let open = heliast::bundle::Document::open(&answer.body, &pace);
        let document = heliast::pace::at_once(open).unwrap();
        assert_eq!(document.signatures.len(), 1, "{path}");
        assert!(
            key.public()
                .has_signed(&document.statement, &document.signatures[0]),
            "{path}"
        );
        let sequence = document.statement.order.unwrap();
        assert!(sequence >= last, "{path}: {sequence} after {last}");
        last = sequence;
    };
    for method in ["GET", "PUT"] {
        folder.replace("policy.yaml", &policy("cart", method));
        let server = Server::start(&arguments);
        let old = server.ready();
        check(&server, "/v1/bundle", &[]);
        check(&server, "/v1/bundle/shop/cart", &[]);
        folder.replace("policy.yaml", &policy("cart", "HEAD"));
        server.changed(&old);
        check(&server, "/v1/bundle", &[("if-none-match", &old), DELTA]);
        check(&server, "/v1/bundle/shop/cart", &[]);
    }
}
