//! Where in a text something stands: runs that are one place, and rows of tables (`docs/matching.md`, Evidence).

use edm_hash::{fold_character, is_cluster, is_mark};
use edm_model::limits::{RUN_BYTES_MAX, TABLE_ROW_BYTES_MAX};

use super::table::Lines;

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

const BREAKS: &[char] = &[
    ',', ';', '|', '"', '<', '>', '(', ')', '[', ']', '{', '}', '、', '。', '「', '」', '『', '』', '【',
    '】', '《', '》', '〈', '〉',
];

impl Places {
    pub(crate) fn new(text: &str) -> Self {
        let Lines { rows, long } = Lines::of(text);
        let mut places = Self { single: Vec::new(), lines: rows, html: html_rows(text), long };
        places.find_runs(text);
        places
    }

    /// Runs are judged on folded characters: a full-width at sign makes an address too.
    fn find_runs(&mut self, text: &str) {
        let mut start = None;
        let mut run = String::new();
        let mut in_clusters = None;
        for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
            let own = [character];
            let folded = fold_character(character).unwrap_or(&own);
            let ends = folded.iter().any(|c| c.is_whitespace() || BREAKS.contains(c));
            // A mark belongs to what it stands on.
            let script = folded.iter().rev().copied().find(|c| !is_mark(*c)).map(is_cluster);
            if let (Some(own), Some(known), Some(begin)) = (script, in_clusters, start)
                && own != known
            {
                if offset - begin <= RUN_BYTES_MAX && is_single(&run) {
                    self.single.push((begin, offset));
                }
                run.clear();
                start = None;
            }
            in_clusters = script.or(in_clusters);
            if !ends {
                start = start.or(Some(offset));
                run.extend(folded);
            } else if let Some(begin) = start.take() {
                if offset - begin <= RUN_BYTES_MAX && is_single(&run) {
                    self.single.push((begin, offset));
                }
                run.clear();
            }
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
        let after = self.long.partition_point(|line| line.0 <= start);
        after.checked_sub(1).and_then(|index| self.long.get(index)).is_some_and(|line| end <= line.1)
    }
}

/// Behind a backslash these make an escape, as JSON writes it, and no path.
const ESCAPES: &[char] = &['u', 'n', 'r', 't', '"', '/'];

fn is_single(run: &str) -> bool {
    let lower = |length: usize| run.get(..length).map(str::to_ascii_lowercase);
    let drive = run.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && run.get(1..3) == Some(":\\");
    run.contains('@')
        || run.contains("://")
        || ["/", "./", "../", "~/"].iter().any(|prefix| run.starts_with(prefix))
        || run.strip_prefix('\\').is_some_and(|rest| !rest.starts_with(ESCAPES))
        || lower(4).as_deref() == Some("www.")
        || drive
}

/// Each row ends at its end tag and begins at the first start tag behind the row before that is near enough.
fn html_rows(text: &str) -> Vec<Stretch> {
    let mut rows = Vec::new();
    let mut start = find_tag(text, 0, "<tr");
    let mut at = start.unwrap_or(text.len());
    while let Some(end) = find_tag(text, at, "</tr") {
        let near = |begin: usize| begin + TABLE_ROW_BYTES_MAX >= end;
        while let Some(begin) = start.filter(|begin| *begin < end && !near(*begin)) {
            start = find_tag(text, begin + 1, "<tr");
        }
        if let Some(begin) = start.filter(|begin| *begin < end) {
            rows.push((begin, end));
            start = find_tag(text, end, "<tr");
        }
        at = end + 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_html_tables() {
        let far = " ".repeat(TABLE_ROW_BYTES_MAX);
        let check = |text: &str, expected: &[Stretch]| assert_eq!(html_rows(text), expected, "{text:?}");
        check("<tr><td>1</tr> <TR\nclass=a>2</TR >", &[(0, 9), (15, 28)]);
        check("<tr>1<tr>2</tr>3</tr>", &[(0, 10)]);
        check("<tr>1", &[]);
        check("</tr><track></tr>", &[]);
        check(&format!("<tr>{far}<tr>1</tr>"), &[(far.len() + 4, far.len() + 9)]);
        check(&format!("<tr>{far}</tr><tr>1</tr>"), &[(far.len() + 9, far.len() + 14)]);
    }

    #[test]
    fn runs_are_not_longer_than_the_bound() {
        let runs = |length: usize| Places::new(&format!("a {}@ b", "x".repeat(length))).single.len();
        assert_eq!((runs(RUN_BYTES_MAX - 1), runs(RUN_BYTES_MAX)), (1, 0));
    }
}
