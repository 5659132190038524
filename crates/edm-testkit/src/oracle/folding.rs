//! Folds whole strings, step by step as `docs/formats/hash.md` lists them. Every character keeps
//! the source span that it came from.

use icu_casemap::CaseMapper;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};
use unicode_normalization::char::{canonical_combining_class, compose, decompose_compatible};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use edm_model::{CaseRule, DiacriticRule};

/// One character with its bytes in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) character: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Gives every character of a text its position.
pub(crate) fn placed(text: &str) -> Vec<Placed> {
    text.char_indices()
        .map(|(start, character)| Placed { character, start, end: start + character.len_utf8() })
        .collect()
}

/// Folds a text.
pub(crate) fn fold(text: &[Placed], case: CaseRule, diacritics: DiacriticRule) -> Vec<Placed> {
    let mut characters = each(&decomposed(&segmented(text)), map_character);
    if case == CaseRule::Insensitive {
        characters =
            each(&characters, |character| CaseMapper::new().fold_string(&character.to_string()).into_owned());
    }
    characters = decomposed(&characters);
    if diacritics == DiacriticRule::Fold {
        characters = each(&characters, without_diacritics);
    }
    composed(&characters)
}

/// Folds a text whose positions do not matter.
pub(crate) fn folded_string(text: &str, case: CaseRule, diacritics: DiacriticRule) -> String {
    fold(&placed(text), case, diacritics).iter().map(|placed| placed.character).collect()
}

fn each(text: &[Placed], replacement: impl Fn(char) -> String) -> Vec<Placed> {
    let mut result = Vec::new();
    for place in text {
        for character in replacement(place.character).chars() {
            result.push(Placed { character, ..*place });
        }
    }
    result
}

/// Gives every character the span of its segment: a character with the marks and other characters
/// that may compose with it. A match never cuts a segment.
fn segmented(text: &[Placed]) -> Vec<Placed> {
    let mut result: Vec<Placed> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let inner =
            rest.iter().skip(1).take_while(|place| continues(place.character) || is_removed(place.character));
        let reach = inner.count();
        let joined = (1..=reach).rev().find(|position| continues(rest[*position].character)).unwrap_or(0);
        let (segment, after) = rest.split_at(joined + 1);
        let start = segment.iter().map(|place| place.start).min().unwrap_or(0);
        let end = segment.iter().map(|place| place.end).max().unwrap_or(0);
        result.extend(segment.iter().map(|place| Placed { start, end, ..*place }));
        rest = after;
    }
    result
}

fn continues(character: char) -> bool {
    let mut first = None;
    decompose_compatible(character, |part| first = first.or(Some(part)));
    let maybe = |part: char| is_nfc_quick(std::iter::once(part)) == IsNormalized::Maybe;
    let joins = |part: char| {
        canonical_combining_class(part) != 0 || maybe(part) || without_diacritics(part).is_empty()
    };
    first.is_some_and(joins) && !is_removed(character)
}

fn is_removed(character: char) -> bool {
    map_character(character).is_empty()
}

fn decomposed(text: &[Placed]) -> Vec<Placed> {
    let mut result: Vec<Placed> = Vec::new();
    for place in text {
        decompose_compatible(place.character, |character| result.push(Placed { character, ..*place }));
    }
    // Canonical ordering: each run of non-starters is sorted by class, stably.
    let mut start = 0;
    while start < result.len() {
        let run = result[start..]
            .iter()
            .take_while(|place| canonical_combining_class(place.character) != 0)
            .count();
        result[start..start + run].sort_by_key(|place| canonical_combining_class(place.character));
        start += run + 1;
    }
    result
}

fn composed(text: &[Placed]) -> Vec<Placed> {
    let mut result: Vec<Placed> = Vec::new();
    let mut starter: Option<usize> = None;
    for place in text {
        let class = canonical_combining_class(place.character);
        if let Some(starter) = starter {
            let blocked = result.len() - 1 != starter
                && result.last().is_some_and(|last| canonical_combining_class(last.character) >= class);
            if !blocked && let Some(character) = compose(result[starter].character, place.character) {
                let before = result[starter];
                result[starter] = Placed {
                    character,
                    start: before.start.min(place.start),
                    end: before.end.max(place.end),
                };
                continue;
            }
        }
        if class == 0 {
            starter = Some(result.len());
        }
        result.push(*place);
    }
    result
}

