//! Whether digits are a part of an identifier of a machine: of a UUID, a version, a time stamp and
//! the like (`docs/matching.md`, Parts of longer tokens).
//!
//! Problem: an account number of nine digits is as likely to be in a UUID as anywhere, and texts of
//! machines are full of these.
//!
//! Idea: only a hit is judged, so the text around it can be read as often as there are rules. Each
//! rule is one function over bytes; none of them looks further than [`AROUND_BYTES`].

use std::ops::Range;

use crate::text::span::ZoneSpan;

/// How far around the digits the text is read.
const AROUND_BYTES: usize = 128;
const UUID: [usize; 5] = [8, 4, 4, 4, 12];
/// The fewest pieces of a hexadecimal run.
const PIECES_MIN: usize = 4;
/// The fewest letters and digits around a value in a base64 run.
const BASE64_BYTES_MIN: usize = 16;

/// Returns whether what the span holds is a part of a longer token.
pub(crate) fn hold(text: &str, span: ZoneSpan) -> bool {
    let bytes = text.as_bytes();
    let own = bytes.get(span.start..span.end).unwrap_or(&[]);
    let Some(first) = own.iter().position(u8::is_ascii_alphanumeric) else { return false };
    let behind = own.iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let (first, end) = (span.start + first, span.end - behind);
    let from = first.saturating_sub(AROUND_BYTES);
    let to = end.saturating_add(AROUND_BYTES).min(bytes.len());
    let around = bytes.get(from..to).unwrap_or(&[]);
    let token = Token { bytes: around, first: first - from, end: end - from };
    token.is_in_uuid()
        || token.is_in_hexadecimal_run()
        || token.is_in_mac_address()
        || token.is_in_ip_address()
        || token.is_in_version()
        || token.is_fraction()
        || token.is_in_time_stamp()
        || token.is_in_base64_run()
}

/// Digits and the bytes around them.
struct Token<'t> {
    bytes: &'t [u8],
    /// The first digit.
    first: usize,
    /// After the last one.
    end: usize,
}

impl<'t> Token<'t> {
    fn at(&self, index: usize) -> Option<u8> {
        self.bytes.get(index).copied()
    }

    fn before(&self, index: usize) -> Option<u8> {
        self.at(index.checked_sub(1)?)
    }

    /// Returns the end of the run of bytes from an index on.
    fn run_end(&self, from: usize, is_part: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        from + rest.iter().take_while(|byte| is_part(**byte)).count()
    }

    /// Returns the start of the run of bytes that ends before an index.
    fn run_start(&self, to: usize, is_part: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(..to).unwrap_or(&[]);
        to - rest.iter().rev().take_while(|byte| is_part(**byte)).count()
    }

    /// Returns the maximal run around the digits, if they lie in one.
    fn run(&self, is_part: impl Fn(u8) -> bool) -> Option<(usize, usize)> {
        let end = self.run_end(self.first, &is_part);
        (end >= self.end).then(|| (self.run_start(self.first, &is_part), end))
    }

    /// Returns the piece that begins at an index; empty if none does.
    fn piece(&self, start: usize) -> Range<usize> {
        start..self.run_end(start, |byte| byte.is_ascii_alphanumeric())
    }

    /// Returns the piece of the first digit.
    fn own_piece(&self) -> Range<usize> {
        self.piece(self.run_start(self.first, |byte| byte.is_ascii_alphanumeric()))
    }

