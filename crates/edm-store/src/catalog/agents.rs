//! Upload agents.

use edm_model::{AgentId, TenantId, UploadAgent};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, Page, get, id16, moment, number};
use crate::error::{Context, Error, ErrorKind};

impl Catalog {
    /// Adds an agent.
    pub async fn insert_agent(&self, tenant: TenantId, agent: &UploadAgent) -> Result<(), Error> {
        sqlx::query(
            "insert into upload_agents (id, tenant_id, description, created_at) values ($1, $2, $3, $4)",
        )
        .bind(agent.id.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .bind(&agent.description)
        .bind(agent.created_at.as_micros())
        .execute(&self.writer)
        .await
        .context("adding an upload agent")?;
        Ok(())
    }

    /// Returns an agent.
    pub async fn agent(&self, tenant: TenantId, id: AgentId) -> Result<UploadAgent, Error> {
        let row = sqlx::query("select * from upload_agents where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("upload agent")?;
        read_agent(&row)
    }

    /// Lists the tenant's agents by creation.
    pub async fn agents(&self, tenant: TenantId, page: Page) -> Result<Vec<UploadAgent>, Error> {
        let rows = sqlx::query(
            "select * from upload_agents where tenant_id = $1 order by created_at, id limit $2 offset $3",
        )
        .bind(tenant.as_bytes().as_slice())
        .bind(page.limit())
        .bind(page.offset())
        .fetch_all(&self.reader)
        .await
        .context("listing upload agents")?;
        rows.iter().map(read_agent).collect()
    }

    /// Counts the tenant's agents.
    pub async fn agent_count(&self, tenant: TenantId) -> Result<u64, Error> {
        let row = sqlx::query("select count(*) as found from upload_agents where tenant_id = $1")
            .bind(tenant.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("counting upload agents")?;
        number(&row, "found")
    }

    /// Changes an agent's description.
    pub async fn describe_agent(
        &self,
        tenant: TenantId,
        id: AgentId,
        description: Option<&str>,
    ) -> Result<(), Error> {
        let done = sqlx::query("update upload_agents set description = $3 where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(description)
            .execute(&self.writer)
            .await
            .context("describing an upload agent")?;
        found(done.rows_affected())
    }

    /// Removes an agent. Sessions keep its id as history.
    pub async fn delete_agent(&self, tenant: TenantId, id: AgentId) -> Result<(), Error> {
        let done = sqlx::query("delete from upload_agents where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .context("removing an upload agent")?;
        found(done.rows_affected())
    }
}

fn found(rows: u64) -> Result<(), Error> {
    if rows == 0 { Err(Error::new(ErrorKind::NotFound, "upload agent")) } else { Ok(()) }
}

fn read_agent(row: &SqliteRow) -> Result<UploadAgent, Error> {
    Ok(UploadAgent {
        id: AgentId::from_bytes(id16(row, "id")?),
        description: get(row, "description")?,
        created_at: moment(row, "created_at")?,
    })
}
