//! What the system can do, in words free of HTTP: data stores, upload sessions, blocks coming in, indexing, the
//! generations that are served, matching, and who may do what.
//!
//! Every call takes the caller and checks its rights itself. Time and randomness are handed down. This crate never
//! names an HTTP status, and keeps neither scanned texts nor salts in its logs.
//!
//! ```no_run
//! use std::sync::Arc;
//! use edm_model::{Principal, TenantId};
//! use edm_service::{Clock, MasterKey, MatchOptions, Random, Service, ServiceConfig};
//! # async fn example(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<(), edm_service::Error> {
//! let key = MasterKey::generate(random.as_ref());
//! let service = Service::open(ServiceConfig::new("data", key), clock, random).await?;
//! service.load().await?;
//! let workers = service.start_workers();
//! let caller = Principal::operator(TenantId::DEFAULT);
//! let report = service.classify(&caller, "a text", MatchOptions::default()).await?;
//! assert!(report.types.is_empty());
//! workers.shutdown().await;
//! service.close().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod adopting;
mod agents;
mod building;
mod classification_jobs;
mod clock_jumps;
mod commit;
mod deadline;
mod delta;
mod error;
mod file_checking;
mod indexing;
mod ingest;
mod known_rows;
mod library;
mod listing;
mod lookup;
mod mapped;
mod match_queue;
mod match_report;
mod matching;
mod pinned;
mod places;
mod planning;
mod readiness;
mod revision;
mod salts;
mod scrub;
mod seal;
mod service;
mod serving;
mod sessions;
mod stores;
mod surroundings;
mod tenant_types;
mod text_stream;
mod types;
mod upload_signer;
mod verify;
mod wiped_text;
mod workers;

pub use access::{CreatedToken, NewToken, TokenRecord};
pub use classification_jobs::{FinishedJob, JobContent};
pub use edm_engine::{CandidateSpan, ConfidenceCount, Limit};
pub use edm_extract::TextEncoding;
pub use edm_model::{ListQuery, Listed};
pub use error::{BlockProblem, BlockRange, Error, ErrorKind, Foreign, Resource};
pub use ingest::{BlockAccepted, BlockOutcome, StagedBlock};
pub use library::DataState;
pub use lookup::{LookupRequest, LookupRow};
pub use match_queue::Admission;
pub use match_report::{
    FoundEvidence, FoundMatch, MatchReport, MatchedType, Omission, OmissionReason, Place, TypeDiagnostic,
    UnmatchedValue,
};
pub use matching::{MatchOptions, Matcher, Redacted, Replacement, Texts, Unavailable};
pub use readiness::{Obstacle, Readiness, UnservedStore};
pub use revision::{Expected, ParseRevisionError, Revision, Revisions};
pub use scrub::ScrubCounts;
pub use seal::{MasterKey, SecretText};
pub use service::{Gauges, LoadSummary, Service, StoreGauge, catalog_is_current};
pub use sessions::{CreatedSession, NewSession, SessionChange};
pub use stores::{ColumnFacts, NewStore, StoreChange, StoreView};
pub use surroundings::{Clock, Random, ServiceConfig, ServiceLimits};
pub use text_stream::TextStream;
pub use types::{NewType, TypeChange, TypeView};
pub use upload_signer::UploadSigner;
pub use verify::{Finding, FindingKind, Verification};
pub use workers::Workers;
