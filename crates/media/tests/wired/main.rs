//! Media over real UDP on loopback: phones that speak tones, and ears that measure them.

mod conversation;
mod keys;
mod opus;
mod phone;
mod wire;
