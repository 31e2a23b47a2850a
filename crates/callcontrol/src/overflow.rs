//! Overflow: what the router gives up goes where its queue says, and so does who presses one of the queue's keys.

use routing::Overflow;
use terms::{ConversationId, EndReason, LegId, PhoneNumber, QueueId, Timestamp};
use voicecall::{Actor, Command, Event, Input, OverflowCause, OverflowTo, Party, WorkTarget};

use crate::{
    flow::{FlowRun, FlowStep, Heard},
    recover::RoutingFact,
    shard::{Pending, Shard},
};

/// Overflows of one conversation at one moment; queues that lead to each other and are all full end there.
const AT_ONCE_MAX: u32 = 4;
/// Callers whose place is kept for a while; the oldest is forgotten.
const RESUMES_MAX: usize = 10_000;

/// The place of somebody who hung up while waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resume {
    since: Timestamp,
    until: Timestamp,
}

pub(crate) type Resumes = std::collections::BTreeMap<(QueueId, PhoneNumber), Resume>;

pub(crate) fn cause_of(cause: routing::OverflowCause) -> OverflowCause {
    match cause {
        routing::OverflowCause::MaxWait => OverflowCause::MaxWait,
        routing::OverflowCause::QueueFull => OverflowCause::QueueFull,
        routing::OverflowCause::NobodySignedIn => OverflowCause::NobodySignedIn,
        routing::OverflowCause::TargetRemoved => OverflowCause::TargetRemoved,
    }
}

impl Shard {
    pub(crate) fn overflow(
        &mut self,
        id: ConversationId,
        to: &Overflow,
        cause: OverflowCause,
        now: Timestamp,
    ) {
        let Some(owned) = self.owned.get_mut(&id) else { return };
        owned.overflows = match owned.overflows {
            (at, times) if at == now => (now, times + 1),
            _ => (now, 1),
        };
        let goes_round = owned.overflows.1 > AT_ONCE_MAX;
        let from = match owned.conversation.work().map(|work| work.target) {
            Some(WorkTarget::Queue(queue)) => Some(queue),
            Some(WorkTarget::User(_)) | None => None,
        };
        let to = if goes_round { &Overflow::HangUp } else { to };
        let (to, priority) = self.overflow_to(to, from);
        let command = Command::Overflow { to: to.clone(), priority, cause };
        if self.feed(id, &Input::Command { by: Actor::Router, command }, now).is_err() {
            let command = Command::AbandonWork { reason: EndReason::NoAnswer };
            if self.feed(id, &Input::Command { by: Actor::Router, command }, now).is_err() {
                tracing::warn!(conversation.id = %id, "overflow came for a conversation that does not wait");
            }
            return;
        }
        metrics::counter!("tandem_overflows_total").increment(1);
        if self.owned.get(&id).is_some_and(|o| o.conversation.has_overflowed() && !o.conversation.is_ended())
        {
            self.treat(id, &to, from, now);
        }
    }

    /// What cannot be done at all becomes hanging up.
    fn overflow_to(&self, to: &Overflow, from: Option<QueueId>) -> (OverflowTo, u8) {
        match to {
            Overflow::Queue(queue) => match self.organization.queues.get(queue) {
                Some(row) if from != Some(*queue) => (OverflowTo::Queue(*queue), row.priority),
                _ => (OverflowTo::HangUp, 0),
            },
            Overflow::External(number) if self.organization.trunk_to(number, &self.lines()).is_some() => {
                (OverflowTo::External(number.clone()), 0)
            }
            Overflow::External(_) | Overflow::HangUp => (OverflowTo::HangUp, 0),
            Overflow::Voicemail => (OverflowTo::Voicemail, 0),
            Overflow::Callback => (OverflowTo::Callback, 0),
        }
    }

