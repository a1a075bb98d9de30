//! What is mounted where, and whether the files that commands name are there.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use heliast_envoy_tests::install;
use serde_json::Value;

use super::file::unknown;
use crate::tree::{list, members, text_or_empty};

/// What `cargo xtask build` makes.
const BUILT: &str = "target/dist";

/// A folder of a container.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) target: PathBuf,
    pub(crate) source: Source,
    pub(crate) read_only: bool,
}

/// Where it comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A folder of the repository, by its path from the root.
    Repository(PathBuf),
    /// A volume; what is in it is not known before it runs.
    Volume(String),
}

pub(crate) fn complaints(project: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, volume) in members(project, "/volumes") {
        let known = ["driver", "driver_opts", "external", "labels", "name"];
        found.extend(unknown(name, volume, &known));
    }
    for (name, service) in members(project, "/services") {
        let mut mounted = Vec::new();
        for volume in list(service, "/volumes") {
            match mount(volume) {
                Ok(mount) => mounted.push(mount),
                Err(why) => found.push(format!("{name}: {why}")),
            }
        }
        let mut targets = BTreeSet::new();
        for mount in &mounted {
            let target = mount.target.display();
            if !mount.target.is_absolute() {
                found.push(format!("{name}: `{target}` is not absolute"));
            }
            if !targets.insert(&mount.target) {
                found.push(format!("{name}: two mounts at {target}"));
            }
            found.extend(missing(project, &mount.source).map(|why| format!("{name}: {why}")));
        }
        let commands = commands(service, &mounted);
        found.extend(commands.into_iter().map(|why| format!("{name}: {why}")));
    }
    found
}

/// The mounts of a service; those that are wrong are left out.
pub(crate) fn of(service: &Value) -> Vec<Mount> {
    let volumes = list(service, "/volumes").iter();
    volumes.filter_map(|volume| mount(volume).ok()).collect()
}

fn mount(volume: &Value) -> Result<Mount, String> {
    let source = |is_bind: bool, text: &str| match is_bind {
        true => Source::Repository(Path::new(text).components().collect()),
        false => Source::Volume(text.to_owned()),
    };
    if let Some(text) = volume.as_str() {
        let parts: Vec<_> = text.split(':').collect();
        let (from, target, mode) = match parts.as_slice() {
            [from, target] => (*from, *target, "rw"),
            [from, target, mode @ ("ro" | "rw")] => (*from, *target, *mode),
            _ => return Err(format!("volume `{text}`")),
        };
        return Ok(Mount {
            target: target.into(),
            source: source(from.starts_with(['.', '/']), from),
            read_only: mode == "ro",
        });
    }
    let known = ["bind", "read_only", "source", "target", "type", "volume"];
    if let Some(why) = unknown("a volume", volume, &known).pop() {
        return Err(why);
    }
    let kind = text_or_empty(volume, "/type");
    if !["bind", "volume"].contains(&kind) {
        return Err(format!("a mount of type `{kind}`"));
    }
    Ok(Mount {
        target: text_or_empty(volume, "/target").into(),
        source: source(kind == "bind", text_or_empty(volume, "/source")),
        read_only: volume.get("read_only").and_then(Value::as_bool) == Some(true),
    })
}

fn missing(project: &Value, source: &Source) -> Option<String> {
    match source {
        Source::Volume(name) => {
            let declared = project.pointer(&format!("/volumes/{name}")).is_some();
            (!declared).then(|| format!("volume `{name}` is not declared"))
        }
        Source::Repository(path) => {
            let built = path.components().collect::<PathBuf>() == Path::new(".").join(BUILT);
            let outside =
                path.is_absolute() || path.components().any(|part| part == Component::ParentDir);
            let there = install::root().join(path).exists() && !outside;
            (!built && !there).then(|| format!("{} is not there", path.display()))
        }
    }
}

/// Where a file of a container lies: in the repository or in a volume. None if no mount has it.
pub(crate) fn locate<'m>(mounts: &'m [Mount], path: &Path) -> Option<(&'m Source, PathBuf)> {
    let over = mounts
        .iter()
        .filter(|mount| path.starts_with(&mount.target));
    let mount = over.max_by_key(|mount| mount.target.components().count())?;
    let rest = path.strip_prefix(&mount.target).ok()?;
    Some((&mount.source, rest.to_path_buf()))
}

/// The words of a service's commands that name files, and what is wrong with them.
fn commands(service: &Value, mounts: &[Mount]) -> Vec<String> {
    let folder = Path::new(text_or_empty(service, "/working_dir"));
    let texts = ["/entrypoint", "/command"].map(|key| list(service, key));
    let texts = texts.into_iter().flatten().filter_map(Value::as_str);
    let words = texts.flat_map(|text| text.split([' ', '"', ';', '&', '=']));
    // Options, addresses and what a shell has yet to fill in are no names of files.
    let is_file = |word: &&str| word.contains('/') && !word.contains([':', '$', '-']);
    let mut found = Vec::new();
    for word in words.filter(is_file) {
        match locate(mounts, &folder.join(word)) {
            Some((Source::Repository(source), rest)) => {
                let file = install::root().join(source).join(rest);
                if !file.exists() {
                    found.push(format!("{word} is not there"));
                }
            }
            // An absolute one may be of the image.
            None if !word.starts_with('/') => found.push(format!("{word} is not mounted")),
            Some((Source::Volume(_), _)) | None => {}
        }
    }
    found
}
