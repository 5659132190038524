//! Tables of cases of names, and the start mask held against all starts.

use std::collections::HashSet;

use edm_model::{CaseRule, DataType, Delimiters, DiacriticRule, Rule};
use proptest::prelude::*;

use super::*;
use crate::rows::words::{each_with_joins, head_end};
use crate::text::fold::{AtomKind, FoldOptions};
use crate::text::rule_text::RuleText;
use crate::value::canonical::Canonicaliser;
use crate::value::find::{windows, windows_of};
use crate::value::start_positions::{other_forms, start_mask as mask_of, words_with_other_forms};
use crate::value_summary::calling_codes::CallingCodes;
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;
use crate::window::prefilter::Several;

fn rule(options: &str) -> Rule {
    let delimiters: String = options.chars().filter(|sign| !sign.is_alphanumeric()).collect();
    Rule {
        data_type: DataType::Name,
        case: if options.contains('c') { CaseRule::Sensitive } else { CaseRule::Insensitive },
        diacritics: if options.contains('f') { DiacriticRule::Fold } else { DiacriticRule::Keep },
        delimiters: Delimiters::new(delimiters.chars()).expect("delimiters"),
    }
}

fn form(rule: &Rule, cell: &str) -> String {
    let mut out = Vec::new();
    Canonicaliser::new(rule, 64).cell(cell, &mut Folded::new(), &mut out);
    String::from_utf8(out).expect("a form is UTF-8")
}

/// All cells of a line are one value.
#[track_caller]
fn same(options: &str, cells: &[&str], expected: &str) {
    for cell in cells {
        assert_eq!(form(&rule(options), cell), expected, "{cell:?}");
    }
}

#[test]
fn names_that_are_one() {
    same("", &["O'Bryan", "O’Bryan", "OBryan", "O Bryan", "O' BRYAN", "O-Bryan", "o_bryan"], "obryan");
    same("", &["D'Angelo", "D’Angelo", "DAngelo", "d angelo", "d`Angelo"], "dangelo");
    same("", &["Anna-Lena", "Anna Lena", "Annalena", "Anna\u{2013}Lena", "Anna.Lena"], "annalena");
    same("", &["山田太郎", "山田 太郎", "山田\u{3000}太郎", "山田・太郎"], "山田太郎");
    same("", &["김철수", "김 철수"], "김철수");
    same("", &["van der Berg", "Vanderberg", "Van-der-Berg", "van  der\tBerg"], "vanderberg");
    same("", &["Meyer, Anna Lena", "Anna-Lena Meyer", "Annalena Meyer", "Meyer , Annalena"], "annalenameyer");
    same(
        "",
        &["Dr. Robin Fenwick", "Prof. Dr. Robin Fenwick", "Mr Robin Fenwick", "Fenwick, Dr. Robin"],
        "robinfenwick",
    );
    same(
        "",
        &["Robin Fenwick PhD", "Robin Fenwick, Ph.D.", "Robin Fenwick M.D.", "Fenwick, Robin, MD"],
        "robinfenwick",
    );
    same("", &["Herr Jörg Sänger", "Frau Jörg Sänger", "Jörg Sänger"], "jörgsänger");
    same(
        "",
        &[
            "Robin Fenwick Jr.",
            "Robin Fenwick, Jr.",
            "Fenwick Jr., Robin",
            "Fenwick, Robin, Jr.",
            "Fenwick, Robin Jr",
        ],
        "robinfenwick,jr",
    );
    same(
        "",
        &["Robin Fenwick III", "Fenwick III, Robin", "Robin Fenwick, III, MD", "Dr. Robin Fenwick, MD, III"],
        "robinfenwick,iii",
    );
    same("", &["Robin Fenwick Sr.", "Robin Fenwick Senior"], "robinfenwick,sr");
    same("", &["Sr. Garcia", "Señor Garcia", "Garcia"], "garcia");
    same(
        "",
        &[
            "Elizabeth (Lisa) Vega",
            "Elizabeth \"Lisa\" Vega",
            "Elizabeth “Lisa” Vega",
            "Elizabeth ‘Lisa’ Vega",
            "Elizabeth Vega (Lisa)",
            "Vega, Elizabeth (Lisa)",
            "Elizabeth Vega",
        ],
        "elizabethvega",
    );
    same("", &["ÇELİK YILMAZ", "Çelik Yılmaz", "çelik yilmaz"], "çelikyilmaz");
    same("", &["İPEK IŞIK", "İpek Işık", "ipek işik"], "ipekişik");
    same("c", &["İpek", "Ipek"], "Ipek");
    same("f", &["Müller", "Mueller", "Muller", "MÜLLER"], "muller");
    same("f", &["Jörg Sänger", "Joerg Saenger", "Jorg Sanger"], "jorgsanger");
    same("f", &["Søren", "Soeren", "Sören"], "soren");
    same("f", &["Åse Aasen", "Aase Åsen", "Ase Asen"], "aseasen");
    same("f", &["Strauß", "Strauss"], "strauss");
    same("f", &["Goethe", "Göthe"], "gothe");
    same("f", &["Ægir", "Aegir"], "agir");
}

