//! A time of midnight after a date, which adds no information.

use std::sync::LazyLock;

use regex::Regex;

/// What follows the date: `t`, or a comma and spaces; the time; `am`; a time zone.
static MIDNIGHT: LazyLock<Regex> = LazyLock::new(|| {
    let fraction = "(?::00(?:[.,]0+)?)?";
    let clock = format!("(?:00?:00{fraction} *(?:(?:am|a\\.m\\.) *)?|12:00{fraction} *(?:am|a\\.m\\.) *)");
    let zone = "(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)?";
    let bare = "t(?:0000|000000) *(?:(?:am|a\\.m\\.) *)?";
    Regex::new(&format!("^(?:(?:t|,? +){clock}|{bare}){zone}$")).expect("the expression is our own")
});

/// Returns whether a lower-case text without trailing white space is midnight.
pub(super) fn is_midnight(text: &str) -> bool {
    MIDNIGHT.is_match(text)
}
