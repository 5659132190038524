use edm_model::{CaseRule, Column, DataType, DiacriticRule, Rule};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::text::fold::{FoldOptions, Folded};
use crate::value::canonical::Canonicaliser;
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::find::windows;
use crate::window::prefilter::OpenPrefilter;

mod neighbours;

const WORDS: &str = include_str!("../address_words.tsv");

fn rule() -> Rule {
    Column::text("x").typed(DataType::Address).rule
}

fn cell_form(rule: &Rule, cell: &str) -> Option<String> {
    let mut out = Vec::new();
    match Canonicaliser::new(rule, 64).cell(cell, &mut Folded::new(), &mut out) {
        CellForm::Present => Some(String::from_utf8(out).expect("text")),
        CellForm::Refused(CellRefusal::NotThisType) | CellForm::Absent | CellForm::Placeholder => None,
        other => panic!("{cell:?} is {other:?}"),
    }
}

/// Lists what is in a text, each as `source text=canonical form`, attached ones after a `~`.
fn found(rule: &Rule, text: &str) -> Vec<String> {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(rule));
    let atoms = folded.atom_count();
    let mut found = Vec::new();
    windows(rule, &folded, 0..atoms, &OpenPrefilter { atoms_max: 128 }, |window, form| {
        let (start, end) = window.source_span(&folded).expect("atoms");
        let own = &text[start..end];
        let mark = if window.attached { "~" } else { "" };
        found.push(format!("{mark}{own}={}", String::from_utf8_lossy(form)));
    });
    found
}

fn holds(found: &[String], form: &str) -> bool {
    found.iter().any(|own| own.split_once('=').is_some_and(|(_, own)| own == form))
}

/// Checks that cells are equal, and that each is in a text.
#[track_caller]
fn check(form: &str, cells: &[&str]) {
    for cell in cells {
        assert_eq!(cell_form(&rule(), cell).as_deref(), Some(form), "{cell:?}");
        let text = format!("Send it to: {cell}; thanks.");
        assert!(holds(&found(&rule(), &text), form), "{text:?}: {:?}", found(&rule(), &text));
    }
}

#[test]
fn english() {
    check(
        "12 main st",
        &[
            "12 Main Street",
            "12 Main St.",
            "12 MAIN ST",
            "12, Main Street",
            "#12 Main St",
            "No. 12 Main St",
            "№ 12 Main St",
            "12\nMain St",
            "12-Main/St",
        ],
    );
    check(
        "1600 pennsylvania avenue north west",
        &["1600 Pennsylvania Ave NW", "1600 Pennsylvania Avenue, N.W.", "1600 Pennsylvania Av. Northwest"],
    );
    check("5 oak road unit 4", &["5 Oak Rd Apt 4", "5 Oak Road, Apt. #4", "5 Oak Rd.\nApartment 4"]);
    check("5 oak boulevard unit 400", &["5 Oak Blvd Ste 400", "5 Oak Boulevard, Suite No. 400"]);
    check("5 oak drive floor 2", &["5 Oak Dr, Fl 2", "5 Oak Drive Floor 2"]);
    check("350 5th avenue", &["350 5th Ave", "350 Fifth Avenue", "350 5TH AVE."]);
    check("1 st paul st", &["1 Saint Paul St", "1 St. Paul Street", "1 St Paul St"]);
    check("21st st", &["21st Street", "21ST ST"]);
    check("100 north 5th st", &["100 N. 5th St", "100 North 5th Street", "100 N 5th St."]);
    check("7 kings road", &["7 King's Road", "7 Kings Rd", "7 King’s Rd."]);
    check("box 255", &["P.O. Box 255", "PO Box 255", "P O Box 255", "PO Box No. 255"]);
    check("12 b elm lane", &["12b Elm Ln", "12 B Elm Lane", "12-B Elm Lane"]);
    check("3 trinity court", &["3 Trinity Ct", "3 Trinity Court."]);
    check("9 bedford square unit 3", &["9 Bedford Sq, Unit 3", "9 Bedford Square Unit #3"]);
    check(
        "12 main st springfield illinois 62704",
        &["12 Main St, Springfield, IL 62704", "12 Main Street\nSpringfield IL 62704"],
    );
    check("12 main st springfield", &["12 Main St\n> Springfield", "12 Main St,\r\n  Springfield"]);
}

