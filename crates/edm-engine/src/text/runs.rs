//! Where in a text something stands: runs that are one place, and rows of tables (`docs/matching.md`, Evidence).

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use edm_hash::{fold_character, is_cluster, is_mark};
use edm_model::limits::{RUN_BYTES_MAX, TABLE_ROW_BYTES_MAX};

use crate::text::table_rows::Lines;

/// A stretch of the text, in bytes.
pub(crate) type Stretch = (usize, usize);

/// The places of a text, each found when a value that stands there is asked about.
pub(crate) struct Places<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// HTML table rows.
    html: OnceCell<Vec<Stretch>>,
    /// Long stretches that begin and end where runs do, by where they begin, with their one-place runs.
    known: RefCell<BTreeMap<usize, Runs>>,
    /// What was answered of the last stretches: where values stand close together each is asked about many times.
    answered: RefCell<Vec<(Stretch, Vec<Stretch>)>>,
}

/// Answers that are kept; a stretch has one place among them.
const ANSWERS: usize = 64;

/// Where runs end, and those that are one place for one column only: addresses, URLs, paths.
struct Runs {
    end: usize,
    single: Vec<Stretch>,
}

/// A stretch with runs of more bytes is looked at once; shorter ones are looked at again as fast.
const RUNS_KEPT_BYTES: usize = 1_024;

const BREAKS: &[char] = &[
    ',', ';', '|', '"', '<', '>', '(', ')', '[', ']', '{', '}', '、', '。', '「', '」', '『', '』', '【',
    '】', '《', '》', '〈', '〉',
];

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: Lines::new(text),
            html: OnceCell::new(),
            known: RefCell::default(),
            answered: RefCell::default(),
        }
    }

    /// Returns the one-place runs that a stretch touches.
    pub(crate) fn single_runs(&self, stretch: Stretch) -> Vec<Stretch> {
        let mut answered = self.answered.borrow_mut();
        if answered.is_empty() {
            answered.resize(ANSWERS, ((0, 0), Vec::new()));
        }
        let place = (stretch.0 ^ stretch.0 >> 6) % ANSWERS;
        let Some(answer) = answered.get_mut(place) else { return self.find_single_runs(stretch) };
        if answer.0 != stretch {
            *answer = (stretch, self.find_single_runs(stretch));
        }
        answer.1.clone()
    }

    fn find_single_runs(&self, stretch: Stretch) -> Vec<Stretch> {
        let touched = |single: &[Stretch]| -> Vec<Stretch> {
            let from = single.partition_point(|run| run.1 <= stretch.0);
            let to = single.partition_point(|run| run.0 < stretch.1);
            single.get(from..to.max(from)).unwrap_or(&[]).to_vec()
        };
        let mut known = self.known.borrow_mut();
        if let Some((_, runs)) = known.range(..=stretch.0).next_back()
            && stretch.1 <= runs.end
        {
            return touched(&runs.single);
        }
        let from = before_runs(self.text, stretch.0);
        let runs = runs(self.text, from, stretch.1);
        let touched = touched(&runs.single);
        if runs.end - from.0 > RUNS_KEPT_BYTES {
            known.insert(from.0, runs);
        }
        touched
    }

    /// Returns the table rows that hold a stretch.
    pub(crate) fn table_rows(&self, stretch: Stretch) -> impl Iterator<Item = Stretch> + '_ {
        let html = self.html.get_or_init(|| html_rows(self.text));
        let after = html.partition_point(|row| row.0 <= stretch.0);
        let row = after.checked_sub(1).and_then(|index| html.get(index)).copied();
        self.lines.row_of(stretch).into_iter().chain(row.filter(|row| stretch.1 <= row.1))
    }

    pub(crate) fn same_table_row(&self, a: Stretch, b: Stretch) -> bool {
        self.table_rows(a).any(|row| row.0 <= b.0 && b.1 <= row.1)
    }

    /// Says whether a stretch stands in a line that is too long to be judged.
    pub(crate) fn in_long_line(&self, stretch: Stretch) -> bool {
        self.lines.in_long_line(stretch)
    }
}

/// Which characters of ASCII no run goes on over: white space and those of [`BREAKS`].
const ASCII_BREAKS: [bool; 128] = {
    let mut ends = [false; 128];
    let mut at = 0;
    while at < 128 {
        ends[at] = matches!(
            at as u8,
            b'\t'
                ..=b'\r'
                    | b' '
                    | b','
                    | b';'
                    | b'|'
                    | b'"'
                    | b'<'
                    | b'>'
                    | b'('
                    | b')'
                    | b'['
                    | b']'
                    | b'{'
                    | b'}'
        );
        at += 1;
    }
    ends
};

/// What a character is in a run. Runs are judged on folded characters: a full-width at sign makes an address too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Role {
    /// Whether no run goes on over it.
    ends: bool,
    /// Whether it is of a script written without spaces; `None`: a mark, which belongs to what it stands on.
    in_clusters: Option<bool>,
}

