//! What the log calls a request: its route, and the ids in it. Nothing else of a path gets into the log, because a
//! client may put anything there: a value instead of an id, a signature, a token.

use std::borrow::Cow;

use edm_graph::path;
use uuid::Uuid;

/// Returns the route of a path as it came: the template, with those of its parameters filled in that are ids.
pub(crate) fn route_name(raw: &str) -> Cow<'static, str> {
    if raw.len() > crate::routes::PATH_BYTES_MAX {
        return "other".into();
    }
    let health = [path::HEALTH, path::READY, path::OPEN_API].into_iter().find(|known| *known == raw);
    if let Some(known) = health.or_else(|| path::plain(raw)) {
        return known.into();
    }
    if raw.split('/').nth(1) == Some(path::UPLOAD_ACCOUNT) {
        return "upload".into();
    }
    let named = path::canonical(raw)
        .and_then(|canonical| path::RESOURCES.iter().find_map(|template| fill_ids(template, &canonical)));
    named.map_or(Cow::Borrowed("other"), Cow::Owned)
}

/// Returns the template with the path's ids, where the path is one of the template's.
fn fill_ids(template: &str, canonical: &str) -> Option<String> {
    let mut segments = canonical.split('/');
    let mut named = Vec::new();
    for word in template.split('/') {
        let segment = segments.next()?;
        let is_parameter = word.starts_with('{');
        if !is_parameter && word != segment {
            return None;
        }
        // A GUID written in the usual way is an id, or could be one of ours.
        let is_id = is_parameter && segment.len() == 36 && Uuid::try_parse(segment).is_ok();
        named.push(if is_id { segment } else { word });
    }
    segments.next().is_none().then(|| named.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_by_its_route_and_its_ids_alone() {
        let check = |raw: &str, expected: &str| assert_eq!(route_name(raw), expected, "{raw}");
        let id = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
        check("/beta/dataClassification/exactMatchDataStores", path::STORES);
        check("/v1.0/dataclassification/exactmatchdatastores/$count", path::STORES_COUNT);
        check("/beta/dataClassification/exactMatchDataStores('900-11-2222')", path::STORE);
        check("/beta/dataClassification/exactMatchDataStores/Langer/lookup", path::STORE_LOOKUP);
        check(
            &format!("/beta/dataClassification/exactMatchDataStores('{id}')/sessions/900-11-2222/commit"),
            &format!("/dataClassification/exactMatchDataStores/{id}/sessions/{{session}}/commit"),
        );
        check("/healthz", "/healthz");
        check("/openapi.json", "/openapi.json");
        check("/v1.0/%24metadata", path::METADATA);
        check("/edmuploads/a/900-11-2222", "upload");
        check("/beta/900-11-2222", "other");
        check("/beta/dataClassification/900-11-2222", "other");
        check("/", "other");
        check(&format!("/{}", "a".repeat(5_000)), "other");
    }
}
