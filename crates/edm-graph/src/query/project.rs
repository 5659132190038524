//! `$select`: which properties of an element an answer contains.

use serde_json::Value;

use super::options::QueryOptions;

/// Keeps only what was selected, what was expanded, and annotations.
pub fn project(element: &mut Value, options: &QueryOptions) {
    let (Some(selected), Value::Object(fields)) = (&options.select, element) else {
        return;
    };
    fields.retain(|name, _| {
        // `sessions@odata.count` is kept with `sessions`.
        let owner = name.split('@').next().unwrap_or("");
        owner.is_empty()
            || selected.contains(&owner)
            || options.expand.iter().any(|expand| expand.name == owner)
    });
}
