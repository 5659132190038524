//! Letters that look like those of another script (`docs/matching.md`, E8).

use super::folding::Placed;

/// Unicode's confusables.txt: letters of ASCII, and below each those that look like it.
const ASCII: &str = "ABEZHIKMNOPTYXayivopouSIJABEKMHOPCTYXaeopcyxsijwVvYyheIidGqWw";
const OTHERS: &str = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυЅІЈАВЕКМНОРСТУХаеорсухѕіјѡѴѵҮүһҽӀӏԁԌԛԜԝ";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

fn script(place: &Placed) -> Script {
    match place.character {
        c if c < '\u{250}' => Script::Latin,
        '\u{370}'..='\u{3FF}' => Script::Greek,
        '\u{400}'..='\u{52F}' => Script::Cyrillic,
        _ => Script::Other,
    }
}

/// Reads a word in one script, if it mixes two. Returns whether that changes it.
pub(crate) fn read(word: &mut [Placed]) -> bool {
    let bytes = word.iter().map(|place| place.character.len_utf8()).sum::<usize>();
    let is_foreign = |own: Script| matches!(own, Script::Greek | Script::Cyrillic);
    let mixes = word.windows(2).any(|pair| {
        let pair = [script(&pair[0]), script(&pair[1])];
        pair.contains(&Script::Latin) && pair.into_iter().any(is_foreign)
    });
    if !mixes || bytes > 256 {
        return false;
    }
    let table: Vec<(char, char)> = OTHERS.chars().zip(ASCII.chars()).collect();
    let latin = |place: &Placed| table.iter().find(|entry| entry.0 == place.character).map(|entry| entry.1);
    let foreign: Vec<Script> = word.iter().map(script).filter(|own| is_foreign(*own)).collect();
    let is_latin = word.iter().all(|place| !is_foreign(script(place)) || latin(place).is_some());
    let own = foreign[0];
    let other = |place: &Placed| {
        let of_script = |c: char| script(&Placed { character: c, ..*place }) == own;
        table.iter().find(|entry| entry.1 == place.character && of_script(entry.0)).map(|entry| entry.0)
    };
    let is_other = foreign.iter().all(|one| *one == own)
        && word.iter().all(|place| script(place) != Script::Latin || other(place).is_some());
    for place in word.iter_mut() {
        let like = match script(place) {
            Script::Latin if !is_latin && is_other => other(place),
            Script::Greek | Script::Cyrillic if is_latin => latin(place),
            _ => None,
        };
        place.character = like.unwrap_or(place.character);
    }
    is_latin || is_other
}