fn map_character(character: char) -> String {
    let mapped = match character {
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{FE58}'
        | '\u{FE63}'
        | '\u{FF0D}'
        | '\u{2043}'
        | '\u{058A}'
        | '\u{1806}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{02B9}' | '\u{02BB}' | '\u{2032}'
        | '\u{0060}' | '\u{00B4}' | '\u{FF07}' => '\'',
        '\u{00AD}'
        | '\u{034F}'
        | '\u{061C}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{E0100}'..='\u{E01EF}' => return String::new(),
        '\u{000B}' | '\u{000C}' | '\u{0085}' | '\u{2028}' | '\u{2029}' => '\n',
        other => match category(other) {
            GeneralCategory::SpaceSeparator => ' ',
            GeneralCategory::DecimalNumber => decimal_digit(other),
            _ => other,
        },
    };
    mapped.to_string()
}

/// Returns the value of a decimal digit. Digits of a script are contiguous, zero first, and several
/// sets may be adjacent: count back to the first.
fn decimal_digit(character: char) -> char {
    if character.is_ascii_digit() {
        return character;
    }
    // The mathematical digits are five adjacent sets, but NFKD has converted them to ASCII before.
    let before = (0..u32::from(character)).rev().map_while(char::from_u32);
    let count = before.take_while(|digit| category(*digit) == GeneralCategory::DecimalNumber).count();
    char::from_digit((count % 10) as u32, 10).unwrap_or(character)
}

fn without_diacritics(character: char) -> String {
    let removable = matches!(script(character), Script::Inherited | Script::Hebrew | Script::Arabic);
    if category(character) == GeneralCategory::NonspacingMark
        && removable
        && !matches!(character, '\u{3099}' | '\u{309A}')
    {
        return String::new();
    }
    match character {
        'ø' => "o",
        'đ' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ß' => "ss",
        'Ø' => "O",
        'Đ' => "D",
        'Ł' => "L",
        'Ħ' => "H",
        'Ŧ' => "T",
        'Ð' => "D",
        'Æ' => "AE",
        'Œ' => "OE",
        'Þ' => "TH",
        'ẞ' => "SS",
        other => return other.to_string(),
    }
    .to_owned()
}

/// Returns the general category of a character.
pub(crate) fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

/// Returns the script of a character (not its extensions).
pub(crate) fn script(character: char) -> Script {
    CodePointMapData::<Script>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    fn check(text: &str, case: CaseRule, diacritics: DiacriticRule, expected: &str) {
        assert_eq!(folded_string(text, case, diacritics), expected, "{text}");
    }

    #[test]
    fn folds_what_the_rules_name() {
        use CaseRule::{Insensitive, Sensitive};
        use DiacriticRule::{Fold, Keep};
        check("Straße", Insensitive, Keep, "strasse");
        check("Straße", Sensitive, Keep, "Straße");
        check("Straße", Sensitive, Fold, "Strasse");
        check("Cafe\u{301}", Sensitive, Keep, "Café");
        check("CAFÉ", Insensitive, Fold, "cafe");
        check("1\u{2013}2\u{2212}3", Insensitive, Keep, "1-2-3");
        check("O\u{2019}Neil", Sensitive, Keep, "O'Neil");
        check("١٢٣ ９", Insensitive, Keep, "123 9");
        check("a\u{AD}b\u{200B}c", Insensitive, Keep, "abc");
        check("a\u{A0}b\u{2028}c", Insensitive, Keep, "a b\nc");
        check("ＦＯＯ＃１２", Insensitive, Keep, "foo#12");
        check("Łódź Ørsted Æ", Sensitive, Fold, "Lodz Orsted AE");
        check("Йод", Insensitive, Fold, "иод");
        check("が", Insensitive, Fold, "が");
        check("한국", Insensitive, Fold, "한국");
    }

    #[test]
    fn composes_as_the_library_does() {
        for text in ["e\u{323}\u{302}", "a\u{315}\u{300}\u{5ae}b", "한국어 각", "q\u{307}\u{323}", "\u{301}a"]
        {
            let own: String =
                composed(&decomposed(&placed(text))).iter().map(|place| place.character).collect();
            assert_eq!(own, text.nfkc().collect::<String>());
        }
    }
}
