//! Text in pieces: as much of it is held as a zone and its surroundings need.

use std::fmt;

use edm_model::{Wiped, limits};

use crate::query::Query;
use crate::report::Report;
use crate::scan::scratch::Scratch;
use crate::scan::zone::{ZoneEnd, Zones};
use crate::text::span::TextSpan;
use crate::text::zone_text::{TextBefore, ZoneText};

/// Reports a text that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The first byte, counted from the text's front, at which no character begins or one is cut
    /// off.
    pub offset: u64,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is not UTF-8 at byte {}: send it as UTF-8", self.offset)
    }
}

impl std::error::Error for NotUtf8 {}

/// Scans a text that arrives in pieces. The report is that of the whole text, wherever it was cut.
///
/// A text is evaluated zone by zone, each with as much of the text on either side as can matter to
/// it. Zones begin at fixed offsets of the text, so that pieces cannot change what is found.
pub struct Scanner<'q> {
    zones: Zones<'q>,
    zone_bytes: usize,
    /// The held part of the text.
    held: Wiped<String>,
    before: TextBefore,
    /// Where the next zone begins, in the whole text.
    next: usize,
    /// The front of a character whose end has not arrived.
    unfinished: Vec<u8>,
    broken: Option<NotUtf8>,
    scratch: Scratch,
}

impl<'q> Scanner<'q> {
    /// Begins a scan; the query's own text, if any, is the first piece.
    pub fn new(query: &'q Query<'q>) -> Self {
        let zones = Zones::new(query);
        let zone_bytes = zone_bytes(&zones);
        let mut scanner = Self::empty(zones, zone_bytes);
        scanner.push_text(query.text);
        scanner
    }

    /// Begins a scan that evaluates `zone_bytes` at a time: fewer take less memory and more time.
    /// Changes no finding.
    pub fn in_zones_of(query: &'q Query<'q>, zone_bytes: usize) -> Self {
        let mut scanner = Self::empty(Zones::new(query), zone_bytes);
        scanner.push_text(query.text);
        scanner
    }

    fn empty(zones: Zones<'q>, zone_bytes: usize) -> Self {
        Self {
            zones,
            zone_bytes: zone_bytes.max(1),
            held: Wiped::default(),
            before: TextBefore::default(),
            next: 0,
            unfinished: Vec::new(),
            broken: None,
            scratch: Scratch::new(),
        }
    }

    /// Returns how many bytes of text a scan holds at most at one time, however long the text is.
    pub fn held_bytes_max(&self) -> usize {
        // Either end is moved to the edge of a character.
        self.zone_bytes + 2 * self.zones.margins.around + 2 * char::MAX.len_utf8()
    }

    /// Returns how many bytes of text are held.
    pub fn held_bytes(&self) -> usize {
        self.held.len() + self.unfinished.len()
    }

