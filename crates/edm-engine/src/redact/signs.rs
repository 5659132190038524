//! The signs of a telephone number: they are no part of its value, and of no use without it.

use crate::text::span::TextSpan;

/// Grows the span of a telephone number by the signs that belong to it: a `+` before it, a bracket
/// that closes or opens in it.
pub(crate) fn with_signs(text: &str, span: TextSpan) -> TextSpan {
    let TextSpan { mut start, mut end, .. } = span;
    // A report's spans start and end at characters of the text that was scanned.
    let (before, number, rest) = (&text[..start], &text[start..end], &text[end..]);
    // Of brackets only one that is in pieces otherwise.
    let (mut opened, mut closed) = (0usize, 0usize);
    for character in number.chars() {
        match character {
            '(' | '（' => opened += 1,
            ')' | '）' if opened > 0 => opened -= 1,
            ')' | '）' => closed += 1,
            _ => {}
        }
    }
    let mut may_plus = true;
    for sign in before.chars().rev() {
        match sign {
            '+' | '＋' if may_plus => may_plus = false,
            '(' | '（' if closed > 0 => closed -= 1,
            _ => break,
        }
        start -= sign.len_utf8();
    }
    if let Some(sign @ (')' | '）')) = rest.chars().next().filter(|_| opened > 0) {
        end += sign.len_utf8();
    }
    TextSpan::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_covered_with_their_number() {
        // The number is between `⟦` and `⟧`; expected is what is covered.
        let check = |marked: &str, expected: &str| {
            let text = marked.replace(['⟦', '⟧'], "");
            let start = marked.find('⟦').expect("a number begins");
            let end = marked.find('⟧').expect("it ends") - '⟦'.len_utf8();
            let span = with_signs(&text, TextSpan::new(start, end));
            assert_eq!(&text[span.start..span.end], expected, "{marked}");
        };
        check("call ⟦212 555 0143⟧.", "212 555 0143");
        check("call +⟦1 (212) 555-0143⟧.", "+1 (212) 555-0143");
        check("call (⟦212) 555-0143⟧.", "(212) 555-0143");
        check("call +(⟦1) 212 555-0143⟧.", "+(1) 212 555-0143");
        check("call (+⟦1) 212 555-0143⟧.", "(+1) 212 555-0143");
        check("call ＋⟦49 30⟧ or", "＋49 30");
        check("(⟦212-555-0143⟧)", "212-555-0143");
        check("(+⟦1 212-555-0143⟧)", "+1 212-555-0143");
        check("⟦212 555 (0143⟧), or", "212 555 (0143)");
        check("++⟦1 212⟧", "+1 212");
        check("((⟦212) 555⟧", "(212) 555");
        check("00⟦49 30⟧", "49 30");
        check("a-⟦212⟧)", "212");
    }
}
