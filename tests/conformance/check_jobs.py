"""classifyFile and the job collections through Microsoft's SDK."""

from checks import check, equal, true
from check_upload import samples_until_final, upload, writer_for
from msgraph_beta.generated.data_classification.classify_file.classify_file_post_request_body import ClassifyFilePostRequestBody
from msgraph_beta.generated.models.classification_job_response import ClassificationJobResponse
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.job_response_base import JobResponseBase
from harness import person, refused, store_draft

SSN, NAME, BORN = person(7)
NOBODY = "00000000-dead-4bad-8bad-00000000beef"


class Kept:
    store = job = None


@check("jobs: publish a table to look for")
async def publish(harness):
    harness.store_id = Kept.store = (await harness.stores.post(store_draft("jobs"))).id
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession(total_block_count=1))
    rows = [person(index) for index in range(20)]
    await upload(made.data_upload_u_r_i, [(0, writer_for(harness, made).seal(0, 0, rows))])
    await harness.session(made.id, Kept.store).commit.post()
    equal((await samples_until_final(harness, made.id))[-1].state, "Completed", "the session's end")


@check("jobs: classifyFile of a text gives a finished job with the result")
async def classify_file(harness):
    text = f"Patient {NAME}, born {BORN}, has the number {SSN}."
    body = ClassifyFilePostRequestBody(file=text.encode(), sensitive_type_ids=[])
    job = await harness.service.classify_file.post(body)
    equal((harness.sent.method, harness.sent.target), ("POST", "/beta/dataClassification/classifyFile"), "the request")
    true(isinstance(job, ClassificationJobResponse), f"{type(job).__name__}: {job and job.odata_type}")
    true(job.id and job.status and job.creation_date_time and job.end_date_time, "id, status and dates")
    found = job.result.classification
    equal([(d.display_name, d.unique_count) for d in found], [("jobs", 1)], "what is found")
    equal(found[0].matches[0].id_match, SSN, "the value")
    Kept.job = job.id


@check("jobs: classifyFile of something else is a finished job with an error")
async def unsupported(harness):
    body = ClassifyFilePostRequestBody(file=b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xfe", sensitive_type_ids=[])
    job = await harness.service.classify_file.post(body)
    equal((job.error.code, bool(job.error.message)), ("unsupportedFileType", True), "the error")


@check("jobs: the job is in jobs and classifyFileJobs, one by one and counted")
async def collections(harness):
    for jobs in (harness.service.jobs, harness.service.classify_file_jobs):
        listed = await jobs.get()
        true(Kept.job in [j.id for j in listed.value], "the job is listed")
        equal(await jobs.count.get(), len(listed.value), "$count")
        read = await jobs.by_job_response_base_id(Kept.job).get()
        true(isinstance(read, ClassificationJobResponse), type(read).__name__)
        await refused(jobs.by_job_response_base_id(NOBODY).get(), 404, "resourceNotFound")


@check("jobs: the other collections are empty lists, and POST to a collection is 405")
async def empty(harness):
    service = harness.service
    for jobs in (service.classify_text_jobs, service.evaluate_label_jobs, service.evaluate_dlp_policies_jobs):
        equal(((await jobs.get()).value, await jobs.count.get()), ([], 0), "an empty list")
        await refused(jobs.post(JobResponseBase()), 405, "methodNotAllowed")
    equal((await service.sensitivity_labels.get()).value, [], "sensitivityLabels")


@check("jobs: remove what was made")
async def remove(harness):
    await harness.store(Kept.store).delete()
