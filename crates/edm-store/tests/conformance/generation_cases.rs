//! Cases for the comparison of a store's columns and placeholders with those of its live
//! generation.

use edm_model::{Column, Columns, Pattern, PlaceholderWords, Proximity};
use edm_store::{Catalog, Error, StoreDraft};

use crate::backends::Backend;
use crate::catalog_cases::{STORE, TENANT, add_session_of, at, furnish};
use crate::job_cases::{commit, committed, publish, publish_with};

fn searchable(names: &[&str]) -> Columns {
    let columns = names.iter().map(|name| Column::text(*name).searchable()).collect();
    Columns::new(columns).expect("valid columns")
}

async fn change(catalog: &Catalog, edit: impl FnOnce(&mut StoreDraft) + Send) {
    let changed = catalog.change_store(TENANT, STORE, at(150), |_, draft| {
        edit(draft);
        Ok::<(), Error>(())
    });
    changed.await.expect("changed");
}

/// The settings of the live data were once read from its session, which may be deleted.
pub(crate) async fn what_live_data_was_made_with_outlasts_its_session(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let must_upload_again = async || catalog.store(TENANT, STORE).await.expect("read").must_upload_again;
    assert!(!must_upload_again().await, "nothing is live");
    let first = committed(catalog, 50, Vec::new()).await;
    publish(catalog, first).await.expect("published");
    catalog.delete_session(first, |_| Ok::<(), Error>(())).await.expect("history goes");
    assert!(!must_upload_again().await);
    let before = catalog.store(TENANT, STORE).await.expect("read").store.columns;
    change(catalog, |draft| draft.tokens_max = 9).await;
    assert!(must_upload_again().await, "cells of other lengths are matched");
    change(catalog, |draft| draft.tokens_max = 64).await;
    assert!(!must_upload_again().await);
    change(catalog, |draft| draft.placeholders = PlaceholderWords::new(vec!["leer".to_owned()]).ok()).await;
    assert!(must_upload_again().await, "another word means an empty cell");
    let usual = PlaceholderWords::usual().as_slice().iter().rev().cloned().collect();
    change(catalog, |draft| draft.placeholders = PlaceholderWords::new(usual).ok()).await;
    assert!(!must_upload_again().await, "the usual words in another order");
    change(catalog, |draft| draft.placeholders = PlaceholderWords::new(Vec::new()).ok()).await;
    assert!(must_upload_again().await, "no word means an empty cell");
    change(catalog, |draft| draft.placeholders = None).await;
    assert!(!must_upload_again().await);
    change(catalog, |draft| draft.columns = searchable(&["ssn", "mail"])).await;
    assert!(must_upload_again().await, "a column is new");
    change(catalog, |draft| draft.columns = before).await;
    assert!(!must_upload_again().await);
}

/// A delta's rows are made with the current placeholders, and most live rows are not.
pub(crate) async fn a_delta_keeps_the_placeholders_of_its_base(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let must_upload_again = async || catalog.store(TENANT, STORE).await.expect("read").must_upload_again;
    let base = committed(catalog, 50, Vec::new()).await;
    publish(catalog, base).await.expect("published");
    change(catalog, |draft| draft.placeholders = PlaceholderWords::new(vec!["leer".to_owned()]).ok()).await;
    let delta = committed(catalog, 51, Vec::new()).await;
    let based = catalog.change_session(delta, |draft| {
        draft.base_session_id = draft.live_session_id;
        Ok::<(), Error>(())
    });
    based.await.expect("changed");
    publish(catalog, delta).await.expect("published");
    assert!(must_upload_again().await, "the rows of its base were made with other words");
    let whole = committed(catalog, 52, Vec::new()).await;
    publish(catalog, whole).await.expect("published");
    assert!(!must_upload_again().await);
}

/// If the live session had been deleted, a store's default type once kept the patterns of the old
/// columns. Columns that became searchable were never searched for.
pub(crate) async fn default_patterns_follow_the_columns_without_the_session(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let upload = async |number: u8, columns: Columns, primary: &str| {
        let session = add_session_of(catalog, number, columns).await.id;
        commit(catalog, session, Vec::new()).await;
        let pattern = Pattern {
            confidence: 65,
            primary: Some(primary.to_owned()),
            proximity: Proximity::default(),
            supporting: Vec::new(),
            not_counted: Vec::new(),
            void_if: Vec::new(),
        };
        publish_with(catalog, session, &[pattern]).await.expect("published");
        catalog.delete_session(session, |_| Ok::<(), Error>(())).await.expect("history goes");
        let types = catalog.types(TENANT).await.expect("listed");
        let patterns = types.into_iter().next().expect("the default type").rule.patterns;
        patterns.into_iter().next().and_then(|pattern| pattern.primary)
    };
    assert_eq!(upload(50, searchable(&["ssn"]), "ssn").await.as_deref(), Some("ssn"));
    assert_eq!(upload(51, searchable(&["ssn"]), "other").await.as_deref(), Some("ssn"), "they are pinned");
    assert_eq!(upload(52, searchable(&["ssn", "mail"]), "mail").await.as_deref(), Some("mail"));
    assert_eq!(upload(53, searchable(&["ssn", "mail"]), "ssn").await.as_deref(), Some("mail"));
}
