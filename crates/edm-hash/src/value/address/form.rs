//! The canonical form of an address, token by token (docs/formats/hash.md#a8).
//!
//! Most tokens are written as they come. Three things are not, because writers put them anywhere or
//! in several words: a box, a door and a floor.
//!
//! ```text
//! tokens     Apt  4  ,  12  main  st        P  O  Box  255
//! pending    Apt                            P  PO
//! apart           unit 4                                          doors and floors
//! main                  12  main  st              box  255
//! form       12 main st unit 4              box 255
//! ```
//!
//! What must stay true: `main` and `apart` only grow, so that the prefilters may judge what begins
//! so. A word whose meaning depends on the next token is pending, and in neither of them.

use crate::text::char_class;
use crate::text::fold::Folded;
use crate::value::address::role::Role;
use crate::value::address::run::Run;
use crate::value::address::token::{Kind, Token};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;

/// The fewest words and numbers of a value.
const TOKENS_MIN: usize = 2;
const DOOR_DIGITS_MAX: usize = 4;
const FLOOR_DIGITS_MAX: usize = 3;

/// What the next token may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    Nothing,
    /// A unit word is pending.
    Unit,
    /// A door ends with figures.
    DoorFigures,
    /// A door ends with a letter.
    DoorLetter,
    /// A floor word is pending.
    Floor,
    /// A number is pending that a floor word makes a floor.
    FloorNumber,
    /// `p` is pending.
    P,
    /// `p` and `o` are pending.
    PO,
    /// `post` is pending.
    Post,
    /// What a box must follow is pending.
    PostOffice,
    /// A box was the last token.
    Box,
    /// `de` is pending behind a box.
    BoxDe,
    /// Words are pending behind a box that figures leave out.
    BoxWord,
}

/// A token whose meaning is not known yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    token: Token,
    /// Where its form ends in the text of pending forms.
    end: usize,
    /// Whether it is figures behind a number sign: a door, unless a floor word follows.
    signed: bool,
}

/// A canonical form that grows token by token.
#[derive(Clone, Default)]
pub(crate) struct Form {
    main: Run,
    /// Doors and floors.
    apart: Vec<String>,
    /// The atoms of `apart`, its bytes without what joins them, its classes of characters.
    apart_atoms: usize,
    apart_bytes: usize,
    apart_mask: u8,
    open: Open,
    pending: Vec<Pending>,
    pending_text: String,
    boxed: bool,
    /// Whether a token came that is not dropped.
    begun: bool,
    /// The atoms of the text from the first token to the last.
    passed: usize,
    /// Where a form with something pending or apart is put together.
    whole: Run,
    sorted: Vec<String>,
}

impl Form {
    pub(crate) fn clear(&mut self) {
        self.main.clear();
        self.apart.clear();
        (self.apart_atoms, self.apart_bytes, self.apart_mask) = (0, 0, 0);
        self.open = Open::Nothing;
        self.pending.clear();
        self.pending_text.clear();
        (self.boxed, self.begun, self.passed) = (false, false, 0);
    }

    /// Adds a token of a text.
    pub(crate) fn push(&mut self, folded: &Folded, token: &Token, form: &str) {
        let atoms = token.last - token.first + 1;
        if token.kind == Kind::Dropped {
            // Nothing before the first token that is counts.
            self.passed += if self.begun { atoms } else { 0 };
            return;
        }
        self.passed += atoms;
        let usual = self.open == Open::Nothing && token.role == Role::None;
        let first = !self.begun;
        self.begun = true;
        if usual && token.kind != Kind::Number && !token.is_ordinal(form) {
            self.main.push(token, form);
            return;
        }
        let before = if first { "" } else { folded.gap(token.first - 1) };
        if !self.continues(folded, token, form, before) {
            self.flush();
            self.begin(folded, token, form, before);
        }
    }

    /// Takes a token that belongs to what is open, and returns whether it does.
    fn continues(&mut self, folded: &Folded, token: &Token, form: &str, gap: &str) -> bool {
        let close = matches!(gap, "" | "-");
        let letter = token.is_letter(folded);
        let figures = |digits_max| token.is_figures(form, digits_max);
        let role = token.role;
        match self.open {
            Open::Unit if figures(DOOR_DIGITS_MAX) => self.open_door(token, form, Open::DoorFigures),
            Open::Unit if letter => self.open_door(token, form, Open::DoorLetter),
            Open::DoorFigures if letter && (close || gap == " " && !matches!(role, Role::P | Role::O)) => {
                self.extend_door(token, form);
            }
            Open::DoorLetter if close && figures(DOOR_DIGITS_MAX) => self.extend_door(token, form),
            Open::Floor if figures(FLOOR_DIGITS_MAX) => self.add_floor(form),
            Open::FloorNumber if role == Role::Floor => {
                let digits = self.pending_text.bytes().take_while(u8::is_ascii_digit).count();
                let digits = self.pending_text[..digits].to_owned();
                self.add_floor(&digits);
            }
            Open::P if role == Role::O => self.hold(token, form, Open::PO),
            Open::Post if role == Role::Office => self.hold(token, form, Open::PostOffice),
            Open::PO if matches!(role, Role::B | Role::Box) => self.add_box(token),
            Open::PostOffice if role == Role::Box => self.add_box(token),
            Open::Box if role == Role::De => self.hold(token, form, Open::BoxDe),
            Open::Box | Open::BoxDe if role == Role::Behind => self.hold(token, form, Open::BoxWord),
            Open::BoxWord if figures(usize::MAX) => {
                self.forget_pending();
                return false;
            }
            _ => return false,
        }
        true
    }

