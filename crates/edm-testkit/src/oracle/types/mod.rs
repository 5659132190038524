//! The recognisers of `docs/formats/hash.md`, for cells and for texts.

mod address;
mod card;
mod date;
mod date_words;
#[cfg(test)]
mod examples;
mod iban;
mod joint;
mod midnight;
mod phone;
mod separator;
mod spelled;
mod ssn;
mod view;

use edm_model::{DataType, Delimiters, Rule};

use super::edges::{Edge, Edges, Stretch};
use super::reading::Reading;

pub(crate) use spelled::{Spelled, spelled};
use view::View;

/// A span of a text that may be a value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its first atom.
    pub(crate) first: usize,
    /// Its last atom.
    pub(crate) last: usize,
    /// Its first character, and one after its last.
    pub(crate) place: (usize, usize),
    /// The canonical forms that it may be a spelling of.
    pub(crate) forms: Vec<String>,
    /// Whether it requires evidence.
    pub(crate) attached: bool,
    /// Whether it is in its type's written form.
    pub(crate) written: bool,
}

/// A value that a recogniser reads from one atom on.
struct Read {
    last: usize,
    forms: Vec<String>,
    written: bool,
    /// Whether what follows counts as an edge although nothing else does.
    ends_fully: bool,
    /// Whether it requires evidence wherever it is.
    weak: bool,
    /// Characters of the first atom that do not belong to it: it follows a word.
    skipped: usize,
}

impl Read {
    fn one(last: usize, form: String, written: bool) -> Self {
        Self { last, forms: vec![form], written, ends_fully: false, weak: false, skipped: 0 }
    }
}

/// Returns whether the type has a recogniser here.
pub(crate) const fn has_recogniser(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Text | DataType::Digits { .. } | DataType::Email | DataType::Name)
}

/// Returns the canonical form of a cell; `None` if the type refuses it.
pub(crate) fn cell(rule: &Rule, reading: &Reading) -> Option<String> {
    let view = View::new(reading, &rule.delimiters);
    match &rule.data_type {
        DataType::Ssn => ssn::cell(&view),
        DataType::Card => card::cell(&view),
        DataType::Iban => iban::cell(&view),
        DataType::Date { order } => date::cell(&view, *order),
        DataType::Phone { country } => phone::cell(&view, *country),
        DataType::Address => address::cell(&view),
        DataType::Text | DataType::Digits { .. } | DataType::Email | DataType::Name => None,
    }
}

/// Returns the candidates for values of the type in a text, of at most `form_bytes_max` bytes.
pub(crate) fn candidates(rule: &Rule, reading: &Reading, form_bytes_max: usize) -> Vec<Candidate> {
    let view = View::new(reading, &rule.delimiters);
    let spelled = |form: &dyn Fn(&Spelled) -> Option<String>| {
        let candidate = |number: &Spelled| {
            let Spelled { first, last, .. } = *number;
            let place = (reading.atoms[first].first, reading.atoms[last].end);
            let forms = vec![form(number)?];
            Some(Candidate { first, last, place, forms, attached: true, written: false })
        };
        spelled(reading).iter().filter_map(candidate).collect::<Vec<_>>()
    };
    let whole = |number: &Spelled, is_valid: &dyn Fn(&str) -> bool| {
        Some(number.digits.clone()).filter(|digits| is_valid(digits))
    };
    let mut found = match &rule.data_type {
        DataType::Ssn => numbers(&view, &|first| ssn::text(&view, first).into_iter().collect()),
        DataType::Card => numbers(&view, &|first| card::text(&view, first)),
        DataType::Iban => numbers(&view, &|first| iban::text(&view, first).into_iter().collect()),
        DataType::Date { order } => at_edges(&view, &|stretch| stretch.edges(), &|first| {
            date::text(&view, first, *order).into_iter().collect()
        }),
        DataType::Phone { country } => phone::text(&view, *country),
        DataType::Address => address::text(&view, form_bytes_max),
        DataType::Text | DataType::Digits { .. } | DataType::Email | DataType::Name => Vec::new(),
    };
    found.extend(match &rule.data_type {
        DataType::Ssn => spelled(&|number| whole(number, &ssn::is_valid)),
        DataType::Card => spelled(&|number| whole(number, &card::is_valid)),
        DataType::Phone { country } => spelled(&|number| phone::spelled(&view, number, *country)),
        _ => Vec::new(),
    });
    found
}

/// Returns the account numbers and grouped cards, by their first character and one after their
/// last. Values inside them are not matches.
pub(crate) fn longer_numbers(reading: &Reading) -> Vec<(usize, usize)> {
    let none = Delimiters::default();
    let view = View::new(reading, &none);
    let ibans = numbers(&view, &|first| iban::text(&view, first).into_iter().collect());
    let cards = numbers(&view, &|first| card::text(&view, first)).into_iter();
    let cards = cards.filter(|one| card::is_grouped_as_usual(&view, one.first, one.last));
    cards.chain(ibans).map(|one| one.place).collect()
}

fn numbers(view: &View, reads: &dyn Fn(usize) -> Vec<Read>) -> Vec<Candidate> {
    at_edges(view, &|stretch| stretch.number_edges(), reads)
}

fn at_edges(
    view: &View,
    edges: &dyn Fn(&Stretch) -> Edges,
    reads: &dyn Fn(usize) -> Vec<Read>,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for first in 0..view.count() {
        for read in reads(first) {
            let stretch = Stretch { reading: view.reading, first, last: read.last };
            let (front, back) = edges(&stretch);
            let front = if read.skipped > 0 { Some(Edge::Soft) } else { front };
            let back = if read.ends_fully { Some(Edge::Full) } else { back };
            let (Some(front), Some(back)) = (front, back) else { continue };
            if !stretch.is_continued() {
                let atoms = &view.reading.atoms;
                found.push(Candidate {
                    first,
                    last: read.last,
                    place: (atoms[first].first + read.skipped, atoms[read.last].end),
                    forms: read.forms,
                    attached: read.weak || [front, back].contains(&Edge::Soft),
                    written: read.written,
                });
            }
        }
    }
    found
}
