//! The state of a store's data on this node. A guard depends on the difference between the first
//! and the last of the four states:
//!
//! ```text
//! none      nothing was published yet: nothing can be found
//! served    the live data is searched
//! stale     the live data cannot be read; the generation before it is searched instead
//! unserved  the live data cannot be read: texts are not searched for it, and the answer says so
//! ```

use std::sync::Arc;

use edm_engine::Generation;

/// Whether this node searches a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataState {
    /// It has no data yet.
    None,
    /// Its live data is searched.
    Served,
    /// Its live data cannot be read, and the generation before is searched.
    Stale,
    /// Its live data cannot be read, and nothing is searched.
    Unserved,
}

impl DataState {
    /// Returns the state's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            DataState::None => "none",
            DataState::Served => "served",
            DataState::Stale => "stale",
            DataState::Unserved => "unserved",
        }
    }
}

/// What is searched of a store that has published data.
#[derive(Clone)]
pub(crate) enum Data {
    /// What is live.
    Live(Arc<Generation>),
    /// The generation before, because what is live cannot be read.
    Stale(Arc<Generation>),
    /// Nothing, because what is live cannot be read.
    Unserved,
}

impl Data {
    pub(crate) fn generation(&self) -> Option<&Arc<Generation>> {
        match self {
            Data::Live(generation) | Data::Stale(generation) => Some(generation),
            Data::Unserved => None,
        }
    }

    pub(crate) fn state(&self) -> DataState {
        match self {
            Data::Live(_) => DataState::Served,
            Data::Stale(_) => DataState::Stale,
            Data::Unserved => DataState::Unserved,
        }
    }
}