impl Role {
    fn of(character: char) -> Self {
        if character.is_ascii() {
            let ends = ASCII_BREAKS.get(character as usize) == Some(&true);
            return Self { ends, in_clusters: Some(false) };
        }
        let own = [character];
        let folded = fold_character(character).unwrap_or(&own);
        Self {
            ends: folded.iter().any(|c| c.is_whitespace() || BREAKS.contains(c)),
            in_clusters: folded.iter().rev().copied().find(|c| !is_mark(*c)).map(is_cluster),
        }
    }
}

/// Returns an offset at which no run goes on that is of any interest to what stands at `offset`, and whether a cluster stands
/// in front of it. No run of clusters is a place, so that none has to be followed to its front.
fn before_runs(text: &str, offset: usize) -> (usize, Option<bool>) {
    let mut front = text.get(..offset).unwrap_or("");
    loop {
        let plain = |byte: &u8| ASCII_BREAKS.get(usize::from(*byte)) == Some(&false);
        let passed = front.bytes().rev().take_while(|byte| plain(byte)).count();
        front = front.get(..front.len() - passed).unwrap_or("");
        let Some(character) = front.chars().next_back() else { return (0, None) };
        let role = Role::of(character);
        if role.ends || role.in_clusters == Some(true) {
            return (front.len(), role.in_clusters);
        }
        front = front.get(..front.len() - character.len_utf8()).unwrap_or("");
    }
}

/// Finds the one-place runs from an offset at which none goes on to one, at `until` or behind it, where none does again.
fn runs(text: &str, (from, mut in_clusters): (usize, Option<bool>), until: usize) -> Runs {
    let mut single = Vec::new();
    let mut start = None;
    let mut close = |start: &mut Option<usize>, end: usize| {
        if let Some(begin) = start.take()
            && end - begin <= RUN_BYTES_MAX
            && is_single(text.get(begin..end).unwrap_or(""))
        {
            single.push((begin, end));
        }
    };
    let mut offset = from;
    while let Some(rest) = text.get(offset..) {
        // Characters of ASCII that end no run change nothing behind another one of ASCII.
        if in_clusters == Some(false) && start.is_some() {
            let plain = |byte: &u8| ASCII_BREAKS.get(usize::from(*byte)) == Some(&false);
            offset += rest.bytes().take_while(|byte| plain(byte)).count();
        }
        let Some(character) = text.get(offset..).and_then(|rest| rest.chars().next()) else { break };
        let role = Role::of(character);
        if let (Some(own), Some(known)) = (role.in_clusters, in_clusters)
            && own != known
        {
            close(&mut start, offset);
        }
        in_clusters = role.in_clusters.or(in_clusters);
        if role.ends {
            close(&mut start, offset);
        }
        if start.is_none() && offset >= until {
            return Runs { end: offset, single };
        }
        if !role.ends {
            start = start.or(Some(offset));
        }
        offset += character.len_utf8();
    }
    close(&mut start, text.len());
    Runs { end: text.len(), single }
}

/// Behind a backslash these make an escape, as JSON writes it, and no path.
const ESCAPES: &[char] = &['u', 'n', 'r', 't', '"', '/'];

/// Says whether a run, as it stands in the text, is one place.
fn is_single(run: &str) -> bool {
    if run.is_ascii() {
        return is_single_folded(run);
    }
    let mut folded = String::with_capacity(run.len());
    for character in run.chars() {
        match fold_character(character) {
            Some(sequence) => folded.extend(sequence),
            None => folded.push(character),
        }
    }
    is_single_folded(&folded)
}

fn is_single_folded(run: &str) -> bool {
    let bytes = run.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1..3) == Some(b":\\");
    bytes.contains(&b'@')
        || bytes.contains(&b':') && run.contains("://")
        || ["/", "./", "../", "~/"].iter().any(|prefix| run.starts_with(prefix))
        || run.strip_prefix('\\').is_some_and(|rest| !rest.starts_with(ESCAPES))
        || bytes.get(..4).is_some_and(|front| front.eq_ignore_ascii_case(b"www."))
        || drive
}

/// Each row ends at its end tag and begins at the first start tag behind the row before that is near enough.
fn html_rows(text: &str) -> Vec<Stretch> {
    let mut rows = Vec::new();
    let mut start = find_tag(text, 0, "<tr");
    let mut at = start.unwrap_or(text.len());
    while let Some(end) = find_tag(text, at, "</tr") {
        let near = |begin: usize| begin + TABLE_ROW_BYTES_MAX >= end;
        while let Some(begin) = start.filter(|begin| *begin < end && !near(*begin)) {
            start = find_tag(text, begin + 1, "<tr");
        }
        if let Some(begin) = start.filter(|begin| *begin < end) {
            rows.push((begin, end));
            start = find_tag(text, end, "<tr");
        }
        at = end + 1;
    }
    rows
}

