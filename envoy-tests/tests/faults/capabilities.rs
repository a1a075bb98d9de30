//! A module that is not allowed what it needs: requests are denied, and nothing traps.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Dial, Envoy, Plugin, Protocol, guard};
use serde_json::{Value, json};

use crate::probe;
use crate::world::{self, ALICE, World};

/// Everything that a module could be allowed and ours may want.
const CAPABILITIES: &[&str] = &[
    "proxy_on_context_create",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
    "proxy_on_http_call_response",
    "proxy_on_done",
    "proxy_on_log",
    "proxy_on_delete",
    "proxy_log",
    "proxy_get_log_level",
    "proxy_get_property",
    "proxy_set_property",
    "proxy_get_buffer_bytes",
    "proxy_set_buffer_bytes",
    "proxy_get_header_map_pairs",
    "proxy_set_header_map_pairs",
    "proxy_get_header_map_value",
    "proxy_add_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_get_current_time_nanoseconds",
    "proxy_set_tick_period_milliseconds",
    "proxy_send_local_response",
    "proxy_continue_stream",
    "proxy_close_stream",
    "proxy_get_shared_data",
    "proxy_set_shared_data",
    "proxy_define_metric",
    "proxy_increment_metric",
    "proxy_record_metric",
    "proxy_get_metric",
    "proxy_http_call",
    "proxy_set_effective_context",
    "proxy_done",
    "proxy_call_foreign_function",
    "clock_time_get",
    "random_get",
    "environ_get",
    "environ_sizes_get",
    "args_get",
    "args_sizes_get",
    "fd_write",
    "fd_read",
    "fd_seek",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "sched_yield",
    "poll_oneoff",
    "path_open",
    "path_filestat_get",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "proc_exit",
];

/// Rules that need the peer and the headers.
fn rules() -> Value {
    json!([
        {"action": "Deny", "http": {"headers": [{"header": "x-role", "operator": "In", "values": ["admin"]}]}},
        {"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}},
    ])
}

/// A plugin that may do everything but this, in a virtual machine of its own.
fn without(forbidden: &str) -> Result<Value> {
    let plugin = Plugin {
        vm_id: format!("without-{forbidden}"),
        ..world::plugin(&rules())?
    };
    let mut filter = plugin.filter();
    let allowed = CAPABILITIES.iter().filter(|name| **name != forbidden);
    let allowed: BTreeMap<_, _> = allowed.map(|name| (*name, json!({}))).collect();
    let config = filter.pointer_mut("/typed_config/config");
    let config = config.and_then(Value::as_object_mut).context("no config")?;
    config.insert(
        "capability_restriction_config".into(),
        json!({"allowed_capabilities": allowed}),
    );
    Ok(filter)
}

async fn start(world: &World, forbidden: &str) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    let inbound = world.inbound("in").filter(without(forbidden)?);
    bootstrap.inbound(&inbound.filter(guard()));
    Envoy::start(bootstrap).await
}

async fn nothing_trapped(envoy: &Envoy) -> Result<()> {
    let reloads = envoy.admin().stat_sum("vm_reload").await?;
    ensure!(reloads == 0, "the module was reloaded");
    let records = envoy.access_log("in").records()?;
    let failed =
        |record: &heliast_envoy_tests::Record| record.text("details") == Some("wasm_fail_stream");
    ensure!(!records.iter().any(failed), "the module failed");
    Ok(())
}

#[tokio::test]
async fn with_everything_on_the_list_it_works() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world, "nothing").await?;
    probe::expect(&world, probe::at(&envoy, "in").await?, 200, 403).await?;
    nothing_trapped(&envoy).await
}

/// What it may not ask it does not know, and what it may not say the guard does not hear.
#[tokio::test]
async fn without_what_a_verdict_needs_everything_is_denied() -> Result<()> {
    let world = World::new()?;
    for forbidden in [
        "proxy_get_property",
        "proxy_get_header_map_pairs",
        "proxy_set_property",
        "proxy_on_request_headers",
    ] {
        let envoy = start(&world, forbidden).await?;
        let at = probe::at(&envoy, "in").await?;
        probe::expect(&world, at, 403, 403)
            .await
            .context(forbidden)?;
        nothing_trapped(&envoy).await.context(forbidden)?;
    }
    Ok(())
}

/// Then a denied request gets no answer at all, which is no way in either.
#[tokio::test]
async fn without_a_way_to_refuse_a_request_it_still_does_not_pass() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world, "proxy_send_local_response").await?;
    let at = probe::at(&envoy, "in").await?;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let call = Call::get("server", "/").header("x-role", "admin");
        let dial = Dial::new(at).from(ALICE).patience(Duration::from_secs(1));
        let answer = dial.call(protocol, &call).await;
        ensure!(
            !answer.as_ref().is_ok_and(|answer| answer.status == 200),
            "a denied request passed"
        );
    }
    ensure!(probe::status(at, "/").await? == 200, "Alice is refused");
    nothing_trapped(&envoy).await
}

/// Neither metrics nor logs are worth a verdict.
#[tokio::test]
async fn without_what_only_reports_verdicts_are_the_same() -> Result<()> {
    let world = World::new()?;
    for forbidden in ["proxy_define_metric", "proxy_increment_metric"] {
        let envoy = start(&world, forbidden).await?;
        let at = probe::at(&envoy, "in").await?;
        probe::expect(&world, at, 200, 403)
            .await
            .context(forbidden)?;
        nothing_trapped(&envoy).await.context(forbidden)?;
    }
    Ok(())
}
