//! Cases for the queue and for publication.

use edm_model::{Pattern, SessionId, SessionState};
use edm_store::{BlobPath, Catalog, Error, ErrorKind, JobBounds, JobKind, LeasedJob, NewGeneration, NewJob};

use crate::backends::Backend;
use crate::catalog_cases::{STORE, TENANT, add_session, at, furnish};

pub(crate) const LEASE: i64 = 60;
/// A lease that has expired when it is given.
const NO_LEASE: i64 = 0;

pub(crate) fn collect(name: &str) -> NewJob {
    let below = BlobPath::new(name).expect("a valid name");
    NewJob { tenant: TENANT, session_id: None, kind: JobKind::Collect { below }, delay_seconds: 0 }
}

pub(crate) fn of_session(session: SessionId, kind: JobKind) -> NewJob {
    NewJob { tenant: TENANT, session_id: Some(session), kind, delay_seconds: 0 }
}

pub(crate) async fn claim(catalog: &Catalog, owner: &str, lease: i64) -> Option<LeasedJob> {
    catalog.claim_job(owner, lease).await.expect("the queue answers")
}

pub(crate) async fn committed(catalog: &Catalog, number: u8, jobs: Vec<NewJob>) -> SessionId {
    let id = add_session(catalog, number).await.id;
    commit(catalog, id, jobs).await;
    id
}

pub(crate) async fn commit(catalog: &Catalog, id: SessionId, jobs: Vec<NewJob>) {
    let commit = catalog.change_session(id, |draft| {
        draft.session.state = SessionState::ProcessingInProgress;
        draft.session.total_job_count = Some(4);
        draft.enqueue = jobs.clone();
        Ok::<(), Error>(())
    });
    commit.await.expect("committed");
}

pub(crate) async fn a_job_is_taken_once_and_finished_once(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    assert_eq!(claim(catalog, "a", LEASE).await, None);
    catalog.enqueue(&[collect("x")]).await.expect("enqueued");
    let job = claim(catalog, "a", LEASE).await.expect("taken");
    assert_eq!((job.attempts, &job.kind), (1, &collect("x").kind));
    assert_eq!(claim(catalog, "b", LEASE).await, None, "it is leased");
    catalog.heartbeat(&job, LEASE).await.expect("prolonged");
    catalog.finish_job(&job, &[collect("y")], None).await.expect("finished");
    let again = catalog.finish_job(&job, &[], None).await.expect_err("finished already");
    assert_eq!(again.kind(), ErrorKind::Fenced);
    let next = claim(catalog, "a", LEASE).await.expect("what follows");
    assert_eq!(next.kind, collect("y").kind);
    let mut later = collect("z");
    later.delay_seconds = 3_600;
    catalog.enqueue(&[later]).await.expect("enqueued");
    assert_eq!(claim(catalog, "a", LEASE).await, None, "its time has not come");
}

pub(crate) async fn a_lapsed_lease_is_taken_over_and_fences_the_first_owner(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    catalog.enqueue(&[collect("x")]).await.expect("enqueued");
    let first = claim(catalog, "a", NO_LEASE).await.expect("taken");
    let second = claim(catalog, "b", LEASE).await.expect("taken over");
    assert_eq!((second.attempts, second.epoch), (2, first.epoch + 1));
    let fenced = [
        catalog.heartbeat(&first, LEASE).await,
        catalog.finish_job(&first, &[], None).await,
        catalog.retry_job(&first, 0, "late").await,
        catalog.bury_job(&first, "late").await,
    ];
    for (number, result) in fenced.into_iter().enumerate() {
        assert_eq!(result.expect_err("fenced").kind(), ErrorKind::Fenced, "{number}");
    }
    catalog.retry_job(&second, 0, "again").await.expect("given back");
    let third = claim(catalog, "a", LEASE).await.expect("taken again");
    assert_eq!(third.attempts, 3);
    catalog.bury_job(&third, "never").await.expect("given up");
    assert_eq!(claim(catalog, "a", LEASE).await, None);
    assert_eq!(catalog.counts().await.expect("counted").dead_jobs, 1);
}

