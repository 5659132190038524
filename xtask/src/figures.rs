//! `cargo xtask figures`: the code in numbers, next to the numbers before the reorganisation and
//! those of well-known crates. Test code is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;

use crate::functions::functions;
use crate::source::{self, SourceFile};
use crate::tidy;

const PAGE: &str = "docs/bench/house.md";
/// The marks around the measured rows on the page.
const MARKS: [&str; 2] = ["<!-- figures -->", "<!-- end of figures -->"];
/// The lines of a function that tidy allows.
const FUNCTION_LINES_MAX: usize = tidy::FUNCTION_LINES_MAX;

/// The counts of some files.
#[derive(Debug, Default)]
struct Figures {
    files: usize,
    /// The lines of each file without its tests.
    file_lines: Vec<usize>,
    /// The lines of each function.
    function_lines: Vec<usize>,
    doc_lines: usize,
    comment_lines: usize,
    functions_with_tuples: usize,
}

impl Figures {
    fn add(&mut self, file: &SourceFile) {
        let mut lines = 0;
        let mut start = 0;
        for (line, code) in file.text.split_inclusive('\n').zip(file.code.split_inclusive('\n')) {
            if !file.is_test(start) {
                lines += 1;
                let comment = line.trim_start();
                let is_comment = comment.starts_with("//") && code.trim().is_empty();
                let is_doc = is_comment && (comment.starts_with("///") || comment.starts_with("//!"));
                self.doc_lines += usize::from(is_doc);
                self.comment_lines += usize::from(is_comment && !is_doc);
            }
            start += code.len();
        }
        self.files += 1;
        self.file_lines.push(lines);
        let measured =
            functions(file).into_iter().filter(|found| found.has_body && !file.is_test(found.start));
        for function in measured {
            self.function_lines.push(function.lines);
            self.functions_with_tuples += usize::from(!function.tuple_parameters.is_empty());
        }
    }

    /// Returns the row of the table.
    fn row(mut self, name: &str) -> String {
        self.file_lines.sort_unstable();
        self.function_lines.sort_unstable();
        let (files, functions) = (&self.file_lines, &self.function_lines);
        let lines: usize = files.iter().sum();
        let long = functions.iter().filter(|lines| **lines > FUNCTION_LINES_MAX).count();
        format!(
            "| {name} | {} | {} / {} / {} | {} / {} / {} | {:.1} | {:.1} | {:.1} | {:.1} |",
            self.files,
            quantile(files, 50),
            quantile(files, 90),
            quantile(files, 100),
            quantile(functions, 50),
            quantile(functions, 90),
            quantile(functions, 99),
            percent(long, functions.len()),
            percent(self.doc_lines, lines),
            percent(self.comment_lines, lines),
            percent(self.functions_with_tuples, functions.len()),
        )
    }
}

/// Measures the crates, prints the table, and writes its rows into the page.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let paths = tidy::tracked_files(root)?;
    let sources = source::parse_all(tidy::read_texts(root, &paths));
    let rows = rows(&sources).join("\n");
    let page = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("{PAGE} cannot be read"))?;
    let written = with_rows(&page, &rows).with_context(|| format!("{PAGE} has no place for the figures"))?;
    std::fs::write(root.join(PAGE), &written).with_context(|| format!("{PAGE} cannot be written"))?;
    let table = written.lines().filter(|line| line.starts_with('|'));
    table.for_each(|line| println!("{line}"));
    Ok(())
}

fn rows(sources: &[SourceFile]) -> Vec<String> {
    let product = |file: &&SourceFile| {
        file.path.starts_with("crates/") && file.path.contains("/src/") && file.crate_name() != "edm-testkit"
    };
    let files: Vec<&SourceFile> = sources.iter().filter(product).filter(|file| !file.is_test(0)).collect();
    let mut crates: BTreeMap<&str, Figures> = BTreeMap::new();
    let mut all = Figures::default();
    for file in files {
        all.add(file);
        crates.entry(file.crate_name()).or_default().add(file);
    }
    let names: BTreeSet<&str> = crates.keys().copied().collect();
    let mut rows = vec![all.row("**edm, all but testkit**")];
    rows.extend(names.into_iter().filter_map(|name| Some(crates.remove(name)?.row(name))));
    rows
}

/// Returns the page with these rows between its marks.
fn with_rows(page: &str, rows: &str) -> Option<String> {
    let [begin, end] = MARKS;
    let (before, rest) = page.split_once(begin)?;
    let (old, after) = rest.split_once(end)?;
    let head: String =
        old.lines().filter(|line| !line.is_empty()).take(2).map(|line| format!("{line}\n")).collect();
    Some(format!("{before}{begin}\n\n{head}{rows}\n\n{end}{after}"))
}

/// Returns the given percentile (nearest rank) of the values; 0 if there are none.
fn quantile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_functions_are_counted_without_tests() {
        let text = "//! Doc.\n\n/// Doc.\nfn a((b, c): (u8, u8)) {\n    // Why.\n    b();\n}\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
        let files = [SourceFile::new("crates/edm-a/src/lib.rs", text)];
        let row = "| 1 | 7 / 7 / 7 | 4 / 4 / 4 | 0.0 | 28.6 | 14.3 | 100.0 |";
        let expected = ["**edm, all but testkit**", "edm-a"].map(|name| format!("| {name} {row}"));
        assert_eq!(rows(&files), expected);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let check = |values: &[usize], percent: usize, expected: usize| {
            assert_eq!(quantile(values, percent), expected, "{values:?} {percent}");
        };
        check(&[], 50, 0);
        check(&[1], 99, 1);
        check(&[1, 2, 3, 4], 50, 2);
        check(&[1, 2, 3, 4], 90, 4);
        check(&[1, 2, 3, 4], 100, 4);
    }

    #[test]
    fn rows_replace_rows() {
        let page = "a\n<!-- figures -->\n\n| h |\n|---|\n| old |\n\n<!-- end of figures -->\nb\n";
        let expected = "a\n<!-- figures -->\n\n| h |\n|---|\n| new |\n\n<!-- end of figures -->\nb\n";
        assert_eq!(with_rows(page, "| new |").as_deref(), Some(expected));
        assert_eq!(with_rows("a", "| new |"), None);
    }
}
