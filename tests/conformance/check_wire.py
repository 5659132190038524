"""Every call of Microsoft's SDK in this part of Graph: what it sends, and that it can read the
response.

A change in the SDK shows up here first."""

from checks import check, equal, true
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.data_classification.classify_exact_matches.classify_exact_matches_post_request_body import (
    ClassifyExactMatchesPostRequestBody,
)
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.lookup.lookup_post_request_body import (
    LookupPostRequestBody,
)
from msgraph_beta.generated.models.content_classification import ContentClassification
from msgraph_beta.generated.models.exact_data_match_store_column import ExactDataMatchStoreColumn
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.exact_match_upload_agent import ExactMatchUploadAgent
from msgraph_beta.generated.models.match_location import MatchLocation
from msgraph_beta.generated.models.sensitive_type import SensitiveType
from harness import refused, sessions_query, stores_query

SERVICE = "/beta/dataClassification"
STORES = f"{SERVICE}/exactMatchDataStores"
ZEROS = "0" * 64
WEAK_SALT = "a" * 64
NOBODY = "11111111-1111-1111-1111-111111111111"


class Wire:
    """Data shared between these checks."""

    store = session = agent = None

    def path(self, *rest):
        return "/".join([STORES, self.store, *rest])

    def session_path(self, *rest):
        return self.path("sessions", self.session, *rest)


wire = Wire()


def passed(harness, method, target, status, body=None, accept="application/json"):
    """Checks the last request, header fields included, and its status."""
    sent = harness.sent
    equal((sent.method, sent.target, sent.status), (method, target, status), "method, target and status")
    equal(sent.headers.get("accept"), accept, "accept")
    equal(sent.json() if sent.body else None, body, "body")
    if body is None:
        equal(sent.headers.get("content-type"), None, "content-type of a request without a body")
        equal(sent.headers.get("content-length"), "0" if method == "POST" else None, "content-length")
    else:
        equal(sent.headers.get("content-type"), "application/json", "content-type")
        equal(sent.headers.get("content-length"), str(len(sent.body)), "content-length")


def draft(**more):
    return ExactMatchSession(
        total_block_count=1, checksum=ZEROS, fields=["ssn", "name"], rows_per_block=10_000, salt=WEAK_SALT,
        upload_agent_id=wire.agent, **more,
    )


def draft_body(file_name):
    return {"totalBlockCount": 1, "checksum": ZEROS, "fields": ["ssn", "name"], "fileName": file_name,
            "rowsPerBlock": 10_000, "salt": WEAK_SALT, "uploadAgentId": wire.agent}


@check("wire: POST exactMatchUploadAgents")
async def post_agent(harness):
    made = await harness.agents.post(ExactMatchUploadAgent(description="probe agent"))
    wire.agent = made.id
    passed(harness, "POST", f"{SERVICE}/exactMatchUploadAgents", 201, {"description": "probe agent"})
    equal((made.description, made.odata_type), ("probe agent", "#microsoft.graph.exactMatchUploadAgent"), "the agent")
    equal(harness.sent.answer_headers.get("location"),
          f"{harness.server.origin}{SERVICE}/exactMatchUploadAgents/{made.id}", "Location")


@check("wire: POST exactMatchDataStores")
async def post_store(harness):
    columns = [ExactDataMatchStoreColumn(name="ssn", is_searchable=True, is_case_insensitive=True, ignored_delimiters=["-", " "]),
               ExactDataMatchStoreColumn(name="name", is_searchable=False)]
    made = await harness.stores.post(ExactMatchDataStore(display_name="wire", description="probe", columns=columns))
    wire.store = made.id
    passed(harness, "POST", STORES, 201, {
        "columns": [{"ignoredDelimiters": ["-", " "], "isCaseInsensitive": True, "isSearchable": True, "name": "ssn"},
                    {"isSearchable": False, "name": "name"}],
        "description": "probe", "displayName": "wire"})
    equal(sorted(made.columns[0].ignored_delimiters), [" ", "-"], "ignoredDelimiters")
    equal(harness.sent.answer_headers.get("location"), f"{harness.server.origin}{wire.path()}", "Location")


