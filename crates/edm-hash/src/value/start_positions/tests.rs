use std::collections::HashSet;

use edm_model::{CaseRule, Country, DataType, DateOrder, Delimiters};
use proptest::prelude::*;

use super::*;
use crate::text::fold::{AtomKind, FoldOptions};
use crate::value::find::{windows, windows_of};
use crate::value::search::WindowScratch;
use crate::value_summary::kinds::{KindSet, Kinds};
use crate::value_summary::shape::{Shape, significant_digits};
use crate::value_summary::signs::SignSet;
use crate::window::found::Window;
use crate::window::prefilter::{OpenPrefilter, Several};

/// What an index says that holds one value and nothing else.
struct OneValue {
    kinds: KindSet,
    signs: SignSet,
    shape: Shape,
    possible: AtomSet,
    significant_digits: u64,
}

impl OneValue {
    fn new(rule: &Rule, folded: &Folded, form: &[u8]) -> Self {
        let mut vocabulary: HashSet<Vec<u8>> = HashSet::new();
        let atoms = canonical_atoms(form, |atom| {
            vocabulary.insert(atom.to_vec());
        });
        words_with_other_forms(rule, |written, own| {
            if own.iter().all(|atom| vocabulary.contains(atom)) {
                vocabulary.insert(written.to_vec());
            }
        });
        let mut kinds = KindSet::NONE;
        kinds.insert(Kinds::of(form));
        let mut signs = SignSet::NONE;
        form.iter().for_each(|byte| signs.insert(*byte));
        let mut own = Self {
            shape: Shape::of(form, atoms),
            kinds,
            signs,
            possible: AtomSet::default(),
            significant_digits: 1 << significant_digits(form).min(63),
        };
        own.possible.reset(folded.atom_count());
        let mut room = AtomSet::default();
        let words = 0..folded.atom_count().div_ceil(ATOMS_A_WORD);
        let numeric = numeric(rule, folded, words, &mut room);
        for number in 0..folded.atom_count().div_ceil(ATOMS_A_WORD) {
            let word = AtomWord { folded, number };
            let wanted = if own.several().plain.is_some() {
                u64::MAX
            } else {
                near_digits(RuleText { rule, folded }, number, numeric, &own)
            };
            let known = word.filtered(wanted & word.all(), |atom, _| {
                let text = folded.atom(atom).map_or("", |atom| folded.atom_text(atom));
                vocabulary.contains(text.as_bytes())
            });
            let others = atoms_with_other_forms(rule, folded, number, wanted & word.all() & !known);
            own.possible.set_word(number, known | others);
        }
        own
    }
}

impl Prefilter for OneValue {
    fn atoms_max(&self) -> usize {
        self.shape.atoms.into()
    }

    fn bytes_max(&self) -> usize {
        self.shape.bytes.into()
    }

    fn lengths(&self, kind: AtomKind) -> u64 {
        let own = match kind {
            AtomKind::Digits => self.shape.has_digit(),
            _ => self.shape.has_letter() || !self.shape.has_digit(),
        };
        if own && self.shape.atoms == 1 { 1 << self.shape.bytes.min(63) } else { 0 }
    }

    fn significant_digits(&self) -> u64 {
        self.significant_digits
    }

    fn several(&self) -> Several {
        let atoms = Some(usize::from(self.shape.atoms)).filter(|atoms| *atoms > 1);
        let (digit, letter) = (self.shape.has_digit(), self.shape.has_letter());
        Several {
            plain: atoms.filter(|_| !digit),
            mixed: atoms.filter(|_| digit && letter),
            digits: atoms.filter(|_| digit && !self.shape.has_ascii_letter()),
        }
    }

    fn possible(&self, word: usize) -> u64 {
        self.possible.word(word)
    }

    fn signs(&self) -> SignSet {
        self.signs
    }

    fn kinds(&self, kinds: Kinds) -> bool {
        self.kinds.contains(kinds)
    }

    fn begins(&self, kinds: Kinds) -> bool {
        self.kinds.beginnings().contains(kinds)
    }

    fn shape(&self, shape: Shape) -> bool {
        shape == self.shape
    }
}

