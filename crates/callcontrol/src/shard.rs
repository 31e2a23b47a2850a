//! Shard: owns conversations and the router by value, and turns batches of inputs into appends, effects and replies. No
//! clock, no I/O, no lock: the loop around it is `drive`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use routing::{Decision, Router};
use store::journal::{Append, CommandRecord};
use terms::{ConversationId, LegId, MessageId, Timestamp, TrunkId, UserId};
use voicecall::{Conversation, Event, Opening, Signal};

use crate::{
    callback::Recall,
    coaching::Follower,
    effect::Effect,
    flow::{FlowRun, Heard},
    handle::Request,
    message::OpenMessage,
    organization::Organization,
    reconcile::World,
    usage::UsageCount,
    view::{News, NewsBody, Recorded},
};

/// What a shard takes in.
pub enum Input {
    /// A wire of ours did something.
    Signal {
        leg: LegId,
        signal: Signal,
    },
    /// A new wire of theirs.
    Arrived(Box<Arrival>),
    /// The phone of a leg asks for a transfer.
    Referred {
        leg: LegId,
        to: String,
        replaces: Option<LegId>,
    },
    /// A key was pressed on this wire.
    Digit {
        leg: LegId,
        digit: char,
    },
    /// Who leaves a message says no more.
    MessageSilent {
        conversation: ConversationId,
    },
    /// A message's file is whole, and so long; none when there is none.
    MessageKept {
        conversation: ConversationId,
        ms: Option<i64>,
    },
    /// A user's first phone came or the last one went.
    Reachable {
        user: UserId,
        reachable: bool,
    },
    Request(Box<Request>),
    /// Time went on.
    Tick,
}

/// An incoming call without its description, which stays with the hands.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub leg: LegId,
    pub from: signaling::Origin,
    pub caller: Option<terms::PhoneNumber>,
    pub display: Option<String>,
    pub to: String,
    pub replaces: Option<LegId>,
    pub headers: Vec<(String, String)>,
}

pub(crate) type Reply = Box<dyn FnOnce() + Send>;

/// What one lap leads to: first the appends, made durable, then the rest.
#[derive(Default)]
pub struct Batch {
    pub appends: Vec<Append>,
    pub commands: Vec<CommandRecord>,
    pub effects: Vec<Effect>,
    pub news: Vec<News>,
    pub replies: Vec<Reply>,
    /// Conversations that are over and let go of.
    pub forgotten: Vec<ConversationId>,
    /// The organization to show to readers from now on.
    pub organization: Option<Arc<Organization>>,
    pub stop: bool,
}

/// One conversation and what surrounds it.
pub(crate) struct Owned {
    pub(crate) opening: Arc<Opening>,
    pub(crate) conversation: Conversation,
    pub(crate) facts: Vec<Recorded>,
    pub(crate) world: World,
    pub(crate) flow: Option<FlowRun>,
    /// Users whose token it holds.
    pub(crate) people: std::collections::BTreeSet<UserId>,
    /// The waiting work as the router was told.
    pub(crate) work: Option<voicecall::Work>,
    /// The offer that rings.
    pub(crate) offer: Option<terms::OfferId>,
    /// Every offer of its work, explained.
    pub(crate) offers: Vec<crate::view::OfferExplained>,
    /// The promised call that rings.
    pub(crate) recall: Option<Recall>,
    /// Agents who talked to the customer, and so wrap up when they leave.
    pub(crate) handled: std::collections::BTreeSet<UserId>,
    /// The caller's name as the network gave it.
    pub(crate) display: Option<String>,
    /// Second dialogs of phones: wire -> leg.
    pub(crate) adopted: BTreeMap<LegId, u32>,
    pub(crate) wrap_up_extensions: BTreeMap<UserId, u32>,
    /// The trunk of each wire to the public network that we dialed.
    pub(crate) lines: BTreeMap<u32, TrunkId>,
    pub(crate) announcing: Option<crate::announce::Announcing>,
    /// When it overflowed last, and how often at that moment.
    pub(crate) overflows: (Timestamp, u32),
    /// When something happens by itself, as of the last settling.
    pub(crate) deadline: Option<Timestamp>,
}

