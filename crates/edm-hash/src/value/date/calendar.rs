//! Days of the calendar, and its words in six languages (`docs/formats/hash.md`, section 8, date).

use std::ops::RangeInclusive;

/// Years that a date may be of.
const YEARS: RangeInclusive<u16> = 1000..=2999;
/// No word of the lists is longer, in letters.
const WORD_LETTERS_MAX: usize = 16;

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Makes a day; `None` where the calendar has none.
    pub(crate) fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (YEARS.contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// Returns `YYYY-MM-DD`.
    pub(crate) fn form(self) -> [u8; 10] {
        let digit = |number: u16, unit: u16| b'0' + (number / unit % 10) as u8;
        let (year, month, day) = (self.year, u16::from(self.month), u16::from(self.day));
        [
            digit(year, 1000),
            digit(year, 100),
            digit(year, 10),
            digit(year, 1),
            b'-',
            digit(month, 10),
            digit(month, 1),
            b'-',
            digit(day, 10),
            digit(day, 1),
        ]
    }
}

/// Returns the month, 1 to 12, of a word or an abbreviation of English, German, French, Spanish,
/// Portuguese or Italian.
pub(crate) fn month(word: &str) -> Option<u8> {
    let mut plain = [0; WORD_LETTERS_MAX];
    Some(match plain_letters(word, &mut plain)? {
        "january" | "jan" | "januar" | "janner" | "jaenner" | "janvier" | "janv" | "enero" | "ene"
        | "janeiro" | "gennaio" | "gen" | "genn" => 1,
        "february" | "feb" | "februar" | "feber" | "fevrier" | "fevr" | "fev" | "febrero" | "fevereiro"
        | "febbraio" | "febbr" => 2,
        "march" | "mar" | "marz" | "maerz" | "mrz" | "mars" | "marzo" | "marco" => 3,
        "april" | "apr" | "avril" | "avr" | "abril" | "abr" | "aprile" => 4,
        "may" | "mai" | "mayo" | "maio" | "maggio" | "mag" | "magg" => 5,
        "june" | "jun" | "juni" | "juin" | "junio" | "junho" | "giugno" | "giu" => 6,
        "july" | "jul" | "juli" | "juillet" | "juil" | "juill" | "julio" | "julho" | "luglio" | "lug" => 7,
        "august" | "aug" | "aout" | "agosto" | "ago" => 8,
        "september" | "sep" | "sept" | "septembre" | "septiembre" | "setiembre" | "setembro" | "set"
        | "settembre" | "sett" => 9,
        "october" | "oct" | "oktober" | "okt" | "octobre" | "octubre" | "outubro" | "out" | "ottobre"
        | "ott" => 10,
        "november" | "nov" | "novembre" | "noviembre" | "novembro" => 11,
        "december" | "dec" | "dezember" | "dez" | "decembre" | "diciembre" | "dic" | "dezembro"
        | "dicembre" => 12,
        _ => return None,
    })
}

/// Returns whether a word is a day of the week, or its abbreviation, in one of the same languages.
pub(crate) fn is_weekday(word: &str) -> bool {
    const WORDS: &str = " monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri \
         sat sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi \
         mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim lunes martes miercoles jueves viernes sabado \
         domingo mie jue vie sab dom segunda terca quarta quinta sexta seg ter qua qui sex lunedi martedi mercoledi \
         giovedi venerdi sabato domenica gio ";
    let mut plain = [0; WORD_LETTERS_MAX];
    plain_letters(word, &mut plain).is_some_and(|plain| WORDS.split(' ').any(|own| own == plain))
}

/// Returns a word in lower case and without the diacritics that these languages have; `None` for
/// any other word.
fn plain_letters<'a>(word: &str, out: &'a mut [u8; WORD_LETTERS_MAX]) -> Option<&'a str> {
    let mut length = 0;
    for character in word.chars() {
        let plain = match character {
            'a'..='z' => character as u8,
            'A'..='Z' => (character as u8).to_ascii_lowercase(),
            'à'..='ä' | 'À'..='Ä' => b'a',
            'ç' | 'Ç' => b'c',
            'è'..='ë' | 'È'..='Ë' => b'e',
            'ì'..='ï' | 'Ì'..='Ï' => b'i',
            'ò'..='ö' | 'Ò'..='Ö' => b'o',
            'ù'..='ü' | 'Ù'..='Ü' => b'u',
            _ => return None,
        };
        *out.get_mut(length)? = plain;
        length += 1;
    }
    std::str::from_utf8(out.get(..length).filter(|letters| !letters.is_empty())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for (year, month, day, expected) in [
            (1960, 5, 13, Some("1960-05-13")),
            (2000, 2, 29, Some("2000-02-29")),
            (1900, 2, 29, None),
            (2023, 2, 29, None),
            (2024, 2, 29, Some("2024-02-29")),
            (2024, 4, 31, None),
            (2024, 12, 31, Some("2024-12-31")),
            (2024, 13, 1, None),
            (2024, 0, 1, None),
            (2024, 1, 0, None),
            (999, 1, 1, None),
            (1000, 1, 1, Some("1000-01-01")),
            (2999, 12, 31, Some("2999-12-31")),
            (3000, 1, 1, None),
        ] {
            let form = Day::new(year, month, day).map(Day::form);
            let form = form.as_ref().map(|form| std::str::from_utf8(form).expect("ASCII"));
            assert_eq!(form, expected, "{year} {month} {day}");
        }
    }

    #[test]
    fn words() {
        for (word, expected) in [
            ("MAY", Some(5)),
            ("März", Some(3)),
            ("marz", Some(3)),
            ("Août", Some(8)),
            ("dezembro", Some(12)),
            ("mayo", Some(5)),
            ("ma", None),
            ("mayoo", None),
            ("мая", None),
            ("", None),
            ("abcdefghijklmnopqrstuvwxyz", None),
        ] {
            assert_eq!(month(word), expected, "{word}");
        }
        assert!(is_weekday("Miércoles") && is_weekday("do") && is_weekday("LUNEDÌ"));
        assert!(!is_weekday("") && !is_weekday("feira") && !is_weekday("mon tue"));
    }
}
