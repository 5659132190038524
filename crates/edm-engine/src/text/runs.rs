//! Unbreakable runs and table rows of a text (`docs/matching.md`, Evidence).
//!
//! A URL, a path or an address is one run, and values inside one of its segments are one piece of
//! evidence. A run is found on demand, by walking from a value in it to both of its ends:
//!
//! ```text
//! mail to ada@example.org, or see www.example.org/ada
//!         |<--- run ---->|        |<----- run ----->|
//!         |<- segment -->|        |<- segment ->| |-|
//! ```
//!
//! What must stay true: the runs are those that a walk from the text's start finds, in whatever
//! order values are passed in. Long spans are kept, so a text that is one long run is walked once.
//! Spans that are passed in start and end at characters of the text.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use edm_hash::{fold_character, is_cluster, is_mark};
use edm_model::limits::{RUN_BYTES_MAX, TABLE_ROW_BYTES_MAX};

use crate::text::run_segments::{add_segments, ends_run};
use crate::text::span::ZoneSpan;
use crate::text::table_rows::Lines;

/// The runs and table rows of a text, each found on demand.
pub(crate) struct TokenRuns<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// HTML table rows.
    html: OnceCell<Vec<ZoneSpan>>,
    /// Long spans that start and end where runs do, by their starts, with the segments in them.
    known: RefCell<BTreeMap<usize, Runs>>,
    /// A memo of the last spans: where values are close together, the runs of each are needed many
    /// times.
    memo: RefCell<Vec<RunsOfSpan>>,
}

/// Slots of the memo; a span has one slot.
const MEMO_SLOTS: usize = 64;

/// The segments that a span touches.
#[derive(Clone, Default)]
struct RunsOfSpan {
    span: ZoneSpan,
    segments: Vec<ZoneSpan>,
}

/// Where runs end, and the segments of those that are unbreakable: addresses, URLs, paths.
struct Runs {
    end: usize,
    segments: Vec<ZoneSpan>,
}

/// A span with runs of more bytes is walked once; a shorter one is walked again as fast as it would
/// be looked up.
const RUNS_KEPT_BYTES: usize = 1_024;

impl<'a> TokenRuns<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: Lines::new(text),
            html: OnceCell::new(),
            known: RefCell::default(),
            memo: RefCell::default(),
        }
    }

    /// Returns the segments of unbreakable runs that a span touches.
    pub(crate) fn segments_at(&self, span: ZoneSpan) -> Vec<ZoneSpan> {
        // A direct-mapped memo: the slot follows from the start, so looking it up costs less than
        // comparing with a list.
        let mut memo = self.memo.borrow_mut();
        if memo.is_empty() {
            memo.resize(MEMO_SLOTS, RunsOfSpan::default());
        }
        let slot = &mut memo[(span.start ^ span.start >> 6) % MEMO_SLOTS];
        // A fresh slot has an empty span, which no value has.
        if slot.span != span {
            *slot = RunsOfSpan { span, segments: self.find_segments(span) };
        }
        slot.segments.clone()
    }

    fn find_segments(&self, span: ZoneSpan) -> Vec<ZoneSpan> {
        let touched = |segments: &[ZoneSpan]| -> Vec<ZoneSpan> {
            let from = segments.partition_point(|segment| segment.end <= span.start);
            let to = segments.partition_point(|segment| segment.start < span.end);
            segments[from..to.max(from)].to_vec()
        };
        // Known spans start and end at edges. If `span` starts in one and goes beyond it, the runs
        // are found by a walk that starts before `span` and ends after it.
        let mut known = self.known.borrow_mut();
        if let Some((_, runs)) = known.range(..=span.start).next_back()
            && span.end <= runs.end
        {
            return touched(&runs.segments);
        }
        let edge = edge_before(self.text, span.start);
        let runs = runs(self.text, edge, span.end);
        let touched = touched(&runs.segments);
        // Without this a text that is one long run would be walked again for each hit in it:
        // quadratic time.
        if runs.end - edge.offset > RUNS_KEPT_BYTES {
            known.insert(edge.offset, runs);
        }
        touched
    }

    /// Returns the table rows that hold a span.
    pub(crate) fn table_rows(&self, span: ZoneSpan) -> impl Iterator<Item = ZoneSpan> + '_ {
        let html = self.html.get_or_init(|| html_rows(self.text));
        let after = html.partition_point(|row| row.start <= span.start);
        let row = after.checked_sub(1).map(|index| html[index]);
        self.lines.row_of(span).into_iter().chain(row.filter(|row| span.end <= row.end))
    }

    pub(crate) fn same_table_row(&self, a: ZoneSpan, b: ZoneSpan) -> bool {
        self.table_rows(a).any(|row| row.contains(b))
    }

    /// Returns whether a span is in a line that is longer than a row may be.
    pub(crate) fn in_long_line(&self, span: ZoneSpan) -> bool {
        self.lines.in_long_line(span)
    }
}

