//! The fast path's answer for one cell.

use crate::simd::mask::starts;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::plain::quick_checks;
use crate::value::value_type::ValueType;

/// What a plain cell turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// A value, whose form was written.
    Value,
    Absent,
    Placeholder,
    /// Only the slow path can say.
    Unsure,
}

/// Judges a cell and writes its form, if it is a value, into `form`, which is empty.
#[inline(always)]
pub(crate) fn judge<T: ValueType>(
    data_type: T,
    plain: &Plain<'_>,
    rule: &PlainRule,
    form: &mut Form<'_>,
) -> Judged {
    if plain.alphanumerics() == 0 {
        return Judged::Absent;
    }
    if !T::HAS_FAST_PATH {
        return Judged::Unsure;
    }
    if quick_checks::is_placeholder(plain, &rule.placeholders) {
        return Judged::Placeholder;
    }
    // Atoms are counted only where a cell has room for too many of them.
    let atoms = || starts(plain.letters).count_ones() + starts(plain.digits).count_ones();
    if rule.tokens_max < plain.length && atoms() > rule.tokens_max {
        return Judged::Unsure;
    }
    match data_type.write_plain(plain, rule, form) {
        Some(()) => Judged::Value,
        None => Judged::Unsure,
    }
}
