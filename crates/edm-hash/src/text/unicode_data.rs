//! The frozen folding data, read from `fold_v1.bin`. Its layout is described in
//! `generate/src/main.rs`.

use std::sync::LazyLock;

/// What a folded character is (`docs/formats/hash.md`, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Other,
    Letter,
    Digit,
    Cluster,
    Mark,
    Space,
    Tab,
    Break,
}

const ENTRY_BYTES: usize = 20;
const PAGES: usize = 4_352;
const HEADER_BYTES: usize = 24;
const ITSELF: u16 = u16::MAX;
const FLAG_CONTINUES: u8 = 1;
const FLAG_REMOVED: u8 = 2;

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) class: Class,
    pub(crate) combining_class: u8,
    flags: u8,
    decomposed: [u16; 4],
    composed: [u16; 4],
}

impl Entry {
    /// Returns whether the character can join what is before it in normalisation.
    pub(crate) fn continues(&self) -> bool {
        self.flags & FLAG_CONTINUES != 0
    }

    /// Returns whether folding leaves nothing of the character.
    pub(crate) fn removed(&self) -> bool {
        self.flags & FLAG_REMOVED != 0
    }
}

pub(crate) struct Table {
    pages: Vec<u16>,
    blocks: Vec<u16>,
    entries: Vec<Entry>,
    sequences: Vec<(u32, u32)>,
    pool: Vec<char>,
    compositions: Vec<(char, char, char)>,
}

/// The one table, decoded at first use.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::decode(include_bytes!("fold_v1.bin"))
        .expect("the committed table is whole: a test reads all of it")
});

impl Table {
    fn decode(bytes: &[u8]) -> Option<Table> {
        let u16_at = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        if bytes.get(..8)? != b"EDMFOLD1" {
            return None;
        }
        let (blocks, entries, sequences) = (u16_at(10)? as usize, u16_at(12)? as usize, u16_at(14)? as usize);
        let (pool, compositions) = (u32_at(16)? as usize, u32_at(20)? as usize);
        let mut at = HEADER_BYTES;
        let mut u16s = |count: usize| {
            let out: Option<Vec<u16>> = (0..count).map(|i| u16_at(at + i * 2)).collect();
            at += count * 2;
            out
        };
        let (pages, block_list) = (u16s(PAGES)?, u16s(blocks * 256)?);
        let entry_list: Option<Vec<Entry>> =
            (0..entries).map(|i| entry(bytes.get(at + i * ENTRY_BYTES..)?)).collect();
        at += entries * ENTRY_BYTES;
        let sequence_list: Option<Vec<(u32, u32)>> =
            (0..sequences).map(|i| Some((u32_at(at + i * 8)?, u32_at(at + i * 8 + 4)?))).collect();
        at += sequences * 8;
        let pool_list: Option<Vec<char>> = (0..pool).map(|i| char::from_u32(u32_at(at + i * 4)?)).collect();
        at += pool * 4;
        let character = |at: usize| char::from_u32(u32_at(at)?);
        let composition_list: Option<Vec<(char, char, char)>> = (0..compositions)
            .map(|i| {
                Some((character(at + i * 12)?, character(at + i * 12 + 4)?, character(at + i * 12 + 8)?))
            })
            .collect();
        Some(Table {
            pages,
            blocks: block_list,
            entries: entry_list?,
            sequences: sequence_list?,
            pool: pool_list?,
            compositions: composition_list?,
        })
    }

    pub(crate) fn entry(&self, character: char) -> &Entry {
        let scalar = character as usize;
        // Two-level table: 256 characters a block, equal blocks stored once.
        let block = self.pages[scalar >> 8] as usize;
        &self.entries[self.blocks[block << 8 | (scalar & 0xFF)] as usize]
    }

    fn sequence(&self, id: u16) -> Option<&[char]> {
        if id == ITSELF {
            return None;
        }
        let (start, length) = self.sequences[id as usize];
        Some(&self.pool[start as usize..(start + length) as usize])
    }

    /// Returns steps 1 to 5 of folding for one character; `None` is the character itself.
    pub(crate) fn decomposed(&self, entry: &Entry, option: usize) -> Option<&[char]> {
        self.sequence(entry.decomposed[option])
    }

    /// Returns all of folding for one character that is alone; `None` is the character itself.
    pub(crate) fn composed(&self, entry: &Entry, option: usize) -> Option<&[char]> {
        self.sequence(entry.composed[option])
    }

    /// Returns the canonical composition of two characters, Hangul included.
    pub(crate) fn compose(&self, first: char, second: char) -> Option<char> {
        hangul::compose(first, second).or_else(|| {
            // Compositions are sorted by both characters.
            let key = (first, second);
            let found = self.compositions.binary_search_by_key(&key, |(a, b, _)| (*a, *b)).ok()?;
            Some(self.compositions[found].2)
        })
    }
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let slots = |from: usize| -> Option<[u16; 4]> {
        let mut out = [0; 4];
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = u16::from_le_bytes(bytes.get(from + i * 2..from + i * 2 + 2)?.try_into().ok()?);
        }
        Some(out)
    };
    let class = match bytes.first()? {
        0 => Class::Other,
        1 => Class::Letter,
        2 => Class::Digit,
        3 => Class::Cluster,
        4 => Class::Mark,
        5 => Class::Space,
        6 => Class::Tab,
        7 => Class::Break,
        _ => return None,
    };
    Some(Entry {
        class,
        combining_class: *bytes.get(1)?,
        flags: *bytes.get(2)?,
        decomposed: slots(4)?,
        composed: slots(12)?,
    })
}

/// Hangul syllables are composed and taken apart by arithmetic (The Unicode Standard, section
/// 3.12).
pub(crate) mod hangul {
    const S: u32 = 0xAC00;
    const L: u32 = 0x1100;
    const V: u32 = 0x1161;
    const T: u32 = 0x11A7;
    const L_COUNT: u32 = 19;
    const V_COUNT: u32 = 21;
    const T_COUNT: u32 = 28;

    pub(crate) fn compose(first: char, second: char) -> Option<char> {
        let (first, second) = (u32::from(first), u32::from(second));
        if (L..L + L_COUNT).contains(&first) && (V..V + V_COUNT).contains(&second) {
            return char::from_u32(S + ((first - L) * V_COUNT + (second - V)) * T_COUNT);
        }
        // A syllable without a final consonant takes one.
        let index = first.wrapping_sub(S);
        if index < L_COUNT * V_COUNT * T_COUNT
            && index % T_COUNT == 0
            && (T + 1..T + T_COUNT).contains(&second)
        {
            return char::from_u32(first + (second - T));
        }
        None
    }

    /// Appends the two or three letters of a syllable; returns false for any other character.
    pub(crate) fn decompose(syllable: char, out: &mut Vec<char>) -> bool {
        let index = u32::from(syllable).wrapping_sub(S);
        if index >= L_COUNT * V_COUNT * T_COUNT {
            return false;
        }
        let letters =
            [L + index / (V_COUNT * T_COUNT), V + index % (V_COUNT * T_COUNT) / T_COUNT, T + index % T_COUNT];
        let count = if letters[2] == T { 2 } else { 3 };
        out.extend(letters.iter().take(count).filter_map(|letter| char::from_u32(*letter)));
        true
    }
}
