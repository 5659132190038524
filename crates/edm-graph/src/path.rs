//! Every path of the service in one table, for the router and for clients, and the lenient reading of paths:
//! case of segments, `name('key')`, double slashes, `microsoft.graph.commit`, `/beta` and `/v1.0`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The prefix that the service writes into addresses.
pub const BASE: &str = "/beta";
/// The service itself.
pub const SERVICE: &str = "/dataClassification";
/// Data stores.
pub const STORES: &str = "/dataClassification/exactMatchDataStores";
/// How many data stores.
pub const STORES_COUNT: &str = "/dataClassification/exactMatchDataStores/$count";
/// One data store.
pub const STORE: &str = "/dataClassification/exactMatchDataStores/{store}";
/// Looks up values in a store.
pub const STORE_LOOKUP: &str = "/dataClassification/exactMatchDataStores/{store}/lookup";
/// Makes the generation before live again.
pub const STORE_ROLLBACK: &str = "/dataClassification/exactMatchDataStores/{store}/rollback";
/// Sessions of a store.
pub const SESSIONS: &str = "/dataClassification/exactMatchDataStores/{store}/sessions";
/// How many sessions.
pub const SESSIONS_COUNT: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/$count";
/// What an older documentation page posts sessions to.
pub const SESSIONS_REF: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/$ref";
/// One session.
pub const SESSION: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}";
/// Ends the upload of a session.
pub const SESSION_COMMIT: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/commit";
/// Gives a session up.
pub const SESSION_CANCEL: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/cancel";
/// Gives a session a new upload address.
pub const SESSION_RENEW: &str = "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/renew";
/// The agent of a session.
pub const SESSION_AGENT: &str =
    "/dataClassification/exactMatchDataStores/{store}/sessions/{session}/uploadAgent";
/// Upload agents.
pub const AGENTS: &str = "/dataClassification/exactMatchUploadAgents";
/// How many upload agents.
pub const AGENTS_COUNT: &str = "/dataClassification/exactMatchUploadAgents/$count";
/// One upload agent.
pub const AGENT: &str = "/dataClassification/exactMatchUploadAgents/{agent}";
/// Sensitive types.
pub const TYPES: &str = "/dataClassification/sensitiveTypes";
/// How many sensitive types.
pub const TYPES_COUNT: &str = "/dataClassification/sensitiveTypes/$count";
/// One sensitive type.
pub const TYPE: &str = "/dataClassification/sensitiveTypes/{type}";
/// Finds records in a text.
pub const CLASSIFY: &str = "/dataClassification/classifyExactMatches";
/// Covers records in a text.
pub const REDACT: &str = "/dataClassification/redactExactMatches";
/// Types and actions, in CSDL.
pub const METADATA: &str = "/$metadata";
/// Paths and objects, in OpenAPI.
pub const OPEN_API: &str = "/openapi.json";
/// Whether the process lives.
pub const HEALTH: &str = "/healthz";
/// Whether live generations are loaded.
pub const READY: &str = "/readyz";
/// Where blocks go: the three segments that Azure's storage clients expect on a plain host.
pub const UPLOAD: &str = "/edmuploads/{container}/{blob}";
/// The account of the upload wire, the first segment of `UPLOAD`.
pub const UPLOAD_ACCOUNT: &str = "edmuploads";

/// Every path below `/beta`. Where a literal and a parameter could both match, the literal stands first.
pub const RESOURCES: &[&str] = &[
    SERVICE,
    STORES,
    STORES_COUNT,
    STORE,
    STORE_LOOKUP,
    STORE_ROLLBACK,
    SESSIONS,
    SESSIONS_COUNT,
    SESSIONS_REF,
    SESSION,
    SESSION_COMMIT,
    SESSION_CANCEL,
    SESSION_RENEW,
    SESSION_AGENT,
    AGENTS,
    AGENTS_COUNT,
    AGENT,
    TYPES,
    TYPES_COUNT,
    TYPE,
    CLASSIFY,
    REDACT,
    METADATA,
];

/// Segments of the longest path that is looked at.
const SEGMENTS_MAX: usize = 16;
const VERSIONS: &[&str] = &["beta", "v1.0"];
const NAMESPACE: &str = "microsoft.graph.";
/// Everything but the unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Returns the path below `/beta` with its parameters filled in, percent-encoded, in order.
pub fn fill(template: &str, parameters: &[&str]) -> String {
    let mut parameters = parameters.iter();
    let mut path = String::new();
    for segment in template.split('/').filter(|segment| !segment.is_empty()) {
        path.push('/');
        match segment.starts_with('{') {
            true => path.extend(utf8_percent_encode(parameters.next().copied().unwrap_or(""), ESCAPED)),
            false => path.push_str(segment),
        }
    }
    path
}

