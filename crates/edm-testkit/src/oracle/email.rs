//! E-mail addresses (`docs/formats/hash.md`).

use edm_model::{CaseRule, DiacriticRule};

use super::folding::folded_string;
use super::reading::{Class, Reading, class};

const LOCAL_STARTERS: &str = "%'=#&~!$*/?^{|}";

fn is_core(character: char) -> bool {
    matches!(class(character), Class::Letter | Class::Digit | Class::Cluster)
}

fn is_word(character: char) -> bool {
    is_core(character) || class(character) == Class::Mark
}

fn is_local(character: char) -> bool {
    is_word(character) || "._+-".contains(character) || LOCAL_STARTERS.contains(character)
}

fn is_domain(character: char) -> bool {
    is_word(character) || "-.".contains(character)
}

/// One reading of the text around an at sign: positions of its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// Whether it is joined to a word or to digits.
    pub(crate) attached: bool,
}

/// Returns every address that may be around the at sign at this position.
pub(crate) fn around(characters: &[char], at: usize) -> Vec<Address> {
    let mut run = at;
    while run > 0 && is_local(characters[run - 1]) {
        run -= 1;
    }
    let mut starts = vec![(run, false)];
    let starters = (run..at).filter(|position| LOCAL_STARTERS.contains(characters[*position]));
    starts.extend(starters.map(|p| (p + 1, false)));
    let scripts = (run + 1..at).filter(|p| is_cluster_at(characters, p - 1) && is_plain(characters[*p]));
    starts.extend(scripts.map(|p| (p, false)));
    let is = |position: usize, wanted: Class| class(characters[position]) == wanted;
    let joined = (run + 1..at).filter(|p| is(p - 1, Class::Digit) && is(*p, Class::Letter));
    starts.extend(joined.map(|p| (p, true)));
    let mut stop = at + 1;
    while stop < characters.len() && is_domain(characters[stop]) {
        stop += 1;
    }
    let mut ends = vec![(stop, false)];
    ends.extend((at + 1..stop).filter(|position| characters[*position] == '.').map(|p| (p, false)));
    let behind = |p: &usize| is(*p, Class::Cluster) && !is_cluster_at(characters, p - 1);
    ends.extend((at + 2..stop).filter(|p| is_word(characters[p - 1]) && behind(p)).map(|p| (p, false)));
    ends.extend(joined_ends(characters, at, stop).into_iter().map(|p| (p, true)));
    let mut found = Vec::new();
    for (start, start_attached) in starts {
        for (end, end_attached) in &ends {
            if let Some(address) = trimmed(characters, start, at, *end) {
                let address = Address { attached: start_attached || *end_attached, ..address };
                if !found.contains(&address) {
                    found.push(address);
                }
            }
        }
    }
    found
}

/// Returns where the last label of a domain may end before what is joined to it.
fn joined_ends(characters: &[char], at: usize, stop: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let Some(last) = (at + 1..stop).rfind(|position| is_word(characters[*position])) else { return ends };
    let Some(dot) = (at + 1..last).rfind(|position| characters[*position] == '.') else { return ends };
    let label = &characters[dot + 1..=last];
    let letters = label.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let next = label.get(letters).map(|c| class(*c));
    if matches!(next, Some(Class::Letter | Class::Mark)) {
        return ends;
    }
    ends.extend((2..=letters.min(24)).filter(|length| letters - length >= 3).map(|length| dot + 1 + length));
    if letters >= 2 && next == Some(Class::Digit) {
        ends.push(dot + 1 + letters);
    }
    ends
}

fn is_plain(character: char) -> bool {
    matches!(class(character), Class::Letter | Class::Digit)
}

/// Returns whether the character here, or the base character of a mark here, belongs to a script
/// without spaces.
fn is_cluster_at(characters: &[char], position: usize) -> bool {
    let base = characters[..=position].iter().rfind(|character| class(**character) != Class::Mark);
    base.is_some_and(|character| class(*character) == Class::Cluster)
}