#[test]
fn names_that_are_kept_as_they_are() {
    same("f", &["Bauer"], "bauer");
    same("f", &["Quelle"], "quelle");
    same("", &["Mueller"], "mueller");
    same("", &["Dr"], "dr");
    same("", &["Jr."], "jr");
    same("", &["Herr"], "herr");
    same("", &["Michael Herr"], "michaelherr");
    same("", &["Robin Fenwick V"], "robinfenwickv");
    same("", &["9th"], "9th");
    same("", &["J. R. Smith"], "jrsmith");
    same("", &["Anna / Annie Vega"], "anna/annievega");
    same("", &["Smith & Sons"], "smith&sons");
    same("", &["Vega, Ann, May, Sue"], "vega,ann,may,sue");
    same("", &["Elizabeth (Lisa Vega"], "elizabeth(lisavega");
    same("", &["Vega,, Ann"], "vega,,ann");
    same("", &["Elizabeth(Lisa) Vega"], "elizabeth(lisa)vega");
}

#[test]
fn what_is_matched_as_text_is_told() {
    let told = |cell: &str| {
        let mut parted = Vec::new();
        let own = rule("");
        let mut folded = Folded::new();
        folded.fold(cell, FoldOptions::of(&own));
        Canonicaliser::new(&own, 64).parted_cell(&mut folded, &mut parted);
        form::is_text(&parted)
    };
    for cell in ["Anna / Annie Vega", "a, b, c", "Smith & Sons", "a•b", "P.O. Box #2"] {
        assert!(told(cell), "{cell}");
    }
    for cell in ["Robin Fenwick Jr.", "O'Bryan", "山田 太郎", "Vega, Ann", "9th", "É"] {
        assert!(!told(cell), "{cell}");
    }
}

/// What an index says that holds one name and nothing else.
struct OneName {
    shape: Shape,
    signs: SignSet,
    possible: AtomSet,
    heads: AtomSet,
}

impl OneName {
    fn new(rule: &Rule, text: &Folded, cell: &str) -> Self {
        let (mut folded, mut parted) = (Folded::new(), Vec::new());
        folded.fold(cell, FoldOptions::of(rule));
        Canonicaliser::new(rule, 64).parted_cell(&mut folded, &mut parted);
        let (mut words, mut count) = (HashSet::new(), 0);
        crate::text::canonical_atoms::canonical_atoms(&parted, |_| count += 1);
        if count > 1 {
            each_with_joins(&parted, &mut |word| {
                words.insert(word.to_vec());
            });
        }
        words_with_other_forms(rule, |word, _| {
            words.insert(word.to_vec());
        });
        form::join(&mut parted, 0);
        let mut signs = SignSet::NONE;
        parted.iter().for_each(|byte| signs.insert(*byte));
        let mut own = Self {
            shape: Shape::of(&parted, count.min(2)),
            signs,
            possible: AtomSet::default(),
            heads: AtomSet::default(),
        };
        own.possible.reset(text.atom_count());
        own.heads.reset(text.atom_count());
        if count < 2 {
            return own;
        }
        for (index, atom) in text.atoms().enumerate() {
            let atom_text = text.atom_text(atom);
            if words.contains(&atom_text.as_bytes()[..head_end(atom_text.as_bytes())]) {
                own.heads.insert(index..index + 1);
            }
            if words.contains(text.atom_text(atom).as_bytes()) {
                own.possible.insert(index..index + 1);
            }
        }
        for number in 0..text.atom_count().div_ceil(64) {
            other_forms(rule, text, number, |first, last, parts| {
                let form = parts.concat();
                if words.contains(&form) {
                    own.possible.insert(first..last + 1);
                }
                if words.contains(&form[..head_end(&form)]) {
                    own.heads.insert(first..first + 1);
                }
            });
            let word = AtomWord { folded: text, number };
            let listed = Name { rule }.with_other_forms(word, word.all());
            own.possible.set_word(number, own.possible.word(number) | listed);
        }
        own
    }
}

