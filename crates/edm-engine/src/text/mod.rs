//! What a text is, without an index: its foldings, offsets, unbreakable runs and table rows.

pub(crate) mod longer_tokens;
pub(crate) mod offset_index;
mod run_segments;
pub(crate) mod runs;
pub(crate) mod span;
pub(crate) mod table_rows;
pub(crate) mod views;
pub(crate) mod zone_text;

pub use span::TextSpan;
