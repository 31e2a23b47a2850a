//! What only the wired stage can tell: measured sound, real phones, the wire itself.

mod edge;
mod measured;
mod phones;
