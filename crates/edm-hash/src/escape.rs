//! The second reading of a text: its escapes decoded once, with a way back to the original positions
//! (matching, section 1).

use std::ops::Range;

use crate::pieces::Pieces;

/// A decoded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    text: String,
    pieces: Pieces,
}

impl Decoded {
    /// Returns the decoded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the span of the original text that a span of the decoded text stands for.
    pub fn source_span(&self, start: usize, end: usize) -> (usize, usize) {
        self.pieces.source_span(start, end)
    }

    /// Appends what an escape stands for. In an escape of several characters each byte takes as much room as the others.
    fn push(&mut self, value: &str, source_start: usize, source_length: usize) {
        if value.is_empty() {
            let at = self.text.len();
            self.pieces.push((at, at), (source_start, source_start + source_length));
        }
        let mut at = source_start;
        for character in value.chars() {
            let start = self.text.len();
            self.text.push(character);
            let length = source_length * character.len_utf8() / value.len();
            self.pieces.push((start, self.text.len()), (at, at + length));
            at += length;
        }
    }
}

/// The escapes of a text and what they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escapes(Vec<(Range<usize>, String)>);

impl Escapes {
    /// Finds every escape of a text, each read once.
    pub fn of(text: &str) -> Self {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(offset) = text.as_bytes().get(at..).and_then(next_sign) {
            at += offset;
            match escape(text.get(at..).unwrap_or("")) {
                Some((length, value)) => {
                    found.push((at..at + length, value));
                    at += length;
                }
                None => at += 1,
            }
        }
        Self(found)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns where they stand, in order.
    pub fn places(&self) -> impl Iterator<Item = &Range<usize>> {
        self.0.iter().map(|(place, _)| place)
    }

    /// Widens a stretch that begins or ends inside an escape to the whole of it.
    pub fn around(&self, stretch: Range<usize>) -> Range<usize> {
        let over = |offset: usize| {
            let next = self.0.partition_point(|(place, _)| place.end <= offset);
            self.0.get(next).map(|(place, _)| place).filter(|place| place.start < offset)
        };
        let start = over(stretch.start).map_or(stretch.start, |place| place.start);
        start..over(stretch.end).map_or(stretch.end, |place| place.end)
    }

    /// Decodes the escapes that stand in some stretches of the text: ascending, none touching another, each beginning and ending
    /// between characters and outside of escapes. What lies between two of them is a gap that no window crosses.
    pub fn decoded(&self, text: &str, stretches: &[Range<usize>]) -> Decoded {
        let mut decoded = Decoded::default();
        let mut copied = 0;
        for stretch in stretches {
            if stretch.start > copied {
                let at = decoded.text.len();
                decoded.text.push_str(if at > 0 { UNCROSSED } else { "" });
                decoded.pieces.push((at, decoded.text.len()), (copied, stretch.start));
                copied = stretch.start;
            }
            let from = self.0.partition_point(|(place, _)| place.start < stretch.start);
            let escapes = self.0.iter().skip(from).take_while(|(place, _)| place.end <= stretch.end);
            for (place, value) in escapes {
                decoded.text.push_str(text.get(copied..place.start).unwrap_or(""));
                decoded.push(value, place.start, place.end - place.start);
                copied = place.end;
            }
            decoded.text.push_str(text.get(copied..stretch.end).unwrap_or(""));
            copied = stretch.end;
        }
        decoded
    }
}

/// Two line breaks: no window crosses them (`docs/matching.md`, Windows).
const UNCROSSED: &str = "\n\n";

/// Decodes every escape of a text once. `None` where it holds none.
pub fn decode_escapes(text: &str) -> Option<Decoded> {
    let escapes = Escapes::of(text);
    (!escapes.is_empty()).then(|| escapes.decoded(text, std::slice::from_ref(&(0..text.len()))))
}

/// Returns the offset of the first byte that an escape may begin with.
fn next_sign(text: &[u8]) -> Option<usize> {
    let is_sign = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&' | b'=');
    let (blocks, _) = text.as_chunks::<64>();
    // Without a branch for each byte the compiler looks at many at a time.
    let none =
        blocks.iter().take_while(|block| !block.iter().fold(false, |any, byte| any | is_sign(byte))).count();
    let from = none * 64;
    text.get(from..)?.iter().position(is_sign).map(|offset| from + offset)
}

/// Decodes the escape that a text begins with: its length and what it stands for.
fn escape(text: &str) -> Option<(usize, String)> {
    match text.as_bytes().first()? {
        b'\\' => backslash(text),
        b'%' => hexadecimal_run(text, b'%', 1),
        b'&' => entity(text),
        b'=' => quoted_printable(text),
        _ => None,
    }
}

fn backslash(text: &str) -> Option<(usize, String)> {
    let value = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'"' => '"',
        b'/' => '/',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((2, value.to_string()))
}

fn unicode(text: &str) -> Option<(usize, String)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(0)?;
    let mut units = vec![first];
    if (0xD800..0xDC00).contains(&first) {
        units.push(unit(6)?);
    }
    Some((units.len() * 6, String::from_utf16(&units).ok()?))
}