    /// Takes a token that belongs to nothing before it.
    fn begin(&mut self, folded: &Folded, token: &Token, form: &str, gap: &str) {
        match token.role {
            Role::Unit => return self.hold(token, form, Open::Unit),
            Role::Floor => return self.hold(token, form, Open::Floor),
            Role::Box if !self.boxed => return self.add_box(token),
            Role::P if !self.boxed => return self.hold(token, form, Open::P),
            Role::Po if !self.boxed => return self.hold(token, form, Open::PostOffice),
            Role::Post if !self.boxed => return self.hold(token, form, Open::Post),
            _ => {}
        }
        let figures = token.is_figures(form, DOOR_DIGITS_MAX);
        // `#` is a door behind a house number and a street, and says nothing anywhere else.
        let signed = figures && self.main.begins_with_house() && gap.trim_end_matches(' ').ends_with('#');
        // `2. Etage`
        let dotted = || token.is_figures(form, FLOOR_DIGITS_MAX) && folded.gap(token.last).starts_with('.');
        if token.is_ordinal(form) || dotted() {
            self.hold(token, form, Open::FloorNumber);
            self.pending.last_mut().expect("a token is held").signed = signed;
        } else if signed {
            self.open_door(token, form, Open::DoorFigures);
        } else {
            self.main.push(token, form);
        }
    }

    fn hold(&mut self, token: &Token, form: &str, open: Open) {
        self.pending_text.push_str(form);
        self.pending.push(Pending { token: *token, end: self.pending_text.len(), signed: false });
        self.open = open;
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_text.clear();
        self.open = Open::Nothing;
    }

    /// Writes what is pending as it would be by itself.
    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let text = std::mem::take(&mut self.pending_text);
        self.open = Open::Nothing;
        for (one, form) in forms(&pending, &text) {
            match one.signed {
                true => self.open_door(&one.token, form, Open::Nothing),
                false => self.main.push(&one.token, form),
            }
        }
        // Their memory is used again.
        (self.pending, self.pending_text) = (pending, text);
        self.forget_pending();
    }

    fn add_box(&mut self, token: &Token) {
        self.forget_pending();
        self.main.push(token, "box");
        (self.boxed, self.open) = (true, Open::Box);
    }

    fn add_floor(&mut self, digits: &str) {
        self.forget_pending();
        self.add_apart(format!("floor {digits}"), 2);
    }

    fn open_door(&mut self, token: &Token, form: &str, open: Open) {
        self.forget_pending();
        self.add_apart(format!("unit {form}"), 1 + token.atoms);
        self.open = open;
    }

    fn extend_door(&mut self, token: &Token, form: &str) {
        let door = self.apart.pop().expect("a door is open");
        // Its own atoms are counted already.
        self.apart_bytes -= door.len();
        self.add_apart(format!("{door} {form}"), token.atoms);
        self.open = Open::Nothing;
    }

    fn add_apart(&mut self, form: String, atoms: usize) {
        self.apart_atoms += atoms;
        self.apart_bytes += form.len();
        self.apart_mask |= char_class::mask_of(form.as_bytes());
        self.apart.push(form);
    }

    /// Returns the shape of what is sure to be in every value that begins so: it has as many atoms
    /// and bytes or more.
    pub(crate) fn sure_shape(&self) -> Shape {
        let main = self.main.shape();
        let (atoms, bytes) = (usize::from(main.atoms), usize::from(main.bytes));
        Shape::counted(atoms + self.apart_atoms, bytes + self.apart_bytes, main.mask | self.apart_mask)
    }

    /// Returns the kinds of the atoms that every value that begins so begins with.
    pub(crate) fn sure_kinds(&self) -> Kinds {
        self.main.kinds
    }

    /// Returns the form of the tokens so far, if it is a value.
    pub(crate) fn value(&mut self) -> Option<&Run> {
        let tokens_apart = self.apart.len() + self.pending.iter().filter(|one| one.signed).count();
        let whole = match self.pending.is_empty() && self.apart.is_empty() {
            true => &self.main,
            false => {
                self.put_together();
                &self.whole
            }
        };
        // A door and a floor are two tokens.
        let enough = whole.kept + tokens_apart >= TOKENS_MIN && whole.words > 0;
        (enough && self.passed <= whole.bytes.len()).then_some(whole)
    }

    fn put_together(&mut self) {
        self.whole.copy_from(&self.main);
        self.sorted.clear();
        self.sorted.extend(self.apart.iter().cloned());
        for (one, form) in forms(&self.pending, &self.pending_text) {
            match one.signed {
                true => self.sorted.push(format!("unit {form}")),
                false => self.whole.push(&one.token, form),
            }
        }
        self.sorted.sort_unstable();
        self.sorted.iter().for_each(|form| self.whole.push_words(form));
    }
}

/// Returns what is pending with its forms.
fn forms<'a>(pending: &'a [Pending], text: &'a str) -> impl Iterator<Item = (&'a Pending, &'a str)> {
    let starts = std::iter::once(0).chain(pending.iter().map(|one| one.end));
    pending.iter().zip(starts).map(|(one, start)| (one, &text[start..one.end]))
}
