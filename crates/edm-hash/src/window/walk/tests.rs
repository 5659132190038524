use std::collections::HashSet;

use edm_model::{CaseRule, Delimiters, limits};
use proptest::prelude::*;

use super::*;
use crate::text::atom_set::AtomSet;
use crate::text::fold::{FoldOptions, Folded};
use crate::text::gap::{self, NameGap};
use crate::value::find::windows;
use crate::value_summary::kinds::KindSet;
use crate::value_summary::signs::SignSet;
use crate::window::prefilter::{OpenPrefilter, Several};

/// A window and its form.
type Found = (Window, Vec<u8>);

/// Lets pass the shapes of some values, and some atoms.
struct SomeValues {
    shapes: HashSet<Shape>,
    kinds: KindSet,
    signs: SignSet,
    possible: AtomSet,
}

impl Prefilter for SomeValues {
    fn atoms_max(&self) -> usize {
        self.shapes.iter().map(|shape| usize::from(shape.atoms)).max().unwrap_or(0)
    }

    fn bytes_max(&self) -> usize {
        self.shapes.iter().map(|shape| usize::from(shape.bytes)).max().unwrap_or(0)
    }

    fn lengths(&self, _: AtomKind) -> u64 {
        u64::MAX
    }

    fn significant_digits(&self) -> u64 {
        u64::MAX
    }

    fn several(&self) -> Several {
        Several { plain: Some(2), mixed: Some(2), digits: Some(2) }
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
        self.shapes.contains(&shape)
    }

    fn fit(&self, shape: Shape) -> PrefilterResult {
        let goes_on = |own: &Shape| {
            own.atoms >= shape.atoms && own.bytes >= shape.bytes && own.mask & shape.mask == shape.mask
        };
        PrefilterResult { may_match: self.shape(shape), may_extend: self.shapes.iter().any(goes_on) }
    }
}

/// Finds all windows one by one, each from its own text, in the order of their first and last
/// atoms.
fn one_by_one(rule: &Rule, folded: &Folded) -> Vec<Found> {
    let count = folded.atom_count();
    let pairs = (0..count).flat_map(|first| (first..count).map(move |last| (first, last)));
    pairs.filter_map(|(first, last)| alone(rule, folded, first, last)).collect()
}

/// Judges one window.
fn alone(rule: &Rule, folded: &Folded, first: usize, last: usize) -> Option<Found> {
    let atoms: Vec<_> = (first..=last).filter_map(|index| folded.atom(index)).collect();
    let (mut form, mut comma) = (Vec::new(), None);
    let (mut ignored, mut ignored_white) = (0, 0);
    for (offset, atom) in atoms.iter().enumerate() {
        form.extend_from_slice(folded.atom_text(*atom).as_bytes());
        let Some(next) = atoms.get(offset + 1) else { break };
        let own = folded.gap(first + offset);
        let crossing = gap::crossing(own, &rule.delimiters);
        if !crossing.crossed {
            return None;
        }
        if crossing.ignored && atom.kind == AtomKind::Digits && next.kind == AtomKind::Digits {
            ignored += 1;
            ignored_white += usize::from(crossing.white_space);
        }
        match rule.data_type {
            DataType::Digits { .. } if !crossing.ignored => return None,
            DataType::Digits { .. } => {}
            DataType::Name => match gap::name_gap(own, &rule.delimiters) {
                NameGap::Empty => {}
                NameGap::Comma if comma.is_some() => return None,
                NameGap::Foreign => return None,
                found => {
                    comma = comma.or((found == NameGap::Comma).then_some(form.len()));
                    form.push(b' ');
                }
            },
            _ => gap::push_canonical(own, &rule.delimiters, &mut form),
        }
    }
    let digits: usize = atoms.iter().map(|atom| (atom.end - atom.start) as usize).sum();
    let number = atoms.iter().all(|atom| atom.kind == AtomKind::Digits) && digits >= 6;
    let is_soft = number && rule.data_type != DataType::Name;
    let edge = |attached: Option<bool>| attached.or(is_soft.then_some(true));
    let mut attached = edge(boundaries::begins(folded, first))? | edge(boundaries::ends(folded, last))?;
    attached |= ignored > 0 && ignored == ignored_white;
    if boundaries::continues(folded, first, last) || form.len() > limits::CELL_BYTES_MAX {
        return None;
    }
    if let DataType::Digits { width } = rule.data_type {
        if atoms.iter().any(|atom| atom.kind != AtomKind::Digits) {
            return None;
        }
        let written = form.len();
        pad(&mut form, 0, width).then_some(())?;
        attached |= written < form.len();
    } else if rule.data_type == DataType::Name {
        let letters = |index: usize| folded.atom(index).filter(|atom| atom.kind != AtomKind::Digits);
        let joins = |index: usize| matches!(folded.gap(index), "-" | "'");
        let behind = letters(last + 1).filter(|_| joins(last)).map(|atom| folded.atom_text(atom));
        let possessive = folded.gap(last) == "'" && matches!(behind, Some("s" | "S"));
        if first > 0 && joins(first - 1) && letters(first - 1).is_some() || behind.is_some() && !possessive {
            return None;
        }
        if let Some(comma) = comma {
            let (before, behind) = form.split_at(comma);
            form = [&behind[1..], b" ", before].concat();
        }
    }
    Some((Window::of(first, last, attached), form))
}

