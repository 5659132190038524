"""Texts with values of people: e-mails, chats, logs, tables, letters. The position of each value
is recorded while the text is written."""

import csv
import html
import io
import json
from dataclasses import dataclass, field
from urllib.parse import quote

from forms import drawn
from people import FACTS, IDENTIFIERS

# Every value is at most this far from an identifier of its person, or in the same row of a table
# (docs/matching.md).
REACH = 300
BESIDE_ADDRESS = "in a sentence without spaces that holds an e-mail address"


@dataclass
class Planted:
    """A value of a person and its position: in code points while the text is written, in UTF-16
    units when it is complete."""

    start: int
    end: int
    person: object
    column: str
    form: str
    supported: bool
    # The table line that contains it.
    row: object = None


@dataclass
class Text:
    kind: str
    locale: str
    body: str
    planted: list = field(default_factory=list)


class Writer:
    """Appends pieces; `encode` transforms each piece."""

    def __init__(self, draws, locale, encode=lambda piece: piece, lines=False):
        self.draws, self.locale, self.encode, self.lines = draws, locale, encode, lines
        self.parts, self.length, self.planted, self.row = [], 0, [], None
        # Inserted after every line break inside a value.
        self.margin = ""

    def raw(self, piece):
        self.parts.append(piece)
        self.length += len(piece)
        return self

    def say(self, piece):
        return self.raw(self.encode(piece))

    def value(self, person, column, form=None):
        form = form or drawn(self.draws, self.locale, person.facts, column, self.lines)
        self.say(form.before)
        start = self.length
        self.say(form.text.replace("\n", "\n" + self.margin))
        self.planted.append(Planted(start, self.length, person, column, form.name, form.supported, self.row))
        return self.say(form.after)

    def text(self, kind):
        body = "".join(self.parts)
        units = [0]
        for character in body:
            units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))
        for planted in self.planted:
            planted.start, planted.end = units[planted.start], units[planted.end]
        return Text(kind, self.locale.name, body, self.planted)


