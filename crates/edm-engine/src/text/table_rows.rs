//! Which lines of a text are rows of a table (`docs/matching.md`, Table rows).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use edm_model::limits::{TABLE_GAP_BYTES_MAX, TABLE_ROW_BYTES_MAX};

use crate::text::span::ZoneSpan;

/// Bytes that are tested together for one that may be of a line break: what folding makes one of
/// (U+000A to U+000D, U+0085, U+2028, U+2029).
const PIECE: usize = 32;
/// Dashes from which a line of nothing else separates a table's head from its body.
const SEPARATOR_DASHES_MIN: usize = 3;

/// The lines of a text, each examined when a value is in it or in a neighbour.
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// By where they begin.
    known: RefCell<BTreeMap<usize, Line>>,
}

/// What is known of a line.
#[derive(Clone)]
struct Line {
    end: usize,
    kind: Option<Rc<Kind>>,
    is_row: Option<bool>,
}

enum Kind {
    /// Longer than a row may be.
    Long,
    /// Empty, or it only separates others.
    Between,
    Divided(Layout),
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, known: RefCell::default() }
    }

    /// Returns the row of a table, a line, that holds a span.
    pub(crate) fn row_of(&self, span: ZoneSpan) -> Option<ZoneSpan> {
        let line = self.line_at(span.start);
        (span.end <= line.end && self.is_row(line)).then_some(line)
    }

    /// Returns whether a span is in a line that is longer than a row may be.
    pub(crate) fn in_long_line(&self, span: ZoneSpan) -> bool {
        let line = self.line_at(span.start);
        line.len() > TABLE_ROW_BYTES_MAX && span.end <= line.end
    }

    fn is_row(&self, line: ZoneSpan) -> bool {
        // A memo, because in a table of a thousand rows each line is compared with its neighbours.
        let known = self.known.borrow().get(&line.start).and_then(|known| known.is_row);
        known.unwrap_or_else(|| {
            let is_row = match &*self.kind(line) {
                Kind::Divided(layout) => self.agrees_before(line, layout) || self.agrees_after(line, layout),
                Kind::Long | Kind::Between => false,
            };
            let mut lines = self.known.borrow_mut();
            lines.get_mut(&line.start).expect("a line has an entry once its kind is known").is_row =
                Some(is_row);
            is_row
        })
    }

    /// Returns whether the nearest line before that holds cells is divided alike.
    fn agrees_before(&self, line: ZoneSpan, layout: &Layout) -> bool {
        let mut next = line;
        while let Some(before) = self.line_before(next) {
            if line.start - before.end > TABLE_GAP_BYTES_MAX {
                return false;
            }
            // A separator or an empty line is skipped. A line that is too long ends the search: it
            // is divided like no other.
            match &*self.kind(before) {
                Kind::Long => return false,
                Kind::Between => next = before,
                Kind::Divided(other) => return layout.agrees(other),
            }
        }
        false
    }

    fn agrees_after(&self, line: ZoneSpan, layout: &Layout) -> bool {
        let mut last = line;
        while let Some(after) = self.line_after(last) {
            if after.start - line.end > TABLE_GAP_BYTES_MAX {
                return false;
            }
            match &*self.kind(after) {
                Kind::Long => return false,
                Kind::Between => last = after,
                Kind::Divided(other) => return layout.agrees(other),
            }
        }
        false
    }

    fn kind(&self, span: ZoneSpan) -> Rc<Kind> {
        let mut lines = self.known.borrow_mut();
        let line = lines.entry(span.start).or_insert(Line { end: span.end, kind: None, is_row: None });
        let text = self.text.get(span.start..span.end).expect("line breaks are whole characters");
        line.kind.get_or_insert_with(|| Rc::new(Kind::of(text))).clone()
    }

    /// Returns the line that contains an offset; each is searched for once.
    fn line_at(&self, offset: usize) -> ZoneSpan {
        // Lines are disjoint, so only the last one that starts at the offset or before it can
        // contain it.
        let mut lines = self.known.borrow_mut();
        if let Some((start, line)) = lines.range(..=offset).next_back()
            && offset <= line.end
        {
            return ZoneSpan::new(*start, line.end);
        }
        let start = break_before(self.text, offset).map_or(0, |found| found.end);
        let end = break_after(self.text, offset).map_or(self.text.len(), |found| found.start);
        lines.insert(start, Line { end, kind: None, is_row: None });
        ZoneSpan::new(start, end)
    }

    fn line_before(&self, line: ZoneSpan) -> Option<ZoneSpan> {
        let found = break_before(self.text, line.start)?;
        Some(self.line_at(found.start))
    }

    fn line_after(&self, line: ZoneSpan) -> Option<ZoneSpan> {
        let found = break_after(self.text, line.end)?;
        Some(self.line_at(found.end))
    }
}

impl Kind {
    fn of(line: &str) -> Self {
        if line.len() > TABLE_ROW_BYTES_MAX {
            Self::Long
        } else if line.trim().is_empty() || is_separator(line) {
            Self::Between
        } else {
            Self::Divided(Layout::of(line))
        }
    }
}

