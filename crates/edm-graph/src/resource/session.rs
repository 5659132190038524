//! `exactMatchSession` with everything that it inherits from exactMatchSessionBase and
//! exactMatchJobBase.

use std::fmt;

use edm_model::limits;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::body::{BodyError, BodyErrorKind, MaybeNull, Reader};
use crate::date_time::DateTimeOffset;
use crate::error::ClassificationError;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::query::Property;
use crate::resource::upload_agent::UploadAgentResource;
use crate::schema::sessions::EXACT_MATCH_SESSION;

/// The words of `updateMode`.
const UPDATE_MODES: &[&str] = &["replace", "delta"];

/// A salt on the wire: never printed, wiped on drop. It exists to be serialised.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct WireSalt(String);

impl WireSalt {
    /// Wraps a salt to send.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the secret.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WireSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireSalt(not shown)")
    }
}

/// A session as Graph writes it, with this service's additions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionResource {
    /// The id.
    pub id: String,
    /// When the session was created.
    pub creation_date_time: Option<DateTimeOffset>,
    /// When the first block arrived.
    pub start_date_time: Option<DateTimeOffset>,
    /// When it last changed.
    pub last_updated_date_time: Option<DateTimeOffset>,
    /// When the session reached a final state.
    pub completion_date_time: Option<DateTimeOffset>,
    /// Why the session failed.
    pub error: Option<ClassificationError>,
    /// The store.
    pub data_store_id: Option<String>,
    /// The same, in Graph's spelling until 2021.
    pub datastore_id: Option<String>,
    /// UploadInProgress, ProcessingInProgress, Completed, Failed, Cancelled or Expired: never an
    /// enum on the wire.
    pub state: Option<String>,
    /// The number of blocks; null while unknown.
    pub total_block_count: Option<u32>,
    /// The number of blocks still missing; null while the total is unknown.
    pub remaining_block_count: Option<u32>,
    /// The number of indexing jobs.
    pub total_job_count: Option<u32>,
    /// The number of indexing jobs still to do.
    pub remaining_job_count: Option<u32>,
    /// When commit was accepted.
    pub upload_completion_date_time: Option<DateTimeOffset>,
    /// When the last indexing job ended.
    pub processing_completion_date_time: Option<DateTimeOffset>,
    /// The digest over the blocks, compared at commit.
    pub checksum: Option<String>,
    /// The address that blocks are uploaded to.
    #[serde(rename = "dataUploadURI")]
    pub data_upload_uri: Option<String>,
    /// The column names in the order of the file.
    pub fields: Option<Vec<String>>,
    /// Informational only.
    pub file_name: Option<String>,
    /// The number of rows of a block. The last block may have fewer.
    pub rows_per_block: Option<u32>,
    /// The salt. Only its creator gets it: in the answer that created the session, and if `$select`
    /// names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<WireSalt>,
    /// The agent that uploads.
    pub upload_agent_id: Option<String>,
    /// The agent itself. The outer option is `Some` if `$expand` asked for it, the inner one if
    /// there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_agent: Option<Option<UploadAgentResource>>,
    /// `replace` or `delta`.
    pub update_mode: Option<String>,
    /// When `dataUploadURI` stops working.
    pub expiration_date_time: Option<DateTimeOffset>,
    /// What the agent sealed.
    pub row_count: Option<u64>,
    /// What the agent left out.
    pub rejected_row_count: Option<u64>,
    /// Whether a replace may leave less than 80 % of the live rows.
    pub allow_shrink: Option<bool>,
    /// The id of the salt, which blocks carry too. It is random and not derived from the salt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

impl SessionResource {
    /// The name in `@odata.type`.
    pub const TYPE: &'static str = "exactMatchSession";
    /// What `$select`, `$filter` and `$orderby` may name. `salt` can be selected, but not filtered
    /// or sorted by: a reader could then guess it character by character.
    pub const PROPERTIES: &'static [Property] =
        &EXACT_MATCH_SESSION.query_properties::<{ EXACT_MATCH_SESSION.property_count() }>();
}

