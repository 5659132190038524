//! The data types of columns, and their options.

use std::fmt;

/// The type of a column's values. It decides how a value is recognised and compared
/// (`docs/matching.md`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum DataType {
    /// Any text, matched by windows of atoms.
    #[default]
    Text,
    /// A number, kept as its digits. `width` pads it on the left with zeros.
    Digits {
        /// The number of digits that every value has after padding.
        width: Option<u16>,
    },
    /// An e-mail address.
    Email,
    /// A person's name: apostrophe, hyphen and space are equal inside it.
    Name,
    /// A United States social security number.
    Ssn,
    /// A payment card number, which passes the Luhn check.
    Card,
    /// A telephone number.
    Phone {
        /// The country of numbers that are written without a country code.
        country: Option<Country>,
    },
    /// A day of the calendar.
    Date {
        /// How the table writes dates that can be read in two ways.
        order: Option<DateOrder>,
    },
    /// An international bank account number, which passes the modulo 97 check.
    Iban,
    /// A postal address.
    Address,
}

impl DataType {
    /// The words of all types, in the order of their numbers in rule bytes.
    pub const WORDS: [&'static str; 10] =
        ["text", "digits", "email", "name", "ssn", "card", "phone", "date", "iban", "address"];

    /// Returns the type's name on the wire and on the command line.
    pub const fn as_str(&self) -> &'static str {
        match self {
            DataType::Text => "text",
            DataType::Digits { .. } => "digits",
            DataType::Email => "email",
            DataType::Name => "name",
            DataType::Ssn => "ssn",
            DataType::Card => "card",
            DataType::Phone { .. } => "phone",
            DataType::Date { .. } => "date",
            DataType::Iban => "iban",
            DataType::Address => "address",
        }
    }

    /// Returns the type with this name and these options; `None` if there is no such type.
    pub fn from_word(word: &str, options: DataTypeOptions) -> Option<Self> {
        let DataTypeOptions { width, country, order } = options;
        Some(match word {
            "text" => DataType::Text,
            "digits" => DataType::Digits { width },
            "email" => DataType::Email,
            "name" => DataType::Name,
            "ssn" => DataType::Ssn,
            "card" => DataType::Card,
            "phone" => DataType::Phone { country },
            "date" => DataType::Date { order },
            "iban" => DataType::Iban,
            "address" => DataType::Address,
            _ => return None,
        })
    }

    /// Returns the options. Those that the type does not have are `None`.
    pub fn options(&self) -> DataTypeOptions {
        let mut options = DataTypeOptions::default();
        match self {
            DataType::Digits { width } => options.width = *width,
            DataType::Phone { country } => options.country = *country,
            DataType::Date { order } => options.order = *order,
            DataType::Text
            | DataType::Email
            | DataType::Name
            | DataType::Ssn
            | DataType::Card
            | DataType::Iban
            | DataType::Address => {}
        }
        options
    }

    /// Returns whether a written form alone can identify a value of the type. Such a value can be a
    /// match without evidence (`docs/matching.md`).
    pub const fn has_written_form(&self) -> bool {
        match self {
            DataType::Ssn | DataType::Card | DataType::Iban => true,
            DataType::Text
            | DataType::Digits { .. }
            | DataType::Email
            | DataType::Name
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Address => false,
        }
    }

    /// Returns whether every value has check digits. Such a number rarely matches by chance, and is
    /// a number of its own inside a longer one.
    pub const fn has_check_digits(&self) -> bool {
        match self {
            DataType::Card | DataType::Iban => true,
            DataType::Text
            | DataType::Digits { .. }
            | DataType::Email
            | DataType::Name
            | DataType::Ssn
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Address => false,
        }
    }

    /// Returns whether a value names one person or account by itself. By default such a value is
    /// redacted at a lower confidence (`docs/redaction.md`).
    pub const fn is_direct_identifier(&self) -> bool {
        match self {
            DataType::Ssn | DataType::Card | DataType::Iban | DataType::Email | DataType::Phone { .. } => {
                true
            }
            DataType::Text
            | DataType::Digits { .. }
            | DataType::Name
            | DataType::Date { .. }
            | DataType::Address => false,
        }
    }

    /// Returns whether the values are days of the calendar, which too many rows share to identify
    /// one.
    pub const fn is_date(&self) -> bool {
        match self {
            DataType::Date { .. } => true,
            DataType::Text
            | DataType::Digits { .. }
            | DataType::Email
            | DataType::Name
            | DataType::Ssn
            | DataType::Card
            | DataType::Phone { .. }
            | DataType::Iban
            | DataType::Address => false,
        }
    }

    /// Returns whether the characters of a value are kept as the table has them, but for folding
    /// and delimiters. Different cells then mostly are different values.
    pub const fn keeps_characters(&self) -> bool {
        match self {
            DataType::Text | DataType::Digits { .. } => true,
            DataType::Email
            | DataType::Name
            | DataType::Ssn
            | DataType::Card
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Iban
            | DataType::Address => false,
        }
    }

    /// Returns the type's number in rule bytes (`docs/formats/hash.md#5-keys`) and its option.
    pub(crate) fn number(&self) -> (u8, u16) {
        match self {
            DataType::Text => (1, 0),
            DataType::Digits { width } => (2, width.unwrap_or(0)),
            DataType::Email => (3, 0),
            DataType::Name => (4, 0),
            DataType::Ssn => (5, 0),
            DataType::Card => (6, 0),
            DataType::Phone { country } => (7, country.map_or(0, |country| u16::from_le_bytes(country.0))),
            DataType::Date { order } => (8, order.map_or(0, DateOrder::number)),
            DataType::Iban => (9, 0),
            DataType::Address => (10, 0),
        }
    }