fn find_tag(text: &str, from: usize, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(offset) = position_of(bytes.get(at..)?, b'<') {
        at += offset;
        let name = bytes.get(at..at + tag.len());
        let ends = bytes.get(at + tag.len()).is_none_or(|byte| *byte == b'>' || byte.is_ascii_whitespace());
        if ends && name.is_some_and(|name| name.eq_ignore_ascii_case(tag.as_bytes())) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns where a byte first stands, passing over whole pieces without it.
fn position_of(bytes: &[u8], wanted: u8) -> Option<usize> {
    const PIECE: usize = 64;
    let (pieces, rest) = bytes.as_chunks::<PIECE>();
    let has = |piece: &[u8; PIECE]| piece.iter().fold(false, |has, byte| has | (*byte == wanted));
    let first = pieces.iter().position(has).unwrap_or(pieces.len());
    let bytes = pieces.get(first).map_or(rest, |piece| piece.as_slice());
    Some(first * PIECE + bytes.iter().position(|byte| *byte == wanted)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_html_tables() {
        let far = " ".repeat(TABLE_ROW_BYTES_MAX);
        let check = |text: &str, expected: &[Stretch]| assert_eq!(html_rows(text), expected, "{text:?}");
        check("<tr><td>1</tr> <TR\nclass=a>2</TR >", &[(0, 9), (15, 28)]);
        check("<tr>1<tr>2</tr>3</tr>", &[(0, 10)]);
        check("<tr>1", &[]);
        check("</tr><track></tr>", &[]);
        check(&format!("<tr>{far}<tr>1</tr>"), &[(far.len() + 4, far.len() + 9)]);
        check(&format!("<tr>{far}</tr><tr>1</tr>"), &[(far.len() + 9, far.len() + 14)]);
    }

    /// All one-place runs of a text, found from its front to its end as the rules say.
    fn slowly(text: &str) -> Vec<Stretch> {
        let (mut single, mut start, mut run, mut in_clusters) = (Vec::new(), None, String::new(), None);
        for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
            let own = [character];
            let folded = fold_character(character).unwrap_or(&own);
            let ends = folded.iter().any(|c| c.is_whitespace() || BREAKS.contains(c));
            let script = folded.iter().rev().copied().find(|c| !is_mark(*c)).map(is_cluster);
            let cut = script.zip(in_clusters).is_some_and(|(own, known)| own != known);
            if let Some(begin) = start.filter(|_| ends || cut) {
                if offset - begin <= RUN_BYTES_MAX && is_single_folded(&run) {
                    single.push((begin, offset));
                }
                run.clear();
                start = None;
            }
            in_clusters = script.or(in_clusters);
            if !ends {
                start = start.or(Some(offset));
                run.extend(folded);
            }
        }
        single
    }

    /// Returns all one-place runs, which must be the same wherever one begins to ask.
    fn rows_of_runs(text: &str) -> Vec<Stretch> {
        let single = slowly(text);
        let step = text.len() / 300 + 1;
        let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).step_by(step).collect();
        let places = Places::new(text);
        for start in offsets.iter().rev() {
            for characters in [1, 2, 9, 40] {
                let rest =
                    text[*start..].char_indices().nth(characters).map_or(text.len(), |(at, _)| start + at);
                let stretch = (*start, rest);
                let touches = |run: &&Stretch| run.1 > stretch.0 && run.0 < stretch.1;
                let expected: Vec<Stretch> = single.iter().filter(touches).copied().collect();
                assert_eq!(places.single_runs(stretch), expected, "{stretch:?} of {:?}", text.get(..200));
                assert_eq!(Places::new(text).single_runs(stretch), expected, "{stretch:?} alone");
            }
        }
        single
    }

    #[test]
    fn runs_are_those_found_from_the_front() {
        let check = |text: &str, count: usize| assert_eq!(rows_of_runs(text).len(), count, "{text}");
        check("write to a@b.c, or c@d.e; www.x.y C:\\dir /tmp \\u0041 \\srv", 6);
        check("名前は山田a@b.c。山田 a@漢字b@c漢", 3);
        check("a@\u{301}\u{301}漢\u{301}b@c\u{301} \u{301}@x \u{301}漢@\u{FF20}", 4);
        check("ａ＠ｂ，c://d／e、 /x漢/y", 4);
        check(&format!("{}漢字{}", "x@y ".repeat(400), "/path/".repeat(400)), 401);
        check(&"\u{200B}@\u{200B}漢\u{200B}ก@ก".repeat(30), 60);
    }

    #[test]
    fn runs_are_not_longer_than_the_bound() {
        let runs = |length: usize| rows_of_runs(&format!("a {}@ b", "x".repeat(length))).len();
        assert_eq!((runs(RUN_BYTES_MAX - 1), runs(RUN_BYTES_MAX)), (1, 0));
    }
}