/// Returns the last line break that ends at an offset or before it.
fn break_before(text: &str, offset: usize) -> Option<ZoneSpan> {
    let before = &text.as_bytes()[..offset];
    let mut end = offset;
    // Skips pieces of 32 bytes without a byte that ends a break: the compiler tests a piece in one
    // vector register. These bytes end other characters too (é is C3 A9): `last_break` decides.
    while let Some((rest, piece)) = before[..end].split_last_chunk::<PIECE>() {
        if piece.iter().any(|byte| matches!(byte, b'\n'..=b'\r' | 0x85 | 0xA8 | 0xA9))
            && let Some(found) = last_break(before, rest.len(), end)
        {
            return Some(found);
        }
        end = rest.len();
    }
    last_break(before, 0, end)
}

/// Returns the last line break whose last byte is in a range.
fn last_break(bytes: &[u8], from: usize, to: usize) -> Option<ZoneSpan> {
    (from..to).rev().find_map(|at| {
        // A break of two or three bytes may start before the range.
        let ends = |with: &[u8]| bytes[..=at].ends_with(with).then_some(with.len());
        let break_bytes = match bytes[at] {
            b'\n'..=b'\r' => 1,
            0x85 => ends(b"\xC2\x85")?,
            0xA8 => ends(b"\xE2\x80\xA8")?,
            0xA9 => ends(b"\xE2\x80\xA9")?,
            _ => return None,
        };
        Some(ZoneSpan::new(at + 1 - break_bytes, at + 1))
    })
}

/// Returns the first line break that starts at an offset or after it.
fn break_after(text: &str, offset: usize) -> Option<ZoneSpan> {
    let bytes = text.as_bytes();
    let mut at = offset;
    while let Some(piece) = bytes[at..].first_chunk::<PIECE>() {
        if piece.iter().any(|byte| matches!(byte, b'\n'..=b'\r' | 0xC2 | 0xE2))
            && let Some(found) = first_break(bytes, at, at + PIECE)
        {
            return Some(found);
        }
        at += PIECE;
    }
    first_break(bytes, at, bytes.len())
}

/// Returns the first line break whose first byte is in a range.
fn first_break(bytes: &[u8], from: usize, to: usize) -> Option<ZoneSpan> {
    (from..to).find_map(|at| {
        let rest = &bytes[at..];
        let length = match rest[0] {
            b'\n'..=b'\r' => 1,
            0xC2 if rest.starts_with(b"\xC2\x85") => 2,
            0xE2 if rest.starts_with(b"\xE2\x80\xA8") || rest.starts_with(b"\xE2\x80\xA9") => 3,
            _ => return None,
        };
        Some(ZoneSpan::new(at, at + length))
    })
}

/// Returns whether a line only separates others: `|---|:--:|`, `+----+`, `==== ====`.
fn is_separator(line: &str) -> bool {
    let dashes = line.bytes().filter(|byte| matches!(byte, b'-' | b'=')).count();
    dashes >= SEPARATOR_DASHES_MIN
        && line.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'|' | b'+' | b':' | b' ' | b'\t'))
}

/// How a line is divided.
#[derive(Default)]
struct Layout {
    /// Separators outside double quotes.
    tabs: usize,
    pipes: usize,
    semicolons: usize,
    commas: usize,
    /// Where cells after two or more spaces start, in characters.
    starts: Vec<usize>,
}

impl Layout {
    fn of(line: &str) -> Self {
        let mut layout = Self::default();
        let mut quoted = false;
        // Spaces since the last other character; none are counted before the first.
        let mut spaces = None;
        for (number, character) in line.chars().enumerate() {
            match character {
                '"' => quoted = !quoted,
                _ if quoted => {}
                '\t' => layout.tabs += 1,
                '|' => layout.pipes += 1,
                ';' => layout.semicolons += 1,
                ',' => layout.commas += 1,
                _ => {}
            }
            // Columns of fixed width begin after two or more spaces; a single space is in the
            // middle of a name.
            if character == ' ' {
                spaces = spaces.map(|count: usize| count + 1);
            } else {
                if spaces.is_some_and(|count| count >= 2) {
                    layout.starts.push(number);
                }
                spaces = Some(0);
            }
        }
        layout
    }

    fn agrees(&self, other: &Self) -> bool {
        let same = |ours: usize, theirs: usize, least: usize| ours >= least && ours == theirs;
        same(self.tabs, other.tabs, 1)
            || same(self.pipes, other.pipes, 1)
            || same(self.semicolons, other.semicolons, 1)
            || same(self.commas, other.commas, 2)
            || self.is_aligned_with(other)
            || other.is_aligned_with(self)
    }