class Author:
    """Writes texts of one locale about its people."""

    def __init__(self, draws, locale, faker):
        self.draws, self.locale, self.faker = draws, locale, faker

    def filler(self, words=8):
        return self.faker.sentence(nb_words=words)

    def number(self):
        """A number that belongs to no person: accounts start with other digits."""
        return f"7{self.draws.randrange(10**8):08}"

    def columns(self, facts_max=3):
        """Returns one or two identifiers and one to three facts, shuffled; names do not repeat."""
        facts = self.draws.sample(FACTS, self.draws.randint(1, facts_max))
        if "fullName" in facts:
            facts = [column for column in facts if column not in ("firstName", "lastName")]
        if "address" in facts:
            facts = [column for column in facts if column != "city"]
        chosen = self.draws.sample(IDENTIFIERS, self.draws.choice((1, 1, 2))) + facts
        self.draws.shuffle(chosen)
        return chosen

    def label(self, column):
        words = self.locale.words
        known = {"account": words[1], "national": words[0], "card": words[2], "phone": words[3], "birthday": words[4], "fullName": words[5],
                 "address": words[6], "iban": "IBAN", "email": "E-Mail", "firstName": words[5], "lastName": words[5], "city": words[7]}
        return {"iban": words[9], "email": words[10]}.get(column, known[column]) if len(words) > 9 else known[column]

    def record(self, writer, person):
        """Writes a person's values in a sentence or as a labelled list."""
        columns = self.columns()
        if self.draws.random() < 0.5:
            # Japanese and Chinese write no spaces.
            between, behind_label, stop = ("、", self.draws.choice(("は", "：", "")), "。") if self.locale.family_first else (", ", " ", ".")
            first = len(writer.planted)
            for number, column in enumerate(columns):
                writer.say(between if number else "").say(f"{self.label(column)}{behind_label}").value(person, column)
            writer.say(stop)
            if self.locale.family_first and "email" in columns:
                # To the rules such a sentence is one run, and the address has no edge, so nothing
                # in it is promised.
                for planted in writer.planted[first:]:
                    planted.form, planted.supported = BESIDE_ADDRESS, False
        else:
            for column in columns:
                writer.say(f"\n{writer.margin}{self.label(column)}: ").value(person, column)
        return writer.say(f"\n{writer.margin}")

    def email(self, people):
        encode = self.draws.choice((None, None, None, html_text, quoted_printable))
        writer = Writer(self.draws, self.locale, encode or (lambda piece: piece), lines=encode is None)
        draws = self.draws
        writer.raw(f"From: office{draws.randrange(100)}@example.edu\nTo: help{draws.randrange(100)}@example.edu\nSubject: {self.number()}\n")
        writer.raw({html_text: "Content-Type: text/html\n\n<p>", quoted_printable: "Content-Transfer-Encoding: quoted-printable\n\n"}.get(encode, "\n"))
        writer.say(self.filler() + "\n\n")
        for number, person in enumerate(people):
            if number and encode is None and draws.random() < 0.5:
                writer.margin = "> "
                writer.say("\n> ")
            self.record(writer, person)
            writer.say(f"\n{writer.margin}{self.filler()}\n")
            # Sometimes two line breaks and more than the reach separate two people.
            if draws.random() < 0.3:
                writer.say("".join(f"{self.filler(12)}\n" for _ in range(6)))
        writer.say(f"\n-- \n{self.faker.name()}\n")
        return writer.text("email")

    def chat(self, people):
        writer = Writer(self.draws, self.locale)
        minute = self.draws.randrange(60)
        for person in people:
            writer.say(f"[09:{minute:02}] {self.draws.choice(('kim', 'alex', 'sam'))}: {self.filler(5)} ")
            for column in self.columns():
                writer.value(person, column).say(self.draws.choice((" ", " / ", ", ", " – ", " 👍 ", "; ")))
            writer.say(f"{self.filler(4)}\n")
            minute = (minute + 1) % 60
        writer.say(f"[10:00] kim: {self.number()} 🙂\n")
        return writer.text("chat")

    def log(self, people):
        style = self.draws.choice(("json", "json", "fields", "syslog", "request"))
        writer = Writer(self.draws, self.locale, json_text if style == "json" else lambda piece: piece)
        for person in people:
            stamp = f"2026-03-{self.draws.randrange(1, 29):02}T{self.draws.randrange(24):02}:15:07Z"
            columns = self.columns()
            if style == "json":
                writer.raw(f'{{"ts":"{stamp}","level":"INFO","order":{self.number()},"person":{{')
                for number, column in enumerate(columns):
                    writer.raw("," if number else "").raw(f'"{column}":"').value(person, column).raw('"')
                writer.raw("}}\n")
            elif style == "request":
                self.request(writer, person, stamp, columns)
            else:
                writer.say(f"{stamp} app[{self.draws.randrange(9999)}]: order={self.number()}" if style == "fields" else f"<14>{stamp} host app: update {self.number()}")
                for column in columns:
                    writer.say(f' {column}="' if style == "fields" else " | ").value(person, column).say('"' if style == "fields" else "")
                writer.say("\n")
        return writer.text("log")

    def request(self, writer, person, stamp, columns):
        """Writes a log line of a web server: one identifier in the URL, and the facts after it."""
        first = next(column for column in columns if column in IDENTIFIERS)
        writer.raw(f'{stamp} "GET /people?{first}=')
        cell(writer, person, first, drawn(self.draws, self.locale, person.facts, first), lambda piece: quote(piece, safe=""))
        writer.raw(f'&page={self.draws.randrange(9)} HTTP/1.1" 200')
        for column in columns:
            if column in FACTS:
                writer.raw(f' {column}="').value(person, column).raw('"')
        writer.raw("\n")

    def letter(self, people):
        writer = Writer(self.draws, self.locale, lines=True)
        first = people[0]
        writer.value(first, "fullName").say("\n").value(first, "address").say("\n\n").say(f"{self.label('account')} ")
        writer.value(first, "account").say(f"\n\n{self.filler(10)}\n")
        for person in people:
            writer.say(f"{self.filler(6)} ")
            self.record(writer, person)
            writer.say(f"{self.filler(14)}\n{self.filler(9)}\n\n")
        writer.say(self.faker.name())
        return writer.text("letter")

    def table(self, people):
        style = self.draws.choice((comma_separated, semicolon_separated, tab_separated, markdown, html_table, fixed_width))
        columns = self.columns(facts_max=5)
        cells = [[drawn(self.draws, self.locale, person.facts, column) for column in columns] for person in people]
        writer = Writer(self.draws, self.locale)
        style(writer, columns, people, cells)
        return writer.text("table")


