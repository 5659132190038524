//! Postal addresses in cells and text (`docs/formats/hash.md`, section 8, address).

use std::ops::Range;

use edm_model::{CaseRule, Delimiters, Rule};

use self::token::{Kind, Token, TokenBuffers, Tokens};
use super::{Candidate, Found};
use crate::text::atom_set::AtomSet;
use crate::text::boundaries;
use crate::text::fold::Folded;
use crate::text::gap;
use crate::value::canonical::CellRefusal;
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::window::Gate;
use crate::window::start_mask::{Word, reaching};

mod token;
mod words;

/// A value has at least so many words and numbers.
const TOKENS_MIN: usize = 2;
/// Of so many words of 64 the ends are not gathered.
const FEW: u32 = 8;

/// Appends the canonical form of a folded cell.
pub(crate) fn push_cell(folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
    let mut tokens = Tokens::new(TokenBuffers::with_room(), folded);
    let mut form = Form::default();
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        form.push(&token, tokens.form(&token));
        position += 1;
    }
    if !form.is_value() {
        return Err(CellRefusal::NotThisType);
    }
    out.extend_from_slice(&form.bytes);
    Ok(())
}

/// What a finder works in.
#[derive(Default)]
pub(crate) struct FinderBuffers {
    tokens: TokenBuffers,
    form: Form,
}

/// Finds values in a text; keeps its buffers from run to run.
pub(crate) struct Finder<'a> {
    folded: &'a Folded,
    tokens: Tokens<'a>,
    form: Form,
}

impl<'a> Finder<'a> {
    pub(crate) fn new(buffers: FinderBuffers, folded: &'a Folded) -> Self {
        Self { folded, tokens: Tokens::new(buffers.tokens, folded), form: buffers.form }
    }

    /// Returns the buffers, for the next.
    pub(crate) fn into_buffers(self) -> FinderBuffers {
        FinderBuffers { tokens: self.tokens.into_buffers(), form: self.form }
    }

    /// Calls `found` with every value that begins at an atom of `starts`.
    pub(crate) fn candidates(&mut self, starts: &Range<usize>, gate: &impl Gate, found: Found<'_>) {
        self.tokens.restart(starts.start);
        let mut walk =
            Walk { folded: self.folded, gate, tokens: &mut self.tokens, form: &mut self.form, found };
        let mut position = 0;
        while let Some(token) = walk.tokens.get(position)
            && token.first < starts.end
        {
            let begins =
                token.kind != Kind::Dropped && starts.contains(&token.first) && gate.atom(token.first);
            if begins && let Some(attached) = boundaries::begins(walk.folded, walk.outset(position)) {
                walk.from(position, token, attached);
            }
            position += 1;
        }
    }
}

/// Returns the atoms of a word that a value may begin with.
pub(crate) fn starts(word: Word<'_>, numeric: &AtomSet, gate: &impl Gate) -> u64 {
    let possible = word.with_next(|number| gate.possible(number));
    let joining = word.with_next(|number| joining(Word { number, ..word }, gate.possible(number)));
    // The atom behind one that may make a word or number with it is not asked.
    let run = possible | joining << 1;
    let (digits, several) = (word.with_next(|number| numeric.word(number)), gate.several());
    let mut starts = possible & (run >> 1 | 1 << 127);
    if several.plain.is_none() {
        starts &= reaching(run, digits);
    }
    if !gate.begins(Kinds::default().then(false)) {
        starts &= digits;
    }
    let numbers = word.with_next(|number| word.folded.digits().word(number));
    if !gate.begins(Kinds::default().then(true).then(true)) {
        starts &= !(numbers & numbers >> 1);
    }
    // A value has a word.
    (starts & reaching(run, !numbers)) as u64
}

/// Returns the atoms of a word that may have digits in the canonical form: digits, what may be a numeral, ordinal numbers in letters.
pub(crate) fn numeric(folded: &Folded, number: usize) -> u64 {
    let word = Word { folded, number };
    let letters = word.of_length(words::ORDINAL_BYTES) & !word.digits();
    let ordinals = match letters {
        0 => 0,
        _ => word.filtered(letters & word.ending_with(&words::ORDINAL_ENDINGS), |atom, _| {
            folded.atom(atom).is_some_and(|own| words::is_ordinal(folded.atom_text(own)))
        }),
    };
    word.digits() | folded.clusters().word(number) | ordinals
}

/// Returns those of some atoms that may make a word or number with the next: a number with its unit, an ordinal, two words that
/// are one.
fn joining(word: Word<'_>, atoms: u64) -> u64 {
    let (folded, digits) = (word.folded, word.digits() & atoms);
    let touching = word.followed_by(folded.joined(), 1) & digits;
    let short = word.with_next(|number| folded.of_length(number, token::ORDINAL_BYTES));
    let before_short = touching & (short >> 1) as u64;
    let ordinals = word.filtered(before_short, |atom, _| token::is_ordinal_suffix(folded, atom + 1));
    touching & word.followed_by(folded.clusters(), 1)
        | ordinals
        | folded.dotted().word(word.number) & atoms & !digits
}