    /// Returns the type with this number and option in rule bytes; `None` if there is no such type.
    pub fn from_number(kind: u8, option: u16) -> Option<Self> {
        Some(match (kind, option) {
            (1, 0) => DataType::Text,
            (2, width) => DataType::Digits { width: (width > 0).then_some(width) },
            (3, 0) => DataType::Email,
            (4, 0) => DataType::Name,
            (5, 0) => DataType::Ssn,
            (6, 0) => DataType::Card,
            (7, 0) => DataType::Phone { country: None },
            (7, letters) => DataType::Phone { country: Some(Country::restored(letters.to_le_bytes())?) },
            (8, 0) => DataType::Date { order: None },
            (8, order) => DataType::Date { order: Some(DateOrder::from_number(order)?) },
            (9, 0) => DataType::Iban,
            (10, 0) => DataType::Address,
            _ => return None,
        })
    }
}

/// The options of data types. [`DataType`] says which type has which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataTypeOptions {
    /// The width of `digits`.
    pub width: Option<u16>,
    /// The country of `phone`.
    pub country: Option<Country>,
    /// The order of `date`.
    pub order: Option<DateOrder>,
}

/// The order in which a table writes the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateOrder {
    /// `1960-05-13`.
    YearMonthDay,
    /// `13/05/1960`.
    DayMonthYear,
    /// `05/13/1960`.
    MonthDayYear,
}

impl DateOrder {
    /// Returns the order's name on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            DateOrder::YearMonthDay => "ymd",
            DateOrder::DayMonthYear => "dmy",
            DateOrder::MonthDayYear => "mdy",
        }
    }

    /// Returns the order with this name.
    pub fn from_word(word: &str) -> Option<Self> {
        [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear]
            .into_iter()
            .find(|order| order.as_str() == word)
    }

    fn number(self) -> u16 {
        match self {
            DateOrder::YearMonthDay => 1,
            DateOrder::DayMonthYear => 2,
            DateOrder::MonthDayYear => 3,
        }
    }

    fn from_number(number: u16) -> Option<Self> {
        [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear]
            .into_iter()
            .find(|order| order.number() == number)
    }
}

/// A country, as two lower-case ASCII letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Parses a country's two letters in either case; `None` if ISO 3166-1 does not list them.
    pub fn new(letters: &str) -> Option<Self> {
        let letters: [u8; 2] = letters.as_bytes().try_into().ok()?;
        let own = Self(letters.map(|letter| letter.to_ascii_lowercase()));
        COUNTRIES.split(' ').any(|known| known == own.as_str()).then_some(own)
    }

    /// Returns every country of ISO 3166-1, in alphabetical order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.split(' ').filter_map(|letters| Some(Self(letters.as_bytes().try_into().ok()?)))
    }

    /// Restores a country from stored data, where it was checked when it was made. Returns `None`
    /// for anything but two lower-case letters.
    pub fn restored(letters: [u8; 2]) -> Option<Self> {
        letters.iter().all(u8::is_ascii_lowercase).then_some(Self(letters))
    }

    /// Returns the two lower-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Country {
    /// Writes the letters in upper case, as ISO 3166-1 does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().to_ascii_uppercase())
    }
}

/// ISO 3166-1 alpha-2, and XK, which telephone numbers of Kosovo go by.
const COUNTRIES: &str = "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs \
     bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj \
     fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it \
     je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp \
     mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re \
     ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv \
     tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws xk ye yt za zm zw";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_type_with_its_number() {
        for (word, number) in DataType::WORDS.into_iter().zip(1u8..) {
            let data_type =
                DataType::from_word(word, DataTypeOptions::default()).expect("a type of the list");
            assert_eq!((data_type.as_str(), data_type.number()), (word, (number, 0)));
            assert_eq!(DataType::from_number(number, 0), Some(data_type));
        }
        let next = DataType::WORDS.len() as u8 + 1;
        assert_eq!(DataType::from_number(next, 0), None, "a type that is missing in the list");
    }

    #[test]
    fn types_come_back_from_their_words_and_numbers() {
        let country = Country::new("De");
        let types = [
            DataType::Text,
            DataType::Digits { width: None },
            DataType::Digits { width: Some(12) },
            DataType::Email,
            DataType::Name,
            DataType::Ssn,
            DataType::Card,
            DataType::Phone { country: None },
            DataType::Phone { country },
            DataType::Date { order: None },
            DataType::Date { order: Some(DateOrder::YearMonthDay) },
            DataType::Date { order: Some(DateOrder::DayMonthYear) },
            DataType::Date { order: Some(DateOrder::MonthDayYear) },
            DataType::Iban,
            DataType::Address,
        ];
        for own in types {
            let (kind, option) = own.number();
            assert_eq!(DataType::from_number(kind, option).as_ref(), Some(&own), "{own:?}");
            assert_eq!(DataType::from_word(own.as_str(), own.options()).as_ref(), Some(&own), "{own:?}");
        }
        for (kind, option) in [(0, 0), (1, 1), (5, 1), (7, 1), (7, 0x4544), (8, 4), (9, 2), (11, 0)] {
            assert_eq!(DataType::from_number(kind, option), None, "{kind} {option}");
        }
        assert_eq!(DataType::from_word("nosuchtype", DataTypeOptions::default()), None);
    }

    #[test]
    fn countries() {
        for (letters, expected) in [
            ("us", Some("US")),
            ("US", Some("US")),
            ("Gb", Some("GB")),
            ("xx", None),
            ("usa", None),
            ("", None),
        ] {
            assert_eq!(
                Country::new(letters).map(|country| country.to_string()).as_deref(),
                expected,
                "{letters}"
            );
        }
    }
}
