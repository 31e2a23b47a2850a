//! Every limit in the product, in one place; `docs/architecture.md` explains them.

/// People who talk in one conversation, the customer included.
pub const PARTICIPANTS_MAX: usize = 6;
/// Supervisors coaching in one conversation.
pub const COACHES_MAX: usize = 4;
/// Wires one conversation may have in its whole life.
pub const LEGS_PER_CONVERSATION_MAX: usize = 250;
/// Inputs one lap of the shard takes in.
pub const LAP_INPUTS_MAX: usize = 64;
/// Inputs that may wait for a shard; past that HTTP and SIP answer 503.
pub const INBOX_MAX: usize = 4096;
/// How long an offered agent rings.
pub const PUSH_TIMEOUT_MS: i64 = 20_000;
/// How long a consulted, added or directly called party rings.
pub const RING_TIMEOUT_MS: i64 = 30_000;
/// How long an outbound number rings.
pub const OUTBOUND_RING_TIMEOUT_MS: i64 = 60_000;
/// Until a silent wire counts as broken.
pub const WIRE_SILENT_MS: i64 = 2_000;
/// How long a lost agent may come back.
pub const REATTACH_GRACE_MS: i64 = 30_000;
/// How long a parked call waits.
pub const PARK_TIMEOUT_MS: i64 = 300_000;
/// Whoever gets a transferred or parked call back is rung so often, with this pause between, before the queue has it.
pub const RECALL_TRIES: u8 = 2;
pub const RECALL_PAUSE_MS: i64 = 10_000;
/// Characters of a subject, a note or an attribute's value.
pub const TEXT_MAX: usize = 4_000;
/// All attributes of one conversation together.
pub const ATTRIBUTES_BYTES_MAX: usize = 32 * 1024;
/// Digits sent in one action.
pub const DIGITS_MAX: usize = 64;
/// Steps of one entry flow, all branches together, and how deep branches may lie in each other.
pub const FLOW_STEPS_MAX: usize = 200;
pub const FLOW_DEPTH_MAX: usize = 8;
/// How long a menu waits for a key at most, and how often it asks.
pub const MENU_SECONDS_MAX: u32 = 60;
pub const MENU_ATTEMPTS_MAX: u8 = 10;
/// An uploaded prompt, as a file and in time.
pub const PROMPT_BYTES_MAX: usize = 8 * 1024 * 1024;
pub const PROMPT_SECONDS_MAX: u32 = 180;
/// All uploaded prompts together; a second of them takes 48 kB of memory.
pub const PROMPTS_SECONDS_MAX: u32 = 3_600;
/// A message that a caller leaves: what is shorter is dropped, what is longer is cut off, and a silence this long ends it.
pub const MESSAGE_MS_MIN: i64 = 1_000;
pub const MESSAGE_MS_MAX: i64 = 180_000;
pub const MESSAGE_SILENCE_MS: i64 = 6_000;
/// Rows in one page of a list, and when the client names no number.
pub const PAGE_MAX: u64 = 200;
pub const PAGE_DEFAULT: u64 = 50;
/// Events kept for one live reader before it is told to resync.
pub const LIVE_BUFFER_MAX: usize = 1024;