impl Owned {
    pub(crate) fn new(opening: Arc<Opening>) -> Self {
        let conversation = Conversation::open(&opening);
        Self {
            opening,
            conversation,
            facts: Vec::new(),
            world: World::default(),
            flow: None,
            people: Default::default(),
            work: None,
            offer: None,
            offers: Vec::new(),
            recall: None,
            handled: Default::default(),
            display: None,
            adopted: BTreeMap::new(),
            wrap_up_extensions: BTreeMap::new(),
            lines: BTreeMap::new(),
            announcing: None,
            overflows: (Timestamp::default(), 0),
            deadline: None,
        }
    }
    pub(crate) fn version(&self) -> u64 {
        self.facts.len() as u64
    }
    /// The trunks of its wires, one for each that lives.
    pub(crate) fn trunks(&self) -> impl Iterator<Item = TrunkId> + '_ {
        (0u32..).zip(self.conversation.legs()).filter(|(_, leg)| leg.is_live()).filter_map(
            |(ordinal, leg)| {
                if leg.incoming && matches!(leg.party, voicecall::Party::Number(_)) {
                    self.opening.trunk
                } else {
                    self.lines.get(&ordinal).copied()
                }
            },
        )
    }
}

/// What is still to be done within this lap.
pub(crate) enum Pending {
    Settle(ConversationId),
    Decided(Decision),
    /// Nobody pressed a key in time.
    Silence(ConversationId),
    /// An offer ended without an answer.
    Unanswered(ConversationId),
    /// The customer talked to this agent last.
    Prefers(ConversationId, UserId),
    /// Somebody called again in time: they have waited since then.
    Resumes(ConversationId, Timestamp),
    /// A caller has left their message.
    Farewell(ConversationId),
    /// A callback that nobody answered, or that this server lost.
    CallBackAgain(ConversationId, bool),
}

pub struct Shard {
    pub(crate) organization: Arc<Organization>,
    pub(crate) router: Router,
    pub(crate) owned: BTreeMap<ConversationId, Owned>,
    pub(crate) followers: Vec<Follower>,
    pub(crate) usage: UsageCount,
    pub(crate) pending: VecDeque<Pending>,
    pub(crate) out: Batch,
    pub(crate) routing_version: u64,
    /// Second dialogs of phones: wire -> the conversation whose leg they carry.
    pub(crate) adopted: BTreeMap<LegId, ConversationId>,
    /// Who chose the presence that somebody is to have, and what they said.
    pub(crate) choosers: BTreeMap<UserId, (UserId, Option<String>)>,
    /// The conversation for whose sake somebody else had this user rung last.
    pub(crate) rung: BTreeMap<UserId, ConversationId>,
    /// What callers left, until it is done.
    pub(crate) messages: BTreeMap<MessageId, OpenMessage>,
    /// Places of callers who hung up while waiting.
    pub(crate) resumes: crate::overflow::Resumes,
    pub(crate) last_agents: crate::wishes::LastAgents,
    seq: u64,
    alive_noted: Timestamp,
    pub(crate) roster_noted: Timestamp,
}

/// How often the journal is told that this node lives while calls do, so that a crash closes the books at the right time.
const ALIVE_MS: i64 = 5_000;
/// How often everybody's presence is written down whole.
const ROSTER_MS: i64 = 24 * 60 * 60 * 1_000;

impl Shard {
    pub fn new(organization: Arc<Organization>, now: Timestamp) -> Self {
        let mut shard = Self {
            organization: Arc::new(Organization::default()),
            router: Router::new(),
            owned: BTreeMap::new(),
            followers: Vec::new(),
            usage: UsageCount::default(),
            pending: VecDeque::new(),
            out: Batch::default(),
            routing_version: 0,
            adopted: BTreeMap::new(),
            choosers: BTreeMap::new(),
            rung: BTreeMap::new(),
            messages: BTreeMap::new(),
            resumes: crate::overflow::Resumes::new(),
            last_agents: crate::wishes::LastAgents::new(),
            seq: 0,
            alive_noted: now,
            roster_noted: now,
        };
        shard.adopt_organization(organization, now);
        shard
    }

