"""The output of a run, and the page docs/bench/quality.md."""

from collections import Counter

from locales import LOCALES
from people import COLUMNS


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def percent(share):
    if not share.planted:
        return "–"
    return "100 %" if share.found == share.planted else f"{share.percent:.2f} %"


def targets(measured):
    """Returns each target: its name, whether it is met, and the measured value."""
    return [
        ("recall on supported forms is 100 %", measured.supported.found == measured.supported.planted, share(measured.supported)),
        ("recall on all forms is at least 99 %", measured.everything.percent >= 99, share(measured.everything)),
        ("cross-row confusions: 0", not measured.cross_row, len(measured.cross_row)),
        ("false positives: 0", not measured.false_positives, len(measured.false_positives)),
    ]


def share(own):
    return f"{percent(own)} ({own.found:,} of {own.planted:,})"


def show(measured, cases):
    """Prints the targets and the first errors."""
    for what, met, value in targets(measured):
        print(f"{'ok' if met else 'FAIL'} {what}: {value}")
    wrong = [*measured.false_positives, *measured.cross_row, *measured.misses]
    counted = Counter((case.what, case.column, case.form) for case in wrong)
    for (what, column, form), count in counted.most_common(60):
        print(f"  {count:5} {what} {column}: {form}")
    shown = Counter()
    for case in wrong:
        key = (case.what, case.column, case.form)
        shown[key] += 1
        if shown[key] <= cases:
            print(f"  {case.what} {case.locale} {case.kind} {case.column} [{case.form}] cell {case.cell!r}: …{case.excerpt}…")


def page(labelled, measured, peers, versions, command):
    """Returns the page."""
    kinds = Counter(text.kind for text in labelled.texts)
    per_table = len(next(iter(labelled.tables.values())))
    rare = sum(own.planted for own in measured.rare_forms.values())
    parts = [HEAD.format(
        command=command, seed=labelled.seed, texts=len(labelled.texts), kinds=", ".join(f"{count:,} {KINDS[kind]}" for kind, count in kinds.most_common()),
        locales=len(LOCALES), people=per_table, planted=measured.everything.planted, rare=rare, versions=", ".join(versions),
        rare_percent=f"{100 * rare / max(1, measured.everything.planted):.2f}",
    )]
    parts.append("## Targets\n\n" + table(("target", "measured", "met"), [(what, value, "yes" if met else "**no**") for what, met, value in targets(measured)]))
    parts.append(f"Of the people of a table whose identifier is in a text with another value,\n{share(measured.people)} are reported at "
                 f"confidence 75 or above. {measured.matches:,} matches were reported.")
    parts.append("## Recall by type and locale, supported forms\n\n" + table(
        ("type", *(locale.name for locale in LOCALES)),
        [(column, *(percent(measured.by_type[(column, locale.name)]) for locale in LOCALES)) for column in COLUMNS]))
    parts.append("## Recall by type and locale, all forms\n\n" + table(
        ("type", *(locale.name for locale in LOCALES)),
        [(column, *(percent(measured.by_type_all[(column, locale.name)]) for locale in LOCALES)) for column in COLUMNS]))
    parts.append("## Recall by kind of text, supported forms\n\n" + table(
        ("kind", "recall"), [(KINDS[kind], share(measured.by_kind[kind])) for kind, _ in kinds.most_common()]))
    parts.append("## Forms that the rules do not promise\n\nThey count as misses in the recall on all forms, also if one was found.\n\n" + table(
        ("type", "form", "planted", "found"), [(column, form, own.planted, own.found) for (column, form), own in sorted(measured.rare_forms.items())]))
    parts.append(beside(labelled, measured, peers))
    wrong = [*measured.false_positives, *measured.cross_row, *measured.misses]
    if wrong:
        counted = Counter((case.what, case.column, case.form) for case in wrong)
        parts.append("## What went wrong\n\n" + table(("what", "type", "form", "count"), [(*key, count) for key, count in counted.most_common()]))
    return "\n\n".join(parts) + "\n"


KINDS = {"email": "e-mails", "chat": "chats", "log": "logs", "table": "tables", "letter": "letters"}

HEAD = """# Quality of detection

A labelled set of made-up people. It measures how many of the planted values are found, how often
values of two records are mixed, and how often something is reported that belongs to no record.
Written by `{command}`; seed {seed};
{versions}.
Nothing on the page depends on the machine.

{texts:,} texts ({kinds})
in {locales} locales. Each locale has a table of {people} people and 12 columns in a store of its own, and
every text is searched for all of them. Three in ten people in the texts are in no table. Each of
them shares names, birthday, address and city with one who is, and differs in the identifiers: half
of the accounts, national numbers and telephones by a single digit.

The generator records what it wrote, where, and in which form (`tests/quality/forms.py`). That
record is what must be found: {planted:,} values of the tables' people, each near an identifier of
theirs (within 300 characters or on the same row of a table). One value in 150 is written in a form
that the rules do not promise, if its type has such forms: {rare:,} values, {rare_percent} %. That
share is a choice of the set, so the recall on all forms says little without the list of these forms
below.

A value is found if a match of the person's row, or its evidence, overlaps the place where it was
planted, in the same column (a name in whole or in parts). A match is a false positive if its value
is not the cell of any row that it names. It is a cross-row confusion if no row that it names has
all the evidence that it shows."""


def beside(labelled, measured, peers):
    if not peers:
        return "## Beside others\n\nNot measured in this run."
    own = ("edm", share(measured.everything), share(measured.identifiers), len(measured.false_positives), len(measured.cross_row), f"{len(labelled.texts):,}")
    rows = [own] + [
        (name, share(peer.recall), share(peer.identifiers), f"{peer.false_positives:,} of {peer.hits:,} hits ({peer.identifier_false_positives:,} on identifiers)",
         "cannot tell rows", f"{peer.texts:,}") for name, peer in peers
    ]
    return ("## Beside others\n\nThe others get the cells of the text's own locale as the table writes them, without a language\n"
            "model or a pattern. Neither knows the row of a value, so neither can attribute a match or keep rows\n"
            "apart. A hit is a false positive if nobody of the table was meant. Presidio's deny list is slow, so\n"
            "it gets a sample of the texts.\n\n" + table(
                ("program", "recall, all forms", "of these on identifiers", "false positives", "cross-row confusions", "texts"), rows))
