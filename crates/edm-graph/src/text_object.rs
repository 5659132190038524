//! A JSON object that carries a text: the text stays where it lies if nothing in it is escaped, is copied once if something
//! is, and no tree is made around it. Whatever is odd about an object is read the general way, so that it is taken or refused
//! as any other.

use std::borrow::Cow;

use serde_json::{Deserializer, Map, Value};

use crate::body::{BodyError, parse_object};

/// Bytes below this one must be escaped in a string.
const CONTROL_END: u8 = 0x20;
/// Bytes that are looked at in one step.
const WORD_BYTES: usize = size_of::<u64>();
/// Bytes that are passed in one step where none is special.
const BLOCK_BYTES: usize = 32;
/// Digits of the longest number that is read without serde; none of so many is too large.
const COUNT_DIGITS_MAX: usize = 18;

/// The parts of such an object.
#[derive(Debug, PartialEq)]
pub(crate) struct TextObject<'a> {
    /// The text, where `text` is one.
    pub(crate) text: Option<Cow<'a, str>>,
    /// What `id` says, where there is one.
    pub(crate) id: Option<Value>,
    /// Every other property, and `text` where it is something else.
    pub(crate) others: Map<String, Value>,
}

impl<'a> TextObject<'a> {
    /// Parses a body as [`parse_object`] does. Fails as it does.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, BodyError> {
        match Lexer(bytes).object() {
            Some(object) => Ok(object),
            None => Self::parse_generally(bytes),
        }
    }

    fn parse_generally(bytes: &[u8]) -> Result<Self, BodyError> {
        let mut others = parse_object(bytes)?;
        let text = match others.get_mut("text") {
            Some(Value::String(text)) => Some(Cow::Owned(std::mem::take(text))),
            _ => None,
        };
        if text.is_some() {
            others.remove("text");
        }
        let id = others.remove("id");
        Ok(Self { text, id, others })
    }
}

/// What is left of an object. Each step gives nothing where the general way must decide.
struct Lexer<'a>(&'a [u8]);

