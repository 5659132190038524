//! Detects a table of one column that seems to have several: its cells are separated by an
//! unsupported character, or by one other than declared. Otherwise every record would be uploaded
//! as one value that no text contains.

use std::fmt;

use super::Separator;

/// Lines examined.
const LINES: usize = 100;
/// The minimum of lines in ten that must agree with the first.
const AGREEING_OF_TEN: usize = 8;
/// Characters that separate cells and rarely occur within them. Other characters must occur more
/// often, and equally often in every line.
const PARTING: &[char] = &[',', ';', '\t', '|', '^', '~', '#', '¦', 'þ', '§'];
/// Separators considered in the lines after a first line that is not a header.
const PARTING_BEHIND: &[char] = &[';', '\t', '|', '^', '~'];

/// The likely separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherSeparator {
    character: char,
    cells: usize,
    in_header: bool,
}

impl OtherSeparator {
    /// Examines the start of a table whose header is one cell; `None` if it really seems to have
    /// one column.
    pub(super) fn of(text: &[u8], ended: bool) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        // The last line may be truncated.
        let whole = if ended { &*text } else { text.rsplit_once('\n').map_or("", |(whole, _)| whole) };
        let mut lines = whole.lines().filter(|line| !line.trim().is_empty()).take(LINES);
        let (header, lines) = (lines.next()?, lines.collect::<Vec<_>>());
        if lines.is_empty() {
            return None;
        }
        let agreeing = |character: char, count: usize| {
            lines.iter().filter(|line| line.matches(character).count() == count).count()
        };
        let in_header = |character: char| {
            let count = header.matches(character).count();
            let agreeing = agreeing(character, count);
            let parts = match PARTING.contains(&character) || character.is_control() {
                true => agreeing * 10 >= lines.len() * AGREEING_OF_TEN,
                false => count >= 2 && agreeing == lines.len(),
            };
            parts.then_some(Self { character, cells: count + 1, in_header: true })
        };
        let behind = |character: &char| {
            let count = lines.last()?.matches(*character).count();
            let parts = count >= 2 && agreeing(*character, count) * 10 >= lines.len() * AGREEING_OF_TEN;
            parts.then_some(Self { character: *character, cells: count + 1, in_header: false })
        };
        // Characters of names and numbers are not separators. A separator leaves a name on each
        // side in the header.
        let may_part = |c: &char| {
            let is_of_a_name =
                c.is_alphanumeric() && *c != 'þ' || matches!(c, '"' | '\'' | '@' | '-' | '/' | '.' | '_');
            !is_of_a_name && (*c == ':' || header.split(*c).all(|name| !name.trim().is_empty()))
        };
        let found = header.chars().filter(may_part).filter_map(in_header).max_by_key(|found| found.cells);
        found.or_else(|| PARTING_BEHIND.iter().filter_map(behind).max_by_key(|found| found.cells))
    }
}

impl fmt::Display for OtherSeparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, cells, in_header } = *self;
        let shown = match character {
            '\t' => "tabs".to_owned(),
            ' ' => "spaces".to_owned(),
            _ if character.is_control() => format!("the character U+{:04X}", u32::from(character)),
            _ => format!("“{character}”"),
        };
        if !in_header {
            return write!(
                f,
                "its first line is one cell, and the lines after it have {cells} by {shown}: remove what comes before the \
                 header"
            );
        }
        write!(f, "it has one column, and by {shown} its first lines have {cells} cells each: ")?;
        match character.is_ascii() {
            true => write!(f, "say so with --separator"),
            false => write!(f, "write a tab in its place, since a separator is one character of ASCII"),
        }
    }
}

/// Returns the warning for a declared separator.
pub(super) fn warning(said: Separator, other: OtherSeparator) -> String {
    format!("the table was read with the separator {said}, as was said: {other}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_one_column_that_are_none() {
        let check = |text: &str, expected: Option<(char, usize, bool)>| {
            let found = OtherSeparator::of(text.as_bytes(), true);
            let found = found.map(|other| (other.character, other.cells, other.in_header));
            assert_eq!(found, expected, "{text:?}");
        };
        for (separator, shown) in [
            (';', ';'),
            ('^', '^'),
            ('~', '~'),
            ('#', '#'),
            ('|', '|'),
            ('þ', 'þ'),
            ('¦', '¦'),
            ('\u{1}', '\u{1}'),
            ('\u{1f}', '\u{1f}'),
        ] {
            let text = "id,name,dob\n77,Bo Okafor,1950-01-01\n78,Al Diaz,1951-02-03\n"
                .replace(',', &separator.to_string());
            check(&text, Some((shown, 3, true)));
        }
        check("id,name\n1,a\n", Some((',', 2, true)));
        check("id name dob\n1 Bo 1950\n2 Al 1951\n", Some((' ', 3, true)));
        check("id::name\n1::a\n2::b\n", Some((':', 3, true)));
        check("Table: KNA1\n1|Bo|1950\n2|Al|1951\n", Some(('|', 3, false)));
        check("export of today\n1;Bo;1950\n2;Al;1951\n", Some((';', 3, false)));
        // These have one column.
        check("ssn\n900-12-3456\n900-12-3457\n", None);
        check("last name\nvan der Berg\nDiaz\n", None);
        check("last name\nBo Okafor\nAl Diaz\n", None);
        check("name\nRoe, Jane\nPoe, Ann\n", None);
        check("e-mail\na-b@example.org\nc@example.org\n", None);
        check("date\n1950-01-01\n1951-01-01\n", None);
        check("social-security-number\n900-12-3456\n900-12-3457\n", None);
        check("case #\n#1234\n#1235\n", None);
        check("id;name\n", None);
        check("", None);
        // A truncated line does not count.
        assert_eq!(OtherSeparator::of(b"id^name\n1^a\n2", false).map(|other| other.cells), Some(2));
    }
}