    /// One lap: everything that came in, at one `now`.
    pub fn handle(&mut self, batch: impl IntoIterator<Item = Input>, now: Timestamp) -> Batch {
        for input in batch {
            match input {
                Input::Signal { leg, signal } => self.signal(leg, signal, now),
                Input::Arrived(arrival) => self.arrive(*arrival, now),
                Input::Referred { leg, to, replaces } => self.refer(leg, &to, replaces, now),
                Input::Digit { leg, digit } => self.digit(leg, digit, now),
                Input::MessageSilent { conversation } => {
                    self.end_message(conversation, voicecall::MessageEnd::Silence, now);
                }
                Input::MessageKept { conversation, ms } => self.message_kept(conversation, ms, now),
                Input::Reachable { user, reachable } => {
                    self.route(&routing::Input::ReachabilityChanged { user, reachable }, now);
                    self.tell_agent(user, now);
                }
                Input::Request(request) => self.request(*request, now),
                Input::Tick => {}
            }
            self.finish_pending(now);
        }
        self.tick(now);
        self.note_alive(now);
        std::mem::take(&mut self.out)
    }

    /// When to hand in the next `Tick`, if nothing else comes.
    pub fn deadline(&self) -> Option<Timestamp> {
        let conversations = self.owned.values().filter_map(|o| o.deadline).min();
        let announced = |o: &Owned| o.announcing.as_ref().and_then(|one| one.next_at);
        let announcements = self.owned.values().filter_map(announced).min();
        let alive = (!self.owned.is_empty()).then(|| self.alive_noted + ALIVE_MS);
        let messages = self.messages_deadline();
        [conversations, announcements, messages, self.router.deadline(), alive].into_iter().flatten().min()
    }

    fn tick(&mut self, now: Timestamp) {
        let due: Vec<ConversationId> = self
            .owned
            .iter()
            .filter(|(_, o)| o.deadline.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            // One deadline a tick; a conversation has a handful at most.
            while self.feed(id, &voicecall::Input::Tick, now).is_ok() {
                self.finish_pending(now);
            }
        }
        self.announce_due(now);
        self.messages_due(now);
        if self.router.deadline().is_some_and(|at| at <= now) {
            self.route(&routing::Input::Tick, now);
            self.finish_pending(now);
        }
    }

    fn note_alive(&mut self, now: Timestamp) {
        if !self.owned.is_empty() && now - self.alive_noted >= ALIVE_MS {
            self.alive_noted = now;
            self.append_routing(&crate::recover::RoutingFact::Alive, now);
        }
        if now - self.roster_noted >= ROSTER_MS {
            self.note_roster(now);
        }
    }

    /// What a wire did.
    fn signal(&mut self, leg: LegId, signal: Signal, now: Timestamp) {
        if let Some(conversation) = self.adopted.get(&leg).copied() {
            self.second_dialog(conversation, leg, &signal, now);
            return;
        }
        let Some(owned) = self.owned.get_mut(&leg.conversation) else {
            // A wire of a conversation that is over: whatever it is, it shall go.
            if matches!(signal, Signal::LegAnswered { .. }) {
                self.out.effects.push(Effect::HangUp { leg, reason: terms::EndReason::Cancelled });
            }
            return;
        };
        if matches!(signal, Signal::LegAnswered { .. }) {
            owned.world.remind(leg.ordinal);
        }
        // A wire that only fell silent still has a dialog to say goodbye on.
        let silent = matches!(signal, Signal::LegEnded { reason: terms::EndReason::MediaTimeout, .. });
        if !silent && matches!(signal, Signal::LegFailed { .. } | Signal::LegEnded { .. }) {
            owned.world.wires.insert(leg.ordinal, crate::reconcile::Told::Gone);
        }
        let asked = owned.conversation.asked().is_some();
        if self.phone_swaps(leg, &signal, now) {
            return;
        }
        let finished = matches!(signal, Signal::PromptFinished { .. });
        let fed = self.feed(leg.conversation, &voicecall::Input::Signal(signal), now);
        if fed.is_err() {
            self.pending.push_back(Pending::Settle(leg.conversation));
        } else if finished && self.announce_on(leg.conversation, now) {
            // The announcement goes on.
        } else if finished && !asked {
            self.flow_on(leg.conversation, Heard::Nothing, now);
        }
    }

