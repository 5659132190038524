//! The lenient reading of paths: case of segments, `name('key')`, double slashes,
//! `microsoft.graph.commit`, types in the path, `/beta` and `/v1.0`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::cast::{Cast, cast};
use super::{HEALTH, LABEL_JOBS, OPEN_API, POLICY_JOBS, READY, RESOURCES, UPLOAD, UPLOAD_ACCOUNT};

/// The number of segments of the longest path that is read.
const SEGMENTS_MAX: usize = 16;
pub(crate) const VERSIONS: &[&str] = &["beta", "v1.0"];
const NAMESPACE: &str = "microsoft.graph.";
/// The last segments that are actions or functions. Only these may have the namespace.
const OPERATIONS: &[&str] = &[
    "lookup",
    "rollback",
    "commit",
    "cancel",
    "renew",
    "classifyExactMatches",
    "redactExactMatches",
    "classifyFile",
    "classifyText",
    "evaluate",
    "computeRightsAndInheritance",
    "computeInheritance",
];
/// The characters to escape: all but the unreserved ones.
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

/// A path of the service, as a client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its template, one of the constants in [`path`](crate::path).
    pub template: &'static str,
    /// Its parameters, decoded, in the template's order.
    pub parameters: Vec<String>,
}

impl Located {
    /// Returns a parameter. Panics if the template has fewer.
    pub fn parameter(&self, position: usize) -> &str {
        self.parameters.get(position).expect("only parameters of the template are read")
    }

    const fn without_parameters(template: &'static str) -> Self {
        Self { template, parameters: Vec::new() }
    }
}

/// Returns which path of the service this is, in any of the lenient spellings; `None` if it is not
/// one. `path` is percent-encoded, as received.
pub fn locate(path: &str) -> Option<Located> {
    if let Some(template) = plain(path) {
        return Some(Located::without_parameters(template));
    }
    if let Some(template) = [HEALTH, READY, OPEN_API].into_iter().find(|known| *known == path) {
        return Some(Located::without_parameters(template));
    }
    if let Some(located) = locate_upload(path) {
        return Some(located);
    }
    let segments = segments(path)?;
    let segments = match segments.split_first() {
        Some((first, rest)) if VERSIONS.iter().any(|version| first.eq_ignore_ascii_case(version)) => rest,
        _ => segments.as_slice(),
    };
    RESOURCES.iter().find_map(|template| match_template(template, segments))
}

/// Returns the template that a path equals exactly after a version prefix, if it has no parameters.
/// A fast path with the same result as [`locate`].
fn plain(path: &str) -> Option<&'static str> {
    let below = VERSIONS.iter().find_map(|version| path.strip_prefix('/')?.strip_prefix(version));
    let below = below.unwrap_or(path);
    RESOURCES.iter().copied().find(|template| *template == below && !template.contains('{'))
}

/// Reads an address of the upload wire. Its spelling is strict, as Azure's clients write it.
fn locate_upload(path: &str) -> Option<Located> {
    let rest = path.strip_prefix('/')?.strip_prefix(UPLOAD_ACCOUNT)?.strip_prefix('/')?;
    let (container, blob) = rest.split_once('/')?;
    let is_one = |segment: &str| !segment.is_empty() && !segment.contains('/');
    // Both names are signed. A name that is not UTF-8 has no valid signature.
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    (is_one(container) && is_one(blob))
        .then(|| Located { template: UPLOAD, parameters: vec![decoded(container), decoded(blob)] })
}

