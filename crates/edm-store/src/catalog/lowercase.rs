//! Lower-cased texts for the filter function `tolower`. SQLite lower-cases only ASCII, and
//! databases differ for the other letters. So Rust computes the result and stores it with the row
//! where it differs from the ASCII result.

use std::collections::BTreeMap;

use edm_model::{Columns, SessionFailure};
use sqlx::Row;

use super::{Catalog, Write, get};
use crate::error::{Context, Error};
use crate::record;

/// The setting that says that rows older than this column have been filled.
pub(super) const FILLED: &str = "lists.lowered";
/// The number of rows filled in one batch.
const BATCH_ROWS: i64 = 1_000;

/// The texts of a row, each with its key: a property, or an element of a collection.
pub(super) type Texts<'a> = Vec<(String, Option<&'a str>)>;

/// Returns the content of the `lowered` column: a JSON object of the texts for which ASCII
/// lower-casing is not enough.
pub(super) fn of_texts(texts: &Texts<'_>) -> Option<String> {
    let mut differing = BTreeMap::new();
    for (place, text) in texts {
        let Some(text) = text.filter(|text| !text.is_ascii()) else { continue };
        let lower = text.to_lowercase();
        if lower != text.to_ascii_lowercase() {
            differing.insert(place.as_str(), lower);
        }
    }
    (!differing.is_empty()).then(|| record::write_lowercase(&differing))
}

pub(super) fn of_agent(description: Option<&str>) -> Option<String> {
    of_texts(&vec![("description".to_owned(), description)])
}

pub(super) fn of_store(name: &str, description: Option<&str>, columns: &Columns) -> Option<String> {
    let mut texts = vec![("displayName".to_owned(), Some(name)), ("description".to_owned(), description)];
    for (position, column) in columns.as_slice().iter().enumerate() {
        texts.push((format!("columns/{position}/name"), Some(column.name.as_str())));
    }
    of_texts(&texts)
}

pub(super) fn of_type(name: &str, description: Option<&str>, publisher: Option<&str>) -> Option<String> {
    of_texts(&vec![
        ("name".to_owned(), Some(name)),
        ("description".to_owned(), description),
        ("publisherName".to_owned(), publisher),
    ])
}

/// The texts of a session that people or agents write.
pub(super) struct SessionTexts<'a> {
    pub(super) file_name: Option<&'a str>,
    pub(super) checksum: Option<&'a str>,
    pub(super) upload_agent_id: Option<&'a str>,
    pub(super) fields: &'a [String],
    pub(super) failure: Option<&'a SessionFailure>,
}

pub(super) fn of_session(session: &SessionTexts<'_>) -> Option<String> {
    let failure = session.failure;
    let code = failure.map(|failure| failure.code.as_str());
    let mut texts = vec![
        ("fileName".to_owned(), session.file_name),
        ("checksum".to_owned(), session.checksum),
        ("uploadAgentId".to_owned(), session.upload_agent_id),
        ("error/code".to_owned(), code),
        ("error/innerError/code".to_owned(), code),
        ("error/message".to_owned(), failure.map(|failure| failure.message.as_str())),
        ("error/target".to_owned(), failure.and_then(|failure| failure.target.as_deref())),
    ];
    for (position, field) in session.fields.iter().enumerate() {
        texts.push((format!("fields/{position}"), Some(field.as_str())));
    }
    of_texts(&texts)
}

impl Catalog {
    /// Fills `lowered` of rows older than the column, in one transaction.
    pub(super) async fn fill_lowercase(&self) -> Result<(), Error> {
        if self.setting(FILLED).await?.is_some() {
            return Ok(());
        }
        let mut write = self.write().await?;
        fill(&mut write, Kind::Agents).await?;
        fill(&mut write, Kind::Stores).await?;
        fill(&mut write, Kind::Types).await?;
        fill(&mut write, Kind::Sessions).await?;
        sqlx::query("insert into settings (name, value) values ($1, $2) on conflict do nothing")
            .bind(FILLED)
            .bind(&b"1"[..])
            .execute(&mut write)
            .await
            .context("lowering texts")?;
        write.commit().await.context("lowering texts")
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Agents,
    Stores,
    Types,
    Sessions,
}

impl Kind {
    fn batch(self) -> &'static str {
        match self {
            Kind::Agents => {
                "select rowid as place, * from upload_agents where rowid > $1 order by rowid limit $2"
            }
            Kind::Stores => {
                "select rowid as place, * from data_stores where rowid > $1 order by rowid limit $2"
            }
            Kind::Types => {
                "select rowid as place, * from sensitive_types where rowid > $1 order by rowid limit $2"
            }
            Kind::Sessions => {
                "select rowid as place, * from sessions where rowid > $1 order by rowid limit $2"
            }
        }
    }

