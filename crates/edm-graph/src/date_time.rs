//! Date-times on the wire: UTC, `Z`, at most seven fraction digits, never second 60.

use std::fmt;

use edm_model::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// The characters of the longest date-time that is read.
const TEXT_BYTES_MAX: usize = 64;

/// A `DateTimeOffset` as Graph writes it. Reads every form that Microsoft's SDKs send: with `Z`,
/// with an offset, or without either (then UTC). The fraction has 0 to 9 digits and is cut to
/// microseconds. A date alone is read too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTimeOffset(Timestamp);

/// Reports a text that is not a date-time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseDateTimeError;

impl fmt::Display for ParseDateTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the date-time is not ISO 8601 such as 2026-11-22T09:30:00Z")
    }
}

impl std::error::Error for ParseDateTimeError {}

impl DateTimeOffset {
    /// Returns a timestamp as the wire's date-time.
    pub const fn new(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }

    /// Returns the timestamp.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Reads a date-time. Fails on anything that is not a time of the Gregorian calendar.
    pub fn parse(text: &str) -> Result<Self, ParseDateTimeError> {
        let text = text.trim();
        if text.len() > TEXT_BYTES_MAX || !text.is_ascii() {
            return Err(ParseDateTimeError);
        }
        let (date_text, rest) = match text.find(['T', 't', ' ']) {
            Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or("")),
            None => (text, "00:00:00Z"),
        };
        let date = parse_date(date_text).ok_or(ParseDateTimeError)?;
        let (clock, offset) = split_offset(rest).ok_or(ParseDateTimeError)?;
        let time = parse_clock(clock).ok_or(ParseDateTimeError)?;
        let moment = PrimitiveDateTime::new(date, time).assume_utc().checked_sub(offset);
        let nanoseconds = moment.ok_or(ParseDateTimeError)?.unix_timestamp_nanos();
        let micros = i64::try_from(nanoseconds.div_euclid(1_000)).map_err(|_| ParseDateTimeError)?;
        Ok(Self(Timestamp::from_micros(micros)))
    }

    /// Returns the time without fraction and offset, the form of an error's `date`
    /// (`docs/api/errors.md`).
    pub fn without_fraction(self) -> String {
        let at = self.calendar();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// Returns the calendar date and time, clamped to the years 1 to 9999 that the wire can
    /// express.
    fn calendar(self) -> OffsetDateTime {
        let first = PrimitiveDateTime::new(Date::MIN, Time::MIDNIGHT).assume_utc();
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0.as_micros()) * 1_000);
        let last = PrimitiveDateTime::new(Date::MAX, Time::MIDNIGHT).assume_utc();
        let at = at.unwrap_or(if self.0.as_micros() < 0 { first } else { last });
        if at.year() < 1 { at.replace_year(1).unwrap_or(at) } else { at }
    }
}

impl fmt::Display for DateTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_fraction())?;
        let micros = self.calendar().microsecond();
        if micros != 0 {
            let digits = format!("{micros:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl From<Timestamp> for DateTimeOffset {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl Serialize for DateTimeOffset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateTimeOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DateTimeOffset::parse(&text).map_err(de::Error::custom)
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let month = Month::try_from(two_digits(month)?).ok()?;
    Date::from_calendar_date(digits(year)?.try_into().ok()?, month, two_digits(day)?).ok()
}

/// Splits `09:30:00+02:00` into the clock time and its offset from UTC.
fn split_offset(text: &str) -> Option<(&str, Duration)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Duration::ZERO));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, Duration::ZERO));
    };
    let (clock, offset) = text.split_at_checked(at)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let (hours, minutes) = match offset.split_once(':') {
        Some(parts) => parts,
        None if offset.len() == 4 => offset.split_at_checked(2)?,
        None => (offset, "00"),
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ahead = Duration::minutes(i64::from(hours) * 60 + i64::from(minutes));
    Some((clock, if sign == "-" { -ahead } else { ahead }))
}

fn parse_clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = whole.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two_digits)?;
    if parts.next().is_some() || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let scale = 10u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Time::from_hms_nano(hour, minute, second, digits(fraction)?.checked_mul(scale)?).ok()
}

fn two_digits(text: &str) -> Option<u8> {
    if text.len() == 2 { u8::try_from(digits(text)?).ok() } else { None }
}

fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the date-time that a text is read as, printed again.
    fn check(text: &str, expected: Option<&str>) {
        let read = DateTimeOffset::parse(text).ok().map(|moment| moment.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_every_form_the_sdk_sends_and_writes_one() {
        check("2017-01-01T00:02:38.3339201+00:00", Some("2017-01-01T00:02:38.33392Z"));
        check("2026-01-02T03:04:05.678901+00:00", Some("2026-01-02T03:04:05.678901Z"));
        check("2026-01-02T00:00:00", Some("2026-01-02T00:00:00Z"));
        check("2026-01-02T01:30:00+02:00", Some("2026-01-01T23:30:00Z"));
        check("2026-01-02T01:30:00-0130", Some("2026-01-02T03:00:00Z"));
        check("2026-01-02 01:30Z", Some("2026-01-02T01:30:00Z"));
        check("2026-01-02", Some("2026-01-02T00:00:00Z"));
        check("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z"));
        check("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.999999Z"));
        check("1969-12-31T23:59:59.5Z", Some("1969-12-31T23:59:59.5Z"));
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in [
            "",
            "String (timestamp)",
            "1/1/2017 00:00:00",
            "2026-02-30",
            "2026-01-01T00:00:60Z",
            "2026-01-01T24:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-1-1",
            "2026-01-01T00:00:00+99:00",
            "١٢",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn the_ends_of_time_are_still_printed() {
        for micros in [i64::MIN, i64::MAX] {
            let text = DateTimeOffset::new(Timestamp::from_micros(micros)).to_string();
            assert!(DateTimeOffset::parse(&text).is_ok(), "{text}");
        }
    }
}
