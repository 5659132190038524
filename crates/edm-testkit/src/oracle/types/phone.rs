//! Telephone numbers: the digits (rules 1 to 5) and their groups.

use std::sync::LazyLock;

use edm_model::Country;
use regex::Regex;

use super::super::edges::{Edge, Stretch};
use super::super::reading::{breaks, plain};
use super::view::View;
use super::{Candidate, Spelled};

const RUN_DIGITS_MAX: usize = 21;

/// Data of the format, not code.
const COUNTRIES: &str = include_str!("../../../../edm-hash/src/value/phone/phone_countries.tsv");

const MARKERS: &str = "# x xt ext extn extension extensión extensao extensão durchwahl dw app apparat nst nebenstelle \
    poste anexo ramal interno int interne toestel tst доб 内線";

/// A line of the table.
#[derive(Debug)]
struct Line {
    country: &'static str,
    code: &'static str,
    prefixes: Vec<&'static str>,
    zero: bool,
    lengths: Vec<usize>,
}

/// The number plan of a country or a calling code.
struct Plan {
    code: &'static str,
    prefixes: Vec<&'static str>,
    zero: bool,
    lengths: Vec<usize>,
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let lines = COUNTRIES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| parsed(line).expect("the table has five columns")).collect()
});

fn parsed(line: &'static str) -> Option<Line> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [country, code, prefixes, zero, lengths] = cells.as_slice() else { return None };
    let mut all = Vec::new();
    for part in lengths.split(',') {
        let (least, most) = part.split_once('-').unwrap_or((part, part));
        all.extend(least.parse::<usize>().ok()?..=most.parse::<usize>().ok()?);
    }
    let prefixes = if *prefixes == "-" { Vec::new() } else { prefixes.split(',').collect() };
    Some(Line { country, code, prefixes, zero: *zero == "zero", lengths: all })
}

fn joined(lines: Vec<&'static Line>) -> Option<Plan> {
    let code = lines.first()?.code;
    let mut prefixes: Vec<&str> = Vec::new();
    for prefix in lines.iter().flat_map(|line| &line.prefixes) {
        if !prefixes.contains(prefix) {
            prefixes.push(prefix);
        }
    }
    let mut lengths: Vec<usize> = lines.iter().flat_map(|line| line.lengths.iter().copied()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    Some(Plan { code, prefixes, zero: lines.iter().any(|line| line.zero), lengths })
}

fn country_plan(country: Country) -> Option<Plan> {
    joined(LINES.iter().filter(|line| line.country == country.as_str()).collect())
}

fn code_plan(digits: &str) -> Option<Plan> {
    let code = LINES.iter().map(|line| line.code).find(|code| digits.starts_with(code))?;
    joined(LINES.iter().filter(|line| line.code == code).collect())
}

impl Plan {
    fn is_number(&self, digits: &str) -> bool {
        self.lengths.contains(&digits.len()) && (7..=15).contains(&(digits.len() + self.code.len()))
    }

    fn behind_prefixes(&self, digits: &str, prefixes: &[&str]) -> Option<String> {
        let mut attempts: Vec<&str> = Vec::new();
        for rest in prefixes.iter().filter_map(|prefix| digits.strip_prefix(prefix)) {
            attempts.extend((!self.zero).then(|| rest.trim_start_matches('0')));
            attempts.push(rest);
        }
        attempts.extend((!self.zero).then(|| digits.trim_start_matches('0')));
        attempts.push(digits);
        let national = attempts.into_iter().find(|attempt| self.is_number(attempt))?;
        Some(format!("+{}{national}", self.code))
    }

    fn behind_code(&self, digits: &str) -> Option<String> {
        let rest = digits.strip_prefix(self.code)?;
        let mut prefixes = self.prefixes.clone();
        if self.lengths.len() > 1 {
            prefixes.retain(|prefix| prefix.starts_with('0'));
        }
        self.behind_prefixes(rest, &prefixes)
    }
}

fn abroad(digits: &str) -> Option<String> {
    code_plan(digits)?.behind_code(digits)
}

fn at_home(digits: &str, country: Country) -> Option<String> {
    let plan = country_plan(country)?;
    let long = if digits.len() >= 12 { plan.behind_code(digits) } else { None };
    long.or_else(|| plan.behind_prefixes(digits, &plan.prefixes)).or_else(|| plan.behind_code(digits))
}

/// Returns the digits after an international call prefix; `None` if there is none.
fn behind_call_abroad(digits: &str, country: Option<Country>) -> Option<&str> {
    let american = || country.and_then(country_plan).is_some_and(|plan| plan.code == "1");
    let longer = || digits.strip_prefix("011").filter(|_| american());
    digits.strip_prefix("00").or_else(longer)
}

fn number(digits: &str, plus: bool, country: Option<Country>) -> Option<String> {
    if plus {
        return abroad(digits);
    }
    behind_call_abroad(digits, country).and_then(abroad).or_else(|| at_home(digits, country?))
}

/// Where groups are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Cell,
    Text,
}

fn joins(view: &View, gap: &[char], within: Within) -> bool {
    let mut gap_text: String = gap.iter().collect();
    if breaks(gap) > 0 {
        if within == Within::Cell || breaks(gap) > 1 || gap_text.len() > 256 {
            return false;
        }
        let plain: String = plain(gap).into_iter().collect();
        let Some((front, behind)) = plain.split_once('\n') else { return false };
        gap_text = format!("{} {behind}", front.trim_end_matches(' '));
    }
    let part = |character: char| " -./()".contains(character) || view.delimiters.contains(character);
    (matches!(gap_text.chars().count(), 1 | 2) && gap_text.chars().all(part))
        || [" - ", " / ", " . "].contains(&gap_text.as_str())
}

