//! Upload sessions, and the one function that changes their state (`docs/api/resources.md`).

use std::fmt;

use crate::access::PrincipalId;
use crate::column::Columns;
use crate::ids::{KeyId, SessionId, StoreId, TenantId};
use crate::timestamp::Timestamp;

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// The session accepts blocks.
    UploadInProgress,
    /// Committed; the generation is being built.
    ProcessingInProgress,
    /// Its data was published.
    Completed,
    /// Processing ended without publication; the session has the reason.
    Failed,
    /// Cancelled by a caller.
    Cancelled,
    /// Expired for lack of activity.
    Expired,
}

impl SessionState {
    /// Every state, in the order of a session's life.
    pub const ALL: [SessionState; 6] = [
        SessionState::UploadInProgress,
        SessionState::ProcessingInProgress,
        SessionState::Completed,
        SessionState::Failed,
        SessionState::Cancelled,
        SessionState::Expired,
    ];

    /// Returns the state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            SessionState::UploadInProgress => "UploadInProgress",
            SessionState::ProcessingInProgress => "ProcessingInProgress",
            SessionState::Completed => "Completed",
            SessionState::Failed => "Failed",
            SessionState::Cancelled => "Cancelled",
            SessionState::Expired => "Expired",
        }
    }

    /// Returns the state with this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns whether the state is final. A final session can only be deleted.
    pub const fn is_final(self) -> bool {
        !matches!(self, SessionState::UploadInProgress | SessionState::ProcessingInProgress)
    }
}

/// An event in the life of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionEvent {
    /// A caller changes a property or sends a block list.
    Edit,
    /// A block arrives.
    Block,
    /// A caller requests a new upload URI.
    Renew,
    /// A caller declares the upload complete.
    Commit,
    /// The built generation becomes live.
    Publish,
    /// Processing failed for good.
    Fail,
    /// A caller cancels the session.
    Cancel,
    /// The session had no activity for too long.
    Expire,
}

impl SessionEvent {
    /// Every event.
    pub const ALL: [SessionEvent; 8] = [
        SessionEvent::Edit,
        SessionEvent::Block,
        SessionEvent::Renew,
        SessionEvent::Commit,
        SessionEvent::Publish,
        SessionEvent::Fail,
        SessionEvent::Cancel,
        SessionEvent::Expire,
    ];
}

/// Reports an event that the current state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionRefused {
    /// The state, which does not change.
    pub state: SessionState,
    /// The refused event.
    pub event: SessionEvent,
}

impl fmt::Display for TransitionRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the session is {}: start a new session", self.state.as_str())
    }
}

impl std::error::Error for TransitionRefused {}

/// Returns the state after the event. It is the same state if the event changes nothing or is a
/// repeat.
pub fn transition(state: SessionState, event: SessionEvent) -> Result<SessionState, TransitionRefused> {
    use SessionEvent as E;
    use SessionState as S;
    match (state, event) {
        (S::UploadInProgress, E::Edit | E::Block | E::Renew) => Ok(S::UploadInProgress),
        (S::UploadInProgress, E::Commit) => Ok(S::ProcessingInProgress),
        (S::UploadInProgress, E::Expire) => Ok(S::Expired),
        (S::UploadInProgress | S::ProcessingInProgress | S::Cancelled, E::Cancel) => Ok(S::Cancelled),
        (S::ProcessingInProgress, E::Publish) => Ok(S::Completed),
        (S::ProcessingInProgress, E::Fail) => Ok(S::Failed),
        // A client repeats a commit when it lost the response. That is not an error.
        (S::ProcessingInProgress | S::Completed, E::Commit) => Ok(state),
        (_, event) => Err(TransitionRefused { state, event }),
    }
}

/// What a session does to the rows of the live generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UpdateMode {
    /// Its rows replace all others.
    #[default]
    Replace,
    /// Its rows are added, changed or removed by key.
    Delta,
}

impl UpdateMode {
    /// Returns the mode's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            UpdateMode::Replace => "replace",
            UpdateMode::Delta => "delta",
        }
    }

    /// Returns the mode with this name.
    pub fn parse(word: &str) -> Option<Self> {
        [UpdateMode::Replace, UpdateMode::Delta].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// The reason of a session in state `Failed`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionFailure {
    /// A stable code such as `superseded` or `shrinkRefused`.
    pub code: String,
    /// A sentence for the client that says what to do.
    pub message: String,
    /// The property at fault, if one is.
    pub target: Option<String>,
    /// When the session failed.
    pub at: Timestamp,
}

