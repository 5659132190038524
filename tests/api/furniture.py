"""What is there before the tests begin: a store, an open session, an agent and a type, made over the wire."""

import json
import urllib.parse
import urllib.request


class Client:
    """Asks a server with its admin token."""

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


def furnish(client):
    """Makes one of each, and returns their ids by the names of path parameters."""
    agent = client.post("/exactMatchUploadAgents", {"description": "of the tests"})
    columns = [{"name": "ssn", "isSearchable": True, "isKey": True}, {"name": "lastName"}]
    store = client.post("/exactMatchDataStores", {"displayName": "of the tests", "columns": columns})
    sessions = f"/exactMatchDataStores/{store['id']}/sessions"
    session = client.post(sessions, {"fields": ["ssn", "lastName"], "uploadAgentId": agent["id"]})
    rule = {"dataStoreId": store["id"], "patterns": [{"confidence": 85, "primary": "ssn"}]}
    kind = client.post("/sensitiveTypes", {"name": "of the tests", "exactMatch": rule})
    query = urllib.parse.urlsplit(session["dataUploadURI"]).query
    return {
        "store": store["id"], "session": session["id"], "agent": agent["id"], "type": kind["id"],
        "signature": dict(urllib.parse.parse_qsl(query)),
    }
