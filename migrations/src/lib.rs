//! The relational schema, step by step, the same for SQLite and Postgres.
