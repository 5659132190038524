//! The one loop over the zones of a text, for a text that is whole and for one that arrives in
//! pieces.
//!
//! The findings must not depend on how a text arrives, so a zone gets the same text around it
//! either way. The walk therefore decides alone where zones are cut and how much text each needs.
//! Its callers only differ in where the text is: [`scan_whole`] borrows it, `Scanner` stores what
//! has arrived.
//!
//! ```text
//! text     |--------------------------------------------------|
//! held            |~ around ~|### zone ###|~ around ~|            needed_bytes()
//!                 ^ before   ^ next
//! advance()
//! held                         |~ around ~|### zone ###|~ …       the caller drops what was passed
//!                              ^ before   ^ next
//! ```
//!
//! What must stay true: zones start at multiples of `zone_bytes` from the start of the text, and
//! the held text starts and ends at characters.

use edm_model::limits;

use crate::query::Query;
use crate::report::Report;
use crate::scan::scratch::Scratch;
use crate::scan::zone::{ZoneEnd, Zones};
use crate::text::span::TextSpan;
use crate::text::zone_text::{TextBefore, ZoneText};

/// Where a scan is in its text.
pub(crate) struct ZoneWalk<'q> {
    zones: Zones<'q>,
    zone_bytes: usize,
    /// The text before the held one.
    before: TextBefore,
    /// Where the next zone starts in the whole text.
    next: usize,
}

impl<'q> ZoneWalk<'q> {
    pub(crate) fn new(zones: Zones<'q>) -> Self {
        // A zone that is small beside its margins would fold most of the text twice or more.
        let zone_bytes = limits::ZONE_BYTES.max(zones.margins.around);
        Self::in_zones_of(zone_bytes, zones)
    }

    /// Starts a walk in zones of `zone_bytes`, at least one byte.
    pub(crate) fn in_zones_of(zone_bytes: usize, zones: Zones<'q>) -> Self {
        Self { zones, zone_bytes: zone_bytes.max(1), before: TextBefore::default(), next: 0 }
    }

    /// Returns whether the caller stopped the scan.
    pub(crate) fn is_stopped(&self) -> bool {
        self.zones.is_stopped()
    }

    /// Returns how many bytes of text there are, if `held_bytes` are held.
    pub(crate) fn text_bytes(&self, held_bytes: usize) -> usize {
        self.before.bytes + held_bytes
    }

    /// Returns how many bytes the held text has when the next zone can be evaluated.
    pub(crate) fn needed_bytes(&self) -> usize {
        self.next + self.zone_bytes + self.zones.margins.around - self.before.bytes
    }

    /// Returns the most that [`ZoneWalk::needed_bytes`] returns at any time.
    pub(crate) fn needed_bytes_max(&self) -> usize {
        // Either end is moved to the edge of a character.
        self.zone_bytes + 2 * self.zones.margins.around + 2 * char::MAX.len_utf8()
    }

    /// Returns whether the text goes on after the next zone, if `held_bytes` are held.
    pub(crate) fn goes_on(&self, held_bytes: usize) -> bool {
        self.text_bytes(held_bytes) > self.next.saturating_add(self.zone_bytes)
    }

    /// Evaluates the next zone, unless the scan is stopped, and moves on. More text follows the
    /// zone. Returns how many bytes at the start of `held` no later zone needs: the caller drops
    /// them.
    pub(crate) fn advance(&mut self, held: &str, scratch: &mut Scratch) -> usize {
        let zone = TextSpan::new(self.next, self.next + self.zone_bytes);
        if !self.is_stopped() {
            self.zones.evaluate(ZoneText { text: held, before: self.before }, zone, ZoneEnd::InText, scratch);
        }
        self.next = zone.end;
        let kept_from = self.next.saturating_sub(self.zones.margins.around);
        let passed_bytes = held.floor_char_boundary(kept_from.saturating_sub(self.before.bytes));
        let passed = held.get(..passed_bytes).expect("cut at a character");
        self.before.pass(passed, self.zones.query.offset_unit);
        passed_bytes
    }

    /// Evaluates the last zone, unless the scan is stopped, and makes the report.
    pub(crate) fn finish(mut self, held: &str, scratch: &mut Scratch) -> Report {
        debug_assert!(self.is_stopped() || !self.goes_on(held.len()), "the last zone is left");
        if !self.is_stopped() {
            let zone = TextSpan::new(self.next, self.text_bytes(held.len()));
            self.zones.evaluate(ZoneText { text: held, before: self.before }, zone, ZoneEnd::OfText, scratch);
        }
        self.zones.report()
    }
}

/// Scans a text that is whole, without copying it.
pub(crate) fn scan_whole(query: &Query<'_>, scratch: &mut Scratch) -> Report {
    scan_between(0, usize::MAX, query, scratch)
}

/// Scans a text that is whole and in which every value starts from `first` on and not after `last`.
pub(crate) fn scan_between(first: usize, last: usize, query: &Query<'_>, scratch: &mut Scratch) -> Report {
    let mut walk = ZoneWalk::new(Zones::with_values_between(first, last, query));
    let mut rest = query.text;
    while !walk.is_stopped() && walk.goes_on(rest.len()) {
        // Not all of the rest: a zone must see as much of the text as it would if it arrived in
        // pieces.
        let held_bytes = rest.floor_char_boundary(walk.needed_bytes());
        let held = rest.get(..held_bytes).expect("cut at a character");
        let passed_bytes = walk.advance(held, scratch);
        rest = rest.get(passed_bytes..).expect("what is passed ends at a character");
    }
    let report = walk.finish(rest, scratch);
    scratch.forget(query.text.len());
    report
}
