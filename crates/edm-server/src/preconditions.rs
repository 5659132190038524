//! Conditions and preferences of a request: `If-Match`, `If-None-Match`, `Prefer: return=…`,
//! `Prefer: handling=…`.

use edm_graph::Handling;
use edm_service::{Expected, Revision, Revisions};
use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::message::Response;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefer {
    /// Only the address of the resource.
    Minimal,
    /// The resource.
    Representation,
}

impl Prefer {
    /// Returns the preference in the form that the answer repeats.
    pub(crate) const fn applied(self) -> &'static str {
        match self {
            Prefer::Minimal => "return=minimal",
            Prefer::Representation => "return=representation",
        }
    }
}

/// Returns the etag of a state. It is weak, because the representation of a state depends on
/// `$select` and on the caller.
pub(crate) fn etag(revision: Revision) -> String {
    format!("W/\"{revision}\"")
}

/// Returns the state that one of our etags names.
pub(crate) fn revision(etag: &str) -> Option<Revision> {
    opaque(etag)?.parse().ok()
}

/// Reads the conditions on the state.
pub(crate) fn expected(headers: &HeaderMap) -> Expected {
    Expected { is: revisions(headers, header::IF_MATCH), is_not: revisions(headers, header::IF_NONE_MATCH) }
}

/// Reads the preferred answer; the first preference counts.
pub(crate) fn prefer(headers: &HeaderMap) -> Option<Prefer> {
    preferred(headers, "return", |word| match word {
        "minimal" => Some(Prefer::Minimal),
        "representation" => Some(Prefer::Representation),
        _ => None,
    })
}

/// Reads the preferred handling of unknown properties; the first preference counts.
pub(crate) fn handling(headers: &HeaderMap) -> Option<Handling> {
    preferred(headers, "handling", |word| match word {
        "strict" => Some(Handling::Strict),
        "lenient" => Some(Handling::Lenient),
        _ => None,
    })
}

/// Returns that preference in the form that the answer repeats.
pub(crate) const fn handling_applied(handling: Handling) -> &'static str {
    match handling {
        Handling::Strict => "handling=strict",
        Handling::Lenient => "handling=lenient",
    }
}

/// Returns the first understood preference of a name; others are ignored (RFC 7240, section 2).
fn preferred<T>(headers: &HeaderMap, wanted: &str, understood: impl Fn(&str) -> Option<T>) -> Option<T> {
    let lines = headers.get_all("prefer").into_iter().filter_map(|line| line.to_str().ok());
    let wishes = lines.flat_map(|line| line.split(','));
    wishes.filter_map(|wish| wish.split(';').next()?.split_once('=')).find_map(|(name, value)| {
        let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
        is_wanted.then(|| understood(&value.trim().trim_matches('"').to_ascii_lowercase())).flatten()
    })
}

/// Returns the states that a header names. A foreign etag names no state, so it never matches.
fn revisions(headers: &HeaderMap, name: impl AsHeaderName) -> Option<Revisions> {
    let mut known = None;
    for line in headers.get_all(name) {
        let known = known.get_or_insert_with(Vec::new);
        for tag in line.to_str().unwrap_or("").split(',').map(str::trim) {
            if tag == "*" {
                return Some(Revisions::Any);
            }
            known.extend(revision(tag));
        }
    }
    known.map(Revisions::These)
}

/// Returns an etag without `W/` and quotes, since the comparison is weak.
fn opaque(etag: &str) -> Option<&str> {
    let strong = etag.strip_prefix("W/").unwrap_or(etag);
    strong.strip_prefix('"')?.strip_suffix('"')
}

/// Adds an applied preference to those that the response already names (RFC 7240, section 3).
pub(crate) fn preference_applied(response: &mut Response, applied: &str) {
    let before = response.headers().get(&PREFERENCE_APPLIED).and_then(|before| before.to_str().ok());
    let all = before.map_or_else(|| applied.to_owned(), |before| format!("{before}, {applied}"));
    if let Ok(value) = HeaderValue::from_str(&all) {
        response.headers_mut().insert(PREFERENCE_APPLIED, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().expect("the test's own header"));
        }
        headers
    }

    #[test]
    fn etags_are_compared_weakly_and_strange_ones_never_met() {
        let one = Revision::of(&1);
        let (weak, strong) = (etag(one), format!("\"{one}\""));
        let these = |known: &[Revision]| Some(Revisions::These(known.to_vec()));
        let check = |lines: &[&str], expected: Option<Revisions>| {
            assert_eq!(super::expected(&headers("if-match", lines)).is, expected, "{lines:?}");
            assert_eq!(super::expected(&headers("if-none-match", lines)).is_not, expected, "{lines:?}");
        };
        check(&[], None);
        check(&["*"], Some(Revisions::Any));
        check(&[&weak], these(&[one]));
        check(&[&strong], these(&[one]));
        check(&["\"other, with a comma\"", &format!("\"x\",{weak}")], these(&[one]));
        check(&["\"x\", *"], Some(Revisions::Any));
        check(&[&one.to_string(), "", "\"*\"", "W/\"", "\""], these(&[]));
    }

    #[test]
    fn the_first_wish_counts() {
        let check = |lines: &[&str], expected: Option<Prefer>| {
            assert_eq!(prefer(&headers("prefer", lines)), expected, "{lines:?}");
        };
        check(&[], None);
        check(&["return=minimal"], Some(Prefer::Minimal));
        check(&["odata.maxpagesize=3, Return = \"representation\"; x=y"], Some(Prefer::Representation));
        check(&["respond-async", "return=minimal, return=representation"], Some(Prefer::Minimal));
        check(&["return=all", "minimal"], None);
        let check = |lines: &[&str], expected: Option<Handling>| {
            assert_eq!(handling(&headers("prefer", lines)), expected, "{lines:?}");
        };
        check(&["return=minimal"], None);
        check(&["return=minimal, handling=strict"], Some(Handling::Strict));
        check(
            &["odata.maxpagesize=3", "Handling = \"LENIENT\"; x, handling=strict"],
            Some(Handling::Lenient),
        );
        check(&["handling=loose, handling"], None);
    }
}
