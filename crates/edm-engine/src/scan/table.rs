//! Which lines of a text are rows of a table (`docs/matching.md`, Table rows).

use edm_model::limits::{TABLE_GAP_BYTES_MAX, TABLE_ROW_BYTES_MAX};

use super::place::Stretch;

/// What folding makes a line break of, and the line breaks themselves.
const LINE_BREAKS: [char; 7] = ['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];
/// Dashes from which a line of nothing else separates a table's head from its body.
const SEPARATOR_DASHES_MIN: usize = 3;

/// The lines of a text that matter for tables.
#[derive(Default)]
pub(crate) struct Lines {
    /// Rows of tables, in text order.
    pub(crate) rows: Vec<Stretch>,
    /// Lines too long to be judged.
    pub(crate) long: Vec<Stretch>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        let mut before: Option<(Stretch, Layout)> = None;
        let mut at = 0;
        for piece in text.split_inclusive(LINE_BREAKS) {
            let line = piece.trim_end_matches(LINE_BREAKS);
            let own = (at, at + line.len());
            at += piece.len();
            if line.len() > TABLE_ROW_BYTES_MAX {
                lines.long.push(own);
                before = None;
                continue;
            }
            if line.trim().is_empty() || is_separator(line) {
                continue;
            }
            let layout = Layout::of(line);
            if let Some((stretch, previous)) = &before
                && own.0 - stretch.1 <= TABLE_GAP_BYTES_MAX
                && layout.agrees(previous)
            {
                if lines.rows.last() != Some(stretch) {
                    lines.rows.push(*stretch);
                }
                lines.rows.push(own);
            }
            before = Some((own, layout));
        }
        lines
    }
}

/// Says whether a line only separates others: `|---|:--:|`, `+----+`, `==== ====`.
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
    /// Where cells behind two or more spaces begin, in characters.
    starts: Vec<usize>,
}

impl Layout {
    fn of(line: &str) -> Self {
        let mut layout = Self::default();
        let mut quoted = false;
        // Spaces since the last other character; none are counted in front of the first.
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
        let same = |own: usize, theirs: usize, least: usize| own >= least && own == theirs;
        same(self.tabs, other.tabs, 1)
            || same(self.pipes, other.pipes, 1)
            || same(self.semicolons, other.semicolons, 1)
            || same(self.commas, other.commas, 2)
            || self.is_aligned_with(other)
            || other.is_aligned_with(self)
    }

    /// Says whether each cell begins where one of the other line does: cells may be empty.
    fn is_aligned_with(&self, other: &Self) -> bool {
        !self.starts.is_empty() && self.starts.iter().all(|start| other.starts.binary_search(start).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows are marked by `>` in front, which is not part of the text.
    fn check(lines: &[&str]) {
        let texts: Vec<&str> = lines.iter().map(|line| line.strip_prefix('>').unwrap_or(line)).collect();
        let text = texts.join("\n");
        let found: Vec<&str> = Lines::of(&text).rows.iter().map(|row| &text[row.0..row.1]).collect();
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
        assert_eq!(Lines::of(&gap(TABLE_GAP_BYTES_MAX - 2)).rows.len(), 2);
        assert_eq!(Lines::of(&gap(TABLE_GAP_BYTES_MAX - 1)).rows.len(), 0);
        let long = |bytes: usize| format!("a;b\n1;{}\n3;4", "x".repeat(bytes));
        assert_eq!(Lines::of(&long(TABLE_ROW_BYTES_MAX - 2)).rows.len(), 3);
        let lines = Lines::of(&long(TABLE_ROW_BYTES_MAX - 1));
        assert_eq!((lines.rows.len(), lines.long.len()), (0, 1));
    }
}
