//! Names in cells and texts (`docs/formats/hash.md`, Name; `docs/matching.md`, Names).

mod form;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use edm_model::{DiacriticRule, Rule};

use form::Name;

use super::edges::{Edge, Stretch};
use super::reading::{Kind, Reading, is_crossed, is_white, plain};

const WORDS: &str = include_str!("../../../edm-hash/src/value/name/name_words.tsv");
const SIGNS: [(char, char); 8] =
    [('(', ')'), ('[', ']'), ('"', '"'), ('“', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('\'', '\'')];
const HEBREW: &str = "למבהושכ";

/// A piece of a text that may be a name.
pub(crate) struct NameCandidate {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) forms: Vec<String>,
    pub(crate) attached: bool,
}

/// The kinds and forms of each word of the table.
static TABLE: LazyLock<BTreeMap<&str, Vec<[&str; 2]>>> = LazyLock::new(|| {
    let mut table: BTreeMap<&str, Vec<[&str; 2]>> = BTreeMap::new();
    for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        for word in fields[2].split(' ') {
            table.entry(word).or_default().push([fields[0], fields[1]]);
        }
    }
    table
});

/// Returns the form of a table word of a kind.
fn listed(kind: &str, word: &str) -> Option<String> {
    let own = TABLE.get(word.to_lowercase().as_str())?;
    own.iter().find(|[own, _]| *own == kind).map(|[_, form]| (*form).to_owned())
}

fn is_listed(word: &str) -> bool {
    ["title", "degree", "suffix"].iter().any(|kind| listed(kind, word).is_some())
}

/// Applies M1 to the characters of an atom.
fn dotless(word: &str) -> String {
    let mut out = String::new();
    for character in word.chars() {
        match character {
            'ı' => out.push('i'),
            'İ' => out.push('I'),
            '\u{307}' if out.ends_with(['i', 'I']) => {}
            other => out.push(other),
        }
    }
    out
}

/// Applies M2.
fn shortened(word: &str) -> String {
    let characters: Vec<char> = word.chars().collect();
    let lower = |at: usize| characters[at].to_ascii_lowercase();
    let (mut out, mut at) = (String::new(), 0);
    while at < characters.len() {
        out.push(characters[at]);
        let pair = at + 1 < characters.len()
            && matches!((lower(at), lower(at + 1)), ('a' | 'o' | 'u', 'e') | ('a', 'a'))
            && (at == 0 || !"aeiouyq".contains(lower(at - 1)));
        at += if pair { 2 } else { 1 };
    }
    out
}

/// The gaps of a run of atoms as M3 and M4 read them.
enum Gap {
    Nothing,
    Joint,
    Comma,
    Other(String),
}

/// Reads names of one rule in one reading.
pub(crate) struct Names<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) rule: &'a Rule,
}