#[test]
fn german_and_dutch() {
    check(
        "haupt strasse 5",
        &[
            "Hauptstraße 5",
            "Hauptstr. 5",
            "HAUPTSTRASSE 5",
            "Haupt-Straße 5",
            "Haupt Str. 5",
            "Hauptstraße Nr. 5",
        ],
    );
    check("berliner strasse 12 a", &["Berliner Straße 12a", "Berliner Str. 12 A", "Berlinerstr. 12a"]);
    check("markt place 1", &["Marktplatz 1", "Marktpl. 1", "Markt-Platz 1"]);
    check("birken weg 3", &["Birken Weg 3", "Birken-Wg. 3"]);
    check("drive karl renner ring 3", &["Dr.-Karl-Renner-Ring 3", "Doktor-Karl-Renner-Ring 3"]);
    check("st johann", &["Sankt Johann", "St. Johann"]);
    check("kerk strasse 9", &["Kerkstraat 9", "Kerkstr. 9", "Kerk straat 9"]);
    check("beethoven lane 4", &["Beethovenlaan 4", "Beethoven laan 4"]);
    check("stations place 2", &["Stationsplein 2", "Stations Plein 2"]);
    check("hauptstadt 5", &["Hauptstadt 5"]);
}

#[test]
fn romance() {
    check("12 rue de la paix", &["12 rue de la Paix", "12, r. de la Paix", "12 R de la Paix"]);
    check("3 boulevard st michel", &["3 bd Saint-Michel", "3 boulevard St-Michel", "3, Bd. St. Michel"]);
    check("8 chemin des pres", &["8 ch. des Pres", "8 chemin des Pres"]);
    check("4 place de l eglise", &["4 pl. de l'Eglise", "4 place de l’Eglise", "4 PL DE L EGLISE"]);
    check("5 allee des tilleuls", &["5 allée des Tilleuls", "5 Allee des Tilleuls", "5 all. des Tilleuls"]);
    check(
        "calle mayor 5",
        &["Calle Mayor 5", "C/ Mayor, 5", "c. Mayor nº 5", "C/Mayor núm. 5", "Calle Mayor número 5"],
    );
    check("avenue de america 7", &["Avda. de America 7", "Avenida de America, 7", "Av. de America nº7"]);
    check("place mayor 1", &["Pza. Mayor 1", "Plaza Mayor, 1"]);
    check("p o de gracia 9", &["Pº de Gracia 9", "Paseo de Gracia 9"]);
    check("rue augusta 100", &["Rua Augusta, 100", "R. Augusta n.º 100", "R. Augusta n° 100"]);
    check("travessa do sol 2", &["Travessa do Sol 2", "Tv. do Sol, 2"]);
    check("place da serra 3", &["Praça da Serra 3", "Pça. da Serra 3", "Praca da Serra, 3"]);
    check("via roma 12", &["Via Roma 12", "V. Roma n. 12", "via Roma, n° 12"]);
    check("viale monza 4", &["Viale Monza 4", "V.le Monza 4"]);
    check("place duomo 1", &["Piazza Duomo 1", "P.za Duomo 1", "P.zza Duomo, 1"]);
    check("corso como 10", &["Corso Como 10", "C.so Como 10"]);
}