def html_text(piece):
    escaped = html.escape(piece).replace("\n", "<br>\n")
    return "".join(c if c.isascii() else f"&#{ord(c)};" for c in escaped)


def json_text(piece):
    return json.dumps(piece)[1:-1]


def quoted_printable(piece):
    def one(character):
        if character == "=" or not character.isascii():
            return "".join(f"={byte:02X}" for byte in character.encode())
        return character
    return "".join(map(one, piece))


def cell(writer, person, column, form, encode=lambda piece: piece):
    """Writes a cell with the characters that surround its spelling."""
    writer.encode, before = encode, writer.encode
    writer.value(person, column, form)
    writer.encode = before


def separated(writer, columns, people, cells, separator):
    def quoted(form):
        whole = form.before + form.text + form.after
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator="").writerow([whole])
        return out.getvalue() != whole
    writer.raw(separator.join(["nr", *columns]) + "\n")
    for number, (person, forms) in enumerate(zip(people, cells), 1):
        writer.row = number
        writer.raw(str(number))
        for column, form in zip(columns, forms):
            mark = '"' if quoted(form) else ""
            writer.raw(separator + mark)
            cell(writer, person, column, form, (lambda piece: piece.replace('"', '""')) if mark else (lambda piece: piece))
            writer.raw(mark)
        writer.raw("\n")


def comma_separated(writer, columns, people, cells):
    separated(writer, columns, people, cells, ",")


def semicolon_separated(writer, columns, people, cells):
    separated(writer, columns, people, cells, ";")


def tab_separated(writer, columns, people, cells):
    separated(writer, columns, people, cells, "\t")


def markdown(writer, columns, people, cells):
    writer.raw("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns) + "\n")
    for number, (person, forms) in enumerate(zip(people, cells), 1):
        writer.row = number
        writer.raw("|")
        for column, form in zip(columns, forms):
            writer.raw(" ")
            cell(writer, person, column, form)
            writer.raw(" |")
        writer.raw("\n")


def html_table(writer, columns, people, cells):
    writer.raw("<table>\n<tr>" + "".join(f"<th>{column}</th>" for column in columns) + "</tr>\n")
    for number, (person, forms) in enumerate(zip(people, cells), 1):
        writer.row = number
        writer.raw("<tr>")
        for column, form in zip(columns, forms):
            writer.raw("<td>")
            cell(writer, person, column, form, html_text)
            writer.raw("</td>")
        writer.raw("</tr>\n")
    writer.raw("</table>\n")


def fixed_width(writer, columns, people, cells):
    def shown(form):
        return form.before + form.text + form.after
    widths = [max([len(column), *(len(shown(row[at])) for row in cells)]) + 2 for at, column in enumerate(columns)]
    writer.raw("".join(column.ljust(width) for column, width in zip(columns, widths)).rstrip() + "\n")
    for number, (person, forms) in enumerate(zip(people, cells), 1):
        writer.row = number
        for column, form, width in zip(columns, forms, widths):
            cell(writer, person, column, form)
            writer.raw(" " * (width - len(shown(form))))
        writer.raw("\n")
