//! A random walk of file edits: whoever applies the deltas ends where the server is.

use super::server::{Folder, Server, pod, policy};
use heliast::bundle::{Body, DELTA_MEDIA_TYPE, Document, Object, Revision, Store};
use heliast::pace::{Pace, at_once};
use std::collections::BTreeMap;

/// What a sidecar keeps.
#[derive(Default)]
struct Sidecar {
    path: &'static str,
    store: Store,
    tag: Option<String>,
    deltas: usize,
    wholes: usize,
}

impl Sidecar {
    /// Polls once, and takes what comes.
    fn poll(&mut self, server: &Server) {
        let tag = self.tag.clone().unwrap_or_default();
        let mut headers = vec![("accept", DELTA_MEDIA_TYPE)];
        if self.tag.is_some() {
            headers.push(("if-none-match", &tag));
        }
        let answer = server.ask(self.path, &headers);
        if answer.status == 304 {
            assert_eq!(answer.tag(), tag);
            return;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let pace = Pace::unbounded();
        let document = at_once(Document::open(&answer.body, &pace)).unwrap();
        let object = |range| Document::object(&answer.body, range).unwrap();
        match &document.body {
            Body::Whole { resources } => {
                self.wholes += 1;
                self.store = Store::default();
                for object in resources.iter().map(object) {
                    self.store.insert(object);
                }
            }
            Body::Delta {
                from,
                upsert,
                remove,
            } => {
                self.deltas += 1;
                assert_eq!(*from, self.store.revision());
                let upsert: Vec<Object> = upsert.iter().map(object).collect();
                let to = document.statement.revision;
                at_once(self.store.apply(upsert, remove, to, &pace)).unwrap();
            }
        }
        let revision: Revision = self.store.revision();
        assert_eq!(revision, document.statement.revision);
        assert_eq!(format!("\"{revision}\""), answer.tag());
        self.tag = Some(answer.tag());
    }

    fn text(&self) -> Vec<String> {
        self.store
            .objects()
            .map(|object| object.text.to_string())
            .collect()
    }
}

/// A generator that is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }

    /// What is to be in a file, if anything.
    fn text(&mut self, slot: u64) -> Option<String> {
        const METHODS: [&str; 4] = ["GET", "PUT", "POST", "DELETE"];
        let name = format!("slot{slot}");
        let address = usize::try_from(self.roll(40)).unwrap();
        match self.roll(4) {
            0 => None,
            1 => {
                let method = usize::try_from(self.roll(4)).unwrap();
                Some(policy(&name, METHODS[method]))
            }
            2 => Some(pod(&name, address)),
            // One that the policy of `cart` lets in.
            _ => Some(pod(&name, address).replace(&format!("app: {name}"), "app: web")),
        }
    }
}

#[test]
fn deltas_lead_to_what_is_served() {
    let folder = Folder::shop();
    // So that a delta is always smaller than the whole.
    let crowd: Vec<String> = (0..40)
        .map(|number| pod(&format!("crowd{number}"), number + 100))
        .collect();
    folder.write("crowd.yaml", &crowd.concat());
    let server = folder.serve();
    let mut tag = server.ready();
    let mut sidecars: Vec<Sidecar> = ["/v1/bundle", "/v1/bundle/shop/cart", "/v1/bundle/shop/web"]
        .into_iter()
        // Two of each: one polls always, one now and then.
        .flat_map(|path| [path, path])
        .map(|path| Sidecar {
            path,
            ..Sidecar::default()
        })
        .collect();
    let mut dice = Dice(7);
    let mut files: BTreeMap<u64, String> = BTreeMap::new();
    for _ in 0..40 {
        let slot = dice.roll(5);
        let name = format!("slot{slot}.yaml");
        let text = dice.text(slot);
        if files.get(&slot) == text.as_ref() {
            continue;
        }
        match &text {
            Some(text) => {
                folder.replace(&name, text);
                files.insert(slot, text.clone());
            }
            None => {
                folder.remove(&name);
                files.remove(&slot);
            }
        }
        tag = server.changed(&tag);
        for (position, sidecar) in sidecars.iter_mut().enumerate() {
            if position % 2 == 0 || dice.roll(4) == 0 {
                sidecar.poll(&server);
            }
        }
    }
    for sidecar in &mut sidecars {
        sidecar.poll(&server);
        let mut fresh = Sidecar {
            path: sidecar.path,
            ..Sidecar::default()
        };
        fresh.poll(&server);
        assert_eq!(sidecar.text(), fresh.text());
        // What `web` is sent is so little that the whole may be shorter than a delta.
        let is_small = sidecar.path.ends_with("/web");
        assert!(
            sidecar.wholes == 1 || is_small,
            "{} was sent whole again",
            sidecar.path
        );
    }
    let deltas: usize = sidecars.iter().map(|sidecar| sidecar.deltas).sum();
    assert!(deltas > 40, "{deltas}");
}
