//! Folding and cutting into atoms, in one pass with positions (`docs/formats/hash.md`, sections 1 and 2).

use edm_model::{CaseRule, DiacriticRule, Rule};

use crate::table::{Class, TABLE, Table, hangul};

/// The option of the table that keeps case and diacritics.
const KEEPING: usize = 1;

/// Which of the four foldings: the two options of a rule that change characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldOptions {
    case: CaseRule,
    diacritics: DiacriticRule,
}

impl FoldOptions {
    /// Returns the folding that a rule asks for.
    pub fn of(rule: &Rule) -> Self {
        Self { case: rule.case, diacritics: rule.diacritics }
    }

    fn index(self) -> usize {
        usize::from(self.case == CaseRule::Sensitive)
            | usize::from(self.diacritics == DiacriticRule::Fold) << 1
    }
}

/// What an atom is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtomKind {
    /// Letters and marks.
    Letters,
    /// ASCII digits.
    Digits,
    /// One character, with its marks, of a script written without spaces.
    Cluster,
}

/// A maximal run of letters, of digits, or one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atom {
    /// Byte offset in the folded text.
    pub start: u32,
    /// Byte offset of its end in the folded text.
    pub end: u32,
    /// Byte offset in the text that was folded.
    pub source_start: u32,
    /// Byte offset of its end in the text that was folded.
    pub source_end: u32,
    /// What it is made of.
    pub kind: AtomKind,
}

/// A folded text and its atoms. Reused from text to text.
#[derive(Debug, Default)]
pub struct Folded {
    text: String,
    atoms: Vec<Atom>,
    open: bool,
    segment: Vec<char>,
    sources: Vec<char>,
}

impl Folded {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the atoms in order.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Returns the folded characters of an atom.
    pub fn atom_text(&self, atom: &Atom) -> &str {
        self.slice(atom.start, atom.end)
    }

    /// Returns the folded characters between atom `index` and the next one.
    pub fn gap(&self, index: usize) -> &str {
        match (self.atoms.get(index), self.atoms.get(index + 1)) {
            (Some(left), Some(right)) => self.slice(left.end, right.start),
            _ => "",
        }
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// Folds a text of at most 4 GiB, replacing what was held before.
    pub fn fold(&mut self, text: &str, options: FoldOptions) {
        assert!(u32::try_from(text.len()).is_ok(), "callers bound texts far below 4 GiB");
        self.text.clear();
        self.atoms.clear();
        self.open = false;
        let option = options.index();
        let ascii = if options.case == CaseRule::Sensitive { &ASCII_SENSITIVE } else { &ASCII_INSENSITIVE };
        let bytes = text.as_bytes();
        let table = &*TABLE;
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte < 0x80 && bytes.get(at + 1).is_none_or(|next| *next < 0x80) {
                let (folded, class) = ascii[byte as usize];
                self.push(folded as char, class, at, at + 1);
                at += 1;
            } else {
                at = self.fold_segment(text, at, option, table);
            }
        }
    }

    /// Folds one character with all that can join it in normalisation; returns where the next one starts.
    fn fold_segment(&mut self, text: &str, start: usize, option: usize, table: &Table) -> usize {
        let mut characters = text[start..].char_indices();
        let Some((_, first)) = characters.next() else { return text.len() };
        let mut end = start + first.len_utf8();
        let mut next = text.len();
        let mut joined = false;
        for (offset, character) in characters {
            let entry = table.entry(character);
            if entry.continues() {
                joined = true;
                end = start + offset + character.len_utf8();
            } else if !entry.removed() {
                next = start + offset;
                break;
            }
        }
        let entry = table.entry(first);
        if !joined {
            match table.composed(entry, option) {
                _ if entry.removed() => {}
                None => self.push(first, entry.class, start, end),
                Some(sequence) => {
                    sequence.iter().for_each(|c| self.push(*c, table.entry(*c).class, start, end));
                }
            }
            return next;
        }
        let mut segment = std::mem::take(&mut self.segment);
        let mut sources = std::mem::take(&mut self.sources);
        segment.clear();
        sources.clear();
        // Marks are sorted before they are folded: U+0345 stands last among them and becomes a letter. No mark is
        // sorted across a character that folding removes.
        for character in text[start..end].chars() {
            let entry = table.entry(character);
            match table.decomposed(entry, KEEPING) {
                _ if entry.removed() => sources.push(character),
                Some(sequence) => sources.extend_from_slice(sequence),
                None if hangul::decompose(character, &mut sources) => {}
                None => sources.push(character),
            }
        }
        order(&mut sources, table);
        for character in &sources {
            let entry = table.entry(*character);
            match table.decomposed(entry, option) {
                _ if entry.removed() => {}
                Some(sequence) => segment.extend_from_slice(sequence),
                None => segment.push(*character),
            }
        }
        self.sources = sources;
        compose(&mut segment, table);
        segment.iter().for_each(|c| self.push(*c, table.entry(*c).class, start, end));
        self.segment = segment;
        next
    }

