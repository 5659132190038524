//! Names in dates.

use super::view::View;

const MONTHS: [&str; 12] = [
    "january jan januar janner jaenner janvier janv enero ene janeiro gennaio gen genn",
    "february feb februar feber fevrier fevr fev febrero fevereiro febbraio febbr",
    "march mar marz maerz mrz mars marzo marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maio maggio mag magg",
    "june jun juni juin junio junho giugno giu",
    "july jul juli juillet juil juill julio julho luglio lug",
    "august aug aout agosto ago",
    "september sep sept septembre septiembre setiembre setembro set settembre sett",
    "october oct oktober okt octobre octubre outubro out ottobre ott",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dezembro dicembre",
];

const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat \
    sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi mercredi \
    jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim lunes martes miercoles jueves viernes sabado domingo mie \
    jue vie sab dom segunda terca quarta quinta sexta seg ter qua qui sex lunedi martedi mercoledi giovedi venerdi \
    sabato domenica gio";

const ACCENTS: [(&str, char); 6] =
    [("àáâãä", 'a'), ("ç", 'c'), ("èéêë", 'e'), ("ìíîï", 'i'), ("òóôõö", 'o'), ("ùúûü", 'u')];

fn without_accents(word: &str) -> String {
    let plain = |character: char| {
        ACCENTS.iter().find(|(accented, _)| accented.contains(character)).map_or(character, |(_, to)| *to)
    };
    word.chars().map(plain).collect()
}

/// Returns the month, from 1, that an atom names.
pub(super) fn month(view: &View, atom: usize) -> Option<u8> {
    let word = without_accents(view.letters(atom)?);
    (1..)
        .zip(MONTHS)
        .find_map(|(number, words)| words.split(' ').any(|known| known == word).then_some(number))
}

/// Returns whether an atom names a day of the week.
pub(super) fn is_weekday(view: &View, atom: usize) -> bool {
    view.letters(atom).map(without_accents).is_some_and(|word| WEEKDAYS.split(' ').any(|known| known == word))
}