fn rules() -> Vec<Rule> {
    let ignoring = |characters: &str| Delimiters::new(characters.chars()).expect("delimiters");
    let typed = |data_type: DataType, delimiters: &str| Rule {
        data_type,
        delimiters: ignoring(delimiters),
        ..Rule::default()
    };
    let us = Country::new("us").expect("a country");
    vec![
        typed(DataType::Text, ""),
        typed(DataType::Text, "-"),
        typed(DataType::Text, " '"),
        Rule { case: CaseRule::Sensitive, ..typed(DataType::Text, "") },
        typed(DataType::Digits { width: None }, "- "),
        typed(DataType::Digits { width: None }, ""),
        typed(DataType::Digits { width: Some(6) }, ""),
        typed(DataType::Digits { width: Some(6) }, "-"),
        typed(DataType::Email, ""),
        typed(DataType::Name, ""),
        typed(DataType::Name, "-"),
        typed(DataType::Ssn, "-"),
        typed(DataType::Card, ""),
        typed(DataType::Phone { country: Some(us) }, ""),
        typed(DataType::Date { order: Some(DateOrder::DayMonthYear) }, ""),
        typed(DataType::Iban, ""),
        typed(DataType::Address, ""),
        Rule { case: CaseRule::Sensitive, ..typed(DataType::Address, "") },
    ]
}

/// Pieces of values of every type, and what may be between them.
const PIECES: &[&str] = &[
    "900",
    "-",
    "11",
    "-",
    "2222",
    " ",
    " ",
    " ",
    ".",
    ", ",
    "'",
    "'s",
    "\n",
    "a",
    "Anna",
    "van",
    "der",
    "Berg",
    "12",
    "5",
    "th",
    "2nd",
    "St",
    "Street",
    "Hauptstr",
    "str",
    "no",
    "n.o",
    "P.O.",
    "Box",
    "東",
    "京",
    "二",
    "丁",
    "目",
    "3",
    "番",
    "a@b.co",
    "@",
    "000123",
    "4000000000000002",
    "4000 0000 0000 0002",
    "+1 212 555 0123",
    "(212)",
    "555-0123",
    "May",
    "of",
    "2020",
    "2020-05-06",
    "DE89",
    "3704",
    "0044",
    "0532",
    "0130",
    "00",
    "\u{301}",
    "é",
    "ß",
    "x1",
    "1x",
    "Apt",
    "Unit",
    "#",
    "Floor",
    "PO",
    "Post Office",
    "ul",
    "s/no",
    "N.Y",
    "Storg",
    "昭和",
    "令和元年",
    "年",
    "月",
    "日",
    "R元",
    "S57",
    "'82",
    "марта",
    "\u{AD}",
    "|",
    "::::",
    "10f4bb",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn every_window_of_a_value_begins_at_a_start(pieces in proptest::collection::vec(0..PIECES.len(), 0..40), rule in 0..18usize) {
        let rules = rules();
        let rule = &rules[rule];
        let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let mut folded = Folded::new();
        folded.fold(&text, FoldOptions::of(rule));
        let mut all: Vec<(Window, Vec<u8>)> = Vec::new();
        windows(rule, &folded, 0..folded.atom_count(), &OpenPrefilter { atoms_max: 12 }, |window, form| {
            all.push((window, form.to_vec()));
        });
        for (window, form) in all.iter().step_by(1 + all.len() / 60) {
            let prefilter = OneValue::new(rule, &folded, form);
            let words = 0..folded.atom_count().div_ceil(ATOMS_A_WORD);
            let mut set = AtomSet::default();
            set.reset(folded.atom_count());
            let mut room = AtomSet::default();
            let numeric = numeric(rule, &folded, words.clone(), &mut room);
            start_mask(RuleText { rule, folded: &folded }, words, numeric, &prefilter, &mut set);
            let (mut found, mut scratch) = (false, WindowScratch::default());
            windows_of(RuleText { rule, folded: &folded }, &set, 0..folded.atom_count(), &prefilter, &mut scratch, |own, own_form| {
                found |= own == *window && own_form == form;
            });
            prop_assert!(found, "{:?}: {:?} at {:?} in {:?}", rule.data_type, String::from_utf8_lossy(form), window, text);
        }
    }
}
