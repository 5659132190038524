//! Where in a text something stands: runs that are one place, and rows of tables (`docs/matching.md`, Evidence).

use edm_hash::fold_character;
use edm_model::limits::TABLE_ROW_BYTES_MAX;

/// A stretch of the text, in bytes.
pub(crate) type Stretch = (usize, usize);

/// The places of a text, found when the first value is.
pub(crate) struct Places {
    /// Runs that are one place for one column only: addresses, URLs, paths.
    single: Vec<Stretch>,
    /// Lines of tables.
    lines: Vec<Stretch>,
    /// HTML table rows.
    html: Vec<Stretch>,
    /// Lines too long to be judged.
    long: Vec<Stretch>,
}

const BREAKS: &[char] = &[',', ';', '|', '"', '<', '>', '(', ')', '[', ']', '{', '}'];

/// What folding makes a line break of, and the line breaks themselves.
const LINE_BREAKS: [char; 7] = ['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];

impl Places {
    pub(crate) fn new(text: &str) -> Self {
        let mut places =
            Self { single: Vec::new(), lines: Vec::new(), html: html_rows(text), long: Vec::new() };
        places.find_runs(text);
        places.find_lines(text);
        places
    }

    /// Runs are judged on folded characters: a full-width at sign makes an address too.
    fn find_runs(&mut self, text: &str) {
        let mut start = None;
        let mut run = String::new();
        for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
            let own = [character];
            let folded = fold_character(character).unwrap_or(&own);
            let ends = folded.iter().any(|c| c.is_whitespace() || BREAKS.contains(c));
            if !ends {
                start = start.or(Some(offset));
                run.extend(folded);
            } else if let Some(begin) = start.take() {
                if is_single(&run) {
                    self.single.push((begin, offset));
                }
                run.clear();
            }
        }
    }

    fn find_lines(&mut self, text: &str) {
        let mut before: Option<(Stretch, Counts)> = None;
        let mut before_pushed = false;
        let mut at = 0;
        for piece in text.split_inclusive(LINE_BREAKS) {
            let line = piece.trim_end_matches(LINE_BREAKS);
            let own = (at, at + line.len());
            at += piece.len();
            if line.trim().is_empty() {
                continue;
            }
            if line.len() > TABLE_ROW_BYTES_MAX {
                self.long.push(own);
                before = None;
                continue;
            }
            let counts = Counts::of(line);
            let mut pushed = false;
            if let Some((stretch, previous)) = before
                && counts.agrees(&previous)
            {
                if !before_pushed {
                    self.lines.push(stretch);
                }
                self.lines.push(own);
                pushed = true;
            }
            before = Some((own, counts));
            before_pushed = pushed;
        }
    }

    /// Returns the one-place runs that a stretch touches.
    pub(crate) fn single_runs(&self, (start, end): Stretch) -> &[Stretch] {
        let from = self.single.partition_point(|run| run.1 <= start);
        let to = self.single.partition_point(|run| run.0 < end);
        self.single.get(from..to.max(from)).unwrap_or(&[])
    }

    /// Returns the table rows that hold a stretch.
    pub(crate) fn table_rows(&self, stretch: Stretch) -> impl Iterator<Item = Stretch> + '_ {
        let holding = move |rows: &[Stretch]| {
            let after = rows.partition_point(|row| row.0 <= stretch.0);
            let row = after.checked_sub(1).and_then(|index| rows.get(index)).copied();
            row.filter(|row| stretch.1 <= row.1)
        };
        holding(&self.lines).into_iter().chain(holding(&self.html))
    }

    pub(crate) fn same_table_row(&self, a: Stretch, b: Stretch) -> bool {
        self.table_rows(a).any(|row| row.0 <= b.0 && b.1 <= row.1)
    }

    /// Says whether a stretch stands in a line that is too long to be judged.
    pub(crate) fn in_long_line(&self, (start, end): Stretch) -> bool {
        self.long.iter().any(|line| line.0 <= start && end <= line.1)
    }
}

fn is_single(run: &str) -> bool {
    let lower = |length: usize| run.get(..length).map(str::to_ascii_lowercase);
    let drive = run.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && run.get(1..3) == Some(":\\");
    run.contains('@')
        || run.contains("://")
        || ["/", "\\", "./", "../", "~/"].iter().any(|prefix| run.starts_with(prefix))
        || lower(4).as_deref() == Some("www.")
        || drive
}

/// How many separators of each kind stand in a line, outside double quotes.
#[derive(Clone, Copy, Default)]
struct Counts {
    tabs: usize,
    pipes: usize,
    semicolons: usize,
    commas: usize,
}

impl Counts {
    fn of(line: &str) -> Self {
        let mut counts = Self::default();
        let mut quoted = false;
        for byte in line.bytes() {
            match byte {
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'\t' => counts.tabs += 1,
                b'|' => counts.pipes += 1,
                b';' => counts.semicolons += 1,
                b',' => counts.commas += 1,
                _ => {}
            }
        }
        counts
    }

    fn agrees(&self, other: &Self) -> bool {
        let same = |own: usize, theirs: usize, least: usize| own >= least && own == theirs;
        same(self.tabs, other.tabs, 1)
            || same(self.pipes, other.pipes, 1)
            || same(self.semicolons, other.semicolons, 1)
            || same(self.commas, other.commas, 2)
    }
}

fn html_rows(text: &str) -> Vec<Stretch> {
    let mut rows = Vec::new();
    let mut at = 0;
    while let Some(start) = find_tag(text, at, "<tr") {
        let Some(end) = find_tag(text, start, "</tr") else { break };
        rows.push((start, end));
        at = end;
    }
    rows
}

fn find_tag(text: &str, from: usize, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(offset) = bytes.get(at..)?.iter().position(|byte| *byte == b'<') {
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
