"""Tests of the measure itself: made-up results with known errors."""

from collections import defaultdict

from labelled_set import expected, labelled_set
from measure import measure
from people import IDENTIFIERS
from service import Match, Reported


def perfect(labelled):
    """Returns a result that reports exactly what must be found, each value as a separate match."""
    return [
        [Match(text.locale, 85, reported(planted), [planted.person.row], []) for planted in wanted]
        for text, wanted in expected(labelled)
    ]


def reported(planted):
    return Reported(planted.start, planted.end, planted.column)


def strangers_value(labelled):
    """Returns the number of a text, and a value of a person who is in no table."""
    return next((at, planted) for at, text in enumerate(labelled.texts) for planted in text.planted
                if planted.person.row is None and planted.column == "account")


def two_people(labelled):
    """Returns the number of a text, an identifier of a person, and the birthday of another."""
    for at, text in enumerate(labelled.texts):
        by_column = defaultdict(list)
        for planted in text.planted:
            if planted.person.row is not None:
                by_column["number" if planted.column in IDENTIFIERS else planted.column].append(planted)
        for number in by_column["number"]:
            for birthday in by_column["birthday"]:
                if birthday.person.cells["birthday"] != number.person.cells["birthday"]:
                    return at, number, birthday
    raise AssertionError("no text has two people of the table")


def check(name, holds):
    if not holds:
        raise AssertionError(f"the measure is wrong: {name}")


def run_checks(seed):
    """Fails with AssertionError if the measure misses an error."""
    labelled = labelled_set(seed, 60, 30)
    best = measure(labelled, perfect(labelled))
    check("a perfect answer has no fault", best.supported.found == best.supported.planted > 0 and not best.false_positives and not best.cross_row)
    check("no answer finds nothing", measure(labelled, [[] for _ in labelled.texts]).everything.found == 0)
    answer = perfect(labelled)
    lost = next(at for at, (_, wanted) in enumerate(expected(labelled)) if wanted and wanted[-1].supported)
    answer[lost].pop()
    check("one value less is one miss", measure(labelled, answer).supported.found == best.supported.found - 1)
    answer, (at, stranger) = perfect(labelled), strangers_value(labelled)
    answer[at].append(Match(labelled.texts[at].locale, 65, reported(stranger), [1], []))
    check("a stranger's number is a false positive", len(measure(labelled, answer).false_positives) == 1)
    answer, (at, number, birthday) = perfect(labelled), two_people(labelled)
    answer[at].append(Match(labelled.texts[at].locale, 75, reported(number), [number.person.row], [reported(birthday)]))
    check("another's birthday is a cross-row confusion", len(measure(labelled, answer).cross_row) == 1)
    answer[at][-1].evidences.clear()
    check("a number alone is none", not measure(labelled, answer).cross_row)
    check("the same seed gives the same texts", [text.body for text in labelled_set(seed, 60, 30).texts] == [text.body for text in labelled.texts])
