//! Labels of a domain beyond ASCII, which punycode writes in ASCII (RFC 3492, RFC 5890).
//!
//! A table has `jane@bücher.example` and a mail's header `jane@xn--bcher-kva.example`: one address.
//! Both are reduced to the first.
//!
//! What must stay true: no table of Unicode decides, so that the form is frozen. A label that is
//! decoded is folded as a text is that has the characters themselves.

use crate::text::fold::{FoldOptions, Folded};
use crate::value::email::{is_domain, is_word};

/// What such a label begins with, in any case.
const PREFIX: &str = "xn--";
/// The longest label, in bytes: RFC 1035, section 2.3.4. It bounds the time of decoding.
const LABEL_BYTES_MAX: usize = 63;

// The parameters of punycode: RFC 3492, section 5.
const BASE: u32 = 36;
const THRESHOLD_MIN: u32 = 1;
const THRESHOLD_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const BIAS_INITIAL: u32 = 72;
const CODE_INITIAL: u32 = 0x80;

/// Returns whether a domain may have such a label: may be wrong with "yes".
pub(super) fn may_be_in(domain: &[u8]) -> bool {
    domain.windows(2).any(|pair| pair == b"--")
}

/// Appends a folded domain, each such label as the characters that it represents.
pub(super) fn push_domain(domain: &str, folding: FoldOptions, out: &mut Vec<u8>) {
    for (number, label) in domain.split('.').enumerate() {
        if number > 0 {
            out.push(b'.');
        }
        match represented(label, folding) {
            Some(characters) => out.extend_from_slice(characters.as_bytes()),
            None => out.extend_from_slice(label.as_bytes()),
        }
    }
}

/// Returns what a label represents, folded; `None` if it represents itself.
fn represented(label: &str, folding: FoldOptions) -> Option<String> {
    let (prefix, rest) = label.split_at_checked(PREFIX.len())?;
    if label.len() > LABEL_BYTES_MAX || !prefix.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    let characters = decoded(rest).filter(|characters| !characters.is_ascii())?;
    let mut folded = Folded::new();
    folded.fold(&characters, folding);
    let own = folded.text();
    let is_label = own.chars().all(|c| is_domain(c) && c != '.');
    (is_label && own.starts_with(is_word) && own.ends_with(is_word)).then(|| own.to_owned())
}

/// Decodes punycode (RFC 3492, section 6.2).
fn decoded(label: &str) -> Option<String> {
    if !label.is_ascii() {
        return None;
    }
    let (basic, extended) = match label.rfind('-') {
        Some(at @ 1..) => (label.get(..at)?, label.get(at + 1..)?),
        _ => ("", label),
    };
    let mut characters: Vec<char> = basic.chars().collect();
    let (mut code, mut bias, mut index) = (CODE_INITIAL, BIAS_INITIAL, 0u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let before = index;
        let (mut weight, mut position) = (1u32, BASE);
        loop {
            let digit = digit(digits.next()?)?;
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = position.saturating_sub(bias).clamp(THRESHOLD_MIN, THRESHOLD_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            position += BASE;
        }
        let count = u32::try_from(characters.len()).ok()? + 1;
        bias = adapted(index - before, count, before == 0);
        code = code.checked_add(index / count)?;
        index %= count;
        characters.insert(index as usize, char::from_u32(code)?);
        index += 1;
    }
    Some(characters.into_iter().collect())
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

/// Adapts the bias (RFC 3492, section 6.1).
fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { DAMP } else { 2 };
    delta += delta / count;
    let mut position = 0;
    while delta > (BASE - THRESHOLD_MIN) * THRESHOLD_MAX / 2 {
        delta /= BASE - THRESHOLD_MIN;
        position += BASE;
    }
    position + (BASE - THRESHOLD_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use edm_model::{Column, DataType, DiacriticRule};

    use super::*;

    fn check(domain: &str, expected: &str) {
        let rule = Column::text("x").typed(DataType::Email).rule;
        let mut out = Vec::new();
        push_domain(domain, FoldOptions::of(&rule), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{domain}");
        assert!(expected == domain || may_be_in(domain.as_bytes()), "{domain}");
    }

    #[test]
    fn labels_are_decoded() {
        check("xn--bcher-kva.example", "bücher.example");
        check("mail.xn--mnchen-3ya.xn--p1ai", "mail.münchen.рф");
        check("xn--e1afmkfd.xn--80akhbyknj4f", "пример.испытание");
        check("xn--fsqu00a.xn--0zwm56d", "例子.测试");
        check("xn--zckzah.jp", "テスト.jp");
        check("xn--mgbh0fb.xn--kgbechtv", "مثال.إختبار");
        check("xn--fiqs8s", "中国");
        // In capitals, and decoded to capitals, which fold.
        check("XN--BCHER-KVA.example", "bücher.example");
        check("xn--strae-oqa.example", "strasse.example");
        // Nothing beyond ASCII, no punycode, no characters of a domain.
        for domain in [
            "xn--abc-.example",
            "xn--.example",
            "xn---.example",
            "xn----.example",
            "xn--a.b--c.example",
            "xn--99999999.example",
            "xn--bücher-kva.example",
            "xn-bcher-kva.example",
            "axn--bcher-kva.example",
        ] {
            check(domain, domain);
        }
        let long = format!("xn--{}-kva", "a".repeat(LABEL_BYTES_MAX));
        check(&long, &long);
    }

    #[test]
    fn labels_fold_as_the_rule_says() {
        let mut column = Column::text("x").typed(DataType::Email);
        column.rule.diacritics = DiacriticRule::Fold;
        let mut out = Vec::new();
        push_domain("xn--bcher-kva.example", FoldOptions::of(&column.rule), &mut out);
        assert_eq!(out, b"bucher.example");
    }
}
