//! STYLE 5: files have at most 600 lines and functions at most 70. Lists may be longer (`// tidy:
//! list` on the first line), and so may test functions.

use super::Finding;
use crate::functions::functions;
use crate::source::SourceFile;

const FILE_LINES_MAX: usize = 600;
pub(crate) const FUNCTION_LINES_MAX: usize = 70;

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    if file.is_list() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        findings.push(Finding::new(
            &file.path,
            1,
            format!("the file has {lines} lines, {FILE_LINES_MAX} are allowed: find the second room in it"),
        ));
    }
    for function in functions(file).iter().filter(|function| !file.is_test(function.start)) {
        let lines = function.lines;
        if lines > FUNCTION_LINES_MAX {
            findings.push(Finding::new(
                &file.path,
                file.line_of(function.start),
                format!("the function has {lines} lines, {FUNCTION_LINES_MAX} are allowed"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&SourceFile::new(path, text)).len()
    }

    #[test]
    fn long_functions_and_files_are_found() {
        let function =
            |lines: usize| format!("fn long<T>(x: [u8; 2]) {{\n{}}}\n", "    x(\"{\");\n".repeat(lines - 2));
        let check = |text: String, expected: usize| {
            assert_eq!(count("crates/edm-model/src/x.rs", &text), expected, "{} lines", text.lines().count());
        };
        check(function(70), 0);
        check(function(71), 1);
        check(format!("trait T {{ fn f(&self); }}\n{}", function(70)), 0);
        check(format!("#[cfg(test)]\nmod tests {{\n{}}}", function(99)), 0);
        check("\n".repeat(600), 0);
        check("\n".repeat(601), 1);
        check(format!("// tidy: list\n{}", "\n".repeat(700)), 0);
    }
}