    #[inline]
    fn push(&mut self, character: char, class: Class, source_start: usize, source_end: usize) {
        let start = self.text.len() as u32;
        self.text.push(character);
        let end = self.text.len() as u32;
        let last = self.atoms.last().filter(|_| self.open).map(|atom| atom.kind);
        let kind = match class {
            Class::Letter | Class::Mark => AtomKind::Letters,
            Class::Digit => AtomKind::Digits,
            Class::Cluster => AtomKind::Cluster,
            Class::Other | Class::Space | Class::Tab | Class::Break => {
                self.open = false;
                return;
            }
        };
        let extends = match class {
            Class::Mark => matches!(last, Some(AtomKind::Letters | AtomKind::Cluster)),
            Class::Cluster => false,
            _ => last == Some(kind),
        };
        if extends {
            if let Some(atom) = self.atoms.last_mut() {
                atom.end = end;
                atom.source_end = source_end as u32;
            }
            return;
        }
        self.open = true;
        self.atoms.push(Atom {
            start,
            end,
            source_start: source_start as u32,
            source_end: source_end as u32,
            kind,
        });
    }
}

/// Returns what folding makes of one character that stands alone, case and diacritics kept; `None`: itself.
pub fn fold_character(character: char) -> Option<&'static [char]> {
    let sensitive = FoldOptions { case: CaseRule::Sensitive, diacritics: DiacriticRule::Keep };
    let table = &*TABLE;
    table.composed(table.entry(character), sensitive.index())
}

/// Whether a folded character is one of a script without spaces (`docs/formats/hash.md`, section 2).
pub fn is_cluster(folded: char) -> bool {
    TABLE.entry(folded).class == Class::Cluster
}

/// Whether a folded character is a mark, which belongs to the character before it.
pub fn is_mark(folded: char) -> bool {
    TABLE.entry(folded).class == Class::Mark
}

/// Orders marks and composes, in place (The Unicode Standard, section 3.11).
fn compose(segment: &mut Vec<char>, table: &Table) {
    order(segment, table);
    let class = |c: char| table.entry(c).combining_class;
    let mut starter = None;
    let mut last = 0;
    let mut length = 0;
    for i in 0..segment.len() {
        let character = segment[i];
        let own = class(character);
        if let Some(s) = starter {
            let blocked = length > s + 1 && (last == 0 || last >= own);
            if !blocked && let Some(joined) = table.compose(segment[s], character) {
                segment[s] = joined;
                continue;
            }
        }
        if own == 0 {
            starter = Some(length);
        }
        last = own;
        segment[length] = character;
        length += 1;
    }
    segment.truncate(length);
}

/// Sorts each run of marks by combining class, stably.
fn order(segment: &mut [char], table: &Table) {
    let class = |c: char| table.entry(c).combining_class;
    let mut at = 0;
    while at < segment.len() {
        let end = (at + 1..segment.len()).find(|i| class(segment[*i]) == 0).unwrap_or(segment.len());
        let from = if class(segment[at]) == 0 { at + 1 } else { at };
        segment[from..end].sort_by_key(|c| class(*c));
        at = end;
    }
}

const fn ascii_table(insensitive: bool) -> [(u8, Class); 128] {
    let mut table = [(0, Class::Other); 128];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => (byte, Class::Digit),
            b'A'..=b'Z' if insensitive => (byte + 32, Class::Letter),
            b'A'..=b'Z' | b'a'..=b'z' => (byte, Class::Letter),
            b' ' => (byte, Class::Space),
            b'\t' => (byte, Class::Tab),
            b'\r' | b'\n' => (byte, Class::Break),
            0x0B | 0x0C => (b'\n', Class::Break),
            b'`' => (b'\'', Class::Other),
            _ => (byte, Class::Other),
        };
        byte += 1;
    }
    table
}

const ASCII_INSENSITIVE: [(u8, Class); 128] = ascii_table(true);
const ASCII_SENSITIVE: [(u8, Class); 128] = ascii_table(false);

#[cfg(test)]
mod tests;
