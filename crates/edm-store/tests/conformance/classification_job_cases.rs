//! Cases for classification jobs.

use edm_model::{
    ClassificationJob, JobFinding, JobId, JobMatch, JobOrigin, JobPlace, JobProblem, ListQuery, PrincipalId,
    SensitiveTypeId, TenantId,
};
use edm_store::{Catalog, Error, ErrorKind};

use crate::backends::Backend;
use crate::catalog_cases::{TENANT, at};

pub(crate) fn job(number: u8) -> ClassificationJob {
    let place = |offset| JobPlace { offset, length: 11, column: "ssn".to_owned() };
    let finding = JobFinding {
        type_id: SensitiveTypeId::from_bytes([7; 16]),
        name: "people".to_owned(),
        confidence: 85,
        recommended_confidence: 75,
        unique_count: 1,
        counts: vec![(85, 1)],
        matches: vec![JobMatch {
            place: place(3),
            confidence: 85,
            evidences: vec![(place(30), true), (place(50), false)],
        }],
    };
    let failed = number % 2 == 1;
    let problem = JobProblem { code: "c".to_owned(), message: "m".to_owned(), target: Some("t".to_owned()) };
    ClassificationJob {
        id: JobId::from_bytes([number; 16]),
        tenant: TENANT,
        origin: if failed { JobOrigin::File } else { JobOrigin::Text },
        created_by: PrincipalId::new("token:1"),
        created_at: at(i64::from(number)),
        started_at: at(i64::from(number) + 1),
        ended_at: at(i64::from(number) + 2),
        problems: if failed { vec![problem] } else { Vec::new() },
        findings: (!failed).then(|| vec![finding]),
    }
}

async fn listed(catalog: &Catalog, tenant: TenantId, origin: Option<JobOrigin>) -> Vec<u8> {
    let listed = catalog.list_classification_jobs(tenant, origin, &ListQuery::default()).await;
    listed.expect("listed").items.iter().map(|job| job.id.as_bytes()[0]).collect()
}

/// The oldest jobs of the tenant are deleted first; other tenants do not count.
pub(crate) async fn the_newest_jobs_are_kept(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    let elsewhere = ClassificationJob { tenant: TenantId::DEFAULT, ..job(100) };
    catalog.insert_classification_job(&elsewhere, 3).await.expect("kept");
    for number in [1, 2, 5, 3, 4] {
        catalog.insert_classification_job(&job(number), 3).await.expect("kept");
    }
    assert_eq!(listed(catalog, TENANT, None).await, [3, 4, 5]);
    assert_eq!(listed(catalog, TENANT, Some(JobOrigin::File)).await, [3, 5]);
    assert_eq!(listed(catalog, TENANT, Some(JobOrigin::Text)).await, [4]);
    assert_eq!(listed(catalog, TenantId::DEFAULT, None).await, [100]);
    for number in [3, 4] {
        let read = catalog.classification_job(TENANT, job(number).id).await.expect("read");
        assert_eq!(read, job(number), "a job comes back as it was written");
    }
    let foreign = catalog.classification_job(TenantId::DEFAULT, job(4).id).await;
    assert_eq!(foreign.expect_err("another tenant's").kind(), ErrorKind::NotFound);
}

#[derive(Debug, PartialEq, Eq)]
enum Refused {
    ByTheCaller,
    ByTheCatalog,
}

impl From<Error> for Refused {
    fn from(_: Error) -> Self {
        Refused::ByTheCatalog
    }
}

pub(crate) async fn a_job_goes_when_it_may(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    catalog.insert_classification_job(&job(1), 3).await.expect("kept");
    let id = job(1).id;
    let refused = catalog.delete_classification_job(TENANT, id, |_| Err(Refused::ByTheCaller)).await;
    assert_eq!(refused.expect_err("refused"), Refused::ByTheCaller);
    assert_eq!(listed(catalog, TENANT, None).await, [1]);
    let allow = |_: &ClassificationJob| Ok::<(), Error>(());
    let elsewhere = catalog.delete_classification_job(TenantId::DEFAULT, id, allow).await;
    assert_eq!(elsewhere.expect_err("another tenant's").kind(), ErrorKind::NotFound);
    catalog.delete_classification_job(TENANT, id, allow).await.expect("removed");
    assert_eq!(listed(catalog, TENANT, None).await, [0u8; 0]);
}