fn trimmed(characters: &[char], start: usize, at: usize, end: usize) -> Option<Address> {
    let first = (start..at).find(|position| is_word(characters[*position]))?;
    let last = (at + 1..end).rfind(|position| is_word(characters[*position]))?;
    let inner = is_word(characters[at - 1]) && is_word(characters[at + 1]);
    let labels = characters[at + 1..=last].contains(&'.');
    (inner && labels).then_some(Address { first, end: last + 1, attached: false })
}

/// Returns the canonical form of an address.
pub(crate) fn form(address: &[char], case: CaseRule, diacritics: DiacriticRule) -> String {
    let written: String = address.iter().collect();
    let Some((local, domain)) = written.split_once('@') else { return written };
    let labels = domain.split('.').map(|label| {
        let represented = represented(label).map(|own| folded_string(&own, case, diacritics));
        let is_label = |own: &String| {
            let is_edge = |c: Option<char>| c.is_some_and(is_word);
            own.chars().all(|c| is_word(c) || c == '-')
                && is_edge(own.chars().next())
                && is_edge(own.chars().last())
        };
        represented.filter(is_label).unwrap_or_else(|| label.to_owned())
    });
    format!("{local}@{}", labels.collect::<Vec<_>>().join("."))
}

/// Returns the characters that punycode represents in a label, as RFC 3492 describes it.
fn represented(label: &str) -> Option<String> {
    if label.len() > 63 || !label.is_ascii() || !label.to_lowercase().starts_with("xn--") {
        return None;
    }
    let label = &label[4..];
    let basic = label.rfind('-').filter(|at| *at > 0);
    let mut output: Vec<char> = label[..basic.unwrap_or(0)].chars().collect();
    let mut rest: &[u8] = &label.as_bytes()[basic.map_or(0, |at| at + 1)..];
    let (mut n, mut i, mut bias) = (128_u128, 0_u128, 72_u128);
    let is_plain = rest.is_empty();
    while !rest.is_empty() {
        let (old, mut w, mut k) = (i, 1_u128, 36_u128);
        loop {
            let (first, others) = rest.split_first()?;
            rest = others;
            let value = char::from(*first).to_digit(36)?;
            // Letters have the values 0 to 25, digits 26 to 35.
            let digit = u128::from(if value < 10 { value + 26 } else { value - 10 });
            i += digit * w;
            let t = if k <= bias { 1 } else { (k - bias).min(26) };
            if digit < t {
                break;
            }
            w = w.checked_mul(36 - t).filter(|w| *w < 1 << 90)?;
            k += 36;
        }
        let count = output.len() as u128 + 1;
        let mut delta = (i - old) / if old == 0 { 700 } else { 2 };
        delta += delta / count;
        let mut steps = 0;
        while delta > 455 {
            delta /= 35;
            steps += 36;
        }
        bias = steps + 36 * delta / (delta + 38);
        n += i / count;
        i %= count;
        output.insert(usize::try_from(i).ok()?, char::from_u32(u32::try_from(n).ok()?)?);
        i += 1;
    }
    let output: String = output.into_iter().collect();
    (!is_plain && !output.is_ascii()).then_some(output)
}

/// Returns the address in a cell; `None` if the cell is not an address.
pub(crate) fn cell(reading: &Reading, case: CaseRule, diacritics: DiacriticRule) -> Option<String> {
    let folded: String = reading.slice(0, reading.characters.len()).into_iter().collect();
    let mut rest = folded.trim();
    loop {
        let lower = rest.to_lowercase();
        let shorter = if lower.starts_with("mailto:") {
            rest.get("mailto:".len()..)?
        } else {
            rest.strip_prefix('<').or(rest.strip_suffix('>')).unwrap_or(rest)
        };
        let shorter = shorter.trim();
        if shorter == rest {
            break;
        }
        rest = shorter;
    }
    let characters: Vec<char> = rest.chars().collect();
    let at = characters.iter().position(|character| *character == '@')?;
    let whole =
        characters[..at].iter().all(|c| is_local(*c)) && characters[at + 1..].iter().all(|c| is_domain(*c));
    let address = trimmed(&characters, 0, at, characters.len()).filter(|_| whole)?;
    Some(form(&characters[address.first..address.end], case, diacritics))
}
