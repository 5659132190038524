//! Microsoft Graph's `dataClassification` over the wire: every path and method, types in paths,
//! jobs, etags, preferences, unknown properties. Also places, repeats, compressed bodies, and the
//! two pages that the project began with.

mod compressed;
mod etags;
mod go_client;
mod handling;
mod jobs;
mod pages;
mod paths;
mod repeats;
mod stores;
mod telling;
#[path = "../world/mod.rs"]
mod world;

use serde_json::Value;

/// Returns a text of a body.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text '{name}' in {value}"))
}
