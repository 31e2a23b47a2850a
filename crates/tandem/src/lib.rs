//! The binary: reads configuration, wires the crates, starts and stops them; `serve`, `demo`, `migrate`, `admin`, `replay`, `simulate`.

mod authority;
pub mod bootstrap;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod example;
pub mod import;
pub mod replay;
pub mod simulate;
mod upkeep;
pub mod wire;
