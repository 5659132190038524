//! E-mail addresses in cells and text (`docs/formats/hash.md`, section 4).

use crate::simd::mask::{each, low};
use crate::text::atom_word::AtomWord;
use crate::text::fold::{AtomKind, FoldOptions, Folded};
use crate::text::gap::is_white;
use crate::text::unicode_data::{Class, TABLE};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::window::found::{Found, Window};

mod international;

/// The longest address, in bytes: RFC 5321, section 4.5.3.1 (64 + 1 + 255).
const ADDRESS_BYTES_MAX: usize = 320;
/// The fewest and most letters of a last label that a word follows, and the fewest of that word.
/// Top-level domains in use have at most 18 letters; the bound keeps the number of candidates low.
const JOINED_LABEL_MIN: usize = 2;
const JOINED_LABEL_MAX: usize = 24;
const JOINED_WORD_MIN: usize = 3;
/// Characters that are in a local part and may as well end what is before it.
const LOCAL_BREAKS: &[char] = &['%', '\'', '=', '#', '&', '~', '!', '$', '*', '/', '?', '^', '{', '|', '}'];
/// Whether an ASCII character is one of these.
const BREAKS: [bool; 128] = {
    let mut all = [false; 128];
    let mut at = 0;
    while at < LOCAL_BREAKS.len() {
        all[LOCAL_BREAKS[at] as usize] = true;
        at += 1;
    }
    all
};
/// Whether an ASCII character may be in a domain, and whether in a local part.
const ASCII: [(bool, bool); 128] = {
    let mut all = [(false, false); 128];
    let mut at = 0;
    while at < all.len() {
        let byte = at as u8;
        let domain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        all[at] = (domain, domain || matches!(byte, b'_' | b'+'));
        at += 1;
    }
    let mut at = 0;
    while at < LOCAL_BREAKS.len() {
        all[LOCAL_BREAKS[at] as usize].1 = true;
        at += 1;
    }
    all
};

fn breaks(byte: u8) -> bool {
    BREAKS.get(usize::from(byte)).is_some_and(|own| *own)
}

fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    matches!(TABLE.entry(character).class, Class::Letter | Class::Digit | Class::Cluster | Class::Mark)
}

fn is_local(character: char) -> bool {
    ASCII.get(character as usize).map_or_else(|| is_word(character), |own| own.1)
}

fn is_domain(character: char) -> bool {
    ASCII.get(character as usize).map_or_else(|| is_word(character), |own| own.0)
}

#[derive(Clone, Copy)]
pub(crate) struct Email {
    /// How labels that were decoded are folded.
    pub(crate) folding: FoldOptions,
}

impl Recogniser for Email {
    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let outside = |c: char| is_white(c) || matches!(c, '<' | '>');
        let mut cell = folded.text().trim_matches(outside);
        if let Some((scheme, rest)) = cell.split_at_checked("mailto:".len())
            && scheme.eq_ignore_ascii_case("mailto:")
        {
            cell = rest.trim_matches(outside);
        }
        let Some((local, domain)) = cell.split_once('@') else { return Err(CellRefusal::NotThisType) };
        let whole =
            local.chars().all(is_local) && domain.chars().all(is_domain) && cell.len() <= ADDRESS_BYTES_MAX;
        let local = local.trim_start_matches(|c| !is_word(c));
        let domain = domain.trim_end_matches(|c| !is_word(c));
        let edges = local.ends_with(is_word) && domain.starts_with(is_word);
        if !whole || !edges || !domain.contains('.') {
            return Err(CellRefusal::NotThisType);
        }
        out.extend_from_slice(local.as_bytes());
        out.push(b'@');
        match international::may_be_in(domain.as_bytes()) {
            true => international::push_domain(domain, self.folding, out),
            false => out.extend_from_slice(domain.as_bytes()),
        }
        Ok(())
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, _: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        // An address that begins and ends with a letter or digit, with no other characters than
        // most have.
        let words = plain.alphanumerics();
        if words & 1 == 0 || words >> (plain.length - 1) & 1 == 0 {
            return None;
        }
        let (mut sign, mut last_dot, mut usual) = (None, 0, true);
        each(low(plain.length) & !words, |at| {
            let byte = plain.byte(at);
            form.note(byte);
            match byte {
                b'@' if sign.is_none() => sign = Some(at),
                b'.' => last_dot = at,
                // `xn--`: a label that must be decoded.
                b'-' => usual &= at == 0 || plain.byte(at - 1) != b'-',
                b'_' | b'+' => usual &= sign.is_none(),
                _ => usual = false,
            }
        });
        let sign = sign.filter(|sign| usual && last_dot > *sign)?;
        if words >> (sign - 1) & 1 == 0 || words >> (sign + 1) & 1 == 0 {
            return None;
        }
        form.push_run(plain, 0, plain.length);
        Some(())
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        // Found by their sign.
        word.all()
    }

    fn candidates(self, folded: &Folded, starts: &std::ops::Range<usize>, found: Found<'_>) {
        if starts.is_empty() {
            return;
        }
        let text = folded.text();
        let atoms = folded.ranges();
        let (first, last) = (atoms[starts.start], atoms[starts.end - 1]);
        // The sign follows its address's first atom, and not far after.
        // Only signs near the starts matter: an address is bounded.
        let (from, to) = (first.0 as usize, last.1 as usize + ADDRESS_BYTES_MAX);
        let bytes = &text.as_bytes()[from..to.min(text.len())];
        let mut passed = starts.start;
        for offset in memchr::memchr_iter(b'@', bytes) {
            let at = from + offset;
            // Few atoms are between two signs: they are passed in ever longer steps.
            let mut step = 1;
            while atoms.get(passed + step).is_some_and(|atom| (atom.0 as usize) < at) {
                passed += step;
                step *= 2;
            }
            let rest = &atoms[passed..atoms.len().min(passed + step)];
            passed += rest.partition_point(|atom| (atom.0 as usize) < at);
            // Local part and domain are read outwards from the sign, as far as their characters go.
            let (local, domain) = text.split_at_checked(at).expect("a sign is a character");
            let domain = domain.strip_prefix('@').expect("the sign is there");
            let begin = at - local_length(local);
            let end = at + 1 + domain_length(domain);
            let written = Written { begin, at, end };
            let has_labels = international::may_be_in(&text.as_bytes()[at..end]);
            let mut form = Vec::new();
            each_candidate(folded, &written, passed, starts, &mut |window, address| {
                if !has_labels {
                    return found(window, address);
                }
                let address = std::str::from_utf8(address).expect("atoms begin and end at characters");
                let (local, domain) = address.split_at(at + 1 - folded.ranges()[window.first].0 as usize);
                form.clear();
                form.extend_from_slice(local.as_bytes());
                international::push_domain(domain, self.folding, &mut form);
                found(window, &form);
            });
        }
    }
}

