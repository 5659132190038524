//! Refusals, counted and reported by line and reason and never by content.

use std::collections::BTreeMap;
use std::ops::Range;

/// Maximum number of lines listed per reason; the others are only counted.
pub const LINES_LISTED_MAX: usize = 10;

/// The refusals of one file or one block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejections {
    /// Lines that are not fully protected, each counted once: their record is refused, or a cell of
    /// a searchable column is.
    pub bad_lines: u64,
    /// Records refused as a whole. An unmatched quote may have joined several into one.
    pub rejected_records: u64,
    /// Lines of these records after the first of each.
    pub further_lines: u64,
    /// Refused cells by column, for columns that are not searchable. Their rows are live.
    pub left_out_cells: BTreeMap<String, u64>,
    /// The counts by reason.
    pub reasons: BTreeMap<String, ReasonCount>,
}

/// The count and the first lines of one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReasonCount {
    /// The number of refusals.
    pub count: u64,
    /// The first lines, at most [`LINES_LISTED_MAX`], ascending.
    pub lines: Vec<u64>,
}

impl Rejections {
    /// Counts a refusal on a line, without counting the line as bad.
    pub(crate) fn note(&mut self, line: u64, reason: &str) {
        if !self.reasons.contains_key(reason) {
            self.reasons.insert(reason.to_owned(), ReasonCount::default());
        }
        if let Some(entry) = self.reasons.get_mut(reason) {
            entry.count += 1;
            if entry.lines.len() < LINES_LISTED_MAX {
                entry.lines.push(line);
            }
        }
    }

    /// Counts a record as refused, with all of its lines.
    pub(crate) fn reject(&mut self, lines: Range<u64>, reason: &str) {
        let count = lines.end.saturating_sub(lines.start);
        lines.for_each(|line| self.note(line, reason));
        self.bad_lines += count;
        self.further_lines += count.saturating_sub(1);
        self.rejected_records += 1;
    }

    /// Adds the refusals of another part of the same file.
    pub(crate) fn merge(&mut self, other: &Rejections) {
        self.bad_lines += other.bad_lines;
        self.rejected_records += other.rejected_records;
        self.further_lines += other.further_lines;
        for (column, count) in &other.left_out_cells {
            *self.left_out_cells.entry(column.clone()).or_default() += count;
        }
        for (reason, theirs) in &other.reasons {
            let ours = self.reasons.entry(reason.clone()).or_default();
            ours.count += theirs.count;
            ours.lines.extend_from_slice(&theirs.lines);
            ours.lines.sort_unstable();
            ours.lines.truncate(LINES_LISTED_MAX);
        }
    }
}

/// How many lines or cells of a file may be refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// A percentage of all of them.
    Percent(f64),
    /// A number of them.
    Count(u64),
}

impl Tolerance {
    /// Returns whether `bad` of `of` may be refused.
    pub fn allows(self, bad: u64, of: u64) -> bool {
        match self {
            Tolerance::Percent(percent) => bad as f64 <= of as f64 * percent / 100.0,
            Tolerance::Count(count) => bad <= count,
        }
    }
}

/// Reports a text that is neither a number nor a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseToleranceError;

impl std::fmt::Display for ParseToleranceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("give a share from 0% to 100% such as 0.1%, or a number such as 20")
    }
}

impl std::error::Error for ParseToleranceError {}

impl std::str::FromStr for Tolerance {
    type Err = ParseToleranceError;

    fn from_str(text: &str) -> Result<Self, ParseToleranceError> {
        let Some(percent) = text.trim().strip_suffix('%') else {
            return text.trim().parse().map(Tolerance::Count).map_err(|_| ParseToleranceError);
        };
        match percent.trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Tolerance::Percent(percent)),
            _ => Err(ParseToleranceError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerances() {
        fn check(text: &str, bad: u64, records: u64, expected: Option<bool>) {
            let parsed = text.parse::<Tolerance>().ok();
            assert_eq!(parsed.map(|allowed| allowed.allows(bad, records)), expected, "{text}");
        }
        check("5%", 5, 100, Some(true));
        check("5%", 6, 100, Some(false));
        check("0%", 0, 100, Some(true));
        check("0%", 1, 100, Some(false));
        check("0.5%", 1, 200, Some(true));
        check("3", 3, 3, Some(true));
        check("3", 4, 1000, Some(false));
        for text in ["", "%", "-1%", "101%", "NaN%", "-1", "five"] {
            check(text, 0, 0, None);
        }
    }

    #[test]
    fn merging_keeps_the_first_lines() {
        let mut first = Rejections::default();
        for line in 20..32 {
            first.reject(line..line + 1, "wrong number of cells");
        }
        let mut second = Rejections::default();
        second.reject(3..4, "wrong number of cells");
        second.note(4, "ssn: too long");
        first.merge(&second);
        assert_eq!((first.bad_lines, first.rejected_records), (13, 13));
        let cells = &first.reasons["wrong number of cells"];
        assert_eq!((cells.count, cells.lines.as_slice()), (13, &[3, 20, 21, 22, 23, 24, 25, 26, 27, 28][..]));
        assert_eq!(first.reasons["ssn: too long"].count, 1);
    }
}
