//! What is kept of a text or file that was classified as a job: where something was found, never what.

use crate::access::PrincipalId;
use crate::ids::{JobId, SensitiveTypeId, TenantId};
use crate::timestamp::Timestamp;

/// What a job was made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobOrigin {
    /// A file.
    File,
    /// A text.
    Text,
}

impl JobOrigin {
    /// Returns the origin's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobOrigin::File => "classifyFile",
            JobOrigin::Text => "classifyText",
        }
    }

    /// Returns the origin that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [JobOrigin::File, JobOrigin::Text].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// One finished classification. No type in it can hold a piece of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassificationJob {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it was made by.
    pub origin: JobOrigin,
    /// Who asked for it.
    pub created_by: PrincipalId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When work on it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What could not be done.
    pub problems: Vec<JobProblem>,
    /// What was found; `None` where nothing could be looked for.
    pub findings: Option<Vec<JobFinding>>,
}

impl ClassificationJob {
    /// Returns the word of its state: a job is finished when it is made.
    pub const fn status(&self) -> &'static str {
        match self.findings {
            Some(_) => "Completed",
            None => "Failed",
        }
    }
}

/// Something that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobProblem {
    /// A stable code such as `unsupportedFileType`.
    pub code: String,
    /// A sentence that says what to do.
    pub message: String,
    /// What it is about: the name of a parameter or the id of a type.
    pub target: Option<String>,
}

/// What was found of one sensitive type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobFinding {
    /// The type.
    pub type_id: SensitiveTypeId,
    /// Its name then.
    pub name: String,
    /// The highest confidence of a match.
    pub confidence: u8,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// Distinct primary values or records.
    pub unique_count: u32,
    /// How many matches have each confidence.
    pub counts: Vec<(u8, u32)>,
    /// Where the matches are.
    pub matches: Vec<JobMatch>,
}

/// Where a match is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobMatch {
    /// Where it begins and how long it is.
    pub place: JobPlace,
    /// Its confidence.
    pub confidence: u8,
    /// Where the rest of its record is, and whether the pattern counted it.
    pub evidences: Vec<(JobPlace, bool)>,
}

/// A piece of the text by its position, in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobPlace {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The column that it is of.
    pub column: String,
}
