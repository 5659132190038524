//! The rows of the tables. Row `n` is equal in tables of every size, so values planted from the
//! first rows are in every table. Numbers are from reserved ranges and belong to no person.

use crate::random::Random;
use crate::words::{CITIES, GIVEN_NAMES, PLAIN_SURNAMES, STREET_KINDS, STREETS, SYLLABLES};

/// The names of the columns, in order.
pub(crate) const COLUMNS: [&str; 6] = ["ssn", "card", "email", "mrn", "name", "address"];

/// Rows from here on are people in no table: their numbers, addresses and surnames differ.
pub(crate) const OUTSIDERS_FROM: u64 = 50_000_000;

const SSN_SPACE: u64 = 100 * 98 * 9_999;
const CARD_SPACE: u64 = 1_000_000_000;
const MRN_SPACE: u64 = 9_000_000_000;
/// A prime that divides none of the spaces. Multiplying by it visits a whole space before it
/// repeats.
const STEP: u64 = 7_368_787;

/// Returns the cells of a row, in the order of [`COLUMNS`], with the table's spelling.
pub(crate) fn cells(row: u64) -> [String; 6] {
    let mut random = Random::new(row.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x0edb);
    let (given, surname) = (*random.pick(GIVEN_NAMES), surname(row, &mut random));
    let name = match random.below(4) {
        0 | 1 => format!("{given} {surname}"),
        2 => format!("{given} {} {surname}", random.pick(GIVEN_NAMES)),
        _ => format!("{given} {} {} {surname}", random.pick(GIVEN_NAMES), middle(row, &mut random)),
    };
    let mailbox = surname.to_ascii_lowercase();
    // 256 domains, as plausible for a company's customers. With few domains, matchers that look at
    // the ends of literals would be slow.
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
    // Luhn check: from the right, every second digit is doubled, starting with the one before the
    // check digit.
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
    // No leading zeros; with them, any small number in a text would match.
    format!("{}", 1_000_000_000 + row * STEP % MRN_SPACE)
}

/// Returns the third of four names. An outsider's is never a plain surname, since with the second
/// name it would form a name of the table.
fn middle(row: u64, random: &mut Random) -> String {
    if row < OUTSIDERS_FROM { (*random.pick(PLAIN_SURNAMES)).to_owned() } else { surname(row, random) }
}

/// Returns a surname. For a third of the people it is also a common word; never for outsiders.
fn surname(row: u64, random: &mut Random) -> String {
    if row < OUTSIDERS_FROM && random.below(3) == 0 {
        return (*random.pick(PLAIN_SURNAMES)).to_owned();
    }
    let mut number = row * STEP % 64_000_000;
    let mut name = String::new();
    // The first syllable separates people of tables from outsiders.
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
        // 4000000000000002 is a test number of the card issuers.
        check("400000000000000", '2');
        assert_eq!(card(0), "4000000000000002");
    }
}
