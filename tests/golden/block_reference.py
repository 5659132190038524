"""An independent writer of docs/formats/block.md: sealed blocks in plain Python, for `text`
columns of ASCII cells.

It shares no code with edm-block. If the server accepts its blocks, the documents are
sufficient.
"""

import hashlib
import re
import struct
from collections import Counter
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hash_reference import USUAL_PLACEHOLDERS, Rule, is_placeholder, rule_key, shapes_of, vocabulary_key

ATOM = re.compile(r"[0-9]+|[A-Za-z]+")
YEAR, MONTH, DAY = r"(?:1[89]|2[01])\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
DATES = [
    re.compile(form)
    for form in (
        rf"{YEAR}([-/. ]){MONTH}\1{DAY}", rf"{DAY}([-/. ]){MONTH}\1({YEAR}|\d\d)",
        rf"{MONTH}([-/. ]){DAY}\1({YEAR}|\d\d)",
    )
]
TOKENS_MAX = 64
UNICODE = 18
UPSERT, DELETE = 0, 1


@dataclass(frozen=True)
class Column:
    """One column of a store. `delimiters` are the ignored ones."""

    name: str
    searchable: bool = False
    delimiters: tuple = field(default=())
    key: bool = False

    @property
    def rule(self):
        return Rule(delimiters=self.delimiters)


def canonical_ascii(cell, delimiters):
    """Returns (atoms of the canonical form, canonical form) of an ASCII cell; no atoms for an
    empty cell."""
    if not cell.isascii():
        raise ValueError("this writer takes ASCII cells")
    atoms = list(ATOM.finditer(cell))
    if not atoms or is_placeholder_ascii(cell):
        return [], ""
    parts = [atoms[0].group()]
    for before, after in zip(atoms, atoms[1:]):
        gap = cell[before.end():after.start()]
        if any(c not in delimiters for c in gap):
            parts.append(re.sub(r"[ \t\r\n]+", " ", gap).replace("`", "'"))
        parts.append(after.group())
    form = "".join(parts).lower()
    return ATOM.findall(form), form


def is_placeholder_ascii(cell):
    """Calls the slow reference only if a placeholder is possible."""
    if " ".join(cell.lower().split()) in USUAL_PLACEHOLDERS:
        return True
    digits = {c for c in cell if c.isdigit()}
    possible = not re.search("[A-Za-z]", cell) and (digits <= {"0"} or digits <= {"9"} or digits == {"0", "1", "9"})
    return possible and is_placeholder(cell, Rule())


class BatchCmac:
    """AES-256-CMAC (RFC 4493) of many short values at once, with all last blocks encrypted
    together."""

    def __init__(self, key):
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())
        zero = int.from_bytes(self._encrypt(bytes(16)), "big")
        self._whole = self._double(zero)
        self._padded = self._double(self._whole)

    def _encrypt(self, blocks):
        return self._cipher.encryptor().update(blocks)

    @staticmethod
    def _double(value):
        doubled = (value << 1) & ((1 << 128) - 1)
        return doubled ^ 0x87 if value >> 127 else doubled

    def many(self, values):
        last = []
        for value in values:
            state = 0
            while len(value) > 16:
                mixed = (state ^ int.from_bytes(value[:16], "big")).to_bytes(16, "big")
                state = int.from_bytes(self._encrypt(mixed), "big")
                value = value[16:]
            if len(value) == 16:
                mask, block = self._whole, value
            else:
                mask, block = self._padded, (value + b"\x80").ljust(16, b"\0")
            last.append((state ^ mask ^ int.from_bytes(block, "big")).to_bytes(16, "big"))
        encrypted = self._encrypt(b"".join(last))
        return [encrypted[at:at + 16] for at in range(0, len(encrypted), 16)]


