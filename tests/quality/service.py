"""The measured side: a real `edm serve`, a store per locale, `edm upload`, then
classifyExactMatches over HTTP."""

import csv
import http.client
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from locales import LOCALES
from people import COLUMNS, columns_of

PATH = "/beta/dataClassification/classifyExactMatches"
# Concurrent requests: the server uses all of its cores.
CLIENTS = 2


@dataclass(frozen=True)
class Reported:
    """A reported value, in UTF-16 units: the primary of a match or one of its evidences."""

    start: int
    end: int
    column: str
    counted: bool = True


@dataclass
class Match:
    locale: str
    confidence: int
    primary: Reported
    rows: list
    evidences: list


class Service:
    """Creates stores and uploads the tables, then classifies texts."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.token = server.token

    def edm(self, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("EDM_")}
        environment |= {"EDM_SERVER": self.server.origin, "EDM_TOKEN": self.token}
        done = subprocess.run([self.server.binary, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"edm {' '.join(map(str, arguments[:2]))} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def upload(self, tables):
        """Makes a store of each locale live; returns the number of rows of each."""
        rows = {}
        for locale in LOCALES:
            schema, table = self.folder / f"{locale.name}.json", self.folder / f"{locale.name}.csv"
            schema.write_text(json.dumps({"displayName": locale.name, "columns": columns_of(locale)}), encoding="utf-8")
            with table.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows([person.cells[column] for column in COLUMNS] for person in tables[locale.name])
            self.edm("store", "create", "--schema", schema)
            self.edm("upload", "--store", locale.name, "--file", table, "--journal", self.folder / f"{locale.name}.journal", "--wait")
            rows[locale.name] = json.loads(self.edm("store", "show", locale.name, "--output", "json"))
        return rows

    def classify(self, texts):
        """Returns the matches of each text."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            shares = [texts[at::CLIENTS] for at in range(CLIENTS)]
            answers = list(pool.map(self.classify_share, shares))
        found = [None] * len(texts)
        for at, share in enumerate(answers):
            found[at::CLIENTS] = share
        return found

    def classify_share(self, texts):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        out = []
        for text in texts:
            connection.request("POST", PATH, json.dumps({"text": text.body}).encode(), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"classifyExactMatches answered {answer.status}: {body[:500].decode(errors='replace')}")
            out.append(matches_of(json.loads(body)))
        connection.close()
        return out


def matches_of(answer):
    if answer.get("errors"):
        raise RuntimeError(f"classifyExactMatches could not do all: {answer['errors']}")
    def reported(found):
        return Reported(found["offset"], found["offset"] + found["length"], found["columnName"], found.get("counted", True))
    return [
        Match(found["displayName"], match["confidence"], reported(match), match["rows"], [reported(e) for e in match["evidences"]])
        for found in answer["classification"] for match in found["matches"]
    ]