/// Returns those of some atoms that may stand in a value in another form than their own.
pub(crate) fn with_other_forms(rule: &Rule, word: Word<'_>, atoms: u64) -> u64 {
    let letters = atoms & !word.digits();
    let dotted = letters & word.folded.dotted().word(word.number);
    let capitals = rule.case == CaseRule::Sensitive;
    let long = letters & !dotted & word.of_length(words::SUFFIXED_BYTES_MIN..=u8::MAX);
    let others = match capitals {
        true => letters & !dotted,
        // Few are sooner looked at one by one.
        false if long.count_ones() <= FEW => long,
        false => long & word.ending_with(&words::SUFFIX_ENDINGS),
    };
    dotted
        | word.filtered(others, |atom, _| {
            let own = word.folded.atom(atom).map_or("", |own| word.folded.atom_text(own));
            words::ends_with_suffix(own) || capitals && own.contains(char::is_uppercase)
        })
}

/// Returns words that have other forms in values, in lower case, and their forms: empty where it depends.
pub(crate) fn words_with_other_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    words::with_other_forms().chain(token::NUMERIC.iter().map(|written| (*written, "")))
}

/// A canonical form that grows token by token.
#[derive(Default)]
struct Form {
    bytes: Vec<u8>,
    /// The tokens that stand in it, and those of them that are no numbers.
    kept: usize,
    words: usize,
    /// The atoms that it is cut into.
    atoms: usize,
    /// Which classes of characters occur in it.
    mask: u8,
    kinds: Kinds,
    /// The atoms of the text that it was made of, and those up to the last token that stands in it.
    passed: usize,
    held: usize,
    previous: Option<Kind>,
}

impl Form {
    fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, ..Self::default() };
    }

    fn push(&mut self, token: &Token, form: &str) {
        // Nothing in front of the first token that stands counts.
        if token.kind == Kind::Dropped {
            self.passed += if self.kept > 0 { token.last - token.first + 1 } else { 0 };
            return;
        }
        self.passed += token.last - token.first + 1;
        self.held = self.passed;
        let cluster = token.kind == Kind::Cluster || self.previous == Some(Kind::Cluster);
        if self.previous.is_some() && (!cluster || token::begins_with_mark(form)) {
            self.bytes.push(b' ');
            self.mask |= Shape::mask_of(b' ');
        }
        self.bytes.extend_from_slice(form.as_bytes());
        self.mask |= token.mask;
        self.kinds = self.kinds.followed_by(token.kinds);
        self.kept += 1;
        self.words += usize::from(token.kind != Kind::Number);
        self.atoms += token.atoms;
        self.previous = Some(token.kind);
    }

    fn is_value(&self) -> bool {
        self.kept >= TOKENS_MIN && self.words > 0 && self.held <= self.bytes.len()
    }

    fn shape(&self) -> Shape {
        let bounded = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        Shape { atoms: bounded(self.atoms), bytes: bounded(self.bytes.len()), mask: self.mask }
    }
}

struct Walk<'a, 'f, G> {
    folded: &'f Folded,
    gate: &'f G,
    tokens: &'f mut Tokens<'a>,
    form: &'f mut Form,
    found: Found<'f>,
}

impl<G: Gate> Walk<'_, '_, G> {
    /// Returns the atom at which a window that begins with a token is cut from what stands in front: dropped words that
    /// are joined to the token do not count.
    fn outset(&mut self, position: usize) -> usize {
        let mut first = self.tokens.get(position).map_or(0, |token| token.first);
        for position in (0..position).rev() {
            let before = self.tokens.get(position).filter(|token| token.kind == Kind::Dropped);
            match before.filter(|token| self.folded.gap(token.last).is_empty()) {
                Some(dropped) => first = dropped.first,
                None => break,
            }
        }
        first
    }

    /// Goes from a token on as far as a value may reach.
    fn from(&mut self, start: usize, mut token: Token, attached: bool) {
        self.form.clear();
        let first = token.first;
        for behind in start + 1.. {
            if !self.gate.atom(token.first) {
                return;
            }
            if let Some(short) = self.tokens.short_form(&token).map(str::to_owned) {
                self.emit_short(&token, &short, (first, attached));
            }
            self.form.push(&token, self.tokens.form(&token));
            if !self.gate.fit(self.form.shape()).begins || !self.gate.begins(self.form.kinds) {
                return;
            }
            if token.kind != Kind::Dropped {
                self.emit(first, token.last, attached);
            }
            let gap = self.folded.gap(token.last);
            if gap != " " && !gap::crossing(gap, &Delimiters::default()).crossed {
                return;
            }
            let Some(next) = self.tokens.get(behind) else { return };
            token = next;
        }
    }

    /// Emits what ends in front of an `'s`.
    fn emit_short(&mut self, token: &Token, short: &str, (first, attached): (usize, bool)) {
        let before = Form { bytes: self.form.bytes.clone(), ..*self.form };
        let shape = Shape::of_form(short.as_bytes());
        let mut alone = *token;
        alone.last = token.first;
        (alone.atoms, alone.mask) = (usize::from(shape.atoms), shape.mask);
        alone.kinds = Kinds::of(short.as_bytes());
        self.form.push(&alone, short);
        self.emit(first, token.first, attached);
        *self.form = before;
    }

    fn emit(&mut self, first: usize, last: usize, attached: bool) {
        let form = &*self.form;
        if !form.is_value() || !self.gate.kinds(form.kinds) || !self.gate.shape(form.shape()) {
            return;
        }
        let Some(end_attached) = boundaries::ends(self.folded, last) else { return };
        if !boundaries::continues(self.folded, first, last) {
            let attached = attached || end_attached;
            (self.found)(Candidate { first, last, attached, written_form: false }, &self.form.bytes);
        }
    }
}

#[cfg(test)]
mod tests;