/// Returns whether a byte is a character of ASCII over which a run goes on.
fn is_ascii_in_run(byte: &u8) -> bool {
    byte.is_ascii() && !ASCII_BREAKS[usize::from(*byte)]
}

/// Which characters of ASCII end a run: white space and those of `ends_run`.
const ASCII_BREAKS: [bool; 128] = {
    let mut ends = [false; 128];
    let mut at = 0;
    while at < 128 {
        ends[at] = matches!(
            at as u8,
            b'\t'
                ..=b'\r'
                    | b' '
                    | b','
                    | b';'
                    | b'|'
                    | b'"'
                    | b'<'
                    | b'>'
                    | b'('
                    | b')'
                    | b'['
                    | b']'
                    | b'{'
                    | b'}'
        );
        at += 1;
    }
    ends
};

/// What a character is in a run. It is that of its folded form: a full-width at sign makes an
/// address too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Role {
    /// Whether no run goes on over it.
    ends: bool,
    /// Whether it is of a script written without spaces; `None`: a mark, which belongs to the
    /// character before it.
    in_clusters: Option<bool>,
}

impl Role {
    fn of(character: char) -> Self {
        if character.is_ascii() {
            return Self { ends: ASCII_BREAKS[character as usize], in_clusters: Some(false) };
        }
        let unfolded = [character];
        let folded = fold_character(character).unwrap_or(&unfolded);
        Self {
            ends: folded.iter().any(|c| ends_run(*c)),
            in_clusters: folded.iter().rev().copied().find(|c| !is_mark(*c)).map(is_cluster),
        }
    }
}

/// An offset at which no run goes on, and whether a cluster comes before it; `None` at the text's
/// start.
#[derive(Clone, Copy)]
struct RunEdge {
    offset: usize,
    in_clusters: Option<bool>,
}

/// Returns the nearest edge, at `offset` or before it, from which the runs that touch `offset` can
/// be found.
fn edge_before(text: &str, offset: usize) -> RunEdge {
    let mut before = &text[..offset];
    loop {
        // The fast path: most of a run is ASCII.
        let skipped = before.bytes().rev().take_while(is_ascii_in_run).count();
        before = &before[..before.len() - skipped];
        let Some(character) = before.chars().next_back() else {
            return RunEdge { offset: 0, in_clusters: None };
        };
        let role = Role::of(character);
        // A cluster is as good an edge as white space. The run that it is in has no other script in
        // it, so it holds no `@` or `/` and is not unbreakable: its start does not matter.
        if role.ends || role.in_clusters == Some(true) {
            return RunEdge { offset: before.len(), in_clusters: role.in_clusters };
        }
        before = &before[..before.len() - character.len_utf8()];
    }
}

