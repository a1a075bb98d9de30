//! From the objects that are held to the model.

use super::reading::defined_twice;
use super::{Enforcing, refused};
use crate::bundle::{ObjectKey, Store};
use crate::fetch::refusal::Refusal;
use crate::model::{Changes, Directory, Model, SharedDirectory};
use crate::pace::Pace;
use crate::problem::Report;
use crate::resources::{Reader, calico};

/// The pods that the directory is to have.
pub(super) enum Base<'b> {
    /// Those of a new one, which has nothing else yet.
    New(Box<Directory>),
    /// Those of one that is there and stays as it is.
    Kept(SharedDirectory),
    /// Those of one that is there, changed, and all else anew.
    Changed(&'b SharedDirectory, &'b Changes),
}

/// Builds a model of the objects in the store, and of the pods of the directory.
pub(super) async fn build(
    base: Base<'_>,
    store: &Store,
    enforcing: &Enforcing,
    pace: &Pace,
) -> Result<Model, Refusal> {
    let report = Report::default();
    let mut reader = Reader::new(&report);
    let objects = || store.objects().enumerate();
    let mut around = objects().filter(|(_, object)| is_surroundings(&object.key));
    reader.read(&mut around, &|_| {}, pace).await;
    let directory: SharedDirectory = match base {
        Base::Kept(directory) => directory,
        Base::New(mut directory) => {
            let dressed = directory.dress(reader.resources(), pace).await;
            dressed.map_err(|pod| refused(&defined_twice(pod)))?;
            SharedDirectory::from(*directory)
        }
        Base::Changed(before, changes) => {
            let before = before.read();
            let renewed = before.renewed(changes, reader.resources(), pace).await;
            let (directory, rest) = renewed;
            rest.map_err(|pod| refused(&defined_twice(pod)))?;
            directory.into()
        }
    };
    let interest = enforcing.interest(&directory.read());
    let mut rest = objects().filter(|(_, object)| !is_surroundings(&object.key));
    let trim = |policy: &mut calico::Policy| interest.trim(policy);
    reader.read(&mut rest, &trim, pace).await;
    let resources = reader.finish(pace).await;
    if report.is_refused() {
        return Err(refused(&report.into_problems()));
    }
    let model = Model::over(directory, interest, &resources, pace).await;
    resources.release(pace).await;
    Ok(model)
}

/// Whether the directory has more of an object than pods.
pub(super) fn is_surroundings(key: &ObjectKey) -> bool {
    let kinds = [
        "Namespace",
        "ServiceAccount",
        "Node",
        "NetworkSet",
        "GlobalNetworkSet",
        "WorkloadGroup",
    ];
    kinds.contains(&&*key.kind) || key.kind.ends_with("List")
}
