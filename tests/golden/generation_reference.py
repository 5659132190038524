"""An independent reader of docs/formats/generation.md: opens the committed generations of
edm-engine and looks values up in them.

It shares no code with edm-engine. AES-256-GCM-SIV is that of `cryptography`; the place-by-place
reading of G2 is written again here, from RFC 8452.
"""

import hashlib
import struct
import uuid
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from hash_reference import Rule, canonical, hash_value, row_check, row_key

FIXTURES = Path(__file__).resolve().parents[2] / "crates/edm-engine/tests/fixtures"
SALT = "0123456789abcdefghijklmnopqrstuvwxyz"
CHUNK, TAG = 64 * 1024, 16
KINDS = {"rows": b"rows", "entries": b"entr", "delta": b"delt", "rules": b"rule"}
ACCOUNT = Rule(delimiters=("-",))


def nonce_of(name):
    kind, _, number = name.partition("-")
    return KINDS[kind] + struct.pack("<II", int(number or "0"), 0)


def decrypt(key, name, sealed, length):
    """Returns the content of a file and its tags; every chunk is authenticated."""
    body, tags = sealed[:length], sealed[length:]
    assert len(tags) == -(-length // CHUNK) * TAG, name
    cipher, content = AESGCMSIV(key), b""
    for number in range(len(tags) // TAG):
        chunk = body[number * CHUNK:(number + 1) * CHUNK]
        bound = struct.pack("<QQ", number, length)
        content += cipher.decrypt(nonce_of(name), chunk + tags[number * TAG:(number + 1) * TAG], bound)
    return content, tags


def sixteen_at(key, name, sealed, length, at):
    """Returns 16 bytes of a file, `at` a multiple of 16, from one block of AES."""
    ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    halves = [ecb.update(struct.pack("<I", counter) + nonce_of(name))[:8] for counter in range(2, 6)]
    number, offset = divmod(at, CHUNK)
    tag = bytearray(sealed[length + number * TAG:][:TAG])
    tag[15] |= 0x80
    counter = (int.from_bytes(tag[:4], "little") + offset // 16) % 2**32
    block = Cipher(algorithms.AES(b"".join(halves)), modes.ECB()).encryptor().update(
        counter.to_bytes(4, "little") + bytes(tag[4:]))
    return bytes(one ^ two for one, two in zip(block, sealed[at:min(at + 16, length)]))


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def text(self):
        length = self.take("I")
        return self.take(f"{length}s")


class Generation:
    def __init__(self, folder):
        manifest = (folder / "manifest").read_bytes()
        assert hashlib.sha256(manifest[:-32]).digest() == manifest[-32:]
        read = Reader(manifest)
        assert read.take("8sHHH") == (b"EDMMANIF", 3, 3, 18)
        self.part_bits, self.delta_bits = read.take("BB")
        self.store = uuid.UUID(bytes=read.take("16s"))
        read.take("16sI")
        self.rows, self.rejected, tombstones, files, sources, columns = read.take("IIIIIH")
        read.at = 96
        self.tombstones = [read.take("I") for _ in range(tombstones)]
        self.sources = [read.take("16sII32s") for _ in range(sources)]
        self.columns = [(read.text(), read.text(), read.take("BB5QQd")) for _ in range(columns)]
        self.files = {}
        for _ in range(files):
            name = read.text().decode()
            length, source, digest = read.take("QI32s")
            sealed = (folder / name).read_bytes()
            key = self.sources[source][3]
            content, tags = decrypt(key, name, sealed, length)
            assert hashlib.sha256(tags).digest() == digest, name
            for at in range(0, length, 16):
                assert sixteen_at(key, name, sealed, length, at) == content[at:at + 16], (name, at)
            self.files[name] = content
        assert read.at == len(manifest) - 32

    def source_of(self, row):
        return [source for source in self.sources if source[1] <= row][-1]

    def rows_of(self, column, address):
        """Returns the rows of an address, in both groups."""
        rows = []
        for kind, bits in (("entries", self.part_bits), ("delta", self.delta_bits)):
            if bits != 255:
                rows += self._rows_in(f"{kind}-{address >> (64 - bits) if bits else 0:05}", bits, column, address)
        return rows

    def _rows_in(self, name, bits, column, address):
        content = self.files[name]
        assert content[:10] == b"EDMENTRY" + struct.pack("<H", 3)
        head = Reader(content, 64 + 128 * column + 40)
        searchable, bucket_bits, entry_bytes, value_bits = head.take("BBBB")
        head.take("I")
        _, directory_at, entries_at, postings_at, _ = head.take("5Q")
        assert searchable == 1
        bucket = ((address << bits) % 2**64) >> (64 - bucket_bits) if bucket_bits else 0
        first, last = struct.unpack_from("<II", content, directory_at + bucket * 4)
        for index in range(first, last):
            at = entries_at + index * entry_bytes
            entry = int.from_bytes(content[at:at + entry_bytes], "little")
            if entry >> (value_bits + 1) != address % 2**(64 - bits - bucket_bits):
                continue
            value = entry % 2**value_bits
            return self._posting(content, postings_at + value) if entry >> value_bits & 1 else [value]
        return []

    @staticmethod
    def _posting(content, at):
        def number():
            nonlocal at
            value, shift = 0, 0
            while True:
                byte = content[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value
        rows, row = [], 0
        for _ in range(number()):
            row += number()
            rows.append(row)
        return rows

    def check_at(self, row, column):
        for name, content in self.files.items():
            if not name.startswith("rows-"):
                continue
            _, version, columns, first, count = struct.unpack_from("<8sHHII", content)
            assert version == 3
            if first <= row < first + count:
                checks_at = -(-(32 + -(-count // 8)) // 4) * 4
                return struct.unpack_from("<I", content, checks_at + ((row - first) * columns + column) * 4)[0]
        raise AssertionError(f"no file has row {row}")

    def found(self, column, value, rule):
        """Returns the live rows that hold a value, as (record, first byte of the session)."""
        hashed = hash_value(SALT, rule, canonical(value, rule))
        out = []
        for row in self.rows_of(column, int.from_bytes(hashed[:8], "little")):
            session, first, _, _ = self.source_of(row)
            key = row_key(SALT, self.store, uuid.UUID(bytes=session))
            if row not in self.tombstones and row_check(key, hashed, row, column) == self.check_at(row, column):
                out.append((row - first + 1, session[0]))
        return out


def check():
    """Returns what is wrong with the committed generations; nothing if all is well."""
    cases = [
        ("v3", "1004-7052", [(605, 2)]), ("v3", "1005-7065", [(606, 2)]), ("v3", "5555-0001", []),
        ("v3-delta", "1004-7052", [(1, 9)]), ("v3-delta", "5555-0001", [(2, 9)]), ("v3-delta", "1005-7065", []),
        ("v3-delta", "1006-7078", [(607, 2)]),
    ]
    opened = {name: Generation(FIXTURES / name) for name in {name for name, _, _ in cases}}
    wrong = []
    for name, value, expected in cases:
        found = opened[name].found(0, value, ACCOUNT)
        if found != expected:
            wrong.append(f"{name}: {value} is in {found}, not in {expected}")
    return wrong
