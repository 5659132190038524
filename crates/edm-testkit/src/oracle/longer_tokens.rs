//! Tokens whose digits are no values (`docs/matching.md`, Parts of longer tokens).

use std::sync::LazyLock;

use regex::Regex;

const AROUND_BYTES: usize = 128;

/// A piece or a run: its first byte and one after its last.
type Piece = (usize, usize);

/// Returns whether the place in the text is a part of a longer token.
pub(crate) fn is_part(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = (start..end).find(|at| bytes[*at].is_ascii_alphanumeric()) else { return false };
    let last = (start..end).rfind(|at| bytes[*at].is_ascii_alphanumeric()).unwrap_or(first);
    let from = first.saturating_sub(AROUND_BYTES);
    let to = (last + 1 + AROUND_BYTES).min(bytes.len());
    // A byte of another character is none of the characters that matter.
    let text = bytes[from..to].iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{7f}' });
    let token = Surroundings::new(text.collect(), first - from, last + 1 - from);
    let rules = [
        Surroundings::is_in_uuid,
        Surroundings::is_in_hexadecimal_run,
        Surroundings::is_in_mac_address,
        Surroundings::is_in_ip_address,
        Surroundings::is_in_version,
        Surroundings::is_fraction,
        Surroundings::is_in_time_stamp,
        Surroundings::is_in_base64_run,
    ];
    rules.iter().any(|rule| rule(&token))
}

/// Digits and the text around them.
struct Surroundings {
    text: String,
    first: usize,
    end: usize,
    pieces: Vec<Piece>,
}

