//! Summary and customer: each asks the next one through its own sidecar.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use heliast_envoy_tests::{Call, Dial, Protocol, upstream};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::ACCOUNT;

/// `GET /account/<number>`.
pub(super) async fn summary(out: &Dial, path: &str) -> Response<Bytes> {
    let Some(account) = path.strip_prefix("/account/") else {
        return upstream::respond(StatusCode::NOT_FOUND, "no such page\n");
    };
    or_bad_gateway(
        read_account(out, account)
            .await
            .map(|account| format!("{account}\n")),
    )
}

/// Any page: they are all the same one.
pub(super) async fn customer(out: &Dial) -> Response<Bytes> {
    or_bad_gateway(page(out).await)
}

async fn read_account(out: &Dial, account: &str) -> Result<Value> {
    let value = async |field: &str| -> Result<Value> {
        let path = format!("/v2/keys/accounts/{account}/{field}");
        let answer = ask(out, "database:2379", &path).await?;
        Ok(answer.pointer("/node/value").cloned().unwrap_or_default())
    };
    Ok(json!({
        "account": account,
        "name": value("name").await?,
        "balance": value("balance").await?,
    }))
}

async fn page(out: &Dial) -> Result<String> {
    let summary = ask(out, "summary", &format!("/account/{ACCOUNT}")).await?;
    let text = |key| {
        summary
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("unknown")
    };
    Ok(format!(
        "<!doctype html>\n<title>YAO Bank</title>\n<h1>Welcome, {}</h1>\n<p>Your balance: {}</p>\n",
        text("name"),
        text("balance"),
    ))
}

async fn ask(out: &Dial, host: &str, path: &str) -> Result<Value> {
    let answer = out.call(Protocol::Http1, &Call::get(host, path)).await;
    let answer = answer.with_context(|| format!("{host} does not answer"))?;
    ensure!(answer.status == 200, "{host} answered {}", answer.status);
    serde_json::from_slice(&answer.body).with_context(|| format!("{host} did not answer in JSON"))
}

fn or_bad_gateway(body: Result<String>) -> Response<Bytes> {
    match body {
        Ok(body) => upstream::respond(StatusCode::OK, body),
        Err(error) => upstream::respond(StatusCode::BAD_GATEWAY, format!("{error:#}\n")),
    }
}
