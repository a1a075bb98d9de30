//! Modules that go wrong on command, in place of ours, which must not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Allows everything, and says so to the guard; but `on_configure` fails from the given call on.
/// Envoy calls it for the canary, for the main thread, then for each worker.
pub(crate) fn failing_from(call: u32) -> String {
    format!(
        r#"(module
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
  (import "env" "proxy_get_metric" (func $get (param i32 i32) (result i32)))
{COMMON}
  (data (i32.const 512) "stand_in_configured")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $define (i32.const 0) (i32.const 512) (i32.const 19) (i32.const 600)))
    (drop (call $increment (i32.load (i32.const 600)) (i64.const 1)))
    (drop (call $get (i32.load (i32.const 600)) (i32.const 608)))
    (i64.lt_u (i64.load (i32.const 608)) (i64.const {call})))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $allow)
    (i32.const 0)))"#
    )
}

/// Allows everything and marks it; a request with `x-trap` it allows first, and then traps.
pub(crate) fn trapping() -> String {
    format!(
        r#"(module
  (import "env" "proxy_get_header_map_value"
    (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value"
    (func $add (param i32 i32 i32 i32 i32) (result i32)))
{COMMON}
  (data (i32.const 512) "x-trap")
  (data (i32.const 528) "x-stand-in")
  (data (i32.const 544) "ran")
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $allow)
    (if (i32.eqz (call $header (i32.const 0) (i32.const 512) (i32.const 6)
                               (i32.const 600) (i32.const 604)))
      (then (unreachable)))
    (drop (call $add (i32.const 0) (i32.const 528) (i32.const 10)
                     (i32.const 544) (i32.const 3)))
    (i32.const 0)))"#
    )
}

/// What Envoy asks of every module, and the verdict that the guard waits for.
const COMMON: &str = r#"  (import "env" "proxy_set_property"
    (func $set_property (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 4096))
  (data (i32.const 256) "heliast_verdict")
  (data (i32.const 272) "allow")
  (func $allow
    (drop (call $set_property (i32.const 256) (i32.const 15) (i32.const 272) (i32.const 5))))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))"#;

/// Compiles a module into a file of this folder.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let file = folder.join(format!("{name}.wasm"));
    let bytes = wat::parse_str(text).context("no module")?;
    fs::write(&file, bytes)?;
    Ok(file)
}
