//! The rows of the table: row `n` is the same whatever the size of the table, so that what is planted from the first
//! rows stands in every table. Numbers are of reserved ranges; nobody has them.

use crate::random::Random;
use crate::words::{CITIES, GIVEN_NAMES, PLAIN_SURNAMES, STREET_KINDS, STREETS, SYLLABLES};

/// The names of the columns, in order.
pub(crate) const COLUMNS: [&str; 6] = ["ssn", "card", "email", "mrn", "name", "address"];

/// Rows from here on are of people who stand in no table: their numbers, addresses and surnames are others.
pub(crate) const OUTSIDERS_FROM: u64 = 50_000_000;

const SSN_SPACE: u64 = 100 * 98 * 9_999;
const CARD_SPACE: u64 = 1_000_000_000;
const MRN_SPACE: u64 = 9_000_000_000;
/// Prime and a divisor of none of the spaces: multiplying by it runs through a whole space before it repeats.
const STEP: u64 = 7_368_787;

/// Returns the cells of a row, in the order of [`COLUMNS`], as a table writes them.
pub(crate) fn cells(row: u64) -> [String; 6] {
    let mut random = Random::new(row.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x0edb);
    let (given, surname) = (*random.pick(GIVEN_NAMES), surname(row, &mut random));
    let name = match random.below(4) {
        0 | 1 => format!("{given} {surname}"),
        2 => format!("{given} {} {surname}", random.pick(GIVEN_NAMES)),
        _ => format!("{given} {} {} {surname}", random.pick(GIVEN_NAMES), middle(row, &mut random)),
    };
    let mailbox = surname.to_ascii_lowercase();
    // 256 domains, as a firm's customers have them: matchers that look at the ends of literals would suffer from few.
    let (left, right) = (random.pick(&SYLLABLES[..16]), random.pick(&SYLLABLES[16..32]));
    let email = format!("{}.{mailbox}{}@{left}{right}.test", given.to_ascii_lowercase(), row % 10_000_000);
    let address = format!(
        "{} {} {}, {}",
        1 + random.below(9_900),
        random.pick(STREETS),
        random.pick(STREET_KINDS),
        random.pick(CITIES)
    );
    [ssn(row), card(row), email, mrn(row), name, address]
}

fn ssn(row: u64) -> String {
    let number = row * STEP % SSN_SPACE;
    format!("{}-{:02}-{:04}", 900 + number / (98 * 9_999), 1 + number / 9_999 % 98, 1 + number % 9_999)
}

fn card(row: u64) -> String {
    let body = format!("400000{:09}", row * STEP % CARD_SPACE);
    // Luhn: from the right, every second digit is doubled, beginning with the one beside the check digit.
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') << u32::from(place % 2 == 0);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn mrn(row: u64) -> String {
    // No leading zeros: with them any small number in a text would be one.
    format!("{}", 1_000_000_000 + row * STEP % MRN_SPACE)
}

/// The third of four names: an outsider's is no plain surname, or it would make somebody else's name with the second.
fn middle(row: u64, random: &mut Random) -> String {
    if row < OUTSIDERS_FROM { (*random.pick(PLAIN_SURNAMES)).to_owned() } else { surname(row, random) }
}

/// A third of the people have a surname that is a word of any text too; outsiders never have.
fn surname(row: u64, random: &mut Random) -> String {
    if row < OUTSIDERS_FROM && random.below(3) == 0 {
        return (*random.pick(PLAIN_SURNAMES)).to_owned();
    }
    let mut number = row * STEP % 64_000_000;
    let mut name = String::new();
    // The first syllable says on which side of the line a person stands.
    let half = SYLLABLES.len() as u64 / 2;
    let first = number % half + if row < OUTSIDERS_FROM { 0 } else { half };
    name.push_str(SYLLABLES[first as usize]);
    number /= half;
    for _ in 0..2 + usize::from(random.below(2) == 0) {
        name.push_str(SYLLABLES[(number % SYLLABLES.len() as u64) as usize]);
        number /= SYLLABLES.len() as u64;
    }
    name[..1].make_ascii_uppercase();
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rows_are_the_same_every_time_and_numbers_are_nobody_elses() {
        assert_eq!(cells(4711), cells(4711));
        let mut seen = HashSet::new();
        for row in (0..20_000).chain(OUTSIDERS_FROM..OUTSIDERS_FROM + 20_000) {
            let [ssn, card, email, mrn, name, address] = cells(row);
            assert!(ssn.starts_with('9') && ssn.len() == 11, "{ssn}");
            assert!(card.len() == 16 && mrn.len() == 10, "{card} {mrn}");
            assert!((2..=4).contains(&name.split(' ').count()), "{name}");
            assert!(address.contains(", "), "{address}");
            for value in [ssn, card, email, mrn] {
                assert!(seen.insert(value.clone()), "{value} twice");
            }
        }
    }

    #[test]
    fn cards_have_luhn_digits() {
        let check = |body: &str, digit: char| {
            let row = (0..).find(|row| card(*row).starts_with(body));
            assert!(row.is_none_or(|row| card(row).ends_with(digit)));
        };
        // 4000000000000002 is the issuers' own test number.
        check("400000000000000", '2');
        assert_eq!(card(0), "4000000000000002");
    }
}
