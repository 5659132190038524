"""Query options through Microsoft's SDK, and in the spellings of other clients."""

import datetime

from checks import check, equal, true
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.exact_match_data_store_item_request_builder import (
    ExactMatchDataStoreItemRequestBuilder,
)
from msgraph_beta.generated.models.exact_data_match_store_column import ExactDataMatchStoreColumn
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.models.exact_match_upload_agent import ExactMatchUploadAgent
from harness import sessions_query, stores_query

FILES = ["alpha.csv", "Beta.csv", "gamma.tsv", "delta.csv", None]


class Kept:
    """The store whose sessions are listed, and an agent that two of them name."""

    store = agent = None


def item_query(**options):
    parameters = ExactMatchDataStoreItemRequestBuilder.ExactMatchDataStoreItemRequestBuilderGetQueryParameters(**options)
    return RequestConfiguration(query_parameters=parameters)


async def files(harness, text, **options):
    page = await harness.store(Kept.store).sessions.get(sessions_query(filter=text, orderby=["creationDateTime"], **options))
    return [s.file_name for s in page.value]


@check("queries: make what is asked for")
async def make(harness):
    columns = [ExactDataMatchStoreColumn(name="mrn", is_searchable=True), ExactDataMatchStoreColumn(name="lastName")]
    Kept.store = (await harness.stores.post(ExactMatchDataStore(display_name="queries", columns=columns))).id
    Kept.agent = (await harness.agents.post(ExactMatchUploadAgent(description="asked for"))).id
    for number, name in enumerate(FILES):
        draft = ExactMatchSession(file_name=name, total_block_count=number + 1, fields=["mrn", "lastName"][: number % 2 + 1],
                                  upload_agent_id=Kept.agent if number < 2 else None)
        made = await harness.store(Kept.store).sessions.post(draft)
        if number == 2:
            await harness.session(made.id, Kept.store).cancel.post()


@check("queries: $filter by comparison, in, and, or, not and parentheses")
async def comparisons(harness):
    everything = FILES
    cases = [
        ("totalBlockCount eq 1", ["alpha.csv"]), ("totalBlockCount ne 1", everything[1:]), ("totalBlockCount gt 3", everything[3:]),
        ("totalBlockCount ge 3", everything[2:]), ("totalBlockCount lt 2", ["alpha.csv"]), ("totalBlockCount le 2", everything[:2]),
        ("state eq 'Cancelled'", ["gamma.tsv"]), ("state in ('Cancelled', 'Failed')", ["gamma.tsv"]),
        ("totalBlockCount in (1,5)", ["alpha.csv", None]), ("not (state eq 'Cancelled')", [f for f in everything if f != "gamma.tsv"]),
        # `and` binds tighter than `or`, and `not` tighter than both.
        ("totalBlockCount eq 1 or totalBlockCount eq 2 and state eq 'Cancelled'", ["alpha.csv"]),
        ("(totalBlockCount eq 1 or totalBlockCount eq 2) and state eq 'Cancelled'", []),
        ("not (totalBlockCount eq 1) and totalBlockCount lt 3", ["Beta.csv"]),
    ]
    for text, expected in cases:
        equal(await files(harness, text), expected, text)
    return f"{len(cases)} filters"


@check("queries: $filter by functions, null and any")
async def functions(harness):
    cases = [
        ("startswith(fileName,'al')", ["alpha.csv"]), ("endswith(fileName,'.tsv')", ["gamma.tsv"]), ("contains(fileName,'et')", ["Beta.csv"]),
        ("tolower(fileName) eq 'beta.csv'", ["Beta.csv"]), ("startswith(tolower(fileName),'b')", ["Beta.csv"]),
        ("fileName eq null", [None]), ("fileName ne null", FILES[:4]), ("uploadAgentId eq null", FILES[2:]),
        ("fields/any(f:f eq 'lastName')", ["Beta.csv", "delta.csv"]), ("fields/any(f:f eq 'salary')", []),
        ("fields/any()", FILES), ("not fields/any(f:startswith(f,'last'))", ["alpha.csv", "gamma.tsv", None]),
    ]
    for text, expected in cases:
        equal(await files(harness, text), expected, text)
    stores = await harness.stores.get(stores_query(filter="columns/any(c:c/name eq 'mrn' and c/isSearchable eq true)"))
    equal([s.id for s in stores.value], [Kept.store], "stores by a column")
    equal((await harness.stores.get(stores_query(filter="columns/any(c:c/name eq 'lastName' and c/isSearchable eq true) and displayName eq 'queries'"))).value,
          [], "stores by a column that is not searchable")
    return f"{len(cases) + 2} filters"


