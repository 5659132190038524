//! Makes `fold_v1.bin`, the frozen folding data of hash algorithm version 1
//! (`docs/formats/hash.md`, sections 1 and 2).
//!
//! Run once per algorithm version: `cargo run --release > ../src/text/fold_v1.bin` in this folder.
//! The output is committed; a newer Unicode version is a new file and a new algorithm version,
//! never a new run of this one.
//!
//! ```text
//! magic "EDMFOLD1", unicode version u16, blocks u16, entries u16, sequences u16, pool u32, compositions u32
//! 4,352 × u16    block of each page of 256 scalar values
//! blocks × 256 × u16    entry of a scalar value
//! entries × 20 bytes    class u8, combining class u8, flags u8, 0, 4 × u16 decomposed, 4 × u16 composed (0xFFFF: itself)
//! sequences × (u32 start, u32 length) into the pool;   pool × u32 scalar values
//! compositions × (u32 first, u32 second, u32 composed), ascending
//! ```

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::{
    CanonicalCombiningClassMapBorrowed, CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed,
};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const CLUSTER: u8 = 3;
const MARK: u8 = 4;
const SPACE: u8 = 5;
const TAB: u8 = 6;
const BREAK: u8 = 7;

/// The character can join what stands before it in normalisation.
const CONTINUES: u8 = 1;
/// The character leaves nothing behind.
const REMOVED: u8 = 2;

struct Data {
    nfkd: DecomposingNormalizerBorrowed<'static>,
    ccc: CanonicalCombiningClassMapBorrowed<'static>,
    composition: CanonicalCompositionBorrowed<'static>,
    decomposition: CanonicalDecompositionBorrowed<'static>,
    category: icu_properties::CodePointMapDataBorrowed<'static, GeneralCategory>,
    script: icu_properties::CodePointMapDataBorrowed<'static, Script>,
    case: icu_casemap::CaseMapperBorrowed<'static>,
}

impl Data {
    fn is_removed(c: u32) -> bool {
        matches!(c, 0xAD | 0x34F | 0x61C | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064
            | 0x2066..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF | 0xE0100..=0xE01EF)
    }

    fn digit_value(&self, c: char) -> Option<char> {
        if self.category.get(c) != GeneralCategory::DecimalNumber {
            return None;
        }
        // Decimal digits stand in runs of ten from zero up, at multiples that the run's start
        // fixes.
        let mut start = u32::from(c);
        while char::from_u32(start - 1).is_some_and(|p| self.category.get(p) == GeneralCategory::DecimalNumber) {
            start -= 1;
        }
        char::from_digit((u32::from(c) - start) % 10, 10)
    }

    fn map(&self, c: char) -> Option<char> {
        let n = u32::from(c);
        if Self::is_removed(n) {
            return None;
        }
        Some(match n {
            0x2010..=0x2015 | 0x2212 | 0xFE58 | 0xFE63 | 0xFF0D | 0x2043 | 0x58A | 0x1806 => '-',
            0x2018 | 0x2019 | 0x201B | 0x2BC | 0x2B9 | 0x2BB | 0x2032 | 0x60 | 0xB4 | 0xFF07 => '\'',
            0x0B | 0x0C | 0x85 | 0x2028 | 0x2029 => '\n',
            _ if self.category.get(c) == GeneralCategory::SpaceSeparator => ' ',
            _ => self.digit_value(c).unwrap_or(c),
        })
    }

    fn strips(&self, c: char) -> bool {
        self.category.get(c) == GeneralCategory::NonspacingMark
            && matches!(self.script.get(c), Script::Inherited | Script::Hebrew | Script::Arabic)
            && !matches!(u32::from(c), 0x3099 | 0x309A)
    }

