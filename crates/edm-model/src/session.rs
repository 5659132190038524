//! An upload session and the one function that changes its state (contract, extensions, Sessions).

use std::fmt;

use crate::access::PrincipalId;
use crate::column::Columns;
use crate::ids::{KeyId, SessionId, StoreId, TenantId};
use crate::timestamp::Timestamp;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Blocks are welcome.
    UploadInProgress,
    /// Committed; the index is being built.
    ProcessingInProgress,
    /// Its data was published.
    Completed,
    /// Processing ended without publication; the session says why.
    Failed,
    /// Given up by a caller.
    Cancelled,
    /// Given up by the clock.
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

    /// Returns the state's word.
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

    /// Returns the state that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns whether nothing can happen to the session any more, but its deletion.
    pub const fn is_final(self) -> bool {
        !matches!(self, SessionState::UploadInProgress | SessionState::ProcessingInProgress)
    }
}

/// What can happen to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionEvent {
    /// A property is changed, or a block list is given.
    Edit,
    /// A block arrives.
    Block,
    /// A fresh upload URI is asked for.
    Renew,
    /// The caller says that everything is there.
    Commit,
    /// The built generation is made live.
    Publish,
    /// Processing cannot succeed.
    Fail,
    /// A caller gives up.
    Cancel,
    /// Nothing happened for too long.
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

/// Reports an event that a session in this state refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionRefused {
    /// The state, which stays as it is.
    pub state: SessionState,
    /// What was refused.
    pub event: SessionEvent,
}

impl fmt::Display for TransitionRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the session is {}: start a new session", self.state.as_str())
    }
}

impl std::error::Error for TransitionRefused {}

/// Returns the state after the event; the same state where the event changes nothing or is a repeat.
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
        // A repeated commit is a lost answer, not a mistake.
        (S::ProcessingInProgress | S::Completed, E::Commit) => Ok(state),
        (_, event) => Err(TransitionRefused { state, event }),
    }
}

/// What a session does to the live rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UpdateMode {
    /// Its rows take the place of all others.
    #[default]
    Replace,
    /// Its rows are added, changed or removed by key.
    Delta,
}

impl UpdateMode {
    /// Returns the mode's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            UpdateMode::Replace => "replace",
            UpdateMode::Delta => "delta",
        }
    }

    /// Returns the mode that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        [UpdateMode::Replace, UpdateMode::Delta].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Why a session ended `Failed`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionFailure {
    /// A stable code such as `superseded` or `shrinkRefused`.
    pub code: String,
    /// A sentence that says what to do.
    pub message: String,
    /// The property at fault, where it is one.
    pub target: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// One upload of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The store that it feeds.
    pub store_id: StoreId,
    /// Where it stands.
    pub state: SessionState,
    /// What it does to the live rows.
    pub update_mode: UpdateMode,
    /// The store's columns as they were when the session was made.
    pub columns: Columns,
    /// The store's longest matched cell, in atoms, as it was when the session was made.
    pub tokens_max: u32,
    /// The salt that its blocks are keyed with.
    pub key_id: KeyId,
    /// Who made it: the only one who may read its salt.
    pub created_by: PrincipalId,
    /// The agent that uploads, as the client named it.
    pub upload_agent_id: Option<String>,
    /// The columns of the file, as the client named them; empty when it did not.
    pub fields: Vec<String>,
    /// The name of the file, for people.
    pub file_name: Option<String>,
    /// The checksum over the blocks, compared at commit.
    pub checksum: Option<String>,
    /// How many records a full block has.
    pub rows_per_block: Option<u32>,
    /// How many blocks there are.
    pub total_block_count: Option<u32>,
    /// How many blocks were staged and verified.
    pub staged_block_count: u32,
    /// How many rows the agent sealed.
    pub row_count: Option<u64>,
    /// How many rows the agent left out.
    pub rejected_row_count: Option<u64>,
    /// Whether far fewer rows than are live may be published.
    pub allow_shrink: bool,
    /// How many jobs processing takes; known from commit on.
    pub total_job_count: Option<u32>,
    /// How many of them are still to be done.
    pub remaining_job_count: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its first block arrived.
    pub started_at: Option<Timestamp>,
    /// When anything about it changed.
    pub updated_at: Timestamp,
    /// When its upload URI stops working.
    pub upload_expires_at: Timestamp,
    /// When it was committed.
    pub upload_completed_at: Option<Timestamp>,
    /// When its index was built and live, or was given up.
    pub processing_completed_at: Option<Timestamp>,
    /// When it came to its final state.
    pub completed_at: Option<Timestamp>,
    /// Why it failed, if it did.
    pub failure: Option<SessionFailure>,
}

impl Session {
    /// Returns how many blocks are still missing; `None` while the total is unknown.
    pub fn remaining_block_count(&self) -> Option<u32> {
        self.total_block_count.map(|total| total.saturating_sub(self.staged_block_count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every (state, event) pair: the state after it, or `-` where it is refused.
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