#[test]
fn japanese() {
    check(
        "千代田区永田町2 21 9",
        &[
            "千代田区永田町二丁目21番9号",
            "千代田区永田町2丁目21番地9",
            "千代田区永田町２−２１−９",
            "千代田区永田町2-21-9",
            "千代田区永田町二丁目二十一番九号",
            "千代田区永田町２丁目２１番地の９",
            "千代田区永田町２ー２１ー９",
            "千代田区 永田町 2-21の9",
        ],
    );
    check("千代田区一番町1", &["千代田区一番町1番地", "千代田区一番町一番"]);
    check("100 0014千代田区1", &["〒100-0014 千代田区1", "〒１００−００１４　千代田区一丁目"]);
    check("永田町10 99", &["永田町十丁目九十九番", "永田町一〇丁目九九番"]);
    check("永田町百二十番", &["永田町百二十番"]);
    check("二十三区3", &["二十三区3"]);
    check("五番街2 101号室", &["五番街2-101号室"]);
    check("六本木三番館4", &["六本木三番館4号", "六本木三番館四番"]);
    check("三田101号室", &["三田101号室"]);
}

#[test]
fn refused_cells() {
    for cell in [
        "Springfield",
        "62704",
        "12",
        "12-14",
        "12 14 16",
        "...",
        "Nr. 5",
        "2丁目21番9号",
        "町",
        "5th 6th",
        "一丁目",
    ] {
        assert_eq!(cell_form(&rule(), cell), None, "{cell:?}");
    }
    // More atoms than bytes: what is searched around a hit counts on it.
    assert_eq!(cell_form(&rule(), "1丁目2番地3号 a"), None);
    check("町 \u{301}x 5", &["町 \u{301}x 5"]);
    check("rose cottage", &["Rose Cottage"]);
}

#[test]
fn options() {
    let mut rule = rule();
    rule.case = CaseRule::Sensitive;
    assert_eq!(cell_form(&rule, "12 Main STREET").as_deref(), Some("12 Main st"));
    assert_eq!(cell_form(&rule, "Hauptstraße 5").as_deref(), Some("Haupt strasse 5"));
    assert_eq!(cell_form(&rule, "Praça Lé 5").as_deref(), Some("place Lé 5"));
    assert_eq!(cell_form(&rule, "5 P Rd De UL").as_deref(), Some("5 P road de UL"));
    rule.diacritics = DiacriticRule::Fold;
    assert_eq!(cell_form(&rule, "Praça Lé 5").as_deref(), Some("place Le 5"));
    assert_eq!(cell_form(&rule, "Número 5 Rua Lé").as_deref(), Some("5 rue Le"));
}

/// Checks what is in a text and what does not.
#[track_caller]
fn check_text(text: &str, yes: &[&str], no: &[&str]) {
    let found = found(&rule(), text);
    for form in yes {
        assert!(holds(&found, form), "{text:?} has no {form:?}: {found:?}");
    }
    for form in no {
        assert!(!holds(&found, form), "{text:?} has {form:?}: {found:?}");
    }
}

#[test]
fn texts() {
    check_text("at 12 King Street's corner", &["12 king st", "12 king streets"], &["12 king corner"]);
    check_text(
        "St. James's Street's end",
        &["st jamess st", "st jamess streets end", "st james"],
        &["st jamess st s end"],
    );
    check_text("12 Main St\n\nSpringfield", &["12 main st"], &["12 main st springfield"]);
    check_text("12 Main St ---- Springfield", &[], &["12 main st springfield"]);
    check_text("12 Main St | Springfield", &["12 main st springfield"], &[]);
    check_text("112 Main St", &["112 main st"], &["12 main st"]);
    check_text("MRN1234567 Main St", &["1234567 main st", "mrn 1234567 main st"], &[]);
    check_text("永田町2-21-9-101", &["永田町2 21 9 101"], &["永田町2 21 9"]);
    check_text("住所は永田町二丁目21番9号です", &["永田町2 21 9"], &[]);
    check_text("No12 Main St", &["12 main st"], &[]);
    check_text("x12 Main St", &[], &["12 main st"]);
    check_text("id 1234567x Main St", &["main st"], &["x main st"]);
}

