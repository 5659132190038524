//! Classes of columns and the default type's patterns (`docs/matching.md`).

use std::collections::BTreeMap;

use edm_model::{Column, ColumnClass, Columns, DataType, EvidenceGroup, Pattern, Proximity, ProximityUnit};

use super::table::Cell;
use super::value::Makeup;

/// Returns the class of a column from its cells.
pub(crate) fn class_of(column: &Column, cells: &[&Cell]) -> ColumnClass {
    let dates = cells.iter().filter(|cell| cell.date).count();
    let cells: Vec<&str> = cells.iter().map(|cell| cell.form.as_str()).collect();
    let mut occurrences: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in &cells {
        *occurrences.entry(cell).or_default() += 1;
    }
    let count = cells.len();
    let agreeing: usize = occurrences.values().map(|n| n * (n - 1)).sum();
    let agreement = if count < 2 { 0.0 } else { agreeing as f64 / (count * (count - 1)) as f64 };
    let rare = count < 200 && occurrences.values().all(|n| *n <= 2) && occurrences.len() * 2 > count;
    let anchoring = cells.iter().any(|cell| Makeup::of(cell).anchors());
    let sparse = cells.iter().filter(|cell| occurrences.get(**cell).is_some_and(|n| *n <= 12)).count();
    let dated = matches!(column.rule.data_type, DataType::Date { .. }) || dates * 2 >= count;
    let identifier = column.searchable && anchoring && !dated && sparse * 100 >= count * 99;
    let roomy = cells.iter().filter(|cell| room(cell) >= 1_000.0 * occurrences.len() as f64).count();
    let checked = matches!(column.rule.data_type, DataType::Card | DataType::Iban);
    ColumnClass {
        identifier,
        standalone: identifier && (checked || roomy * 100 >= count * 99),
        evidence: agreement <= 0.01 || rare,
    }
}

/// Returns whether a written form alone can identify a value of the column.
pub(crate) const fn has_written_form(column: &Column) -> bool {
    matches!(column.rule.data_type, DataType::Ssn | DataType::Card | DataType::Iban)
}

/// Returns how many values of this shape there may be.
fn room(value: &str) -> f64 {
    let makeup = Makeup::of(value);
    10f64.powi(makeup.digits.min(63) as i32) * 26f64.powi((makeup.letters + makeup.clusters).min(63) as i32)
}

/// Returns the patterns of the store's default type; none if no pattern can be reached.
pub(crate) fn default_patterns(columns: &Columns, classes: &[ColumnClass]) -> Vec<Pattern> {
    let names = |wanted: &dyn Fn(&ColumnClass) -> bool, except: usize| -> Vec<String> {
        let all = columns.as_slice().iter().zip(classes).enumerate();
        all.filter(|(position, (_, class))| *position != except && wanted(class))
            .map(|(_, (column, _))| column.name.clone())
            .collect()
    };
    let mut patterns = Vec::new();
    let mut add = |confidence: u8, primary: usize, distance: u32, groups: Vec<(u32, Vec<String>)>| {
        let reachable = groups.iter().all(|(least, columns)| columns.len() >= *least as usize);
        let counted: Vec<&String> = groups.iter().flat_map(|(_, columns)| columns).collect();
        let not_counted =
            names(&|_| true, primary).into_iter().filter(|name| !counted.contains(&name)).collect();
        let supporting = groups
            .into_iter()
            .map(|(min_matches, columns)| EvidenceGroup { min_matches, max_matches: None, columns })
            .collect();
        if let Some(column) = columns.as_slice().get(primary).filter(|_| reachable) {
            patterns.push(Pattern {
                confidence,
                primary: Some(column.name.clone()),
                proximity: Proximity { unit: ProximityUnit::Characters, distance, or_same_row: true },
                supporting,
                not_counted,
                void_if: Vec::new(),
            });
        }
    };
    for (primary, class) in classes.iter().enumerate().filter(|(_, class)| class.identifier) {
        let evidence = names(&|class| class.evidence, primary);
        add(85, primary, 300, vec![(2, evidence.clone())]);
        add(85, primary, 300, vec![(1, names(&|class| class.identifier, primary))]);
        add(75, primary, 300, vec![(1, evidence)]);
        let written = columns.as_slice().get(primary).is_some_and(has_written_form);
        if class.standalone || written {
            add(65, primary, 300, Vec::new());
        }
        add(65, primary, 300, vec![(1, names(&|class| !class.evidence, primary))]);
    }
    if classes.iter().all(|class| !class.identifier) {
        for (primary, column) in columns.as_slice().iter().enumerate() {
            if column.searchable && classes[primary].evidence {
                add(75, primary, 100, vec![(2, names(&|class| class.evidence, primary))]);
            }
        }
    }
    patterns
}
