//! The origin of a row for people. `row 2` alone is a row of the last whole table; a row of a delta
//! is printed with its file.

use std::collections::{BTreeMap, BTreeSet};

use edm_agent::{ErrorKind, GraphClient};
use edm_graph::SessionResource;

/// The text before the session id of a row, in sentences of the service.
const OF_SESSION: &str = " of session ";
/// The number of characters of a session's id that are shown.
const SHORT_ID_LENGTH: usize = 8;

/// The suffix of a row number, by session. Each session is requested once.
#[derive(Debug, Default)]
pub(crate) struct RowOrigins {
    /// Empty for whole tables.
    known: BTreeMap<String, String>,
    /// Whether the token may not read sessions, so that requests are pointless.
    forbidden: bool,
}

impl RowOrigins {
    /// Loads the origins of these sessions. A session that cannot be read is shown by its id; it
    /// does not prevent output.
    pub(crate) async fn learn(
        &mut self,
        client: &GraphClient,
        store: Option<&str>,
        sessions: BTreeSet<String>,
    ) {
        for id in sessions {
            if self.known.contains_key(&id) {
                continue;
            }
            let found = match store.filter(|_| !self.forbidden) {
                Some(store) => client.session(store, &id).await.map_err(Some),
                None => Err(None),
            };
            let origin = match found {
                Ok(session) => origin_of(&session),
                Err(error) => {
                    let kind = error.as_ref().map(edm_agent::Error::kind);
                    self.forbidden |= matches!(kind, Some(ErrorKind::Refused { status: 403, .. }));
                    by_id(&id)
                }
            };
            self.known.insert(id, origin);
        }
    }

    /// Formats rows with their origins. `sessions` is parallel to `rows`.
    pub(crate) fn rows(&self, rows: &[u64], sessions: &[String]) -> String {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let origin = sessions.get(position).map_or_else(String::new, |id| self.of(id));
            match groups.last_mut().filter(|(last, _)| *last == origin) {
                Some((_, rows)) => rows.push(row.to_string()),
                None => groups.push((origin, vec![row.to_string()])),
            }
        }
        let groups = groups.into_iter().map(|(origin, rows)| format!("row {}{origin}", rows.join(", ")));
        groups.collect::<Vec<_>>().join("; ")
    }

    /// Returns the suffix of a row number, with a leading space.
    pub(crate) fn of(&self, session: &str) -> String {
        self.known.get(session).cloned().unwrap_or_else(|| by_id(session))
    }

    /// Replaces session ids in a sentence of the service by origins.
    pub(crate) fn sentence(&self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(OF_SESSION) {
            written.push_str(before);
            let (id, behind) = behind.split_at(id_length(behind));
            written.push_str(&if id.is_empty() { OF_SESSION.to_owned() } else { self.of(id) });
            rest = behind;
        }
        written.push_str(rest);
        written
    }
}

/// Returns the session ids in a sentence of the service.
pub(crate) fn sessions_in(text: &str) -> impl Iterator<Item = String> {
    let ids = text.split(OF_SESSION).skip(1).map(|behind| behind.split_at(id_length(behind)).0);
    ids.filter(|id| !id.is_empty()).map(str::to_owned)
}

fn id_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(text.len())
}

fn by_id(id: &str) -> String {
    format!("{OF_SESSION}{}", id.get(..SHORT_ID_LENGTH).unwrap_or(id))
}

fn origin_of(session: &SessionResource) -> String {
    if session.update_mode.as_deref() != Some("delta") {
        return String::new();
    }
    let created = session.creation_date_time.map(|moment| moment.to_string()).unwrap_or_default();
    let minute = created.get(..16).unwrap_or(&created).replace('T', " ");
    match session.file_name.as_deref().map(printable).filter(|name| !name.is_empty()) {
        Some(name) => format!(" of {name} (delta of {minute})"),
        None => format!(
            " of the delta of {minute} (session {})",
            session.id.get(..SHORT_ID_LENGTH).unwrap_or(&session.id)
        ),
    }
}

/// The file name comes from the session's creator, so control characters are removed.
pub(crate) fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(mode: &str, file: Option<&str>) -> SessionResource {
        SessionResource {
            id: "8400789b-856a-4f07-8d3f-363f4db8363f".to_owned(),
            update_mode: Some(mode.to_owned()),
            file_name: file.map(str::to_owned),
            creation_date_time: edm_graph::DateTimeOffset::parse("2026-11-30T14:05:09.5Z").ok(),
            ..SessionResource::default()
        }
    }

    #[test]
    fn origins() {
        let check = |session: SessionResource, expected: &str| assert_eq!(origin_of(&session), expected);
        check(session("replace", Some("people.csv")), "");
        check(session("delta", Some("changed.csv")), " of changed.csv (delta of 2026-11-30 14:05)");
        check(session("delta", Some("a\x1b[2J\n.csv")), " of a[2J.csv (delta of 2026-11-30 14:05)");
        check(session("delta", None), " of the delta of 2026-11-30 14:05 (session 8400789b)");
        check(session("delta", Some(" ")), " of the delta of 2026-11-30 14:05 (session 8400789b)");
    }

    #[test]
    fn rows_and_sentences_name_them() {
        let known = [("aa-1", ""), ("bb-2", " of changed.csv (delta)")];
        let known = known.map(|(id, origin)| (id.to_owned(), origin.to_owned()));
        let origins = RowOrigins { known: known.into(), forbidden: false };
        let check = |rows: &[u64], sessions: &[&str], expected: &str| {
            let sessions: Vec<String> = sessions.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(origins.rows(rows, &sessions), expected);
        };
        check(&[5], &["aa-1"], "row 5");
        check(&[5, 6], &[], "row 5, 6");
        check(&[5, 1, 2], &["aa-1", "bb-2", "bb-2"], "row 5; row 1, 2 of changed.csv (delta)");
        check(&[3], &["8400789b-856a"], "row 3 of session 8400789b");
        let sentence =
            "ssn here belongs to row 3207 of session bb-2 and 2 more; dob belongs to row 1 of session aa-1";
        let expected = "ssn here belongs to row 3207 of changed.csv (delta) and 2 more; dob belongs to row 1";
        assert_eq!(origins.sentence(sentence), expected);
        assert_eq!(sessions_in(sentence).collect::<Vec<_>>(), ["bb-2", "aa-1"]);
        assert_eq!(origins.sentence("row 1 of session ü"), "row 1 of session ü");
    }
}
