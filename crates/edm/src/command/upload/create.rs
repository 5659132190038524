//! `--create`: creates a data store for a table, and deletes it again if the table is not uploaded.

use edm_agent::{Error, ErrorKind, GraphClient, TableOptions};
use edm_graph::ColumnResource;
use edm_model::Column;
use serde_json::json;

use super::print_rejections;
use crate::column_argument::{typed_of, words_of};
use crate::command::profile::{profile_options, profile_table};
use crate::ending::UsageError;
use crate::suggested_schema::suggest;

/// The final states of a session without publication.
const ENDED: [&str; 3] = ["Failed", "Cancelled", "Expired"];
/// The state of a session that accepts blocks.
const OPEN: &str = "UploadInProgress";

/// A data store that this run created.
pub(super) struct NewStore {
    id: String,
    name: String,
}

/// Creates a data store for the table unless one with this name exists.
pub(super) async fn create_store(
    client: &GraphClient,
    name: &str,
    table: &TableOptions,
) -> anyhow::Result<Option<NewStore>> {
    match client.store(name).await {
        Ok(_) => return Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if !table.input.is_repeatable() {
        return Err(UsageError(
            "--create reads the table twice, which standard input and pipes cannot be: give a file",
        )
        .into());
    }
    let profile = profile_table(profile_options(table.input.clone(), table.format)?).await?;
    if !profile.is_findable() {
        print_rejections(&profile.rejections);
        anyhow::bail!(
            "nothing in this table could be found by default, so no data store is made: `edm profile` says why"
        );
    }
    let schema = suggest(&profile);
    let columns: Vec<ColumnResource> = schema.columns.iter().map(ColumnResource::from).collect();
    let store = client.create_store(&json!({ "displayName": name, "columns": columns })).await?;
    schema.notes.iter().for_each(|note| eprintln!("edm: {note}"));
    let words = schema.columns.iter().map(column_words).collect::<Vec<_>>().join(", ");
    eprintln!("edm: the data store “{name}” was made: {words}");
    Ok(Some(NewStore { id: store.id, name: name.to_owned() }))
}

impl NewStore {
    /// Deletes the store if the table is at fault and nothing was committed. An empty store would
    /// make every search report that it did not search. Otherwise prints that the store stays.
    /// Returns the error for the caller to report.
    pub(super) async fn take_back(&self, client: &GraphClient, error: Error) -> Error {
        let name = &self.name;
        if is_of_the_table(error.kind()) && self.is_unused(client).await {
            match client.delete_store(&self.id).await {
                Ok(()) => {
                    eprintln!(
                        "edm: the data store “{name}” was removed again, since the table did not go up"
                    );
                    return error.ended();
                }
                Err(other) => eprintln!("edm: the data store “{name}” cannot be removed again: {other}"),
            }
        }
        eprintln!(
            "edm: the data store “{name}” stays: the same command goes on with it, and `edm store delete {name:?} --yes` removes it"
        );
        error
    }

    /// Returns whether nothing of the store is live or about to be, according to the server.
    async fn is_unused(&self, client: &GraphClient) -> bool {
        let (Ok(store), Ok(sessions)) = (client.store(&self.id).await, client.sessions(&self.id).await)
        else {
            return false;
        };
        let has_ended = |state: &str| ENDED.contains(&state);
        let open = sessions.iter().filter(|session| session.state.as_deref() == Some(OPEN)).count();
        // One open session may be this run's. With two, one is from another run.
        let others = sessions.iter().filter(|session| session.state.as_deref() != Some(OPEN));
        store.active_session_id.is_none()
            && open <= 1
            && others.into_iter().all(|session| session.state.as_deref().is_some_and(has_ended))
    }
}

/// Returns whether the table is at fault and not the connection. Then another run cannot resume
/// this one.
fn is_of_the_table(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::FileUnreadable { .. }
            | ErrorKind::NotText(_)
            | ErrorKind::TableEncoding { .. }
            | ErrorKind::NotDelimited { .. }
            | ErrorKind::GzipDamaged
            | ErrorKind::RecordTooLong { .. }
            | ErrorKind::MissingColumns { .. }
            | ErrorKind::ExtraColumns { .. }
            | ErrorKind::DuplicateColumn { .. }
            | ErrorKind::TooManyBadLines { .. }
            | ErrorKind::TooManyBadCells { .. }
            | ErrorKind::TooManyRows
            | ErrorKind::TooManyBlocks
            | ErrorKind::NoRecords
            | ErrorKind::FileChanged
            | ErrorKind::UnusableStore { .. }
            | ErrorKind::SessionEnded { .. }
    )
}

/// Formats a column for people. Its name may contain the separators of `--column`.
fn column_words(column: &Column) -> String {
    let column = ColumnResource::from(column);
    let words = [typed_of(&column), words_of(&column)];
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !matches!(*word, "" | "text")).collect();
    let name = column.name.as_deref().unwrap_or_default();
    if words.is_empty() { format!("“{name}”") } else { format!("“{name}” ({})", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a:b:searchable` could be either of two columns.
    #[test]
    fn a_column_is_told_from_its_options() {
        let check = |column: Column, expected: &str| assert_eq!(column_words(&column), expected);
        check(Column::text("a:b"), "“a:b”");
        check(Column::text("a:b").searchable(), "“a:b” (searchable)");
        check(
            Column::text("tel").typed(edm_model::DataType::Phone { country: None }).searchable(),
            "“tel” (phone searchable)",
        );
    }
}
