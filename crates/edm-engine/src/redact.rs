//! The text without what was found.

use crate::report::{Report, Span};

/// What takes the place of a value.
pub enum Redaction<'a> {
    /// `█` for every character.
    Mask,
    /// The column's name in brackets.
    Label,
    /// The column's name and a pseudonym of the value.
    Token(&'a dyn Fn(Place<'_>) -> String),
}

/// A value that is being replaced.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The type's position in the query.
    pub type_index: usize,
    /// The position of the column in the type's table.
    pub column: usize,
    /// The value as it stands in the text.
    pub text: &'a str,
}

/// Returns the text with every match of the report and its evidence replaced. `name` gives the name of a type's
/// column. Overlapping spans are replaced as one, by the name of the first.
pub fn redact(
    text: &str,
    report: &Report,
    name: &dyn Fn(usize, usize) -> String,
    style: &Redaction<'_>,
) -> String {
    let mut spans: Vec<(Span, usize, usize)> = Vec::new();
    for found in &report.types {
        for own in &found.matches {
            spans.push((own.span, found.type_index, own.column));
            spans.extend(
                own.evidences.iter().map(|evidence| (evidence.span, found.type_index, evidence.column)),
            );
        }
    }
    spans.sort_by_key(|(span, type_index, column)| {
        (span.start, std::cmp::Reverse(span.end), *type_index, *column)
    });
    let mut merged: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (span, type_index, column) in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.1 => last.1 = last.1.max(span.end),
            _ => merged.push((span.start, span.end, type_index, column)),
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, end, type_index, column) in merged {
        out.push_str(text.get(copied..start).unwrap_or(""));
        let value = text.get(start..end).unwrap_or("");
        match style {
            Redaction::Mask => value.chars().for_each(|c| mask(c, &mut out)),
            Redaction::Label => out.push_str(&format!("[{}]", name(type_index, column))),
            Redaction::Token(pseudonym) => {
                let pseudonym = pseudonym(Place { type_index, column, text: value });
                out.push_str(&format!("[{}:{pseudonym}]", name(type_index, column)));
            }
        }
        copied = end;
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    out
}

/// Masks a character, keeping white space and the number of UTF-16 units, so that offsets behind it stay.
fn mask(character: char, out: &mut String) {
    if character.is_whitespace() {
        out.push(character);
    } else {
        out.extend(std::iter::repeat_n('█', character.len_utf16()));
    }
}