    fn without_stroke(c: char) -> Option<&'static str> {
        Some(match c {
            'ø' => "o", 'đ' | 'ð' => "d", 'ł' => "l", 'ħ' => "h", 'ŧ' => "t", 'ı' => "i",
            'Ø' => "O", 'Đ' | 'Ð' => "D", 'Ł' => "L", 'Ħ' => "H", 'Ŧ' => "T",
            'æ' => "ae", 'œ' => "oe", 'þ' => "th", 'ß' => "ss", 'Æ' => "AE", 'Œ' => "OE", 'Þ' => "TH", 'ẞ' => "SS",
            _ => return None,
        })
    }

    /// Steps 1 to 5 for one character.
    fn decomposed(&self, c: char, option: usize) -> Vec<char> {
        let mapped: String = self.nfkd.normalize(c.encode_utf8(&mut [0; 4])).chars().filter_map(|c| self.map(c)).collect();
        let cased = if option & 1 == 0 { self.case.fold_string(&mapped).into_owned() } else { mapped };
        let again = self.nfkd.normalize(&cased).into_owned();
        if option & 2 == 0 {
            return again.chars().collect();
        }
        again.chars().filter(|c| !self.strips(*c))
            .flat_map(|c| Self::without_stroke(c).map_or_else(|| vec![c], |s| s.chars().collect()))
            .collect()
    }

    fn composed(&self, mut sequence: Vec<char>) -> Vec<char> {
        let ccc = |c: char| self.ccc.get_u8(c);
        let mut at = 0;
        while at < sequence.len() {
            let end = (at + 1..sequence.len()).find(|i| ccc(sequence[*i]) == 0).unwrap_or(sequence.len());
            let from = if ccc(sequence[at]) == 0 { at + 1 } else { at };
            sequence[from.min(end)..end].sort_by_key(|c| ccc(*c));
            at = end;
        }
        let mut out: Vec<char> = Vec::new();
        let mut starter: Option<usize> = None;
        let mut last = 0u8;
        for c in sequence {
            let class = ccc(c);
            if let Some(s) = starter {
                let blocked = out.len() > s + 1 && (last == 0 || last >= class);
                if !blocked && let Some(joined) = self.composition.compose(out[s], c) {
                    out[s] = joined;
                    continue;
                }
            }
            if class == 0 {
                starter = Some(out.len());
            }
            last = class;
            out.push(c);
        }
        out
    }

    fn class(&self, c: char) -> u8 {
        use GeneralCategory as G;
        let script = self.script.get(c);
        let spaceless = [Script::Han, Script::Hiragana, Script::Katakana, Script::Hangul, Script::Bopomofo, Script::Thai,
            Script::Lao, Script::Khmer, Script::Myanmar].contains(&script) || matches!(c, '\u{30FC}' | '\u{FF70}');
        match c {
            '0'..='9' => return DIGIT,
            ' ' => return SPACE,
            '\t' => return TAB,
            '\r' | '\n' => return BREAK,
            _ => {}
        }
        match self.category.get(c) {
            G::UppercaseLetter | G::LowercaseLetter | G::TitlecaseLetter | G::ModifierLetter | G::OtherLetter if spaceless => CLUSTER,
            G::UppercaseLetter | G::LowercaseLetter | G::TitlecaseLetter | G::ModifierLetter | G::OtherLetter
            | G::LetterNumber | G::OtherNumber => LETTER,
            G::NonspacingMark | G::SpacingMark | G::EnclosingMark => MARK,
            _ => OTHER,
        }
    }

    fn compositions(&self) -> BTreeMap<(u32, u32), u32> {
        let mut pairs = BTreeMap::new();
        for c in (0..=0x10FFFFu32).filter_map(char::from_u32).filter(|c| !matches!(u32::from(*c), 0xAC00..=0xD7A3)) {
            if let Decomposed::Expansion(first, second) = self.decomposition.decompose(c)
                && let Some(joined) = self.composition.compose(first, second)
            {
                pairs.insert((u32::from(first), u32::from(second)), u32::from(joined));
            }
        }
        pairs
    }
}

