//! The functions of a Rust file: their offsets, lengths and parameters.

use crate::source::{SourceFile, item_end};

/// One function with a name. Closures and function types are not counted.
pub(crate) struct Function {
    /// The offset of the word `fn`.
    pub(crate) start: usize,
    /// The lines from `fn` to the end of the body.
    pub(crate) lines: usize,
    /// Whether it has a body; a trait may only declare it.
    pub(crate) has_body: bool,
    /// The offsets of parameters that are ad-hoc tuples: destructured, or typed as one.
    pub(crate) tuple_parameters: Vec<usize>,
}

/// Returns the functions of a file, including tests.
pub(crate) fn functions(file: &SourceFile) -> Vec<Function> {
    // `fn(` is a type, not a function.
    let is_named = |start: &usize| file.code.get(start + 2..).is_some_and(|rest| rest.starts_with(' '));
    let starts = file.find("fn").filter(is_named);
    starts
        .map(|start| {
            let end = item_end(&file.code, start);
            let item = file.code.get(start..end).unwrap_or_default();
            Function {
                start,
                lines: 1 + item.bytes().filter(|byte| *byte == b'\n').count(),
                has_body: item.ends_with('}'),
                tuple_parameters: tuple_parameters(item).map(|offset| start + offset).collect(),
            }
        })
        .collect()
}

fn tuple_parameters(item: &str) -> impl Iterator<Item = usize> {
    let (start, parameters) = parameter_list(item).unwrap_or_default();
    split_at_commas(parameters)
        .into_iter()
        .filter(|(_, parameter)| is_tuple(parameter))
        .map(move |(at, text)| start + at + (text.len() - text.trim_start().len()))
}

/// Returns the text between the parentheses of a function, and its offset.
fn parameter_list(item: &str) -> Option<(usize, &str)> {
    let mut angles = 0usize;
    let mut before = ' ';
    for (at, character) in item.char_indices() {
        match character {
            '<' => angles += 1,
            '>' if before != '-' && before != '=' => angles = angles.saturating_sub(1),
            '(' if angles == 0 => {
                let rest = item.get(at + 1..)?;
                return Some((at + 1, rest.get(..closing(rest)?)?));
            }
            '{' | ';' if angles == 0 => return None,
            _ => {}
        }
        before = character;
    }
    None
}

/// Returns the offset of the parenthesis that closes a list. The text starts after the opening one.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 1usize;
    rest.char_indices().find_map(|(at, character)| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Splits a list at its commas, but not at those inside brackets; each part comes with its offset.
fn split_at_commas(list: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut from, mut parts) = (0i32, 0, Vec::new());
    let mut before = ' ';
    for (at, character) in list.char_indices() {
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            ',' if depth == 0 => {
                parts.push((from, list.get(from..at).unwrap_or_default()));
                from = at + 1;
            }
            _ => {}
        }
        before = character;
    }
    parts.push((from, list.get(from..).unwrap_or_default()));
    parts
}

/// Returns whether a parameter is destructured from a tuple, or typed as one.
fn is_tuple(parameter: &str) -> bool {
    let pattern = parameter.trim_start().trim_start_matches('&').trim_start_matches("mut ");
    // The unit type has no parts to name.
    if pattern.starts_with("()") {
        return false;
    }
    if pattern.starts_with('(') {
        return true;
    }
    let Some((_, kind)) = parameter.split_once(':') else { return false };
    let mut kind = kind.trim();
    while let Some(rest) = kind.strip_prefix('&') {
        kind = rest.trim_start();
        if kind.starts_with('\'') {
            kind = kind.split_once(' ').map_or("", |(_, rest)| rest);
        }
        kind = kind.strip_prefix("mut ").unwrap_or(kind);
    }
    // `(dyn A + B)` is a type in parentheses.
    let inside = kind.strip_prefix('(').and_then(|rest| rest.get(..closing(rest)?));
    inside.is_some_and(|inside| split_at_commas(inside).len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_their_tuples_are_found() {
        let check = |text: &str, lines: &[usize], tuples: usize| {
            let found = functions(&SourceFile::new("crates/edm-a/src/lib.rs", text));
            assert_eq!(found.iter().map(|function| function.lines).collect::<Vec<_>>(), lines, "{text}");
            let sum: usize = found.iter().map(|function| function.tuple_parameters.len()).sum();
            assert_eq!(sum, tuples, "{text}");
        };
        check("fn a() {}\ntrait T {\n    fn b(&self);\n}\n", &[1, 1], 0);
        check("type F = fn(u8, (u8, u8));", &[], 0);
        check("fn a(x: (u8, u8), y: u8) {\n}\n", &[2], 1);
        check("fn a((x, y): (u8, u8)) {}", &[1], 1);
        check("fn a(&(x, y): &(u8, u8), z: &'a mut (u8, u8)) {}", &[1], 2);
        check("fn a(x: &(dyn Fn(u8, u8) -> A<u8, u8> + Sync)) {}", &[1], 0);
        check("fn a(x: &[(u8, u8)], y: Vec<(u8, u8)>, z: (u8)) {}", &[1], 0);
        check("fn a(x: impl Fn((u8, u8)) -> (u8, u8), y: ()) -> (u8, u8) {}", &[1], 0);
        check("fn a<T: Fn(u8, u8) -> u8>(x: T, y: (T, T)) where T: A<(u8, u8)> {}", &[1], 1);
        check("fn a(Pair(x, y): Pair, [z, w]: [u8; 2]) {}", &[1], 0);
        check("fn a() {\n    let f = |(x, y): (u8, u8)| x;\n}\n", &[3], 0);
    }
}
