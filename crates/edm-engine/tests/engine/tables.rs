//! Several tables of one salt, searched together.

use edm_engine::{Accelerators, PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, Pattern, Proximity, ProximityUnit};

use crate::support;

fn anything() -> Pattern {
    Pattern {
        confidence: 80,
        primary: None,
        proximity: Proximity { unit: ProximityUnit::Characters, distance: 40, or_same_row: false },
        supporting: Vec::new(),
        not_counted: Vec::new(),
        void_if: Vec::new(),
    }
}

/// The filters of tables of one salt are combined where they are often searched together: what is
/// found stays what it was.
#[test]
fn tables_that_are_asked_together_find_the_same() {
    let columns = Columns::new(vec![Column::text("name").searchable(), Column::text("city").searchable()]);
    let columns = columns.expect("two columns");
    let table = |names: &[&str]| {
        let rows: Vec<[&str; 2]> = names.iter().map(|name| [*name, "Kingston upon Hull"]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        support::build(&columns, &rows, 2, 1 << 20).open()
    };
    let tables =
        [table(&["Ada King", "Bo Diddley"]), table(&["van der Berg", "4711-0815"]), table(&["Bo Diddley"])];
    let types =
        PreparedTypes::prepare(tables.iter().map(|table| support::active(table, Some(vec![anything()]))));
    let scratch = &mut Scratch::new();
    let text = "Ada King met Bo\tDiddley, 4711 0815, van der Berg and nobody of Kingston upon Hull, King Bo";
    let first = scan(&Query::new(text, &types), scratch);
    assert!(
        first.types.len() == 3 && first.types.iter().all(|matched| !matched.matches.is_empty()),
        "{first:?}"
    );
    let slow = Accelerators { filter: false, ..Accelerators::default() };
    assert_eq!(scan(&Query { accelerators: slow, ..Query::new(text, &types) }, scratch), first);
}
