//! STYLE 19: no `[…]` on bytes that came from outside. The files that read such bytes are listed here.

use super::Finding;
use super::source::SourceFile;

/// Files, and folders when they end in `/`, that parse what somebody else wrote.
const PARSERS: [&str; 6] = [
    "crates/edm-agent/src/source/",
    "crates/edm-block/src/reader.rs",
    "crates/edm-engine/src/generation/reader.rs",
    "crates/edm-graph/src/odata/",
    "crates/edm-hash/src/rows.rs",
    "crates/edm-server/src/upload/",
];

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    if !PARSERS.iter().any(|entry| is_in(&file.path, entry)) {
        return Vec::new();
    }
    let bytes = file.code.as_bytes();
    let is_value_end = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b')' | b']' | b'?');
    bytes
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| matches!(pair, [before, b'['] if is_value_end(before)))
        .filter(|(offset, _)| !file.is_test(*offset))
        .map(|(offset, _)| {
            Finding::new(
                &file.path,
                file.line_of(offset),
                "indexing in a file that reads bytes from outside: use get, split_at_checked or a pattern",
            )
        })
        .collect()
}

/// Returns a finding for each entry of the list that names nothing, so that the list cannot rot.
pub(super) fn missing(paths: &[String]) -> Vec<Finding> {
    PARSERS
        .iter()
        .filter(|entry| !paths.iter().any(|path| is_in(path, entry)))
        .map(|entry| {
            Finding::new(entry, 1, "tidy lists this as a reader of outside bytes, and it does not exist")
        })
        .collect()
}

fn is_in(path: &str, entry: &str) -> bool {
    if entry.ends_with('/') { path.starts_with(entry) } else { path == entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexing_of_outside_bytes_is_found() {
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        let reader = PARSERS[1];
        check(reader, "let a = bytes[0];", 1);
        check(reader, "let a = &bytes[4..8];", 1);
        check(reader, "let a = f()[0]; let b = a[0][1]; let c = f()?[2];", 4);
        check(reader, "#[inline]\nfn f(a: &[u8], b: [u8; 4]) -> Vec<[u8; 2]> { vec![1]; [1, 2] }", 0);
        check(reader, "let Some([a, b]) = bytes.get(0..2) else { return };", 0);
        check(reader, "#[cfg(test)]\nmod tests { fn f() { a[0] } }", 0);
        check("crates/edm-model/src/column.rs", "let a = bytes[0];", 0);
        check("crates/edm-graph/src/odata/parser.rs", "let a = bytes[0];", 1);
    }

    #[test]
    fn an_entry_that_names_nothing_is_found() {
        assert_eq!(missing(&[]).len(), PARSERS.len());
    }
}
