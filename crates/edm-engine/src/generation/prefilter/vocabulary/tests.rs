use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn check(tags: &BTreeSet<u32>, asked: &[u32]) {
    let vocabulary = Vocabulary::new(tags.len(), tags.iter().copied());
    for path in Level::available() {
        let mut marks = vec![0; asked.len().div_ceil(64)];
        vocabulary.mark(path, asked, &mut marks);
        for (index, tag) in asked.iter().enumerate() {
            let marked = marks[index / 64] >> (index % 64) & 1 == 1;
            assert_eq!(marked, vocabulary.holds(*tag), "{path:?}");
            assert!(marked || !tags.contains(tag), "never too seldom");
        }
        vocabulary.mark(path, &[], &mut marks);
        let before = marks.clone();
        vocabulary.mark(path, asked, &mut marks);
        assert_eq!(marks, before, "marks stay");
    }
}

proptest! {
    #[test]
    fn what_is_in_the_set_is_marked(
        tags in prop::collection::btree_set(any::<u32>(), 0..300),
        strange in prop::collection::vec(any::<u32>(), 0..300),
    ) {
        let asked: Vec<u32> = strange.into_iter().chain(tags.iter().copied()).collect();
        check(&tags, &asked);
    }
}

#[test]
fn the_ends_of_the_space_are_in_the_set() {
    check(&BTreeSet::from([0, u32::MAX]), &[0, u32::MAX, 1, 1 << 31]);
    check(&BTreeSet::new(), &[0, u32::MAX]);
}

#[test]
fn a_strange_tag_is_marked_once_in_fifty_times_at_most() {
    let mut state = 1u32;
    let mut random = || {
        state = state.wrapping_mul(0x915f_77f5).wrapping_add(0x6b7f_2a6b);
        (state ^ state >> 15).wrapping_mul(0x2c1b_3c6d)
    };
    for log in [0, 6, 12, 16, 18] {
        let tags: BTreeSet<u32> = (0..1 << log).map(|_| random()).collect();
        let vocabulary = Vocabulary::new(tags.len(), tags.iter().copied());
        let strange: Vec<u32> = (0..100_000).map(|_| random()).filter(|tag| !tags.contains(tag)).collect();
        let wrong = strange.iter().filter(|tag| vocabulary.holds(**tag)).count();
        assert!(wrong * 50 <= strange.len(), "{wrong} of {} with {} tags", strange.len(), tags.len());
    }
}
