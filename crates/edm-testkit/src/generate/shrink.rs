//! Shrinks a failing case so that a person can read it.

use super::Case;
use crate::oracle::Asked;

/// Applies one way to shrink a case.
type Change<'a> = dyn FnMut(&dyn Fn(&mut Case)) + 'a;

/// Returns the smallest failing case found, by leaving out rows, parts of the text, patterns and so
/// on.
pub fn shrunk(case: Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut best = case;
    loop {
        let smaller = smaller(&best).into_iter().find(|candidate| fails(candidate));
        match smaller {
            Some(candidate) => best = candidate,
            None => return best,
        }
    }
}

fn smaller(case: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut change = |edit: &dyn Fn(&mut Case)| {
        let mut candidate = case.clone();
        edit(&mut candidate);
        cases.push(candidate);
    };
    for (start, length) in
        stretches(case.sample.rows.len()).into_iter().filter(|(_, n)| *n < case.sample.rows.len())
    {
        change(&|case| drop(case.sample.rows.drain(start..start + length)));
    }
    let characters: Vec<(usize, char)> = case.question.text.char_indices().collect();
    for (start, length) in stretches(characters.len()) {
        let from = characters[start].0;
        let to = characters.get(start + length).map_or(case.question.text.len(), |next| next.0);
        change(&|case| case.question.text.replace_range(from..to, ""));
    }
    if !case.question.candidates.is_empty() {
        change(&|case| case.question.candidates.clear());
    }
    if !case.question.exempt.is_empty() {
        change(&|case| case.question.exempt.clear());
    }
    if case.question.minimum_confidence > 1 {
        change(&|case| case.question.minimum_confidence = 1);
    }
    for row in 0..case.sample.rows.len() {
        for column in 0..case.sample.rows[row].len() {
            if !case.sample.rows[row][column].is_empty() {
                change(&|case| case.sample.rows[row][column].clear());
            }
        }
    }
    if let Asked::Own(patterns) = &case.question.patterns {
        for position in 0..patterns.len() {
            if patterns.len() > 1 {
                change(&|case| pattern_edit(case, &|patterns| drop(patterns.remove(position))));
            }
            change_pattern(&patterns[position], position, &mut change);
        }
    }
    cases
}

fn change_pattern(pattern: &edm_model::Pattern, position: usize, change: &mut Change<'_>) {
    if !pattern.void_if.is_empty() {
        change(&|case| pattern_edit(case, &|patterns| patterns[position].void_if.clear()));
    }
    if !pattern.not_counted.is_empty() {
        change(&|case| pattern_edit(case, &|patterns| patterns[position].not_counted.clear()));
    }
    for (group, content) in pattern.supporting.iter().enumerate() {
        change(&|case| pattern_edit(case, &|patterns| drop(patterns[position].supporting.remove(group))));
        for name in 0..content.columns.len() {
            change(&|case| {
                pattern_edit(case, &|patterns| {
                    drop(patterns[position].supporting[group].columns.remove(name))
                });
            });
        }
    }
}

fn pattern_edit(case: &mut Case, edit: &dyn Fn(&mut Vec<edm_model::Pattern>)) {
    if let Asked::Own(patterns) = &mut case.question.patterns {
        edit(patterns);
    }
}

/// Returns ranges of a list, the long ones first.
fn stretches(count: usize) -> Vec<(usize, usize)> {
    let mut length = count;
    let mut result = Vec::new();
    while length > 0 {
        result.extend(
            (0..count).step_by(length).filter(|start| start + length <= count).map(|start| (start, length)),
        );
        length /= 2;
    }
    result
}
