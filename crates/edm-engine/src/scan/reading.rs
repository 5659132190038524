//! The readings of a text: as it stands, and with its escapes decoded; each folded as the rules ask.

use edm_hash::{CHECKED_NUMBER_ATOMS_MAX, Decoded, FoldOptions, Folded, checked_numbers, decode_escapes};
use edm_model::Rule;

use super::place::Stretch;

/// A text folded in one way.
pub(crate) struct Reading {
    options: FoldOptions,
    decoded: bool,
    pub(crate) folded: Folded,
}

/// All readings of a text. Reused from text to text.
#[derive(Default)]
pub(crate) struct Readings {
    escapes: Option<Decoded>,
    readings: Vec<Reading>,
    /// Those of earlier texts that are not in use.
    spare: Vec<Folded>,
}

impl Readings {
    /// Folds a text in each of these ways, replacing what was held before.
    pub(crate) fn read(&mut self, text: &str, foldings: &[FoldOptions]) {
        self.forget();
        self.escapes = decode_escapes(text);
        for options in foldings {
            let texts = [Some(text), self.escapes.as_ref().map(Decoded::text)];
            for (decoded, text) in texts.into_iter().enumerate().filter_map(|(i, text)| Some((i == 1, text?)))
            {
                let mut folded = self.spare.pop().unwrap_or_default();
                folded.fold(text, *options);
                self.readings.push(Reading { options: *options, decoded, folded });
            }
        }
    }

    /// Forgets the text.
    pub(crate) fn forget(&mut self) {
        self.escapes = None;
        self.spare.extend(self.readings.drain(..).map(|reading| reading.folded));
    }

    /// Returns the numbers of the readings that a rule is matched in.
    pub(crate) fn of(&self, rule: &Rule) -> Vec<usize> {
        let options = FoldOptions::of(rule);
        let numbered = self.readings.iter().enumerate();
        numbered.filter(|(_, reading)| reading.options == options).map(|(number, _)| number).collect()
    }

    /// Returns the text as it stands, folded like that, if a rule asks for it.
    pub(crate) fn undecoded(&self, options: FoldOptions) -> Option<&Folded> {
        let alike = |reading: &&Reading| reading.options == options && !reading.decoded;
        self.readings.iter().find(alike).map(|reading| &reading.folded)
    }

    pub(crate) fn folded(&self, number: usize) -> Option<&Folded> {
        self.readings.get(number).map(|reading| &reading.folded)
    }

    /// Says whether a stretch is a part of a longer valid card or account number, in a reading that the rule is matched in.
    pub(crate) fn is_inside_number(&self, rule: &Rule, stretch: Stretch) -> bool {
        self.of(rule).into_iter().any(|reading| {
            let Some(folded) = self.folded(reading) else { return false };
            let at = |atom: usize| self.stretch(reading, atom, atom);
            let (mut low, mut high) = (0, folded.atoms().len());
            while low < high {
                let middle = low + (high - low) / 2;
                if at(middle).1 <= stretch.0 { low = middle + 1 } else { high = middle }
            }
            // No number has more characters than that, be they of one atom or of as many atoms.
            let mut characters = 0;
            let before = folded.atoms().get(..low).unwrap_or(&[]).iter().rev();
            let before = before.take_while(|atom| {
                characters += (atom.end - atom.start) as usize;
                characters < CHECKED_NUMBER_ATOMS_MAX
            });
            let starts = low - before.count()..(low + 1).min(folded.atoms().len());
            let mut inside = false;
            checked_numbers(folded, &starts, |first, last| {
                let (start, end) = self.stretch(reading, first, last);
                inside |= start <= stretch.0 && stretch.1 <= end && (start, end) != stretch;
            });
            inside
        })
    }

    /// Returns where in the original text the atoms from `first` to `last` of a reading stand.
    pub(crate) fn stretch(&self, number: usize, first: usize, last: usize) -> Stretch {
        let Some(reading) = self.readings.get(number) else { return (0, 0) };
        let atoms = reading.folded.atoms();
        let (Some(first), Some(last)) = (atoms.get(first), atoms.get(last)) else { return (0, 0) };
        let (start, end) = (first.source_start as usize, last.source_end as usize);
        match self.escapes.as_ref().filter(|_| reading.decoded) {
            Some(escapes) => escapes.source_span(start, end),
            None => (start, end),
        }
    }
}
