//! The canonical form of a cell (`docs/formats/hash.md`, section 3).

use edm_model::{DataType, Rule, limits};

use crate::text::fold::{FoldOptions, Folded};
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::name::form::{is_text, join};
use crate::value::placeholder::Placeholders;
use crate::value::value_type::{ValueType, WithType};
use crate::value::with_type;

/// A rule, ready to be applied to values: those that are asked for, and, once it knows the words by
/// which a table says that a cell is empty, the cells of one of its columns.
#[derive(Debug, Clone)]
pub struct Canonicaliser {
    rule: Rule,
    tokens_max: usize,
    placeholders: Placeholders,
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

    /// Folds a cell with `scratch` and appends its canonical form to `out`; appends nothing unless
    /// it is present.
    pub fn cell(&self, cell: &str, scratch: &mut Folded, out: &mut Vec<u8>) -> CellForm {
        scratch.fold(cell, FoldOptions::of(&self.rule));
        self.folded_cell(scratch, out)
    }

    /// Does the same for a cell that is folded already, by a rule that folds as this one does.
    pub fn folded_cell(&self, scratch: &mut Folded, out: &mut Vec<u8>) -> CellForm {
        let from = out.len();
        let form = self.parted_cell(scratch, out);
        if form == CellForm::Present && parts_words(&self.rule) {
            join(out, from);
        }
        form
    }

    /// Returns whether a canonical form is that of a cell of a column of names that cannot be read
    /// as a name, and is matched as text.
    pub fn is_matched_as_text(&self, form: &[u8]) -> bool {
        self.rule.data_type == DataType::Name && is_text(form)
    }

    /// Does the same as [`folded_cell`](Self::folded_cell), but leaves the words of a type that
    /// joins them parted by spaces.
    pub(crate) fn parted_cell(&self, scratch: &mut Folded, out: &mut Vec<u8>) -> CellForm {
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
        let formed = with_type(&self.rule, PushCell { folded: scratch, out: &mut *out });
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

    /// Calls `each` with every alternative form of a folded cell that is present, at most
    /// [`limits::ALTERNATIVE_FORMS_MAX`] (`docs/formats/hash.md`, Alternative forms).
    pub fn alternatives(&self, folded: &Folded, mut each: impl FnMut(&[u8])) {
        let mut count = 0;
        let mut bounded = |form: &[u8]| {
            count += 1;
            if count <= limits::ALTERNATIVE_FORMS_MAX && form.len() <= limits::CELL_BYTES_MAX {
                each(form);
            }
        };
        with_type(&self.rule, PushAlternatives { folded, each: &mut bounded });
    }
}

/// Calls `each` with every alternative form of a folded cell.
struct PushAlternatives<'a> {
    folded: &'a Folded,
    each: &'a mut dyn FnMut(&[u8]),
}

impl WithType for PushAlternatives<'_> {
    type Output = ();

    fn with_type<T: ValueType>(self, data_type: T) {
        if T::HAS_ALTERNATIVES {
            data_type.push_alternatives(self.folded, self.each);
        }
    }
}

/// Returns whether forms are written with their words parted.
pub(crate) fn parts_words(rule: &Rule) -> bool {
    struct PartsWords;
    impl WithType for PartsWords {
        type Output = bool;

        fn with_type<T: ValueType>(self, _: T) -> bool {
            T::PARTS_WORDS
        }
    }
    with_type(rule, PartsWords)
}

/// Appends the canonical form of a folded cell.
struct PushCell<'a> {
    folded: &'a Folded,
    out: &'a mut Vec<u8>,
}

impl WithType for PushCell<'_> {
    type Output = Result<(), CellRefusal>;

    fn with_type<T: ValueType>(self, data_type: T) -> Result<(), CellRefusal> {
        data_type.push_cell(self.folded, self.out)
    }
}

#[cfg(test)]
mod tests;