@check("queries: $filter by dates")
async def dates(harness):
    now = datetime.datetime.now(datetime.timezone.utc)
    soon, before = (now + datetime.timedelta(hours=1)).isoformat(), (now - datetime.timedelta(hours=1)).isoformat()
    equal(await files(harness, f"creationDateTime gt {before} and creationDateTime lt {soon}"), FILES, "within two hours")
    equal(await files(harness, f"creationDateTime ge {soon}"), [], "from an hour ahead")
    equal(await files(harness, "completionDateTime ne null"), ["gamma.tsv"], "completed")


@check("queries: $orderby by several properties, both ways")
async def orders(harness):
    page = await harness.store(Kept.store).sessions.get(sessions_query(orderby=["state desc", "totalBlockCount desc"]))
    equal([s.total_block_count for s in page.value], [5, 4, 2, 1, 3], "blocks")
    page = await harness.store(Kept.store).sessions.get(sessions_query(orderby=["fileName"]))
    equal([s.file_name for s in page.value][:1], [None], "null comes first")


@check("queries: $top, $skip and $count together")
async def pages(harness):
    page = await harness.store(Kept.store).sessions.get(sessions_query(orderby=["totalBlockCount"], top=2, skip=1, count=True, filter="totalBlockCount gt 1"))
    equal(([s.total_block_count for s in page.value], page.odata_count), ([3, 4], 4), "the page")
    equal((await harness.store(Kept.store).sessions.get(sessions_query(top=0, count=True))).value, [], "$top=0")


@check("queries: $count with $filter")
async def counted(harness):
    answer = await harness.http.get(f"/exactMatchDataStores/{Kept.store}/sessions/$count?$filter=state eq 'Cancelled'")
    equal((answer.status_code, answer.text), (200, "1"), "status and count")


@check("queries: $select leaves out the rest")
async def select(harness):
    raw = (await harness.http.get(f"/exactMatchDataStores/{Kept.store}/sessions?$select=id,fileName&$top=1")).json()["value"][0]
    equal({name for name in raw if not name.startswith("@odata.")}, {"id", "fileName"}, "properties")
    one = await harness.store(Kept.store).get(item_query(select=["displayName"]))
    equal((one.display_name, one.columns), ("queries", None), "a selected store")


@check("queries: $expand=uploadAgent on sessions, null where there is none")
async def expand_agents(harness):
    page = await harness.store(Kept.store).sessions.get(sessions_query(expand=["uploadAgent"], orderby=["creationDateTime"]))
    equal([s.upload_agent and s.upload_agent.description for s in page.value], ["asked for", "asked for", None, None, None], "agents")


@check("queries: $expand=sessions on a store, with options of its own")
async def expand_sessions(harness):
    store = await harness.store(Kept.store).get(item_query(expand=["sessions"]))
    equal(sorted(s.total_block_count for s in store.sessions), [1, 2, 3, 4, 5], "sessions")
    inner = "sessions($select=id,fileName;$filter=totalBlockCount le 3;$orderby=totalBlockCount desc;$top=2)"
    store = await harness.store(Kept.store).get(item_query(expand=[inner]))
    equal([s.file_name for s in store.sessions], ["gamma.tsv", "Beta.csv"], "sessions of the inner options")
    equal(store.sessions[0].state, None, "what was not selected")
    listed = await harness.stores.get(stores_query(filter="displayName eq 'queries'", expand=["sessions($expand=uploadAgent;$top=1;$orderby=totalBlockCount)"]))
    equal([s.upload_agent.id for s in listed.value[0].sessions], [Kept.agent], "agents within")


