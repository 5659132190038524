//! How digits become a number of E.164, by the frozen table of countries.

use std::collections::HashMap;
use std::sync::LazyLock;

use edm_model::Country;

/// The most digits that are read as one number: 15, a prefix to dial abroad and one to dial far.
pub(crate) const DIGITS_MAX: usize = 21;
/// The digits of a number with its calling code (E.164, section 6; 7 is our own lower bound).
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// A number of at least this many digits that begins with its own country's calling code is taken
/// to hold it.
const CALLING_CODE_DIGITS_MIN: usize = 12;
/// Calling codes have at most three digits.
const CALLING_CODES: usize = 1_000;

/// The numbers of a country, or of all countries of a calling code.
#[derive(Debug, Clone)]
struct Plan {
    calling_code: &'static str,
    /// What is dialled before a number inside the country.
    trunks: Vec<&'static str>,
    /// Whether national numbers begin with 0 in earnest.
    zero: bool,
    /// Bit n: national numbers may have n digits.
    lengths: u32,
}

struct Numbering {
    countries: HashMap<Country, Plan>,
    /// By calling code.
    codes: Vec<Option<Plan>>,
}

static NUMBERING: LazyLock<Numbering> = LazyLock::new(|| {
    Numbering::read(include_str!("phone_countries.tsv"))
        .expect("the committed table is whole: a test reads all of it")
});

/// Returns the calling code of a country, without a `+`; `None` where the table does not have the
/// country.
pub fn calling_code(country: Country) -> Option<&'static str> {
    Some(NUMBERING.countries.get(&country)?.calling_code)
}

/// Appends the number that digits are: `+`, calling code, national number. False, and nothing, if
/// they are none.
///
/// `international` says that a `+` precedes the digits.
pub(crate) fn push_number(
    digits: &str,
    international: bool,
    country: Option<Country>,
    out: &mut Vec<u8>,
) -> bool {
    let Some((calling_code, national)) = number(digits, international, country) else { return false };
    out.push(b'+');
    out.extend_from_slice(calling_code.as_bytes());
    out.extend_from_slice(national.as_bytes());
    true
}

/// Returns calling code and national number of the number that digits are.
pub(crate) fn number(
    digits: &str,
    international: bool,
    country: Option<Country>,
) -> Option<(&'static str, &str)> {
    let plan = country.and_then(|country| NUMBERING.countries.get(&country));
    let north_american = plan.is_some_and(|plan| plan.calling_code == "1");
    // `00` is dialled before a calling code nearly everywhere, `011` in North America only.
    let coded = match international {
        true => Some(digits),
        false => digits.strip_prefix("00").or_else(|| digits.strip_prefix("011").filter(|_| north_american)),
    };
    let dialled_abroad = coded.and_then(abroad);
    let at_home = || plan.filter(|_| !international).and_then(|plan| plan.at_home(digits));
    dialled_abroad.or_else(at_home)
}

/// Reads digits that begin with a calling code.
fn abroad(digits: &str) -> Option<(&'static str, &str)> {
    // Calling codes are prefix-free: at most one of the three lengths is one.
    let plan = (1..=3).find_map(|length| {
        let code: usize = digits.get(..length)?.parse().ok()?;
        NUMBERING.codes[code].as_ref().filter(|plan| plan.calling_code.len() == length)
    })?;
    plan.behind_code(digits)
}

impl Plan {
    fn holds(&self, national: &str) -> bool {
        let length = national.len();
        length < 32
            && self.lengths & 1 << length != 0
            && NUMBER_DIGITS.contains(&(self.calling_code.len() + length))
    }

    /// Returns the number that digits are, best without leading zeros where no number begins with
    /// one.
    fn without_zeros<'a>(&self, digits: &'a str) -> Option<&'a str> {
        let national = if self.zero { digits } else { digits.trim_start_matches('0') };
        Some(national).filter(|national| self.holds(national))
    }

    /// Returns the number after the first of some prefixes that leaves one, or else that digits are
    /// themselves.
    fn behind_trunk<'a, 'b>(
        &self,
        digits: &'a str,
        mut trunks: impl Iterator<Item = &'b &'static str>,
    ) -> Option<&'a str> {
        let whole = |national: &&str| self.holds(national);
        trunks
            .find_map(|trunk| {
                let rest = digits.strip_prefix(trunk)?;
                self.without_zeros(rest).or_else(|| Some(rest).filter(whole))
            })
            .or_else(|| self.without_zeros(digits))
            .or_else(|| Some(digits).filter(whole))
    }

    /// Reads digits that begin with this plan's calling code. What is dialled inside the country
    /// alone is dropped where it cannot be part of the number.
    fn behind_code<'a>(&self, digits: &'a str) -> Option<(&'static str, &'a str)> {
        let rest = digits.strip_prefix(self.calling_code)?;
        // `+49 (0) 30 …` keeps the zero that is dialled inside the country. Other trunks may be the
        // first digits of a number, so they are dropped only where all numbers are of one length.
        let one_length = self.lengths.is_power_of_two();
        let trunks = self.trunks.iter().filter(|trunk| one_length || trunk.starts_with('0'));
        self.behind_trunk(rest, trunks).map(|national| (self.calling_code, national))
    }

    /// Reads digits as they are written inside the country.
    fn at_home<'a>(&self, digits: &'a str) -> Option<(&'static str, &'a str)> {
        let coded = || self.behind_code(digits);
        // Long digits that begin with the calling code are taken to hold it; short ones are a local
        // number whose first digits happen to be the same.
        if digits.len() >= CALLING_CODE_DIGITS_MIN
            && let Some(number) = coded()
        {
            return Some(number);
        }
        let national = self.behind_trunk(digits, self.trunks.iter());
        national.map(|national| (self.calling_code, national)).or_else(coded)
    }

    fn read(line: &'static str) -> Option<(&'static str, Self)> {
        let mut fields = line.split('\t');
        let (country, calling_code) = (fields.next()?, fields.next()?);
        let trunks = fields.next()?.split(',').filter(|trunk| *trunk != "-").collect();
        let zero = fields.next()? == "zero";
        let mut lengths = 0u32;
        for part in fields.next()?.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            (from.parse().ok()?..=to.parse().ok()?).for_each(|length: u32| lengths |= 1 << length);
        }
        Some((country, Self { calling_code, trunks, zero, lengths }))
    }

    /// Takes in the numbers of another country of the same calling code.
    fn join(&mut self, other: &Self) {
        self.zero |= other.zero;
        self.lengths |= other.lengths;
        for trunk in &other.trunks {
            if !self.trunks.contains(trunk) {
                self.trunks.push(trunk);
            }
        }
    }
}

impl Numbering {
    fn read(table: &'static str) -> Option<Self> {
        let mut own = Self { countries: HashMap::new(), codes: vec![None; CALLING_CODES] };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (letters, plan) = Plan::read(line)?;
            match own.codes.get_mut(plan.calling_code.parse::<usize>().ok()?)? {
                Some(shared) => shared.join(&plan),
                free => *free = Some(plan.clone()),
            }
            if let Some(country) = Country::new(letters) {
                own.countries.insert(country, plan);
            }
        }
        Some(own)
    }
}
