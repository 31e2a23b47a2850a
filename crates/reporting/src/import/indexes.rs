//! Indexes of tables that get many rows at once: sorting all of an index afterwards is several times as fast as finding
//! the place of each row. They are taken out and put back within the import's transaction, so nobody ever sees the
//! tables without them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};

use super::line::Line;

const TABLES: &[&str] =
    &["conversation", "voice_call", "call_leg", "leg_segment", "coaching_interval", "hold"];
/// What Postgres may sort an index in; its own setting is made for many sessions.
const MEMORY: &str = "SET LOCAL maintenance_work_mem = '256MB'";
/// All but those that a primary key or another constraint stands on.
const OF_POSTGRES: &str = "SELECT c.relname AS name, t.relname AS of_table, pg_get_indexdef(x.indexrelid) AS made \
     FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
     WHERE t.relnamespace = current_schema()::regnamespace \
     AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid) ORDER BY 1";
/// Those of primary keys have no text.
const OF_SQLITE: &str = "SELECT name, tbl_name AS of_table, sql AS made FROM sqlite_master \
     WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1";

#[derive(Debug, FromQueryResult)]
struct IndexRow {
    name: String,
    of_table: String,
    /// The statement that makes it.
    made: String,
}

/// Indexes that are to be put back.
#[derive(Debug)]
pub(super) struct TakenOut(Vec<String>);

/// On Postgres, readers of these tables and the projector wait from here until the import is over.
pub(super) async fn take_out(line: &Line) -> Result<TakenOut, DbErr> {
    let database = &line.database;
    let backend = line.backend();
    let all = if backend == DbBackend::Postgres {
        let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", TABLES.join(", "));
        database.execute_unprepared(&lock).await?;
        OF_POSTGRES
    } else {
        OF_SQLITE
    };
    let rows = IndexRow::find_by_statement(Statement::from_string(backend, all)).all(database).await?;
    let mut out = Vec::new();
    for row in rows.into_iter().filter(|row| TABLES.contains(&row.of_table.as_str())) {
        database.execute_unprepared(&format!("DROP INDEX \"{}\"", row.name)).await?;
        out.push(row.made);
    }
    Ok(TakenOut(out))
}

impl TakenOut {
    pub(super) async fn put_back(self, line: &Line) -> Result<(), DbErr> {
        if line.backend() == DbBackend::Postgres {
            line.database.execute_unprepared(MEMORY).await?;
        }
        for made in self.0 {
            line.database.execute_unprepared(&made).await?;
        }
        Ok(())
    }
}