/// Returns the canonical form, without version prefix, of a path that a client wrote in any of the lenient
/// ways; `None` when it is none of the table's. `path` is still percent-encoded, as it came.
pub fn canonical(path: &str) -> Option<String> {
    if let Some(plain) = plain(path) {
        return Some(plain.to_owned());
    }
    let segments = segments(path)?;
    let segments = match segments.split_first() {
        Some((first, rest)) if VERSIONS.iter().any(|version| first.eq_ignore_ascii_case(version)) => rest,
        _ => segments.as_slice(),
    };
    RESOURCES.iter().find_map(|template| match_template(template, segments))
}

/// Returns the table's entry that a path is letter for letter behind a version prefix, if it has no parameters: what
/// `canonical` returns, without its work.
pub fn plain(path: &str) -> Option<&'static str> {
    let below = VERSIONS.iter().find_map(|version| path.strip_prefix('/')?.strip_prefix(version));
    let below = below.unwrap_or(path);
    RESOURCES.iter().copied().find(|template| *template == below && !template.contains('{'))
}

/// Returns the decoded segments, keys in parentheses as segments of their own.
fn segments(path: &str) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let decoded = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
        match decoded.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, key)) => {
                segments.push(name.to_owned());
                let bare = key.strip_prefix('\'').and_then(|key| key.strip_suffix('\''));
                let key = bare.map_or_else(|| key.to_owned(), |key| key.replace("''", "'"));
                // `commit()` is a call without parameters, not an empty key.
                if !key.is_empty() {
                    segments.push(key);
                }
            }
            None => segments.push(decoded),
        }
        if segments.len() > SEGMENTS_MAX {
            return None;
        }
    }
    Some(segments)
}

fn match_template(template: &str, segments: &[String]) -> Option<String> {
    let mut expected = template.split('/').filter(|segment| !segment.is_empty());
    let mut parameters = Vec::new();
    for segment in segments {
        let word = expected.next()?;
        if word.starts_with('{') {
            parameters.push(segment.as_str());
            continue;
        }
        let bare = match segment.split_at_checked(NAMESPACE.len()) {
            Some((namespace, bare)) if namespace.eq_ignore_ascii_case(NAMESPACE) => bare,
            _ => segment.as_str(),
        };
        if !bare.eq_ignore_ascii_case(word) {
            return None;
        }
    }
    if expected.next().is_some() { None } else { Some(fill(template, &parameters)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks what a path is read as.
    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(canonical(path).as_deref(), expected, "{path}");
    }

    #[test]
    fn reads_every_lenient_form() {
        let commit = "/dataClassification/exactMatchDataStores/s1/sessions/e1/commit";
        check("/beta/dataClassification/exactMatchDataStores/s1/sessions/e1/commit", Some(commit));
        check("/v1.0/dataclassification/EXACTMATCHDATASTORES/s1/Sessions/e1/Commit", Some(commit));
        check("/beta//dataClassification/exactMatchDataStores('s1')/sessions('e1')/commit", Some(commit));
        check("/beta/dataClassification/exactMatchDataStores(%27s1%27)/sessions/e1/commit()", Some(commit));
        check(
            "/beta/dataClassification/exactMatchDataStores/s1/sessions/e1/microsoft.graph.commit",
            Some(commit),
        );
        check("/beta/dataClassification/exactMatchDataStores/$count", Some(STORES_COUNT));
        check("/beta/dataClassification/exactMatchDataStores/%24count/", Some(STORES_COUNT));
        check("/dataClassification", Some(SERVICE));
    }

    #[test]
    fn a_plain_path_is_its_own_canonical_form() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(plain(path), expected, "{path}");
            if expected.is_some() {
                let segments = segments(path).expect("a path of the table");
                let below = segments.iter().skip_while(|segment| VERSIONS.contains(&segment.as_str()));
                let below: Vec<String> = below.cloned().collect();
                let long_way = RESOURCES.iter().find_map(|template| match_template(template, &below));
                assert_eq!(long_way.as_deref(), expected, "{path}");
            }
        };
        for template in RESOURCES.iter().copied() {
            let expected = (!template.contains('{')).then_some(template);
            check(template, expected);
            check(&format!("/beta{template}"), expected);
            check(&format!("/v1.0{template}"), expected);
        }
        check("/beta/dataclassification", None);
        check("/beta/dataClassification/", None);
        check("/betadataClassification", None);
        check("/beta", None);
        check("/beta/beta/dataClassification", None);
    }

    #[test]
    fn an_id_is_kept_as_it_came_whatever_is_in_it() {
        let odd = "/dataClassification/exactMatchDataStores/a%20b%2Fc%27%C3%A9%25%24";
        check("/beta/dataClassification/exactMatchDataStores/a%20b%2Fc%27%C3%A9%25%24", Some(odd));
        assert_eq!(fill(STORE, &["a b/c'é%$"]), odd);
    }

    #[test]
    fn leaves_other_paths_alone() {
        for path in [
            "/",
            "",
            "/beta",
            "/beta/me",
            "/beta/beta/dataClassification",
            "/healthz",
            "/beta/dataClassification/exactMatchDataStores/s/sessions/e/commit/more",
            "/beta/dataClassification/%FF",
            "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r",
        ] {
            check(path, None);
        }
    }
}
