//! The words of the tables as the core's choices.

use voicecall::{CallType, Purpose, Role, SegmentKind};

pub(crate) fn call_type(word: &str) -> CallType {
    match word {
        "internal" => CallType::Internal,
        "outbound" => CallType::Outbound,
        _ => CallType::Inbound,
    }
}

pub(crate) fn purpose(word: &str) -> Purpose {
    match word {
        "consult" => Purpose::Consult,
        "transfer" => Purpose::Transfer,
        "participant" => Purpose::Participant,
        "coaching" => Purpose::Coaching,
        "callback" => Purpose::Callback,
        "direct" => Purpose::Direct,
        _ => Purpose::Customer,
    }
}

pub(crate) fn role(word: &str) -> Role {
    match word {
        "supervisor" => Role::Supervisor,
        "specialist" => Role::Specialist,
        "customer" => Role::Customer,
        "third_party" => Role::ThirdParty,
        _ => Role::Agent,
    }
}

/// None for a word of a later release.
pub(crate) fn kind(word: &str) -> Option<SegmentKind> {
    Some(match word {
        "ring" => SegmentKind::Ring,
        "talk" => SegmentKind::Talk,
        "hold" => SegmentKind::Hold,
        "conference" => SegmentKind::Conference,
        "monitor" => SegmentKind::Monitor,
        "whisper" => SegmentKind::Whisper,
        "barge" => SegmentKind::Barge,
        "acw" => SegmentKind::Acw,
        "queue" => SegmentKind::Queue,
        "ivr" => SegmentKind::Ivr,
        "park" => SegmentKind::Park,
        _ => return None,
    })
}
