//! Decodes the escapes of a text once, with the way back to the original positions
//! (`docs/matching.md`).
//!
//! Problem: a value may be written with escapes (`M\u00fcller`, `M%C3%BCller`, `M&uuml;ller`), and
//! most texts have none or few. Decoding the whole text costs a second scan of all of it.
//!
//! Idea: escapes begin with one of four characters, which are found 64 bytes at a time
//! (`simd/bytes`), and the `+` of a form follows one of them, which is `=`. Each is read once into
//! a list of places and values. What is decoded is only what lies around escapes: stretches of the
//! text that the caller chooses, joined by a gap that no window crosses.
//!
//! ```text
//! text      Dear M\u00fcller, … 40 KB without an escape … a%40b.example
//! found           ^6..12 "ü"                               ^ "@"
//! decoded   Dear Müller, ⏎⏎ a@b.example                    a source map leads back
//! ```
//!
//! What must stay true: an entity and a percent sign are decoded twice at most (`%2540` is `@`),
//! all others once; a run of bytes is an escape only as far as it is UTF-8; escapes do not overlap.
//! The work is linear in the text's length: what is no escape is given up at its first wrong byte.

use std::ops::Range;

use edm_model::Wipe;

use crate::simd::bytes::{BLOCK_BYTES, read_signs};
use crate::simd::level::Level;
use crate::text::source_map::SourceMap;
use form::FormSpaces;

mod confusable;
mod form;

/// A decoded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    text: String,
    source_map: SourceMap,
}

impl Decoded {
    /// Returns the decoded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the span of the original text that a span of the decoded text represents.
    pub fn source_span(&self, start: usize, end: usize) -> (usize, usize) {
        self.source_map.source_span(start, end)
    }

    /// Forgets the text and overwrites it.
    pub fn wipe(&mut self) {
        self.text.wipe_held();
        self.source_map.clear();
    }

    /// Appends what an escape represents. In an escape of several characters each byte takes as
    /// much room as the others.
    fn push(&mut self, value: &str, source_start: usize, source_length: usize) {
        if value.is_empty() {
            let at = self.text.len();
            self.source_map.push(at..at, source_start..source_start + source_length);
        }
        let mut at = source_start;
        for character in value.chars() {
            let start = self.text.len();
            self.text.push(character);
            // `%C3%BC%C3%A4` is two characters of two bytes each: six source bytes for either.
            let length = source_length * character.len_utf8() / value.len();
            self.source_map.push(start..self.text.len(), at..at + length);
            at += length;
        }
    }
}

/// The escapes of a text and what they represent. Reused from text to text.
#[derive(Debug, Clone, Default)]
pub struct Escapes {
    found: Vec<Escape>,
    /// What they represent, one after the other.
    values: String,
    /// The bytes that an escape may begin with.
    signs: Vec<u64>,
    form: FormSpaces,
    /// Letters that look like others, before they are put among the escapes.
    look_alikes: Vec<Escape>,
}

#[derive(Debug, Clone)]
struct Escape {
    place: Range<usize>,
    value: Range<usize>,
}

impl Escapes {
    /// Finds every escape of a text, each read once, and forgets those of the text before.
    pub fn read(&mut self, text: &str) {
        self.read_on(Level::current(), text);
    }

    fn read_on(&mut self, level: Level, text: &str) {
        self.found.clear();
        self.values.clear();
        self.form.clear();
        read_signs(level, text.as_bytes(), &mut self.signs);
        let mut next = 0;
        let signs = std::mem::take(&mut self.signs);
        for (block, signs) in signs.iter().enumerate() {
            let mut rest = *signs;
            while rest != 0 {
                // A sign inside the escape before, such as the second `%` of `%C3%BC`, begins none.
                let at = block * BLOCK_BYTES + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let is_separator = text.as_bytes().get(at) == Some(&b'=') && self.form.read_value(text, at);
                self.add_spaces(at);
                if at < next || is_separator {
                    continue;
                }
                let from = self.values.len();
                let rest = text.get(at..).expect("a sign is a character of ASCII");
                if let Some(length) = escape(rest, &mut self.values) {
                    next = at + length;
                    self.found.push(Escape { place: at..next, value: from..self.values.len() });
                }
            }
        }
        self.signs = signs;
        self.add_spaces(text.len());
        self.add_look_alikes(text);
    }

    /// Adds the letters that look like those of another script: after all others, because no word
    /// goes over an escape.
    fn add_look_alikes(&mut self, text: &str) {
        let Self { found, values, look_alikes, .. } = self;
        let between = |at: usize| {
            let next = found.partition_point(|escape| escape.place.end <= at);
            let before = next.checked_sub(1).and_then(|before| found.get(before));
            let start = before.map_or(0, |escape| escape.place.end);
            start..found.get(next).map_or(text.len(), |escape| escape.place.start)
        };
        confusable::each_look_alike(text, between, |at, own, like| {
            let from = values.len();
            values.push(like);
            look_alikes.push(Escape { place: at..at + own.len_utf8(), value: from..values.len() });
        });
        if !look_alikes.is_empty() {
            found.append(look_alikes);
            found.sort_unstable_by_key(|escape| escape.place.start);
        }
    }

