//! What the system can do, in words free of HTTP: data stores, upload sessions, blocks coming in,
//! indexing, the generations that are served, matching, and who may do what.
//!
//! Every call takes the caller and authorises it before anything happens. Calls about blocks take
//! the grant of a signed upload URI instead. Time and randomness are handed down. This crate never
//! names an HTTP status, and keeps neither scanned texts nor salts in its logs.
//!
//! ```no_run
//! use std::sync::Arc;
//! use edm_model::{Principal, TenantId};
//! use edm_service::{Clock, MasterKey, MatchOptions, Random, Service, ServiceConfig};
//! # type Result = std::result::Result<(), edm_service::Error>;
//! # async fn example(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result {
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
mod blob_layout;
mod catalog_cache;
mod catalog_opening;
mod checked_text;
mod config;
mod data_directory;
mod deps;
mod error;
mod index;
mod jobs;
mod matching;
mod revision;
mod run_blocking;
mod secrets;
mod serve;
mod service;
mod service_limits;
mod stores;
mod upkeep;
mod upload;

pub use access::tokens::{CreatedToken, NewToken, TokenRecord};
pub use access::upload_grant::{BlockAction, ListBlocks, PutBlocks, UploadGrant};
pub use catalog_opening::catalog_is_current;
pub use config::ServiceConfig;
pub use data_directory::lock_directory;
pub use deps::{Clock, Random};
pub use edm_engine::{CandidateSpan, ConfidenceCount, Limit};
pub use edm_extract::TextEncoding;
pub use edm_model::{ListQuery, Listed};
pub use error::{BlockProblem, BlockRange, Error, ErrorKind, Foreign, RedactionGap, Resource};
pub use matching::batch::Texts;
pub use matching::classification_jobs::{FinishedJob, JobContent};
pub use matching::lookup::{LookupRequest, LookupRow};
pub use matching::matcher::Matcher;
pub use matching::options::{MatchOptions, Unavailable};
pub use matching::queue::Admission;
pub use matching::redact::{Redacted, Replacement};
pub use matching::report::{
    FoundEvidence, FoundMatch, MatchReport, MatchedType, Place, TypeDiagnostic, UnmatchedValue,
};
pub use matching::stream::TextStream;
pub use revision::{Expected, ParseRevisionError, Revision, Revisions};
pub use secrets::key_ring::open_manifest;
pub use secrets::master_key::MasterKey;
pub use secrets::secret_text::SecretText;
pub use secrets::upload_signer::{AddressRefusal, SignedAddress, UploadPermission, UploadSigner};
pub use serve::data_state::DataState;
pub use serve::library::ColumnFacts;
pub use serve::omission::{Omission, OmissionReason};
pub use serve::readiness::{Obstacle, Readiness, UnservedStore};
pub use service::Service;
pub use service_limits::ServiceLimits;
pub use stores::data_stores::{NewStore, StoreChange, StoreView};
pub use stores::sensitive_types::{NewType, TypeChange, TypeView};
pub use upkeep::gauges::{Gauges, StoreGauge};
pub use upkeep::load::LoadSummary;
pub use upkeep::scrub::ScrubCounts;
pub use upkeep::verify::{Finding, FindingKind, Verification};
pub use upkeep::workers::Workers;
pub use upload::ingest::{BlockAccepted, BlockOutcome, StagedBlock};
pub use upload::sessions::{CreatedSession, NewSession, SessionChange};
