//! Values that are part of a longer token, which hold for nothing by themselves
//! (`docs/matching.md`, Parts of longer tokens).

use edm_model::DataType;

use crate::scan::context::Context;
use crate::text::longer_tokens;
use crate::text::span::ZoneSpan;

/// Returns whether a canonical form is of ASCII and has no letter: of a text, only such a value may
/// be a part of a token.
pub(crate) fn is_number(canonical: &[u8]) -> bool {
    canonical.is_ascii() && !canonical.iter().any(u8::is_ascii_alphabetic)
}

/// Returns whether a value of a type is part of a longer token. Only values that a table holds are
/// judged, so this costs nothing in other texts.
pub(crate) fn is_part_of_token(
    context: &Context<'_>,
    data_type: &DataType,
    is_number: bool,
    span: ZoneSpan,
) -> bool {
    let text = context.zone.text;
    let judged = match data_type {
        DataType::Name => return longer_tokens::hold_name(text, span),
        DataType::Digits { .. } | DataType::Ssn | DataType::Card | DataType::Phone { .. } => true,
        DataType::Text => is_number,
        DataType::Email | DataType::Date { .. } | DataType::Iban | DataType::Address => false,
    };
    judged && longer_tokens::hold(text, span)
}