@check("wire: GET exactMatchDataStores with every query option")
async def query_stores(harness):
    page = await harness.stores.get(stores_query(
        count=True, filter="displayName eq 'wire'", orderby=["displayName desc"], select=["id", "displayName"], skip=0, top=2))
    passed(harness, "GET", f"{STORES}?$count=true&$filter=displayName%20eq%20%27wire%27&$orderby=displayName%20desc"
                         "&$select=id,displayName&$skip=0&$top=2", 200)
    equal(([(s.id, s.display_name, s.columns) for s in page.value], page.odata_count),
          ([(wire.store, "wire", None)], 1), "the page")


@check("wire: GET exactMatchDataStores/$count")
async def count_stores(harness):
    count = await harness.stores.count.get()
    passed(harness, "GET", f"{STORES}/$count", 200, accept="text/plain;q=0.9")
    true(isinstance(count, int) and count >= 1, f"a number: {count!r}")


@check("wire: GET a store")
async def get_store(harness):
    store = await harness.store(wire.store).get()
    passed(harness, "GET", wire.path(), 200)
    equal((store.id, store.odata_type), (wire.store, "#microsoft.graph.exactMatchDataStore"), "the store")


@check("wire: PATCH a store")
async def patch_store(harness):
    columns = [ExactDataMatchStoreColumn(name="ssn", is_searchable=True, is_case_insensitive=True, ignored_delimiters=["-"])]
    change = ExactMatchDataStore(id=wire.store, columns=columns, description="changed", display_name="wire")
    changed = await harness.store(wire.store).patch(change)
    passed(harness, "PATCH", wire.path(), 200, {
        "id": wire.store, "description": "changed", "displayName": "wire",
        "columns": [{"ignoredDelimiters": ["-"], "isCaseInsensitive": True, "isSearchable": True, "name": "ssn"}]})
    equal((changed.description, [c.name for c in changed.columns]), ("changed", ["ssn"]), "the store")


@check("wire: POST sessions")
async def post_session(harness):
    made = await harness.store(wire.store).sessions.post(draft(file_name="patients.EdmHash"))
    wire.session = made.id
    passed(harness, "POST", wire.path("sessions"), 201, draft_body("patients.EdmHash"))
    equal((made.state, made.file_name, made.checksum, made.salt), ("UploadInProgress", "patients.EdmHash", ZEROS, WEAK_SALT), "the session")
    equal((made.data_store_id, made.upload_agent_id, made.fields), (wire.store, wire.agent, ["ssn", "name"]), "its references")
    equal(harness.sent.answer_headers.get("location"), f"{harness.server.origin}{wire.session_path()}", "Location")


@check("wire: GET a session")
async def get_session(harness):
    session = await harness.session(wire.session, wire.store).get()
    passed(harness, "GET", wire.session_path(), 200)
    equal((session.total_block_count, session.remaining_block_count, session.rows_per_block), (1, 1, 10_000), "counts")
    true(isinstance(session, ExactMatchSession), type(session).__name__)


@check("wire: GET a session's uploadAgent")
async def get_session_agent(harness):
    agent = await harness.session(wire.session, wire.store).upload_agent.get()
    passed(harness, "GET", wire.session_path("uploadAgent"), 200)
    equal(agent.id, wire.agent, "the agent")


@check("wire: PATCH and DELETE of a session's uploadAgent")
async def change_session_agent(harness):
    other = await harness.agents.post(ExactMatchUploadAgent(description="another"))
    made = await harness.store(wire.store).sessions.post(ExactMatchSession(upload_agent_id=other.id))
    builder = harness.session(made.id, wire.store).upload_agent
    changed = await builder.patch(ExactMatchUploadAgent(description="renamed"))
    passed(harness, "PATCH", wire.path("sessions", made.id, "uploadAgent"), 200, {"description": "renamed"})
    equal((changed.id, changed.description), (other.id, "renamed"), "the agent")
    await builder.delete()
    passed(harness, "DELETE", wire.path("sessions", made.id, "uploadAgent"), 204)
    await refused(builder.get(), 404)
    await harness.session(made.id, wire.store).cancel.post()


