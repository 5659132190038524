"""Seed data of the tests: a store, an open session, an agent and a type, created over the wire,
and live data."""

import json
import os
import subprocess
import urllib.parse
import urllib.request

COLUMNS = [{"name": "ssn", "isSearchable": True, "isKey": True}, {"name": "lastName"}]


class Client:
    """Sends requests to a server with its admin token."""

    def __init__(self, server):
        self.server = server

    def get(self, path, accept="application/json"):
        request = urllib.request.Request(f"{self.server.origin}{path}", headers={"accept": accept})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def post(self, path, body):
        headers = {"authorization": f"Bearer {self.server.token}", "content-type": "application/json"}
        url = f"{self.server.origin}/beta/dataClassification{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def publish(client, folder):
    """Uploads a table, so that the types have data to match."""
    server = client.server
    client.post("/exactMatchDataStores", {"displayName": "with data", "columns": COLUMNS})
    table = folder / "people.csv"
    table.write_text("ssn,lastName\n900-11-2222,Okafor\n900-33-4444,Lindqvist\n")
    environment = {**os.environ, "EDM_SERVER": server.origin, "EDM_TOKEN": server.token, "XDG_STATE_HOME": str(folder / "state")}
    command = [server.binary, "upload", "--store", "with data", "--file", table, "--wait"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"edm upload ended with status {done.returncode}: {done.stderr}"


def seed(client):
    """Creates one of each. Returns their ids by the names of path parameters."""
    agent = client.post("/exactMatchUploadAgents", {"description": "of the tests"})
    store = client.post("/exactMatchDataStores", {"displayName": "of the tests", "columns": COLUMNS})
    sessions = f"/exactMatchDataStores/{store['id']}/sessions"
    session = client.post(sessions, {"fields": ["ssn", "lastName"], "uploadAgentId": agent["id"]})
    rule = {"dataStoreId": store["id"], "patterns": [{"confidence": 85, "primary": "ssn"}]}
    kind = client.post("/sensitiveTypes", {"name": "of the tests", "exactMatch": rule})
    query = urllib.parse.urlsplit(session["dataUploadURI"]).query
    return {
        "store": store["id"], "session": session["id"], "agent": agent["id"], "type": kind["id"],
        "signature": dict(urllib.parse.parse_qsl(query)),
    }