/// What a POST creates a session from. All other properties are set by the server and ignored in
/// the body. So placeholders that an SDK writes into read-only properties do no harm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionDraft {
    /// The id of the agent; checked at the first block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_agent_id: Option<String>,
    /// The column names in the order of the file; checked at the first block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// Informational only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Digest over the blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// A salt that the client provides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<WireSalt>,
    /// Rows of a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_per_block: Option<u32>,
    /// Blocks in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_block_count: Option<u32>,
    /// `replace` or `delta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_mode: Option<String>,
    /// Whether a replace may leave less than 80 % of the live rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_shrink: Option<bool>,
    /// What the agent sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_count: Option<u64>,
    /// What the agent left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_row_count: Option<u64>,
}

impl FromBody for SessionDraft {
    const FIELDS: Fields = Fields::Create(&EXACT_MATCH_SESSION);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        Self::read_from(&Reader::new(body))
    }
}

impl SessionDraft {
    /// Reads a session that is part of another body.
    pub(super) fn read_from(reader: &Reader<'_>) -> Result<Self, BodyError> {
        if reader.has("@odata.id") {
            return Err(reader.error(BodyErrorKind::Reference, "@odata.id"));
        }
        let fields = reader.texts("fields", limits::COLUMNS_MAX, limits::NAME_CHARACTERS_MAX)?;
        // The service decides whether it is valid as a salt.
        let salt = reader.text("salt", limits::TEXT_CHARACTERS_MAX)?.into_option();
        let mut upload_agent_id = reader.text("uploadAgentId", limits::TEXT_CHARACTERS_MAX)?.into_option();
        // A registered agent may be given inline. A new one needs a request of its own.
        if let (None, MaybeNull::Value(agent)) = (&upload_agent_id, reader.object("uploadAgent")?) {
            let id = agent.text("id", limits::TEXT_CHARACTERS_MAX)?;
            upload_agent_id = Some(agent.needed("id", id)?);
        }
        let change = SessionChange::read_from(reader)?;
        Ok(Self {
            upload_agent_id,
            fields: fields.into_option(),
            file_name: reader.text("fileName", limits::TEXT_CHARACTERS_MAX)?.into_option(),
            checksum: change.checksum.into_option(),
            salt: salt.map(WireSalt::new),
            rows_per_block: reader.integer32("rowsPerBlock", 1..=i32::MAX.unsigned_abs())?.into_option(),
            total_block_count: change.total_block_count.into_option(),
            update_mode: reader.word("updateMode", UPDATE_MODES)?.into_option().map(str::to_owned),
            allow_shrink: reader.boolean("allowShrink")?.into_option(),
            row_count: change.row_count.into_option(),
            rejected_row_count: change.rejected_row_count.into_option(),
        })
    }
}

/// What a PATCH may change until commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionChange {
    /// Digest over the blocks.
    pub checksum: MaybeNull<String>,
    /// Blocks in all.
    pub total_block_count: MaybeNull<u32>,
    /// What the agent sealed.
    pub row_count: MaybeNull<u64>,
    /// What the agent left out.
    pub rejected_row_count: MaybeNull<u64>,
}

impl FromBody for SessionChange {
    const FIELDS: Fields = Fields::Change(&EXACT_MATCH_SESSION);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        Self::read_from(&Reader::new(body))
    }
}

impl SessionChange {
    fn read_from(reader: &Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            checksum: reader.text("checksum", limits::TEXT_CHARACTERS_MAX)?,
            total_block_count: reader.integer32("totalBlockCount", 1..=limits::BLOCKS_MAX)?,
            row_count: reader.integer("rowCount", 0..=limits::ROWS_MAX)?,
            rejected_row_count: reader.integer("rejectedRowCount", 0..=limits::ROWS_MAX)?,
        })
    }
}
