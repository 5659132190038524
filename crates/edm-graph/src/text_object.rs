//! The fast path for a JSON object with a text: no tree is built. The text is borrowed if it has no
//! escapes and copied once if it has some. Any other form goes to the general parser, so it is
//! accepted or refused like every other body.

use std::borrow::Cow;

use serde_json::{Deserializer, Value};

use crate::body::BodyError;
use crate::fields::{Fields, Member, Shape};
use crate::ignored::Ignored;
use crate::json_string;
use crate::object::{Node, Object};
use crate::parse::parse_object;

/// The digits of the longest number that is read without serde. Any number of 18 digits fits.
const COUNT_DIGITS_MAX: usize = 18;

/// The parts of such an object.
#[derive(Debug, PartialEq)]
pub(crate) struct TextObject<'a> {
    /// The text, if `text` is a string.
    pub(crate) text: Option<Cow<'a, str>>,
    /// Every other known property, and `text` if it is not a string.
    pub(crate) others: Object<'a>,
    /// The unknown properties.
    pub(crate) ignored: Ignored,
}

impl<'a> TextObject<'a> {
    /// Parses a body as [`parse_object`] does. Fails as it does.
    pub(crate) fn parse(bytes: &'a [u8], fields: Fields) -> Result<Self, BodyError> {
        match Lexer(bytes).object(fields) {
            Some(object) => Ok(object),
            None => Self::parse_generally(bytes, fields),
        }
    }

    fn parse_generally(bytes: &'a [u8], fields: Fields) -> Result<Self, BodyError> {
        let (mut others, ignored) = parse_object(bytes, fields)?;
        let text = match others.remove("text") {
            Some(Node::Text(text)) => Some(text),
            Some(other) => {
                others.set(Cow::Borrowed("text"), other);
                None
            }
            None => None,
        };
        Ok(Self { text, others, ignored })
    }
}

/// The rest of an object. Each step returns `None` if the general parser must decide.
struct Lexer<'a>(&'a [u8]);

impl<'a> Lexer<'a> {
    fn object(mut self, fields: Fields) -> Option<TextObject<'a>> {
        let (mut text, mut others) = (None, Object::default());
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
                // Repeated and nested properties are left to the general parser.
                ("text", _) | (_, b'{' | b'[') => return None,
                // So are names that are not known in this spelling.
                _ => match fields.member(name) {
                    Member::Read(known, Shape::Scalar) if known == name => {
                        if others.set(Cow::Borrowed(known), self.scalar()?).is_some() {
                            return None;
                        }
                    }
                    _ => return None,
                },
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
        self.0.is_empty().then_some(TextObject { text, others, ignored: Ignored::default() })
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

    /// Skips blanks and the mark after them.
    fn mark(&mut self, mark: u8) -> Option<()> {
        self.blanks();
        if *self.0.first()? == mark { self.skip(1) } else { None }
    }

    fn scalar(&mut self) -> Option<Node<'a>> {
        if let Some(count) = self.count() {
            return Some(Node::Number(count.into()));
        }
        if self.0.first() == Some(&b'"') {
            self.skip(1)?;
            return Some(Node::Text(self.string()?));
        }
        let mut values = Deserializer::from_slice(self.0).into_iter::<Value>();
        let value = match values.next()?.ok()? {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Boolean(value),
            Value::Number(value) => Node::Number(value),
            _ => return None,
        };
        let end = values.byte_offset();
        self.skip(end)?;
        Some(value)
    }

    /// Reads a short unsigned integer. Skips nothing if there is another value.
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

    /// Reads a string after its opening quote, and skips its closing quote.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let (string, rest) = json_string::read(self.0)?;
        self.0 = rest;
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::actions::CLASSIFY;
    use crate::schema::batches::TEXT_LINE;

    /// Compares the fast path with the general parser.
    fn check(bytes: &[u8]) {
        for fields in [Fields::Create(&TEXT_LINE), Fields::Parameters(&CLASSIFY)] {
            let direct = TextObject::parse(bytes, fields);
            let general = TextObject::parse_generally(bytes, fields);
            assert_eq!(direct, general, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_object_is_read_as_the_general_way_reads_it() {
        let deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(126), "]".repeat(126));
        let too_deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(127), "]".repeat(127));
        check(deep.as_bytes());
        check(too_deep.as_bytes());
        let bodies: [&[u8]; 46] = [
            br#"{"Text":"t","ID":7}"#,
            br#"{"text":"t","minimumConfidence":7,"Explain":true}"#,
            br#"{"text":"t","includeValues":false,"offsetUnit":"by\u0074e","offsetUnit":"byte"}"#,
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
        let behind = [&b",\"more\":\""[..], &[b'm'; 300], b"\"}"].concat();
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
            // With more after it than a block of the string's reader.
            body.truncate(body.len() - 1);
            body.extend_from_slice(&behind);
            check(&body);
        }
    }

    #[test]
    fn a_text_without_escapes_stays_where_it_lies() {
        let check = |body: &[u8], borrowed: bool| {
            let object = TextObject::parse(body, Fields::Create(&TEXT_LINE)).expect("an object");
            assert_eq!(matches!(object.text, Some(Cow::Borrowed(_))), borrowed);
        };
        check(br#"{"text":"plain","id":7}"#, true);
        check(br#"{"text":"a\nb"}"#, false);
    }
}
