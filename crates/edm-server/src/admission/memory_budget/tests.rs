use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::task::noop_waker;
use tokio::task::unconstrained;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn principal(number: usize) -> Holder {
    Holder::Principal(PrincipalId::new(format!("token:{number}")))
}

fn lease(budget: &Arc<MemoryBudget>, number: usize) -> (Running, Lease) {
    let running = budget.begin_request(principal(number)).expect("a test has few requests");
    let lease = running.lease();
    (running, lease)
}

/// Takes bytes one by one until none is granted, and returns their number.
async fn fill(lease: &mut Lease) -> usize {
    let mut taken = 0;
    while futures::poll!(std::pin::pin!(lease.take(1))).is_ready() {
        taken += 1;
    }
    taken
}

#[tokio::test]
async fn whoever_comes_next_finds_room_beside_those_that_hold_all_they_may() {
    // A pool of 840 and no reserve: the first gets 3/4 of it, then each 3/4 of what is free.
    let budget = MemoryBudget::with_reserve(840, 0, 9, HOUR);
    let mut held = Vec::new();
    for (number, expected) in [(0, 630), (1, 157), (2, 39), (3, 10)] {
        let (_running, mut lease) = lease(&budget, number);
        let taken = fill(&mut lease).await;
        assert_eq!(taken, expected, "the holder {number}");
        held.push(lease);
    }
    // A holder above its share gets no more, even if bytes are free. When others leave it may take
    // more.
    let (_running, mut more) = lease(&budget, 0);
    assert_eq!(fill(&mut more).await, 0);
    held.drain(1..);
    assert_eq!(fill(&mut more).await, 0, "it has all that it may have alone");
    held.clear();
    assert_eq!(fill(&mut more).await, 630);
    drop(more);
    assert_eq!(budget.gauge().held_bytes, 0);
}

#[tokio::test]
async fn the_oldest_that_waits_gets_the_reserve_and_leaves_it_to_the_next() {
    let budget = MemoryBudget::with_reserve(140, 100, 9, HOUR);
    let (_first, mut oldest) = lease(&budget, 0);
    let (_second, mut next) = lease(&budget, 0);
    oldest.take(15).await.expect("there is room");
    next.take(15).await.expect("there is room");
    // Each would then have more than three times what is free.
    let mut next_taking = Box::pin(next.take(85));
    assert!(futures::poll!(next_taking.as_mut()).is_ready(), "nobody older waits");
    drop(next_taking);
    let mut oldest_taking = Box::pin(oldest.take(85));
    assert!(futures::poll!(oldest_taking.as_mut()).is_pending(), "the reserve is one body's");
    let (_third, mut third) = lease(&budget, 0);
    let mut third_taking = Box::pin(third.take(15));
    assert!(futures::poll!(third_taking.as_mut()).is_pending());
    assert_eq!(budget.gauge().waiting, 2);
    drop(next);
    assert!(futures::poll!(third_taking.as_mut()).is_ready(), "what the second gave back fits the third");
    assert!(futures::poll!(oldest_taking.as_mut()).is_ready(), "the reserve is the oldest's now");
    drop((oldest_taking, third_taking));
    assert_eq!(budget.gauge().held_bytes, 15 + 85 + 15);
    drop((oldest, third));
    assert_eq!(budget.gauge().held_bytes, 0);
}

#[tokio::test]
async fn who_finds_no_room_in_time_is_refused_and_leaves_nothing_behind() {
    let budget = MemoryBudget::with_reserve(200, 100, 9, Duration::ZERO);
    let (_running, mut first) = lease(&budget, 0);
    first.add(500);
    let (_other, mut second) = lease(&budget, 1);
    second.take(100).await.expect("the reserve is free");
    assert_eq!(second.take(1).await, Err(NoRoom), "answers that are there leave no room");
    let gauge = budget.gauge();
    assert_eq!((gauge.held_bytes, gauge.waiting, gauge.refused, gauge.requests), (600, 0, 1, 2));
    // What is written piece by piece is released piece by piece.
    let pieces: Vec<Bytes> =
        (0..5).map(|_| first.split_made(100).hold(Bytes::from_static(&[0; 100]))).collect();
    assert!(first.is_empty());
    for (index, piece) in pieces.into_iter().enumerate() {
        let part = piece.slice(10..20);
        drop(piece);
        assert_eq!(budget.gauge().held_bytes, 600 - 100 * index, "a part of a piece is left");
        drop(part);
    }
    drop(second);
    assert_eq!(budget.gauge().held_bytes, 0);
}

