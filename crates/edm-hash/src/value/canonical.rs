//! The canonical form of a cell (`docs/formats/hash.md`, section 3).

use std::fmt;

use edm_model::{DataType, Delimiters, Rule, limits};

use crate::text::fold::{FoldOptions, Folded};
use crate::text::gap::{self, NameGap};
use crate::value::placeholder::Placeholders;
use crate::value::{address, card, date, email, iban, phone, ssn};

/// A rule, ready to be applied to values: those that are asked for, and, once it knows the words by which a table says that a
/// cell is empty, the cells of one of its columns.
#[derive(Debug, Clone)]
pub struct Canonicaliser {
    rule: Rule,
    tokens_max: usize,
    placeholders: Placeholders,
}

/// Why a cell was taken as absent although something stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CellRefusal {
    /// The cell is no value of its column's type.
    NotThisType,
    /// The cell has more digits than the column's width.
    TooWide,
    /// The cell has more atoms than the store matches.
    TooManyTokens,
    /// The cell's canonical form is longer than a value may be.
    TooLong,
}

impl fmt::Display for CellRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CellRefusal::NotThisType => "the cell is no value of the column's data type",
            CellRefusal::TooWide => "the cell has more digits than the column's width",
            CellRefusal::TooManyTokens => "the cell has more words than maximumNumberOfTokens of the store",
            CellRefusal::TooLong => "the cell is longer than 4096 bytes",
        })
    }
}

/// What a cell turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellForm {
    /// A value: its canonical form was appended.
    Present,
    /// Nothing stands in it.
    Absent,
    /// A placeholder such as `N/A` stands in it.
    Placeholder,
    /// Something stands in it that the column cannot hold.
    Refused(CellRefusal),
}

impl Canonicaliser {
    /// Makes one for values of at most `tokens_max` atoms.
    pub fn new(rule: &Rule, tokens_max: u32) -> Self {
        Self { rule: rule.clone(), tokens_max: tokens_max as usize, placeholders: Placeholders::none(rule) }
    }

    /// Takes cells with these words as empty.
    #[must_use]
    pub fn with_placeholders(mut self, placeholders: Placeholders) -> Self {
        self.placeholders = placeholders;
        self
    }

    /// Returns the rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the longest value in atoms.
    pub fn tokens_max(&self) -> usize {
        self.tokens_max
    }

    /// Folds a cell with `scratch` and appends its canonical form to `out`; appends nothing unless it is present.
    pub fn cell(&self, cell: &str, scratch: &mut Folded, out: &mut Vec<u8>) -> CellForm {
        scratch.fold(cell, FoldOptions::of(&self.rule));
        self.folded_cell(scratch, out)
    }

    /// Does the same for a cell that is folded already, by a rule that folds as this one does.
    pub fn folded_cell(&self, scratch: &mut Folded, out: &mut Vec<u8>) -> CellForm {
        let atoms = scratch.atom_count();
        if atoms == 0 {
            return CellForm::Absent;
        }
        if self.placeholders.has(scratch.text()) {
            return CellForm::Placeholder;
        }
        if atoms > self.tokens_max {
            return CellForm::Refused(CellRefusal::TooManyTokens);
        }
        let from = out.len();
        let delimiters = &self.rule.delimiters;
        let formed = match &self.rule.data_type {
            DataType::Text => {
                push_text(scratch, 0, atoms - 1, delimiters, out);
                Ok(())
            }
            DataType::Digits { width } => push_digits(scratch.text(), *width, delimiters, out),
            DataType::Email => email::push_cell(scratch, out),
            DataType::Name => push_name(scratch, 0, atoms - 1, delimiters, out),
            DataType::Ssn => ssn::push_cell(scratch, delimiters, out),
            DataType::Card => card::push_cell(scratch, delimiters, out),
            DataType::Phone { country } => phone::push_cell(scratch, *country, delimiters, out),
            DataType::Date { order } => date::push_cell(scratch, *order, delimiters, out),
            DataType::Iban => iban::push_cell(scratch, delimiters, out),
            DataType::Address => address::push_cell(scratch, out),
        };
        let formed = match formed {
            Ok(()) if out.len() - from > limits::CELL_BYTES_MAX => Err(CellRefusal::TooLong),
            other => other,
        };
        match formed {
            Ok(()) => CellForm::Present,
            Err(refusal) => {
                out.truncate(from);
                CellForm::Refused(refusal)
            }
        }
    }
}

fn push_text(folded: &Folded, first: usize, last: usize, delimiters: &Delimiters, out: &mut Vec<u8>) {
    for (index, atom) in folded.atoms().enumerate().take(last + 1).skip(first) {
        out.extend_from_slice(folded.atom_text(atom).as_bytes());
        if index < last {
            gap::push_canonical(folded.gap(index), delimiters, out);
        }
    }
}

fn push_digits(
    text: &str,
    width: Option<u16>,
    delimiters: &Delimiters,
    out: &mut Vec<u8>,
) -> Result<(), CellRefusal> {
    let from = out.len();
    for character in text.trim_matches(gap::is_white).chars() {
        match character {
            '0'..='9' => out.push(character as u8),
            other if delimiters.contains(other) => {}
            _ => return Err(CellRefusal::NotThisType),
        }
    }
    pad(out, from, width)
}

/// How many zeros may stand in front of a number that has a width.
pub(crate) const LEADING_ZEROS_MAX: usize = 64;

/// Adds or takes leading zeros of the digits from `from` on, so that they have the width.
pub(crate) fn pad(out: &mut Vec<u8>, from: usize, width: Option<u16>) -> Result<(), CellRefusal> {
    let Some(width) = width.map(usize::from) else { return Ok(()) };
    let count = out.len() - from;
    if count < width {
        out.splice(from..from, std::iter::repeat_n(b'0', width - count));
    } else if count > width {
        let extra = count - width;
        let zeros = out.iter().skip(from).take_while(|digit| **digit == b'0').count();
        if zeros > LEADING_ZEROS_MAX {
            return Err(CellRefusal::TooWide);
        }
        if out.iter().skip(from).take(extra).any(|digit| *digit != b'0') {
            return Err(CellRefusal::TooWide);
        }
        out.drain(from..from + extra);
    }
    Ok(())
}

fn push_name(
    folded: &Folded,
    first: usize,
    last: usize,
    delimiters: &Delimiters,
    out: &mut Vec<u8>,
) -> Result<(), CellRefusal> {
    let from = out.len();
    let mut comma = None;
    for (index, atom) in folded.atoms().enumerate().take(last + 1).skip(first) {
        out.extend_from_slice(folded.atom_text(atom).as_bytes());
        if index == last {
            break;
        }
        match gap::name_gap(folded.gap(index), delimiters) {
            NameGap::Empty => {}
            NameGap::Joint => out.push(b' '),
            NameGap::Comma if comma.is_none() => {
                comma = Some(out.len());
                out.push(b' ');
            }
            NameGap::Comma | NameGap::Foreign => return Err(CellRefusal::NotThisType),
        }
    }
    if let Some(comma) = comma {
        rotate_name(out, from, comma);
    }
    Ok(())
}

/// Turns `last first` into `first last`, where the space that stands for the comma is at `comma`.
pub(crate) fn rotate_name(out: &mut [u8], from: usize, comma: usize) {
    let length = out.len();
    let behind = length - comma - 1;
    if let Some(name) = out.get_mut(from..) {
        name.rotate_right(behind);
        // Now the part behind the comma stands in front and the space stands last: it belongs between the two.
        if let Some(tail) = name.get_mut(behind..) {
            tail.rotate_right(1);
        }
    }
}

#[cfg(test)]
mod tests;
