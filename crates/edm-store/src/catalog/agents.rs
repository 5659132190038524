//! Upload agents.

use edm_model::{AgentId, TenantId, UploadAgent};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, Page, Write, get, id16, moment, number};
use crate::error::{Context, Error};

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

    /// Changes an agent's description as the closure decides, in one transaction, and returns the agent.
    pub async fn change_agent<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: AgentId,
        decide: impl FnOnce(&mut UploadAgent) -> Result<(), E> + Send,
    ) -> Result<UploadAgent, E> {
        let mut write = self.write().await?;
        let before = agent_in(&mut write, tenant, id).await?;
        let mut draft = before.clone();
        decide(&mut draft)?;
        if draft != before {
            sqlx::query("update upload_agents set description = $3 where tenant_id = $1 and id = $2")
                .bind(tenant.as_bytes().as_slice())
                .bind(id.as_bytes().as_slice())
                .bind(&draft.description)
                .execute(&mut *write)
                .await
                .context("describing an upload agent")?;
            write.commit().await.context("describing an upload agent")?;
        }
        Ok(draft)
    }

    /// Removes an agent when the closure allows it. Sessions keep its id as history.
    pub async fn delete_agent<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: AgentId,
        decide: impl FnOnce(&UploadAgent) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        decide(&agent_in(&mut write, tenant, id).await?)?;
        sqlx::query("delete from upload_agents where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&mut *write)
            .await
            .context("removing an upload agent")?;
        write.commit().await.context("removing an upload agent")?;
        Ok(())
    }
}

async fn agent_in(write: &mut Write, tenant: TenantId, id: AgentId) -> Result<UploadAgent, Error> {
    let row = sqlx::query("select * from upload_agents where tenant_id = $1 and id = $2")
        .bind(tenant.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut **write)
        .await
        .context("upload agent")?;
    read_agent(&row)
}

fn read_agent(row: &SqliteRow) -> Result<UploadAgent, Error> {
    Ok(UploadAgent {
        id: AgentId::from_bytes(id16(row, "id")?),
        description: get(row, "description")?,
        created_at: moment(row, "created_at")?,
    })
}
