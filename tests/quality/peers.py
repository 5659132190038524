"""Two alternative searches for the cells of a table, on the same texts: Presidio's deny list,
and plain Aho-Corasick. Both get the cells with the table's spelling, and neither knows of
rows."""

import ahocorasick
from people import COLUMNS, IDENTIFIERS
from presidio_analyzer import PatternRecognizer

# Presidio's deny list is one slow regular expression over all cells, so it gets one text in this
# many. Seven is coprime to the number of locales, so every locale is in the sample.
PRESIDIO_STRIDE = 7


def cells(people):
    """Returns each distinct cell and whether it is an identifier."""
    out = {}
    for person in people:
        for column in COLUMNS:
            value = person.cells[column]
            out[value] = out.get(value, False) or column in IDENTIFIERS
    return out


def to_units(text, spans):
    """Converts code points to UTF-16 units."""
    at, units = [], 0
    for character in text:
        at.append(units)
        units += 2 if ord(character) > 0xFFFF else 1
    at.append(units)
    return [(at[start], at[end], identifier) for start, end, identifier in spans]


def without_overlaps(spans):
    """Keeps the longest span, then the leftmost."""
    kept = []
    for span in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    return kept


def lowered(text):
    """Lower case that keeps every position."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def by_aho_corasick(labelled):
    """Returns the spans of each text, ignoring case and neighbouring characters."""
    machines = {}
    for name, people in labelled.tables.items():
        machines[name] = ahocorasick.Automaton()
        for cell, identifier in cells(people).items():
            machines[name].add_word(lowered(cell), (len(cell), identifier))
        machines[name].make_automaton()
    out = []
    for text in labelled.texts:
        hits = machines[text.locale].iter(lowered(text.body))
        out.append(to_units(text.body, without_overlaps([(end + 1 - length, end + 1, identifier) for end, (length, identifier) in hits])))
    return list(range(len(out))), out


def by_presidio(labelled):
    """Returns the searched texts and the spans of each."""
    recognisers = {}
    for name, people in labelled.tables.items():
        known = cells(people)
        lists = (("IDENTIFIER", True), ("FACT", False))
        recognisers[name] = [
            PatternRecognizer(supported_entity=entity, deny_list=[cell for cell, own in known.items() if own is identifier])
            for entity, identifier in lists
        ]
    chosen, out = list(range(0, len(labelled.texts), PRESIDIO_STRIDE)), []
    for index in chosen:
        text, spans = labelled.texts[index], []
        for recogniser in recognisers[text.locale]:
            entity = recogniser.supported_entities[0]
            results = recogniser.analyze(text.body, [entity], nlp_artifacts=None)
            spans += [(result.start, result.end, entity == "IDENTIFIER") for result in results]
        out.append(to_units(text.body, without_overlaps(spans)))
    return chosen, out
