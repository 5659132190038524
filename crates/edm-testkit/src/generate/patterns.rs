//! Random patterns of sensitive types.

use edm_model::{Column, EvidenceGroup, Pattern, Proximity, ProximityUnit};

use super::choices::Choices;

/// Makes one to four patterns over the columns.
pub(super) fn patterns(choices: &mut impl Choices, columns: &[Column]) -> Vec<Pattern> {
    let searchable: Vec<&str> =
        columns.iter().filter(|column| column.searchable).map(|column| column.name.as_str()).collect();
    let by_record = choices.chance(20);
    let count = choices.between(1, 4);
    (0..count)
        .map(|_| {
            let unnamed = if choices.chance(5) { !by_record } else { by_record };
            let primary = (!unnamed).then(|| choices.pick(&searchable).to_owned());
            let groups = [0, 1, 1, 2, 2, 3, 4][choices.below(7)];
            // Sometimes all groups name the same one to three columns, each a few of them, so that
            // they compete.
            let contested: Option<Vec<&Column>> = (groups > 1 && choices.chance(50)).then(|| {
                let from = choices.below(columns.len());
                columns.iter().cycle().skip(from).take(choices.between(1, 3).min(columns.len())).collect()
            });
            Pattern {
                confidence: [65, 75, 85, 60, 75][choices.below(5)],
                primary,
                proximity: proximity(choices),
                supporting: (0..groups)
                    .map(|_| match &contested {
                        Some(contested) => competing(choices, contested),
                        None => group(choices, columns),
                    })
                    .collect(),
                not_counted: if choices.chance(20) { some(choices, columns) } else { Vec::new() },
                void_if: if choices.chance(12) { some(choices, columns) } else { Vec::new() },
            }
        })
        .collect()
}

fn proximity(choices: &mut impl Choices) -> Proximity {
    let unit = match choices.below(6) {
        0..=2 => ProximityUnit::Characters,
        3 => ProximityUnit::Words,
        4 => ProximityUnit::Row,
        _ => ProximityUnit::Document,
    };
    let distance = match (unit, choices.below(3)) {
        (ProximityUnit::Words, _) => choices.below(8),
        (_, 0) => 300,
        _ => choices.below(40),
    };
    Proximity { unit, distance: distance as u32, or_same_row: !choices.chance(40) }
}

fn group(choices: &mut impl Choices, columns: &[Column]) -> EvidenceGroup {
    EvidenceGroup {
        min_matches: [1, 1, 2, 0][choices.below(4)],
        max_matches: choices.chance(15).then(|| choices.below(3) as u32),
        columns: some(choices, columns),
    }
}

/// Makes a group of a few contested columns, which rarely requires more than one.
fn competing(choices: &mut impl Choices, contested: &[&Column]) -> EvidenceGroup {
    let named: Vec<String> =
        contested.iter().filter(|_| !choices.chance(30)).map(|column| column.name.clone()).collect();
    EvidenceGroup {
        min_matches: [1, 0, 1, 2][choices.below(4)],
        max_matches: choices.chance(40).then(|| choices.between(1, 2) as u32),
        columns: if named.is_empty() { vec![contested[0].name.clone()] } else { named },
    }
}

fn some(choices: &mut impl Choices, columns: &[Column]) -> Vec<String> {
    let mut names: Vec<String> =
        columns.iter().filter(|_| !choices.chance(35)).map(|column| column.name.clone()).collect();
    if choices.chance(15) {
        names.reverse();
    }
    names
}
