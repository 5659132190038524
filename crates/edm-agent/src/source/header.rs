//! Resolves the header: which cell of a record belongs to which column of the store.

use csv::StringRecord;
use edm_model::{Column, Columns, ColumnsErrorKind};

use crate::error::{Error, ErrorKind};

/// What to do with columns of the file that the store lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtraColumns {
    /// Report an error.
    #[default]
    Refuse,
    /// Ignore them.
    Ignore,
}

/// For each column of the store, in its order, the position of its cell in a record of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) cells: usize,
    pub(crate) positions: Vec<usize>,
}

impl Header {
    /// Resolves the header: exact names first, then ignoring case. The order of the cells does not
    /// matter.
    ///
    /// Errors repeat names of the file only after every column of the store was found. Until then
    /// the first line may be a record, whose cells must not be shown.
    pub(crate) fn resolve(
        header: &StringRecord,
        columns: &Columns,
        extra: ExtraColumns,
    ) -> Result<Self, Error> {
        let names: Vec<&str> = header.iter().map(str::trim).collect();
        let folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let mut taken = vec![false; names.len()];
        let mut positions = Vec::with_capacity(columns.as_slice().len());
        let mut missing = Vec::new();
        for column in columns.as_slice() {
            let lower = column.name.trim().to_lowercase();
            let exact = names.iter().position(|name| *name == column.name.trim());
            let Some(position) = exact.or_else(|| folded.iter().position(|name| *name == lower)) else {
                missing.push(column.name.clone());
                continue;
            };
            // The store's names are distinct without case, so a second cell with the same letters
            // is a duplicate.
            if folded.iter().filter(|name| **name == lower).count() > 1 {
                return Err(Error::new(ErrorKind::DuplicateColumn { name: column.name.clone() }));
            }
            if let Some(taken) = taken.get_mut(position) {
                *taken = true;
            }
            positions.push(position);
        }
        if !missing.is_empty() {
            return Err(Error::new(ErrorKind::MissingColumns { names: missing, header_cells: names.len() }));
        }
        let extras: Vec<String> = names
            .iter()
            .zip(&taken)
            .filter(|(_, taken)| !**taken)
            .map(|(name, _)| format!("“{name}”"))
            .collect();
        if extra == ExtraColumns::Refuse && !extras.is_empty() {
            return Err(Error::new(ErrorKind::ExtraColumns { names: extras }));
        }
        Ok(Self { cells: names.len(), positions })
    }

    /// Takes every column of the header as text. The first is searchable, because one must be.
    ///
    /// Without a store to compare with, the first line may be a record. Whatever looks like a value
    /// is refused, and no cell of it is shown.
    pub(crate) fn whole(header: &StringRecord) -> Result<(Self, Columns), Error> {
        let unfit =
            |position: usize, reason| Error::new(ErrorKind::UnfitHeader { cell: position + 1, reason });
        let mut columns = Vec::with_capacity(header.len());
        for (position, name) in header.iter().map(str::trim).enumerate() {
            if name.is_empty() {
                return Err(unfit(position, "is empty"));
            }
            if looks_like_a_value(name) {
                return Err(unfit(position, "looks like a value and not like a name"));
            }
            columns.push(Column::text(name));
        }
        if let Some(first) = columns.first_mut() {
            first.searchable = true;
        }
        let columns = Columns::new(columns).map_err(|error| match (error.kind(), error.position()) {
            (ColumnsErrorKind::DuplicateName, Some(position)) => unfit(position, "repeats another cell"),
            (_, Some(position)) => unfit(position, "is too long or holds a control character"),
            (_, None) => Error::new(ErrorKind::UnusableStore { reason: error.to_string() }),
        })?;
        Ok((Self { cells: header.len(), positions: (0..header.len()).collect() }, columns))
    }
}

/// Returns whether a header cell looks like a value. Names have few digits, fewer than letters, and
/// contain no address; one of digits only is a year. `A123` would be a fine name, but without a
/// header it is a value, and would become a public column name.
fn looks_like_a_value(name: &str) -> bool {
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    name.contains('@') || digits >= 6 || digits > letters && !has_a_word(name) && !is_year(name)
}

