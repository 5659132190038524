//! Midnight after a date: what databases and spreadsheets add to a day that has no time
//! (docs/formats/hash.md#date).

/// Returns whether what follows a date is a time that says midnight, or the bare zone `Z`.
pub(crate) fn is_midnight(rest: &str) -> bool {
    let rest = rest.to_ascii_lowercase();
    if rest == "z" {
        return true;
    }
    let (time, compact) = match rest.strip_prefix('t') {
        Some(time) => (time, true),
        None => {
            let spaced = rest.strip_prefix(',').unwrap_or(&rest);
            let time = spaced.trim_start_matches(' ');
            if time.len() == spaced.len() {
                return false;
            }
            (time, false)
        }
    };
    let end = time.find(|c: char| !matches!(c, '0'..='9' | ':' | '.' | ',')).unwrap_or(time.len());
    let (clock, rest) = time.split_at(end);
    let rest = rest.trim_start_matches(' ');
    let morning = ["a.m.", "am"].into_iter().find_map(|word| rest.strip_prefix(word));
    let zone = morning.unwrap_or(rest).trim_start_matches(' ');
    is_clock_midnight(clock, compact, morning.is_some()) && is_zone(zone)
}

/// Judges `H:MM`, `H:MM:SS`, `H:MM:SS.F`, and where it may be compact `HHMM`, `HHMMSS`.
fn is_clock_midnight(clock: &str, compact: bool, morning: bool) -> bool {
    let (whole, fraction) = match clock.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let zeros = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'0');
    let mut parts = whole.split(':');
    let hour = parts.next().expect("a split has one part at least");
    let rest: Vec<&str> = parts.collect();
    if rest.is_empty() {
        return compact && fraction.is_none() && zeros(hour) && matches!(hour.len(), 4 | 6);
    }
    let hour_is = matches!(hour, "0" | "00") || morning && hour == "12";
    let rest_is = rest.len() <= 2 && rest.iter().all(|part| part.len() == 2 && zeros(part));
    hour_is && rest_is && fraction.is_none_or(|fraction| rest.len() == 2 && zeros(fraction))
}

/// Returns whether this is empty, `Z`, `UTC`, `GMT` or an offset such as `+02:00`.
fn is_zone(zone: &str) -> bool {
    if matches!(zone, "" | "z" | "utc" | "gmt") {
        return true;
    }
    let Some(offset) = zone.strip_prefix(['+', '-']) else { return false };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let colon = offset.len() == 5 && offset.get(2..3) == Some(":");
    (offset.len() == digits.len() || colon) && matches!(digits.len(), 2 | 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnights() {
        let yes = [
            "T00:00:00",
            "t00:00",
            " 00:00:00.000",
            " 0:00",
            "T00:00:00Z",
            "T00:00:00.0000000+00:00",
            "T00:00:00+0200",
            "T00:00:00-05",
            " 00:00:00 UTC",
            " 12:00:00 AM",
            ", 12:00 a.m.",
            " 0:00 am",
            "T000000",
            "T0000Z",
            "Z",
        ];
        let no = [
            "T00:00:01",
            " 12:00:00",
            " 12:00:00 PM",
            " 24:00:00",
            "T",
            "T00",
            " 0000",
            "00:00",
            "T00:00:00.",
            "T00:00.0",
            "T00:0",
            "T00:00:00:00",
            "T00:00 X",
            " 00:00 +2",
            "T00:00+02:0",
            "T00:00+0:200",
            " ",
            " 00:00 12:00 AM",
            "Z Z",
        ];
        for (rest, expected) in yes.map(|rest| (rest, true)).into_iter().chain(no.map(|rest| (rest, false))) {
            assert_eq!(is_midnight(rest), expected, "{rest:?}");
        }
    }
}