/// Returns the decoded segments. Keys in parentheses become separate segments.
fn segments(path: &str) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let decoded = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
        match decoded.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, key)) => {
                segments.push(name.to_owned());
                let bare = key.strip_prefix('\'').and_then(|key| key.strip_suffix('\''));
                let key = bare.map_or_else(|| key.to_owned(), |key| key.replace("''", "'"));
                // `commit()` is a call without parameters. `sessions('')` is a key that no session
                // has, and not the collection.
                if bare.is_some() && key.is_empty() {
                    return None;
                }
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

fn match_template(template: &'static str, segments: &[String]) -> Option<Located> {
    let mut expected = template.split('/').filter(|segment| !segment.is_empty()).peekable();
    let mut parameters = Vec::new();
    // The collection or navigation that the path has reached, and whether a cast hides its members.
    let (mut navigation, mut hides_members, mut elsewhere) = ("", false, None);
    for segment in segments {
        let qualified = without_namespace(segment);
        if let Some(effect) = qualified.and_then(|name| cast(navigation, name)) {
            hides_members = effect == Cast::Base;
            if let Cast::Elsewhere(collection) = effect {
                elsewhere = Some(collection);
            }
            continue;
        }
        let word = expected.next()?;
        if word.starts_with('{') {
            if qualified.is_some() {
                // A name of the schema that does not apply here is not an id.
                return None;
            }
            parameters.push(segment.clone());
            continue;
        }
        let bare = match qualified {
            Some(name) if OPERATIONS.contains(&word) => name,
            _ => segment.as_str(),
        };
        if !bare.eq_ignore_ascii_case(word) {
            return None;
        }
        if !word.starts_with('$') {
            if hides_members {
                return None;
            }
            navigation = word;
        }
    }
    if expected.next().is_some() {
        return None;
    }
    let template = elsewhere.map_or(template, |collection| moved(template, collection));
    Some(Located { template, parameters })
}

/// Returns the path of one job collection as the path of another.
fn moved(template: &'static str, collection: &str) -> &'static str {
    let set = [LABEL_JOBS, POLICY_JOBS].into_iter().find(|known| known.ends_with(collection));
    let rest = template.split('/').skip(3);
    let moved = rest.fold(set.unwrap_or(LABEL_JOBS).to_owned(), |path, segment| format!("{path}/{segment}"));
    RESOURCES.iter().copied().find(|known| *known == moved).unwrap_or(template)
}

fn without_namespace(segment: &str) -> Option<&str> {
    let (namespace, name) = segment.split_at_checked(NAMESPACE.len())?;
    namespace.eq_ignore_ascii_case(NAMESPACE).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::{SERVICE, STORE, STORES_COUNT};

    /// Returns the canonical address that a path is read as.
    fn canonical(path: &str) -> Option<String> {
        locate(path).map(filled)
    }

    fn filled(Located { template, parameters }: Located) -> String {
        fill(template, &parameters.iter().map(String::as_str).collect::<Vec<_>>())
    }

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
    fn a_type_in_the_path_is_one_that_the_elements_have() {
        let session = "/dataClassification/exactMatchDataStores/s1/sessions/e1";
        let sessions = "/dataClassification/exactMatchDataStores/s1/sessions";
        let jobs = "/dataClassification/jobs";
        let casts = |below: &str, types: &[&str], expected: Option<&str>| {
            for name in types {
                check(&below.replace('@', &format!("microsoft.graph.{name}")), expected);
            }
        };
        let of_session = ["exactMatchSession", "exactMatchSessionBase", "exactMatchJobBase", "entity"];
        casts("/beta/dataClassification/exactMatchDataStores/s1/sessions/@", &of_session, Some(sessions));
        casts("/beta/dataClassification/exactMatchDataStores/s1/sessions/e1/@", &of_session, Some(session));
        casts("/beta/dataClassification/exactMatchDataStores/s1/sessions/@/e1", &of_session, Some(session));
        let count = format!("{sessions}/$count");
        casts("/dataClassification/exactMatchDataStores/s1/sessions/@/$count", &of_session, Some(&count));
        let commit = format!("{session}/commit");
        casts(
            "/dataClassification/exactMatchDataStores('s1')/sessions('e1')/@/microsoft.graph.Commit",
            &["exactMatchSession", "EXACTMATCHSESSION"],
            Some(&commit),
        );
        let bases = of_session.get(1..).expect("bases");
        casts("/dataClassification/exactMatchDataStores/s1/sessions/e1/@/commit", bases, None);
        casts("/dataClassification/exactMatchDataStores/s1/sessions/e1/@/uploadAgent", bases, None);
        casts("/dataClassification/exactMatchDataStores/@/s1/sessions", &["exactMatchDataStoreBase"], None);
        casts(
            "/dataClassification/exactMatchDataStores/@/s1/sessions",
            &["exactMatchDataStore"],
            Some(sessions),
        );
        casts("/dataClassification/@/jobs", &["dataClassificationService"], Some(jobs));
        casts("/dataClassification/@/jobs", &["entity"], None);
        for empty in [
            "exactMatchDataStores('')",
            "exactMatchDataStores(%27%27)/sessions",
            "exactMatchDataStores/s1/sessions('')",
        ] {
            assert_eq!(canonical(&format!("/beta/dataClassification/{empty}")), None, "{empty}");
        }
        casts(
            "/dataClassification/jobs/@",
            &["jobResponseBase", "classificationJobResponse", "entity"],
            Some(jobs),
        );
        // The service has no elements of that type, so the cast leads to a collection that is
        // always empty.
        casts("/dataClassification/jobs/@", &["evaluateLabelJobResponse"], Some(LABEL_JOBS));
        let policy_job = format!("{POLICY_JOBS}/j1");
        casts(
            "/dataClassification/classifyFileJobs/@/j1",
            &["dlpEvaluatePoliciesJobResponse"],
            Some(&policy_job),
        );
        let unknown = ["exactMatchUploadAgent", "nothing", "", "commit"];
        casts("/dataClassification/exactMatchDataStores/s1/sessions/@", &unknown, None);
        casts("/dataClassification/exactMatchDataStores/@", &["exactMatchSession", "sessions"], None);
        check("/dataClassification/microsoft.graph.exactMatchDataStores", None);
        check(
            "/dataClassification/exactMatchDataStores/exactMatchDataStore",
            Some(&fill(STORE, &["exactMatchDataStore"])),
        );
    }

    #[test]
    fn a_function_has_its_parameters_in_parentheses() {
        let expected = fill(crate::path::LABELS_INHERITANCE, &["labelIds=@a,locale='en',contentFormats=@b"]);
        for spelling in ["computeInheritance", "microsoft.graph.computeInheritance"] {
            let path = format!(
                "/beta/dataClassification/sensitivityLabels/{spelling}(labelIds=@a,locale='en',contentFormats=@b)"
            );
            check(&path, Some(&expected));
        }
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
                assert_eq!(long_way.map(filled).as_deref(), expected, "{path}");
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
    fn what_is_not_graphs_is_read_letter_for_letter() {
        for path in [HEALTH, READY, OPEN_API] {
            check(path, Some(path));
        }
        check("/edmuploads/s1/e%31", Some("/edmuploads/s1/e1"));
        let odd = locate("/edmuploads/%FF/a%2Fb").expect("an address of the upload wire");
        assert_eq!((odd.template, odd.parameters), (UPLOAD, vec!["\u{FFFD}".to_owned(), "a/b".to_owned()]));
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
            "/beta/healthz",
            "/healthz/",
            "/edmuploads/s1",
            "/edmuploads/s1/e1/",
            "/edmuploads//e1",
            "/beta/edmuploads/s1/e1",
            "/beta/dataClassification/exactMatchDataStores/s/sessions/e/commit/more",
            "/beta/dataClassification/%FF",
            "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r",
        ] {
            check(path, None);
        }
    }
}
