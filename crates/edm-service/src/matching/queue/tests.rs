use std::future::Future;
use std::pin::Pin;

use tokio::task::unconstrained;

use super::*;

fn principal(name: &str) -> PrincipalId {
    PrincipalId::new(name)
}

type Entering = Pin<Box<dyn Future<Output = Result<Permit, Error>>>>;

/// Asks for a permit, and waits in the queue where none is free.
async fn ask(queue: &Arc<MatchQueue>, name: &'static str, bytes: usize) -> Result<Permit, Entering> {
    let queue = queue.clone();
    let mut entering: Entering =
        Box::pin(unconstrained(
            async move { queue.enter(&principal(name), bytes, Admission::InProgress).await },
        ));
    match futures::poll!(entering.as_mut()) {
        std::task::Poll::Ready(leave) => Ok(leave.expect("who has begun is never refused")),
        std::task::Poll::Pending => Err(entering),
    }
}

#[tokio::test]
async fn a_full_queue_refuses_before_any_work_and_frees_its_places() {
    let queue = Arc::new(MatchQueue::new(1, 1));
    let one = principal("one");
    let first = queue.enter(&one, 10, Admission::New).await.expect("the first runs");
    let waiting = queue.enter(&one, 10, Admission::New);
    tokio::pin!(waiting);
    assert!(futures::poll!(waiting.as_mut()).is_pending(), "the second waits");
    assert_eq!(queue.load(), (1, 1));
    let refused = queue.enter(&one, 10, Admission::New).await.err().expect("the third is refused");
    let begun = queue.enter(&one, 10, Admission::InProgress);
    tokio::pin!(begun);
    assert!(futures::poll!(begun.as_mut()).is_pending(), "who has begun waits");
    assert_eq!(refused.kind(), &ErrorKind::Busy { retry_after_seconds: 1 });
    drop(first);
    let second = waiting.await.expect("the second runs");
    assert_eq!(queue.load(), (1, 1));
    drop(second);
    drop(begun.await.expect("who has begun runs"));
    assert_eq!(queue.load(), (0, 0));
    assert!(queue.lock().principals.is_empty() && queue.lock().turns.is_empty());
}

#[tokio::test]
async fn one_principal_fills_its_part_of_the_queue_alone() {
    let queue = Arc::new(MatchQueue::new(1, 100));
    let (one, two) = (principal("one"), principal("two"));
    let _running = queue.enter(&one, 10, Admission::New).await.expect("the first runs");
    let mut waiting = Vec::new();
    for _ in 0..25 {
        let mut entering = Box::pin(queue.enter(&one, 10, Admission::New));
        assert!(futures::poll!(entering.as_mut()).is_pending());
        waiting.push(entering);
    }
    assert!(queue.enter(&one, 10, Admission::New).await.is_err(), "a quarter of the queue");
    let _other = queue.enter(&two, 10, Admission::New).await.expect("another has its place");
    let mut entering = Box::pin(queue.enter(&two, 10, Admission::New));
    assert!(futures::poll!(entering.as_mut()).is_pending(), "and its part");
    // Who leaves gives its place to the next.
    waiting.pop();
    let mut entering = Box::pin(queue.enter(&one, 10, Admission::New));
    assert!(futures::poll!(entering.as_mut()).is_pending());
}

/// Whoever holds every place with long texts, another one's text begins at once, and a third one's
/// with the next end.
#[tokio::test]
async fn no_principal_waits_for_more_than_one_text_of_others() {
    for concurrency in [1, 2, 4] {
        let queue = Arc::new(MatchQueue::new(concurrency, 256));
        let (mut running, mut waiting) = (Vec::new(), Vec::new());
        for _ in 0..16 {
            match ask(&queue, "long", 1_400_000).await {
                Ok(leave) => running.push(leave),
                Err(entering) => waiting.push(entering),
            }
        }
        assert_eq!(running.len(), concurrency, "all places are used while nobody else comes");
        let short = ask(&queue, "short", 1).await.ok().expect("there is a place more for who has none");
        let third = ask(&queue, "third", 1).await.err().expect("now all are taken");
        let again = ask(&queue, "short", 1).await.err().expect("it has one");
        drop(running.pop());
        let third = third.await.expect("the next end is the third's");
        drop(short);
        drop(again.await.expect("then it is the second's turn again, not the first's"));
        drop(third);
        let mut ended = 0;
        for entering in waiting {
            drop(running.pop());
            drop(entering.await.expect("all of the first's are matched in the end"));
            ended += 1;
        }
        running.clear();
        assert_eq!((ended, queue.load()), (16 - concurrency, (0, 0)));
    }
}

