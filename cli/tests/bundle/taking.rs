//! The other commands take a bundle where they take manifests.

use crate::process::Folder;

#[test]
fn bundles_are_manifests_too() {
    let folder = Folder::shop();
    let packed = folder.good("build policy.yaml workloads.yaml --gzip").bytes;
    folder.write("packed.json.gz", &packed);
    for bundle in ["bundle.json", "packed.json.gz"] {
        let check = folder.feed(&format!("check {bundle}"), b"");
        assert_eq!(check.err, "ok: 8 objects, 3 policies, 4 workloads\n");
        let eval = folder.feed(
            &format!("eval {bundle} --workload shop/cart --from shop/web --path /cart --port 8080"),
            b"",
        );
        assert_eq!(eval.code, 0, "{}", eval.text());
        let place = format!("rule 0 of NetworkPolicy cart, {bundle}:3");
        assert!(eval.out().contains(&place), "{}", eval.text());
        let test = std::fs::read_to_string(crate::process::shop().join("test.yaml")).unwrap();
        folder.write(
            "test.yaml",
            test.replace("resources: [.]", &format!("resources: [{bundle}]")),
        );
        let test = folder.feed("test test.yaml", b"");
        assert_eq!(test.code, 0, "{}", test.text());
    }
    let piped = folder.feed("check -", &packed);
    assert_eq!(piped.code, 0, "{}", piped.text());
    folder.edit("bundle.json", "\"action\":\"Pass\"", "\"action\":\"Pas\"");
    let broken = folder.feed("check bundle.json", b"");
    assert!(
        broken.err.contains("--> bundle.json:2:"),
        "{}",
        broken.text()
    );
}
