//! The schemas of words and short texts whose types live in lower crates, which know no OpenAPI.

use access::Permission;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $($word:literal)|+;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($word),+])).build().into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    PhoneKindWord: "soft_phone" | "desk_phone";
    QueueKindWord: "customer" | "internal";
    PresenceKindWord: "online" | "busy" | "dnd" | "offline";
    NumberAnswerWord: "on_flow" | "on_agent";
    DirectInternalCallsWord: "ephemeral" | "logged";
    HangUpWhileRingingWord: "complete" | "recall";
    CallTypeWord: "inbound" | "outbound" | "internal";
    PurposeWord: "customer" | "consult" | "transfer" | "participant" | "coaching" | "direct" | "callback";
    DispositionWord: "in_progress" | "completed" | "transferred" | "merged" | "conferenced" | "abandoned"
        | "no_answer" | "busy" | "declined" | "failed" | "callback_requested" | "voicemail";
    EndReasonWord: "hung_up" | "remote_hangup" | "transferred" | "merged" | "declined" | "no_answer" | "busy"
        | "unreachable" | "cancelled" | "agent_lost" | "media_timeout" | "node_lost" | "rejected"
        | "permission_revoked";
    CoachingModeWord: "monitor" | "whisper" | "barge";
    AttachmentWord: "conversation" | "agent";
    StateWord: "ivr" | "queued" | "offering" | "connected" | "consulting" | "conference" | "parked"
        | "reattaching" | "wrap_up" | "ended";
    RoleWord: "customer" | "agent" | "specialist" | "supervisor" | "third_party";
    SegmentKindWord: "ivr" | "queue" | "ring" | "talk" | "hold" | "conference" | "monitor" | "whisper"
        | "barge" | "park" | "acw";
    RecordingWord: "off" | "on" | "paused";
    SeverityWord: "error" | "warning" | "info";
    SubjectWord: "organization" | "queue" | "skill" | "user" | "number" | "call_flow" | "presence_status";
    SystemStateWord: "available" | "busy" | "dnd" | "offline" | "offering" | "in_call" | "acw" | "missed";
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern)).build().into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

texts! {
    /// E.164.
    PhoneNumberText: r"^\+[1-9][0-9]{2,14}$";
    ExtensionText: "^[0-9]{2,8}$";
}

#[derive(Debug)]
pub(crate) enum PermissionWord {}

impl PartialSchema for PermissionWord {
    fn schema() -> RefOr<Schema> {
        let words = Permission::ALL.iter().map(|permission| permission.as_str());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()
    }
}

impl ToSchema for PermissionWord {}
