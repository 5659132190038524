//! Repeats of Microsoft's SDK on 429, 503 and 504: a repeat after or during the first request is
//! answered like the first.

use serde_json::{Value, json};

use crate::text;
use crate::world::{Ask, World, block, path_of};

const PEOPLE: &[&[&str]] = &[&["900-11-2222", "Okafor"]];
const AT_ONCE: usize = 8;

async fn staged(world: &World, store: &Value) -> (Value, String) {
    let session = world.session(store, json!({"totalBlockCount": 1, "allowShrink": true})).await;
    let put = world.put_block(&session, 0, block(store, &session, PEOPLE)).send().await;
    assert_eq!(put.status, 201, "{}", put.text());
    let path = path_of(store, &session);
    (session, path)
}

/// Sends the same request several times at once; returns the statuses.
async fn at_once<'a>(ask: impl Fn() -> Ask<'a>) -> Vec<u16> {
    let running: Vec<_> = (0..AT_ONCE).map(|_| ask().spawn()).collect();
    let mut statuses = Vec::new();
    for answer in running {
        statuses.push(answer.await.expect("a request ends").status.as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commit_happens_once_however_often_it_is_sent() {
    let world = World::new().await;
    let store = world.store("commits").await;
    for _ in 0..3 {
        let (_, path) = staged(&world, &store).await;
        let commit = || world.at("POST", &format!("{path}/commit")).header("retry-attempt", "1");
        assert_eq!(at_once(commit).await, [204; AT_ONCE]);
        let done = world.processed(&path).await;
        assert_eq!(done["state"], "Completed", "{done}");
        assert_eq!(at_once(commit).await, [204; AT_ONCE]);
        let again = world.at("GET", &path).send().await.expect(200);
        assert_eq!(again, done, "a repeat changes nothing");
        let cancel = world.at("POST", &format!("{path}/cancel")).send().await;
        assert_eq!((cancel.status.as_u16(), cancel.code().as_str()), (409, "sessionClosed"));
    }
    let live =
        world.at("GET", &format!("/exactMatchDataStores/{}", text(&store, "id"))).send().await.expect(200);
    assert_eq!(live["generation"], 3, "each session was published once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancel_and_renew_may_be_repeated() {
    let world = World::new().await;
    let store = world.store("others").await;
    let (session, path) = staged(&world, &store).await;
    world.pass_seconds(10);
    let renew = || world.at("POST", &format!("{path}/renew"));
    assert_eq!(at_once(renew).await, [200; AT_ONCE]);
    let renewed = renew().send().await.expect(200);
    assert_eq!(renewed["id"], session["id"]);
    assert_ne!(renewed["expirationDateTime"], session["expirationDateTime"]);
    // A block that exists is the same block under each address.
    for address in [&session, &renewed] {
        let put = world.put_block(address, 0, block(&store, &session, PEOPLE)).send().await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let cancel = || world.at("POST", &format!("{path}/cancel"));
    assert_eq!(at_once(cancel).await, [204; AT_ONCE]);
    let cancelled = world.at("GET", &path).send().await.expect(200);
    assert_eq!(at_once(cancel).await, [204; AT_ONCE]);
    assert_eq!(world.at("GET", &path).send().await.expect(200), cancelled);
    for name in ["commit", "renew"] {
        let refused = world.at("POST", &format!("{path}/{name}")).send().await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "sessionClosed"), "{name}");
    }
}

/// Commit and cancel at once: one is first, and the other's answer is consistent with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commit_and_cancel_at_once_end_in_one_state() {
    let world = World::new().await;
    let store = world.store("race").await;
    for _ in 0..10 {
        let (_, path) = staged(&world, &store).await;
        let commit = world.at("POST", &format!("{path}/commit")).spawn();
        let cancel = world.at("POST", &format!("{path}/cancel")).spawn();
        let commit = commit.await.expect("a request ends").status.as_u16();
        let cancel = cancel.await.expect("a request ends").status.as_u16();
        let state = text(&world.processed(&path).await, "state").to_owned();
        let fits = match state.as_str() {
            // Cancelled before or after the commit.
            "Cancelled" => cancel == 204 && matches!(commit, 204 | 409),
            // Published before the cancel arrived.
            "Completed" => (commit, cancel) == (204, 409),
            _ => false,
        };
        assert!(fits, "{state}: commit {commit}, cancel {cancel}");
    }
}
