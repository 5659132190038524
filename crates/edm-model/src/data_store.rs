//! Data stores, and the upload agents that feed them.

use crate::column::Columns;
use crate::ids::{AgentId, SensitiveTypeId, SessionId, StoreId, TenantId};
use crate::placeholder_words::PlaceholderWords;
use crate::sensitive_type::ExactMatchRule;
use crate::timestamp::Timestamp;

/// The generation of a store that is searched now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LiveGeneration {
    /// The publication number, counted from 1. A rollback restores a lower one.
    pub number: u64,
    /// The session that uploaded the rows.
    pub session_id: SessionId,
    /// The number of rows; rejected records are not counted.
    pub row_count: u64,
    /// When it was first published.
    pub published_at: Timestamp,
}

/// How a store answers while its live generation cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnUnserved {
    /// Refuses requests with an error until the data can be read again.
    #[default]
    Refuse,
    /// Searches the previous generation and marks each answer as stale.
    Previous,
}

impl OnUnserved {
    /// Every choice, in the order of the documentation.
    pub const ALL: [OnUnserved; 2] = [OnUnserved::Refuse, OnUnserved::Previous];

    /// Returns the choice's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            OnUnserved::Refuse => "refuse",
            OnUnserved::Previous => "previous",
        }
    }

    /// Returns the choice with this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// A protected table: its columns and its live data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataStore {
    /// The store's id.
    pub id: StoreId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The display name. It is unique in the tenant, and case is ignored.
    pub name: String,
    /// Free text for people.
    pub description: Option<String>,
    /// The columns that the next session gets.
    pub columns: Columns,
    /// The length of the longest matched cell, in atoms. A change applies from the next session on.
    pub tokens_max: u32,
    /// The placeholders of the table, from the next session on; `None` means the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// How it answers while its live generation cannot be read.
    pub on_unserved: OnUnserved,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its description or columns last changed.
    pub updated_at: Timestamp,
    /// When the live data last changed.
    pub data_updated_at: Option<Timestamp>,
    /// The live generation; `None` before the first publication.
    pub live: Option<LiveGeneration>,
}

/// One registered installation of the upload agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadAgent {
    /// The agent's id.
    pub id: AgentId,
    /// Free text for people, such as the host it runs on.
    pub description: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// The origin of a sensitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeOrigin {
    /// Created with the store. Its patterns follow the first generation and are then pinned.
    StoreDefault,
    /// Written by a person.
    Own,
}

impl TypeOrigin {
    /// Returns the origin's name in the catalog.
    pub const fn as_str(self) -> &'static str {
        match self {
            TypeOrigin::StoreDefault => "storeDefault",
            TypeOrigin::Own => "own",
        }
    }

    /// Returns the origin with this name.
    pub fn parse(word: &str) -> Option<Self> {
        [TypeOrigin::StoreDefault, TypeOrigin::Own].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// A named set of patterns over one store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SensitiveType {
    /// The type's id.
    pub id: SensitiveTypeId,
    /// The name shown in reports.
    pub name: String,
    /// Free text for people.
    pub description: Option<String>,
    /// The name of its author.
    pub publisher: Option<String>,
    /// The origin.
    pub origin: TypeOrigin,
    /// The patterns.
    pub rule: ExactMatchRule,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
}