/// Finds the segments of the unbreakable runs from an edge to the next one at `until` or after it.
fn runs(text: &str, edge: RunEdge, until: usize) -> Runs {
    let mut in_clusters = edge.in_clusters;
    let mut segments = Vec::new();
    let mut start = None;
    let mut close = |start: &mut Option<usize>, end: usize| {
        if let Some(begin) = start.take()
            && end - begin <= RUN_BYTES_MAX
            && is_single(&text[begin..end])
        {
            add_segments(text, ZoneSpan::new(begin, end), &mut segments);
        }
    };
    let mut offset = edge.offset;
    loop {
        // The fast path: inside a run that is not of clusters, a character of ASCII that does not
        // end the run changes no state.
        if in_clusters == Some(false) && start.is_some() {
            offset += text[offset..].bytes().take_while(is_ascii_in_run).count();
        }
        let Some(character) = text[offset..].chars().next() else { break };
        let role = Role::of(character);
        // Where a script without spaces meets another, a run ends: there are no spaces to end it.
        if let (Some(now), Some(before)) = (role.in_clusters, in_clusters)
            && now != before
        {
            close(&mut start, offset);
        }
        in_clusters = role.in_clusters.or(in_clusters);
        if role.ends {
            close(&mut start, offset);
        }
        // Past the span and between two runs: nothing further can touch it.
        if start.is_none() && offset >= until {
            return Runs { end: offset, segments };
        }
        if !role.ends {
            start = start.or(Some(offset));
        }
        offset += character.len_utf8();
    }
    close(&mut start, text.len());
    Runs { end: text.len(), segments }
}

/// After a backslash these make an escape, as JSON writes it, and no path.
const ESCAPES: &[char] = &['u', 'n', 'r', 't', '"', '/'];

/// Returns whether a run, as written in the text, is unbreakable.
fn is_single(run: &str) -> bool {
    if run.is_ascii() {
        return is_single_folded(run);
    }
    let mut folded = String::with_capacity(run.len());
    for character in run.chars() {
        match fold_character(character) {
            Some(sequence) => folded.extend(sequence),
            None => folded.push(character),
        }
    }
    is_single_folded(&folded)
}

fn is_single_folded(run: &str) -> bool {
    let bytes = run.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1..3) == Some(b":\\");
    bytes.contains(&b'@')
        || bytes.contains(&b':') && run.contains("://")
        || ["/", "./", "../", "~/"].iter().any(|prefix| run.starts_with(prefix))
        || run.strip_prefix('\\').is_some_and(|rest| !rest.starts_with(ESCAPES))
        || bytes.get(..4).is_some_and(|front| front.eq_ignore_ascii_case(b"www."))
        || drive
}

/// Each row ends at its end tag and begins at the first start tag after the row before that is
/// near enough.
fn html_rows(text: &str) -> Vec<ZoneSpan> {
    let mut rows = Vec::new();
    let mut start = find_tag(text, 0, "<tr");
    let mut at = start.unwrap_or(text.len());
    // End tags first: a row without an end is no row, however many begin. Both cursors, `start` and
    // `at`, only move forward, so tags are found in linear time however they are nested.
    while let Some(end) = find_tag(text, at, "</tr") {
        let near = |begin: usize| begin + TABLE_ROW_BYTES_MAX >= end;
        while let Some(begin) = start.filter(|begin| *begin < end && !near(*begin)) {
            start = find_tag(text, begin + 1, "<tr");
        }
        if let Some(begin) = start.filter(|begin| *begin < end) {
            rows.push(ZoneSpan::new(begin, end));
            start = find_tag(text, end, "<tr");
        }
        at = end + 1;
    }
    rows
}

