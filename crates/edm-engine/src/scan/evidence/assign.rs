//! Which group of a pattern counts which value of a row (`docs/matching.md`, Patterns). Values
//! never compete for a column, because a cell has one value; groups that name the same columns
//! compete for values.
//!
//! This is bipartite matching with bounds on one side, solved by augmenting paths:
//!
//! ```text
//! for each group: until it has its least number
//!     fetch a value: a free one, or one whose group can fetch another (recursively)
//! for each value that has no group:
//!     place it: in a group with room, or in one that can place a value elsewhere
//! ```
//!
//! What must stay true: a value or group that was served once stays served, so the order does not
//! matter for whether there is an assignment. Which one is taken, if there are several, is settled
//! afterwards by trial.

use std::collections::BTreeSet;

use crate::prepared::pattern::GroupPlan;

/// Gives every value that a group names to one group, each group counting as many as it may, and
/// returns the column that each is counted for; `None` if that cannot be done. `values` holds the
/// columns of each value, no column twice.
pub(crate) fn assign(groups: &[GroupPlan], values: &[Vec<usize>]) -> Option<Vec<Option<usize>>> {
    // Nearly every pattern has one group: then there is nothing to share out.
    if let [group] = groups {
        return assign_to_one(group, values);
    }
    let named = |group: &GroupPlan, columns: &[usize]| columns.iter().any(|c| group.columns.contains(c));
    // The groups that may count each value: the edges of the bipartite graph.
    let mut choices: Vec<Vec<usize>> = values
        .iter()
        .map(|columns| (0..groups.len()).filter(|group| named(&groups[*group], columns)).collect())
        .collect();
    let mut holders = Filling::new(groups, &choices).complete()?;
    settle(groups, values, &mut choices, &mut holders);
    let column = |(holder, columns): (&Option<usize>, &Vec<usize>)| {
        let group = &groups[(*holder)?];
        columns.iter().filter(|column| group.columns.contains(column)).min().copied()
    };
    Some(holders.iter().zip(values).map(column).collect())
}

/// Gives every value that the only group names to it.
fn assign_to_one(group: &GroupPlan, values: &[Vec<usize>]) -> Option<Vec<Option<usize>>> {
    let column = |columns: &Vec<usize>| columns.iter().filter(|c| group.columns.contains(c)).min().copied();
    let assigned: Vec<Option<usize>> = values.iter().map(column).collect();
    let counted = assigned.iter().flatten().count();
    (counted >= group.min && group.max.is_none_or(|max| counted <= max)).then_some(assigned)
}

/// Of several ways takes the one that fills the first group's first column if any way does, then
/// its next column, and so on, group by group. Leaves one choice to each value.
fn settle(
    groups: &[GroupPlan],
    values: &[Vec<usize>],
    choices: &mut [Vec<usize>],
    holders: &mut Vec<Option<usize>>,
) {
    if choices.iter().all(|groups| groups.len() < 2) {
        return;
    }
    // Each step pins one value to one group and fills all groups once more under the pins so far.
    // If that fails, the group is struck from the value's choices instead: the assignment before is
    // still complete, since it gave the value to another group. Patterns have few groups, so
    // filling from the beginning is kept instead of code that undoes steps.
    for (number, group) in groups.iter().enumerate() {
        for column in &group.columns {
            let Some(value) = values.iter().position(|columns| columns.contains(column)) else { continue };
            if choices[value].len() < 2 || !choices[value].contains(&number) {
                continue;
            }
            let others: Vec<usize> =
                choices[value].iter().copied().filter(|other| *other != number).collect();
            choices[value] = vec![number];
            if holders[value] == Some(number) {
                continue;
            }
            match Filling::new(groups, choices).complete() {
                Some(better) => *holders = better,
                None => choices[value] = others,
            }
        }
    }
}

/// Values on their way to groups.
struct Filling<'a> {
    groups: &'a [GroupPlan],
    choices: &'a [Vec<usize>],
    /// The group that counts each value.
    holders: Vec<Option<usize>>,
    counted: Vec<usize>,
}

impl<'a> Filling<'a> {
    fn new(groups: &'a [GroupPlan], choices: &'a [Vec<usize>]) -> Self {
        Self { groups, choices, holders: vec![None; choices.len()], counted: vec![0; groups.len()] }
    }

    /// Returns the holders once every group has its least and every value a group. A value or group
    /// that has found its place never loses it again, it only changes it, so that the order of the
    /// two does not matter.
    fn complete(mut self) -> Option<Vec<Option<usize>>> {
        for (number, group) in self.groups.iter().enumerate() {
            if group.max.is_some_and(|max| group.min > max) {
                return None;
            }
            while self.counted[number] < group.min {
                if !self.fetch(number, &mut BTreeSet::from([number])) {
                    return None;
                }
            }
        }
        for (value, groups) in self.choices.iter().enumerate() {
            let waits = !groups.is_empty() && self.holders[value].is_none();
            if waits && !self.place(value, &mut BTreeSet::new()) {
                return None;
            }
        }
        Some(self.holders)
    }