fn is_broken(view: &View, atom: usize) -> bool {
    breaks(&view.reading.gap_before(atom)) > 0
}

/// Returns the ends of the runs that start at an atom, with their digits.
fn runs(view: &View, first: usize, within: Within) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut digits = String::new();
    let mut lines = 0;
    for atom in first..view.count() {
        let Some(part) = view.digits(atom) else { break };
        if atom > first {
            lines += usize::from(is_broken(view, atom));
            if !joins(view, &view.reading.gap_before(atom), within) || lines > 1 {
                break;
            }
        }
        digits.push_str(part);
        if digits.len() > RUN_DIGITS_MAX {
            break;
        }
        found.push((atom, digits.clone()));
    }
    found
}

fn has_plus(view: &View, atom: usize) -> bool {
    let gap: String = view.reading.gap_before(atom).into_iter().collect();
    ["+", "+(", "+ ", "+ ("].iter().any(|end| gap.ends_with(end))
}

fn run_number(view: &View, first: usize, run: &(usize, String), country: Option<Country>) -> Option<String> {
    let form = number(&run.1, has_plus(view, first), country)?;
    (run.0 - first < form.len()).then_some(form)
}

static FRONT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[ \t\r\n]*(?:tel[.:]*)?[ \t\r\n(]*(?:\+ ?\(?)?$").expect("the expression is our own")
});

static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    let markers = MARKERS.replace(' ', "|");
    let extension = format!("(?:{markers})[ \\t\\r\\n.:=]*[0-9]{{1,7}}[ \\t\\r\\n).,;]*");
    Regex::new(&format!("^(?:[ \\t\\r\\n).,;]*|[ \\t\\r\\n(),;.]*{extension})$"))
        .expect("the expression is our own")
});

/// Reads a cell of a column of this country.
pub(super) fn cell(view: &View, country: Option<Country>) -> Option<String> {
    let first = (0..view.count()).find(|atom| view.digits(*atom).is_some())?;
    let run = runs(view, first, Within::Cell).pop()?;
    let (start, end) = (view.reading.atoms[first].first, view.reading.atoms[run.0].end);
    let lower =
        |from: usize, to: usize| view.reading.slice(from, to).into_iter().collect::<String>().to_lowercase();
    let fits =
        FRONT.is_match(&lower(0, start)) && BEHIND.is_match(&lower(end, view.reading.characters.len()));
    run_number(view, first, &run, country).filter(|_| fits)
}

/// Returns the number that spelled digits are.
pub(super) fn spelled(view: &View, number: &Spelled, country: Option<Country>) -> Option<String> {
    let digits = (number.digits.len() <= RUN_DIGITS_MAX).then(|| number.digits.clone())?;
    run_number(view, number.first, &(number.last, digits), country)
}

/// Finds every run that is a number.
pub(super) fn text(view: &View, country: Option<Country>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for first in 0..view.count() {
        for run in runs(view, first, Within::Text) {
            let Some(form) = run_number(view, first, &run, country) else { continue };
            let last = run.0;
            let stretch = Stretch { reading: view.reading, first, last };
            let (front, back) = stretch.number_edges();
            let front = if has_plus(view, first) { Some(Edge::Full) } else { front };
            let extended = MARKERS.split(' ').any(|marker| marker == view.lower(last + 1))
                && view.digits(last + 2).is_some();
            let back = if extended { Some(Edge::Full) } else { back };
            let broken = (first + 1..=last).any(|atom| is_broken(view, atom));
            if !stretch.is_continued() && !is_cut(view, first, last, country) {
                let attached = broken || [front, back].contains(&Some(Edge::Soft));
                let place = place(view, first, last);
                found.push(Candidate { first, last, place, forms: vec![form], attached, written: false });
            }
        }
    }
    found
}

/// Returns the characters of a number with its `+` and its parentheses.
fn place(view: &View, first: usize, last: usize) -> (usize, usize) {
    let reading = view.reading;
    let (mut start, mut end) = (reading.atoms[first].first, reading.atoms[last].end);
    let at = |position: usize| reading.characters.get(position).map(|place| place.character);
    if has_plus(view, first) {
        while at(start) != Some('+') {
            start -= 1;
        }
    }
    let (mut open, mut closed) = (0, 0);
    for character in reading.slice(start, end) {
        match character {
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' => closed += 1,
            _ => {}
        }
    }
    let opens = closed > 0 && start > 0 && at(start - 1) == Some('(');
    let closes = open > 0 && at(end) == Some(')');
    start -= usize::from(opens);
    end += usize::from(closes);
    (start, end)
}

/// Returns whether it is a part of an international number that starts earlier, after a `+`.
fn is_cut(view: &View, first: usize, last: usize, country: Option<Country>) -> bool {
    let mut digits = 0;
    for atom in (0..first).rev() {
        let Some(part) = view.digits(atom) else { return false };
        digits += part.len();
        if digits > RUN_DIGITS_MAX || !joins(view, &view.reading.gap_after(atom), Within::Text) {
            return false;
        }
        if has_plus(view, atom) {
            return runs(view, atom, Within::Text)
                .iter()
                .any(|run| run.0 >= last && run_number(view, atom, run, country).is_some());
        }
    }
    false
}
