//! Links lead somewhere.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, ensure};

use super::pages;

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() -> Result<()> {
    let pages: BTreeMap<_, _> = pages()?.into_iter().collect();
    let mut broken = Vec::new();
    let mut followed = 0;
    for (file, page) in &pages {
        let folder = file.parent().unwrap_or(Path::new("/"));
        for (line, link) in &page.links {
            if ["https:", "http:", "mailto:"]
                .iter()
                .any(|scheme| link.starts_with(scheme))
            {
                continue;
            }
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => file.clone(),
                path => plain(&folder.join(path)),
            };
            let leads = match (pages.get(&target), anchor) {
                (_, "") => target.exists(),
                (Some(page), anchor) => page.anchors.iter().any(|known| known == anchor),
                (None, _) => false,
            };
            if !leads {
                broken.push(format!("{}:{line}: {link}", file.display()));
            }
        }
    }
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    ensure!(followed >= 20, "only {followed} links");
    Ok(())
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}
