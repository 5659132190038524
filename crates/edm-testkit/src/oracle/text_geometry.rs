//! Geometry of the source text: distances, unbreakable runs and table rows (`docs/matching.md`).

use edm_model::{CaseRule, DiacriticRule, Proximity, ProximityUnit};

use super::folding::{Placed, fold, placed};
use super::reading::{Class, class, is_white};
use super::windows::source_view;

const TABLE_ROW_BYTES_MAX: usize = 64 * 1024;
const TABLE_GAP_BYTES_MAX: usize = 4 * 1024;
const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
const RUN_BYTES_MAX: usize = 64 * 1024;

/// A span of source bytes.
pub(crate) type Stretch = (usize, usize);

/// The data about a text that the rules need.
pub(crate) struct TextGeometry<'a> {
    text: &'a str,
    atoms: Vec<Stretch>,
    segments: Vec<Stretch>,
    table_rows: Vec<Stretch>,
}

/// Returns whether two spans share a byte.
pub(crate) const fn overlap(one: Stretch, other: Stretch) -> bool {
    one.0 < other.1 && other.0 < one.1
}

impl<'a> TextGeometry<'a> {
    /// Analyses a text.
    pub(crate) fn new(text: &'a str) -> Self {
        let reading = source_view(&placed(text));
        let atoms = reading.atoms.iter().map(|atom| reading.source(atom.first, atom.end)).collect();
        let segments = runs(text).iter().filter(|run| is_unbreakable(run)).flat_map(segments).collect();
        Self { text, atoms, segments, table_rows: table_rows(text) }
    }

    /// Returns whether both spans overlap the same segment of an unbreakable run.
    pub(crate) fn share_segment(&self, one: Stretch, other: Stretch) -> bool {
        self.segments.iter().any(|segment| overlap(*segment, one) && overlap(*segment, other))
    }

    /// Returns whether both spans are contained in the same table row.
    pub(crate) fn share_table_row(&self, one: Stretch, other: Stretch) -> bool {
        let inside = |row: &Stretch, stretch: Stretch| row.0 <= stretch.0 && stretch.1 <= row.1;
        self.table_rows.iter().any(|row| inside(row, one) && inside(row, other))
    }

    /// Returns whether evidence that does not overlap the primary is within the proximity.
    pub(crate) fn is_near(&self, primary: Stretch, evidence: Stretch, proximity: &Proximity) -> bool {
        let (before, after) = if primary.0 <= evidence.0 { (primary, evidence) } else { (evidence, primary) };
        let distance = proximity.distance as usize;
        let near = match proximity.unit {
            ProximityUnit::Characters => self.characters(before.1, after.0) <= distance,
            ProximityUnit::Words => {
                self.atoms.iter().filter(|atom| before.1 <= atom.0 && atom.1 <= after.0).count() <= distance
            }
            ProximityUnit::Row => return self.share_table_row(primary, evidence),
            ProximityUnit::Document => true,
        };
        // A small distance in its unit may still be too far in bytes, because white space and words
        // can have any length.
        let bytes = after.0.saturating_sub(before.1);
        let most = match proximity.unit {
            ProximityUnit::Characters => 64 * 1024 + 4 * distance,
            ProximityUnit::Words => 64 * 1024 + 64 * distance,
            ProximityUnit::Row | ProximityUnit::Document => DOCUMENT_BYTES_MAX,
        };
        let near = near && bytes <= most.min(DOCUMENT_BYTES_MAX);
        near || (proximity.or_same_row && self.share_table_row(primary, evidence))
    }

    fn characters(&self, from: usize, to: usize) -> usize {
        let mut units = 0;
        let mut white = false;
        for character in self.text[from.min(to)..to].chars() {
            let is_space = character.is_whitespace();
            if !is_space || !white {
                units += character.len_utf16();
            }
            white = is_space;
        }
        units
    }

    /// Converts a byte offset to UTF-16 units.
    pub(crate) fn utf16(&self, offset: usize) -> u64 {
        self.text[..offset].encode_utf16().count() as u64
    }
}