pub(crate) async fn equal_jobs_are_one(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    catalog.enqueue(&[collect("x"), collect("x"), collect("y")]).await.expect("enqueued");
    catalog.enqueue(&[collect("x")]).await.expect("enqueued");
    assert_eq!(catalog.counts().await.expect("counted").queued_jobs, 2);
}

pub(crate) async fn the_last_build_job_brings_publication(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = SessionId::from_bytes([50; 16]);
    committed(catalog, 50, vec![of_session(id, JobKind::Ingest)]).await;
    let remaining = async || catalog.session(id).await.expect("read").session.remaining_job_count;
    let ingest = claim(catalog, "a", LEASE).await.expect("ingest");
    let builds: Vec<NewJob> = (0..2).map(|index| of_session(id, JobKind::Build { index })).collect();
    catalog.finish_job(&ingest, &builds, None).await.expect("finished");
    assert_eq!(remaining().await, Some(3));
    let publish = of_session(id, JobKind::Publish);
    let first = claim(catalog, "a", LEASE).await.expect("a build job");
    let second = claim(catalog, "b", LEASE).await.expect("the other");
    catalog.finish_job(&second, &[], Some(&publish)).await.expect("finished");
    assert_eq!(claim(catalog, "b", LEASE).await, None, "one is still being built");
    catalog.finish_job(&first, &[], Some(&publish)).await.expect("finished");
    assert_eq!(remaining().await, Some(1));
    assert_eq!(claim(catalog, "b", LEASE).await.expect("publication").kind, JobKind::Publish);
}

pub(crate) async fn build_jobs_are_taken_along_where_they_are_free(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let (id, other) = (SessionId::from_bytes([50; 16]), SessionId::from_bytes([51; 16]));
    let builds = |session, count| (0..count).map(move |index| of_session(session, JobKind::Build { index }));
    committed(catalog, 50, builds(id, 6).collect()).await;
    let mut claims = Vec::new();
    for lease in [LEASE, LEASE, NO_LEASE] {
        claims.push(claim(catalog, "a", lease).await.expect("a build job"));
    }
    catalog.finish_job(&claims[1], &[], None).await.expect("finished");
    committed(catalog, 51, builds(other, 4).collect()).await;
    let own = claims[0].clone();
    let along =
        catalog.claim_builds_with(&own, &[1, 2, 3, 5, 9], "a", LEASE).await.expect("the queue answers");
    let taken: Vec<_> = along.iter().map(|job| (job.session_id, job.kind.clone(), job.attempts)).collect();
    let expected = [(2, 2), (3, 1), (5, 1)];
    let expected = expected.map(|(index, attempts)| (Some(id), JobKind::Build { index }, attempts));
    assert_eq!(taken, expected, "neither what is done nor what is not there nor another session's");
    assert_eq!(catalog.heartbeat(&claims[2], LEASE).await.expect_err("lapsed").kind(), ErrorKind::Fenced);
    let again = catalog.claim_builds_with(&own, &[2, 3, 5], "b", LEASE).await.expect("the queue answers");
    assert_eq!(again, Vec::new(), "they are leased");
    assert_eq!(claim(catalog, "b", LEASE).await.expect("what is left").kind, JobKind::Build { index: 4 });
    for job in &along {
        catalog.heartbeat(job, LEASE).await.expect("prolonged");
        catalog.finish_job(job, &[], None).await.expect("finished");
    }
}

pub(crate) async fn a_final_state_ends_the_jobs(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = SessionId::from_bytes([50; 16]);
    let jobs = vec![of_session(id, JobKind::Build { index: 0 }), of_session(id, JobKind::Build { index: 1 })];
    committed(catalog, 50, jobs).await;
    let running = claim(catalog, "a", LEASE).await.expect("taken");
    let cancelled = catalog.change_session(id, |draft| {
        draft.session.state = SessionState::Cancelled;
        draft.enqueue.push(collect("x"));
        Ok::<(), Error>(())
    });
    cancelled.await.expect("cancelled");
    assert_eq!(catalog.finish_job(&running, &[], None).await.expect_err("gone").kind(), ErrorKind::Fenced);
    assert_eq!(claim(catalog, "a", LEASE).await.expect("the collection").kind, collect("x").kind);
    assert_eq!(claim(catalog, "a", LEASE).await, None);
}