#[test]
fn the_table_of_words_is_whole_and_frozen() {
    let digest: String = Sha256::digest(WORDS).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest, "d986106ca84daba0fa9297efdf3e547fce5d1ea251ae1a12636c5bdddb5f443a",
        "the table is part of the format"
    );
    let (mut seconds, mut firsts) = (Vec::new(), Vec::new());
    let formless = ["number", "dotted", "dropped", "post", "behind"];
    let mut known = std::collections::HashSet::new();
    let mut folded = Folded::new();
    for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind, form, written] = fields[..] else { panic!("{line:?} has three fields") };
        for written in written.split(' ') {
            assert!(known.insert((kind, written)), "{written:?} is in the table twice");
            if kind != "initials"
                && let Some((first, second)) = written.split_once('.')
            {
                firsts.push(first);
                seconds.push(second);
            }
            folded.fold(written, FoldOptions::of(&Rule { case: CaseRule::Sensitive, ..rule() }));
            assert_eq!(folded.text(), written, "words stand as case-sensitive folding leaves them");
        }
        assert_eq!(form.is_empty(), formless.contains(&kind), "{line}");
        assert!(
            kind != "suffix"
                || written.split(' ').all(|own| super::words::ends_with_suffix(&format!("xx{own}"))),
            "{line}"
        );
    }
    // Cutting that begins inside a token relies on it.
    assert!(seconds.iter().all(|second| !firsts.contains(second)));
}

/// Each class of written words, and the words that mean only themselves.
fn classes() -> Vec<Vec<&'static str>> {
    let words = WORDS.lines().filter(|line| line.starts_with("word\t"));
    // `n.` before a number may be a number sign.
    let written = |line: &'static str| {
        let words = line.rsplit('\t').next().unwrap_or("").split(' ');
        words.filter(|word| *word != "n").collect::<Vec<_>>()
    };
    let plain = ["elm", "langer", "mühlen", "κήπος"].map(|word| vec![word]);
    // What these mean depends on what is beside them.
    let words = words.filter(|line| !line.starts_with("word\tunit\t") && !line.starts_with("word\tfloor\t"));
    words.map(written).chain(plain).collect()
}

/// A written word, and how it is written another time.
fn word() -> impl Strategy<Value = (String, String)> {
    let spelling = |word: &str, upper: bool| if upper { word.to_uppercase() } else { word.to_owned() };
    (prop::sample::select(classes()), any::<[prop::sample::Index; 2]>(), any::<[bool; 2]>()).prop_map(
        move |(class, which, upper)| {
            let spelled = |at: usize| spelling(which[at].get::<&str>(&class), upper[at]);
            (spelled(0), spelled(1))
        },
    )
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", ", ", "\n", "-", "/", ". ", " #", "\u{A0}", ",\r\n> ", " No. "])
}

