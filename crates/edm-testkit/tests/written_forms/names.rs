//! Names in another order, with initials and without middle names (`docs/formats/hash.md`, M11 to
//! M14; `docs/matching.md`, F8 to F10).

use crate::worth::Worth::{Alone, Nothing, WithFact};
use crate::worth::check;

#[test]
fn middle_names() {
    check(
        "full* name",
        "Robin James Fenwick",
        &[
            ("{Robin James Fenwick}", Alone),
            ("{Fenwick, Robin James}", Alone),
            ("Dr. {Robin James Fenwick}, PhD", Alone),
            ("{Robin Fenwick}", WithFact),
            ("{Robin J. Fenwick}", WithFact),
            ("{Robin J Fenwick}", WithFact),
            ("{ROBIN J. FENWICK}", WithFact),
            ("{Fenwick, Robin J}.", WithFact),
            ("{Fenwick, Robin}", WithFact),
            ("{Fenwick Robin}", WithFact),
            ("{Fenwick Robin James}", WithFact),
            ("Mr. {Robin Fenwick}'s file", WithFact),
            ("{Robin (Bob) Fenwick}", WithFact),
            ("{Robin\nFenwick}", WithFact),
            ("Robin P. Fenwick", Nothing),
            ("Robin Peter Fenwick", Nothing),
            ("Robin James", Nothing),
            ("James Fenwick", Nothing),
            ("Robin; Fenwick", Nothing),
            ("Robin Fenwicks", Nothing),
            ("Robin", Nothing),
            ("J. Fenwick", Nothing),
        ],
    );
}

#[test]
fn initials_that_only_the_text_has() {
    check(
        "full* name",
        "Robin Fenwick",
        &[
            ("{Robin Fenwick}", Alone),
            ("{Robin J. Fenwick}", WithFact),
            ("{Robin J. R. Fenwick}", WithFact),
            ("{Fenwick Robin}", WithFact),
            ("Robin James Fenwick", Nothing),
        ],
    );
}

#[test]
fn suffixes_and_particles_stay() {
    check(
        "full* name",
        "Robin James Fenwick Jr.",
        &[
            ("{Robin J. Fenwick Jr}.", WithFact),
            ("{Robin Fenwick, Jr}.", WithFact),
            ("{Robin Fenwick}", WithFact),
            ("Robin Fenwick Sr.", Nothing),
            ("Robin J. Fenwick III", Nothing),
        ],
    );
    check(
        "full* name",
        "Jan Willem van der Berg",
        &[
            ("{Jan van der Berg}", WithFact),
            ("{Jan W. van der Berg}", WithFact),
            ("{van der Berg, Jan W}.", WithFact),
            ("{van der Berg, Jan}", WithFact),
            ("Jan Berg", Nothing),
            ("Jan Willem Berg", Nothing),
        ],
    );
    check("full* name", "Jan van der Berg", &[("{Jan van der Berg}", Alone), ("Jan Berg", Nothing)]);
    check("full* name", "Mary-Jane O'Neil", &[("{Mary-Jane O'Neil}", Alone), ("Mary O'Neil", Nothing)]);
    check(
        "full* name",
        "Élodie Émile Roy",
        &[("{Élodie Roy}", WithFact), ("{Élodie É. Roy}", WithFact), ("Élodie E. Roy", Nothing)],
    );
    check(
        "full* name",
        "Иван Петрович Сидоров",
        &[
            ("{Иван Сидоров}", WithFact),
            ("{Иван П. Сидоров}", WithFact),
            ("{Сидоров, Иван П}.", WithFact),
            ("{Сидоров Иван Петрович}", WithFact),
            ("Иван Д. Сидоров", Nothing),
        ],
    );
}
