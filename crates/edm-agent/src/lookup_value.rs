//! Checks a value that is looked up against the type of its column.

use edm_graph::DataStoreResource;
use edm_hash::{Canonicaliser, CellForm, CellRefusal, Folded};

use crate::refusal_reason::wanted;
use crate::table::StoreShape;

/// Returns why no row of the store can contain the value in this column, as a clause about the
/// value. Returns `None` if a row may, or if the live data was made with other columns.
pub fn refused_value(store: &DataStoreResource, column: &str, value: &str) -> Option<String> {
    if store.must_upload_again == Some(true) {
        return None;
    }
    let shape = StoreShape::read(store).ok()?;
    let column = shape.columns.as_slice().get(shape.columns.position(column)?)?;
    let canonicaliser = Canonicaliser::new(&column.rule, shape.tokens_max);
    match canonicaliser.cell(value, &mut Folded::new(), &mut Vec::new()) {
        CellForm::Present | CellForm::Placeholder => None,
        CellForm::Absent => Some("it has no letter or digit".to_owned()),
        CellForm::Refused(CellRefusal::NotThisType) => {
            Some(format!("it is {}", wanted(&column.rule.data_type)))
        }
        CellForm::Refused(CellRefusal::TooWide) => {
            Some("it has more digits than the column's width".to_owned())
        }
        CellForm::Refused(_) => Some("it is longer than the values that the data store matches".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edm_model::{Column, DataType};

    #[test]
    fn a_value_that_no_row_can_hold_is_recognised() {
        let columns = [
            Column::text("ssn").searchable().typed(DataType::Ssn),
            Column::text("room").searchable().typed(DataType::Digits { width: Some(3) }),
        ];
        let store = DataStoreResource {
            id: "b84d3f36-3f36-4b84-8d3f-363f4db8363f".to_owned(),
            columns: Some(columns.iter().map(edm_graph::ColumnResource::from).collect()),
            ..DataStoreResource::default()
        };
        let check = |column: &str, value: &str, expected: Option<&str>| {
            let refusal = refused_value(&store, column, value);
            assert_eq!(refusal.is_some(), expected.is_some(), "{refusal:?}");
            assert!(refusal.unwrap_or_default().contains(expected.unwrap_or_default()));
        };
        check("ssn", "900-12-3456", None);
        check("SSN", "900123456", None);
        check("ssn", "900-12-345", Some("no social security number"));
        check("ssn", "Langer", Some("no social security number"));
        check("ssn", "--", Some("no letter or digit"));
        check("room", "1234", Some("more digits"));
        check("room", "123", None);
        check("other", "123", None);
        let changed = DataStoreResource { must_upload_again: Some(true), ..store.clone() };
        assert_eq!(refused_value(&changed, "ssn", "Langer"), None, "the live column may be another");
    }
}
