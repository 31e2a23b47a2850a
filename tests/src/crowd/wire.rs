//! One dialog of one of many phones.

use crate::stage::phone::message::{Message, uri_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Staff(usize),
    Customer(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Dialing,
    Ringing,
    Up,
    Ended,
}

pub(super) struct Wire {
    pub who: Who,
    pub state: State,
    /// `X-Conversation` of the INVITE; empty at a customer's phone.
    pub conversation: String,
    /// The INVITE that opened it, as sent or received.
    pub invite: Message,
    pub cseq: u32,
    /// Our last answer to it.
    pub said: Option<Vec<u8>>,
    /// Our ACK of their answer.
    pub ack: Option<Vec<u8>>,
    /// The customer put the receiver down before that could be said.
    pub leaves: bool,
    /// Somebody has noted that it went through.
    pub counted: bool,
    call: String,
    local: String,
    remote: String,
    target: String,
}

impl Wire {
    pub(super) fn of_customer(
        customer: usize,
        call: &str,
        local: String,
        remote: String,
        target: String,
    ) -> Wire {
        Wire {
            who: Who::Customer(customer),
            state: State::Dialing,
            conversation: String::new(),
            invite: Message::request("INVITE", &target),
            cseq: 1,
            said: None,
            ack: None,
            leaves: false,
            counted: false,
            call: call.into(),
            local,
            remote,
            target,
        }
    }

    pub(super) fn of_staff(member: usize, invite: &Message, tag: &str) -> Wire {
        let header = |name: &str| invite.header(name).unwrap_or_default().to_owned();
        Wire {
            who: Who::Staff(member),
            state: State::Ringing,
            conversation: header("X-Conversation"),
            invite: invite.clone(),
            cseq: 0,
            said: None,
            ack: None,
            leaves: false,
            counted: false,
            call: invite.call_id().into(),
            local: format!("{};tag={tag}", header("To")),
            remote: header("From"),
            target: uri_of(&header("Contact")).to_owned(),
        }
    }

    /// An answer to the INVITE that rang.
    pub(super) fn says(&self, status: u16, reason: &str) -> Message {
        let mut answer = Message::answer(&self.invite, status, reason);
        answer.set("To", self.local.clone());
        answer
    }

    /// A request within the dialog, without Via.
    pub(super) fn request(&self, method: &str, cseq: u32) -> Message {
        Message::request(method, &self.target)
            .with("From", self.local.clone())
            .with("To", self.remote.clone())
            .with("Call-ID", self.call.clone())
            .with("CSeq", format!("{cseq} {method}"))
    }

    /// What the far end's answer says of itself.
    pub(super) fn learn(&mut self, answer: &Message) {
        if let Some(to) = answer.header("To") {
            self.remote = to.to_owned();
        }
        if let Some(contact) = answer.header("Contact") {
            self.target = uri_of(contact).to_owned();
        }
    }
}
