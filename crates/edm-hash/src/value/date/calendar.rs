//! Days of the calendar (docs/formats/hash.md#d1).

use std::ops::RangeInclusive;

/// Years that a date may be of.
const YEARS: RangeInclusive<u16> = 1000..=2999;

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
}