impl Prefilter for OneName {
    fn atoms_max(&self) -> usize {
        self.shape.atoms.into()
    }

    fn bytes_max(&self) -> usize {
        self.shape.bytes.into()
    }

    fn lengths(&self, kind: AtomKind) -> u64 {
        let own = (kind == AtomKind::Digits) == self.shape.has_digit();
        if own && self.shape.atoms == 1 { 1 << self.shape.bytes.min(63) } else { 0 }
    }

    fn joined_lengths(&self) -> u64 {
        let bytes = self.shape.bytes;
        let bases = if self.shape.has_sign() { [0, 3, 4] } else { [0; 3] };
        match self.shape.atoms {
            2 => bases.iter().fold(0, |all, suffix| all | 1 << bytes.saturating_sub(*suffix).min(63)),
            _ => 0,
        }
    }

    fn joined(&self, word: usize) -> u64 {
        self.heads.word(word)
    }

    fn significant_digits(&self) -> u64 {
        u64::MAX
    }

    fn several(&self) -> Several {
        let atoms = Some(2).filter(|_| self.shape.atoms > 1);
        let (digit, letter) = (self.shape.has_digit(), self.shape.has_letter());
        Several {
            plain: atoms.filter(|_| !digit),
            mixed: atoms.filter(|_| digit && letter),
            digits: atoms.filter(|_| digit && !self.shape.has_ascii_letter()),
        }
    }

    fn possible(&self, word: usize) -> u64 {
        self.possible.word(word)
    }

    fn signs(&self) -> SignSet {
        self.signs
    }

    fn calling_codes(&self) -> &CallingCodes {
        &CallingCodes::NONE
    }

    fn kinds(&self, _: Kinds) -> bool {
        true
    }

    fn begins(&self, _: Kinds) -> bool {
        true
    }

    fn shape(&self, shape: Shape) -> bool {
        shape == self.shape
    }
}

/// Texts in which a cell is found; `~` in front: only with evidence. And those in which it is not.
#[track_caller]
fn check(options: &str, cell: &str, found: &[&str], not: &[&str]) {
    let rule = rule(options);
    let wanted = form(&rule, cell);
    let find_in = |text: &str, names: bool| {
        let mut folded = Folded::new();
        folded.seek_names(names);
        folded.fold(text, FoldOptions::of(&rule));
        let prefilter = OneName::new(&rule, &folded, cell);
        let mut attached = Vec::new();
        windows(&rule, &folded, 0..folded.atom_count(), &prefilter, |window, form| {
            if form == wanted.as_bytes() {
                attached.push(window.attached);
            }
        });
        attached.iter().copied().reduce(|one, other| one && other)
    };
    let find = |text: &str| {
        let found = find_in(text, true);
        assert_eq!(find_in(text, false), found, "{cell:?} in {text:?}");
        found
    };
    for text in found {
        let (text, attached) = text.strip_prefix('~').map_or((*text, false), |text| (text, true));
        assert_eq!(find(text), Some(attached), "{cell:?} in {text:?}");
    }
    for text in not {
        assert_eq!(find(text), None, "{cell:?} in {text:?}");
    }
}

#[test]
fn apostrophes_and_hyphens() {
    check(
        "",
        "Todd O'Bryan",
        &["todd obryan.", "TODD O BRYAN", "Todd O’Bryan’s", "O'Bryan, Todd", "Todd-O'Bryan"],
        &["Todd O. Bryant", "Todd's Bryan"],
    );
    check(
        "",
        "Todd OBryan",
        &["Todd O'Bryan", "Todd O Bryan", "O-Bryan, Todd"],
        &["Todd OB Ryan", "Todd Bryan"],
    );
    check("", "O'Neil", &["ONeil", "O Neil", "o'neil", "O'Neil's", "oneil"], &["Neil", "O", "Mc-O'Neil"]);
    check("", "OBrien", &["O'Brien", "O’Brien", "O Brien"], &["O'Brien-Smith", "Obrie n"]);
    check(
        "",
        "Anna-Lena Meyer",
        &["Annalena Meyer", "Anna Lena Meyer", "Meyer, Annalena", "annalenaMeyer"],
        &["Lena Meyer", "Anna Meyer"],
    );
    check(
        "",
        "Annalena Meyer",
        &["Anna-Lena Meyer", "ANNA-LENA MEYER", "AnnalenaMeyer"],
        &["An-Na Lena Meyer", "Ann Alena Meyer"],
    );
    check(
        "",
        "Jan van der Berg",
        &["Jan Vanderberg", "Jan Vander Berg", "van der Berg, Jan"],
        &["Jan der Berg"],
    );
    check("", "Maria D'Angelo", &["Maria DAngelo", "maria d angelo", "D’ANGELO, MARIA"], &["Maria Angelo"]);
    check(
        "",
        "Jean-Luc N'Diaye",
        &["Jean Luc Ndiaye", "Jeanluc N'Diaye", "N Diaye, Jean-Luc"],
        &["Luc N'Diaye"],
    );
}