fn main() {
    let data = Data {
        nfkd: DecomposingNormalizerBorrowed::new_nfkd(),
        ccc: CanonicalCombiningClassMapBorrowed::new(),
        composition: CanonicalCompositionBorrowed::new(),
        decomposition: CanonicalDecompositionBorrowed::new(),
        category: CodePointMapData::<GeneralCategory>::new(),
        script: CodePointMapData::<Script>::new(),
        case: CaseMapper::new(),
    };
    let pairs = data.compositions();
    let seconds: std::collections::HashSet<u32> = pairs.keys().map(|(_, second)| *second).chain(0x1161..=0x1175).chain(0x11A8..=0x11C2).collect();
    let mut sequences: HashMap<Vec<char>, u16> = HashMap::new();
    let mut sequence_list: Vec<Vec<char>> = Vec::new();
    let mut entries: HashMap<[u8; 20], u16> = HashMap::new();
    let mut entry_list: Vec<[u8; 20]> = Vec::new();
    let mut blocks: HashMap<Vec<u16>, u16> = HashMap::new();
    let mut block_list: Vec<Vec<u16>> = Vec::new();
    let mut pages: Vec<u16> = Vec::new();
    for page in 0..4352u32 {
        let mut block = Vec::with_capacity(256);
        for n in page * 256..page * 256 + 256 {
            let mut entry = [0u8; 20];
            entry[4..].fill(0xFF);
            if let Some(c) = char::from_u32(n) {
                entry[0] = data.class(c);
                entry[1] = data.ccc.get_u8(c);
                let mut flags = if Data::is_removed(n) { REMOVED } else { 0 };
                let syllable = (0xAC00..=0xD7A3).contains(&n);
                for option in (0..4).filter(|_| !syllable) {
                    let out = data.decomposed(c, option);
                    if out.first().is_none_or(|f| data.ccc.get_u8(*f) != 0 || seconds.contains(&u32::from(*f))) && flags & REMOVED == 0 {
                        flags |= CONTINUES;
                    }
                    let composed = data.composed(out.clone());
                    for (slot, sequence) in [(4 + option * 2, out), (12 + option * 2, composed)] {
                        if sequence == [c] {
                            continue;
                        }
                        let id = *sequences.entry(sequence.clone()).or_insert_with(|| {
                            sequence_list.push(sequence);
                            u16::try_from(sequence_list.len() - 1).unwrap()
                        });
                        entry[slot..slot + 2].copy_from_slice(&id.to_le_bytes());
                    }
                }
                entry[2] = flags;
            }
            block.push(*entries.entry(entry).or_insert_with(|| {
                entry_list.push(entry);
                u16::try_from(entry_list.len() - 1).unwrap()
            }));
        }
        pages.push(*blocks.entry(block.clone()).or_insert_with(|| {
            block_list.push(block);
            u16::try_from(block_list.len() - 1).unwrap()
        }));
    }
    write(&pages, &block_list, &entry_list, &sequence_list, &pairs);
}

fn write(
    pages: &[u16],
    block_list: &[Vec<u16>],
    entry_list: &[[u8; 20]],
    sequence_list: &[Vec<char>],
    pairs: &BTreeMap<(u32, u32), u32>,
) {
    let pool: Vec<char> = sequence_list.iter().flatten().copied().collect();
    let mut out = b"EDMFOLD1".to_vec();
    for n in [18usize, block_list.len(), entry_list.len(), sequence_list.len()] {
        out.extend(u16::try_from(n).unwrap().to_le_bytes());
    }
    for n in [pool.len(), pairs.len()] {
        out.extend(u32::try_from(n).unwrap().to_le_bytes());
    }
    pages.iter().chain(block_list.iter().flatten()).for_each(|n| out.extend(n.to_le_bytes()));
    entry_list.iter().for_each(|entry| out.extend(entry));
    let mut start = 0u32;
    for sequence in sequence_list {
        out.extend(start.to_le_bytes());
        out.extend((sequence.len() as u32).to_le_bytes());
        start += sequence.len() as u32;
    }
    pool.iter().for_each(|c| out.extend(u32::from(*c).to_le_bytes()));
    pairs.iter().for_each(|((a, b), c)| [a, b, c].iter().for_each(|n| out.extend(n.to_le_bytes())));
    eprintln!("{} blocks, {} entries, {} sequences, {} compositions, {} bytes", block_list.len(), entry_list.len(), sequence_list.len(), pairs.len(), out.len());
    std::io::stdout().write_all(&out).unwrap();
}
