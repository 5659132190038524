//! Texts in a common prescan: the neighbours of a text in the batch must not hide what it contains.

use edm_engine::Report;
use edm_testkit::differential::{described, reports_together, take_path_of};
use edm_testkit::generate::{Choices, Seeded, case};

const CASES: u64 = 2_000;

/// Characters whose effect might extend beyond the end of a text, or before the start of the next
/// one.
const MARKS: [&str; 16] =
    ["", "", "=", "\\", "%", "%4", "&", "&#3", "=C3", "\r", "\n> ", "-", "+", "(", "'", "\u{301}"];

/// Cuts a text between characters, also within values and escapes. Adds marks to the pieces and
/// shuffles them.
fn random_pieces(choices: &mut Seeded, text: &str) -> Vec<String> {
    let mut cuts: Vec<usize> = (0..choices.between(1, 8))
        .map(|_| text.floor_char_boundary(choices.below(text.len() + 1)))
        .chain([0, text.len()])
        .collect();
    cuts.sort_unstable();
    let mut pieces: Vec<String> = Vec::new();
    for pair in cuts.windows(2) {
        let piece = format!("{}{}{}", choices.pick(&MARKS), &text[pair[0]..pair[1]], choices.pick(&MARKS));
        pieces.insert(choices.between(0, pieces.len()), piece);
    }
    pieces
}

#[test]
fn a_text_is_reported_among_others_as_it_is_alone() {
    let mut reported = 0;
    for seed in 0..CASES {
        take_path_of(seed);
        let mut choices = Seeded::new(seed);
        let case = case(&mut choices);
        let pieces = random_pieces(&mut choices, &case.question.text);
        let texts: Vec<&str> = pieces.iter().map(String::as_str).collect();
        for (text, (alone, together)) in texts.iter().zip(reports_together(&case, &texts)) {
            let name = || format!("seed {seed}: {text:?} among {texts:?}\n{}", described(&case));
            assert_eq!(alone, together, "{}", name());
            reported += usize::from(alone != Report::default());
        }
    }
    assert!(reported > 1_000, "the cases hold something: {reported}");
}
