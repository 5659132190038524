//! Upload agents.

use edm_model::{AgentId, TenantId, UploadAgent};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::{Catalog, Write, get, id16, lowercase, moment};
use crate::error::{Context, Error};

/// The selected columns and the tables they come from.
pub(super) const COLUMNS: &str = "a.*";
pub(super) const FROM: &str = "upload_agents a";

impl Catalog {
    /// Adds an agent.
    pub async fn insert_agent(&self, tenant: TenantId, agent: &UploadAgent) -> Result<(), Error> {
        sqlx::query(
            "insert into upload_agents (id, tenant_id, description, created_at, lowered) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(agent.id.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .bind(&agent.description)
        .bind(agent.created_at.as_micros())
        .bind(lowercase::of_agent(agent.description.as_deref()))
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

    /// Returns those of the agents that exist, in any order. A statement takes at most 32,766 ids.
    pub async fn agents_by_id(&self, tenant: TenantId, ids: &[AgentId]) -> Result<Vec<UploadAgent>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = QueryBuilder::<Sqlite>::new("select * from upload_agents where tenant_id = ");
        statement.push_bind(tenant.as_bytes().to_vec()).push(" and id in (");
        let mut listed = statement.separated(", ");
        for id in ids {
            listed.push_bind(id.as_bytes().to_vec());
        }
        statement.push(")");
        let rows = statement.build().persistent(false).fetch_all(&self.reader).await;
        rows.context("upload agents")?.iter().map(read_agent).collect()
    }

    /// Lets the closure change an agent's description, in one transaction. Returns the agent.
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
            sqlx::query(
                "update upload_agents set description = $3, lowered = $4 where tenant_id = $1 and id = $2",
            )
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(&draft.description)
            .bind(lowercase::of_agent(draft.description.as_deref()))
            .execute(&mut write)
            .await
            .context("describing an upload agent")?;
            write.commit().await.context("describing an upload agent")?;
        }
        Ok(draft)
    }

    /// Removes an agent if the closure allows it. Sessions keep its id as history.
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
            .execute(&mut write)
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
        .fetch_one(&mut *write)
        .await
        .context("upload agent")?;
    read_agent(&row)
}

pub(super) fn read_agent(row: &SqliteRow) -> Result<UploadAgent, Error> {
    Ok(UploadAgent {
        id: AgentId::from_bytes(id16(row, "id")?),
        description: get(row, "description")?,
        created_at: moment(row, "created_at")?,
    })
}
