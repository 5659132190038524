//! The wire: Microsoft Graph's JSON for exact data match, its paths, query options and errors, used
//! by the server and by the agent. Its steps in the walk of a text: request → **checked types of
//! the model** → service, and report → **Graph's JSON** → response.
//!
//! It decides nothing, and knows neither the service nor HTTP statuses. Where it reads leniently,
//! `docs/api/` says so.
//!
//! ```
//! use edm_graph::{FromBody, SessionDraft};
//! let body = br#"{"fileName": "people.csv", "state": "a placeholder that is not looked at", "colour": "red"}"#;
//! let (draft, ignored) = SessionDraft::parse(body, None)?;
//! assert_eq!(draft.file_name.as_deref(), Some("people.csv"));
//! assert_eq!(ignored.paths(), ["colour"]);
//! # Ok::<(), edm_graph::BodyError>(())
//! ```

mod batch;
mod batch_body;
mod batch_error;
mod body;
mod collection;
mod date_time;
mod error;
mod fields;
mod ignored;
mod json_string;
mod object;
mod parse;
pub mod path;
pub mod purview;
pub mod query;
mod resource;
pub mod schema;
mod text_object;

pub use batch::{Batch, BatchPart, Here, PartRequest};
pub use batch_body::{BatchDialect, PartBody};
pub use batch_error::{BatchError, BatchErrorKind};
pub use body::{BodyError, BodyErrorKind, MaybeNull};
pub use collection::Collection;
pub use date_time::{DateTimeOffset, ParseDateTimeError};
pub use error::{
    ClassificationError, ClassificationInnerError, ErrorBody, ErrorDetail, ErrorEnvelope, InnerError,
};
pub use fields::{Fields, Handling};
pub use ignored::Ignored;
pub use object::Object;
pub use parse::FromBody;
pub use resource::classification::{
    CandidateSpan, ClassificationLimit, ClassificationResult, ClassifyOptions, ClassifyRequest,
    ConfidenceCount, ContentEvidence, ContentLocation, DetectedContent, Diagnostic, LineOutcome, LineResult,
    RedactRequest, RedactionResult, ReplacementWord, Telling, TextLine, UnmatchedItem,
};
pub use resource::classification_job::{
    ClassificationAttribute, ClassifyFileRequest, ClassifyTextRequest, JobChange, JobContent, JobEvidence,
    JobLocation, JobResource, JobResult,
};
pub use resource::column::{ColumnResource, DataTypeOptions, columns_from_wire};
pub use resource::data_store::{DataStoreChange, DataStoreDraft, DataStoreResource, LookupRequest};
pub use resource::match_words::{limit_code, limit_kind, reason_code};
pub use resource::sensitive_type::{
    CLASSIFICATION_METHOD, EvidenceGroupResource, ExactMatchRuleResource, PatternResource, ProximityResource,
    SCOPE, SensitiveTypeChange, SensitiveTypeDraft, SensitiveTypeResource,
};
pub use resource::service::ServiceChange;
pub use resource::session::{SessionChange, SessionDraft, SessionResource, WireSalt};
pub use resource::upload_agent::{UploadAgentChange, UploadAgentResource};