impl<'a> Lexer<'a> {
    fn object(mut self) -> Option<TextObject<'a>> {
        let (mut text, mut id, mut others) = (None, None, Map::new());
        self.mark(b'{')?;
        loop {
            self.mark(b'"')?;
            let Cow::Borrowed(name) = self.string()? else { return None };
            self.mark(b':')?;
            self.blanks();
            match (name, *self.0.first()?) {
                ("text", b'"') if text.is_none() => {
                    self.skip(1)?;
                    text = Some(self.string()?);
                }
                // What stands twice, and what is nested, is left to the general way.
                ("text", _) | (_, b'{' | b'[') => return None,
                // A line of ndjson has nothing else, and most need no map.
                ("id", _) if id.is_none() => id = Some(self.scalar()?),
                ("id", _) => return None,
                _ => {
                    if others.insert(name.to_owned(), self.scalar()?).is_some() {
                        return None;
                    }
                }
            }
            self.blanks();
            let mark = *self.0.first()?;
            self.skip(1)?;
            match mark {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        self.blanks();
        self.0.is_empty().then_some(TextObject { text, id, others })
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    fn blanks(&mut self) {
        while let Some((b' ' | b'\n' | b'\r' | b'\t', rest)) = self.0.split_first() {
            self.0 = rest;
        }
    }

    /// Passes blanks and one mark behind them.
    fn mark(&mut self, mark: u8) -> Option<()> {
        self.blanks();
        if *self.0.first()? == mark { self.skip(1) } else { None }
    }

    fn scalar(&mut self) -> Option<Value> {
        if let Some(count) = self.count() {
            return Some(Value::from(count));
        }
        let mut values = Deserializer::from_slice(self.0).into_iter::<Value>();
        let value = values.next()?.ok()?;
        let end = values.byte_offset();
        self.skip(end)?;
        Some(value)
    }

    /// Reads a number that is written as a short count; passes nothing where another value stands.
    fn count(&mut self) -> Option<u64> {
        let digits =
            self.0.iter().take(COUNT_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let (written, rest) = self.0.split_at_checked(digits)?;
        let long = digits == 0 || digits > COUNT_DIGITS_MAX || (digits > 1 && written.starts_with(b"0"));
        if long || matches!(rest.first(), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.0 = rest;
        Some(written.iter().fold(0, |count, digit| count * 10 + u64::from(digit & 0xf)))
    }

    /// Reads a string behind its opening mark, and passes its closing one.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let (plain, mark) = self.plain()?;
        if mark == b'"' {
            return std::str::from_utf8(plain).ok().map(Cow::Borrowed);
        }
        // No escape is shorter than what it stands for; the last copy of a word may go beyond its end.
        let mut text = Vec::with_capacity(plain.len() + self.0.len() + WORD_BYTES);
        text.extend_from_slice(plain);
        loop {
            self.escaped(&mut text)?;
            if self.copy_plain(&mut text)? == b'"' {
                // No character is made of what stands before and behind an escape: those begin and end with whole ones.
                return String::from_utf8(text).ok().map(Cow::Owned);
            }
        }
    }

    /// Copies what stands for itself and passes the mark behind it, which is returned: eight bytes at once, since escapes
    /// stand dense where there are any, and to call for the next mark and for a copy costs more than the few bytes between.
    fn copy_plain(&mut self, text: &mut Vec<u8>) -> Option<u8> {
        while let Some((word, rest)) = self.0.split_first_chunk::<WORD_BYTES>() {
            if let Some((block, behind)) = self.0.split_first_chunk::<BLOCK_BYTES>()
                && is_plain(block)
            {
                text.extend_from_slice(block);
                self.0 = behind;
                continue;
            }
            text.extend_from_slice(word);
            let plain = plain_bytes(u64::from_le_bytes(*word));
            if plain == WORD_BYTES {
                self.0 = rest;
                continue;
            }
            text.truncate(text.len() - (WORD_BYTES - plain));
            let mark = *word.get(plain)?;
            self.skip(plain + 1)?;
            return (mark >= CONTROL_END).then_some(mark);
        }
        let (plain, mark) = self.plain()?;
        text.extend_from_slice(plain);
        Some(mark)
    }

    /// Passes what stands for itself and the mark behind it, and returns both.
    fn plain(&mut self) -> Option<(&'a [u8], u8)> {
        let end = memchr::memchr2(b'"', b'\\', self.0)?;
        let (plain, rest) = self.0.split_at(end);
        let (mark, rest) = rest.split_first()?;
        self.0 = rest;
        // Without a way out of the loop, so that many are compared at once.
        let control = plain.iter().fold(false, |control, byte| control | (*byte < CONTROL_END));
        (!control).then_some((plain, *mark))
    }

    /// Adds what is written behind a backslash.
    fn escaped(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let letter = *self.0.first()?;
        self.skip(1)?;
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 0x8,
            b'f' => 0xc,
            b'u' => {
                let character = self.character()?;
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(());
            }
            _ => return None,
        };
        text.push(byte);
        Some(())
    }

    /// Reads a character that is written as one unit of UTF-16 or two.
    fn character(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first.into());
        }
        // The other half of a pair.
        if !self.0.starts_with(b"\\u") {
            return None;
        }
        self.skip(2)?;
        let second = self.unit()?;
        char::decode_utf16([first, second]).next()?.ok()
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.0.get(..4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        self.skip(4)?;
        Some(unit)
    }
}

/// Says whether all bytes of a block stand for themselves: without a way out of the loop, so that many are compared at once.
fn is_plain(block: &[u8; BLOCK_BYTES]) -> bool {
    !block
        .iter()
        .fold(false, |special, byte| special | (*byte < CONTROL_END) | (*byte == b'"') | (*byte == b'\\'))
}

/// Returns how many bytes at the low end of a word stand for themselves in a string.
fn plain_bytes(word: u64) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; WORD_BYTES]);
    const TOPS: u64 = u64::from_le_bytes([0x80; WORD_BYTES]);
    // The top bit of each byte that is less than so much, and perhaps of others above the lowest such one.
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word & TOPS;
    let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    let special = equal(b'"') | equal(b'\\') | less(word, CONTROL_END);
    special.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds the direct way against the general one.
    fn check(bytes: &[u8]) {
        let (direct, general) = (TextObject::parse(bytes), TextObject::parse_generally(bytes));
        assert_eq!(direct, general, "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn an_object_is_read_as_the_general_way_reads_it() {
        let deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(126), "]".repeat(126));
        let too_deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(127), "]".repeat(127));
        check(deep.as_bytes());
        check(too_deep.as_bytes());
        let bodies: [&[u8]; 43] = [
            br#"{"id":0,"text":"t"}"#,
            br#"{"id":007,"text":"t"}"#,
            br#"{"id":-0,"text":"t"}"#,
            br#"{"id":7.0,"text":"t"}"#,
            br#"{"id":7e1,"text":"t"}"#,
            br#"{"id":7a,"text":"t"}"#,
            br#"{"id":123456789012345678,"text":"t"}"#,
            br#"{"id":1234567890123456789,"text":"t"}"#,
            br#"{"id":18446744073709551616,"text":"t"}"#,
            br#"{"id":"a\nb","text":"t"}"#,
            br#"{"id":null,"text":"t"}"#,
            br#"{"id":[],"text":"t"}"#,
            br#"{"id":7"#,
            br#"{"text":"t"}"#,
            br#" {"text" : "a\nb\u00e4\ud83d\ude00\/", "explain": true} "#,
            br#"{"te\u0078t":"t","id":7}"#,
            br#"{"text":"first","text":"last"}"#,
            br#"{"text":1,"text":"last"}"#,
            br#"{"text":"first","text":1}"#,
            br#"{"id":1,"text":"t","id":2}"#,
            br#"{"text":null}"#,
            br#"{"text":["t"]}"#,
            br#"{"more":{"text":"deep"}}"#,
            b"{}",
            b"{,}",
            b"",
            b" \n",
            b"\xEF\xBB\xBF{\"text\":\"t\"}",
            br#"["t"]"#,
            br#""t""#,
            br#"{"text":"t""#,
            br#"{"text":"t"}}"#,
            br#"{"text":"t",}"#,
            b"{\"text\":\"a\nb\"}",
            b"{\"text\":\"\\n\x1f\"}",
            b"{\"text\":\"\xFF\"}",
            b"{\"text\":\"\xC3\\u00a4\"}",
            br#"{"text":"\ud83d"}"#,
            br#"{"text":"\ud83d\u0041"}"#,
            br#"{"text":"\ude00"}"#,
            br#"{"text":"\u+123\x"}"#,
            br#"{"text":"t","number":1e999}"#,
            br#"{"text":"t","number":01,"more":tru}"#,
        ];
        bodies.into_iter().for_each(check);
    }

    #[test]
    fn whatever_is_put_together_is_read_as_the_general_way_reads_it() {
        let pieces: [&[u8]; 24] = [
            b"{",
            b"}",
            b"\"",
            b"\"text\"",
            b"\"id\"",
            b":",
            b",",
            b" ",
            b"\n",
            b"a",
            "ä😀".as_bytes(),
            b"\\n",
            b"\\\"",
            b"\\u00e4",
            b"\\ud83d",
            b"\\ude00",
            b"\\",
            b"\x01",
            b"\xFF",
            b"7",
            b"-1.5e3",
            b"null",
            b"[]",
            b"{\"text\":\"",
        ];
        let mut state = 1u64;
        for _ in 0..50_000 {
            let mut body = b"{\"text\":\"".to_vec();
            loop {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let drawn = usize::try_from(state >> 33).expect("31 bits") % (pieces.len() + 3);
                match pieces.get(drawn) {
                    Some(piece) => body.extend_from_slice(piece),
                    None => break,
                }
            }
            check(&body);
            body.extend_from_slice(b"\"}");
            check(&body);
        }
    }

    #[test]
    fn each_byte_is_plain_or_special_wherever_it_stands() {
        let is_plain = |byte: &u8| *byte >= CONTROL_END && *byte != b'"' && *byte != b'\\';
        for (byte, around) in
            (0..=u8::MAX).flat_map(|byte| [b'a', 0x80, 0xff, b'!', b' '].map(|around| (byte, around)))
        {
            for at in 0..WORD_BYTES {
                let mut word = [around; WORD_BYTES];
                word[at] = byte;
                let expected = word.iter().take_while(|byte| is_plain(byte)).count();
                assert_eq!(plain_bytes(u64::from_le_bytes(word)), expected, "{word:?}");
            }
        }
    }

    #[test]
    fn a_text_without_escapes_stays_where_it_lies() {
        let check = |body: &[u8], borrowed: bool| {
            let object = TextObject::parse(body).expect("an object");
            assert_eq!(matches!(object.text, Some(Cow::Borrowed(_))), borrowed);
        };
        check(br#"{"text":"plain","id":7}"#, true);
        check(br#"{"text":"a\nb"}"#, false);
    }
}