    /// Returns whether each cell begins where one of the other line does: cells may be empty.
    fn is_aligned_with(&self, other: &Self) -> bool {
        !self.starts.is_empty() && self.starts.iter().all(|start| other.starts.binary_search(start).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What folding makes a line break of, and the line breaks themselves.
    const LINE_BREAKS: [char; 7] = ['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];

    /// All rows and long lines of a text, found from its start to its end.
    fn slowly(text: &str) -> (Vec<ZoneSpan>, Vec<ZoneSpan>) {
        let (mut rows, mut long) = (Vec::new(), Vec::new());
        let mut before: Option<(ZoneSpan, Layout)> = None;
        let mut at = 0;
        for piece in text.split_inclusive(LINE_BREAKS) {
            let line = piece.trim_end_matches(LINE_BREAKS);
            let line_span = ZoneSpan::new(at, at + line.len());
            at += piece.len();
            if line.len() > TABLE_ROW_BYTES_MAX {
                long.push(line_span);
                before = None;
                continue;
            }
            if line.trim().is_empty() || is_separator(line) {
                continue;
            }
            let layout = Layout::of(line);
            if let Some((span, previous)) = &before
                && line_span.start - span.end <= TABLE_GAP_BYTES_MAX
                && layout.agrees(previous)
            {
                if rows.last() != Some(span) {
                    rows.push(*span);
                }
                rows.push(line_span);
            }
            before = Some((line_span, layout));
        }
        (rows, long)
    }

    /// Returns all rows and long lines of a text, which must be the same in whatever order offsets
    /// are passed in.
    fn rows(text: &str) -> (Vec<ZoneSpan>, Vec<ZoneSpan>) {
        let (rows, long) = slowly(text);
        let step = text.len() / 500 + 1;
        let offsets = || (0..text.len()).step_by(step).filter(|offset| text.is_char_boundary(*offset));
        let (forward, backward) = (Lines::new(text), Lines::new(text));
        let check = |lines: &Lines<'_>, offset: usize| {
            let span = ZoneSpan::new(offset, offset + 1);
            let holding =
                |all: &[ZoneSpan]| all.iter().copied().find(|one| one.start <= offset && offset < one.end);
            assert_eq!(lines.row_of(span), holding(&rows), "{offset}");
            assert_eq!(lines.in_long_line(span), holding(&long).is_some(), "{offset}");
        };
        offsets().for_each(|offset| check(&forward, offset));
        offsets().collect::<Vec<_>>().into_iter().rev().for_each(|offset| check(&backward, offset));
        offsets().for_each(|offset| check(&Lines::new(text), offset));
        (rows, long)
    }

    #[test]
    fn lines_end_at_every_break() {
        let line = "a;bé";
        for end in LINE_BREAKS {
            assert_eq!(rows(&format!("{line}{end}{line}{end}x{end}{end}{line}")).0.len(), 2, "{end:?}");
        }
        rows("a;b\r\n\r\n1;2\u{2028}ä©¨Ȅ\u{2027};x\r\n");
        rows(&"x;y\n\u{A8}é;\u{E9}\u{85}".repeat(50));
    }

    /// Rows are marked by a leading `>`, which is not part of the text.
    fn check(lines: &[&str]) {
        let texts: Vec<&str> = lines.iter().map(|line| line.strip_prefix('>').unwrap_or(line)).collect();
        let text = texts.join("\n");
        let found: Vec<&str> = rows(&text).0.iter().map(|row| &text[row.start..row.end]).collect();
        let expected: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix('>')).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn delimited_lines() {
        check(&[">a,b,c", ">1,2,3", "4,5", "x"]);
        check(&["a,b", "1,2"]);
        check(&[">a\tb", "", ">1\t2"]);
        check(&[">\"a,x\",b,c", ">1,2,3"]);
        check(&["a;b", "x", "1;2"]);
    }

    #[test]
    fn separator_lines_are_passed_over() {
        check(&[">| a | b |", "|---|:-:|", ">| 1 | 2 |"]);
        check(&[">a | b", "|---|---|", ">1 | 2"]);
        check(&["+---+---+", ">| a | b |", "+===+===+", ">| 1 | 2 |", "+---+---+"]);
        check(&["a | b", "--", "1 | 2"]);
    }

    #[test]
    fn lines_of_fixed_width() {
        check(&[">ssn          name     city", "-----------  -------  ------", ">900-11-2222  Langer   Ulm"]);
        check(&[">900-11-2222  Langer   Ulm", ">901-22-3333           Bonn", ">902-33-4444  Okafor   Ulm"]);
        check(&["a  b", "aa  b"]);
        check(&[">  a  b", ">1    2"]);
        check(&["a b c", "d e f"]);
        check(&["a  ", "b  "]);
        check(&[">Müller  1", ">Okafor  2"]);
    }

    #[test]
    fn neighbours_are_near_and_not_too_long() {
        let gap = |bytes: usize| format!("a;b\n{}\n1;2", " ".repeat(bytes));
        assert_eq!(rows(&gap(TABLE_GAP_BYTES_MAX - 2)).0.len(), 2);
        assert_eq!(rows(&gap(TABLE_GAP_BYTES_MAX - 1)).0.len(), 0);
        let long = |bytes: usize| format!("a;b\n1;{}\n3;4", "x".repeat(bytes));
        assert_eq!(rows(&long(TABLE_ROW_BYTES_MAX - 2)).0.len(), 3);
        let (rows, long) = rows(&long(TABLE_ROW_BYTES_MAX - 1));
        assert_eq!((rows.len(), long.len()), (0, 1));
    }
}
