//! A text in pieces: as much of it is held as a zone and its margins need.

use std::fmt;

use edm_model::Wiped;

use crate::query::Query;
use crate::report::Report;
use crate::scan::scratch::Scratch;
use crate::scan::zone::Zones;
use crate::scan::zone_walk::ZoneWalk;

/// Reports a text that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The first byte, counted from the start of the text, at which no character starts or one is
    /// cut off.
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
/// it. Zones start at fixed offsets of the text, so that pieces cannot change what is found.
pub struct Scanner<'q> {
    walk: ZoneWalk<'q>,
    /// The held part of the text.
    held: Wiped<String>,
    /// The first bytes of a character whose end has not arrived.
    unfinished: Vec<u8>,
    broken: Option<NotUtf8>,
    scratch: Scratch,
}

impl<'q> Scanner<'q> {
    /// Starts a scan; the query's text, if any, is the first piece.
    pub fn new(query: &'q Query<'q>) -> Self {
        Self::on(ZoneWalk::new(Zones::new(query)), query.text)
    }

    /// Starts a scan that evaluates `zone_bytes` at a time: fewer take less memory and more time.
    /// Changes no finding.
    pub fn in_zones_of(query: &'q Query<'q>, zone_bytes: usize) -> Self {
        Self::on(ZoneWalk::in_zones_of(zone_bytes, Zones::new(query)), query.text)
    }

    fn on(walk: ZoneWalk<'q>, first_piece: &str) -> Self {
        let (held, unfinished, scratch) = (Wiped::default(), Vec::new(), Scratch::new());
        let mut scanner = Self { walk, held, unfinished, broken: None, scratch };
        scanner.push_text(first_piece);
        scanner
    }

    /// Returns how many bytes of text a scan holds at most at one time, however long the text is.
    pub fn held_bytes_max(&self) -> usize {
        self.walk.needed_bytes_max()
    }

    /// Returns how many bytes of text are held.
    pub fn held_bytes(&self) -> usize {
        self.held.len() + self.unfinished.len()
    }

    /// Takes the next piece, which may end anywhere, also inside a character.
    ///
    /// # Errors
    /// [`NotUtf8`] if no UTF-8 text starts with the text so far; then nothing more is taken.
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

    /// Ends a text of whole characters.
    fn finish_text(mut self) -> Report {
        while self.walk.goes_on(self.held.len()) {
            self.evaluate_zone();
        }
        self.walk.finish(&self.held, &mut self.scratch)
    }

    /// Returns how many bytes of whole characters there were.
    fn length(&self) -> u64 {
        self.walk.text_bytes(self.held.len()) as u64
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
            // Text is taken only up to where the zone can be evaluated, so that what is held has a
            // bound.
            let room = self.walk.needed_bytes().saturating_sub(self.held.len());
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
        let passed_bytes = self.walk.advance(&self.held, &mut self.scratch);
        // Moves the margin to the start of the buffer: it is small beside the zone.
        self.held.drain(..passed_bytes);
    }
}
