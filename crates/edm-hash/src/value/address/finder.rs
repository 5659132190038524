//! Finds addresses in a text: from every token as far as a value may go on.
//!
//! A token is one or two atoms that are one word or number of an address (`12`, `12th`, `St.`,
//! `N.E.`), or a word that the canonical form drops. Tokens are read once per atom and kept while
//! starts move on.
//!
//! ```text
//! for each token that may begin a value:
//!     form = empty
//!     for each token from it on:
//!         if no value holds the token's atom: stop              vocabulary
//!         append its form; if the prefilter knows no longer value of this shape and kinds: stop
//!         if it is kept and the form is a value: check kinds, shape and edges, call found
//!         if the gap after it is not crossed: stop
//! ```
//!
//! What must stay true: a value has at least two tokens and a word among them, and no more atoms in
//! the text than bytes in its form. Shape and kinds grow with the form. Measured steps:
//! `docs/bench/windows.md`.

use std::ops::Range;

use edm_model::Delimiters;

use crate::text::boundaries;
use crate::text::fold::Folded;
use crate::text::gap;
use crate::value::address::form::Form;
use crate::value::address::role::Role;
use crate::value::address::token::{Kind, Token, TokenScratch, Tokens};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::window::found::{Found, Window};
use crate::window::prefilter::Prefilter;

/// What a finder works in.
#[derive(Default)]
pub(crate) struct FinderScratch {
    tokens: TokenScratch,
    form: Form,
}

/// Finds values in a text; keeps its scratch from run to run.
pub(crate) struct Finder<'a> {
    folded: &'a Folded,
    tokens: Tokens<'a>,
    form: Form,
}

impl<'a> Finder<'a> {
    pub(crate) fn new(scratch: FinderScratch, folded: &'a Folded) -> Self {
        Self { folded, tokens: Tokens::new(scratch.tokens, folded), form: scratch.form }
    }

    /// Returns the scratch, for the next.
    pub(crate) fn into_scratch(self) -> FinderScratch {
        FinderScratch { tokens: self.tokens.into_scratch(), form: self.form }
    }

    /// Calls `found` with every value that begins at an atom of `starts`.
    pub(crate) fn windows(&mut self, starts: &Range<usize>, prefilter: &impl Prefilter, found: Found<'_>) {
        self.tokens.restart(starts.start);
        let mut walk =
            Walk { folded: self.folded, prefilter, tokens: &mut self.tokens, form: &mut self.form, found };
        let mut position = 0;
        while let Some(token) = walk.tokens.get(position)
            && token.first < starts.end
        {
            // A dropped word begins no value: the one after it does.
            let begins =
                token.kind != Kind::Dropped && starts.contains(&token.first) && prefilter.atom(token.first);
            if begins && let Some(attached) = boundaries::begins(walk.folded, walk.outset(position)) {
                walk.from(position, token, attached);
            }
            position += 1;
        }
    }
}

struct Walk<'a, 'f, G> {
    folded: &'f Folded,
    prefilter: &'f G,
    tokens: &'f mut Tokens<'a>,
    form: &'f mut Form,
    found: Found<'f>,
}

impl<G: Prefilter> Walk<'_, '_, G> {
    /// Returns the atom at which a window that begins with a token is cut from what precedes:
    /// dropped words that are joined to the token do not count.
    fn outset(&mut self, position: usize) -> usize {
        let mut token = |position| self.tokens.get(position).expect("tokens up to here were cut");
        let mut first = token(position).first;
        // Walk back over dropped words that touch: `the12` begins where `the` does.
        for position in (0..position).rev() {
            let before = token(position);
            if before.kind != Kind::Dropped || !self.folded.gap(before.last).is_empty() {
                break;
            }
            first = before.first;
        }
        first
    }

    /// Goes from a token on as far as a value may reach.
    fn from(&mut self, start: usize, mut token: Token, attached: bool) {
        self.form.clear();
        let first = token.first;
        for behind in start + 1.. {
            if !self.prefilter.atom(token.first) {
                return;
            }
            // `Mary's` may be written for `Mary`: both end here.
            if let Some(short) = self.tokens.short_form(&token).map(str::to_owned) {
                self.emit_short(&token, &short, first, attached);
            }
            self.form.push(self.folded, &token, self.tokens.form(&token));
            if !self.prefilter.fit(self.form.sure_shape()).may_extend
                || !self.prefilter.begins(self.form.sure_kinds())
            {
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

    /// Emits what ends before an `'s`.
    fn emit_short(&mut self, token: &Token, short: &str, first: usize, attached: bool) {
        let before = self.form.clone();
        let shape = Shape::of_form(short.as_bytes());
        let mut alone = *token;
        alone.last = token.first;
        (alone.atoms, alone.mask) = (usize::from(shape.atoms), shape.mask);
        (alone.kinds, alone.role) = (Kinds::of(short.as_bytes()), Role::None);
        self.form.push(self.folded, &alone, short);
        self.emit(first, token.first, attached);
        *self.form = before;
    }

    fn emit(&mut self, first: usize, last: usize, attached: bool) {
        let Some(form) = self.form.value() else { return };
        if !self.prefilter.kinds(form.kinds) || !self.prefilter.shape(form.shape()) {
            return;
        }
        let Some(end_attached) = boundaries::ends(self.folded, last) else { return };
        if !boundaries::continues(self.folded, first, last) {
            let attached = attached || end_attached;
            (self.found)(Window::of(first, last, attached), &form.bytes);
        }
    }
}
