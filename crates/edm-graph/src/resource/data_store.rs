//! `exactMatchDataStore`, and the body of its action `lookup`.

use edm_model::{Columns, OnUnserved, PlaceholderWords, PlaceholderWordsError, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::{BodyError, BodyErrorKind, MaybeNull, Reader};
use crate::date_time::DateTimeOffset;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::query::Property;
use crate::resource::column::{ColumnResource, read_columns};
use crate::resource::session::SessionDraft;
use crate::schema::actions::LOOKUP;
use crate::schema::stores::{EXACT_MATCH_DATA_STORE, ON_UNSERVED};

/// A data store as Graph writes it, with this service's additions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataStoreResource {
    /// The id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The schema.
    pub columns: Option<Vec<ColumnResource>>,
    /// When the live generation was published.
    pub data_last_updated_date_time: Option<DateTimeOffset>,
    /// Free text.
    pub description: Option<String>,
    /// The data store's name.
    pub display_name: Option<String>,
    /// Rows of the live generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_count: Option<u64>,
    /// The number of generations published, 0 before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The session whose data is live.
    pub active_session_id: Option<String>,
    /// The longest cell that is matched, in atoms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_number_of_tokens: Option<u32>,
    /// The placeholders: words that mean an empty cell. Null for the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholders: Option<Vec<String>>,
    /// Read-only: whether the live data has an older salt than new sessions get, or was made with
    /// other columns or placeholders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_upload_again: Option<bool>,
    /// Read-only: a generation before the live one is kept, which `rollback` makes live again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_roll_back: Option<bool>,
    /// What to do if the live data cannot be read: `refuse` or `previous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_unserved: Option<String>,
    /// Read-only: `none`, `served`, `stale` or `unserved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_state: Option<String>,
    /// The sessions, when `$expand` asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<Value>>,
}

impl DataStoreResource {
    /// The name in `@odata.type`.
    pub const TYPE: &'static str = "exactMatchDataStore";
    /// What `$select`, `$filter` and `$orderby` may name.
    pub const PROPERTIES: &'static [Property] =
        &EXACT_MATCH_DATA_STORE.query_properties::<{ EXACT_MATCH_DATA_STORE.property_count() }>();
}

/// What a POST creates a store from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataStoreDraft {
    /// Its name.
    pub display_name: String,
    /// Free text.
    pub description: Option<String>,
    /// The schema; empty if it is to be set later.
    pub columns: Columns,
    /// The longest cell that is matched, in atoms.
    pub tokens_max: Option<u32>,
    /// The placeholders: words that mean an empty cell. `None` for the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// What to do if the live data cannot be read.
    pub on_unserved: OnUnserved,
    /// The sessions that are created with it.
    pub sessions: Vec<SessionDraft>,
}

impl FromBody for DataStoreDraft {
    const FIELDS: Fields = Fields::Create(&EXACT_MATCH_DATA_STORE);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let sessions = reader.objects("sessions", limits::INLINE_SESSIONS_MAX)?.into_option();
        let sessions = sessions.unwrap_or_default();
        let change = DataStoreChange::given(body)?;
        Ok(Self {
            display_name: reader.needed("displayName", change.display_name)?,
            description: change.description.into_option(),
            columns: change.columns.into_option().unwrap_or_else(Columns::none),
            tokens_max: change.tokens_max.into_option(),
            placeholders: change.placeholders.into_option(),
            on_unserved: change.on_unserved.into_option().unwrap_or_default(),
            sessions: sessions.iter().map(SessionDraft::read_from).collect::<Result<_, _>>()?,
        })
    }
}

/// What a PATCH may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataStoreChange {
    /// Its name; never null.
    pub display_name: MaybeNull<String>,
    /// Free text.
    pub description: MaybeNull<String>,
    /// The schema; never null.
    pub columns: MaybeNull<Columns>,
    /// The longest cell that is matched, in atoms; null means the default.
    pub tokens_max: MaybeNull<u32>,
    /// The placeholders: words that mean an empty cell. Null means the usual ones.
    pub placeholders: MaybeNull<PlaceholderWords>,
    /// What to do if the live data cannot be read; null means the default.
    pub on_unserved: MaybeNull<OnUnserved>,
}

impl FromBody for DataStoreChange {
    const FIELDS: Fields = Fields::Change(&EXACT_MATCH_DATA_STORE);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let change = Self::given(body)?;
        let reader = Reader::new(body);
        if change.display_name == MaybeNull::Null {
            return Err(reader.error(BodyErrorKind::Missing, "displayName"));
        }
        if change.columns == MaybeNull::Null {
            return Err(reader.error(BodyErrorKind::Missing, "columns"));
        }
        Ok(change)
    }
}

impl DataStoreChange {
    /// Reads a property if it is present, `null` included.
    fn given(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let display_name = reader.text("displayName", limits::NAME_CHARACTERS_MAX)?;
        if matches!(&display_name, MaybeNull::Value(name) if name.trim().is_empty()) {
            return Err(reader.error(BodyErrorKind::Missing, "displayName"));
        }
        Ok(Self {
            display_name,
            description: reader.text("description", limits::TEXT_CHARACTERS_MAX)?,
            columns: read_columns(&reader, "columns")?,
            tokens_max: reader.integer32("maximumNumberOfTokens", 1..=limits::TOKENS_MAX)?,
            placeholders: read_placeholders(&reader)?,
            on_unserved: reader.word("onUnserved", ON_UNSERVED)?.try_map(|word| {
                let unknown = BodyErrorKind::UnknownWord { known: ON_UNSERVED };
                OnUnserved::parse(word).ok_or_else(|| reader.error(unknown, "onUnserved"))
            })?,
        })
    }
}

/// Reads placeholders, the words that mean an empty cell.
fn read_placeholders(reader: &Reader<'_>) -> Result<MaybeNull<PlaceholderWords>, BodyError> {
    let name = "placeholders";
    let words = reader.texts(name, limits::PLACEHOLDERS_MAX, limits::PLACEHOLDER_CHARACTERS_MAX)?;
    words.try_map(|words| {
        // Number and length were checked above. So the fault is a word of white space only, or a
        // control character.
        PlaceholderWords::new(words).map_err(|error| {
            let target = match error {
                PlaceholderWordsError::Length { position } => format!("{name}[{position}]"),
                _ => name.to_owned(),
            };
            reader.error(BodyErrorKind::WrongType { expected: "a word" }, &target)
        })
    })
}

/// The body of `lookup`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookupRequest {
    /// The searchable column.
    pub key: String,
    /// Clear values of that column.
    pub values: Vec<String>,
    /// The columns to answer with; empty is all.
    pub result_column_names: Vec<String>,
}

impl FromBody for LookupRequest {
    const FIELDS: Fields = Fields::Parameters(&LOOKUP);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let names = reader.texts("resultColumnNames", limits::COLUMNS_MAX, limits::NAME_CHARACTERS_MAX)?;
        Ok(Self {
            key: reader.needed("key", reader.text("key", limits::NAME_CHARACTERS_MAX)?)?,
            values: reader.needed(
                "values",
                reader.texts("values", limits::REQUEST_ITEMS_MAX, limits::CELL_BYTES_MAX)?,
            )?,
            result_column_names: names.into_option().unwrap_or_default(),
        })
    }
}
