//! The decoded view of a text (`docs/matching.md`, Escapes).

use super::folding::{Placed, placed};
use super::look_alikes;

/// A piece of the decoded text.
enum Piece {
    Plain(Placed),
    Escape(Vec<Placed>),
}

/// Returns the decoded text, with each character at the position of its escape; `None` if there is
/// no escape.
pub(crate) fn decoded(text: &str) -> Option<Vec<Placed>> {
    let characters = placed(text);
    let form = Form::of(text);
    let mut pieces = Vec::new();
    let mut position = 0;
    while position < characters.len() {
        let rest = &characters[position..];
        let start = rest[0].start;
        let space = form.spaces.contains(&start).then(|| one(rest, 1, ' '));
        let escape = space
            .or_else(|| backslash(rest))
            .or_else(|| percent(rest))
            .or_else(|| entity(rest))
            .or_else(|| if form.separators.contains(&start) { None } else { quoted_printable(rest) });
        match escape {
            Some(Escape { length, decoded }) => {
                pieces.push(Piece::Escape(decoded));
                position += length;
            }
            None => {
                pieces.push(Piece::Plain(characters[position]));
                position += 1;
            }
        }
    }
    let mut result = Vec::new();
    let mut word = Vec::new();
    let mut changed = false;
    for piece in pieces {
        if let Piece::Plain(place) = piece
            && is_of_word(place.character)
        {
            word.push(place);
            continue;
        }
        changed |= look_alikes::read(&mut word);
        result.append(&mut word);
        match piece {
            Piece::Plain(place) => result.push(place),
            Piece::Escape(decoded) => {
                result.extend(decoded);
                changed = true;
            }
        }
    }
    changed |= look_alikes::read(&mut word);
    result.append(&mut word);
    changed.then_some(result)
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphabetic() || ('\u{C0}'..='\u{52F}').contains(&character)
}

/// The `+` of forms that are spaces, and the `=` of the pairs that contain them.
#[derive(Default)]
struct Form {
    spaces: Vec<usize>,
    separators: Vec<usize>,
}

impl Form {
    fn of(text: &str) -> Self {
        let mut form = Self::default();
        let mut value_end = 0;
        for (equals, _) in text.match_indices('=') {
            let key = text[..equals].trim_end_matches(is_key);
            if equals < value_end || !(1..=256).contains(&(equals - key.len())) {
                continue;
            }
            let value = text[equals + 1..].split(ends_value).next().unwrap_or("");
            value_end = equals + 1 + value.len().min(32 * 1024);
            if value.len() > 32 * 1024 {
                continue;
            }
            let joined = ["?", "&", "&amp;"].iter().any(|sign| key.ends_with(sign));
            let is_first = !joined || key.ends_with("&&");
            if is_first && !next_pair(&text[value_end..]) {
                continue;
            }
            let words: Vec<&str> = value.split('+').collect();
            let mut at = equals + 1;
            let known = form.spaces.len();
            for (number, word) in words.iter().enumerate().take(words.len() - 1) {
                at += word.len();
                let next = words[number + 1];
                let is_sign =
                    number == 0 && word.is_empty() && next.starts_with(|c: char| c.is_ascii_digit());
                let is_tag = number == 0 && (next.contains('@') || next.contains("%40"));
                if !is_sign && !is_tag {
                    form.spaces.push(at);
                }
                at += 1;
            }
            if form.spaces.len() > known {
                form.separators.push(equals);
            }
        }
        form
    }
}

fn is_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.:[]%+$".contains(character)
}

fn ends_value(character: char) -> bool {
    character.is_ascii_control() || " \"<>&#\\^`{|}".contains(character)
}

fn next_pair(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix('&') else { return false };
    let rest = rest.strip_prefix("amp;").unwrap_or(rest);
    let behind = rest.trim_start_matches(is_key);
    (1..=256).contains(&(rest.len() - behind.len())) && behind.starts_with('=')
}

/// The length of an escape in characters, and its decoded text.
struct Escape {
    length: usize,
    decoded: Vec<Placed>,
}

fn one(rest: &[Placed], length: usize, character: char) -> Escape {
    let end = rest[length - 1].end;
    Escape { length, decoded: vec![Placed { character, start: rest[0].start, end }] }
}

fn at(rest: &[Placed], position: usize) -> Option<char> {
    rest.get(position).map(|place| place.character)
}

fn hex(rest: &[Placed], first: usize, count: usize) -> Option<u32> {
    (first..first + count).try_fold(0, |value, position| Some(value * 16 + at(rest, position)?.to_digit(16)?))
}