    fn bytes_of(&self, range: &Range<usize>) -> &'t [u8] {
        self.bytes.get(range.clone()).unwrap_or(&[])
    }

    /// Returns the row of such pieces over a sign in which the digits lie; an empty one if they lie
    /// in none.
    fn row(&self, sign: u8, is_one: impl Fn(&[u8]) -> bool) -> Vec<Range<usize>> {
        let is_one = |piece: &Range<usize>| !piece.is_empty() && is_one(self.bytes_of(piece));
        let mut row = vec![self.own_piece()];
        // Backwards from the piece of the first digit, then forwards from the one after it.
        while let Some(front) = row.last().filter(|piece| is_one(piece)).map(|piece| piece.start) {
            let Some(end) = front.checked_sub(1).filter(|at| self.at(*at) == Some(sign)) else { break };
            row.push(self.run_start(end, |byte| byte.is_ascii_alphanumeric())..end);
        }
        row.retain(|piece| is_one(piece));
        row.reverse();
        while let Some(end) = row.last().map(|piece| piece.end).filter(|end| self.at(*end) == Some(sign)) {
            let piece = self.piece(end + 1);
            if !is_one(&piece) {
                break;
            }
            row.push(piece);
        }
        if row.last().is_none_or(|last| last.end < self.end) {
            row.clear();
        }
        row
    }

    fn is_in_uuid(&self) -> bool {
        let row = self.row(b'-', is_hexadecimal);
        row.windows(UUID.len()).any(|part| {
            let (Some(front), Some(back)) = (part.first(), part.last()) else { return false };
            part.iter().map(Range::len).eq(UUID) && front.start <= self.first && self.end <= back.end
        })
    }

    fn is_in_hexadecimal_run(&self) -> bool {
        let own = self.own_piece().len();
        let is_run = |row: Vec<Range<usize>>| {
            row.len() >= PIECES_MIN && row.iter().any(|piece| is_mixed(self.bytes_of(piece)))
        };
        let joined = |sign: u8| is_run(self.row(sign, |piece| is_hexadecimal(piece) && piece.len() >= 2));
        let spaced = || is_run(self.row(b' ', |piece| is_hexadecimal(piece) && piece.len() == own));
        b"-:.".iter().any(|sign| joined(*sign)) || own.is_multiple_of(2) && spaced()
    }

    fn is_in_mac_address(&self) -> bool {
        let of = |sign: u8, length: usize| {
            self.row(sign, move |piece| is_hexadecimal(piece) && piece.len() == length)
        };
        let pairs = |sign: u8| matches!(of(sign, 2).len(), 6 | 8);
        let fours = of(b'.', 4);
        let lettered = fours.iter().any(|piece| self.bytes_of(piece).iter().any(u8::is_ascii_alphabetic));
        pairs(b'-') || pairs(b':') || fours.len() == 3 && lettered
    }

    fn is_in_ip_address(&self) -> bool {
        if self.row(b'.', is_octet).len() == 4 {
            return true;
        }
        let Some((start, end)) = self.run(|byte| byte.is_ascii_alphanumeric() || byte == b':') else {
            return false;
        };
        let run = self.bytes.get(start..end).unwrap_or(&[]);
        let colons = run.iter().filter(|byte| **byte == b':').count();
        let shortened = run.windows(2).any(|pair| pair == b"::");
        (shortened || colons == 7)
            && run.split(|byte| *byte == b':').all(|piece| piece.len() <= 4 && is_hexadecimal(piece))
    }

    fn is_in_version(&self) -> bool {
        if let Some(end) = self.dotted_end(self.first) {
            let start = self.dotted_start(self.first);
            let outside = start < self.first || self.end < end;
            if outside && self.dots(start, end) >= 2 {
                return true;
            }
        }
        let joined = matches!(self.before(self.first), Some(b'-' | b'+' | b'_'));
        let end = self.first.saturating_sub(1);
        joined && {
            let start = self.dotted_start(end);
            self.before(end).is_some_and(|byte| byte.is_ascii_digit()) && self.dots(start, end) >= 2
        }
    }

    fn dots(&self, start: usize, end: usize) -> usize {
        self.bytes.get(start..end).unwrap_or(&[]).iter().filter(|byte| **byte == b'.').count()
    }

    /// Returns the start of the run of digits, and of single dots between two digits, that ends
    /// before an index or goes on over it.
    fn dotted_start(&self, to: usize) -> usize {
        let mut start = self.run_start(to, |byte| byte.is_ascii_digit());
        while self.before(start) == Some(b'.') {
            let next = self.run_start(start - 1, |byte| byte.is_ascii_digit());
            if next == start - 1 {
                break;
            }
            start = next;
        }
        start
    }

    /// Returns the end of such a run that holds the digit at an index.
    fn dotted_end(&self, from: usize) -> Option<usize> {
        let mut end = self.run_end(from, |byte| byte.is_ascii_digit());
        if end == from {
            return None;
        }
        while self.at(end) == Some(b'.') {
            let next = self.run_end(end + 1, |byte| byte.is_ascii_digit());
            if next == end + 1 {
                break;
            }
            end = next;
        }
        Some(end)
    }

    fn is_fraction(&self) -> bool {
        let own = self.bytes.get(self.first..self.end).unwrap_or(&[]);
        let is_decimal =
            matches!(own, [b'0'..=b'9', b'.', _, ..]) && own.iter().skip(2).all(u8::is_ascii_digit);
        let point = self.first.checked_sub(1).filter(|at| self.at(*at) == Some(b'.'));
        let begins = |at: usize| {
            let before = self.before(at);
            before.is_none_or(|byte| byte.is_ascii_digit() || b" \t\r\n+-(=:,$".contains(&byte))
        };
        is_decimal || point.is_some_and(begins)
    }

    fn is_in_time_stamp(&self) -> bool {
        let in_stamp = |start: usize| {
            let cut = self.before(start).is_some_and(|byte| byte.is_ascii_digit());
            !cut && stamp_ends(self.bytes.get(start..).unwrap_or(&[]), self.end - start)
        };
        self.is_epoch() || (0..=self.first).any(in_stamp)
    }

    /// Returns whether they are the whole seconds or milliseconds of a time with a fraction.
    fn is_epoch(&self) -> bool {
        let digits = self.bytes.get(self.first..self.end).unwrap_or(&[]);
        let before = self.before(self.first);
        let fraction = self.run_end(self.end + 1, |byte| byte.is_ascii_digit());
        matches!(digits.len(), 10 | 13)
            && digits.starts_with(b"1")
            && digits.iter().all(u8::is_ascii_digit)
            && before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'.')
            && self.at(self.end) == Some(b'.')
            && (1..=9).contains(&(fraction - self.end - 1))
            && self.at(fraction) != Some(b'.')
    }

    fn is_in_base64_run(&self) -> bool {
        let is_run = |signs: &[u8]| {
            let run = self.run(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte));
            run.is_some_and(|(start, end)| self.is_mixed_around(start, end))
        };
        is_run(b"+/") || is_run(b"-_")
    }

    /// Returns whether a run from `start` to `end` has so many changes between capitals, small
    /// letters and digits beside the value as only random letters have.
    fn is_mixed_around(&self, start: usize, end: usize) -> bool {
        if self.at(start) == Some(b'/') || self.before(start) == Some(b'.') {
            return false;
        }
        let own_start = self.run_start(self.first, |byte| byte.is_ascii_alphanumeric());
        let own_end = self.run_end(self.end, |byte| byte.is_ascii_alphanumeric());
        let (mut count, mut pairs, mut changes) = (0, 0, 0);
        for part in [(start, own_start), (own_end, end)] {
            let part = self.bytes.get(part.0..part.1).unwrap_or(&[]);
            count += part.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
            for (one, next) in part.iter().zip(part.iter().skip(1)) {
                let both = one.is_ascii_alphanumeric() && next.is_ascii_alphanumeric();
                pairs += usize::from(both);
                changes += usize::from(both && class(*one) != class(*next));
            }
        }
        count >= BASE64_BYTES_MIN && changes * 3 >= pairs
    }
}