/// Decodes a run of `%40` or `=C3=A9` as far as it is UTF-8, if that is at least `least` bytes. Looks no further than the
/// first byte that is not: a run that is no text costs nothing.
fn hexadecimal_run(text: &str, mark: u8, least: usize) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let byte = |index: usize| -> Option<u8> {
        let [first, high, low] = bytes.get(index * 3..index * 3 + 3)? else { return None };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        (*first == mark).then_some((digit(high)? * 16 + digit(low)?) as u8)
    };
    if least > 1 && bytes.get(3) != Some(&mark) {
        return None;
    }
    let mut decoded = String::new();
    while let Some(lead) = byte(decoded.len()) {
        let length = match lead {
            0..=0x7F => 1,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => break,
        };
        let mut character = [0; 4];
        let read = character.iter_mut().take(length).enumerate().try_for_each(|(offset, place)| {
            *place = byte(decoded.len() + offset)?;
            Some(())
        });
        match read.and_then(|()| std::str::from_utf8(character.get(..length)?).ok()) {
            Some(character) => decoded.push_str(character),
            None => break,
        }
    }
    (decoded.len() >= least).then(|| (decoded.len() * 3, decoded))
}

fn quoted_printable(text: &str) -> Option<(usize, String)> {
    if text.starts_with("=\r\n") {
        return Some((3, String::new()));
    }
    if text.starts_with("=\n") {
        return Some((2, String::new()));
    }
    if text.starts_with("=3D") {
        return Some((3, "=".to_owned()));
    }
    hexadecimal_run(text, b'=', 2)
}

/// The longest entity that is looked at, from `&` to `;`.
const ENTITY_BYTES_MAX: usize = 12;

fn entity(text: &str) -> Option<(usize, String)> {
    let window = text.as_bytes().iter().take(ENTITY_BYTES_MAX).position(|byte| *byte == b';')?;
    let name = text.get(1..window)?;
    let value = match name.strip_prefix('#') {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let digits = hexadecimal.unwrap_or(number);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            char::from_u32(u32::from_str_radix(digits, if hexadecimal.is_some() { 16 } else { 10 }).ok()?)?
        }
        None => NAMED.iter().find(|(entity, _)| *entity == name)?.1,
    };
    Some((window + 1, value.to_string()))
}

/// The named entities of HTML that stand for a character of a value: markup, spaces, dashes, quotes and Latin-1 letters.
const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{A0}'),
    ("shy", '\u{AD}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("middot", '·'),
    ("commat", '@'),
    ("period", '.'),
    ("sol", '/'),
    ("num", '#'),
    ("lowbar", '_'),
    ("hyphen", '‐'),
    ("Agrave", 'À'),
    ("Aacute", 'Á'),
    ("Acirc", 'Â'),
    ("Atilde", 'Ã'),
    ("Auml", 'Ä'),
    ("Aring", 'Å'),
    ("AElig", 'Æ'),
    ("Ccedil", 'Ç'),
    ("Egrave", 'È'),
    ("Eacute", 'É'),
    ("Ecirc", 'Ê'),
    ("Euml", 'Ë'),
    ("Igrave", 'Ì'),
    ("Iacute", 'Í'),
    ("Icirc", 'Î'),
    ("Iuml", 'Ï'),
    ("ETH", 'Ð'),
    ("Ntilde", 'Ñ'),
    ("Ograve", 'Ò'),
    ("Oacute", 'Ó'),
    ("Ocirc", 'Ô'),
    ("Otilde", 'Õ'),
    ("Ouml", 'Ö'),
    ("Oslash", 'Ø'),
    ("Ugrave", 'Ù'),
    ("Uacute", 'Ú'),
    ("Ucirc", 'Û'),
    ("Uuml", 'Ü'),
    ("Yacute", 'Ý'),
    ("THORN", 'Þ'),
    ("szlig", 'ß'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("auml", 'ä'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("igrave", 'ì'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("eth", 'ð'),
    ("ntilde", 'ñ'),
    ("ograve", 'ò'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("ouml", 'ö'),
    ("oslash", 'ø'),
    ("ugrave", 'ù'),
    ("uacute", 'ú'),
    ("ucirc", 'û'),
    ("uuml", 'ü'),
    ("yacute", 'ý'),
    ("thorn", 'þ'),
    ("yuml", 'ÿ'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
];

#[cfg(test)]
mod tests;
