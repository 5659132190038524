//! E-mail addresses (`docs/formats/hash.md`).

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
}

/// Returns every address that may be around the at sign at this position.
pub(crate) fn around(characters: &[char], at: usize) -> Vec<Address> {
    let mut run = at;
    while run > 0 && is_local(characters[run - 1]) {
        run -= 1;
    }
    let mut starts = vec![run];
    starts.extend((run..at).filter(|position| LOCAL_STARTERS.contains(characters[*position])).map(|p| p + 1));
    starts.extend((run + 1..at).filter(|p| is_cluster_at(characters, p - 1) && is_plain(characters[*p])));
    let mut stop = at + 1;
    while stop < characters.len() && is_domain(characters[stop]) {
        stop += 1;
    }
    let mut ends = vec![stop];
    ends.extend((at + 1..stop).filter(|position| characters[*position] == '.'));
    let behind = |p: &usize| class(characters[*p]) == Class::Cluster && !is_cluster_at(characters, p - 1);
    ends.extend((at + 2..stop).filter(|p| is_word(characters[p - 1]) && behind(p)));
    let mut found = Vec::new();
    for start in starts {
        for end in &ends {
            if let Some(address) = trimmed(characters, start, at, *end)
                && !found.contains(&address)
            {
                found.push(address);
            }
        }
    }
    found
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
    (inner && labels).then_some(Address { first, end: last + 1 })
}

/// Returns the address in a cell; `None` if the cell is not an address.
pub(crate) fn cell(reading: &Reading) -> Option<String> {
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
    Some(characters[address.first..address.end].iter().collect())
}
