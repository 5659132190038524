//! Data types: what a cell of each must be, where a text has a value of it, and the one canonical
//! form of both (`docs/formats/hash.md`, sections 3, 4 and 8).
//!
//! A data type is a file or folder here that implements [`Recogniser`](recognised::Recogniser),
//! [`WalkedType`](walked::WalkedType) or, as `address/` and `name/` do,
//! [`ValueType`](value_type::ValueType) itself, and one line of [`with_type`]. Besides, the walk
//! and its gaps (`window/`, `text/gap`) know which of text and digits they walk, placeholders
//! whether a column holds names, and the summary whether numbers have a width and words are joined.
//!
//! ```text
//! value_type     what a type must be able to do          cell_form  what a cell turns out to be
//! text digits                        `walked`: any run of atoms may be a value
//! email/ ssn card phone/ date/ iban  `recognised`: a value is read at its first atom
//! address/ name/                     read token by token, with a vocabulary
//! atom_reader    how recognisers read atoms and joints   search     where a type looks for values
//! separator      how gaps join groups of a number        spelled    numbers written digit by digit
//! plain/         cells of printable ASCII, in bit masks  placeholder  cells that mean "no value"
//! canonical find start_positions checked_numbers   entry points, each through `with_type`
//! ```

use edm_model::{DataType, Rule};

use crate::text::fold::FoldOptions;
use crate::value::recognised::Recognised;
use crate::value::value_type::WithType;
use crate::value::walked::Walked;

pub(crate) mod address;
pub(crate) mod atom_reader;
pub(crate) mod canonical;
pub(crate) mod card;
pub(crate) mod cell_form;
pub(crate) mod checked_numbers;
pub(crate) mod date;
mod digits;
mod email;
pub(crate) mod find;
pub(crate) mod iban;
pub(crate) mod name;
pub(crate) mod phone;
pub(crate) mod placeholder;
pub(crate) mod plain;
mod recognised;
pub(crate) mod search;
mod separator;
mod spelled;
mod ssn;
pub(crate) mod start_positions;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod value_type;
mod walked;

/// Runs some work with the type of a rule: the table of data types.
///
/// The work is compiled for each type, so a loop over cells or atoms belongs inside it.
#[inline(always)]
pub(crate) fn with_type<W: WithType>(rule: &Rule, work: W) -> W::Output {
    let delimiters = &rule.delimiters;
    match rule.data_type {
        DataType::Text => work.with_type(Walked(text::Text { rule })),
        DataType::Name => work.with_type(name::Name { rule }),
        DataType::Digits { width } => work.with_type(Walked(digits::Digits { rule, width })),
        DataType::Email => work.with_type(Recognised(email::Email { folding: FoldOptions::of(rule) })),
        DataType::Ssn => work.with_type(Recognised(ssn::Ssn { delimiters })),
        DataType::Card => work.with_type(Recognised(card::Card { delimiters })),
        DataType::Phone { country } => work.with_type(Recognised(phone::Phone { country, delimiters })),
        DataType::Date { order } => work.with_type(Recognised(date::Date { order, delimiters })),
        DataType::Iban => work.with_type(Recognised(iban::Iban { delimiters })),
        DataType::Address => work.with_type(address::Address { rule }),
    }
}
