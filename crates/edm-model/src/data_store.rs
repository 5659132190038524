//! Data stores, the agents that feed them, and the sensitive types that look for their records.

use crate::column::Columns;
use crate::ids::{AgentId, SensitiveTypeId, SessionId, StoreId, TenantId};
use crate::placeholder_words::PlaceholderWords;
use crate::sensitive_type::ExactMatchRule;
use crate::timestamp::Timestamp;

/// The data that matches are looked for in, of one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LiveGeneration {
    /// Counts the publications of the store, the first is 1. A rollback brings a lower one back.
    pub number: u64,
    /// The session that brought the rows.
    pub session_id: SessionId,
    /// How many rows can be found; rejected ones are not counted.
    pub row_count: u64,
    /// When it was first published.
    pub published_at: Timestamp,
}

/// What a store wants where its live generation cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnUnserved {
    /// Nothing is answered from the store until its data can be read: who asks is told so.
    #[default]
    Refuse,
    /// The generation before the live one is searched instead, and each answer says that it is stale.
    Previous,
}

impl OnUnserved {
    /// Every choice, in the order of the documentation.
    pub const ALL: [OnUnserved; 2] = [OnUnserved::Refuse, OnUnserved::Previous];

    /// Returns the choice's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            OnUnserved::Refuse => "refuse",
            OnUnserved::Previous => "previous",
        }
    }

    /// Returns the choice that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// A table's place: its columns, and which upload of it is live.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataStore {
    /// Its id.
    pub id: StoreId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The name that people know it by; unique in the tenant, case does not matter.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The columns of the next session.
    pub columns: Columns,
    /// The longest cell that is matched, in atoms, from the next session on.
    pub tokens_max: u32,
    /// The words by which the table says that a cell is empty, from the next session on; `None` for the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// What is answered where its live generation cannot be read.
    pub on_unserved: OnUnserved,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its description or columns changed.
    pub updated_at: Timestamp,
    /// When other data became live.
    pub data_updated_at: Option<Timestamp>,
    /// What is live; `None` before the first publication.
    pub live: Option<LiveGeneration>,
}

/// One registered installation of the upload agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadAgent {
    /// Its id.
    pub id: AgentId,
    /// Where it stands and what it is for.
    pub description: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Where a sensitive type comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeOrigin {
    /// Made with the store; its patterns are resolved at the first generation, then pinned.
    StoreDefault,
    /// Written by a person.
    Own,
}

impl TypeOrigin {
    /// Returns the origin's word in the catalog.
    pub const fn as_str(self) -> &'static str {
        match self {
            TypeOrigin::StoreDefault => "storeDefault",
            TypeOrigin::Own => "own",
        }
    }

    /// Returns the origin that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [TypeOrigin::StoreDefault, TypeOrigin::Own].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// A named rule of what to find.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SensitiveType {
    /// Its id.
    pub id: SensitiveTypeId,
    /// The name in a report.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who wrote it.
    pub publisher: Option<String>,
    /// Where it comes from.
    pub origin: TypeOrigin,
    /// What must be found where.
    pub rule: ExactMatchRule,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
}
