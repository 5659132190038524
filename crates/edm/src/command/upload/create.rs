//! `--create`: a data store that is made for a table, and taken back where the table does not go up.

use edm_agent::{Error, ErrorKind, GraphClient, TableOptions};
use edm_graph::ColumnResource;
use edm_model::Column;
use serde_json::json;

use super::print_rejections;
use crate::column_argument::{typed_of, words_of};
use crate::command::UsageError;
use crate::command::profile::{profile_options, profile_table};
use crate::suggested_schema::suggest;

/// The states of a session that is given up, or was.
const ENDED: [&str; 3] = ["Failed", "Cancelled", "Expired"];
/// The state of a session that takes blocks.
const OPEN: &str = "UploadInProgress";

/// A data store that this run made.
pub(super) struct NewStore {
    id: String,
    name: String,
}

/// Makes a data store for the table unless there is one of this name.
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
    /// Removes the store where the table cannot go up as it is and nothing of it was committed; an empty store would make every
    /// search say that it did not look. Otherwise says that it stays. Returns the error as it is told then.
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

    /// Whether nothing of the store is live or on its way there, as far as the server says.
    async fn is_unused(&self, client: &GraphClient) -> bool {
        let (Ok(store), Ok(sessions)) = (client.store(&self.id).await, client.sessions(&self.id).await)
        else {
            return false;
        };
        let has_ended = |state: &str| ENDED.contains(&state);
        let open = sessions.iter().filter(|session| session.state.as_deref() == Some(OPEN)).count();
        // One open session may be this run's; of two one is somebody else's.
        let others = sessions.iter().filter(|session| session.state.as_deref() != Some(OPEN));
        store.active_session_id.is_none()
            && open <= 1
            && others.into_iter().all(|session| session.state.as_deref().is_some_and(has_ended))
    }
}

/// Whether the table is at fault, and not the way to the server: then another run does not go on where this one stopped.
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

/// Writes a column for people. Its name may hold what parts the words of `--column`.
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