impl Surroundings {
    fn new(text: String, first: usize, end: usize) -> Self {
        let pieces = runs(&text, |character| character.is_ascii_alphanumeric());
        Self { text, first, end, pieces }
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// Returns the row of such pieces over the sign in which the digits lie.
    fn row(&self, sign: char, is_one: impl Fn(&str) -> bool) -> Vec<Piece> {
        let mut rows: Vec<Vec<Piece>> = vec![Vec::new()];
        for piece in &self.pieces {
            let is_one = is_one(self.piece(piece));
            let last = rows.last().and_then(|row| row.last());
            let joined = last.is_some_and(|last| self.text[last.1..piece.0].chars().eq([sign]));
            if !joined || !is_one {
                rows.push(Vec::new());
            }
            if let Some(row) = rows.last_mut().filter(|_| is_one) {
                row.push(*piece);
            }
        }
        rows.into_iter().find(|row| self.lie_in(row)).unwrap_or_default()
    }

    fn lie_in(&self, row: &[Piece]) -> bool {
        let (Some(first), Some(last)) = (row.first(), row.last()) else { return false };
        first.0 <= self.first && self.end <= last.1
    }

    fn piece(&self, piece: &Piece) -> &str {
        &self.text[piece.0..piece.1]
    }

    fn is_in_uuid(&self) -> bool {
        let row = self.row('-', is_hexadecimal);
        let sizes = |part: &[Piece]| part.iter().map(|piece| piece.1 - piece.0).eq([8, 4, 4, 4, 12]);
        row.windows(5).any(|part| sizes(part) && self.lie_in(part))
    }

    fn is_in_hexadecimal_run(&self) -> bool {
        let own = self.pieces.iter().find(|piece| piece.1 > self.first).map_or(0, |piece| piece.1 - piece.0);
        let is_run = |row: Vec<Piece>| row.len() >= 4 && row.iter().any(|piece| is_mixed(self.piece(piece)));
        let spaced = || self.row(' ', |piece| is_hexadecimal(piece) && piece.len() == own);
        ['-', ':', '.']
            .into_iter()
            .any(|sign| is_run(self.row(sign, |piece| is_hexadecimal(piece) && piece.len() >= 2)))
            || (own >= 2 && own.is_multiple_of(2) && is_run(spaced()))
    }

    fn is_in_mac_address(&self) -> bool {
        let of = |count: usize| move |piece: &str| is_hexadecimal(piece) && piece.len() == count;
        let pairs = |sign: char| [6, 8].contains(&self.row(sign, of(2)).len());
        let fours = self.row('.', of(4));
        pairs('-')
            || pairs(':')
            || (fours.len() == 3
                && fours.iter().any(|piece| self.piece(piece).contains(|c: char| c.is_ascii_alphabetic())))
    }

    fn is_in_ip_address(&self) -> bool {
        let is_number =
            |piece: &str| piece.len() <= 3 && piece.parse::<u16>().is_ok_and(|number| number <= 255);
        if self.row('.', is_number).len() == 4 {
            return true;
        }
        let runs = runs(&self.text, |character| character.is_ascii_alphanumeric() || character == ':');
        runs.iter().filter(|run| run.0 <= self.first && self.end <= run.1).any(|run| {
            let run = &self.text[run.0..run.1];
            let groups = run.split(':').all(|piece| piece.len() <= 4 && is_hexadecimal(piece));
            groups && (run.contains("::") || run.matches(':').count() == 7)
        })
    }

    fn is_in_version(&self) -> bool {
        let numbers: Vec<Piece> = DOTTED.find_iter(&self.text).map(|run| (run.start(), run.end())).collect();
        let is_version = |run: &Piece| self.text[run.0..run.1].matches('.').count() >= 2;
        numbers.iter().filter(|run| is_version(run)).any(|run| {
            let around = run.0 <= self.first && self.first < run.1;
            let part = around && (run.0 < self.first || self.end < run.1);
            let joined =
                run.1 + 1 == self.first && self.before(self.first).is_some_and(|c| "-+_".contains(c));
            part || joined
        })
    }

    fn is_fraction(&self) -> bool {
        let own = &self.text[self.first..self.end];
        DECIMAL.is_match(own)
            || self.before(self.first) == Some('.')
                && self
                    .before(self.first - 1)
                    .is_none_or(|c| c.is_ascii_digit() || " \t\r\n".contains(c) || "+-(=:,$".contains(c))
    }

    fn is_in_time_stamp(&self) -> bool {
        let digits = &self.text[self.first..self.end];
        let whole = digits.starts_with('1')
            && [10, 13].contains(&digits.len())
            && digits.chars().all(|c| c.is_ascii_digit())
            && self.before(self.first).is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.');
        let epoch = whole && EPOCH_FRACTION.is_match(&self.text[self.end..]);
        let stamp_end = |at: usize| {
            let cut = self.before(at).is_some_and(|c| c.is_ascii_digit());
            let stamp = STAMP.captures(&self.text[at..]).filter(|_| !cut)?;
            Some(at + stamp.get(1)?.end())
        };
        epoch || (0..=self.first).filter_map(stamp_end).any(|end| self.end <= end)
    }

    fn is_in_base64_run(&self) -> bool {
        ["+/", "-_"].into_iter().any(|signs| {
            let all = runs(&self.text, |c| c.is_ascii_alphanumeric() || signs.contains(c));
            let mut around = all.iter().filter(|run| run.0 <= self.first && self.end <= run.1);
            around.any(|run| self.is_mixed_around(*run))
        })
    }

    fn is_mixed_around(&self, run: Piece) -> bool {
        if self.after(run.0) == Some('/') || self.before(run.0) == Some('.') {
            return false;
        }
        let others = self.pieces.iter().filter(|piece| run.0 <= piece.0 && piece.1 <= run.1);
        let others = others.filter(|piece| piece.1 <= self.first || self.end <= piece.0);
        let (mut count, mut pairs, mut changes) = (0, 0, 0);
        for piece in others {
            let piece: Vec<char> = self.text[piece.0..piece.1].chars().collect();
            count += piece.len();
            pairs += piece.len() - 1;
            changes += piece.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
        }
        count >= 16 && changes * 3 >= pairs
    }
}

static DOTTED: LazyLock<Regex> = LazyLock::new(|| expression(r"[0-9]+(?:\.[0-9]+)*"));
static DECIMAL: LazyLock<Regex> = LazyLock::new(|| expression(r"^[0-9]\.[0-9]+$"));
static EPOCH_FRACTION: LazyLock<Regex> = LazyLock::new(|| expression(r"^\.[0-9]{1,9}(?:[^0-9.]|$)"));

static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    let fraction = r"(?:\.[0-9]+|,[0-9]{6}|,[0-9]{3})?";
    let zone = r"(?: ?(?:[Zz]|[+-][0-9]{4}|[+-][0-9]{2}:[0-9]{2}))?";
    let day = r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}/[0-9]{2}/[0-9]{2})[Tt_ ]";
    let clock = r"[0-9]{2}:[0-9]{2}";
    let seconds = format!(":[0-9]{{2}}{fraction}");
    expression(&format!("^({day}{clock}(?:{seconds})?{zone}|{clock}{seconds})(?:[^0-9]|$)"))
});

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("the expression is our own")
}

fn runs(text: &str, is_part: impl Fn(char) -> bool) -> Vec<Piece> {
    let mut runs: Vec<Piece> = Vec::new();
    for (at, _) in text.char_indices().filter(|(_, character)| is_part(*character)) {
        match runs.last_mut().filter(|run| run.1 == at) {
            Some(run) => run.1 = at + 1,
            None => runs.push((at, at + 1)),
        }
    }
    runs
}

fn is_hexadecimal(piece: &str) -> bool {
    piece.chars().all(|character| character.is_ascii_hexdigit())
}

fn is_mixed(piece: &str) -> bool {
    piece.chars().any(|c| c.is_ascii_digit()) && piece.chars().any(|c| c.is_ascii_alphabetic())
}

fn kind(character: char) -> u8 {
    match character {
        'A'..='Z' => 0,
        'a'..='z' => 1,
        _ => 2,
    }
}
