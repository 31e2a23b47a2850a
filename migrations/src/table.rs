//! Short words for what every step repeats.

use sea_orm_migration::{prelude::*, schema::*};

/// What a deleted row does to the rows that point at it.
pub(crate) use sea_orm_migration::prelude::ForeignKeyAction::{Cascade, Restrict, SetNull};

/// A table whose rows are edited: an id, and the version that guards updates.
pub(crate) fn resource(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).col(pk_uuid("id")).col(big_integer("version"));
    table
}

pub(crate) fn foreign_key(
    table: &'static str,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("{table}_{column}_fkey")).from(table, column).to(to, "id").on_delete(on_delete);
    key
}

/// A unique index named `<table>_<column>_key`: store reads the taken field from that name.
pub(crate) fn unique(table: &'static str, column: &'static str) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{column}_key")).table(table).col(column).unique();
    index
}

pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{}_idx", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// A unique index over the lower-case form, so that "Ana" and "ana" are one name.
pub(crate) async fn unique_ignoring_case(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
) -> Result<(), DbErr> {
    let text = format!("CREATE UNIQUE INDEX {table}_{column}_key ON {table} (lower({column}))");
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}

pub(crate) async fn drop_all(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
