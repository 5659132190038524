//! Forms of cells: their appearance without their content.

use std::collections::HashMap;

/// Maximum characters of a form.
const FORM_CHARACTERS_MAX: usize = 32;
/// Maximum number of forms counted individually.
const FORMS_MAX: usize = 1_024;

/// Counts the forms of a column's cells. Forms beyond the maximum are counted together.
#[derive(Debug, Default)]
pub(super) struct Forms {
    counts: HashMap<String, u64>,
    others: u64,
    scratch: String,
}

impl Forms {
    pub(super) fn see(&mut self, cell: &str) {
        let mut form = std::mem::take(&mut self.scratch);
        write_form(cell, &mut form);
        self.count(&form, 1);
        self.scratch = form;
    }

    fn count(&mut self, form: &str, cells: u64) {
        if let Some(count) = self.counts.get_mut(form) {
            *count += cells;
        } else if self.counts.len() < FORMS_MAX {
            self.counts.insert(form.to_owned(), cells);
        } else {
            self.others += cells;
        }
    }

    pub(super) fn merge(&mut self, other: &Forms) {
        // In a fixed order, so that the kept forms do not depend on the order of a hash map.
        for (form, cells) in other.by_count() {
            self.count(&form, cells);
        }
        self.others += other.others;
    }

    /// Returns the forms, most frequent first.
    pub(super) fn by_count(&self) -> Vec<(String, u64)> {
        let mut forms: Vec<(String, u64)> =
            self.counts.iter().map(|(form, cells)| (form.clone(), *cells)).collect();
        forms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        forms
    }
}

/// Writes `9` for each digit, `a` for each run of letters and `·` for each symbol outside ASCII.
/// ASCII symbols stay.
fn write_form(cell: &str, form: &mut String) {
    form.clear();
    let mut length = 0;
    let mut last = None;
    for character in cell.trim().chars() {
        let sign = match character {
            c if c.is_numeric() => '9',
            c if c.is_alphabetic() => 'a',
            c if c.is_whitespace() => ' ',
            c if c.is_ascii_graphic() => c,
            _ => '·',
        };
        if matches!(sign, 'a' | ' ' | '·') && last == Some(sign) {
            continue;
        }
        if length == FORM_CHARACTERS_MAX {
            form.push('…');
            return;
        }
        form.push(sign);
        length += 1;
        last = Some(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let check = |cell: &str, expected: &str| {
            let mut form = String::new();
            write_form(cell, &mut form);
            assert_eq!(form, expected, "{cell}");
        };
        check("900-12-3456", "999-99-9999");
        check("  van der\t Berg ", "a a a");
        check("O'Neil", "a'a");
        check("山田・太郎", "a·a");
        check("langer@example.org", "a@a.a");
        check("٤٥6", "999");
        check("", "");
        check(&"1".repeat(33), &format!("{}…", "9".repeat(32)));
        check(&"1".repeat(32), &"9".repeat(32));
    }

    #[test]
    fn too_many_forms_are_counted_together() {
        let mut forms = Forms::default();
        for number in 0..FORMS_MAX + 10 {
            // A different form for each number: its binary digits as symbols.
            let cell: String = (0..11).map(|bit| if number >> bit & 1 == 1 { '-' } else { '/' }).collect();
            forms.see(&cell);
            forms.see("9");
        }
        assert_eq!((forms.counts.len(), forms.others), (FORMS_MAX, 11));
        assert_eq!(forms.by_count()[0], ("9".to_owned(), FORMS_MAX as u64 + 10));
        let mut twice = Forms::default();
        twice.merge(&forms);
        twice.merge(&forms);
        assert_eq!((twice.by_count()[0].1, twice.others), (2 * (FORMS_MAX as u64 + 10), 22));
    }
}