    /// One input for one conversation: decide, record, and settle later in this lap.
    pub(crate) fn feed(
        &mut self,
        id: ConversationId,
        input: &voicecall::Input,
        now: Timestamp,
    ) -> Result<u64, crate::command::Refused> {
        let owned = self.owned.get(&id).ok_or(crate::command::Refused::NotFound)?;
        let events = owned.conversation.decide(input, now)?;
        for event in events {
            self.record(id, event, now);
        }
        self.pending.push_back(Pending::Settle(id));
        Ok(self.owned.get(&id).map_or(0, Owned::version))
    }

    /// One fact: applied, to be appended, told, counted.
    pub(crate) fn record(&mut self, id: ConversationId, event: Event, now: Timestamp) {
        let Some(owned) = self.owned.get_mut(&id) else { return };
        if !matches!(event, Event::Opened { .. }) {
            owned.conversation.apply(&event);
        }
        let ephemeral = owned.opening.ephemeral;
        owned.facts.push(Recorded { at: now, event: event.clone() });
        let version = owned.version();
        let digits = match &event {
            Event::DigitsSent { leg, digits, .. } => Some((LegId::new(id, *leg), digits.clone())),
            _ => None,
        };
        if let Some((leg, digits)) = digits {
            self.out.effects.push(Effect::Digits { leg, digits });
        }
        self.usage.count(&event);
        self.after_fact(id, &event, now);
        // Nothing of a private call is kept; its parties' screens follow it while it lasts, like any other.
        if !ephemeral {
            let closes =
                matches!(event, Event::Ended { .. } | Event::WrappedUp { .. } | Event::ContinuesIn { .. })
                    && self.owned.get(&id).is_some_and(|o| o.conversation.is_ended());
            self.out.appends.push(Append { closes, ..fact_to_append(id, version, &event, now) });
        }
        self.tell(now, NewsBody::Fact { conversation: id, version, event: Arc::new(event) });
    }

    pub(crate) fn tell(&mut self, at: Timestamp, body: NewsBody) {
        self.seq += 1;
        self.out.news.push(News { seq: self.seq, at, body });
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.seq
    }

    /// Everything that one input leads to, to the end.
    pub(crate) fn finish_pending(&mut self, now: Timestamp) {
        while let Some(pending) = self.pending.pop_front() {
            match pending {
                Pending::Settle(id) => self.settle(id, now),
                Pending::Decided(decision) => self.decided(decision, now),
                Pending::Prefers(id, user) => self.prefer(id, user, now),
                Pending::Resumes(id, since) => {
                    // Refused when they are being offered already: old enough then.
                    self.flow_command(id, voicecall::Command::KeepAge { since }, now);
                }
                Pending::CallBackAgain(id, lost) => self.call_back_again(id, lost, now),
                Pending::Farewell(id) => self.farewell(id, now),
                Pending::Silence(id) => self.flow_on(id, Heard::Silence, now),
                Pending::Unanswered(id) => self.flow_goes_on(id, now),
            }
        }
    }
}

pub(crate) fn stream_of(id: ConversationId) -> String {
    format!("conversation/{id}")
}

/// A fact as the journal keeps it.
pub(crate) fn fact_to_append(id: ConversationId, version: u64, event: &Event, at: Timestamp) -> Append {
    let payload = serde_json::to_string(event).unwrap_or_default();
    let kind = kind_in(&payload).to_owned();
    Append { stream: stream_of(id), version, kind, payload, at, closes: false, command: None }
}

/// The event's name: serde writes the tag first.
fn kind_in(payload: &str) -> &str {
    payload.strip_prefix("{\"kind\":\"").and_then(|rest| rest.split('"').next()).unwrap_or_default()
}
