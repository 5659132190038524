//! Reasons why a cell is refused, written for a person who can correct the table or the column.

use edm_graph::DataStoreResource;
use edm_hash::{Canonicaliser, CellForm, CellRefusal, Folded};
use edm_model::{Column, DataType};

use crate::table::StoreShape;

/// Returns a sentence with the column, its type, what the type accepts, and the `--column` that
/// would accept the cell. It contains no cell text.
pub(crate) fn refusal_reason(column: &Column, refusal: CellRefusal) -> String {
    let name = &column.name;
    let said = said(column);
    let data_type = &column.rule.data_type;
    match (refusal, data_type) {
        (CellRefusal::NotThisType, _) => {
            format!("{name}: the cell is {}; {}", wanted(data_type), remedy(&said, data_type))
        }
        (CellRefusal::TooWide, DataType::Digits { width: Some(width) }) => {
            format!(
                "{name}: the cell has more than {width} digits (type digits={width}); a wider one takes it, as does \
                 `edm store update … --column '{said}:digits'`"
            )
        }
        (refusal, _) => format!("{name}: {refusal}"),
    }
}

/// Returns why no row of the store can hold the value in this column, as a clause about the value;
/// nothing where a row may, and where the live data was made with other columns than the store has
/// now.
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

/// Returns a description of the values that the type accepts.
fn wanted(data_type: &DataType) -> String {
    let plain = match data_type {
        DataType::Text => "no text (type text)",
        DataType::Digits { .. } => "no number of digits and ignored signs alone (type digits)",
        DataType::Email => "no e-mail address (type email)",
        DataType::Name => {
            "no name (type name: words joined by spaces, hyphens, apostrophes, dots, or one comma behind the surname)"
        }
        DataType::Ssn => "no social security number of nine digits (type ssn)",
        DataType::Card => "no payment card number with its check digit (type card)",
        DataType::Iban => "no IBAN with its check digits (type iban)",
        DataType::Address => "no postal address (type address)",
        DataType::Date { order: None } => {
            "no day, or one whose day and month could be changed round (type date)"
        }
        DataType::Date { order: Some(order) } => return format!("no day (type date={})", order.as_str()),
        DataType::Phone { country: None } => {
            "no telephone number with the code of its country, as +49 30 … (type phone)"
        }
        DataType::Phone { country: Some(country) } => {
            return format!("no telephone number (type phone={country})");
        }
    };
    plain.to_owned()
}

/// Returns the `--column` argument for this column without a type, so that only the type changes.
fn said(column: &Column) -> String {
    let flags = [(column.searchable, ":searchable"), (column.key, ":key")];
    let flags: String = flags.into_iter().filter(|(holds, _)| *holds).map(|(_, flag)| flag).collect();
    format!("{}{flags}", column.name)
}

/// Returns the column that would accept the cell.
fn remedy(said: &str, data_type: &DataType) -> String {
    let update = format!("edm store update … --column '{said}");
    match data_type {
        DataType::Date { order: None } => format!(
            "`{update}:date=dmy'`, date=mdy or date=ymd says how the table writes days, and `{update}'` takes any text"
        ),
        DataType::Phone { country: None } => format!(
            "`{update}:phone=DE'` takes numbers as they are dialled inside one country (here Germany), and `{update}'` takes any text"
        ),
        _ => format!("`{update}'` takes any text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let told = refused_value(&store, column, value);
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()));
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

    #[test]
    fn reasons_name_type_want_and_remedy() {
        let check = |data_type: DataType, refusal: CellRefusal, parts: &[&str]| {
            let reason = refusal_reason(&Column::text("c").typed(data_type), refusal);
            assert!(parts.iter().all(|part| reason.contains(part)), "{reason}");
        };
        let wrong = CellRefusal::NotThisType;
        check(DataType::Phone { country: None }, wrong, &["c: ", "(type phone)", "c:phone=DE"]);
        check(DataType::Date { order: None }, wrong, &["(type date)", "c:date=dmy"]);
        check(DataType::Email, wrong, &["no e-mail address (type email)", "--column 'c'` takes any text"]);
        // The other properties of the column must be repeated, or they would be lost.
        let key = Column { key: true, ..Column::text("Tel. (privat)").searchable() };
        let reason = refusal_reason(&key.typed(DataType::Phone { country: None }), wrong);
        assert!(reason.contains("--column 'Tel. (privat):searchable:key:phone=DE'`"), "{reason}");
        check(
            DataType::Digits { width: Some(8) },
            CellRefusal::TooWide,
            &["more than 8 digits", "'c:digits'`"],
        );
        check(DataType::Text, CellRefusal::TooManyTokens, &["maximumNumberOfTokens"]);
    }
}
