//! STYLE 19: no `[…]` on foreign bytes. The files that parse such bytes are listed here. Writers
//! may index their buffers: they are builders, or marked `// tidy: own bytes`.

use std::ops::Range;

use super::Finding;
use crate::source::{SourceFile, item_end};

/// Files, and folders if they end in `/`, that parse foreign bytes.
const PARSERS: [&str; 16] = [
    "crates/edm-agent/src/block_wire.rs",
    "crates/edm-agent/src/source/",
    "crates/edm-block/src/reader.rs",
    "crates/edm-engine/src/generation/prefilter/bloom.rs",
    "crates/edm-engine/src/generation/format/entries_file.rs",
    "crates/edm-engine/src/generation/format/layout.rs",
    "crates/edm-engine/src/generation/format/manifest.rs",
    "crates/edm-engine/src/generation/read/generation.rs",
    "crates/edm-engine/src/generation/format/rows_file.rs",
    "crates/edm-engine/src/generation/format/rules_file.rs",
    "crates/edm-extract/src/",
    "crates/edm-graph/src/body.rs",
    "crates/edm-graph/src/purview/",
    "crates/edm-graph/src/query/",
    "crates/edm-hash/src/rows/hashed_rows.rs",
    "crates/edm-server/src/upload/",
];

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    if !PARSERS.iter().any(|entry| is_in(&file.path, entry)) {
        return Vec::new();
    }
    let own = builders(file);
    let bytes = file.code.as_bytes();
    let is_value_end = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b')' | b']' | b'?');
    bytes
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| matches!(pair, [before, b'['] if is_value_end(before)))
        // The full range `[..]` is always valid.
        .filter(|(offset, _)| !file.code.get(offset + 1..).is_some_and(|rest| rest.starts_with("[..]")))
        .filter(|(offset, _)| !file.is_test(*offset) && !own.iter().any(|range| range.contains(offset)))
        .filter(|(offset, _)| !is_marked(file, *offset))
        .map(|(offset, _)| {
            Finding::new(
                &file.path,
                file.line_of(offset),
                "indexing in a file that reads bytes from outside: use get, split_at_checked or a pattern",
            )
        })
        .collect()
}

/// Returns whether the line or the one before it is marked as indexing bytes made here.
fn is_marked(file: &SourceFile, offset: usize) -> bool {
    let line = file.line_of(offset);
    file.text.lines().take(line).skip(line.saturating_sub(2)).any(|line| line.contains("// tidy: own bytes"))
}

/// Returns the ranges of builders, writers and write functions, which index their buffers.
fn builders(file: &SourceFile) -> Vec<Range<usize>> {
    let is_builder = |start: &usize| {
        let header = file.code.get(*start..).and_then(|rest| rest.split('{').next()).unwrap_or_default();
        header.contains("Builder") || header.contains("Writer")
    };
    let implemented = file.find("impl").filter(is_builder);
    implemented.chain(file.find("fn write")).map(|start| start..item_end(&file.code, start)).collect()
}

/// Returns a finding for each list entry that names no file, so that the list stays current.
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
        let reader = "crates/edm-block/src/reader.rs";
        check(reader, "let a = bytes[0];", 1);
        check(reader, "let a = &bytes[4..8];", 1);
        check(reader, "let a = f()[0]; let b = a[0][1]; let c = f()?[2];", 4);
        check(reader, "#[inline]\nfn f(a: &[u8], b: [u8; 4]) -> Vec<[u8; 2]> { vec![1]; [1, 2] }", 0);
        check(reader, "let Some([a, b]) = bytes.get(0..2) else { return };", 0);
        check(reader, "#[cfg(test)]\nmod tests { fn f() { a[0] } }", 0);
        check("crates/edm-model/src/column.rs", "let a = bytes[0];", 0);
        check(reader, "impl<'a> PageBuilder<'a> { fn f() { a[0] } }\nfn g() { a[0] }", 1);
        check(reader, "fn write(a: &mut [u8]) { a[0] = 1; }", 0);
        check(reader, "// tidy: own bytes\nout[0] = 1;\nout[1] = 1;", 1);
        check(reader, "let a = b[..].len() + b[..4].len();", 1);
        check("crates/edm-graph/src/query/lexer.rs", "let a = bytes[0];", 1);
    }

    #[test]
    fn an_entry_that_names_nothing_is_found() {
        assert_eq!(missing(&[]).len(), PARSERS.len());
    }
}
