"""Deltas: records added, changed and removed in a live table, through properties that the SDK
does not know."""

import json
import uuid
from dataclasses import replace

from block_reference import DELETE, UPSERT, BlockWriter
from check_upload import azure_refuses, blob, block_id, session_draft, upload
from checks import check, equal
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.lookup.lookup_post_request_body import (
    LookupPostRequestBody,
)
from world import COLUMNS, person, refused, store_draft

KEYED = [replace(column, key=column.name == "ssn") for column in COLUMNS]
RECORDS = 50
# Records that are not in the other table.
FIRST = 1_000_000


def someone(index):
    return person(FIRST + index)


def delta(world, **properties):
    return session_draft(world, rows_per_block=None, additional_data={"updateMode": "delta"}, **properties)


def writer_for(world, made):
    return BlockWriter(made.salt, uuid.UUID(world.keyed_id), uuid.UUID(str(made.additional_data["keyId"])), KEYED)


async def live(world, made, blocks):
    """Uploads blocks of (operation, records), commits, and returns the final session."""
    world.secrets.append(made.salt)
    writer, first_row, sealed = writer_for(world, made), 0, []
    for number, (operation, records) in enumerate(blocks):
        sealed.append((number, writer.seal(number, first_row, records, operation)))
        first_row += len(records)
    await upload(made.data_upload_u_r_i, sealed)
    await world.session(made.id, world.keyed_id).commit.post()
    while True:
        session = await world.session(made.id, world.keyed_id).get()
        if session.state not in ("UploadInProgress", "ProcessingInProgress"):
            return session


async def rows(world, *indices):
    """Returns (row, session) of each match."""
    body = LookupPostRequestBody(key="ssn", values=[someone(index)[0] for index in indices], result_column_names=["ssn"])
    found = [json.loads(row) for row in (await world.store(world.keyed_id).lookup.post(body)).value]
    return [(row["row"], row["rowSessionId"]) for row in found]


@check("a delta needs a key and live data")
async def needs(world):
    await refused(world.store().sessions.post(delta(world)), 400, "keyColumnMissing")
    made = await world.stores.post(store_draft("keyed patients", KEYED))
    world.keyed_id = made.id
    equal([c.additional_data.get("isKey") for c in made.columns], [True, False, False], "isKey")
    await refused(world.store(world.keyed_id).sessions.post(delta(world)), 409, "noLiveData")


@check("a delta adds, changes and removes records by their key")
async def changes(world):
    draft = session_draft(world, rows_per_block=None, total_block_count=1)
    first = await world.store(world.keyed_id).sessions.post(draft)
    equal(first.additional_data["updateMode"], "replace", "updateMode by default")
    removing = writer_for(world, first).seal(0, 0, [(someone(3)[0], "", "")], DELETE)
    await azure_refuses(lambda: blob(first.data_upload_u_r_i).stage_block(block_id(0), removing), 400)
    end = await live(world, first, [(UPSERT, [someone(index) for index in range(RECORDS)])])
    equal((end.state, end.error), ("Completed", None), "the table's end")
    second = await world.store(world.keyed_id).sessions.post(delta(world, total_block_count=2))
    equal(second.additional_data["updateMode"], "delta", "updateMode")
    changed, added = (someone(1)[0], "Changed", "1999-01-02"), someone(RECORDS)
    end = await live(world, second, [(UPSERT, [changed, added]), (DELETE, [(someone(2)[0], "", "")])])
    equal((end.state, end.error), ("Completed", None), "the delta's end")
    equal(end.remaining_job_count, 0, "remainingJobCount")
    equal(await rows(world, 0), [(1, first.id)], "a record that nobody touched")
    equal(await rows(world, 1, RECORDS), [(1, second.id), (2, second.id)], "one changed and one added")
    equal(await rows(world, 2), [], "one removed")
    store = (await world.store(world.keyed_id).get()).additional_data
    equal((store["rowCount"], store["generation"]), (RECORDS, 2), "rowCount and generation")
    answer = await world.http.post("/classifyExactMatches", json={"text": " ".join(changed)})
    found = [match for one in answer.json()["classification"] for match in one["matches"]]
    equal([(m["confidence"], m["rows"], m["rowSessionIds"]) for m in found], [(85, [1], [second.id])], "the match")


@check("a delta with another salt is 409 saltMismatch, with the same one it is taken")
async def salts(world):
    salt = "another salt 0123456789 that is long enough"
    await refused(world.store(world.keyed_id).sessions.post(delta(world, salt=salt)), 409, "saltMismatch")
    made = await world.store(world.keyed_id).sessions.post(delta(world, salt=world.secrets[-1]))
    await world.session(made.id, world.keyed_id).cancel.post()


@check("deltas follow the order of their commits, and rollback takes the last one back")
async def order(world):
    made = [await world.store(world.keyed_id).sessions.post(delta(world, total_block_count=1)) for _ in range(3)]
    for number, session in enumerate(made):
        block = writer_for(world, session).seal(0, 0, [(someone(5)[0], f"Name{number}", "1999-01-02")])
        await upload(session.data_upload_u_r_i, [(0, block)])
    for session in made:
        await world.session(session.id, world.keyed_id).commit.post()
    for session in made:
        while (state := (await world.session(session.id, world.keyed_id).get()).state) == "ProcessingInProgress":
            pass
        equal(state, "Completed", "state")
    equal(await rows(world, 5), [(1, made[2].id)], "the last commit's record")
    answer = await world.http.post(f"/exactMatchDataStores/{world.keyed_id}/rollback")
    equal((answer.status_code, answer.json()["activeSessionId"]), (200, made[1].id), "rolled back")
    equal(await rows(world, 5), [(1, made[1].id)], "the record of the delta before")
    await world.store(world.keyed_id).delete()