/// One upload of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The store that it uploads to.
    pub store_id: StoreId,
    /// The state.
    pub state: SessionState,
    /// What it does to the live rows.
    pub update_mode: UpdateMode,
    /// The store's columns when the session was created.
    pub columns: Columns,
    /// The length of the store's longest matched cell, in atoms, when the session was created.
    pub tokens_max: u32,
    /// The salt that keys the hashes of its blocks.
    pub key_id: KeyId,
    /// The principal that created it. No one else may read its salt.
    pub created_by: PrincipalId,
    /// The upload agent, as the client named it.
    pub upload_agent_id: Option<String>,
    /// The columns of the file, as the client named them; empty if it did not.
    pub fields: Vec<String>,
    /// The name of the file, for people.
    pub file_name: Option<String>,
    /// The checksum over the blocks, compared at commit.
    pub checksum: Option<String>,
    /// The number of records in a full block.
    pub rows_per_block: Option<u32>,
    /// The total number of blocks.
    pub total_block_count: Option<u32>,
    /// The number of blocks staged and verified.
    pub staged_block_count: u32,
    /// The number of rows in the blocks.
    pub row_count: Option<u64>,
    /// The number of records that the agent refused.
    pub rejected_row_count: Option<u64>,
    /// Whether a generation may be published that has far fewer rows than the live one.
    pub allow_shrink: bool,
    /// The number of jobs that processing takes; known from the commit on.
    pub total_job_count: Option<u32>,
    /// The number of unfinished jobs.
    pub remaining_job_count: Option<u32>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its first block arrived.
    pub started_at: Option<Timestamp>,
    /// When any property last changed.
    pub updated_at: Timestamp,
    /// When its upload URI expires.
    pub upload_expires_at: Timestamp,
    /// When it was committed.
    pub upload_completed_at: Option<Timestamp>,
    /// When its generation became live, or building it was abandoned.
    pub processing_completed_at: Option<Timestamp>,
    /// When it reached its final state.
    pub completed_at: Option<Timestamp>,
    /// Why it failed, if it did.
    pub failure: Option<SessionFailure>,
}

impl Session {
    /// Returns the number of missing blocks; `None` while the total is unknown.
    pub fn remaining_block_count(&self) -> Option<u32> {
        self.total_block_count.map(|total| total.saturating_sub(self.staged_block_count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of state and event: the next state, or `-` for a refused event.
    const TABLE: [(&str, [&str; 8]); 6] = [
        // Edit, Block, Renew, Commit, Publish, Fail, Cancel, Expire
        (
            "UploadInProgress",
            [
                "UploadInProgress",
                "UploadInProgress",
                "UploadInProgress",
                "ProcessingInProgress",
                "-",
                "-",
                "Cancelled",
                "Expired",
            ],
        ),
        (
            "ProcessingInProgress",
            ["-", "-", "-", "ProcessingInProgress", "Completed", "Failed", "Cancelled", "-"],
        ),
        ("Completed", ["-", "-", "-", "Completed", "-", "-", "-", "-"]),
        ("Failed", ["-", "-", "-", "-", "-", "-", "-", "-"]),
        ("Cancelled", ["-", "-", "-", "-", "-", "-", "Cancelled", "-"]),
        ("Expired", ["-", "-", "-", "-", "-", "-", "-", "-"]),
    ];

    #[test]
    fn every_state_answers_every_event_as_the_table_says() {
        for (state, answers) in TABLE {
            let state = SessionState::parse(state).expect("the table names states");
            for (event, expected) in SessionEvent::ALL.into_iter().zip(answers) {
                let actual = transition(state, event);
                assert_eq!(actual.ok(), SessionState::parse(expected), "{state:?} on {event:?}");
                if let Err(refused) = actual {
                    assert_eq!((refused.state, refused.event), (state, event));
                }
            }
        }
    }

    #[test]
    fn a_final_state_is_left_by_no_event() {
        for state in SessionState::ALL.into_iter().filter(|state| state.is_final()) {
            for event in SessionEvent::ALL {
                assert!(
                    transition(state, event).is_err() || transition(state, event) == Ok(state),
                    "{state:?} {event:?}"
                );
            }
        }
    }

    #[test]
    fn words_name_what_they_print() {
        for state in SessionState::ALL {
            assert_eq!(SessionState::parse(state.as_str()), Some(state));
        }
        for mode in [UpdateMode::Replace, UpdateMode::Delta] {
            assert_eq!(UpdateMode::parse(mode.as_str()), Some(mode));
        }
        assert_eq!(SessionState::parse("completed"), None);
    }
}