@check("wire: POST renew")
async def renew(harness):
    renewed = await harness.session(wire.session, wire.store).renew.post()
    passed(harness, "POST", wire.session_path("renew"), 200)
    equal((renewed.id, renewed.state), (wire.session, "UploadInProgress"), "the session")
    true(renewed.data_upload_u_r_i.startswith(harness.server.origin), "dataUploadURI")


@check("wire: POST commit, refused while blocks are missing")
async def commit(harness):
    error = await refused(harness.session(wire.session, wire.store).commit.post(), 409, "uploadIncomplete")
    passed(harness, "POST", wire.session_path("commit"), 409)
    equal([(d.code, d.target) for d in error.error.details], [("missingBlocks", "0-0")], "details")


@check("wire: GET sessions with $expand, $orderby and $top")
async def query_sessions(harness):
    page = await harness.store(wire.store).sessions.get(
        sessions_query(expand=["uploadAgent"], orderby=["creationDateTime desc"], top=5))
    passed(harness, "GET", f"{wire.path('sessions')}?$expand=uploadAgent&$orderby=creationDateTime%20desc&$top=5", 200)
    mine = [s for s in page.value if s.id == wire.session]
    equal([s.upload_agent.description for s in mine], ["probe agent"], "expanded agents")


@check("wire: GET sessions/$count")
async def count_sessions(harness):
    equal(await harness.store(wire.store).sessions.count.get(), 2, "sessions")
    passed(harness, "GET", wire.path("sessions", "$count"), 200, accept="text/plain;q=0.9")


@check("wire: PATCH a session")
async def patch_session(harness):
    changed = await harness.session(wire.session, wire.store).patch(ExactMatchSession(checksum="f" * 64))
    passed(harness, "PATCH", wire.session_path(), 200, {"checksum": "f" * 64})
    equal(changed.checksum, "f" * 64, "checksum")


@check("wire: POST lookup, refused while the store has no data")
async def lookup(harness):
    body = LookupPostRequestBody(key="ssn", values=["123-45-6789"], result_column_names=["ssn"])
    try:
        found = await harness.store(wire.store).lookup.post(body)
        equal(found.value, [], "rows")
        status = 200
    except Exception:
        status = 409
    passed(harness, "POST", wire.path("lookup"), status,
           {"key": "ssn", "resultColumnNames": ["ssn"], "values": ["123-45-6789"]})


@check("wire: POST classifyExactMatches")
async def classify(harness):
    candidate = ContentClassification(
        confidence=85, matches=[MatchLocation(length=11, offset=4)], sensitive_type_id="22222222-2222-2222-2222-222222222222", unique_count=1)
    body = ClassifyExactMatchesPostRequestBody(
        content_classifications=[candidate], sensitive_type_ids=[NOBODY], text="SSN 123-45-6789", timeout_in_ms="1000")
    result = await harness.service.classify_exact_matches.post(body)
    passed(harness, "POST", f"{SERVICE}/classifyExactMatches", 200, {
        "contentClassifications": [{"confidence": 85, "matches": [{"length": 11, "offset": 4}],
                                    "sensitiveTypeId": "22222222-2222-2222-2222-222222222222", "uniqueCount": 1}],
        "sensitiveTypeIds": [NOBODY], "text": "SSN 123-45-6789", "timeoutInMs": "1000"})
    equal((result.classification, [e.code for e in result.errors]), ([], ["sensitiveTypeNotFound"]), "the result")


@check("wire: POST cancel")
async def cancel(harness):
    made = await harness.store(wire.store).sessions.post(draft(file_name="x"))
    passed(harness, "POST", wire.path("sessions"), 201, draft_body("x"))
    equal(await harness.session(made.id, wire.store).cancel.post(), None, "what cancel gives")
    passed(harness, "POST", wire.path("sessions", made.id, "cancel"), 204)
    equal((await harness.session(made.id, wire.store).get()).state, "Cancelled", "state")