/// Returns whether a name has enough letters for a word: `FY_2024` has, `Q1_2024` has not.
fn has_a_word(name: &str) -> bool {
    name.chars().take_while(|c| c.is_alphabetic()).count() >= 2
}

fn is_year(name: &str) -> bool {
    matches!(name.as_bytes(), [b'1', b'9', ..] | [b'2', b'0', ..])
        && name.len() == 4
        && name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use edm_model::Column;

    fn check(header: &[&str], extra: ExtraColumns, expected: Result<&[usize], &str>) {
        let columns =
            Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")]).expect("valid");
        let got = Header::resolve(&StringRecord::from(header.to_vec()), &columns, extra);
        match (got, expected) {
            (Ok(header), Ok(positions)) => assert_eq!(header.positions, positions),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, expected) => panic!("{header:?}: {got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn headers() {
        let refuse = ExtraColumns::Refuse;
        check(&["ssn", "lastName"], refuse, Ok(&[0, 1]));
        check(&["lastName", "ssn"], refuse, Ok(&[1, 0]));
        check(&[" SSN ", "LASTNAME"], refuse, Ok(&[0, 1]));
        check(&["ssn"], refuse, Err("has 1 cells and lacks: lastName"));
        check(&["ssn", "lastName", "room"], refuse, Err("no column named “room”"));
        check(&["ssn", "lastName", "room"], ExtraColumns::Ignore, Ok(&[0, 1]));
        check(&["room", "ssn", "lastName"], ExtraColumns::Ignore, Ok(&[1, 2]));
        check(&["ssn", "SSN", "lastName"], ExtraColumns::Ignore, Err("ssn twice"));
    }

    #[test]
    fn headers_without_a_store() {
        let check = |header: &[&str], expected: Result<&[&str], &str>| {
            let got = Header::whole(&StringRecord::from(header.to_vec()));
            match (got, expected) {
                (Ok((header, columns)), Ok(names)) => {
                    let found: Vec<&str> =
                        columns.as_slice().iter().map(|column| column.name.as_str()).collect();
                    assert_eq!((found.as_slice(), header.cells), (names, names.len()));
                }
                (Err(error), Err(part)) => {
                    let message = error.to_string();
                    assert!(message.contains(part), "{message}");
                    assert!(!header.iter().any(|cell| cell.len() > 2 && message.contains(cell)), "{message}");
                }
                (got, expected) => panic!("{header:?}: {got:?}, expected {expected:?}"),
            }
        };
        check(&["ssn", " lastName ", "line2", "山田"], Ok(&["ssn", "lastName", "line2", "山田"]));
        check(&["id", "2024", "FY2024", "line_1234"], Ok(&["id", "2024", "FY2024", "line_1234"]));
        check(&["Langer", "A123"], Err("cell 2 of the first line looks like a value"));
        check(&["Langer", "1234"], Err("cell 2 of the first line looks like a value"));
        check(&["Langer", "12-A"], Err("cell 2 of the first line looks like a value"));
        check(&["Langer", "2024-03"], Err("cell 2 of the first line looks like a value"));
        check(&["Langer", "900-12-3456"], Err("cell 2 of the first line looks like a value"));
        check(&["Langer", "k123456"], Err("cell 2 of the first line looks like a value"));
        check(&["langer@example.org"], Err("cell 1 of the first line looks like a value"));
        check(&["ssn", " "], Err("cell 2 of the first line is empty"));
        check(&["Langer", "LANGER"], Err("cell 2 of the first line repeats another cell"));
        check(&["a", &"b".repeat(129)], Err("cell 2 of the first line is too long"));
    }

    /// In a file without a header, the first record must not be shown.
    #[test]
    fn first_record_is_not_shown() {
        let columns = Columns::new(vec![Column::text("ssn").searchable()]).expect("valid");
        let record = StringRecord::from(vec!["900-12-3456", "Langer"]);
        let error =
            Header::resolve(&record, &columns, ExtraColumns::Refuse).expect_err("no header").to_string();
        assert!(!error.contains("900-12") && !error.contains("Langer"), "{error}");
    }
}
