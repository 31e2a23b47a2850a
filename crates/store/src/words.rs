//! Choices that are stored as text, in the words of the API.

use crate::StoreError;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($what:literal) { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            pub(crate) fn read(text: &str) -> Result<Self, StoreError> {
                match text {
                    $($word => Ok($name::$variant),)*
                    _ => Err(StoreError::Unreadable { what: $what }),
                }
            }
        }
    )*};
}

words! {
    PhoneKind("phone kind") { SoftPhone = "soft_phone", DeskPhone = "desk_phone" }
    QueueKind("queue kind") { Customer = "customer", Internal = "internal" }
    PresenceKind("presence kind") { Online = "online", Busy = "busy", Dnd = "dnd", Offline = "offline" }
    /// When a call to a number is answered towards the trunk.
    NumberAnswer("number's answer rule") { OnFlow = "on_flow", OnAgent = "on_agent" }
    /// Whether a colleague's direct call to a colleague is kept.
    DirectInternalCalls("policy of direct calls") { Ephemeral = "ephemeral", Logged = "logged" }
    /// What happens when the agent hangs up while the consult target rings.
    HangUpWhileRinging("policy of hanging up while ringing") { Complete = "complete", Recall = "recall" }
}
