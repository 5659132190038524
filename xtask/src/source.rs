//! Rust source for the checks: comments and literals are blanked out, and test code is marked.

use std::collections::HashSet;

/// One Rust file.
pub(crate) struct SourceFile {
    /// The path from the root, with `/`.
    pub(crate) path: String,
    /// The original text.
    pub(crate) text: String,
    /// The text with every comment and the content of every literal replaced by spaces. Length and
    /// lines stay the same.
    pub(crate) code: String,
    /// The byte ranges compiled only for tests.
    test_ranges: Vec<(usize, usize)>,
}

impl SourceFile {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank_comments_and_literals(text);
        let whole_file_is_test = path.split('/').any(|part| part == "tests" || part == "benches")
            || path.starts_with("crates/edm-testkit/")
            || path.ends_with("/tests.rs");
        let test_ranges = if whole_file_is_test { vec![(0, code.len())] } else { test_items(&code) };
        Self { path: path.to_owned(), text: text.to_owned(), code, test_ranges }
    }

    /// Returns the line number of a byte offset, from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        1 + self.code.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// Returns whether the code at this offset is compiled only for tests.
    pub(crate) fn is_test(&self, offset: usize) -> bool {
        self.test_ranges.iter().any(|(start, end)| (*start..*end).contains(&offset))
    }

    /// Returns whether the first line marks the file as a list, which may be long.
    pub(crate) fn is_list(&self) -> bool {
        self.text.lines().next().is_some_and(|line| line.trim() == "// tidy: list")
    }

    /// Returns the crate's name: the folder in `crates/`, or the first folder.
    pub(crate) fn crate_name(&self) -> &str {
        let inside = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or(inside)
    }

    /// Returns the offsets of the words in code, but not within longer words.
    pub(crate) fn find<'a>(&'a self, words: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let bytes = self.code.as_bytes();
        self.code.match_indices(words).map(|(start, _)| start).filter(move |start| {
            let end = start + words.len();
            let joined_before =
                is_word(words.as_bytes().first()) && *start > 0 && is_word(bytes.get(start - 1));
            let joined_after = is_word(words.as_bytes().last()) && is_word(bytes.get(end));
            !joined_before && !joined_after
        })
    }
}

/// Parses the Rust files among the texts. A file that another one declares as `#[cfg(test)] mod
/// name;` is test code.
pub(crate) fn parse_all(texts: Vec<(String, String)>) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = texts
        .iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, text)| SourceFile::new(path, text))
        .collect();
    let test_files: HashSet<String> = files.iter().flat_map(declared_test_files).collect();
    for file in &mut files {
        if test_files.contains(&file.path) {
            file.test_ranges = vec![(0, file.code.len())];
        }
    }
    files
}

fn declared_test_files(file: &SourceFile) -> Vec<String> {
    let folder = match file.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder,
        _ => file.path.trim_end_matches(".rs"),
    };
    let declared = file.test_ranges.iter().filter_map(|(start, end)| file.code.get(*start..*end));
    declared
        .filter_map(|item| {
            item.trim_end().strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name.trim())
        })
        .flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")])
        .collect()
}

/// Returns the ranges of the items after `#[cfg(test)]` and `#[test]`.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    ["#[cfg(test)]", "#[cfg(any(test", "#[cfg(all(test", "#[test]", "#[tokio::test"]
        .iter()
        .flat_map(|attribute| code.match_indices(attribute))
        .map(|(start, attribute)| (start, item_end(code, start + attribute.len())))
        .collect()
}

/// Returns the end of the item that starts before or at this offset: after its `;` or its closing
/// brace.
pub(crate) fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0usize;
    let mut nested = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => nested += 1,
            b')' | b']' => nested = nested.saturating_sub(1),
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return offset + 1;
                }
            }
            b';' if depth == 0 && nested == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// Replaces comments and the content of literals by spaces; line breaks stay.
fn blank_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment_end(bytes, at);
        for byte in code.iter_mut().take(end).skip(at) {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// Returns the end of the comment or literal that starts at `at`; `at` itself if there is none.
fn literal_or_comment_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let within_word = at > 0 && bytes.get(at - 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + block_comment_length(rest),
        [b'"', ..] => at + quoted_length(rest, b'"'),
        [b'\'', ..] => at + character_length(rest),
        [b'r', b'"' | b'#', ..] if !within_word => at + raw_string_length(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !within_word => at + raw_string_length(rest, 2),
        _ => at,
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0usize);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Returns the length of a character literal; 0 for a lifetime.
fn character_length(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', ..] => quoted_length(rest, b'\''),
        [_, first, ..] => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            };
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
        }
        _ => 0,
    }
}

/// Returns the length of a raw string; 0 for a raw identifier such as `r#type`.
fn raw_string_length(rest: &[u8], prefix: usize) -> usize {
    let hashes = rest.iter().skip(prefix).take_while(|byte| **byte == b'#').count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        return 0;
    }
    let mut closing = vec![b'"'];
    closing.resize(1 + hashes, b'#');
    let body = prefix + hashes + 1;
    let inside = rest.get(body..).unwrap_or_default();
    match inside.windows(closing.len()).position(|window| window == closing) {
        Some(position) => body + position + closing.len(),
        None => rest.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_nothing_else() {
        let check = |text: &str, kept: &str| {
            let code = blank_comments_and_literals(text);
            assert_eq!(code.len(), text.len(), "{text}");
            assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), kept, "{text}");
        };
        check("a // b { \" \nc", "a c");
        check("a /* b /* c */ { */ d", "a d");
        check(r#"f("{ \" }") + g"#, "f( ) + g");
        check(r###"f(r#"{ " "#) + g"###, "f( ) + g");
        check("f(br\"{\", b\"}\", b'{')", "f( , b , b )");
        check("let c = '{'; let d = '\\''; let e = '字';", "let c = ; let d = ; let e = ;");
        check("fn f<'a>(x: &'a str) -> r#type {}", "fn f<'a>(x: &'a str) -> r#type {}");
    }

    #[test]
    fn test_code_is_told_from_the_rest() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n";
        let file = SourceFile::new("crates/edm-model/src/x.rs", text);
        let check = |name: &str, expected: bool| {
            let offset = text.find(name).expect("the function is in the text");
            assert_eq!(file.is_test(offset), expected, "{name}");
        };
        check("fn a", false);
        check("fn b", true);
        check("fn c", false);
        assert!(SourceFile::new("crates/edm-model/tests/x.rs", text).is_test(0));
    }

    #[test]
    fn a_file_declared_for_tests_is_test_code() {
        let files = parse_all(vec![
            ("crates/a/src/lib.rs".to_owned(), "#[cfg(test)]\nmod oracle;\nmod real;\n".to_owned()),
            ("crates/a/src/oracle.rs".to_owned(), "fn a() {}".to_owned()),
            ("crates/a/src/real.rs".to_owned(), "fn a() {}".to_owned()),
        ]);
        let judged: Vec<(&str, bool)> =
            files.iter().map(|file| (file.path.as_str(), file.is_test(3))).collect();
        assert_eq!(
            judged[1..],
            [("crates/a/src/oracle.rs", true), ("crates/a/src/real.rs", false)],
            "only the declared one is test code"
        );
    }
}
