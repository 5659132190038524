//! The held text of a zone, and where in the whole text it is.

use edm_model::OffsetUnit;

use crate::text::offset_index::units_in;
use crate::text::span::{TextSpan, ZoneSpan};

/// How much of the whole text comes before a zone's held text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextBefore {
    pub(crate) bytes: usize,
    /// In the query's units.
    pub(crate) units: u64,
}

impl TextBefore {
    /// Moves on over text.
    pub(crate) fn pass(&mut self, text: &str, unit: OffsetUnit) {
        self.bytes += text.len();
        self.units += units_in(text, unit);
    }
}

/// A zone and as much of the text on either side as it needs.
#[derive(Clone, Copy)]
pub(crate) struct ZoneText<'t> {
    pub(crate) text: &'t str,
    pub(crate) before: TextBefore,
}

impl<'t> ZoneText<'t> {
    /// Makes the held text of a text that is one zone.
    pub(crate) fn whole(text: &'t str) -> Self {
        Self { text, before: TextBefore::default() }
    }

    /// Returns where a span of the held text is in the whole text.
    #[inline]
    pub(crate) const fn text_span(&self, span: ZoneSpan) -> TextSpan {
        TextSpan::new(self.before.bytes + span.start, self.before.bytes + span.end)
    }

    /// Returns the part of a span of the whole text that is held.
    pub(crate) fn zone_span(&self, span: TextSpan) -> ZoneSpan {
        let offset = |offset: usize| offset.saturating_sub(self.before.bytes).min(self.text.len());
        ZoneSpan::new(offset(span.start), offset(span.end))
    }

    /// Returns the text of a span, which must start and end at characters.
    pub(crate) fn get(&self, span: ZoneSpan) -> &'t str {
        self.text.get(span.start..span.end).expect("a span starts and ends at characters")
    }
}
