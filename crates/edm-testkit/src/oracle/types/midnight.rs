//! A time behind a date that says no more than the date.

use std::sync::LazyLock;

use regex::Regex;

/// Behind the date: `t`, or a comma and spaces; the clock; `am`; a zone.
static MIDNIGHT: LazyLock<Regex> = LazyLock::new(|| {
    let fraction = "(?::00(?:[.,]0+)?)?";
    let clock = format!("(?:00?:00{fraction} *(?:(?:am|a\\.m\\.) *)?|12:00{fraction} *(?:am|a\\.m\\.) *)");
    let zone = "(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)?";
    let bare = "t(?:0000|000000) *(?:(?:am|a\\.m\\.) *)?";
    Regex::new(&format!("^(?:(?:t|,? +){clock}|{bare}){zone}$")).expect("the expression is our own")
});

/// Returns whether a text in lower case, without white space at its end, is midnight.
pub(super) fn is_midnight(text: &str) -> bool {
    MIDNIGHT.is_match(text)
}
