//! The target of a request's address, and its name in the log: the route, and the ids in it.
//! Nothing else of a path is logged, because a client may put anything there: a value instead of an
//! id, a signature, a token.

use std::borrow::Cow;

use edm_graph::path::{self, Located};
use uuid::Uuid;

/// The bytes of the longest path that is read.
const PATH_BYTES_MAX: usize = 4 * 1024;

/// The target of a request.
pub(crate) struct Target {
    /// The path in the table; `None` if there is none.
    pub(crate) located: Option<Located>,
    /// Its name in the log.
    pub(crate) name: Cow<'static, str>,
}

impl Target {
    /// Reads a path as received.
    pub(crate) fn new(raw: &str) -> Self {
        if raw.len() > PATH_BYTES_MAX {
            return Self { located: None, name: OTHER };
        }
        let located = path::locate(raw);
        let name = match &located {
            _ if raw.split('/').nth(1) == Some(path::UPLOAD_ACCOUNT) => UPLOAD,
            Some(located) => name(located),
            None => OTHER,
        };
        Self { located, name }
    }
}

const OTHER: Cow<'static, str> = Cow::Borrowed("other");
const UPLOAD: Cow<'static, str> = Cow::Borrowed("upload");

/// Returns the template, with those parameters filled in that are ids.
fn name(located: &Located) -> Cow<'static, str> {
    // A GUID in its usual form may be logged: it is an id, or has the form of one.
    let is_id = |text: &str| text.len() == 36 && Uuid::try_parse(text).is_ok();
    if !located.parameters.iter().any(|parameter| is_id(parameter)) {
        return located.template.into();
    }
    let mut parameters = located.parameters.iter();
    let segments = located.template.split('/').map(|word| match word.starts_with('{') {
        true => parameters.next().map(String::as_str).filter(|parameter| is_id(parameter)).unwrap_or(word),
        false => word,
    });
    segments.collect::<Vec<_>>().join("/").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_by_its_route_and_its_ids_alone() {
        let check = |raw: &str, expected: &str| assert_eq!(Target::new(raw).name, expected, "{raw}");
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