def plan_digest(columns, tokens_max=TOKENS_MAX):
    plan = struct.pack("<H", len(columns))
    for column in columns:
        for part in (column.name.encode(), column.rule.rule_bytes()):
            plan += struct.pack("<I", len(part)) + part
        plan += bytes([column.searchable | column.key << 1])
    return hashlib.sha256(plan + struct.pack("<I", tokens_max)).digest()


def bitmap(bits):
    out = bytearray((len(bits) + 7) // 8)
    for index, bit in enumerate(bits):
        if bit:
            out[index // 8] |= 1 << (index % 8)
    return bytes(out)


class BlockWriter:
    """Seals records of one session into blocks."""

    def __init__(self, salt, store_id, key_id, columns, tokens_max=TOKENS_MAX):
        self.columns, self.store_id, self.key_id = columns, store_id, key_id
        self.plan = plan_digest(columns, tokens_max)
        self.rules = sorted({c.rule for c in columns}, key=lambda rule: rule.rule_bytes())
        self._cell_macs = {rule: BatchCmac(rule_key(salt, rule)) for rule in self.rules}
        self._tag_macs = {rule: BatchCmac(vocabulary_key(salt, rule)) for rule in self.rules}

    def seal(self, number, first_row, records, operation=UPSERT):
        """Returns the bytes of one block; every record is accepted."""
        shapes = {rule: set() for rule in self.rules}
        words = {rule: set() for rule in self.rules}
        sections = b"".join(
            self._column(column, [record[index] for record in records], shapes, words)
            for index, column in enumerate(self.columns)
        )
        for rule in self.rules:
            tags = {mac[:4] for mac in self._tag_macs[rule].many([word.encode() for word in words[rule]])}
            sections += struct.pack("<I", len(shapes[rule]))
            sections += b"".join(struct.pack("<HHB", *shape) for shape in sorted(shapes[rule]))
            sections += struct.pack("<I", len(tags))
            sections += b"".join(sorted(tags, key=lambda tag: struct.unpack("<I", tag)))
        rejected = bitmap([False] * len(records))
        length = 160 + len(rejected) + len(sections) + 32
        header = struct.pack(
            "<8sHHHBB16s16s32sIIQHHQI48x",
            b"EDMBLOCK", 3, 3, UNICODE, operation, 0, self.store_id.bytes, self.key_id.bytes, self.plan,
            number, len(records), first_row, len(self.columns), len(self.rules), length, 0,
        )
        assert len(header) == 160
        sealed = header + rejected + sections
        return sealed + hashlib.sha256(sealed).digest()

    def _column(self, column, cells, shapes, words):
        rule, delimiters = column.rule, set(column.rule.folded_delimiters())
        present, forms, histogram, anchors, dates, placeholders = [], [], Counter(), 0, 0, 0
        for cell in cells:
            atoms, form = canonical_ascii(cell, delimiters)
            present.append(bool(atoms))
            if not atoms:
                placeholders += bool(ATOM.search(cell))
                continue
            forms.append(form.encode())
            digits, letters = sum(c.isdigit() for c in form), sum(c.isalpha() for c in form)
            histogram[min(digits, 63), min(letters, 63)] += 1
            anchors += (digits > 0 or "@" in form) and digits + letters >= 5
            dates += any(date.fullmatch(form) for date in DATES)
            shapes[rule] |= shapes_of(form, atoms)
            if len(atoms) > 1:
                words[rule].update(atoms)
        head = struct.pack("<7I", len(forms), 0, 0, placeholders, anchors, dates, len(histogram))
        counted = b"".join(struct.pack("<BBI", *key, count) for key, count in sorted(histogram.items()))
        return head + counted + bitmap(present) + b"".join(self._cell_macs[rule].many(forms))


def checksum_of(blocks):
    """Returns the expected checksum of a session: SHA-256 over the SHA-256 of each block, in
    order."""
    return hashlib.sha256(b"".join(hashlib.sha256(block).digest() for block in blocks)).hexdigest()