@check("queries: what is wrong is 400 with its option in target")
async def refusals(harness):
    base = f"/exactMatchDataStores/{Kept.store}/sessions"
    cases = [
        ("$filter", "totalBlockCount eq"), ("$filter", "nothing eq 1"), ("$filter", "totalBlockCount eq 'x'"), ("$filter", "startswith(fileName)"),
        ("$filter", "(" * 2_000 + "state eq 'x'" + ")" * 2_000), ("$filter", "not " * 1_000 + "(state eq 'x')"),
        ("$orderby", "nothing"), ("$orderby", "fileName sideways"), ("$top", "-1"), ("$top", "many"), ("$skip", "-1"), ("$count", "perhaps"),
        ("$select", "nothing"), ("$expand", "nothing"), ("$skiptoken", "forged"), ("$search", "x"), ("$nonsense", "1"),
    ]
    for option, value in cases:
        answer = await harness.http.get(base, params={option: value})
        error = answer.json()["error"]
        equal((answer.status_code, error["code"], error.get("target")), (400, "invalidQuery", option), f"{option}={value[:30]}")
    # Exceeds the limit of the whole query, which is checked before parsing.
    for value in ("(" * 10_000 + "state eq 'x'" + ")" * 10_000, "not " * 10_000 + "(state eq 'x')"):
        answer = await harness.http.get(base, params={"$filter": value})
        equal((answer.status_code, answer.json()["error"]["code"]), (400, "invalidQuery"), value[:30])
    return f"{len(cases) + 2} queries"


@check("queries: keys in parentheses, any case, %24, double slashes, namespaced actions and /v1.0")
async def lenient(harness):
    for path in (f"/beta/dataClassification/exactMatchDataStores('{Kept.store}')", f"/beta/dataclassification/EXACTMATCHDATASTORES/{Kept.store}",
                 f"/beta//dataClassification//exactMatchDataStores/{Kept.store}/", f"/v1.0/dataClassification/exactMatchDataStores/{Kept.store}"):
        answer = await harness.http.get(f"{harness.server.origin}{path}")
        equal((answer.status_code, answer.json()["id"]), (200, Kept.store), path)
    answer = await harness.http.get(f"{harness.server.origin}/beta/dataClassification/exactMatchDataStores/%24count")
    equal(answer.status_code, 200, "%24count")
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession())
    base = f"/exactMatchDataStores('{Kept.store}')/sessions('{made.id}')"
    equal((await harness.http.post(f"{base}/microsoft.graph.renew")).status_code, 200, "microsoft.graph.renew")
    equal((await harness.http.post(f"{base}/microsoft.graph.cancel()")).status_code, 204, "microsoft.graph.cancel()")


@check("queries: $metadata in XML and JSON names every type that was served")
async def metadata(harness):
    xml = await harness.http.get(f"{harness.server.origin}/beta/$metadata")
    equal(xml.status_code, 200, "status")
    true(xml.headers["content-type"].startswith("application/xml"), xml.headers["content-type"])
    for name in ("exactMatchDataStore", "exactMatchSession", "exactMatchSessionBase", "exactMatchJobBase", "exactMatchUploadAgent", "sensitiveType",
                 "exactDataMatchStoreColumn", "classifcationErrorBase", "classificationError", "exactMatchLookupJob", "classificationJobResponse"):
        true(f'Name="{name}"' in xml.text, f"{name} is missing")
    json = await harness.http.get(f"{harness.server.origin}/beta/$metadata", headers={"accept": "application/json"})
    true("exactMatchSession" in json.json()["microsoft.graph"], "the JSON form")


@check("queries: remove what was made")
async def remove(harness):
    await harness.store(Kept.store).delete()
    await harness.agents.by_exact_match_upload_agent_id(Kept.agent).delete()