fn find_tag(text: &str, from: usize, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(offset) = position_of(&bytes[at..], b'<') {
        at += offset;
        let name = bytes.get(at..at + tag.len());
        let ends = bytes.get(at + tag.len()).is_none_or(|byte| *byte == b'>' || byte.is_ascii_whitespace());
        if ends && name.is_some_and(|name| name.eq_ignore_ascii_case(tag.as_bytes())) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns where a byte first is, skipping whole pieces without it.
fn position_of(bytes: &[u8], wanted: u8) -> Option<usize> {
    // A fold and not `contains`: without an early exit the compiler compares whole vector
    // registers.
    const PIECE: usize = 64;
    let (pieces, rest) = bytes.as_chunks::<PIECE>();
    let has = |piece: &[u8; PIECE]| piece.iter().fold(false, |has, byte| has | (*byte == wanted));
    let first = pieces.iter().position(has).unwrap_or(pieces.len());
    let bytes = pieces.get(first).map_or(rest, |piece| piece.as_slice());
    Some(first * PIECE + bytes.iter().position(|byte| *byte == wanted)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_html_tables() {
        let far = " ".repeat(TABLE_ROW_BYTES_MAX);
        let check = |text: &str, expected: &[(usize, usize)]| {
            let expected: Vec<ZoneSpan> = expected.iter().map(|row| ZoneSpan::new(row.0, row.1)).collect();
            assert_eq!(html_rows(text), expected, "{text:?}");
        };
        check("<tr><td>1</tr> <TR\nclass=a>2</TR >", &[(0, 9), (15, 28)]);
        check("<tr>1<tr>2</tr>3</tr>", &[(0, 10)]);
        check("<tr>1", &[]);
        check("</tr><track></tr>", &[]);
        check(&format!("<tr>{far}<tr>1</tr>"), &[(far.len() + 4, far.len() + 9)]);
        check(&format!("<tr>{far}</tr><tr>1</tr>"), &[(far.len() + 9, far.len() + 14)]);
    }

    /// The segments of all unbreakable runs, found from the text's start to its end as the rules
    /// say.
    fn slowly(text: &str) -> Vec<ZoneSpan> {
        let (mut segments, mut start, mut run, mut in_clusters) = (Vec::new(), None, String::new(), None);
        for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
            let unfolded = [character];
            let folded = fold_character(character).unwrap_or(&unfolded);
            let ends = folded.iter().any(|c| ends_run(*c));
            let script = folded.iter().rev().copied().find(|c| !is_mark(*c)).map(is_cluster);
            let cut = script.zip(in_clusters).is_some_and(|(now, before)| now != before);
            if let Some(begin) = start.filter(|_| ends || cut) {
                if offset - begin <= RUN_BYTES_MAX && is_single_folded(&run) {
                    add_segments(text, ZoneSpan::new(begin, offset), &mut segments);
                }
                run.clear();
                start = None;
            }
            in_clusters = script.or(in_clusters);
            if !ends {
                start = start.or(Some(offset));
                run.extend(folded);
            }
        }
        segments
    }

    /// Returns all segments, which must be the same in whatever order spans are passed in.
    fn segments_of(text: &str) -> Vec<ZoneSpan> {
        let segments = slowly(text);
        let step = text.len() / 300 + 1;
        let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).step_by(step).collect();
        let token_runs = TokenRuns::new(text);
        for start in offsets.iter().rev() {
            for characters in [1, 2, 9, 40] {
                let rest =
                    text[*start..].char_indices().nth(characters).map_or(text.len(), |(at, _)| start + at);
                let span = ZoneSpan::new(*start, rest);
                let touches = |segment: &&ZoneSpan| segment.overlaps(span);
                let expected: Vec<ZoneSpan> = segments.iter().filter(touches).copied().collect();
                assert_eq!(token_runs.segments_at(span), expected, "{span:?} of {:?}", text.get(..200));
                assert_eq!(TokenRuns::new(text).segments_at(span), expected, "{span:?} alone");
            }
        }
        segments
    }

    #[test]
    fn segments_are_those_found_from_the_start() {
        let check = |text: &str, count: usize| assert_eq!(segments_of(text).len(), count, "{text}");
        check("write to a@b.c, or c@d.e; www.x.y C:\\dir /tmp \\u0041 \\srv", 6);
        check("名前は山田a@b.c。山田 a@漢字b@c漢", 3);
        check("a@\u{301}\u{301}漢\u{301}b@c\u{301} \u{301}@x \u{301}漢@\u{FF20}", 4);
        check("ａ＠ｂ，cc://dd／ee、 /xx漢/yy", 6);
        check(&format!("{}漢字{}", "x@y ".repeat(400), "/path/".repeat(400)), 800);
        check(&"\u{200B}@\u{200B}漢\u{200B}ก@ก".repeat(30), 30);
    }

    #[test]
    fn runs_are_not_longer_than_the_bound() {
        let runs = |length: usize| segments_of(&format!("a {}@ b", "x".repeat(length))).len();
        assert_eq!((runs(RUN_BYTES_MAX - 1), runs(RUN_BYTES_MAX)), (1, 0));
    }
}