/// A span without white space and brackets, with its characters folded one by one.
struct Run {
    stretch: Stretch,
    folded: String,
    /// Each of its characters, and what that folds to.
    characters: Vec<(Placed, Vec<char>)>,
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open: Option<Run> = None;
    let mut script = None;
    for place in placed(text) {
        let folded = fold(&[place], CaseRule::Sensitive, DiacriticRule::Keep);
        if folded.iter().any(|place| ends_run(place.character)) {
            runs.extend(open.take());
            script = folded
                .iter()
                .map(|place| place.character)
                .rfind(|c| class(*c) != Class::Mark)
                .map(is_cluster);
            continue;
        }
        let own =
            folded.iter().map(|place| place.character).rfind(|c| class(*c) != Class::Mark).map(is_cluster);
        if own.is_some() && script.is_some() && own != script {
            runs.extend(open.take());
        }
        script = own.or(script);
        let run = open.get_or_insert(Run {
            stretch: (place.start, place.start),
            folded: String::new(),
            characters: Vec::new(),
        });
        run.stretch.1 = place.end;
        run.folded.extend(folded.iter().map(|place| place.character));
        run.characters.push((place, folded.iter().map(|place| place.character).collect()));
    }
    runs.extend(open);
    runs
}

fn ends_run(character: char) -> bool {
    is_white(character) || ",;|\"<>()[]{}、。「」『』【】《》〈〉".contains(character)
}

fn is_cluster(character: char) -> bool {
    class(character) == Class::Cluster
}

fn is_unbreakable(run: &Run) -> bool {
    if run.stretch.1 - run.stretch.0 > RUN_BYTES_MAX {
        return false;
    }
    let run = &run.folded;
    let escape = ["\\u", "\\n", "\\r", "\\t", "\\\"", "\\/"].iter().any(|start| run.starts_with(start));
    let path = ["/", "\\", "./", "../", "~/"].iter().any(|start| run.starts_with(start)) && !escape;
    let begins = path || run.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    let mut drive = run.chars();
    let has_drive = drive.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && drive.next() == Some(':')
        && drive.next() == Some('\\');
    run.contains('@') || run.contains("://") || begins || has_drive
}

const DIVIDERS: &str = "/\\:&?#";

/// Divides a run into its segments, and those without `@` at each `+`.
fn segments(run: &Run) -> Vec<Stretch> {
    let written: Vec<char> = run.characters.iter().map(|(place, _)| place.character).collect();
    let hexadecimal = |from: usize, count: usize| {
        let digits: String = written.iter().skip(from).take(count).collect();
        (digits.len() == count).then(|| u32::from_str_radix(&digits, 16).ok()).flatten()
    };
    let is_hexadecimal = |from: usize, count: usize| {
        (from..from + count).all(|at| written.get(at).is_some_and(char::is_ascii_hexdigit))
    };
    let mut segments: Vec<Vec<usize>> = vec![Vec::new()];
    let mut position = 0;
    while position < written.len() {
        let escape = match (written[position], written.get(position + 1)) {
            ('\\', Some('u')) => is_hexadecimal(position + 2, 4),
            ('\\', Some('x')) => is_hexadecimal(position + 2, 2),
            _ => false,
        };
        let is_twice = written[position..].starts_with(&['%', '2', '5']) && is_hexadecimal(position + 3, 2);
        let digits = position + if is_twice { 3 } else { 1 };
        let represented = (written[position] == '%' && is_hexadecimal(digits, 2))
            .then(|| hexadecimal(digits, 2).and_then(char::from_u32))
            .flatten()
            .filter(char::is_ascii);
        let folded = &run.characters[position].1;
        if represented.is_some_and(|c| ends_run(c) || DIVIDERS.contains(c)) {
            segments.push(Vec::new());
            position = digits + 2;
            continue;
        }
        if !escape && folded.iter().any(|c| DIVIDERS.contains(*c)) {
            segments.push(Vec::new());
        } else {
            segments.last_mut().expect("one is there from the start").push(position);
        }
        position += 1;
    }
    let holds = |at: usize, wanted: char| run.characters[at].1.contains(&wanted);
    let is_address = |segment: &Vec<usize>| {
        let own: String = segment.iter().map(|at| written[*at]).collect();
        own.contains("%40") || own.contains("%2540") || segment.iter().any(|at| holds(*at, '@'))
    };
    let divided = segments.iter().flat_map(|segment| {
        let is_address = is_address(segment);
        let divides = |at: &usize| !is_address && holds(*at, '+');
        segment.split(divides).collect::<Vec<_>>()
    });
    let stretch = |positions: &[usize]| {
        let (first, last) = (positions.first()?, positions.last()?);
        Some((run.characters[*first].0.start, run.characters[*last].0.end))
    };
    divided.filter_map(stretch).collect()
}

