//! Classification jobs: written once, and deleted when newer ones need the space.

use edm_model::{ClassificationJob, JobId, JobOrigin, PrincipalId, TenantId};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, get, id16, lowercase, moment};
use crate::error::{Context, Error};
use crate::record;

/// The selected columns and the tables they come from.
pub(super) const COLUMNS: &str = "j.*";
pub(super) const FROM: &str = "classification_jobs j";
pub(super) const FROM_TEXTS: &str = "(select * from classification_jobs where origin = 'classifyText') j";
pub(super) const FROM_FILES: &str = "(select * from classification_jobs where origin = 'classifyFile') j";

impl Catalog {
    /// Stores a job, and deletes the tenant's oldest jobs beyond `kept_max`.
    pub async fn insert_classification_job(
        &self,
        job: &ClassificationJob,
        kept_max: u32,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into classification_jobs (id, tenant_id, origin, status, created_by, created_at, \
             started_at, ended_at, problems, findings, lowered) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(job.id.as_bytes().as_slice())
        .bind(job.tenant.as_bytes().as_slice())
        .bind(job.origin.as_str())
        .bind(job.status())
        .bind(job.created_by.as_str())
        .bind(job.created_at.as_micros())
        .bind(job.started_at.as_micros())
        .bind(job.ended_at.as_micros())
        .bind(record::write_problems(&job.problems))
        .bind(job.findings.as_deref().map(record::write_findings))
        .bind(lowercase::of_texts(&vec![("userId".to_owned(), Some(job.created_by.as_str()))]))
        .execute(&mut write)
        .await
        .context("keeping a classification job")?;
        sqlx::query(
            "delete from classification_jobs where id in (select id from classification_jobs \
             where tenant_id = $1 order by created_at desc, id desc limit -1 offset $2)",
        )
        .bind(job.tenant.as_bytes().as_slice())
        .bind(i64::from(kept_max))
        .execute(&mut write)
        .await
        .context("forgetting old classification jobs")?;
        write.commit().await.context("keeping a classification job")
    }

    /// Returns a job.
    pub async fn classification_job(&self, tenant: TenantId, id: JobId) -> Result<ClassificationJob, Error> {
        let row = sqlx::query("select * from classification_jobs where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("classification job")?;
        read_classification_job(&row)
    }

    /// Removes a job if the closure allows it.
    pub async fn delete_classification_job<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: JobId,
        decide: impl FnOnce(&ClassificationJob) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        let row = sqlx::query("select * from classification_jobs where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_one(&mut write)
            .await
            .context("classification job")?;
        decide(&read_classification_job(&row)?)?;
        sqlx::query("delete from classification_jobs where id = $1")
            .bind(id.as_bytes().as_slice())
            .execute(&mut write)
            .await
            .context("removing a classification job")?;
        write.commit().await.context("removing a classification job")?;
        Ok(())
    }
}

pub(super) fn read_classification_job(row: &SqliteRow) -> Result<ClassificationJob, Error> {
    let origin: String = get(row, "origin")?;
    let findings: Option<String> = get(row, "findings")?;
    Ok(ClassificationJob {
        id: JobId::from_bytes(id16(row, "id")?),
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        origin: JobOrigin::parse(&origin).ok_or_else(|| Error::corrupt("origin of a classification job"))?,
        created_by: PrincipalId::new(get::<String>(row, "created_by")?),
        created_at: moment(row, "created_at")?,
        started_at: moment(row, "started_at")?,
        ended_at: moment(row, "ended_at")?,
        problems: record::read_problems(&get::<String>(row, "problems")?)?,
        findings: findings.map(|text| record::read_findings(&text)).transpose()?,
    })
}
