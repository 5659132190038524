//! Buffers that a scan fills and that the next one can use again.

use crate::scan::hits::find::FindScratch;
use crate::text::views::TextViews;

/// Buffers of scans, kept by the caller from text to text so that a short text allocates nothing.
/// One scan uses them at a time, and when it has ended nothing of its text can be read from them.
#[derive(Default)]
pub struct Scratch {
    /// The views of the text: folded, with its escapes decoded.
    pub(crate) views: TextViews,
    /// What finding the values of a zone needs.
    pub(crate) find: FindScratch,
}

impl Scratch {
    /// The longest text whose buffers are kept: those of longer ones would take memory for nothing
    /// most of the time.
    const TEXT_BYTES_MAX: usize = 1 << 20;

    /// Makes empty ones.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets a text of this length that was scanned, and frees what it made too large to keep.
    pub(crate) fn forget(&mut self, text_bytes: usize) {
        if text_bytes > Self::TEXT_BYTES_MAX {
            *self = Self::default();
        }
        self.views.forget();
        self.find.hits.clear();
    }
}

impl std::fmt::Debug for Scratch {
    /// Shows nothing of what they hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