pub(crate) async fn a_delta_waits_for_what_was_committed_before(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let (first, second) = (SessionId::from_bytes([50; 16]), SessionId::from_bytes([51; 16]));
    committed(catalog, 50, Vec::new()).await;
    committed(catalog, 51, vec![of_session(second, JobKind::Ingest)]).await;
    let earlier = async |number| catalog.has_earlier_commit(STORE, number).await.expect("read");
    assert_eq!((earlier(1).await, earlier(2).await), (false, true));
    let job = claim(catalog, "a", LEASE).await.expect("taken");
    catalog.postpone_job(&job, 3_600_000).await.expect("put off");
    assert_eq!(catalog.postpone_job(&job, 0).await.expect_err("not its own").kind(), ErrorKind::Fenced);
    assert_eq!(claim(catalog, "a", LEASE).await, None, "its time has not come");
    let ended = catalog.change_session(first, |draft| {
        draft.session.state = SessionState::Failed;
        Ok::<(), Error>(())
    });
    ended.await.expect("ended");
    assert!(!earlier(2).await);
    let job = claim(catalog, "a", LEASE).await.expect("woken by the end of the first");
    assert_eq!(job.attempts, 1, "waiting is no attempt");
    let begun = |base| {
        catalog.finish_job_with_session(&job, move |draft| {
            assert_eq!(draft.base_session_id, None);
            draft.base_session_id = base;
            draft.enqueue.push(of_session(second, JobKind::Build { index: 0 }));
            if base.is_none() { BlobPath::new("..").map(drop) } else { Ok(()) }
        })
    };
    begun(None).await.expect_err("a refused change writes nothing");
    begun(Some(first)).await.expect("begun");
    assert_eq!(catalog.session(second).await.expect("read").base_session_id, Some(first));
    assert_eq!(catalog.session(second).await.expect("read").session.remaining_job_count, Some(3));
    assert_eq!(claim(catalog, "a", LEASE).await.expect("the build").kind, JobKind::Build { index: 0 });
}

pub(crate) async fn leases_of_others_are_released_at_once(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    catalog.enqueue(&[collect("x"), collect("y")]).await.expect("enqueued");
    let dead = claim(catalog, "dead", LEASE).await.expect("taken");
    let mine = claim(catalog, "alive", LEASE).await.expect("taken");
    assert_eq!(catalog.release_leases_of_others("alive").await.expect("released"), 1);
    assert_eq!(claim(catalog, "alive", LEASE).await.expect("taken over").dedup_key, dead.dedup_key);
    catalog.finish_job(&mine, &[], None).await.expect("its own lease holds");
}

pub(crate) async fn publish(catalog: &Catalog, id: SessionId) -> Result<u64, Error> {
    publish_with(catalog, id, &[]).await
}

/// Publishes a generation that would give the store's default type these patterns.
pub(crate) async fn publish_with(
    catalog: &Catalog,
    id: SessionId,
    default_patterns: &[Pattern],
) -> Result<u64, Error> {
    catalog.enqueue(&[of_session(id, JobKind::Publish)]).await.expect("enqueued");
    let job = claim(catalog, "a", LEASE).await.expect("taken");
    let published = catalog.publish(&job, |draft, _| {
        draft.session.state = SessionState::Completed;
        let default_patterns = default_patterns.to_vec();
        Ok::<_, Error>(Some(NewGeneration {
            row_count: 7,
            manifest_sha256: [5; 32],
            default_patterns,
            at: at(100),
        }))
    });
    Ok(published.await?.expect("published").number)
}