/// A number to 99 in one of the ways of a Japanese address.
fn written_number(number: usize, form: usize) -> String {
    let kanji = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (number / 10, number % 10);
    match form {
        0 => number.to_string(),
        1 => number
            .to_string()
            .chars()
            .map(|c| char::from_u32(c as u32 + 0xFEE0).expect("a wide digit"))
            .collect(),
        _ if tens == 0 => kanji[ones].to_owned(),
        _ => format!("{}十{}", if tens == 1 { "" } else { kanji[tens] }, kanji[ones]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(21),
        ..ProptestConfig::default()
    })]

    /// However its words are written, an address is the same value, and is in a text.
    #[test]
    fn written_forms(
        number in 1u32..99_999,
        words in prop::collection::vec((word(), separator(), separator()), 1..6),
        last in prop::option::of(1u32..999),
    ) {
        let (mut first, mut second) = (number.to_string(), number.to_string());
        for ((one, other), separator, another) in &words {
            // Between words `No.` is a word.
            let plain = |separator: &'static str| if separator == " No. " { " " } else { separator };
            first = format!("{first}{}{one}", plain(separator));
            second = format!("{second}{}{other}", plain(another));
        }
        if let Some(last) = last {
            let (_, one, other) = words[0];
            // Before a number `#` is a door.
            let plain = |separator: &'static str| if separator == " #" { " " } else { separator };
            let (one, other) = (plain(one), plain(other));
            first = format!("{first}{one}{last}");
            second = format!("{second}{other}{last}");
        }
        let form = cell_form(&rule(), &first);
        prop_assert!(form.is_some(), "{first:?}");
        prop_assert_eq!(&form, &cell_form(&rule(), &second), "{:?} {:?}", first, second);
        let found = found(&rule(), &format!("at ({first}) since"));
        prop_assert!(holds(&found, &form.unwrap_or_default()), "{first:?}: {found:?}");
    }

    /// All ways to write the numbers of a Japanese address are one.
    #[test]
    fn japanese_forms(
        numbers in prop::array::uniform3(1usize..100),
        forms in prop::array::uniform3(0usize..3),
        units in 0usize..5,
    ) {
        let [a, b, c] = numbers;
        let written = |index: usize| written_number(numbers[index], forms[index]);
        let plain = |index: usize| written_number(numbers[index], forms[index] % 2);
        let cell = match units {
            0 => format!("港区台場{}丁目{}番{}号", written(0), written(1), written(2)),
            1 => format!("港区台場{}丁目{}番地{}号", written(0), written(1), written(2)),
            2 => format!("港区台場{}丁目{}番地の{}", written(0), written(1), plain(2)),
            3 => format!("港区台場{}丁目{}-{}", written(0), plain(1), plain(2)),
            _ => format!("港区台場{}−{}ー{}", plain(0), plain(1), plain(2)),
        };
        let form = format!("港区台場{a} {b} {c}");
        prop_assert_eq!(cell_form(&rule(), &cell), Some(form.clone()), "{}", cell);
        prop_assert!(holds(&found(&rule(), &format!("住所:{cell}です")), &form), "{cell:?}");
    }

    /// What a cell is, is found where it is alone; a text gives the same in any pieces; and nothing
    /// panics.
    #[test]
    fn arbitrary_cells(
        cell in "[a-z0-9 .',#-]{0,40}|\\PC{0,20}|([一二十〇番地丁目号の町2ーs' ]|st|no|p\\.za|n\\.|12|th){0,20}",
        piece in 1usize..6,
    ) {
        let rule = rule();
        let mut folded = Folded::new();
        folded.fold(&cell, FoldOptions::of(&rule));
        let prefilter = OpenPrefilter { atoms_max: 128 };
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        let atoms = folded.atom_count();
        windows(&rule, &folded, 0..atoms, &prefilter, |window, form| whole.push((window, form.to_vec())));
        for from in (0..atoms).step_by(piece) {
            let starts = from..(from + piece).min(atoms);
            windows(&rule, &folded, starts, &prefilter, |window, form| pieces.push((window, form.to_vec())));
        }
        prop_assert_eq!(&whole, &pieces);
        let crossed = !cell.contains(['\n', '\r']) && (0..atoms).all(|index| folded.gap(index).chars().count() <= 3);
        if let Some(form) = cell_form(&rule, &cell).filter(|_| crossed) {
            prop_assert!(whole.iter().any(|(_, own)| *own == form.as_bytes()), "{:?}: {:?}", form, whole);
        }
    }
}

/// What is looked for by its digits alone must be known to have them.
#[test]
fn words_whose_form_has_a_digit_are_ordinals() {
    for (written, form) in super::words::with_other_forms() {
        let digit = form.contains(|c: char| c.is_ascii_digit());
        let length = u8::try_from(written.len()).expect("words are short");
        assert_eq!(super::words::is_ordinal(written), digit, "{written}");
        assert!(!digit || super::words::ORDINAL_BYTES.contains(&length), "{written}");
    }
}