fn walked(rule: &Rule, folded: &Folded, prefilter: &impl Prefilter) -> Vec<Found> {
    let mut found = Vec::new();
    windows(rule, folded, 0..folded.atom_count(), prefilter, |window, form| {
        found.push((window, form.to_vec()))
    });
    found
}

fn shape(form: &[u8]) -> Shape {
    Shape::of(form, canonical_atoms(form, |_| ()))
}

fn rules() -> Vec<Rule> {
    let typed = |data_type: DataType, delimiters: &str| Rule {
        data_type,
        delimiters: Delimiters::new(delimiters.chars()).expect("delimiters"),
        ..Rule::default()
    };
    vec![
        typed(DataType::Text, ""),
        typed(DataType::Text, "-"),
        typed(DataType::Text, " '.|"),
        Rule { case: CaseRule::Sensitive, ..typed(DataType::Text, "") },
        typed(DataType::Digits { width: None }, "- "),
        typed(DataType::Digits { width: None }, ""),
        typed(DataType::Digits { width: Some(6) }, ""),
        typed(DataType::Digits { width: Some(6) }, "-"),
        typed(DataType::Name, ""),
        typed(DataType::Name, "-,"),
    ]
}

const PIECES: &[&str] = &[
    "a",
    "Anna",
    "van",
    "s",
    "12",
    "0",
    "000123",
    "4000000000000002",
    "000000000000000000000000000000000000000000000000000000000000000000",
    "é",
    "ß",
    "東",
    "京",
    "\u{301}",
    "\u{AD}",
    " ",
    " ",
    " ",
    "  ",
    "-",
    "-",
    "-",
    ".",
    ",",
    ", ",
    "'",
    "\n",
    "\r\n> ",
    "\n\n",
    "\t",
    "|",
    "·",
    "::",
    "::::",
];

/// Returns whether a window must be found: its shape is a value's, and the prefilter knows each of
/// its atoms that is not made of several.
fn is_wanted(rule: &Rule, folded: &Folded, (window, form): &Found, prefilter: &SomeValues) -> bool {
    let kind =
        |atom: usize| folded.atom(atom).map(|atom| atom.kind).filter(|kind| *kind != AtomKind::Cluster);
    let merges = |atom: usize| {
        let ignored = gap::all_ignored(folded.gap(atom), &rule.delimiters);
        rule.data_type != DataType::Name && ignored && kind(atom).is_some() && kind(atom) == kind(atom + 1)
    };
    let told = |form: &[u8]| prefilter.kinds(Kinds::of(form)) && prefilter.signs.hold_all(form);
    let (first, last) = (window.first, window.last);
    let merged = |atom: usize| atom > first && merges(atom - 1) || atom < last && merges(atom);
    let known = (first..=last).all(|atom| prefilter.possible.contains(atom) || merged(atom));
    prefilter.shapes.contains(&shape(form)) && (known && told(form) || shape(form).atoms == 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
    #[test]
    fn windows_are_those_found_one_by_one(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..40),
        rule in 0..10usize,
        kept in any::<(u64, u64)>(),
    ) {
        let rule = &rules()[rule];
        let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let mut folded = Folded::new();
        folded.fold(&text, FoldOptions::of(rule));
        let all = one_by_one(rule, &folded);
        prop_assert_eq!(&walked(rule, &folded, &OpenPrefilter { atoms_max: 64 }), &all, "{:?}", text);

        let mut possible = AtomSet::default();
        possible.reset(folded.atom_count().max(1));
        possible.set_word(0, kept.0 | kept.0 >> 7);
        let values = all.iter().enumerate().filter(|(index, _)| kept.1 >> (index % 64) & 7 == 0);
        let mut prefilter = SomeValues { shapes: HashSet::new(), kinds: KindSet::NONE, signs: SignSet::NONE, possible };
        for (_, (_, form)) in values {
            prefilter.shapes.insert(shape(form));
            prefilter.kinds.insert(Kinds::of(form));
            form.iter().for_each(|byte| prefilter.signs.insert(*byte));
        }
        let found = walked(rule, &folded, &prefilter);
        let fitting: Vec<&Found> = all.iter().filter(|(_, form)| prefilter.shapes.contains(&shape(form))).collect();
        let mut rest = fitting.iter();
        prop_assert!(found.iter().all(|own| rest.any(|one| *one == own)), "{:?} in {:?}", found, text);
        for wanted in fitting.into_iter().filter(|one| is_wanted(rule, &folded, one, &prefilter)) {
            prop_assert!(found.contains(wanted), "{:?} in {:?}", wanted, text);
        }
    }
}
