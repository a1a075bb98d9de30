//! `heliast bundle build --for`.

use crate::process::{Folder, refused};

const BUILD: &str = "build policy.yaml workloads.yaml";

#[test]
fn a_pruned_bundle_is_smaller_and_says_for_whom_it_is() {
    let folder = Folder::shop();
    folder.good(&format!("{BUILD} --for lab/thief --out thief.json"));
    let json = folder.good("inspect thief.json --output json").json();
    let statement = &json["statement"];
    assert_eq!(statement["for"]["pod"], "thief");
    assert_eq!(statement["for"]["peerBinding"], "AddressAndPrincipal");
    assert_eq!(
        json["policy"]["tiers"].as_array().unwrap().len(),
        0,
        "{json}"
    );
    assert!(folder.read("thief.json").len() < folder.read("bundle.json").len());
    folder.good("verify thief.json");
    let order = folder.good("build workloads.yaml policy.yaml --for lab/thief");
    assert_eq!(order.out(), folder.read("thief.json"));
    let of_bundle = folder.good("build bundle.json --for lab/thief");
    assert_eq!(of_bundle.out(), folder.read("thief.json"));
}

#[test]
fn a_bundle_for_principals_says_so() {
    let folder = Folder::shop();
    folder.good(&format!(
        "{BUILD} --for shop/cart --peer-binding Principal --out cart.json"
    ));
    let json = folder.good("inspect cart.json --output json").json();
    assert_eq!(json["statement"]["for"]["peerBinding"], "Principal");
    let other = folder.good(&format!(
        "{BUILD} --for shop/cart --peer-binding AddressAndPrincipal"
    ));
    assert_eq!(
        other.out(),
        folder.good(&format!("{BUILD} --for shop/cart")).out()
    );
    assert_ne!(other.out(), folder.read("cart.json"));
}

#[test]
fn a_pruned_bundle_decides_as_the_whole_one_does() {
    let folder = Folder::shop();
    folder.good(&format!("{BUILD} --for shop/cart --out cart.json"));
    for request in [
        "--from 10.0.0.1 --principal spiffe://cluster.local/ns/shop/sa/web --path /cart --port 8080",
        "--from 10.0.0.1 --principal spiffe://cluster.local/ns/shop/sa/web --path /x --port 8080",
        "--from 10.0.0.3 --principal spiffe://cluster.local/ns/shop/sa/web --path /cart --port 8080",
        "--from 10.0.0.3 --principal spiffe://cluster.local/ns/lab/sa/thief --method DELETE --port 8080",
        "--from 192.0.2.1 --path /cart --port 8080",
    ] {
        let verdict = |bundle: &str| {
            let eval = format!("eval {bundle} --workload shop/cart {request} --output json");
            let ran = folder.feed(&eval, b"");
            (
                ran.code,
                ran.json()["rule"].clone(),
                ran.json()["decision"].clone(),
            )
        };
        assert_eq!(verdict("cart.json"), verdict("bundle.json"), "{request}");
    }
}

#[test]
fn deltas_lead_from_one_pruned_bundle_to_the_next() {
    let folder = Folder::shop();
    folder.good("keygen --out key.pem");
    let build = format!("{BUILD} --for shop/cart --sign-key key.pem");
    folder.good(&format!("{build} --sequence 1 --out old.json"));
    folder.edit("workloads.yaml", "10.0.0.1", "10.0.0.77");
    folder.good(&format!("{build} --sequence 2 --out new.json"));
    folder.good("diff old.json new.json --delta --out delta.json");
    assert!(folder.read("delta.json").contains("\"for\":{"));
    folder.good("apply old.json delta.json --out applied.json");
    assert_eq!(folder.read("applied.json"), folder.read("new.json"));
    refused(
        &folder,
        "apply bundle.json delta.json",
        2,
        "the delta is for revision",
    );
}

#[test]
fn a_pod_that_is_not_there_is_told() {
    let folder = Folder::shop();
    folder.write(
        "nothing.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    );
    folder.good(&format!("{BUILD} --for shop/cart --out cart.json"));
    for (arguments, said) in [
        (
            "build bundle.json --for shop/cat",
            "did you mean `shop/cart`?",
        ),
        (
            "build bundle.json --for a/b",
            "the pods are lab/pending, lab/thief, shop/cart, shop/web",
        ),
        ("build nothing.yaml --for a/b", "there is no pod at all"),
        ("build bundle.json --for cart", "write it as namespace/pod"),
        (
            "build bundle.json --peer-binding Principal",
            "--for <NAMESPACE/POD>",
        ),
        (
            "build bundle.json --for a/b --peer-binding principal",
            "possible values",
        ),
        (
            "build cart.json",
            "cart.json: this bundle was pruned for one workload",
        ),
        (
            "build cart.json --for shop/web",
            "cart.json: this bundle was pruned",
        ),
        (
            "diff bundle.json cart.json --delta",
            "the one is for everyone",
        ),
    ] {
        refused(&folder, arguments, 2, said);
    }
    assert!(
        folder
            .bundle("diff bundle.json cart.json")
            .out()
            .contains("for      everyone -> shop/cart")
    );
}

#[test]
fn a_pruned_bundle_is_not_asked_about_others() {
    let folder = Folder::shop();
    folder.good(&format!("{BUILD} --for shop/cart --out cart.json"));
    folder.good(&format!(
        "{BUILD} --for shop/cart --peer-binding Principal --out all.json"
    ));
    folder.write("principal.yaml", "peerBinding: Principal\n");
    let eval = |arguments: &str| folder.feed(&format!("eval {arguments} --from 10.0.0.1"), b"");
    for arguments in [
        "cart.json --workload shop/web",
        "all.json --workload shop/web",
        "cart.json --workload shop/cart --config principal.yaml",
    ] {
        let ran = eval(arguments);
        assert_eq!(ran.code, 2, "{}", ran.text());
        let said = "this bundle was pruned for shop/cart ";
        assert!(ran.err.contains(said), "{}", ran.text());
    }
    assert_eq!(
        eval("all.json --workload shop/cart --config principal.yaml").code,
        1
    );
    folder.edit("all.json", "\"peerBinding\"", "\"binding\"");
    let broken = eval("all.json --workload shop/cart");
    assert!(broken.err.contains("`for` must be"), "{}", broken.text());
}
