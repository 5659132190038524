//! Reasons why a cell is refused, written for a person who can correct the table or the column.

use edm_hash::CellRefusal;
use edm_model::{Column, DataType};

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

/// Returns a description of the values that the type accepts.
pub(crate) fn wanted(data_type: &DataType) -> String {
    let plain = match data_type {
        DataType::Text => "no text (type text)",
        DataType::Digits { .. } => "no number of digits and ignored signs alone (type digits)",
        DataType::Email => "no e-mail address (type email)",
        DataType::Name => "no text at all (type name takes any)",
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
