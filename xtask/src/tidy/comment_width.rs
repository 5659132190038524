//! STYLE 35: comments wrap at 100 columns, which rustfmt does not check. A line of a literal that
//! begins like a comment counts as one.

use super::Finding;
use crate::source::SourceFile;

/// The columns of a comment line, including its indent.
const COMMENT_WIDTH: usize = 100;

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let mut is_example = false;
    let mut findings = Vec::new();
    for (index, (line, code)) in file.text.lines().zip(file.code.lines()).enumerate() {
        let comment = line.trim_start();
        if !comment.starts_with("//") || !code.trim().is_empty() {
            is_example = false;
            continue;
        }
        let words = comment.trim_start_matches(['/', '!']).trim();
        is_example ^= words.starts_with("```");
        // A row of a table, and a word that is longer than the line, cannot be wrapped.
        let can_wrap = !is_example && !words.starts_with('|') && words.contains(' ');
        let columns = line.chars().count();
        if columns > COMMENT_WIDTH && can_wrap && !words.starts_with("tidy:") {
            let message = format!("the comment has {columns} columns, {COMMENT_WIDTH} are allowed: wrap it");
            findings.push(Finding::new(&file.path, index + 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_comments_are_found() {
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        let path = "crates/edm-graph/src/x.rs";
        let fitting = format!("// {} b", "a".repeat(95));
        check(path, &fitting, 0);
        check(path, &format!("{fitting}c"), 1);
        check(path, &format!("    /// {} b\n    //! {} b\n", "é".repeat(90), "a".repeat(90)), 0);
        check(path, &format!("    /// {} b\n", "é".repeat(91)), 1);
        check(path, &format!("/// {}\n", "a".repeat(200)), 0);
        check(
            path,
            &format!("/// | {} b |\n/// ```\n/// {} b\n/// ```\n", "a".repeat(99), "a".repeat(99)),
            0,
        );
        check(path, &format!("/// ```\n/// ```\n/// {} b\n", "a".repeat(99)), 1);
    }
}