fn is_hexadecimal(piece: &[u8]) -> bool {
    piece.iter().all(u8::is_ascii_hexdigit)
}

fn is_mixed(piece: &[u8]) -> bool {
    piece.iter().any(u8::is_ascii_digit) && piece.iter().any(u8::is_ascii_alphabetic)
}

/// Returns whether a piece is a part of an IPv4 address.
fn is_octet(piece: &[u8]) -> bool {
    piece.len() <= 3
        && piece.iter().all(u8::is_ascii_digit)
        && piece.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0')) <= 255
}

fn class(byte: u8) -> u8 {
    if byte.is_ascii_digit() { b'0' } else { byte & 0x20 }
}

/// Returns whether a time stamp begins the bytes and ends at `least` or later, before no digit.
fn stamp_ends(bytes: &[u8], least: usize) -> bool {
    let day = shape(bytes, b"0000-00-00").or_else(|| shape(bytes, b"0000/00/00"));
    let day = day.filter(|end| matches!(bytes.get(*end), Some(b'T' | b't' | b'_' | b' ')));
    let clock = day.map_or(0, |end| end + 1);
    let after = |from: usize, form: &[u8]| {
        bytes.get(from..).and_then(|rest| shape(rest, form)).map(|length| from + length)
    };
    let Some(minutes) = after(clock, b"00:00") else { return false };
    // Each part may be absent, also where it is written but a digit follows it.
    let mut ends = Vec::new();
    if let Some(seconds) = after(minutes, b":00") {
        ends.push(seconds);
        let decimals =
            bytes.get(seconds + 1..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_digit());
        let decimals = decimals.count();
        let fraction = match bytes.get(seconds) {
            Some(b'.') => decimals > 0,
            Some(b',') => matches!(decimals, 3 | 6),
            _ => false,
        };
        ends.extend(fraction.then_some(seconds + 1 + decimals));
    }
    if day.is_some() {
        ends.push(minutes);
        for end in ends.clone() {
            let zone = end + usize::from(bytes.get(end) == Some(&b' '));
            ends.extend(after(zone, b"Z").or_else(|| after(zone, b"z")));
            for sign in [b'+', b'-'] {
                ends.extend(after(zone, &[sign, b'0', b'0', b'0', b'0']));
                ends.extend(after(zone, &[sign, b'0', b'0', b':', b'0', b'0']));
            }
        }
    }
    ends.into_iter().any(|end| end >= least && !bytes.get(end).is_some_and(u8::is_ascii_digit))
}

/// Returns the length of a form that begins the bytes, where `0` is any digit.
fn shape(bytes: &[u8], form: &[u8]) -> Option<usize> {
    let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    (bytes.len() >= form.len() && bytes.iter().zip(form).all(fits)).then_some(form.len())
}

#[cfg(test)]
mod tests;
