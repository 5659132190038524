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

/// How near the evidence must be in a store without identifiers.
const CLOSE: Proximity =
    Proximity { unit: edm_model::ProximityUnit::Characters, distance: 100, or_same_row: true };

/// Returns whether a pattern of a default type was made for a store without identifiers.
pub(crate) fn is_without_identifiers(pattern: &Pattern) -> bool {
    // A stored pattern does not say what it was made for, but no other pattern of a default type
    // has this proximity.
    pattern.proximity == CLOSE
}

pub(crate) fn patterns(
    columns: &Columns,
    classes: &[ColumnClass],
) -> Result<Vec<Pattern>, NoReachablePattern> {
    // The manifest has a class for each column.
    let definitions = columns.as_slice();
    let positions: Vec<usize> = (0..definitions.len()).collect();
    let named = |positions: &[usize]| -> Vec<String> {
        positions.iter().map(|p| definitions[*p].name.clone()).collect()
    };
    let class = |position: &usize| classes[*position];
    let pattern = |confidence, primary: usize, minimum: u32, group: Vec<usize>, proximity| {
        let others =
            positions.iter().filter(|p| **p != primary && !group.contains(p)).copied().collect::<Vec<_>>();
        (group.len() >= minimum as usize).then(|| Pattern {
            confidence,
            primary: Some(definitions[primary].name.clone()),
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
        // Where the column is not standalone, only hits in the written form of its type reach this
        // pattern (`scan::evidence::anchor::can_be_primary`).
        let has_written_form = definitions[primary].rule.data_type.has_written_form();
        if class(&primary).standalone || has_written_form {
            patterns.extend(pattern(65, primary, 0, Vec::new(), near));
        }
        patterns.extend(pattern(65, primary, 1, weak, near));
    }
    if patterns.is_empty() && !classes.iter().any(|class| class.identifier) {
        for primary in positions.iter().copied().filter(|p| definitions[*p].searchable && class(p).evidence) {
            patterns.extend(pattern(75, primary, 2, except(primary, &|p| class(p).evidence), CLOSE));
        }
    }
    if patterns.is_empty() { Err(NoReachablePattern) } else { Ok(patterns) }
}
