//! The default type of a data store, resolved to explicit columns (docs/profile.md#classes).

use std::fmt;

use edm_model::{ColumnClass, Columns, EvidenceGroup, Pattern, Proximity};

/// Reports a store of which nothing can be a match: no searchable column identifies, and too few
/// columns are evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoReachablePattern;

impl fmt::Display for NoReachablePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no searchable column identifies a record and fewer than three columns are evidence: make a column with \
             distinct numbers or addresses searchable, or define a sensitive type of your own",
        )
    }
}

impl std::error::Error for NoReachablePattern {}

/// How near the evidence of a store without identifiers must be: its patterns are recognised
/// by it.
pub(crate) const CLOSE: Proximity =
    Proximity { unit: edm_model::ProximityUnit::Characters, distance: 100, or_same_row: true };

pub(crate) fn patterns(
    columns: &Columns,
    classes: &[ColumnClass],
) -> Result<Vec<Pattern>, NoReachablePattern> {
    let positions: Vec<usize> = (0..classes.len()).collect();
    let named = |positions: &[usize]| -> Vec<String> {
        positions
            .iter()
            .map(|p| columns.as_slice().get(*p).expect("a class is a column's").name.clone())
            .collect()
    };
    let class = |position: &usize| *classes.get(*position).expect("each column has a class");
    let pattern = |confidence, primary: usize, minimum: u32, group: Vec<usize>, proximity| {
        let others =
            positions.iter().filter(|p| **p != primary && !group.contains(p)).copied().collect::<Vec<_>>();
        (group.len() >= minimum as usize).then(|| Pattern {
            confidence,
            primary: columns.as_slice().get(primary).map(|column| column.name.clone()),
            proximity,
            supporting: if minimum == 0 {
                Vec::new()
            } else {
                vec![EvidenceGroup { min_matches: minimum, max_matches: None, columns: named(&group) }]
            },
            not_counted: named(&others),
            void_if: Vec::new(),
        })
    };
    let except = |primary: usize, keep: &dyn Fn(&usize) -> bool| -> Vec<usize> {
        positions.iter().copied().filter(|p| *p != primary && keep(p)).collect()
    };
    let mut patterns = Vec::new();
    for primary in positions.iter().copied().filter(|p| class(p).identifier) {
        let evidence = except(primary, &|p| class(p).evidence);
        let identifiers = except(primary, &|p| class(p).identifier);
        let weak = except(primary, &|p| !class(p).evidence);
        let near = Proximity::default();
        patterns.extend(pattern(85, primary, 2, evidence.clone(), near));
        patterns.extend(pattern(85, primary, 1, identifiers, near));
        patterns.extend(pattern(75, primary, 1, evidence, near));
        // Such a column's pattern is for the hits in its written form where it is not standalone:
        // `TypePlan::anchors`.
        let column = columns.as_slice().get(primary);
        let has_written_form = column.is_some_and(|column| column.rule.data_type.has_written_form());
        if class(&primary).standalone || has_written_form {
            patterns.extend(pattern(65, primary, 0, Vec::new(), near));
        }
        patterns.extend(pattern(65, primary, 1, weak, near));
    }
    if patterns.is_empty() && !classes.iter().any(|class| class.identifier) {
        let searchable = |p: &usize| columns.as_slice().get(*p).is_some_and(|column| column.searchable);
        for primary in positions.iter().copied().filter(|p| searchable(p) && class(p).evidence) {
            patterns.extend(pattern(75, primary, 2, except(primary, &|p| class(p).evidence), CLOSE));
        }
    }
    if patterns.is_empty() { Err(NoReachablePattern) } else { Ok(patterns) }
}