pub(crate) async fn publication_swaps_and_retires(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let mut ids = Vec::new();
    for number in [50, 51, 52] {
        ids.push(committed(catalog, number, Vec::new()).await);
        assert_eq!(publish(catalog, ids[ids.len() - 1]).await.expect("published"), ids.len() as u64);
    }
    let live =
        async || catalog.store(TENANT, STORE).await.expect("read").store.live.map(|live| live.session_id);
    assert_eq!(live().await, Some(ids[2]));
    let retired = catalog.retired_generations().await.expect("listed");
    assert_eq!(retired.iter().map(|row| row.session_id).collect::<Vec<_>>(), [ids[0]]);
    catalog.delete_generation(ids[1]).await.expect("asked");
    assert!(catalog.generation(ids[1]).await.is_ok(), "a kept one is not forgotten");
    assert_eq!(
        catalog
            .roll_back(TENANT, STORE, at(200), &edm_model::Columns::none(), &[], |_| Ok::<(), Error>(()))
            .await
            .expect("rolled back"),
        ids[1]
    );
    assert_eq!(live().await, Some(ids[1]));
    assert_eq!(
        catalog
            .roll_back(TENANT, STORE, at(201), &edm_model::Columns::none(), &[], |_| Ok::<(), Error>(()))
            .await
            .expect_err("no earlier")
            .kind(),
        ErrorKind::NotFound
    );
    catalog.delete_session(ids[1], |_| Ok::<(), Error>(())).await.expect("history goes");
    assert_eq!(live().await, Some(ids[1]), "the data stays");
}

pub(crate) async fn an_overtaken_swap_is_fenced(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let early = committed(catalog, 50, Vec::new()).await;
    let late = committed(catalog, 51, Vec::new()).await;
    publish(catalog, late).await.expect("published");
    assert_eq!(publish(catalog, early).await.expect_err("too late").kind(), ErrorKind::Fenced);
    let store = catalog.store(TENANT, STORE).await.expect("read").store;
    assert_eq!(store.live.map(|live| live.session_id), Some(late));
    let state = catalog.session(early).await.expect("read").session.state;
    assert_eq!(state, SessionState::ProcessingInProgress, "the refused transaction left nothing");
}

/// A process whose clock was an hour ahead leaves distant due times and leases.
pub(crate) async fn moments_far_away_are_brought_into_bounds(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = SessionId::from_bytes([50; 16]);
    committed(catalog, 50, Vec::new()).await;
    backend.clock.advance(3_600);
    catalog.enqueue(&[of_session(id, JobKind::Ingest)]).await.expect("enqueued");
    let failed = claim(catalog, "a", LEASE).await.expect("taken");
    catalog.retry_job(&failed, 30_000, "failed").await.expect("given back");
    catalog.enqueue(&[of_session(id, JobKind::Publish)]).await.expect("enqueued");
    claim(catalog, "a", LEASE).await.expect("taken");
    catalog.enqueue(&[collect("x")]).await.expect("enqueued");
    backend.clock.advance(-3_600);
    assert_eq!(claim(catalog, "b", LEASE).await, None, "all of it is far away");
    let bounds = JobBounds { wait_seconds_max: 0, collect_seconds_max: 100, lease_seconds_max: LEASE };
    assert_eq!(catalog.bound_jobs(&bounds).await.expect("bounded"), 3);
    assert_eq!(catalog.bound_jobs(&bounds).await.expect("bounded"), 0, "once is enough");
    let mut seen = Vec::new();
    for seconds in [0, LEASE, 100 - LEASE] {
        backend.clock.advance(seconds);
        seen.push(claim(catalog, "b", 3_600).await.map(|job| job.kind));
        assert_eq!(claim(catalog, "b", 3_600).await, None, "one is due after {seconds} s");
    }
    assert_eq!(seen, [Some(JobKind::Ingest), Some(JobKind::Publish), Some(collect("x").kind)]);
    catalog.enqueue(&[collect("y"), of_session(id, JobKind::Build { index: 0 })]).await.expect("enqueued");
    catalog.postpone_collections(at(1_000)).await.expect("put off");
    let due = claim(catalog, "b", 3_600).await.expect("only what is collected waits");
    assert_eq!(due.kind, JobKind::Build { index: 0 });
    assert_eq!(claim(catalog, "b", 3_600).await, None);
}