    /// The customer is in the entry flow again; what they meet there.
    fn treat(&mut self, id: ConversationId, to: &OverflowTo, from: Option<QueueId>, now: Timestamp) {
        let steps = match to {
            OverflowTo::Queue(_) | OverflowTo::External(_) | OverflowTo::Steps => return,
            OverflowTo::Callback => match self.ask_callback(id, now) {
                Some(number) => confirmation(&number),
                None => goodbye(Some("not_available".to_owned())),
            },
            OverflowTo::Voicemail => match from {
                Some(queue_id) => {
                    let queue = self.organization.queues.get(&queue_id);
                    let prompt = queue.and_then(|queue| queue.waiting.voicemail_prompt.clone());
                    vec![FlowStep::Voicemail { queue_id, prompt }]
                }
                None => goodbye(Some("not_available".to_owned())),
            },
            OverflowTo::HangUp => {
                let queue = from.and_then(|queue| self.organization.queues.get(&queue));
                goodbye(queue.and_then(|queue| queue.waiting.overflow_prompt.clone()))
            }
        };
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.flow = Some(FlowRun::new(steps));
        }
        self.flow_on(id, Heard::Nothing, now);
    }

    /// A key of somebody who waits in a queue; true when the queue has something for it.
    pub(crate) fn leaves_by_key(&mut self, leg: LegId, digit: char, now: Timestamp) -> bool {
        let id = leg.conversation;
        let work = self.owned.get(&id).filter(|_| leg.ordinal == 0).and_then(|o| {
            let own = |work: &voicecall::Work| work.call == o.conversation.customer_call();
            o.conversation.work().filter(own)
        });
        let Some(WorkTarget::Queue(queue)) = work.map(|work| work.target) else { return false };
        let option = self.organization.queues.get(&queue);
        let Some(to) = option.and_then(|queue| queue.waiting.options.get(&digit)).cloned() else {
            return false;
        };
        self.overflow(id, &to, OverflowCause::CallerChose, now);
        true
    }

    /// Who hung up while waiting keeps the place for the queue's time.
    pub(crate) fn keep_place(&mut self, id: ConversationId, reason: EndReason, now: Timestamp) {
        let hung_up =
            matches!(reason, EndReason::RemoteHangup | EndReason::NodeLost | EndReason::MediaTimeout);
        let Some(owned) = self.owned.get(&id).filter(|o| hung_up && !o.conversation.is_callback()) else {
            return;
        };
        let Some(Party::Number(Some(number))) =
            owned.conversation.legs().first().map(|leg| leg.party.clone())
        else {
            return;
        };
        let waited = owned.work.as_ref().filter(|work| work.call == owned.conversation.customer_call());
        let Some((WorkTarget::Queue(queue), since)) = waited.map(|work| (work.target, work.since)) else {
            return;
        };
        let rules = self.organization.queues.get(&queue);
        let Some(ms) = rules.and_then(|queue| queue.waiting.resume_ms) else { return };
        self.resumes.retain(|_, resume| resume.until > now);
        if self.resumes.len() < RESUMES_MAX {
            let until = now.plus_ms(ms);
            self.append_routing(&RoutingFact::PlaceKept { queue, number: number.clone(), since, until }, now);
            self.resumes.insert((queue, number), Resume { since, until });
        }
    }

    /// Facts that say which places are still kept.
    pub(crate) fn kept_places(&self, now: Timestamp) -> Vec<RoutingFact> {
        let kept = self.resumes.iter().filter(|(_, resume)| resume.until > now);
        kept.map(|((queue, number), resume)| RoutingFact::PlaceKept {
            queue: *queue,
            number: number.clone(),
            since: resume.since,
            until: resume.until,
        })
        .collect()
    }

    /// For rebuilding after a restart.
    pub(crate) fn restore_place(&mut self, fact: &RoutingFact) {
        match fact {
            RoutingFact::PlaceKept { queue, number, since, until } => {
                self.resumes.insert((*queue, number.clone()), Resume { since: *since, until: *until });
            }
            RoutingFact::PlaceTaken { queue, number } => {
                self.resumes.remove(&(*queue, number.clone()));
            }
            _ => {}
        }
    }

    /// Somebody takes a place in a queue: perhaps one that they had before.
    pub(crate) fn takes_place(&mut self, id: ConversationId, event: &Event, now: Timestamp) {
        let Event::Queued { call, target: WorkTarget::Queue(queue), since, .. } = event else { return };
        if self.owned.get(&id).is_some_and(|o| o.conversation.customer_call() == *call) {
            self.last_agent_goes_first(id, *queue, now);
        }
        let party =
            self.owned.get(&id).and_then(|o| o.conversation.legs().first()).map(|leg| leg.party.clone());
        let Some(Party::Number(Some(number))) = party else { return };
        let Some(resume) = self.resumes.remove(&(*queue, number.clone())).filter(|resume| resume.until > now)
        else {
            return;
        };
        self.append_routing(&RoutingFact::PlaceTaken { queue: *queue, number }, now);
        if resume.since < *since {
            self.pending.push_back(Pending::Resumes(id, resume.since));
        }
    }
}

impl Shard {
    /// The flow has the caller called back: they are told so, and the call ends. Should it not be possible, the flow goes on.
    pub(crate) fn flow_calls_back(&mut self, id: ConversationId, home: voicecall::Home, now: Timestamp) {
        let Some(number) = self.ask_callback_in(id, home, now) else { return };
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.flow = Some(FlowRun::new(confirmation(&number)));
        }
    }
}

fn goodbye(prompt: Option<String>) -> Vec<FlowStep> {
    prompt.map(FlowStep::Play).into_iter().chain([FlowStep::HangUp {}]).collect()
}

/// The number is read to the caller as it is known here, digit by digit.
fn confirmation(number: &PhoneNumber) -> Vec<FlowStep> {
    let digits = number.as_str().chars().filter(char::is_ascii_digit);
    let digits = digits.map(|digit| FlowStep::Play(format!("number_{digit}")));
    let first = FlowStep::Play("callback".to_owned());
    [first].into_iter().chain(digits).chain([FlowStep::HangUp {}]).collect()
}
