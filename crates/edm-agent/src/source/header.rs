//! The first record of the file → which cell feeds which column of the store.

use csv::StringRecord;
use edm_model::Columns;

use crate::error::{Error, ErrorKind};

/// What happens to columns of the file that the store does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtraColumns {
    /// They are an error.
    #[default]
    Refuse,
    /// They are left out.
    Ignore,
}

/// For each column of the store, in its order, the position of its cell in a record of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) cells: usize,
    pub(crate) positions: Vec<usize>,
}

impl Header {
    /// Resolves the header: exact names first, then without case. The order of the cells is free.
    ///
    /// Names of the file are repeated in errors only once every column of the store was found: before that, the
    /// first line may be a record, and its cells must not be shown.
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
            // Names of a store are distinct without case, so a second cell of the same letters is a repeat.
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

    /// A file without a header: its first record must not be shown.
    #[test]
    fn first_record_is_not_shown() {
        let columns = Columns::new(vec![Column::text("ssn").searchable()]).expect("valid");
        let record = StringRecord::from(vec!["900-12-3456", "Langer"]);
        let error =
            Header::resolve(&record, &columns, ExtraColumns::Refuse).expect_err("no header").to_string();
        assert!(!error.contains("900-12") && !error.contains("Langer"), "{error}");
    }
}