@check("wire: DELETE a session")
async def delete_session(harness):
    await harness.session(wire.session, wire.store).delete()
    passed(harness, "DELETE", wire.session_path(), 204)
    await refused(harness.session(wire.session, wire.store).get(), 404, "resourceNotFound")


@check("wire: GET a store that is not there")
async def no_such(harness):
    error = await refused(harness.store("no-such").get(), 404, "resourceNotFound")
    passed(harness, "GET", f"{STORES}/no-such", 404)
    true(error.error.inner_error.request_id, "request-id")


@check("wire: sensitiveTypes: list, $count, one, PATCH, POST, DELETE")
async def sensitive_types(harness):
    types = harness.service.sensitive_types
    listed = await types.get()
    passed(harness, "GET", f"{SERVICE}/sensitiveTypes", 200)
    equal(await types.count.get(), len(listed.value), "$count")
    rule = {"dataStoreId": wire.store, "recommendedConfidence": 75, "patterns": [{"confidence": 75, "primary": "ssn"}]}
    made = await types.post(SensitiveType(name="of wire", additional_data={"exactMatch": rule}))
    path = f"{SERVICE}/sensitiveTypes/{made.id}"
    passed(harness, "POST", f"{SERVICE}/sensitiveTypes", 201, {"name": "of wire", "exactMatch": rule})
    one = await types.by_sensitive_type_id(made.id).get()
    passed(harness, "GET", path, 200)
    equal((one.name, one.classification_method.value), ("of wire", "exactDataMatch"), "the type")
    changed = await types.by_sensitive_type_id(made.id).patch(SensitiveType(description="new"))
    passed(harness, "PATCH", path, 200, {"description": "new"})
    equal(changed.description, "new", "description")
    await types.by_sensitive_type_id(made.id).delete()
    passed(harness, "DELETE", path, 204)


@check("wire: exactMatchUploadAgents: one, PATCH, DELETE, $count")
async def agents(harness):
    made = await harness.agents.post(ExactMatchUploadAgent(description="short-lived"))
    path = f"{SERVICE}/exactMatchUploadAgents/{made.id}"
    one = harness.agents.by_exact_match_upload_agent_id(made.id)
    equal((await one.get()).description, "short-lived", "description")
    passed(harness, "GET", path, 200)
    equal((await one.patch(ExactMatchUploadAgent(description="new"))).description, "new", "description")
    passed(harness, "PATCH", path, 200, {"description": "new"})
    before = await harness.agents.count.get()
    await one.delete()
    passed(harness, "DELETE", path, 204)
    equal(await harness.agents.count.get(), before - 1, "$count")


@check("wire: GET and PATCH of /dataClassification")
async def service(harness):
    read = await harness.service.get()
    passed(harness, "GET", SERVICE, 200)
    true(read.id, "the service has an id")
    changed = await harness.service.patch(read)
    equal((harness.sent.method, harness.sent.target, harness.sent.status), ("PATCH", SERVICE, 200), "PATCH")
    equal(changed.id, read.id, "the patched service")


@check("wire: headers that a caller adds arrive, those of every request are there")
async def headers(harness):
    configuration = RequestConfiguration()
    configuration.headers.add("ConsistencyLevel", "eventual")
    configuration.headers.add("client-request-id", NOBODY)
    await harness.stores.get(configuration)
    sent = harness.sent
    equal((sent.headers["consistencylevel"], sent.answer_headers["client-request-id"]), ("eventual", NOBODY), "headers")
    true(sent.headers["authorization"].startswith("Bearer "), "authorization")
    equal(sent.answer_headers["odata-version"], "4.0", "OData-Version")
    equal(len(sent.answer_headers["request-id"]), 36, "request-id")
    true(sent.answer_headers["content-type"].startswith("application/json"), "content-type")


@check("wire: DELETE a store")
async def delete_store(harness):
    await harness.store(wire.store).delete()
    passed(harness, "DELETE", wire.path(), 204)
    await refused(harness.store(wire.store).get(), 404)