/// Returns how many bytes of a text can be a domain, looking no further than an address is long.
fn domain_length(text: &str) -> usize {
    let bytes = text.as_bytes().iter().take(ADDRESS_BYTES_MAX);
    let ascii = bytes.take_while(|byte| ASCII.get(usize::from(**byte)).is_some_and(|own| own.0)).count();
    // The table ends at the first byte beyond ASCII; only then characters are looked at one by one.
    if ascii == ADDRESS_BYTES_MAX || text.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let characters =
        text.char_indices().take_while(|(offset, c)| *offset < ADDRESS_BYTES_MAX && is_domain(*c));
    characters.last().map_or(0, |(offset, c)| offset + c.len_utf8())
}

/// Returns how many bytes at a text's end can be a local part, looking no further than an address
/// is long.
fn local_length(text: &str) -> usize {
    let bytes = text.as_bytes().iter().rev().take(ADDRESS_BYTES_MAX);
    let ascii = bytes.take_while(|byte| ASCII.get(usize::from(**byte)).is_some_and(|own| own.1)).count();
    let behind = text.len().checked_sub(ascii + 1).and_then(|at| text.as_bytes().get(at));
    if ascii == ADDRESS_BYTES_MAX || behind.is_none_or(u8::is_ascii) {
        return ascii;
    }
    let mut length = 0;
    for character in text.chars().rev().take_while(|c| is_local(*c)) {
        if length + character.len_utf8() > ADDRESS_BYTES_MAX {
            break;
        }
        length += character.len_utf8();
    }
    length
}

/// Where what may be an address begins and ends, and its sign, in bytes of the folded text.
struct Written {
    begin: usize,
    at: usize,
    end: usize,
}