    /// Takes the next piece, which may end anywhere, also inside a character.
    ///
    /// # Errors
    /// [`NotUtf8`] if the text so far cannot be the front of a UTF-8 text; then nothing more is
    /// taken.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let mut rest = piece;
        while !self.unfinished.is_empty() && !rest.is_empty() {
            // Byte by byte until the cut character is whole: at most three times.
            let (first, others) = rest.split_at(1);
            self.unfinished.extend_from_slice(first);
            rest = others;
            let character = std::mem::take(&mut self.unfinished);
            self.push_bytes(&character)?;
        }
        self.push_bytes(rest)
    }

    /// Ends the text and returns what was found.
    ///
    /// # Errors
    /// [`NotUtf8`] if the text ends inside a character, or was none before.
    pub fn finish(self) -> Result<Report, NotUtf8> {
        match (self.broken, self.unfinished.is_empty()) {
            (Some(broken), _) => Err(broken),
            (None, false) => Err(NotUtf8 { offset: self.length() }),
            (None, true) => Ok(self.finish_text()),
        }
    }

    /// Ends a text that is whole.
    fn finish_text(mut self) -> Report {
        while self.before.bytes + self.held.len() > self.next.saturating_add(self.zone_bytes) {
            self.evaluate_zone();
        }
        if !self.zones.is_stopped() {
            let zone = TextSpan::new(self.next, self.before.bytes + self.held.len());
            let text = ZoneText { text: &self.held, before: self.before };
            self.zones.evaluate(text, zone, ZoneEnd::OfText, &mut self.scratch);
        }
        self.zones.report()
    }

    /// Returns how many bytes of whole characters there were.
    fn length(&self) -> u64 {
        (self.before.bytes + self.held.len()) as u64
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> Result<(), NotUtf8> {
        let (valid, error) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).expect("it counts these bytes");
                (std::str::from_utf8(valid).expect("it says that this is valid"), Some(error))
            }
        };
        // The offset of a bad byte counts all text, though a stopped scan keeps none of it.
        self.push_text(valid);
        let Some(error) = error else { return Ok(()) };
        if error.error_len().is_some() {
            let broken = NotUtf8 { offset: self.length() };
            self.broken = Some(broken);
            return Err(broken);
        }
        self.unfinished = bytes.get(error.valid_up_to()..).expect("it counts these bytes").to_vec();
        Ok(())
    }

    /// Takes text, evaluating a zone whenever all is there that it needs.
    fn push_text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let settled = self.next + self.zone_bytes + self.zones.margins.around;
            // Text is taken only up to where the zone can be evaluated, so that what is held has a
            // bound.
            let room = settled.saturating_sub(self.before.bytes + self.held.len());
            let cut = rest.floor_char_boundary(room);
            let (piece, others) = rest.split_at(cut);
            self.held.push_str(piece);
            rest = others;
            if !rest.is_empty() {
                self.evaluate_zone();
            }
        }
    }

    /// Evaluates the next zone and frees what no later one needs.
    fn evaluate_zone(&mut self) {
        let zone = TextSpan::new(self.next, self.next + self.zone_bytes);
        if !self.zones.is_stopped() {
            let text = ZoneText { text: &self.held, before: self.before };
            self.zones.evaluate(text, zone, ZoneEnd::InText, &mut self.scratch);
        }
        self.next = zone.end;
        let from = self.next.saturating_sub(self.zones.margins.around);
        let cut = self.held.floor_char_boundary(from.saturating_sub(self.before.bytes));
        let gone = self.held.get(..cut).expect("cut at a character");
        self.before.pass(gone, self.zones.query.offset_unit);
        // Moves the margin to the front: it is small beside the zone.
        self.held.drain(..cut);
    }
}

/// Scans a text that is whole, zone by zone where it is.
pub(crate) fn scan_whole(query: &Query<'_>, scratch: &mut Scratch) -> Report {
    scan_between(0, usize::MAX, query, scratch)
}

/// Scans a text that is whole and in which every value starts from `first` on and not after `last`.
pub(crate) fn scan_between(first: usize, last: usize, query: &Query<'_>, scratch: &mut Scratch) -> Report {
    let mut zones = Zones::with_values_between(first, last, query);
    let zone_bytes = zone_bytes(&zones);
    let (text, around) = (query.text, zones.margins.around);
    let (mut start, mut before) = (0, TextBefore::default());
    while !zones.is_stopped() {
        let end = start + zone_bytes;
        let zone_end = if end >= text.len() { ZoneEnd::OfText } else { ZoneEnd::InText };
        let zone = TextSpan::new(start, end.min(text.len()));
        let until = text.floor_char_boundary(zone.end.saturating_add(around));
        let held = text.get(before.bytes..until).expect("a zone starts and ends at characters");
        zones.evaluate(ZoneText { text: held, before }, zone, zone_end, scratch);
        if zone_end == ZoneEnd::OfText {
            break;
        }
        start = end;
        let from = text.floor_char_boundary(start.saturating_sub(around));
        let passed = text.get(before.bytes..from).expect("a zone starts at a character");
        before.pass(passed, query.offset_unit);
    }
    scratch.forget(text.len());
    zones.report()
}

/// A zone that is small beside what it needs around it would read most of the text again and again.
fn zone_bytes(zones: &Zones<'_>) -> usize {
    limits::ZONE_BYTES.max(zones.margins.around)
}
