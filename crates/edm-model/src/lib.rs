//! The domain types that every other crate shares: ids, columns and their rules, sessions,
//! sensitive types, timestamps and limits.
//!
//! This crate does no I/O, knows no wire format and no clock, and depends on no other crate of the
//! workspace.
//!
//! ```
//! use edm_model::{Column, Columns};
//! let columns = Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")])?;
//! assert_eq!(columns.position("lastName"), Some(1));
//! # Ok::<(), edm_model::ColumnsError>(())
//! ```

mod access;
mod classification_job;
mod column;
mod column_class;
mod data_store;
mod data_type;
mod explanation;
mod ids;
pub mod limits;
mod list;
mod offset_unit;
mod placeholder_words;
mod rule;
mod sensitive_type;
mod session;
mod timestamp;
mod wiped;

pub use access::{Principal, PrincipalId, Right, Role, Roles};
pub use classification_job::{ClassificationJob, JobFinding, JobMatch, JobOrigin, JobPlace, JobProblem};
pub use column::{Column, Columns, ColumnsError, ColumnsErrorKind};
pub use column_class::{
    ClassFigures, ColumnSummary, FormStatistics, PrimaryObstacle, RARE_ROWS_MAX, ValueStatistics,
    classify_column, column_warnings, primary_obstacles,
};
pub use data_store::{DataStore, LiveGeneration, OnUnserved, SensitiveType, TypeOrigin, UploadAgent};
pub use data_type::{Country, DataType, DataTypeOptions, DateOrder};
pub use explanation::{ColumnCount, LimitKind, Note, Reason, RecordName, RecordValue, Records, ValuePlace};
pub use ids::{AgentId, JobId, KeyId, ParseIdError, SensitiveTypeId, SessionId, StoreId, TenantId, TokenId};
pub use list::{
    Comparison, Condition, Cursor, Direction, ListQuery, Listed, Literal, Operand, OrderKey, TextTest,
};
pub use offset_unit::OffsetUnit;
pub use placeholder_words::{PlaceholderWords, PlaceholderWordsError};
pub use rule::{CaseRule, DelimiterError, Delimiters, DiacriticRule, Rule};
pub use sensitive_type::{
    ColumnClass, EvidenceGroup, ExactMatchRule, Pattern, Proximity, ProximityUnit,
    RECOMMENDED_CONFIDENCE_DEFAULT, RuleDraft, redact_confidence_default,
};
pub use session::{
    Session, SessionEvent, SessionFailure, SessionState, TransitionRefused, UpdateMode, transition,
};
pub use timestamp::Timestamp;
pub use wiped::{Wipe, Wiped};