    /// Gives the group one value more: a free one, or one of a group that can fetch another.
    ///
    /// `tried` has the groups on the path and those that could not help: each is tried once, which
    /// bounds the recursion by the number of groups.
    fn fetch(&mut self, group: usize, tried: &mut BTreeSet<usize>) -> bool {
        // A free value ends the augmenting path. A value of another group extends it: that group
        // fetches a replacement first, so its count is back at what it was when this one takes
        // over.
        let wanted: Vec<usize> =
            (0..self.choices.len()).filter(|value| self.choices[*value].contains(&group)).collect();
        for value in wanted {
            let free = match self.holders[value] {
                None => true,
                Some(other) => tried.insert(other) && self.fetch(other, tried),
            };
            if free {
                self.give(value, group);
                return true;
            }
        }
        false
    }

    /// Finds a group for a value: one with room, or one that can pass a value on.
    fn place(&mut self, value: usize, tried: &mut BTreeSet<usize>) -> bool {
        for group in self.choices[value].clone() {
            if !tried.insert(group) {
                continue;
            }
            if self.groups[group].has_room(self.counted[group]) {
                self.give(value, group);
                return true;
            }
            // The group is full: one of its values must find another place. The number of values in
            // the group stays as it is.
            let held: Vec<usize> =
                (0..self.holders.len()).filter(|other| self.holders[*other] == Some(group)).collect();
            for other in held {
                if self.place(other, tried) {
                    self.give(value, group);
                    return true;
                }
            }
        }
        false
    }

    fn give(&mut self, value: usize, group: usize) {
        if let Some(before) = self.holders[value].replace(group) {
            self.counted[before] -= 1;
        }
        self.counted[group] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group is `min..max columns`, a value its columns; both by letters.
    fn check(groups: &[&str], values: &[&str], expected: Option<&str>) {
        let letters =
            |word: &str| word.bytes().map(|letter| usize::from(letter - b'a')).collect::<Vec<usize>>();
        let plans: Vec<GroupPlan> = groups
            .iter()
            .map(|group| {
                let (bounds, columns) = group.split_once(' ').unwrap();
                let (min, max) = bounds.split_once("..").unwrap();
                GroupPlan { min: min.parse().unwrap(), max: max.parse().ok(), columns: letters(columns) }
            })
            .collect();
        let values: Vec<Vec<usize>> = values.iter().map(|value| letters(value)).collect();
        let found = assign(&plans, &values).map(|columns| {
            let letter = |column: Option<usize>| column.map_or('-', |column| char::from(b'a' + column as u8));
            columns.into_iter().map(letter).collect::<String>()
        });
        assert_eq!(found.as_deref(), expected, "{groups:?} {values:?}");
    }

    #[test]
    fn groups_share_what_they_both_name() {
        check(&["1.. ab", "1.. a"], &["a", "b"], Some("ab"));
        check(&["1..1 ab", "1..1 bc", "1..1 ca"], &["a", "b", "c"], Some("abc"));
        check(&["1.. abc", "2.. ab"], &["a", "b", "c"], Some("abc"));
        check(&["2.. abc", "2.. ab"], &["a", "b", "c"], None);
        check(&["1.. a", "1.. a"], &["a"], None);
        check(&["0.. ab"], &["c", "a"], Some("-a"));
        check(&[], &["a"], Some("-"));
        check(&["1.. a"], &[], None);
    }

    #[test]
    fn more_than_all_groups_may_count_is_too_many() {
        check(&["0..1 ab"], &["a", "b"], None);
        check(&["0..1 ab", "0.. b"], &["a", "b"], Some("ab"));
        check(&["0..1 ab", "0..1 ab"], &["a", "b"], Some("ab"));
        check(&["0..1 abc", "0..1 abc"], &["a", "b", "c"], None);
        check(&["0..0 a", "1.. ab"], &["a"], Some("a"));
        check(&["0..0 a", "1.. b"], &["a", "b"], None);
        check(&["2..1 ab"], &["a", "b"], None);
        // A chain: each group must pass one value on.
        check(&["0..1 abc", "0..1 cd", "0..1 de", "0.. e"], &["b", "a", "c", "d", "e"], None);
        check(&["0..2 abc", "0..1 cd", "0..1 de", "0.. e"], &["b", "a", "c", "d", "e"], Some("bacde"));
    }

    #[test]
    fn ties_go_to_the_first_group_and_its_first_column() {
        check(&["0.. b", "0.. a"], &["ab"], Some("b"));
        check(&["0.. ab", "0.. a"], &["ab"], Some("a"));
        // The second group needs a value: the first one gives up the one that it fills last.
        check(&["0.. bd", "1.. ac"], &["ab", "cd"], Some("bc"));
        check(&["1.. bd", "1..1 a"], &["ab", "cd"], Some("ad"));
    }

    #[test]
    fn every_way_out_is_found() {
        // Four values in a ring of five groups of one, the last of which has no other choice.
        check(&["0..1 ab", "0..1 bc", "0..1 cd", "0..1 da", "0..1 d"], &["a", "b", "c", "d"], Some("abcd"));
        check(
            &["1..1 ab", "1..1 bc", "1..1 cd", "1..1 de", "1.. a"],
            &["a", "b", "c", "d", "e"],
            Some("abcde"),
        );
        check(&["1..1 ab", "1..1 ab", "1.. ab"], &["a", "b"], None);
    }
}