    /// Adds the spaces of forms that are before an offset. No other escape contains a `+`.
    fn add_spaces(&mut self, offset: usize) {
        while let Some(at) = self.form.next_before(offset) {
            let from = self.values.len();
            self.values.push(' ');
            self.found.push(Escape { place: at..at + 1, value: from..self.values.len() });
        }
    }

    /// Forgets them and overwrites what they represent.
    pub fn wipe(&mut self) {
        self.found.clear();
        self.values.wipe_held();
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns where they are, in order.
    pub fn places(&self) -> impl Iterator<Item = &Range<usize>> {
        self.found.iter().map(|escape| &escape.place)
    }

    /// Widens a stretch that begins or ends inside an escape to the whole of it.
    pub fn around(&self, stretch: Range<usize>) -> Range<usize> {
        let over = |offset: usize| {
            let next = self.found.partition_point(|escape| escape.place.end <= offset);
            self.found.get(next).map(|escape| &escape.place).filter(|place| place.start < offset)
        };
        let start = over(stretch.start).map_or(stretch.start, |place| place.start);
        start..over(stretch.end).map_or(stretch.end, |place| place.end)
    }

    /// Decodes the escapes that are in some stretches of the text: ascending, none touching
    /// another, each beginning and ending between characters and outside of escapes. What lies
    /// between two of them is a gap that no window crosses. Replaces what was decoded before.
    pub fn decode(&self, text: &str, stretches: &[Range<usize>], decoded: &mut Decoded) {
        decoded.wipe();
        let mut copied = 0;
        for stretch in stretches {
            // What is left out becomes an uncrossed gap, so that no window joins two stretches.
            if stretch.start > copied {
                let at = decoded.text.len();
                decoded.text.push_str(if at > 0 { UNCROSSED } else { "" });
                decoded.source_map.push(at..decoded.text.len(), copied..stretch.start);
                copied = stretch.start;
            }
            let from = self.found.partition_point(|escape| escape.place.start < stretch.start);
            let escapes = self.found.iter().skip(from);
            for Escape { place, value } in escapes.take_while(|escape| escape.place.end <= stretch.end) {
                decoded
                    .text
                    .push_str(text.get(copied..place.start).expect("an escape begins at a character"));
                let value = self.values.get(value.clone()).expect("each escape has its characters");
                decoded.push(value, place.start, place.end - place.start);
                copied = place.end;
            }
            decoded.text.push_str(text.get(copied..stretch.end).expect("a stretch ends at a character"));
            copied = stretch.end;
        }
    }
}

/// Two line breaks: no window crosses them (`docs/matching.md`, Windows).
const UNCROSSED: &str = "\n\n";

/// Decodes every escape of a text once. `None` where it holds none.
pub fn decode_escapes(text: &str) -> Option<Decoded> {
    let (mut escapes, mut decoded) = (Escapes::default(), Decoded::default());
    escapes.read(text);
    if escapes.is_empty() {
        return None;
    }
    escapes.decode(text, std::slice::from_ref(&(0..text.len())), &mut decoded);
    Some(decoded)
}

/// Decodes the escape that a text begins with: appends what it represents and returns its length.
fn escape(text: &str, values: &mut String) -> Option<usize> {
    match text.as_bytes().first()? {
        b'\\' => backslash(text, values),
        b'%' => percent(text, values),
        b'&' => entity(text, values),
        b'=' => quoted_printable(text, values),
        _ => None,
    }
}

fn backslash(text: &str, values: &mut String) -> Option<usize> {
    values.push(match text.as_bytes().get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'"' => '"',
        b'\'' => '\'',
        b'/' => '/',
        b'u' => return unicode(text, values),
        b'x' => return hexadecimal_run(text, "\\x", 1, values).or_else(|| latin(text, values)),
        _ => return None,
    });
    Some(2)
}

/// Characters of an escape of one UTF-16 unit.
const UNIT_BYTES: usize = 6;

