//! The conformance suite that every backend must pass. A new backend adds a function to
//! `backends.rs` and one line for each case below; the cases do not change.

mod backends;
mod blob_cases;
mod catalog_cases;
mod classification_job_cases;
mod damage_cases;
mod fault_cases;
mod generation_cases;
mod job_cases;

macro_rules! conformance {
    ($open:path: $($case:path),+ $(,)?) => {
        $({
            let backend = $open().await;
            $case(&backend).await;
        })+
    };
}

#[tokio::test]
async fn a_local_folder_keeps_blobs() {
    conformance!(backends::local_blobs: blob_cases::written_once, blob_cases::listed_and_deleted, blob_cases::copied, blob_cases::missing);
}

#[tokio::test]
async fn memory_keeps_blobs() {
    conformance!(backends::memory_blobs: blob_cases::written_once, blob_cases::listed_and_deleted, blob_cases::copied, blob_cases::missing);
}

#[tokio::test]
async fn sqlite_keeps_the_catalog() {
    conformance!(
        backends::sqlite:
        catalog_cases::settings_are_written_once,
        catalog_cases::one_live_salt_a_tenant,
        catalog_cases::salts_in_use_stay,
        catalog_cases::names_are_unique_in_a_tenant,
        catalog_cases::sessions_come_back_as_they_were_written,
        catalog_cases::a_refused_change_writes_nothing,
        catalog_cases::blocks_are_staged_once,
        catalog_cases::the_key_of_blocks_is_forgotten,
        catalog_cases::a_type_is_changed_whole_or_not_at_all,
        catalog_cases::tables_of_another_version_are_told,
        catalog_cases::commits_are_numbered_in_order,
        catalog_cases::a_store_goes_with_everything_of_it,
        catalog_cases::pages_part_a_list,
        catalog_cases::a_store_comes_with_all_of_its_sessions_or_not_at_all,
        classification_job_cases::the_newest_jobs_are_kept,
        classification_job_cases::a_job_goes_when_it_may,
        catalog_cases::tokens_are_found_by_their_digest,
    );
}

#[tokio::test]
async fn sqlite_queues_jobs() {
    conformance!(
        backends::sqlite:
        job_cases::a_job_is_taken_once_and_finished_once,
        job_cases::a_lapsed_lease_is_taken_over_and_fences_the_first_owner,
        job_cases::equal_jobs_are_one,
        job_cases::the_last_build_job_brings_publication,
        job_cases::build_jobs_are_taken_along_where_they_are_free,
        job_cases::a_final_state_ends_the_jobs,
        job_cases::a_delta_waits_for_what_was_committed_before,
        job_cases::leases_of_others_are_released_at_once,
        job_cases::publication_swaps_and_retires,
        generation_cases::what_live_data_was_made_with_outlasts_its_session,
        generation_cases::a_delta_keeps_the_placeholders_of_its_base,
        generation_cases::default_patterns_follow_the_columns_without_the_session,
        job_cases::an_overtaken_swap_is_fenced,
        job_cases::moments_far_away_are_brought_into_bounds,
    );
}

#[tokio::test]
async fn sqlite_writes_whole_or_not_at_all() {
    conformance!(
        backends::sqlite:
        fault_cases::every_write_fails_whole_and_the_next_one_works,
        fault_cases::a_full_disk_is_over_when_there_is_room,
        fault_cases::a_writer_that_cannot_write_is_told,
    );
}

#[tokio::test]
async fn sqlite_tells_what_it_has_lost() {
    conformance!(
        backends::sqlite:
        damage_cases::a_changed_bit_makes_no_table_vanish,
        damage_cases::a_lost_generation_is_told,
    );
}
