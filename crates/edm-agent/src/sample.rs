//! Sample tables of fictitious people, for the demo, tests and trials. They only use reserved
//! values: social security numbers of the areas 900 to 999, which are never assigned, and addresses
//! at example.org.
//!
//! Equal seeds and counts give equal tables on every machine.

use std::collections::HashSet;
use std::io::{self, Write};

use edm_model::{Column, Columns, ColumnsError, DataType, DateOrder};

use crate::sample_names::{GIVEN_NAMES, SURNAMES};

/// Maximum number of people in a table. Beyond two thirds of the reserved numbers, drawing unused
/// ones becomes slow.
pub const PEOPLE_MAX: usize = 20_000_000;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// A number of the areas 900 to 999, with its dashes.
    pub ssn: String,
    /// Year, month and day.
    pub birthday: String,
    /// The given name.
    pub first_name: String,
    /// The surname: one to four words, in several scripts.
    pub last_name: String,
    /// An address at example.org, unique in the table.
    pub email: String,
}

impl Person {
    /// Returns the cells in the order of [`columns`].
    pub fn cells(&self) -> [&str; 5] {
        [&self.ssn, &self.birthday, &self.first_name, &self.last_name, &self.email]
    }
}

/// Returns the columns of a sample table. Number, surname and address are searchable.
pub fn columns() -> Result<Columns, ColumnsError> {
    Columns::new(vec![
        Column::text("ssn").searchable().typed(DataType::Ssn),
        Column::text("birthday").typed(DataType::Date { order: Some(DateOrder::YearMonthDay) }),
        Column::text("firstName"),
        Column::text("lastName").searchable(),
        Column::text("email").searchable().typed(DataType::Email),
    ])
}

/// Generates the people of a seed; at most [`PEOPLE_MAX`].
pub fn people(seed: u64, count: usize) -> Vec<Person> {
    let mut random = Random::new(seed);
    let mut numbers = HashSet::new();
    let count = count.min(PEOPLE_MAX);
    (0..count).map(|index| person(&mut random, &mut numbers, index)).collect()
}

/// Writes a table as CSV (RFC 4180) with a header.
pub fn write_csv<'a>(people: impl IntoIterator<Item = &'a Person>, to: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(["ssn", "birthday", "firstName", "lastName", "email"]).map_err(io::Error::other)?;
    for person in people {
        writer.write_record(person.cells()).map_err(io::Error::other)?;
    }
    writer.flush()
}

fn person(random: &mut Random, numbers: &mut HashSet<u32>, index: usize) -> Person {
    let first_name = (*random.pick(GIVEN_NAMES)).to_owned();
    let last_name = surname(random);
    Person {
        ssn: unused_ssn(random, numbers),
        birthday: birthday(random),
        email: format!("{}{}@example.org", mailbox(&first_name), index + 1),
        first_name,
        last_name,
    }
}

/// Returns a surname. Three in ten people have two, joined in the manner of various countries.
fn surname(random: &mut Random) -> String {
    let first = *random.pick(SURNAMES);
    if !first.is_ascii() && first.chars().any(|c| u32::from(c) >= 0x2e80) {
        return first.to_owned();
    }
    let second = *random.pick(SURNAMES);
    let joined = second != first && second.chars().all(|c| u32::from(c) < 0x250) && random.below(10) < 3;
    match (joined, random.below(2)) {
        (true, 0) => format!("{first} {second}"),
        (true, _) => format!("{first}-{second}"),
        (false, _) => first.to_owned(),
    }
}

fn unused_ssn(random: &mut Random, numbers: &mut HashSet<u32>) -> String {
    loop {
        let (area, group, serial) = ssn_parts(random);
        if numbers.insert((area * 100 + group) * 10_000 + serial) {
            return format!("{area}-{group:02}-{serial:04}");
        }
    }
}

/// Draws a number of the reserved areas. Group and serial are never zero, as in assigned ones.
fn ssn_parts(random: &mut Random) -> (u32, u32, u32) {
    // 98 and not 99, so that no number is all nines, which would be a placeholder.
    (900 + random.below(100), 1 + random.below(98), 1 + random.below(9_999))
}

fn birthday(random: &mut Random) -> String {
    let year = 1930 + random.below(75);
    let month = 1 + random.below(12);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => 31,
    };
    format!("{year}-{month:02}-{:02}", 1 + random.below(days))
}

/// Returns the letters of a name that an e-mail address may contain; `p` for a name without any.
fn mailbox(first_name: &str) -> String {
    let letters: String = first_name.chars().filter(char::is_ascii_alphabetic).collect();
    if letters.is_empty() { "p".to_owned() } else { letters.to_ascii_lowercase() }
}

/// SplitMix64: a small, public, portable generator. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below the bound, which must not be zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        // The upper half of the product is below the bound. A bias of 2⁻³² does not matter for
        // samples.
        u32::try_from(((self.next_u64() >> 32) * u64::from(bound.max(1))) >> 32).unwrap_or(0)
    }

    /// Returns a position in a list of `count` elements; zero if it is empty.
    pub fn position(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).unwrap_or(u32::MAX)) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let position = self.position(from.len());
        from.get(position).expect("the lists of names are not empty, and a position is below their length")
    }

    /// Returns a number of the reserved areas, which a person of a table may have.
    pub fn ssn(&mut self) -> String {
        let (area, group, serial) = ssn_parts(self);
        format!("{area}-{group:02}-{serial:04}")
    }

    /// Returns a number of the reserved areas that none of these people has.
    pub fn ssn_of_nobody(&mut self, people: &[Person]) -> String {
        loop {
            let drawn = self.ssn();
            if people.iter().all(|person| person.ssn != drawn) {
                return drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_table_and_only_reserved_values() {
        let table = people(7, 5_000);
        assert_eq!(table, people(7, 5_000));
        assert_ne!(table, people(8, 5_000));
        let numbers: HashSet<&str> = table.iter().map(|person| person.ssn.as_str()).collect();
        let addresses: HashSet<&str> = table.iter().map(|person| person.email.as_str()).collect();
        assert_eq!((numbers.len(), addresses.len()), (5_000, 5_000));
        for person in &table {
            assert!(person.ssn.starts_with('9') && person.ssn.len() == 11, "{person:?}");
            assert!(person.email.ends_with("@example.org"), "{person:?}");
        }
        assert!(table.iter().any(|person| person.last_name == "van der Berg"));
        assert!(table.iter().any(|person| person.last_name == "山田"));
    }

    /// Names must be rare enough to be evidence: agreement at most one percent
    /// (`docs/matching.md`).
    #[test]
    fn names_are_evidence() {
        let table = people(1, 20_000);
        for column in [2usize, 3] {
            let mut counts = std::collections::HashMap::<&str, f64>::new();
            for person in &table {
                *counts.entry(person.cells()[column]).or_default() += 1.0;
            }
            let pairs: f64 = counts.values().map(|n| n * (n - 1.0)).sum();
            assert!(pairs / (20_000.0 * 19_999.0) < 0.008, "column {column}");
        }
    }

    #[test]
    fn a_table_is_csv_that_comes_back() {
        let table = people(3, 50);
        let mut bytes = Vec::new();
        write_csv(&table, &mut bytes).expect("memory");
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("valid");
        assert_eq!(rows.len(), 50);
        for (row, person) in rows.iter().zip(&table) {
            assert_eq!(row.iter().collect::<Vec<_>>(), person.cells());
        }
    }
}