/// Calls `found` with the address from each of its first atoms. `first_behind` is the atom after
/// the sign.
fn each_candidate(
    folded: &Folded,
    written: &Written,
    first_behind: usize,
    starts: &std::ops::Range<usize>,
    found: Found<'_>,
) {
    let Written { begin, at, end } = *written;
    let (text, atoms) = (folded.text().as_bytes(), folded.ranges());
    // `ann @b.example` is no address: an atom ends where the sign is, and another begins after it.
    let touches =
        |index: usize, offset: usize| atoms.get(index).is_some_and(|atom| atom.0 as usize == offset);
    if first_behind == 0 || !touches(first_behind, at + 1) {
        return;
    }
    if atoms[first_behind - 1].1 as usize != at {
        return;
    }
    let inside = atoms[..first_behind].iter().rev();
    // An address may begin at each atom of its local part: `x=ann@b.example` is `ann@b.example`
    // too.
    let first_inside = first_behind - inside.take_while(|atom| atom.0 as usize >= begin).count();
    let joined = Joined::find(folded, first_behind, end);
    for first in (first_inside..first_behind).filter(|first| starts.contains(first)) {
        let start = atoms[first].0 as usize;
        // What is between the atom and the one before it was trimmed from the candidate's front.
        let before = first.checked_sub(1).map_or(begin, |before| atoms[before].1 as usize);
        let trimmed = &text[before.max(begin)..start];
        let script_changes = || first > 0 && changes(folded, first - 1, AtomKind::Cluster);
        let attached = first != first_inside && !trimmed.iter().copied().any(breaks) && !script_changes();
        if attached && !follows_digits(folded, first) {
            continue;
        }
        // Whether a dot precedes the atom's end, after the sign.
        let (mut dotted, mut behind) = (false, at + 1);
        for (last, atom) in atoms.iter().enumerate().skip(first_behind) {
            let stop = atom.1 as usize;
            if stop > end {
                break;
            }
            let gap = &text[behind..atom.0 as usize];
            (dotted, behind) = (dotted || gap.contains(&b'.'), stop);
            if !dotted {
                continue;
            }
            let ends = stop == end
                || domain_ends(folded.slice(atom.1, end as u32))
                || folded
                    .atom(last)
                    .is_some_and(|atom| atom.kind != AtomKind::Cluster && changes(folded, last, atom.kind));
            if ends {
                found(Window::of(first, last, attached), &text[start..stop]);
            }
        }
        if let Some(joined) = &joined {
            joined.each_end(|stop| {
                let end_offset = stop as i32 - atoms[joined.atom].1 as i32;
                let candidate = Window { end_offset, ..Window::of(first, joined.atom, true) };
                found(candidate, &text[start..stop]);
            });
        }
    }
}

/// Returns whether an atom of letters directly follows digits: `5550143jane@…` may be a number and
/// an address.
fn follows_digits(folded: &Folded, index: usize) -> bool {
    let kind = |index: usize| folded.atom(index).map(|atom| atom.kind);
    let before = index.checked_sub(1).and_then(kind);
    folded.joined().contains(index)
        && !folded.marks().contains(index)
        && before == Some(AtomKind::Digits)
        && kind(index) == Some(AtomKind::Letters)
}

/// The last label of a domain, which a word or digits may be joined to: `example.comSent`.
struct Joined {
    /// Its first atom, letters of ASCII.
    atom: usize,
    start: usize,
    end: usize,
    /// Whether digits directly follow the atom.
    before_digits: bool,
}

impl Joined {
    /// Finds the last label of a domain that ends at an offset, if a word may be joined to it.
    fn find(folded: &Folded, first_behind: usize, end: usize) -> Option<Self> {
        let atoms = folded.ranges();
        let behind = atoms.get(first_behind..)?.partition_point(|atom| atom.1 as usize <= end);
        let begins_label = |index: &usize| folded.gap(index - 1).contains('.');
        let atom = (first_behind + 1..first_behind + behind).rev().find(begins_label)?;
        let (start, stop) = *atoms.get(atom)?;
        let is_word = folded.text_of(atom).bytes().all(|byte| byte.is_ascii_alphabetic());
        let before_digits = atom + 1 < first_behind + behind
            && folded.touches_next(atom)
            && folded.digits().contains(atom + 1);
        (is_word && folded.gap(atom - 1).ends_with('.')).then_some(Self {
            atom,
            start: start as usize,
            end: stop as usize,
            before_digits,
        })
    }

    /// Calls `each` with every offset at which the label may end before what is joined to it.
    fn each_end(&self, mut each: impl FnMut(usize)) {
        let past = (self.end + 1).saturating_sub(JOINED_WORD_MIN).min(self.start + JOINED_LABEL_MAX + 1);
        (self.start + JOINED_LABEL_MIN..past).for_each(&mut each);
        if self.before_digits && self.end - self.start >= JOINED_LABEL_MIN {
            each(self.end);
        }
    }
}

/// Returns whether the script changes after an atom of this kind with nothing between: a script
/// without spaces begins or ends.
fn changes(folded: &Folded, index: usize, kind: AtomKind) -> bool {
    if folded.clusters().contains(index) == folded.clusters().contains(index + 1) {
        return false;
    }
    let (own, next) = (folded.atom(index), folded.atom(index + 1));
    own.zip(next).is_some_and(|(own, next)| {
        own.kind == kind
            && own.end == next.start
            && (own.kind == AtomKind::Cluster) != (next.kind == AtomKind::Cluster)
    })
}

/// Returns whether a domain may end before this rest: at a dot, or where no word follows at all.
fn domain_ends(rest: &str) -> bool {
    rest.starts_with('.') || !rest.contains(is_word)
}