    fn update(self) -> &'static str {
        match self {
            Kind::Agents => "update upload_agents set lowered = $2 where rowid = $1",
            Kind::Stores => "update data_stores set lowered = $2 where rowid = $1",
            Kind::Types => "update sensitive_types set lowered = $2 where rowid = $1",
            Kind::Sessions => "update sessions set lowered = $2 where rowid = $1",
        }
    }

    fn lower(self, row: &sqlx::sqlite::SqliteRow) -> Result<Option<String>, Error> {
        let text = |column: &'static str| get::<Option<String>>(row, column);
        match self {
            Kind::Agents => Ok(of_agent(text("description")?.as_deref())),
            Kind::Stores => {
                let columns = record::read_columns(&get::<String>(row, "columns")?)?;
                Ok(of_store(&get::<String>(row, "name")?, text("description")?.as_deref(), &columns))
            }
            Kind::Types => {
                let (description, publisher) = (text("description")?, text("publisher")?);
                Ok(of_type(&get::<String>(row, "name")?, description.as_deref(), publisher.as_deref()))
            }
            Kind::Sessions => {
                let failure = text("failure")?.map(|text| record::read_failure(&text)).transpose()?;
                Ok(of_session(&SessionTexts {
                    file_name: text("file_name")?.as_deref(),
                    checksum: text("checksum")?.as_deref(),
                    upload_agent_id: text("upload_agent_id")?.as_deref(),
                    fields: &record::read_words(&get::<String>(row, "fields")?)?,
                    failure: failure.as_ref(),
                }))
            }
        }
    }
}

async fn fill(write: &mut Write, kind: Kind) -> Result<(), Error> {
    let mut place = 0i64;
    loop {
        let rows = sqlx::query(kind.batch()).bind(place).bind(BATCH_ROWS).fetch_all(&mut *write).await;
        let rows = rows.context("lowering texts")?;
        let Some(last) = rows.last() else { return Ok(()) };
        // Pages by rowid, so that memory stays bounded and each row is read once.
        place = last.try_get("place").context("lowering texts")?;
        for row in &rows {
            // Null for most rows, which is the column's default.
            let Some(lowered) = kind.lower(row)? else { continue };
            let at: i64 = get(row, "place")?;
            let done = sqlx::query(kind.update()).bind(at).bind(lowered).execute(&mut *write).await;
            done.context("lowering texts")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use edm_model::{AgentId, TenantId, Timestamp, UploadAgent};

    use super::super::{Schema, test_options};
    use super::*;

    /// Checks the stored form of one text.
    fn check(text: &str, expected: Option<&str>) {
        let kept = of_agent(Some(text));
        let expected = expected.map(|lower| format!(r#"{{"description":"{lower}"}}"#));
        assert_eq!(kept, expected, "{text}");
    }

    #[test]
    fn only_what_ascii_does_not_lower_is_kept() {
        check("", None);
        check("It's ASCII", None);
        check("größe", None);
        check("GRÖSSE", Some("grösse"));
        check("Gr\u{f6}sse 🔑", None);
        check("ΟΔΟΣ", Some("οδος"));
        check("İ", Some("i\u{307}"));
        assert_eq!(of_agent(None), None);
        let fields = ["A".to_owned(), "Ä".to_owned()];
        let session = SessionTexts {
            file_name: Some("Ö"),
            checksum: None,
            upload_agent_id: None,
            fields: &fields,
            failure: None,
        };
        assert_eq!(of_session(&session).as_deref(), Some(r#"{"fields/1":"ä","fileName":"ö"}"#));
    }

    /// `migrate` fills a catalog older than the column, even if an earlier run stopped after the
    /// SQL.
    #[tokio::test]
    async fn older_rows_are_filled() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = Catalog::open(&folder.path().join("catalog.db"), test_options())
            .await
            .expect("the catalog opens");
        catalog.migrate().await.expect("the tables are made");
        for number in 0..3 {
            let agent = UploadAgent {
                id: AgentId::from_bytes([number; 16]),
                description: Some(["STRASSE", "STRAẞE", "ÉTÉ"][usize::from(number)].to_owned()),
                created_at: Timestamp::from_micros(0),
            };
            catalog.insert_agent(TenantId::DEFAULT, &agent).await.expect("added");
        }
        let kept = async || {
            let rows =
                sqlx::query("select lowered from upload_agents order by id").fetch_all(&catalog.reader);
            let rows = rows.await.expect("read");
            rows.iter().map(|row| get::<Option<String>>(row, "lowered").expect("a text")).collect::<Vec<_>>()
        };
        let written = kept().await;
        assert_eq!(written.iter().filter(|lowered| lowered.is_some()).count(), 2);
        for statement in ["update upload_agents set lowered = null", "delete from settings"] {
            sqlx::query(statement).execute(&catalog.writer).await.expect("written");
        }
        assert_eq!(catalog.schema().await.expect("told"), Schema::Other, "its rows are not filled");
        catalog.migrate().await.expect("filled");
        assert_eq!(kept().await, written);
        assert_eq!(catalog.schema().await.expect("told"), Schema::Current);
    }
}