#[test]
fn requests_are_counted_by_holder_and_forgotten_with_it() {
    let budget = MemoryBudget::with_reserve(100, 0, 2, HOUR);
    let first = budget.begin_request(principal(0)).ok();
    let second = budget.begin_request(principal(0)).ok();
    assert!(first.is_some() && second.is_some());
    assert_eq!(budget.begin_request(principal(0)).err(), Some(TooManyRequests));
    assert!(budget.begin_request(principal(1)).is_ok(), "another one may");
    drop(first);
    assert!(budget.begin_request(principal(0)).is_ok());
    drop(second);
    assert!(budget.lock().accounts.is_empty(), "who has nothing is not remembered");
}

fn reserve(budget: &Arc<MemoryBudget>) -> usize {
    budget.lock().reserve
}

/// The same numbers in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) >> 33).expect("31 bits") % end
    }
}

/// A body of several pieces, between which other bodies run.
async fn body(running: Running, pieces: Vec<usize>) {
    let mut lease = running.lease();
    for bytes in pieces {
        lease.take(bytes).await.expect("an hour is not over");
        let mut waited = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

/// Bodies of some holders start, continue and leave in any order. All that stay complete, and no
/// byte is lost.
#[tokio::test]
async fn in_any_order_bodies_end_within_the_bound_and_nothing_is_lost() {
    const ROOM: usize = 100;
    const LARGEST: usize = 64;
    for seed in 0..300 {
        let mut chance = Chance(seed);
        let budget = MemoryBudget::with_reserve(ROOM + LARGEST, LARGEST, 99, HOUR);
        let mut bodies: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
        for _ in 0..30 {
            let (mut left, mut pieces) = (1 + chance.below(LARGEST), Vec::new());
            while left > 0 {
                let piece = 1 + chance.below(left);
                pieces.push(piece);
                left -= piece;
            }
            let running = budget.begin_request(principal(chance.below(4))).expect("fewer than 99");
            bodies.push(Box::pin(unconstrained(body(running, pieces))));
        }
        let waker = noop_waker();
        let mut context = Context::from_waker(&waker);
        let mut turns = 0;
        while !bodies.is_empty() {
            turns += 1;
            assert!(turns < 20_000, "seed {seed}: {} bodies wait for one another", bodies.len());
            let index = chance.below(bodies.len());
            // One in fifty leaves, at any point.
            if chance.below(50) == 0 || bodies[index].as_mut().poll(&mut context).is_ready() {
                drop(bodies.swap_remove(index));
            }
            let state = budget.lock();
            assert!(state.common <= ROOM && state.reserve <= LARGEST, "seed {seed}: beyond the bound");
            let held: usize = state.accounts.values().map(|account| account.bytes).sum();
            assert_eq!(held, state.common, "seed {seed}: every byte is somebody's");
            assert_eq!(state.reserve > 0, state.heir.is_some(), "seed {seed}: the reserve has an owner");
            let share = state.accounts.values().map(|account| account.bytes).max().unwrap_or(0);
            assert!(share <= ROOM * SHARE / (SHARE + 1), "seed {seed}: more than a share");
        }
        let gauge = budget.gauge();
        assert_eq!((gauge.held_bytes, gauge.waiting, gauge.requests), (0, 0, 0), "seed {seed}");
        assert!(budget.lock().accounts.is_empty());
    }
}

/// Bodies that stop half-way keep what they hold. A body that continues still completes, by the
/// reserve.
#[tokio::test]
async fn bodies_that_stop_do_not_stop_others() {
    let budget = MemoryBudget::with_reserve(164, 64, 99, HOUR);
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    let mut stopped: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    for number in 0..20 {
        let running = budget.begin_request(principal(number % 4)).expect("fewer than 99");
        let mut one: Pin<Box<dyn Future<Output = ()>>> = Box::pin(unconstrained(body(running, vec![5; 12])));
        // Each gets what is free in the common pool, and stops half-way.
        for _ in 0..6 {
            if reserve(&budget) == 0 {
                assert!(one.as_mut().poll(&mut context).is_pending(), "a body of twelve pieces ends");
            }
        }
        if reserve(&budget) == 0 {
            stopped.push(one);
        }
    }
    assert!(budget.gauge().held_bytes > 60, "little is held: {}", budget.gauge().held_bytes);
    for size in [1, 64] {
        let running = budget.begin_request(principal(9)).expect("fewer than 99");
        let mut late: Pin<Box<dyn Future<Output = ()>>> =
            Box::pin(unconstrained(body(running, vec![1; size])));
        let turns = (0..1_000).take_while(|_| late.as_mut().poll(&mut context).is_pending()).count();
        assert!(turns < 1_000, "a body of {size} waits for ever");
    }
}
