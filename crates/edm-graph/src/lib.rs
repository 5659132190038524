//! The wire: Microsoft Graph's JSON for exact data match, its paths, query options and errors, used by the
//! server and by the agent. Places on the walk of a text: request → **checked words of the model** → service,
//! and report → **Graph's JSON** → response.
//!
//! It decides nothing, knows no HTTP status and no service; it reads leniently only where the contract says so.
//!
//! ```
//! use edm_graph::{SessionDraft, parse_object};
//! let body = parse_object(br#"{"fileName": "people.csv", "state": "a placeholder that is not looked at"}"#)?;
//! assert_eq!(SessionDraft::read(&body)?.file_name.as_deref(), Some("people.csv"));
//! # Ok::<(), edm_graph::BodyError>(())
//! ```

mod batch;
mod batch_body;
mod body;
mod collection;
mod error;
mod json_string;
mod moment;
pub mod path;
pub mod purview;
pub mod query;
mod resource;
pub mod schema;
mod text_object;

pub use batch::{Batch, BatchError, BatchErrorKind, BatchPart, Here, PartRequest};
pub use batch_body::{BatchDialect, PartBody};
pub use body::{BodyError, BodyErrorKind, Given, Reader, parse_object};
pub use collection::Collection;
pub use error::{
    ClassificationError, ClassificationInnerError, ErrorBody, ErrorDetail, ErrorEnvelope, InnerError,
};
pub use moment::{Moment, ParseMomentError};
pub use resource::classification::{
    CandidateSpan, ClassificationLimit, ClassificationResult, ClassifyOptions, ClassifyRequest,
    ConfidenceCount, ContentEvidence, ContentLocation, DetectedContent, Diagnostic, LineOutcome, LineResult,
    RedactRequest, RedactionResult, ReplacementWord, TextLine, UnmatchedItem,
};
pub use resource::classification_job::{
    ClassificationAttribute, ClassifyFileRequest, ClassifyTextRequest, JobContent, JobEvidence, JobLocation,
    JobResource, JobResult,
};
pub use resource::column::{ColumnResource, DataTypeOptions, columns_from_wire};
pub use resource::data_store::{DataStoreChange, DataStoreDraft, DataStoreResource, LookupRequest};
pub use resource::sensitive_type::{
    CLASSIFICATION_METHOD, EvidenceGroupResource, ExactMatchRuleResource, PatternResource, ProximityResource,
    SCOPE, SensitiveTypeChange, SensitiveTypeDraft, SensitiveTypeResource,
};
pub use resource::session::{SessionChange, SessionDraft, SessionResource, WireSalt};
pub use resource::upload_agent::{UploadAgentChange, UploadAgentResource};
