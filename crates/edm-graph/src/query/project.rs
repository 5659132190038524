//! `$select`: what of an element is answered.

use serde_json::Value;

use super::options::QueryOptions;

/// Leaves only what was selected, what was expanded, and annotations.
pub fn project(element: &mut Value, options: &QueryOptions) {
    let (Some(selected), Value::Object(fields)) = (&options.select, element) else {
        return;
    };
    fields.retain(|name, _| {
        // `sessions@odata.count` goes with `sessions`.
        let owner = name.split('@').next().unwrap_or("");
        owner.is_empty()
            || selected.contains(&owner)
            || options.expand.iter().any(|expand| expand.name == owner)
    });
}