fn unicode(text: &str, values: &mut String) -> Option<usize> {
    let unit = |at: usize| {
        let digits = text.get(at..at + UNIT_BYTES)?.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    // A high surrogate needs its low one: together they are one character.
    let first = unit(0)?;
    let second = if (0xD800..0xDC00).contains(&first) { Some(unit(UNIT_BYTES)?) } else { None };
    let units = [Some(first), second].into_iter().flatten();
    let length = UNIT_BYTES * units.clone().count();
    values.push(char::decode_utf16(units).next()?.ok()?);
    Some(length)
}

/// Returns the byte whose two hexadecimal digits are at the text's start.
fn hexadecimal_byte(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

/// Decodes the `\xE9` that a text begins with as a letter of Latin-1.
fn latin(text: &str, values: &mut String) -> Option<usize> {
    let letter = hexadecimal_byte(text.as_bytes().get(2..)?).filter(|byte| *byte >= 0xA0)?;
    values.push(char::from(letter));
    Some(4)
}

/// What a percent sign is escaped as.
const PERCENT: &str = "%25";

/// Decodes a run of `%C3%A9`, or of `%25C3%25A9`, which was escaped twice.
fn percent(text: &str, values: &mut String) -> Option<usize> {
    if !is_percent_twice(text.as_bytes()) {
        return hexadecimal_run(text, "%", 1, values);
    }
    hexadecimal_run(text, PERCENT, 1, values).or_else(|| {
        values.push('%');
        Some(PERCENT.len())
    })
}

fn is_percent_twice(bytes: &[u8]) -> bool {
    bytes.strip_prefix(PERCENT.as_bytes()).is_some_and(|digits| hexadecimal_byte(digits).is_some())
}

/// Decodes a run of bytes, each written as the mark and two hexadecimal digits, as far as it is
/// UTF-8, if that is at least `least` bytes. Looks no further than the first byte that is not: a
/// run that is no text costs nothing.
fn hexadecimal_run(text: &str, mark: &str, least: usize, values: &mut String) -> Option<usize> {
    let bytes = text.as_bytes();
    let unit = mark.len() + 2;
    let byte = |index: usize| -> Option<u8> {
        let rest = bytes.get(index * unit..)?;
        let is_other = mark == "%" && is_percent_twice(rest);
        rest.strip_prefix(mark.as_bytes()).filter(|_| !is_other).and_then(hexadecimal_byte)
    };
    if least > 1 && !bytes.get(unit..).is_some_and(|rest| rest.starts_with(mark.as_bytes())) {
        return None;
    }
    let mut decoded = 0;
    while let Some(lead) = byte(decoded) {
        // The length that the first byte of a UTF-8 character promises.
        let length = match lead {
            0..=0x7F => 1,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => break,
        };
        let mut character = [0; 4];
        let read = character.iter_mut().take(length).enumerate().try_for_each(|(offset, place)| {
            *place = byte(decoded + offset)?;
            Some(())
        });
        match read.and_then(|()| std::str::from_utf8(character.get(..length)?).ok()) {
            Some(character) => values.push_str(character),
            None => break,
        }
        decoded += length;
    }
    // A lone `=C3` is text that happens to have the sign: nothing of it is decoded.
    if decoded < least {
        values.truncate(values.len() - decoded);
        return None;
    }
    Some(decoded * unit)
}

fn quoted_printable(text: &str, values: &mut String) -> Option<usize> {
    match text.as_bytes() {
        [_, b'\r', b'\n', ..] => Some(3),
        [_, b'\n', ..] => Some(2),
        [_, b'3', b'D', ..] => {
            values.push('=');
            Some(3)
        }
        _ => hexadecimal_run(text, "=", 2, values).or_else(|| sign(text, values)),
    }
}

/// Decodes the `=2D` that a text begins with as a sign or space of ASCII. Letters and digits are
/// not: `account=41234567` is far more frequent than `=41` for `A`.
fn sign(text: &str, values: &mut String) -> Option<usize> {
    let digits = text.as_bytes().get(1..3).filter(|digits| !digits.iter().any(u8::is_ascii_lowercase))?;
    let sign = hexadecimal_byte(digits)
        .filter(|byte| matches!(byte, b'\t' | b' ') || byte.is_ascii_punctuation())?;
    values.push(char::from(sign));
    Some(3)
}

/// The longest entity that is looked at, from `&` to `;`.
const ENTITY_BYTES_MAX: usize = 12;

/// What the `&` of an entity is escaped as.
const AMPERSAND: &str = "&amp;";

fn entity(text: &str, values: &mut String) -> Option<usize> {
    // One that was escaped twice, such as `&amp;#39;`.
    if let Some(rest) = text.strip_prefix(AMPERSAND)
        && let Some((length, character)) = entity_name(rest)
    {
        values.push(character);
        return Some(AMPERSAND.len() + length);
    }
    let (length, character) = entity_name(text.strip_prefix('&')?)?;
    values.push(character);
    Some(1 + length)
}

/// Reads the name or number that follows the `&` of an entity, and its `;`.
fn entity_name(text: &str) -> Option<(usize, char)> {
    let is_named = text.as_bytes().first().is_some_and(|first| *first == b'#' || first.is_ascii_alphabetic());
    if !is_named {
        return None;
    }
    let end = text.as_bytes().iter().take(ENTITY_BYTES_MAX - 1).position(|byte| *byte == b';')?;
    let name = text.get(..end)?;
    let character = match name.strip_prefix('#') {
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
    Some((end + 1, character))
}

/// The named entities of HTML that represent a character of a value: markup, spaces, dashes, quotes
/// and Latin-1 letters.
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
