//! Flips bits of the file while it is closed. Either opening fails, or the data that decides about
//! searching is unchanged.

use std::collections::BTreeMap;

use edm_model::{ListQuery, StoreId};
use edm_store::{Catalog, Error, ErrorKind, LiveData};

use crate::backends::Backend;
use crate::catalog_cases::{STORE, TENANT};
use crate::fault_cases::furnish_for_all;

const ROUNDS: usize = 160;
const SEED: u64 = 20_261_130;

/// The next pseudo-random number, equal in each run (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Reads everything. Unreadable data is an error.
async fn read_all(catalog: &Catalog) -> Result<(), Error> {
    let query = ListQuery::default();
    catalog.all_stores().await?;
    catalog.list_stores(TENANT, &query).await?;
    catalog.types(TENANT).await?;
    catalog.tokens(TENANT).await?;
    catalog.counts().await?;
    catalog.list_agents(TENANT, &query).await?;
    catalog.list_classification_jobs(TENANT, None, &query).await?;
    for listed in catalog.list_sessions(TENANT, STORE, LiveData::Served, &query).await?.items {
        catalog.session(listed.session.id).await?;
        catalog.blocks(listed.session.id).await?;
    }
    catalog.generations(STORE).await.map(drop)
}

async fn live(catalog: &Catalog) -> Result<BTreeMap<StoreId, edm_model::SessionId>, Error> {
    let stores = catalog.live_stores().await?;
    Ok(stores.into_iter().filter_map(|store| Some((store.store_id, store.generation?.session_id))).collect())
}

pub(crate) async fn a_changed_bit_makes_no_table_vanish(backend: &Backend<Catalog>) {
    furnish_for_all(&backend.store).await;
    assert_eq!(lost(&backend.store).await.expect("listed"), []);
    let expected = live(&backend.store).await.expect("listed");
    assert_eq!(expected.len(), 1);
    let copy = backend.copied().await;
    copy.store.close().await;
    let sound = std::fs::read(copy.file()).expect("readable");
    let used: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let (mut state, mut refused, mut unreadable, mut told) = (SEED, 0, 0, 0);
    for round in 0..ROUNDS {
        let at = used[usize::try_from(next(&mut state)).expect("64 bits") % used.len()];
        let mut changed = sound.clone();
        changed[at] ^= 1 << (next(&mut state) % 8);
        std::fs::write(copy.file(), &changed).expect("written");
        let opened = match copy.reopened().await {
            Ok(opened) => opened,
            Err(error) => {
                let kind = error.kind();
                assert!(matches!(kind, ErrorKind::Damaged | ErrorKind::DataDirectory), "{round}: {error:?}");
                refused += 1;
                continue;
            }
        };
        match (live(&opened).await, lost(&opened).await) {
            (Ok(found), Ok(named)) => {
                for (store, session) in &expected {
                    let as_before = found.get(store) == Some(session);
                    assert!(as_before || named.contains(store), "{round}, byte {at}: a table vanished");
                }
                told += usize::from(!named.is_empty());
            }
            _ => unreadable += 1,
        }
        unreadable += usize::from(read_all(&opened).await.is_err());
        opened.close().await;
    }
    assert!(refused > ROUNDS / 4, "{refused} refused, {unreadable} unreadable, {told} told");
}

/// The catalog records live data in several places; a loss in one must be detected.
pub(crate) async fn a_lost_generation_is_told(backend: &Backend<Catalog>) {
    furnish_for_all(&backend.store).await;
    for statement in [
        "update data_stores set live_session_id = x'00000000000000000000000000000000'",
        "update data_stores set live_session_id = null",
        "delete from generations where session_id = (select live_session_id from data_stores)",
        "delete from generations",
    ] {
        let copy = backend.copied().await;
        copy.execute(statement).await;
        assert_eq!(lost(&copy.store).await.expect("listed"), [STORE], "{statement}");
        let row = copy.store.store(TENANT, STORE).await.expect("read");
        assert!(row.live_is_lost && row.store.live.is_none(), "{statement}");
    }
}

/// Returns the stores that had live data and have no live generation.
async fn lost(catalog: &Catalog) -> Result<Vec<StoreId>, Error> {
    let stores = catalog.live_stores().await?;
    Ok(stores.iter().filter(|store| store.generation.is_none()).map(|store| store.store_id).collect())
}