fn backslash(rest: &[Placed]) -> Option<Escape> {
    if at(rest, 0)? != '\\' {
        return None;
    }
    match at(rest, 1)? {
        'n' => Some(one(rest, 2, '\n')),
        'r' => Some(one(rest, 2, '\r')),
        't' => Some(one(rest, 2, '\t')),
        '"' => Some(one(rest, 2, '"')),
        '/' => Some(one(rest, 2, '/')),
        '\'' => Some(one(rest, 2, '\'')),
        'u' => unicode(rest),
        'x' => {
            let bytes = run(rest, "\\x");
            let letter = bytes.first().filter(|byte| **byte >= 0xA0).map(|byte| char::from(*byte));
            bytes_decoded(rest, &bytes, 4, 1).or_else(|| Some(one(rest, 4, letter?)))
        }
        _ => None,
    }
}

fn unicode(rest: &[Placed]) -> Option<Escape> {
    let first = hex(rest, 2, 4)?;
    if let Some(character) = char::from_u32(first) {
        return Some(one(rest, 6, character));
    }
    if at(rest, 6)? != '\\' || at(rest, 7)? != 'u' {
        return None;
    }
    let second = hex(rest, 8, 4)?;
    let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some(one(rest, 12, character))
}

fn is_twice(rest: &[Placed], from: usize) -> bool {
    [(0, '%'), (1, '2'), (2, '5')].iter().all(|(offset, sign)| at(rest, from + offset) == Some(*sign))
        && hex(rest, from + 3, 2).is_some()
}

fn percent(rest: &[Placed]) -> Option<Escape> {
    if is_twice(rest, 0) {
        let bytes = run(rest, "%25");
        return bytes_decoded(rest, &bytes, 5, 1).or_else(|| Some(one(rest, 3, '%')));
    }
    let mut bytes = run(rest, "%");
    if let Some(end) = (0..bytes.len()).find(|number| is_twice(rest, number * 3)) {
        bytes.truncate(end);
    }
    bytes_decoded(rest, &bytes, 3, 1)
}

/// Returns the bytes of a run, each a mark and two digits.
fn run(rest: &[Placed], mark: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let unit = mark.len() + 2;
    while mark.chars().enumerate().all(|(offset, sign)| at(rest, bytes.len() * unit + offset) == Some(sign))
        && let Some(byte) =
            hex(rest, bytes.len() * unit + mark.len(), 2).and_then(|byte| u8::try_from(byte).ok())
    {
        bytes.push(byte);
    }
    bytes
}

/// Decodes the longest prefix of the bytes that is UTF-8, if it is long enough. Each byte is
/// written in `unit` characters.
fn bytes_decoded(rest: &[Placed], bytes: &[u8], unit: usize, least: usize) -> Option<Escape> {
    let length = (least..=bytes.len()).rev().find(|length| std::str::from_utf8(&bytes[..*length]).is_ok())?;
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    let decoded = text.char_indices().map(|(offset, character)| {
        let last = (offset + character.len_utf8()) * unit - 1;
        Placed { character, start: rest[offset * unit].start, end: rest[last].end }
    });
    Some(Escape { length: length * unit, decoded: decoded.collect() })
}

fn entity(rest: &[Placed]) -> Option<Escape> {
    let starts = |word: &str| word.chars().enumerate().all(|(offset, c)| at(rest, offset) == Some(c));
    if starts("&amp;")
        && let Some(inner) = single_entity(&rest[4..])
    {
        return Some(one(rest, 4 + inner.length, inner.decoded[0].character));
    }
    if starts("&") { single_entity(rest) } else { None }
}

/// Decodes the entity whose `&`, however written, is the first character.
fn single_entity(rest: &[Placed]) -> Option<Escape> {
    let name: String =
        rest[1..].iter().map(|place| place.character).take_while(|c| *c != ';').take(10).collect();
    let length = name.chars().count() + 2;
    if at(rest, length - 1)? != ';' {
        return None;
    }
    let character = match name.as_str() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some(one(rest, length, character))
}

fn quoted_printable(rest: &[Placed]) -> Option<Escape> {
    if at(rest, 0)? != '=' {
        return None;
    }
    if at(rest, 1)? == '\n' {
        return Some(Escape { length: 2, decoded: Vec::new() });
    }
    if at(rest, 1)? == '\r' && at(rest, 2) == Some('\n') {
        return Some(Escape { length: 3, decoded: Vec::new() });
    }
    let bytes = run(rest, "=");
    let written =
        || [1, 2].iter().all(|position| at(rest, *position).is_some_and(|c| !c.is_ascii_lowercase()));
    let sign = || {
        let sign = bytes.first().map(|byte| char::from(*byte))?;
        let is_sign = sign == ' ' || sign == '\t' || sign.is_ascii_punctuation();
        (is_sign && written()).then(|| one(rest, 3, sign))
    };
    bytes_decoded(rest, &bytes, 3, 2).or_else(sign)
}
