//! `+` as the space of forms (`docs/matching.md`, Escapes).

use std::ops::Range;

use edm_model::limits::FORM_VALUE_BYTES_MAX;

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 256;

/// Whether a byte may be in a key. A table, because each byte before and after an `=` is looked up.
const KEY: [bool; 256] = {
    let mut all = marked(*b"_-.:[]%+$");
    let mut byte = 0u8;
    while byte < 128 {
        all[byte as usize] |= byte.is_ascii_alphanumeric();
        byte += 1;
    }
    all
};

/// Whether a byte ends a value.
const VALUE_ENDS: [bool; 256] = {
    let mut all = marked(*b"\"<>&#\\^`{|}\x7F");
    let mut byte = 0;
    while byte <= b' ' {
        all[byte as usize] = true;
        byte += 1;
    }
    all
};

/// Returns a table in which some bytes are marked.
const fn marked<const COUNT: usize>(bytes: [u8; COUNT]) -> [bool; 256] {
    let mut all = [false; 256];
    let mut at = 0;
    while at < COUNT {
        all[bytes[at] as usize] = true;
        at += 1;
    }
    all
}

/// The spaces of the forms of a text, read from its `=` signs in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct FormSpaces {
    /// Where the `+` are that were read and not taken, ascending.
    spaces: Vec<usize>,
    taken: usize,
    /// The end of the value that was read last. An `=` in a value begins no other.
    value_end: usize,
}

impl FormSpaces {
    pub(super) fn clear(&mut self) {
        self.spaces.clear();
        (self.taken, self.value_end) = (0, 0);
    }

    /// Reads the value that follows an `=`. Returns whether it is a pair's and contains a space:
    /// such an `=` is a separator and begins no escape.
    pub(super) fn read_value(&mut self, text: &str, equals: usize) -> bool {
        let bytes = text.as_bytes();
        let Some(front) = bytes.get(..equals).filter(|_| equals >= self.value_end) else { return false };
        let key = key_bytes(front.iter().rev());
        let Some(before) = front.get(..front.len() - key).filter(|_| key > 0) else { return false };
        let rest = bytes.get(equals + 1..).unwrap_or_default();
        // No further than the bound: what a zone of a text holds around it must be enough.
        let rest_of_value = rest.iter().take(FORM_VALUE_BYTES_MAX + 1);
        let length = rest_of_value.take_while(|byte| !ends_value(**byte)).count();
        let value = equals + 1..equals + 1 + length.min(FORM_VALUE_BYTES_MAX);
        self.value_end = value.end;
        if length > FORM_VALUE_BYTES_MAX {
            return false;
        }
        // `&&` is an operator of programs.
        let continues = [b"?".as_slice(), b"&", b"&amp;"].iter().any(|sign| before.ends_with(sign))
            && !before.ends_with(b"&&");
        if !continues && !begins_pair(bytes.get(value.end..).unwrap_or_default()) {
            return false;
        }
        let known = self.spaces.len();
        self.spaces.extend(spaces(text, value));
        self.spaces.len() > known
    }

    /// Returns the next space before an offset, once.
    pub(super) fn next_before(&mut self, offset: usize) -> Option<usize> {
        let space = self.spaces.get(self.taken).copied().filter(|space| *space < offset)?;
        self.taken += 1;
        Some(space)
    }
}

fn is_key(byte: u8) -> bool {
    KEY[usize::from(byte)]
}

/// Returns the length of the key that the bytes begin with; 0 if it is too long for one.
fn key_bytes<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    let length = bytes.take(KEY_BYTES_MAX + 1).take_while(|byte| is_key(**byte)).count();
    if length > KEY_BYTES_MAX { 0 } else { length }
}

fn ends_value(byte: u8) -> bool {
    VALUE_ENDS[usize::from(byte)]
}

/// Returns whether the next pair follows: `&`, a key and `=`.
fn begins_pair(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b"&") else { return false };
    let rest = rest.strip_prefix(b"amp;").unwrap_or(rest);
    let key = key_bytes(rest.iter());
    key > 0 && rest.get(key) == Some(&b'=')
}

/// Returns each `+` of a value that is a space.
fn spaces(text: &str, value: Range<usize>) -> impl Iterator<Item = usize> {
    let own = text.get(value.clone()).unwrap_or("");
    let mut pluses = own.match_indices('+').map(|(offset, _)| offset);
    let first = pluses.next();
    // `+44…` is a number with its sign, and `ada+tag@…` an address with a tag: most who write these
    // forget to escape the sign.
    let is_kept = |offset: usize| {
        let rest = own.get(offset + 1..).unwrap_or("");
        let word = rest.split('+').next().unwrap_or("");
        offset == 0 && word.starts_with(|c: char| c.is_ascii_digit())
            || word.contains('@')
            || word.contains("%40")
    };
    let first = first.filter(|offset| !is_kept(*offset));
    first.into_iter().chain(pluses).map(move |offset| value.start + offset)
}

#[cfg(test)]
mod tests {
    use crate::text::escape::{Decoded, decode_escapes};

    #[test]
    fn plus_is_a_space_in_forms() {
        let check = |text: &str, expected: &str| {
            let decoded = decode_escapes(text);
            assert_eq!(decoded.as_ref().map_or(text, Decoded::text), expected, "{text}");
        };
        check("a=b&name=Orla+Maren+Fenwick", "a=b&name=Orla Maren Fenwick");
        check("name=Orla+Maren&a=b+c", "name=Orla Maren&a=b c");
        check("x.example/?q=Orla+Maren#a+b", "x.example/?q=Orla Maren#a+b");
        check("?a=b&amp;q=c+d", "?a=b&q=c d");
        check("q=c+d&amp;a=b", "q=c d&a=b");
        check("a=b&phone=%2B44+20+7946+0018", "a=b&phone=+44 20 7946 0018");
        check("a=b&phone=+44+20+7946", "a=b&phone=+44 20 7946");
        check("a=b&mail=ada+tag@x.example", "a=b&mail=ada+tag@x.example");
        check("a=b&mail=ada+tag%40x.example", "a=b&mail=ada+tag@x.example");
        check("a=b&q=mail+of+ada@x.example", "a=b&q=mail of ada@x.example");
        check("a=b&q=c+d=e+f", "a=b&q=c d=e f");
        check("j_id:form=c+d&user[name]=e+f", "j_id:form=c d&user[name]=e f");
        check("a=b&tel=20+7946+0018", "a=b&tel=20 7946 0018");
        // No form: one pair alone, code, a sum.
        check("name=Orla+Maren", "name=Orla+Maren");
        check("if (x==a+b&&y==c+d)", "if (x==a+b&&y==c+d)");
        check("x = a+b & y = c", "x = a+b & y = c");
        check("a+b?c+d", "a+b?c+d");
        check("=a+b&=c+d", "=a+b&=c+d");
        check("a=b &name=c\"+d", "a=b &name=c\"+d");
        let long = "k".repeat(super::KEY_BYTES_MAX);
        check(&format!("?{long}=a+b"), &format!("?{long}=a b"));
        check(&format!("?{long}k=a+b"), &format!("?{long}k=a+b"));
        let long = "v".repeat(super::FORM_VALUE_BYTES_MAX - 2);
        check(&format!("?a=+{long}+&"), &format!("?a= {long} &"));
        check(&format!("?a=+{long}+v&"), &format!("?a=+{long}+v&"));
    }
}
