//! The record of a text or file classified as a job. It contains positions of matches, never text.

use crate::access::PrincipalId;
use crate::ids::{JobId, SensitiveTypeId, TenantId};
use crate::timestamp::Timestamp;

/// The kind of request that created a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobOrigin {
    /// A file.
    File,
    /// A text.
    Text,
}

impl JobOrigin {
    /// Returns the origin's name in the catalog.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobOrigin::File => "classifyFile",
            JobOrigin::Text => "classifyText",
        }
    }

    /// Returns the origin with this name.
    pub fn parse(word: &str) -> Option<Self> {
        [JobOrigin::File, JobOrigin::Text].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// One finished classification. No type in it can hold a piece of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassificationJob {
    /// The job's id.
    pub id: JobId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The kind of request that created it.
    pub origin: JobOrigin,
    /// The principal that requested it.
    pub created_by: PrincipalId,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When work on it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What could not be done, one entry per problem.
    pub problems: Vec<JobProblem>,
    /// What was found; `None` if the text could not be scanned.
    pub findings: Option<Vec<JobFinding>>,
}

impl ClassificationJob {
    /// Returns the job's state. A job is stored only once it is finished.
    pub const fn status(&self) -> &'static str {
        match self.findings {
            Some(_) => "Completed",
            None => "Failed",
        }
    }
}

/// A part of the request that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobProblem {
    /// A stable code such as `unsupportedFileType`.
    pub code: String,
    /// A sentence for the client that says what to do.
    pub message: String,
    /// The name of the parameter or the id of the type at fault.
    pub target: Option<String>,
}

/// The matches of one sensitive type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobFinding {
    /// The sensitive type.
    pub type_id: SensitiveTypeId,
    /// The type's name when the job ran.
    pub name: String,
    /// The highest confidence among the matches.
    pub confidence: u8,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The number of distinct primary values, or of distinct records.
    pub unique_count: u32,
    /// Pairs of a confidence and the number of matches that have it.
    pub counts: Vec<(u8, u32)>,
    /// The positions of the matches.
    pub matches: Vec<JobMatch>,
}

/// The position of one match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobMatch {
    /// The span of the primary value.
    pub place: JobPlace,
    /// Its confidence.
    pub confidence: u8,
    /// The spans of the other values of the row, and whether the pattern counted each as evidence.
    pub evidences: Vec<(JobPlace, bool)>,
}

/// A span of the text, in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobPlace {
    /// The start.
    pub offset: u64,
    /// The length.
    pub length: u64,
    /// The column whose value it is.
    pub column: String,
}
