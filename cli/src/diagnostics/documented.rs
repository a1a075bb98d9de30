//! Where the documents explain a warning.

/// The page that explains warnings with this code, and the place on it.
#[must_use]
pub fn documented(code: &str) -> String {
    let dialect = ["kubernetes", "cilium", "istio"]
        .into_iter()
        .find(|dialect| code.starts_with(&format!("{dialect}-")));
    format!("docs/warnings/{}.md#{code}", dialect.unwrap_or("calico"))
}
