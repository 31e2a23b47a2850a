//! Who hears whom: a pure function of the conversation.

use terms::HearingMatrix;

use crate::conversation::Conversation;

pub(crate) fn hearing(_: &Conversation) -> HearingMatrix {
    HearingMatrix::default()
}
