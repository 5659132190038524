//! The parts of a corpus: paragraphs, and lines of logs, JSON and CSV about people who are in no
//! table.

use crate::corpus::Form;
use crate::people::{self, OUTSIDERS_FROM};
use crate::random::Random;
use crate::words::LOG_MESSAGES;

/// The kind of a part of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Prose,
    Log,
    Json,
    Csv,
}

impl Kind {
    /// Returns the kind with this name.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match word {
            "prose" => Some(Self::Prose),
            "logs" => Some(Self::Log),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// In twentieths of the corpus: 40 % prose, 25 % logs, 20 % JSON, 15 % CSV.
const SHARES: [(Kind, usize); 4] = [(Kind::Prose, 8), (Kind::Log, 5), (Kind::Json, 4), (Kind::Csv, 3)];
/// Bytes of one kind before the next one follows.
const STRETCH_BYTES: usize = 8 * 1024;

/// A paragraph or line.
pub(crate) struct Unit {
    pub(crate) text: String,
    /// The position of the planted value in it.
    pub(crate) value_at: Option<usize>,
}

/// Generates units.
pub(crate) struct LineMaker<'a> {
    paragraphs: &'a [String],
    random: Random,
    kind: Kind,
    only: Option<Kind>,
    left: usize,
    /// The bytes of each kind so far, in the order of [`SHARES`].
    made: [usize; 4],
    outsider: u64,
    second: u64,
}

impl<'a> LineMaker<'a> {
    /// Makes a generator of all kinds, or of one only.
    pub(crate) fn new(paragraphs: &'a [String], only: Option<Kind>) -> Self {
        Self {
            paragraphs,
            random: Random::new(7),
            kind: Kind::Prose,
            only,
            left: 0,
            made: [0; 4],
            outsider: 0,
            second: 0,
        }
    }

    /// Makes the next unit, with the value in it if one is given.
    pub(crate) fn next(&mut self, value: Option<(&str, Form)>) -> Unit {
        if self.left == 0 {
            self.left = STRETCH_BYTES;
            // The kind that is furthest below its share.
            let behind = (0..4).min_by_key(|kind| self.made[*kind] * 100 / SHARES[*kind].1).unwrap_or(0);
            self.kind = self.only.unwrap_or(SHARES[behind].0);
        }
        // A value with a line break only fits into prose, since elsewhere a line is a record.
        let broken = value.is_some_and(|(text, _)| text.contains('\n'));
        let kind = if broken { Kind::Prose } else { self.kind };
        let unit = match kind {
            Kind::Prose => self.prose(value),
            Kind::Log => self.log(value),
            Kind::Json => self.json(value),
            Kind::Csv => self.csv(value),
        };
        if let Some(index) = SHARES.iter().position(|share| share.0 == kind) {
            self.made[index] += unit.text.len();
        }
        self.left = self.left.saturating_sub(unit.text.len());
        unit
    }

    fn prose(&mut self, value: Option<(&str, Form)>) -> Unit {
        let paragraph = self.random.pick(self.paragraphs);
        let Some((value, _)) = value else {
            return Unit { text: format!("{paragraph}\n\n"), value_at: None };
        };
        // Between two words of the paragraph, as in a letter.
        let middle = paragraph.len() / 2;
        let space = paragraph.as_bytes()[middle..].iter().position(|byte| *byte == b' ');
        let at = space.map_or(paragraph.len(), |offset| middle + offset);
        let text = format!("{} (see: {value}){}\n\n", &paragraph[..at], &paragraph[at..]);
        Unit { text, value_at: Some(at + " (see: ".len()) }
    }

    fn log(&mut self, value: Option<(&str, Form)>) -> Unit {
        let (time, random) = (self.time(), &mut self.random);
        let level = *random.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR"]);
        let address = format!("10.{}.{}.{}", random.below(256), random.below(256), random.below(256));
        let id = format!("{:016x}", random.next());
        let message = *random.pick(LOG_MESSAGES);
        let (duration, port) = (random.below(9_000), 1_024 + random.below(60_000));
        let mut text = format!("{time} {level} [worker-{}] {address}:{port} request={id} ", random.below(32));
        if random.below(4) == 0 {
            let [_, _, email, ..] = self.outsider();
            text.push_str(&format!("user={email} "));
        }
        text.push_str(&format!("{message} in {duration} ms"));
        let value_at = value.map(|_| text.len() + " subject=\"".len());
        if let Some((value, _)) = value {
            text.push_str(&format!(" subject=\"{value}\""));
        }
        text.push('\n');
        Unit { text, value_at }
    }

    fn json(&mut self, value: Option<(&str, Form)>) -> Unit {
        let (time, [ssn, card, email, mrn, name, address]) = (self.time(), self.outsider());
        let random = &mut self.random;
        let (id, amount) = (random.next(), random.below(100_000));
        let mut text = format!(
            "{{\"id\":\"{id:016x}\",\"time\":\"{time}\",\"amount\":{}.{:02},",
            amount / 100,
            amount % 100
        );
        let who = match random.below(4) {
            0 => format!("\"customer\":{{\"name\":\"{name}\",\"email\":\"{email}\"}}"),
            1 => format!("\"patient\":{{\"mrn\":\"{mrn}\",\"ssn\":\"{ssn}\"}}"),
            2 => format!("\"ship_to\":\"{address}\",\"card\":\"{card}\""),
            _ => format!("\"status\":\"pending\",\"retries\":{},\"tags\":[\"new\",\"web\"]", random.below(9)),
        };
        text.push_str(&who);
        let value_at = value.map(|_| text.len() + ",\"note\":\"".len());
        if let Some((value, _)) = value {
            text.push_str(&format!(",\"note\":\"{value}\""));
        }
        text.push_str("}\n");
        Unit { text, value_at }
    }

    fn csv(&mut self, value: Option<(&str, Form)>) -> Unit {
        let [_, card, email, mrn, name, address] = self.outsider();
        let random = &mut self.random;
        let (order, day, month) = (random.below(10_000_000), 1 + random.below(28), 1 + random.below(12));
        let (cents, year) = (random.below(1_000_000), 2015 + random.below(12));
        let last = if random.below(2) == 0 { card } else { mrn };
        let mut text = format!("{order},{year}-{month:02}-{day:02},{name},{email},\"{address}\",");
        text.push_str(&format!("{}.{:02},EUR,{last},", cents / 100, cents % 100));
        let value_at = value.map(|_| text.len() + 1);
        if let Some((value, _)) = value {
            text.push_str(&format!("\"{value}\""));
        }
        text.push('\n');
        Unit { text, value_at }
    }

    fn outsider(&mut self) -> [String; 6] {
        self.outsider += 1;
        people::cells(OUTSIDERS_FROM + self.outsider)
    }

    fn time(&mut self) -> String {
        self.second += 1;
        let second = self.second;
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            1 + second / 2_419_200 % 12,
            1 + second / 86_400 % 28,
            second / 3_600 % 24,
            second / 60 % 60,
            second % 60,
            self.random.below(1_000)
        )
    }
}
