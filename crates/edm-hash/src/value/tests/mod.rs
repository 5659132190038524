//! Tables of cases of the types, through the doors that cells and texts go through.

mod card;
mod date;
mod iban;
mod property;
mod ssn;

use edm_model::{Column, DataType, Delimiters, PlaceholderWords, Rule};

use crate::text::fold::{FoldOptions, Folded};
use crate::value::canonical::Canonicaliser;
use crate::value::cell_form::CellForm;
use crate::value::find::windows;
use crate::value::placeholder::Placeholders;
use crate::window::prefilter::OpenPrefilter;

fn rule(data_type: DataType, delimiters: &str) -> Rule {
    Column::text("x").typed(data_type).ignoring(Delimiters::new(delimiters.chars()).expect("delimiters")).rule
}

/// Returns the canonical form of a cell that is a value.
fn cell(rule: &Rule, cell: &str) -> Option<String> {
    let mut out = Vec::new();
    let usual = Placeholders::new(&PlaceholderWords::usual(), rule);
    let canonicaliser = Canonicaliser::new(rule, 64).with_placeholders(usual);
    let form = canonicaliser.cell(cell, &mut Folded::new(), &mut out);
    (form == CellForm::Present).then(|| String::from_utf8(out).expect("a canonical form is text"))
}

/// Lists what is found in a text as `form@piece of the text`, after `~` where it is attached and
/// `=` where it is in its written form.
fn text(rule: &Rule, text: &str) -> Vec<String> {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(rule));
    let mut found = Vec::new();
    windows(rule, &folded, 0..folded.atom_count(), &OpenPrefilter { atoms_max: 64 }, |window, canonical| {
        let (start, end) = window.source_span(&folded).expect("atoms");
        let piece = start..end;
        let attached = if window.attached { "~" } else { "" };
        let written = if window.written_form { "=" } else { "" };
        found.push(format!("{attached}{written}{}@{}", String::from_utf8_lossy(canonical), &text[piece]));
        assert!(window.last - window.first < canonical.len(), "no more atoms than bytes: {text}");
    });
    found
}

#[track_caller]
fn check_cells(rule: &Rule, cases: &[(&str, Option<&str>)]) {
    for (own, expected) in cases {
        assert_eq!(cell(rule, own).as_deref(), *expected, "cell {own:?}");
    }
}

#[track_caller]
fn check_texts(rule: &Rule, cases: &[(&str, &[&str])]) {
    for (own, expected) in cases {
        assert_eq!(text(rule, own), *expected, "text {own:?}");
    }
}
