//! A JSON object that carries a text: the text stays where it lies if nothing in it is escaped, and no tree is made
//! around it. Whatever is odd about an object is read the general way, so that it is refused with the same words.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::body::{BodyError, parse_object};

/// The parts of such an object.
#[derive(Debug, PartialEq)]
pub(crate) struct TextObject<'a> {
    /// The text, where `text` is one.
    pub(crate) text: Option<Cow<'a, str>>,
    /// Every other property, and `text` where it is something else.
    pub(crate) others: Map<String, Value>,
}

impl<'a> TextObject<'a> {
    /// Parses a body as [`parse_object`] does. Fails as it does.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, BodyError> {
        match serde_json::from_slice(bytes) {
            Ok(plain) => Ok(plain),
            Err(_) => Ok(Self { text: None, others: parse_object(bytes)? }),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for TextObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Properties)
    }
}

struct Properties;

impl<'de> Visitor<'de> for Properties {
    type Value = TextObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut properties: A) -> Result<TextObject<'de>, A::Error> {
        let mut object = TextObject { text: None, others: Map::new() };
        while let Some(Piece(name)) = properties.next_key()? {
            // Of a property that stands twice the last one counts, as in any object.
            if name == "text" {
                object.text = Some(properties.next_value::<Piece<'de>>()?.0);
            } else {
                object.others.insert(name.into_owned(), properties.next_value()?);
            }
        }
        Ok(object)
    }
}

/// A string, borrowed where it can be: what serde makes of a `Cow` by itself is always a copy.
struct Piece<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Piece<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PieceVisitor)
    }
}

struct PieceVisitor;

impl<'de> Visitor<'de> for PieceVisitor {
    type Value = Piece<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Piece<'de>, E> {
        Ok(Piece(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Piece<'de>, E> {
        Ok(Piece(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The general way to the same: the oracle.
    fn general(bytes: &[u8]) -> Result<(Option<String>, Map<String, Value>), BodyError> {
        let mut others = parse_object(bytes)?;
        let text = match others.get("text") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        if text.is_some() {
            others.remove("text");
        }
        Ok((text, others))
    }

    fn direct(bytes: &[u8]) -> Result<(Option<String>, Map<String, Value>), BodyError> {
        let TextObject { text, mut others } = TextObject::parse(bytes)?;
        let text = text.map(Cow::into_owned).or_else(|| match others.get("text") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        });
        if text.is_some() {
            others.remove("text");
        }
        Ok((text, others))
    }

    #[test]
    fn an_object_is_read_as_the_general_way_reads_it() {
        let deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(126), "]".repeat(126));
        let too_deep = format!("{{\"text\":\"t\",\"more\":{}{}}}", "[".repeat(127), "]".repeat(127));
        let bodies: [&[u8]; 24] = [
            br#"{"text":"t"}"#,
            br#" {"text" : "a\nb\u00e4\ud83d\ude00", "explain": true} "#,
            br#"{"te\u0078t":"t","id":7}"#,
            br#"{"text":"first","text":"last"}"#,
            br#"{"text":1,"text":"last"}"#,
            br#"{"text":"first","text":1}"#,
            br#"{"text":null}"#,
            br#"{"text":["t"]}"#,
            br#"{"more":{"text":"deep"}}"#,
            br#"{}"#,
            b"",
            b" \n",
            b"\xEF\xBB\xBF{\"text\":\"t\"}",
            br#"["t"]"#,
            br#""t""#,
            br#"{"text":"t""#,
            br#"{"text":"t"}}"#,
            br#"{"text":"t",}"#,
            b"{\"text\":\"a\nb\"}",
            b"{\"text\":\"\xFF\"}",
            br#"{"text":"\ud83d"}"#,
            br#"{"text":"t","number":1e999}"#,
            deep.as_bytes(),
            too_deep.as_bytes(),
        ];
        for bytes in bodies {
            assert_eq!(direct(bytes), general(bytes), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_text_without_escapes_stays_where_it_lies() {
        let check = |body: &[u8], borrowed: bool| {
            let object = TextObject::parse(body).expect("an object");
            assert_eq!(matches!(object.text, Some(Cow::Borrowed(_))), borrowed);
        };
        check(br#"{"text":"plain"}"#, true);
        check(br#"{"text":"a\nb"}"#, false);
    }
}
