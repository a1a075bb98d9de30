//! The programs in the pods.

mod database;
mod front;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use heliast_envoy_tests::{Dial, Upstream, upstream};
use hyper::StatusCode;

pub(crate) use database::{BALANCE, Database};

/// The account in the story.
pub(crate) const ACCOUNT: &str = "519940";

/// Keys and values.
pub(crate) async fn start_database(at: PathBuf, database: Arc<Database>) -> Result<Upstream> {
    Upstream::start(at, move |request| {
        let database = Arc::clone(&database);
        async move { database.serve(&request) }
    })
    .await
}

/// What an account is worth, from the database.
pub(crate) async fn start_summary(at: PathBuf, out: Dial) -> Result<Upstream> {
    Upstream::start(at, move |request| {
        let out = out.clone();
        async move { front::summary(&out, request.uri().path()).await }
    })
    .await
}

/// The page that customers see, from the summary.
pub(crate) async fn start_customer(at: PathBuf, out: Dial) -> Result<Upstream> {
    Upstream::start(at, move |_| {
        let out = out.clone();
        async move { front::customer(&out).await }
    })
    .await
}

/// A pod that serves nobody.
pub(crate) async fn start_nothing(at: PathBuf) -> Result<Upstream> {
    Upstream::start(at, async |_| {
        upstream::respond(StatusCode::NOT_FOUND, "nothing here\n")
    })
    .await
}