/// A line, as a possible table row.
struct Line<'a> {
    stretch: Stretch,
    text: &'a str,
}

impl Line<'_> {
    fn is_too_long(&self) -> bool {
        self.text.len() > TABLE_ROW_BYTES_MAX
    }

    /// Empty lines and separator lines.
    fn is_passed_over(&self) -> bool {
        let dashes = self.text.matches(['-', '=']).count();
        let drawn = dashes >= 3 && self.text.chars().all(|character| "-=|+: \t".contains(character));
        !self.is_too_long() && (self.text.trim().is_empty() || drawn)
    }

    /// Returns the starts of its cells that follow at least two spaces.
    fn cell_starts(&self) -> Vec<usize> {
        let characters: Vec<char> = self.text.chars().collect();
        let begins = |position: usize| {
            let before = &characters[..position];
            before.ends_with(&[' ', ' '])
                && characters[position] != ' '
                && before.iter().any(|character| *character != ' ')
        };
        (0..characters.len()).filter(|position| begins(*position)).collect()
    }

    fn is_divided_like(&self, other: &Self) -> bool {
        let (gap_start, gap_end) = if self.stretch < other.stretch {
            (self.stretch.1, other.stretch.0)
        } else {
            (other.stretch.1, self.stretch.0)
        };
        if self.is_too_long() || other.is_too_long() || gap_end - gap_start > TABLE_GAP_BYTES_MAX {
            return false;
        }
        let (own, others) = (self.cell_starts(), other.cell_starts());
        let within =
            |some: &[usize], all: &[usize]| !some.is_empty() && some.iter().all(|start| all.contains(start));
        let separated = [('\t', 1), ('|', 1), (';', 1), (',', 2)].into_iter().any(|(separator, least)| {
            let count = separators(self.text, separator);
            count >= least && count == separators(other.text, separator)
        });
        separated || within(&own, &others) || within(&others, &own)
    }
}

fn table_rows(text: &str) -> Vec<Stretch> {
    let lines = lines(text).into_iter();
    let lines = lines.map(|stretch| Line { stretch, text: &text[stretch.0..stretch.1] });
    let lines: Vec<Line<'_>> = lines.filter(|line| !line.is_passed_over()).collect();
    let mut rows = html_rows(text);
    for (number, line) in lines.iter().enumerate() {
        let neighbours = [number.checked_sub(1), Some(number + 1)];
        let mut neighbours = neighbours.into_iter().filter_map(|neighbour| lines.get(neighbour?));
        if neighbours.any(|other| line.is_divided_like(other)) {
            rows.push(line.stretch);
        }
    }
    rows.retain(|(start, end)| end - start <= TABLE_ROW_BYTES_MAX);
    rows
}

fn separators(line: &str, separator: char) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for character in line.chars() {
        quoted ^= character == '"';
        count += usize::from(character == separator && !quoted);
    }
    count
}

fn lines(text: &str) -> Vec<Stretch> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (offset, character) in text.char_indices() {
        let folded = matches!(character, '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if folded || class(character) == Class::Break {
            lines.push((start, offset));
            start = offset + character.len_utf8();
        }
    }
    lines.push((start, text.len()));
    lines
}

fn html_rows(text: &str) -> Vec<Stretch> {
    let lower = text.to_ascii_lowercase();
    let tags = |tag: &'static str| {
        let is_whole = |start: &usize| {
            let next = lower[start + tag.len()..].chars().next();
            next.is_none_or(|next| next == '>' || next.is_ascii_whitespace())
        };
        lower.match_indices(tag).map(|(start, _)| start).filter(is_whole).collect::<Vec<usize>>()
    };
    let ends = tags("</tr");
    let row = |start: usize| Some((start, ends.iter().copied().find(|end| *end > start)?));
    tags("<tr").into_iter().filter_map(row).collect()
}