impl Names<'_> {
    /// Returns the name that a whole cell is.
    pub(crate) fn cell(&self) -> Name {
        let last = self.reading.atoms.len() - 1;
        let behind = self.reading.gap_after(last);
        self.name(0, last, &behind, None)
    }

    fn kind(&self, atom: usize) -> Kind {
        self.reading.atoms[atom].kind
    }

    /// Returns an atom after M1.
    fn written(&self, atom: usize) -> String {
        let text = self.reading.atom(atom);
        if self.kind(atom) == Kind::Letters { dotless(&text) } else { text }
    }

    /// Returns an atom after M1 and M2.
    fn word(&self, atom: usize) -> String {
        let written = self.written(atom);
        let folds = self.rule.diacritics == DiacriticRule::Fold && self.kind(atom) == Kind::Letters;
        if folds { shortened(&written) } else { written }
    }

    fn is_joint(&self, gap: &[char]) -> bool {
        let part = |c: &char| {
            is_white(*c)
                || matches!(c, '\'' | '-' | '.' | '·' | '・' | '_')
                || self.rule.delimiters.contains(*c)
        };
        !gap.is_empty() && plain(gap).iter().all(part)
    }

    fn is_comma(&self, gap: &[char]) -> bool {
        let signs: String = plain(gap).into_iter().filter(|c| !is_white(*c)).collect();
        !self.is_joint(gap) && signs.trim_start_matches('.') == ","
    }

    fn gap(&self, atom: usize) -> Gap {
        let gap = self.reading.gap_after(atom);
        if gap.is_empty() {
            Gap::Nothing
        } else if self.is_joint(&gap) {
            Gap::Joint
        } else if self.is_comma(&gap) {
            Gap::Comma
        } else {
            Gap::Other(plain(&gap).into_iter().filter(|c| !is_white(*c)).collect())
        }
    }

    /// Returns the last atom of a nickname that begins behind `atom`.
    fn nickname(&self, atom: usize, last: usize, behind: &[char]) -> Option<usize> {
        let front = plain(&self.reading.gap_after(atom));
        let (opening, white) = front.split_last()?;
        if white.is_empty() || !white.iter().all(|c| is_white(*c)) {
            return None;
        }
        for end in atom + 1..=(atom + 3).min(last) {
            if self.kind(end) == Kind::Digits {
                return None;
            }
            let closes = |sign: &char| SIGNS.contains(&(*opening, *sign));
            let gap = plain(&self.reading.gap_after(end));
            let closed = if end == last {
                let (sign, rest) = behind.split_first()?;
                closes(sign) && rest.iter().all(|c| is_white(*c))
            } else {
                gap.split_first().is_some_and(|(sign, rest)| {
                    closes(sign) && !rest.is_empty() && rest.iter().all(|c| is_white(*c))
                })
            };
            if closed {
                return Some(end);
            }
            if end < last && !gap.is_empty() && !self.is_joint(&gap) {
                return None;
            }
        }
        None
    }

    /// Reads a run of atoms. `behind` is what follows it in a cell; `head` replaces its first atom.
    fn name(&self, first: usize, last: usize, behind: &[char], head: Option<&str>) -> Name {
        let mut parts: Vec<Vec<usize>> = vec![vec![first]];
        let (mut readable, mut at) = (true, first);
        while at < last {
            let mut next = at + 1;
            if let Some(end) = self.nickname(at, last, behind) {
                next = end + 1;
                if next > last {
                    break;
                }
                parts.last_mut().expect("one part").push(next);
            } else {
                match self.gap(at) {
                    Gap::Nothing | Gap::Joint => parts.last_mut().expect("one part").push(next),
                    Gap::Comma => parts.push(vec![next]),
                    Gap::Other(_) => readable = false,
                }
            }
            at = next;
        }
        let whole = parts.len() == 1;
        let mut suffix = None;
        let mut left: Vec<Vec<usize>> = Vec::new();
        for part in &parts {
            let mut part = part.clone();
            let mut own = None;
            while let Some(end) = self.end(&part, last) {
                own = end.1.or(own);
                part.truncate(part.len() - end.0);
            }
            suffix = suffix.or(own);
            while part.first().is_some_and(|atom| listed("title", &self.written(*atom)).is_some()) {
                part.remove(0);
            }
            if !part.is_empty() {
                left.push(part);
            }
        }
        let order: Vec<usize> = match left.as_slice() {
            _ if !readable => Vec::new(),
            [] if whole => {
                suffix = None;
                parts[0].clone()
            }
            [one] => one.clone(),
            [family, given] => given.iter().chain(family).copied().collect(),
            _ => Vec::new(),
        };
        if order.is_empty() {
            return self.as_text(first, last, head);
        }
        let text = |atom: usize| match head {
            Some(head) if atom == first => head.to_owned(),
            _ => self.word(atom),
        };
        let words: Vec<(String, bool)> = order
            .iter()
            .enumerate()
            .map(|(place, atom)| {
                let follows = place > 0 && order[place - 1] + 1 == *atom;
                let touching = follows && self.reading.gap_before(*atom).is_empty();
                (text(*atom), !touching)
            })
            .collect();
        let base = words.iter().map(|(word, _)| word.as_str()).collect();
        let mut free: Vec<Vec<usize>> = Vec::new();
        for (place, atom) in order.iter().enumerate() {
            let bound = place > 0 && order[place - 1] + 1 == *atom && {
                let gap = self.reading.gap_before(*atom);
                !gap.iter().any(|c| is_white(*c) || *c == ',')
            };
            match free.last_mut().filter(|_| bound) {
                Some(word) => word.push(place),
                None => free.push(vec![place]),
            }
        }
        let given = if left.len() == 2 { left[1].len() } else { 0 };
        let by_comma = free.iter().position(|word| word[0] == given).filter(|_| left.len() == 2);
        let is_particle = |word: &Vec<usize>| listed("particle", &self.written(order[word[0]])).is_some();
        let particles =
            free.iter().rev().skip(1).take(free.len().saturating_sub(2)).take_while(|word| is_particle(word));
        let family = match left.len() {
            2 => by_comma.unwrap_or(0),
            _ => free.len().saturating_sub(1 + particles.count()),
        };
        Name { base, suffix, as_text: false, kept: order, words, free, family, has_comma: left.len() == 2 }
    }

    /// Returns how many atoms go at the end of a part, and the suffix if it is one.
    fn end(&self, part: &[usize], run_end: usize) -> Option<(usize, Option<String>)> {
        let last = *part.last()?;
        let word = self.written(last);
        if let Some(suffix) = listed("suffix", &word) {
            return Some((1, Some(suffix)));
        }
        for count in 1..=3.min(part.len()) {
            let atoms = &part[part.len() - count..];
            let dotted =
                atoms.windows(2).all(|two| two[0] + 1 == two[1] && self.reading.gap_after(two[0]) == ['.']);
            let written: String = atoms.iter().map(|atom| self.written(*atom)).collect();
            let at_end = count == 1 || last == run_end;
            if dotted && at_end && listed("degree", &written).is_some() {
                return Some((count, None));
            }
        }
        None
    }

    /// Reads a run of atoms by M7.
    fn as_text(&self, first: usize, last: usize, head: Option<&str>) -> Name {
        let mut words: Vec<(String, bool)> = Vec::new();
        let mut base = String::new();
        for atom in first..=last {
            let word = match head {
                Some(head) if atom == first => head.to_owned(),
                _ => self.word(atom),
            };
            base.push_str(&word);
            let before = atom > first && matches!(self.gap(atom - 1), Gap::Joint);
            words.push((word, before));
            if atom < last {
                match self.gap(atom) {
                    Gap::Comma => {
                        let gap = plain(&self.reading.gap_after(atom));
                        base.extend(gap.into_iter().filter(|c| !is_white(*c)));
                    }
                    Gap::Other(signs) => base.push_str(&signs),
                    Gap::Nothing | Gap::Joint => {}
                }
            }
        }
        let kept = (first..=last).collect();
        Name { base, suffix: None, as_text: true, kept, words, free: Vec::new(), family: 0, has_comma: false }
    }

    /// Returns what an atom is without a joined prefix (F4).
    fn without_prefix(&self, atom: usize) -> Vec<String> {
        if self.kind(atom) != Kind::Letters {
            return Vec::new();
        }
        let word: Vec<char> = self.word(atom).chars().collect();
        let mut lengths = BTreeSet::new();
        for count in 1..=2 {
            if word.iter().take(count).filter(|c| HEBREW.contains(**c)).count() == count {
                lengths.insert(count);
            }
        }
        for first in ["", "و", "ف"] {
            for second in ["", "ل", "ب", "ك"] {
                for third in ["", "ال"] {
                    let prefix: Vec<char> = format!("{first}{second}{third}").chars().collect();
                    if !prefix.is_empty() && word.starts_with(&prefix) {
                        lengths.insert(prefix.len());
                    }
                }
            }
        }
        lengths.retain(|length| word.len() >= length + 2);
        lengths.into_iter().map(|length| word[length..].iter().collect()).collect()
    }

    /// Returns whether an atom and the next one are a pair (F5).
    fn is_pair(&self, atom: usize) -> bool {
        if atom + 1 >= self.reading.atoms.len()
            || self.kind(atom) != Kind::Letters
            || self.kind(atom + 1) != Kind::Letters
        {
            return false;
        }
        let gap = self.reading.gap_after(atom);
        let one = self.reading.atom(atom).chars().count() == 1;
        gap == ['\''] || gap == ['-'] || gap == ['·'] || one && self.is_joint(&gap) && self.crosses(atom)
    }

    fn crosses(&self, atom: usize) -> bool {
        is_crossed(&self.reading.gap_after(atom), &self.rule.delimiters)
    }

    fn is_known(&self, atom: usize, vocabulary: &BTreeSet<String>) -> bool {
        let pair = |first: usize| {
            self.is_pair(first) && vocabulary.contains(&(self.word(first) + &self.word(first + 1)))
        };
        vocabulary.contains(&self.word(atom))
            || self.without_prefix(atom).iter().any(|word| vocabulary.contains(word))
            || pair(atom)
            || atom > 0 && pair(atom - 1)
            || is_listed(&self.written(atom))
    }

    /// Returns whether a suffix stands behind an atom (F3).
    fn suffix_behind(&self, atom: usize) -> bool {
        if atom + 1 >= self.reading.atoms.len() || self.kind(atom + 1) != Kind::Letters {
            return false;
        }
        let gap = self.reading.gap_after(atom);
        (self.is_joint(&gap) || self.is_comma(&gap))
            && self.crosses(atom)
            && listed("suffix", &self.written(atom + 1)).is_some()
    }

    /// Returns whether letters are joined to a run, so that it ends inside a longer word.
    fn is_joined(&self, first: usize, last: usize) -> bool {
        let letters =
            |atom: usize| self.reading.atoms.get(atom).is_some_and(|atom| atom.kind != Kind::Digits);
        let after = self.reading.gap_after(last);
        let ending = || {
            let next = self.reading.atom(last + 1);
            let long = self.reading.atom(last).chars().count() >= 2;
            after == ['\'']
                && (next.eq_ignore_ascii_case("s")
                    || long && self.kind(last + 1) == Kind::Letters && next.chars().count() <= 6)
        };
        let behind = (after == ['-'] || after == ['\'']) && letters(last + 1) && !ending();
        let before = first.checked_sub(1).is_some_and(|outer| {
            let gap = self.reading.gap_before(first);
            (gap == ['-'] || gap == ['\'']) && letters(outer)
        });
        behind || before
    }

    /// Returns every candidate of the text.
    pub(crate) fn candidates(
        &self,
        vocabulary: &BTreeSet<String>,
        values: &BTreeSet<&str>,
    ) -> Vec<NameCandidate> {
        let bytes_max = values.iter().map(|value| value.len()).max().unwrap_or(0);
        let mut found = Vec::new();
        for first in 0..self.reading.atoms.len() {
            for last in first..self.reading.atoms.len() {
                // No candidate has more atoms than its form has bytes.
                if last > first && !self.crosses(last - 1) || last - first >= bytes_max {
                    break;
                }
                found.extend(self.at([first, last], vocabulary, values));
            }
        }
        found
    }

    fn at(
        &self,
        [first, last]: [usize; 2],
        vocabulary: &BTreeSet<String>,
        values: &BTreeSet<&str>,
    ) -> Vec<NameCandidate> {
        let stretch = Stretch { reading: self.reading, first, last };
        let (Some(front), Some(back)) = (stretch.front(), stretch.back()) else { return Vec::new() };
        if stretch.is_continued() || self.is_joined(first, last) {
            return Vec::new();
        }
        let soft = [front, back].contains(&Edge::Soft);
        let plainly = self.name(first, last, &[], None);
        let mut out = self.candidate(&plainly, [first, last], vocabulary, values);
        for one in &mut out {
            one.attached = soft;
        }
        out.extend(self.other_readings(&plainly, [first, last], vocabulary, values));
        for head in self.without_prefix(first) {
            let name = self.name(first, last, &[], Some(&head));
            let mut more = self.candidate(&name, [first, last], vocabulary, values);
            more.iter_mut().for_each(|one| one.attached = true);
            out.extend(more);
        }
        out
    }

    /// Returns what a window is beside its words in their order (F8 to F10).
    fn other_readings(
        &self,
        name: &Name,
        [first, last]: [usize; 2],
        vocabulary: &BTreeSet<String>,
        values: &BTreeSet<&str>,
    ) -> Vec<NameCandidate> {
        let suffix_behind = name.suffix.is_none() && self.suffix_behind(last);
        if name.free.len() < 2 || suffix_behind || !self.ends_inside(name, [first, last]) {
            return Vec::new();
        }
        let atom_known = |place: &usize| self.is_known(name.kept[*place], vocabulary);
        let known = |free: &[Vec<usize>]| free.iter().flatten().all(atom_known);
        let mut bases: Vec<String> = Vec::new();
        if known(&name.free) {
            let turned = name.turned();
            bases.push(format!("\u{1}{}", name.base));
            bases.extend(turned.iter().map(|form| format!("\u{1}{form}")));
            bases.extend(turned);
        }
        if let Some(count) = name.middle() {
            let (front, rest) = name.free.split_at(1);
            let (middle, family) = rest.split_at(count);
            let one_letter = |place: &usize| {
                let atom = name.kept[*place];
                self.kind(atom) == Kind::Letters && self.reading.atom(atom).chars().count() == 1
            };
            if middle.iter().flatten().all(one_letter) && known(front) && known(family) {
                bases.push(name.join(front) + &name.join(family));
            }
        }
        bases.retain(|base| last - first < base.len());
        let forms = |base: &String| -> Vec<String> {
            match &name.suffix {
                Some(suffix) => vec![base.clone(), format!("{base},{suffix}")],
                None => {
                    let all = ["jr", "sr", "ii", "iii", "iv"].map(|suffix| format!("{base},{suffix}"));
                    std::iter::once(base.clone()).chain(all).collect()
                }
            }
        };
        let mut forms: Vec<String> = bases.iter().flat_map(forms).collect();
        forms.retain(|form| values.contains(form.as_str()));
        vec![NameCandidate { first, last, forms, attached: true }]
    }

    /// Returns whether the ends of a run are part of the name (F1).
    fn ends_inside(&self, name: &Name, [first, last]: [usize; 2]) -> bool {
        let is_suffix = name.suffix.is_some() && listed("suffix", &self.written(last)).is_some();
        name.kept.contains(&first) && (name.kept.contains(&last) || is_suffix)
    }

    fn candidate(
        &self,
        name: &Name,
        [first, last]: [usize; 2],
        vocabulary: &BTreeSet<String>,
        values: &BTreeSet<&str>,
    ) -> Vec<NameCandidate> {
        let suffixes = ["jr", "sr", "ii", "iii", "iv"].map(|suffix| format!("{},{suffix}", name.base));
        let mut forms = match &name.suffix {
            Some(_) => vec![name.form(), name.base.clone()],
            None if name.as_text => vec![name.base.clone()],
            None => std::iter::once(name.base.clone()).chain(suffixes).collect(),
        };
        forms.retain(|form| values.contains(form.as_str()));
        if forms.is_empty() {
            return Vec::new();
        }
        let whole = self.ends_inside(name, [first, last]);
        let none = name.suffix.is_none() && self.suffix_behind(last);
        if !whole || none || last - first + 1 > name.base.len() {
            return Vec::new();
        }
        // The atoms before a suffix at the end.
        let head = if name.kept.contains(&last) { last } else { last - 1 };
        let short = first == head || head == first + 1 && self.is_pair(first);
        let directly = head == last || self.suffix_behind(head);
        let known = || name.kept.iter().all(|atom| self.is_known(*atom, vocabulary));
        if !(short && directly || known()) {
            return Vec::new();
        }
        vec![NameCandidate { first, last, forms, attached: false }]
    }
}