#[test]
fn scripts_without_spaces() {
    check(
        "",
        "山田 太郎",
        &["山田太郎様", "氏名 山田　太郎", "山田・太郎", "山田 太郎"],
        &["山田次郎", "山本太郎"],
    );
    check("", "佐藤次郎", &["佐藤　次郎", "佐藤 次郎さん"], &["佐藤三郎"]);
    check("", "김 철수", &["김철수 님", "김철수"], &["김철호"]);
    check("", "王小明", &["王 小明", "王小明先生"], &["王大明"]);
}

#[test]
fn titles_and_suffixes() {
    check(
        "",
        "Robin Fenwick",
        &[
            "Dr. Robin Fenwick",
            "~Robin Q. Fenwick",
            "~Fenwick Robin",
            "Robin Fenwick, PhD",
            "Fenwick, Prof. Robin",
            "Robin Fenwick Jr.",
            "Robin Fenwick, III",
            "Fenwick Sr., Robin",
        ],
        &["Robin Quentin Fenwick"],
    );
    check(
        "",
        "Robin Fenwick Jr.",
        &[
            "Robin Fenwick, Jr.",
            "Robin Fenwick",
            "Fenwick Jr., Robin",
            "Fenwick, Robin, Jr",
            "ROBIN FENWICK JUNIOR",
        ],
        &["Robin Fenwick Sr.", "Robin Fenwick III", "Fenwick II, Robin"],
    );
    check("", "Fenwick Jr.", &["Fenwick", "Fenwick, Jr.", "Mr. Fenwick, jr"], &["Fenwick Sr.", "Fenwick IV"]);
    check("", "Fenwick", &["Fenwick Jr", "Dr Fenwick", "Fenwick, II"], &["Fenwicks"]);
    check(
        "",
        "Dr. med. Jutta Brandt",
        &["Jutta Brandt", "Frau Dr. Jutta Brandt", "Brandt, Dr. med. Jutta"],
        &["Dr. Brandt"],
    );
    check(
        "",
        "Miguel Ferrer Sr.",
        &["Miguel Ferrer", "Miguel Ferrer, Sr."],
        &["Miguel Ferrer Jr.", "Miguel Ferrer, II"],
    );
}

/// A title before a name is no part of the window that finds it, and a degree after it is none.
#[test]
fn a_window_is_the_name_alone() {
    let rule = rule("");
    let mut folded = Folded::new();
    folded.fold("Prof. Dr. Robin Fenwick, PhD", FoldOptions::of(&rule));
    let prefilter = OneName::new(&rule, &folded, "Robin Fenwick");
    let mut found = Vec::new();
    windows(&rule, &folded, 0..folded.atom_count(), &prefilter, |window, form| {
        if form == b"robinfenwick" {
            found.push((window.first, window.last));
        }
    });
    assert_eq!(found, [(2, 3)]);
}

#[test]
fn nicknames_and_what_is_no_name() {
    check(
        "",
        "Elizabeth (Lisa) Vega",
        &["Elizabeth Vega", "Elizabeth (Lisa) Vega", "Elizabeth \"Liz\" Vega", "Vega, Elizabeth"],
        &["Lisa Vega"],
    );
    check(
        "",
        "Elizabeth Vega",
        &["Elizabeth 'Betty' Vega", "Elizabeth (Betty Lou) Vega"],
        &["Elizabeth (12) Vega"],
    );
    check("", "Anna / Annie Vega", &["Anna/Annie Vega", "anna / annie vega"], &["Anna Vega", "Annie Vega"]);
    check("", "Vega, Ann, May", &["Vega, Ann, May"], &["Vega Ann May"]);
}

