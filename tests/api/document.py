"""The description passed to schemathesis, and faults planted in it to test whether they are
found."""

import copy

# Longer texts and lists are not generated. A body of 4 MiB for each limit would take hours, and the
# limits have separate tests.
LONGEST = 64


def without_long_bounds(document):
    """Returns the document without limits that are too large to test, and with closed objects.
    The published document allows further properties."""
    document = copy.deepcopy(document)
    drop_bounds(document)
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith(("-create", "-change", "-parameters")):
            schema["additionalProperties"] = False
    # The schema of lines is that of one line; hooks.py reads them as a list.
    content = operation(document, "classify")["responses"]["200"]["content"]
    lines = content["application/x-ndjson"]
    lines["schema"] = {"type": "array", "items": lines["schema"]}
    return document


def drop_bounds(node):
    if isinstance(node, dict):
        for bound in ("maxLength", "maxItems"):
            if isinstance(node.get(bound), int) and node[bound] > LONGEST:
                del node[bound]
        for value in node.values():
            drop_bounds(value)
    elif isinstance(node, list):
        for value in node:
            drop_bounds(value)


def without_status(document):
    """Plants an undocumented status: a missing resource gives 404."""
    document = copy.deepcopy(document)
    del operation(document, "readAgent")["responses"]["404"]
    return document


def with_other_type(document):
    """Plants a schema violation: the context of a page, a text, is declared as an integer."""
    document = copy.deepcopy(document)
    page = document["components"]["schemas"]["microsoft.graph.exactMatchUploadAgent-page"]
    page["properties"]["@odata.context"]["type"] = "integer"
    return document


def with_other_content(document):
    """Plants a wrong content type: a count is declared as JSON."""
    document = copy.deepcopy(document)
    answer = operation(document, "countAgents")["responses"]["200"]
    answer["content"] = {"application/json": answer["content"]["text/plain"]}
    return document


def operation(document, wanted):
    for methods in document["paths"].values():
        for described in methods.values():
            if described.get("operationId") == wanted:
                return described
    raise KeyError(wanted)
