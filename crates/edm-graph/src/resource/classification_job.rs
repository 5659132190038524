//! `classificationJobResponse`, and the bodies of `classifyFile` and `classifyText`.

use edm_model::limits;
use serde::{Deserialize, Serialize};

use crate::body::{BodyError, Reader};
use crate::date_time::DateTimeOffset;
use crate::error::ClassificationError;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::query::Property;
use crate::resource::classification::ClassifyOptions;
use crate::schema::actions::{CLASSIFY_FILE, CLASSIFY_TEXT};
use crate::schema::jobs::CLASSIFICATION_JOB;

/// A job as Graph writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobResource {
    /// The id.
    pub id: String,
    /// When it was requested.
    pub creation_date_time: Option<DateTimeOffset>,
    /// When work on it began.
    pub start_date_time: Option<DateTimeOffset>,
    /// When it ended.
    pub end_date_time: Option<DateTimeOffset>,
    /// `Completed` or `Failed`: never an enum on the wire.
    pub status: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// The action that made it: `classifyFile` or `classifyText`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The caller who requested it.
    pub user_id: Option<String>,
    /// What could not be done.
    pub error: Option<ClassificationError>,
    /// What was found; null if nothing could be searched.
    pub result: Option<JobResult>,
}

impl JobResource {
    /// The name in `@odata.type`.
    pub const TYPE: &'static str = "classificationJobResponse";

    /// What `$select`, `$filter` and `$orderby` may name.
    pub const PROPERTIES: &'static [Property] =
        &CLASSIFICATION_JOB.query_properties::<{ CLASSIFICATION_JOB.property_count() }>();
}

/// `detectedSensitiveContentWrapper`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobResult {
    /// One element for each type that matched.
    pub classification: Vec<JobContent>,
}

/// `detectedSensitiveContent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobContent {
    /// The type's id, a GUID.
    pub id: String,
    /// The type's name.
    pub display_name: String,
    /// The number of distinct primary values, or of records if any column may be the primary one.
    pub unique_count: u32,
    /// The confidence of the best pattern.
    pub confidence: u8,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The matches in the order of the text.
    pub matches: Vec<JobLocation>,
    /// How many matches have each confidence.
    pub classification_attributes: Vec<ClassificationAttribute>,
    /// Always `exactDataMatch`.
    pub classification_method: String,
    /// The scopes: whole documents and parts of them.
    pub scope: String,
    /// Always `tenant`.
    pub sensitive_type_source: String,
}

/// `classificationAttribute`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassificationAttribute {
    /// The confidence.
    pub confidence: u8,
    /// How many matches have it.
    pub count: u32,
}

/// `sensitiveContentLocation` of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobLocation {
    /// The value as in the text. Only the answer of the call has it, never a stored job.
    pub id_match: Option<String>,
    /// Where it begins, in UTF-16 units.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The confidence of the best pattern.
    pub confidence: u8,
    /// Other values of the record near it.
    pub evidences: Vec<JobEvidence>,
    /// The value's column.
    pub column_name: String,
}

/// `sensitiveContentEvidence` of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobEvidence {
    /// The value as in the text. Only the answer of the call has it, never a stored job.
    #[serde(rename = "match")]
    pub matched: Option<String>,
    /// Where it begins, in UTF-16 units.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The value's column.
    pub column_name: String,
    /// Whether it counted for the pattern.
    pub counted: bool,
}

/// The body of a PATCH of a job. None of its properties can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobChange;

impl FromBody for JobChange {
    const FIELDS: Fields = Fields::Change(&CLASSIFICATION_JOB);

    fn read(_: &Object<'_>) -> Result<Self, BodyError> {
        Ok(Self)
    }
}

/// The body of `classifyFile` in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyFileRequest {
    /// The file in base64.
    pub file: String,
    /// What to look for, and how.
    pub options: ClassifyOptions,
}

impl FromBody for ClassifyFileRequest {
    const FIELDS: Fields = Fields::Parameters(&CLASSIFY_FILE);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let file = reader.needed("file", reader.text("file", limits::FILE_BYTES_MAX)?)?;
        Ok(Self { file, options: ClassifyOptions::read(&reader)? })
    }
}

/// The body of `classifyText`. `scopesToRun` and `matchTolerancesToInclude` concern methods that
/// this service does not have, and are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyTextRequest {
    /// The text.
    pub text: String,
    /// What to look for, and how.
    pub options: ClassifyOptions,
}

impl FromBody for ClassifyTextRequest {
    const FIELDS: Fields = Fields::Parameters(&CLASSIFY_TEXT);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        reader.text("fileExtension", limits::NAME_CHARACTERS_MAX)?;
        let text = reader.needed("text", reader.text("text", limits::FILE_BYTES_MAX)?)?;
        Ok(Self { text, options: ClassifyOptions::read(&reader)? })
    }
}