#[test]
fn letters_in_texts() {
    check(
        "f",
        "Jörg Müller",
        &["Joerg Mueller", "Jorg Muller", "JOERG MÜLLER", "Mueller, Jörg"],
        &["Jorg Mulle"],
    );
    check("f", "Joerg Saenger", &["Jörg Sänger", "Jorg Sanger"], &["Jörg Singer"]);
    check("f", "Soeren", &["Søren", "Sören"], &["Soren-Karl"]);
    check("", "Jörg Müller", &["JÖRG MÜLLER"], &["Joerg Mueller"]);
    check("", "ÇELİK YILMAZ", &["Çelik Yılmaz", "çelik yılmaz"], &["Celik Yılmaz"]);
    check("", "İpek Işık", &["İPEK IŞIK", "ipek ışık'ın"], &["Ipek Isik"]);
    check("c", "Diyarbakırlı", &["Diyarbakırlı", "Diyarbakirli"], &["DIYARBAKIRLI"]);
}

#[test]
fn endings_prefixes_and_file_names() {
    check(
        "",
        "Robin Fenwick",
        &[
            "Robin Fenwick's",
            "Robin Fenwick’s",
            "robin.fenwick@x.example",
            "Robin_Fenwick.pdf",
            "robinFenwick.docx",
            "Robin-Fenwick",
        ],
        &["Robin Fenwick-Jones"],
    );
    check("", "Ayşe", &["Ayşe'nin", "Ayşe’ye", "AYŞE"], &["Ayşenin", "Ayşe'ninkilerden"]);
    check("", "Иван", &["Иван'а", "ИВАН"], &["Ивана"]);
    check("", "דוד כהן", &["~לדוד כהן", "~ולדוד כהן", "דוד כהן"], &["גדוד כהן"]);
    check("", "محمد العلي", &["~لمحمد العلي", "~ومحمد العلي", "محمد العلي"], &["أحمد العلي"]);
    check("", "דוד", &["~לדוד", "דוד"], &["דודו"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]
    #[test]
    fn every_name_begins_at_a_start(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..40),
        cell in proptest::collection::vec(0..PIECES.len(), 1..6),
        options in 0..5usize,
    ) {
        let rule = rule(["", "f", "c", "-,", "cf'"][options]);
        let join = |pieces: &[usize]| pieces.iter().map(|piece| PIECES[*piece]).collect::<String>();
        let (cell, text) = (join(&cell), join(&pieces));
        let text = format!("{text}{cell} {text}");
        let wanted = form(&rule, &cell);
        let mut folded = Folded::new();
        folded.fold(&text, FoldOptions::of(&rule));
        let prefilter = OneName::new(&rule, &folded, &cell);
        let count = folded.atom_count();
        let (mut all, mut found) = (Vec::new(), Vec::new());
        windows(&rule, &folded, 0..count, &prefilter, |window, form| {
            if form == wanted.as_bytes() {
                all.push(window);
            }
        });
        let mut starts = AtomSet::default();
        starts.reset(count);
        let text_of = RuleText { rule: &rule, folded: &folded };
        mask_of(text_of, 0..count.div_ceil(64), folded.digits(), &prefilter, &mut starts);
        windows_of(text_of, &starts, 0..count, &prefilter, &mut WindowScratch::default(), |window, form| {
            if form == wanted.as_bytes() {
                found.push(window);
            }
        });
        prop_assert_eq!(&all, &found, "{:?} in {:?}", cell, text);
        let mut once = all.clone();
        once.dedup();
        prop_assert_eq!(all, once, "each window is found once: {:?} in {:?}", cell, text);
    }
}

/// Pieces of names, and what may be between them.
const PIECES: &[&str] = &[
    "Anna", "Lena", "Annalena", "o", "Bryan", "OBryan", "van", "der", "Berg", "Mueller", "müller", "Yılmaz",
    "İ", "Dr", "Jr", "sr", "III", "PhD", "Ph.D", "9", "12", "th", "山", "田", "ל", "דוד", "לדוד", "a", "s",
    " ", " ", " ", " ", "-", "-", "'", "'", "_", ".", ", ", ", ", " (", ") ", " \"", "\" ", " '", "' ", "/",
    " & ", "\n", "\n\n", "·", "\u{301}", "\t",
];