/// By bytes, not by texts: where all wait, each gets as many.
#[tokio::test]
async fn turns_go_round_by_bytes() {
    let queue = Arc::new(MatchQueue::new(1, 10_000));
    let blocker = queue.enter(&principal("first"), 1, Admission::New).await.expect("there is a place");
    let guest = queue.enter(&principal("guest"), 1, Admission::New).await.expect("and one more");
    let kinds = [("large", 1_000_000, 20), ("middle", 100_000, 200), ("small", 1_000, 19_531)];
    let mut waiting: HashMap<&str, VecDeque<Entering>> = HashMap::new();
    for (name, bytes, count) in kinds {
        for _ in 0..count.min(500) {
            let entering = ask(&queue, name, bytes).await.err().expect("all are taken");
            waiting.entry(name).or_default().push_back(entering);
        }
    }
    // The place more stays taken, so that there is one for the three.
    drop(blocker);
    let mut bytes_of: HashMap<&str, usize> = HashMap::new();
    // Until the small ones are through.
    while waiting["small"].len() > 100 {
        for (name, bytes, _) in kinds {
            let queued = waiting.get_mut(name).expect("each has its own");
            let Some(first) = queued.front_mut() else { continue };
            if let std::task::Poll::Ready(leave) = futures::poll!(first.as_mut()) {
                queued.pop_front();
                *bytes_of.entry(name).or_default() += bytes;
                drop(leave.expect("it was let in"));
            }
        }
    }
    let small = bytes_of["small"];
    let check = |name: &str, slack: usize| {
        let matched = bytes_of.get(name).copied().unwrap_or(0);
        assert!(matched.abs_diff(small) <= slack, "{name} had {matched} bytes, small {small}");
    };
    check("middle", 3 * TURN_BYTES + 100_000);
    check("large", 3 * TURN_BYTES + 1_000_000);
    assert!(small >= 400 * 1_000);
    waiting.clear();
    drop(guest);
    assert_eq!(queue.load(), (0, 0));
}

#[tokio::test]
async fn who_gives_up_leaves_nothing_behind_wherever_it_stands() {
    let queue = Arc::new(MatchQueue::new(1, 10));
    let running = ask(&queue, "one", 1).await.ok().expect("there is a place");
    let guest = ask(&queue, "guest", 1).await.ok().expect("and one more");
    let leaves = ask(&queue, "two", 1).await.err().expect("all are taken");
    let stays = ask(&queue, "three", 1).await.err().expect("all are taken");
    drop(leaves);
    assert_eq!(queue.load(), (2, 1));
    drop(guest);
    // Let in, and gone before it knows.
    let told = ask(&queue, "four", 1).await.err();
    drop(running);
    drop(stays);
    if let Some(told) = told {
        drop(told.await.expect("its turn has come"));
    }
    assert_eq!(queue.load(), (0, 0));
    assert!(queue.lock().principals.is_empty() && queue.lock().turns.is_empty());
}

/// A stream that has more to match goes to the end of the queue, and keeps its permit where no text
/// waits.
#[tokio::test]
async fn leave_is_taken_again_behind_those_that_wait() {
    let queue = Arc::new(MatchQueue::new(1, 10));
    let mut stream = ask(&queue, "stream", 1).await.ok().expect("there is a place");
    stream.reacquire(400_000).await.expect("nobody waits");
    assert_eq!(queue.load(), (1, 0));
    let guest = ask(&queue, "guest", 1).await.ok().expect("and one more");
    let other = ask(&queue, "other", 1).await.err().expect("all are taken");
    {
        let mut again = std::pin::pin!(stream.reacquire(400_000));
        assert!(futures::poll!(again.as_mut()).is_pending(), "the other comes first");
        let other = other.await.expect("its turn has come");
        drop((other, guest));
        again.await.expect("its turn comes again");
    }
    assert_eq!(queue.load(), (1, 0));
    drop(stream);
    assert_eq!(queue.load(), (0, 0));
}
