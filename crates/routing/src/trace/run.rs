//! Running a trace: names become numbers of the same order, events become inputs, decisions become rows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use terms::{
    CallbackPromptId, ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId,
};

use super::{Act, Event, Over, Step, Trace, TraceError, row};
use crate::{
    Agent, Broken, Capacity, ClaimKind, ConsultRequest, Decision, Input, ItemId, Load, Membership, Overflow,
    PromptAct, PromptState, Queue, Refusal, RevokeReason, Router, SkillLevel, Status, StatusKind, Target,
    Unavailable, WorkItem, WrapUp,
    callback::{SNOOZE_MS, recall_item},
};

/// What a trace led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    pub rows: Vec<Value>,
    /// Every decision in words.
    pub log: Vec<String>,
    /// A promise of the router's that did not hold; a fault of ours.
    pub broken: Option<Broken>,
}

/// Who has an item, and what there is to end.
#[derive(Clone, Copy)]
struct InHand {
    user: UserId,
    root: ConversationId,
    voice: bool,
}

struct Run<'a> {
    trace: &'a Trace,
    numbers: BTreeMap<String, u128>,
    names: Vec<String>,
    router: Router,
    now: Timestamp,
    out: Replayed,
    /// The last offer of an item to an agent, open or not.
    offers: BTreeMap<(ItemId, UserId), OfferId>,
    in_hand: BTreeMap<String, InHand>,
    loads: BTreeMap<ItemId, Load>,
    overflow_words: BTreeMap<ItemId, Over>,
    roots: BTreeMap<String, ConversationId>,
    /// Consults that could not be asked for, and of whom.
    unavailable: BTreeMap<String, String>,
}

/// Replays a trace on a fresh router.
pub fn replay(trace: &Trace) -> Result<Replayed, TraceError> {
    let names: BTreeSet<String> = trace.events.iter().flat_map(|(_, event)| names_in(event)).collect();
    let numbers = names.iter().zip(1u128..).map(|(name, number)| (name.clone(), number)).collect();
    let mut run = Run {
        trace,
        numbers,
        names: names.into_iter().collect(),
        router: Router::new(),
        now: Timestamp::from_ms(0),
        out: Replayed { rows: Vec::new(), log: Vec::new(), broken: None },
        offers: BTreeMap::new(),
        in_hand: BTreeMap::new(),
        loads: BTreeMap::new(),
        overflow_words: BTreeMap::new(),
        roots: BTreeMap::new(),
        unavailable: BTreeMap::new(),
    };
    run.open_queues();
    for (index, (at, event)) in trace.events.iter().enumerate() {
        run.pass(Timestamp::from_ms(at * 1000));
        run.event(index + 1, event)?;
    }
    run.pass(Timestamp::from_ms(trace.until * 1000));
    Ok(run.out)
}

fn names_in(event: &Event) -> Vec<String> {
    match event {
        Event::Agent { id, queues, skills, .. } => {
            let mut names = vec![id.clone()];
            names.extend(queues.keys().cloned());
            names.extend(skills.keys().cloned());
            names
        }
        Event::Enqueue { id, queue, steps, preferred, .. } => {
            let mut names = vec![id.clone(), queue.clone()];
            names.extend(preferred.clone());
            for step in steps {
                let skills = step.all.iter().chain(&step.any).chain(&step.not);
                names.extend(skills.map(|(skill, _)| skill.clone()));
                names.extend(step.agents.iter().cloned());
            }
            names
        }
        Event::Accept { id, agent } | Event::Decline { id, agent } | Event::Outbound { id, agent } => {
            vec![id.clone(), agent.clone()]
        }
        Event::Consult { id, requester, target, root } => {
            vec![id.clone(), format!("{id}.call"), requester.clone(), target.clone(), root.clone()]
        }
        Event::Status { id, .. } | Event::Cancel { id } | Event::End { id } | Event::Prompt { id, .. } => {
            vec![id.clone()]
        }
    }
}

fn status(kind: StatusKind) -> Status {
    let number = match kind {
        StatusKind::Online => 1,
        StatusKind::Busy => 2,
        StatusKind::Dnd => 3,
        StatusKind::Offline => 4,
    };
    Status { id: PresenceStatusId::from_number(number), kind }
}

fn ms(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}

impl Run<'_> {
    fn number(&self, name: &str) -> u128 {
        self.numbers.get(name).copied().unwrap_or_default()
    }
    fn user(&self, name: &str) -> UserId {
        UserId::from_number(self.number(name))
    }
    fn prompt_id(&self, name: &str) -> CallbackPromptId {
        CallbackPromptId::from_number(self.number(name))
    }
    /// The recall of prompt `p1` is item `p1.call`.
    fn item(&self, name: &str) -> ItemId {
        match name.strip_suffix(".call") {
            Some(prompt) if self.numbers.contains_key(prompt) => recall_item(self.prompt_id(prompt)),
            _ => ItemId(ConversationId::from_number(self.number(name))),
        }
    }
    fn name(&self, number: u128) -> String {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.names.get(index)).cloned().unwrap_or_default()
    }
    fn user_name(&self, user: UserId) -> String {
        self.name(user.0.as_u128())
    }
    fn item_name(&self, item: ItemId) -> String {
        match self.names.iter().find(|name| self.item(name) == item) {
            Some(name) => name.clone(),
            None => item.to_string(),
        }
    }

    fn open_queues(&mut self) {
        let mut queues = BTreeSet::new();
        for (_, event) in &self.trace.events {
            match event {
                Event::Agent { queues: of_agent, .. } => queues.extend(of_agent.keys().cloned()),
                Event::Enqueue { queue, .. } => {
                    queues.insert(queue.clone());
                }
                _ => {}
            }
        }
        for name in queues {
            let mut queue = Queue::new(QueueId::from_number(self.number(&name)));
            queue.model = self.trace.config.model;
            queue.reset_steps_on_decline = self.trace.config.reset_steps_on_decline;
            queue.wrap_up = Some(WrapUp { ms: ms(self.trace.config.acw), max_extensions: 0 });
            self.give(Input::QueueUpserted(queue));
        }
    }

    fn row(&mut self, fields: &[&str]) {
        self.out.rows.push(row(self.now.ms() / 1000, fields));
    }

    fn give(&mut self, input: Input) -> Vec<Decision> {
        let decisions = self.router.handle(&input, self.now);
        decisions.iter().for_each(|decision| self.note(decision));
        self.look();
        decisions
    }

    fn look(&mut self) {
        if self.out.broken.is_none() {
            self.out.broken = self.router.check(self.now).err();
        }
    }

    /// Lets time pass up to `until`, stopping wherever the router wants to.
    fn pass(&mut self, until: Timestamp) {
        while let Some(due) = self.router.deadline().filter(|due| *due <= until) {
            self.now = due;
            self.give(Input::Tick);
        }
        self.now = until;
    }

    fn note(&mut self, decision: &Decision) {
        let told = self.in_words(decision);
        self.out.log.push(format!("{:>6}  {told}", self.now.ms() / 1000));
        let pair = |run: &Self, item: &ItemId, user: &UserId| (run.item_name(*item), run.user_name(*user));
        match decision {
            Decision::Offered { offer, item, user, .. } => {
                self.offers.insert((*item, *user), *offer);
                let (item, user) = pair(self, item, user);
                self.row(&["offer", &item, &user]);
            }
            Decision::Accepted { item, user, .. } => {
                let (name, user_name) = pair(self, item, user);
                let voice =
                    self.loads.get(item).is_none_or(|load| load.channel == crate::ServiceChannel::Voice);
                let root = self.roots.get(&name).copied().unwrap_or(item.0);
                self.in_hand.insert(name.clone(), InHand { user: *user, root, voice });
                self.row(&["connect", &name, &user_name]);
            }
            Decision::Declined { item, user, .. } => {
                let (item, user) = pair(self, item, user);
                self.row(&["declined", &item, &user]);
            }
            Decision::Missed { item, user, paused, .. } => {
                let (item, user) = pair(self, item, user);
                self.row(&["missed", &item, &user]);
                if *paused {
                    self.row(&["status", &user, "missed"]);
                }
            }
            Decision::Revoked { item, user, why, .. } => {
                let (item, user) = pair(self, item, user);
                self.row(&["revoke", &item, &user, revoke_word(*why)]);
            }
            Decision::StatusChanged { user, status, cause } if *cause != crate::StatusCause::Chosen => {
                let user = self.user_name(*user);
                self.row(&["status", &user, status_word(status.kind)]);
            }
            Decision::StepReached { item, step } => {
                let name = self.item_name(*item);
                let second = self.now.ms() / 1000;
                self.out.rows.push(json!([second, "step", name, step]));
            }
            Decision::Cancelled { item } => {
                let item = self.item_name(*item);
                self.row(&["cancelled", &item]);
            }
            Decision::Overflowed { item, .. } => {
                let word = self.overflow_words.get(item).copied().unwrap_or_default().word();
                let item = self.item_name(*item);
                self.row(&["overflow", &item, word]);
            }
            Decision::PromptChanged(_) | Decision::ConsultUnavailable { .. } => self.note_prompt(decision),
            _ => {}
        }
    }

    fn note_prompt(&mut self, decision: &Decision) {
        match decision {
            Decision::PromptChanged(prompt) => {
                // Traces leave these three out.
                let told = !matches!(
                    prompt.state,
                    PromptState::Ready | PromptState::RequesterBusy | PromptState::Completed
                );
                if told {
                    let id = self.name(prompt.id.0.as_u128());
                    self.row(&["prompt", &id, prompt.state.word()]);
                }
            }
            Decision::ConsultUnavailable { prompt, target, why } => {
                let (id, target) = (self.name(prompt.0.as_u128()), self.user_name(*target));
                let word = if *why == Unavailable::Dnd { "dnd" } else { "offline" };
                self.row(&["consult_unavailable", &id, &target, word]);
                self.unavailable.insert(id, target);
            }
            _ => {}
        }
    }

    /// A decision for people: what, who, and who would have been next.
    fn in_words(&self, decision: &Decision) -> String {
        let pair =
            |item: &ItemId, user: &UserId| format!("{} {}", self.item_name(*item), self.user_name(*user));
        match decision {
            Decision::Offered { item, user, expires_at, queue, runner_up, .. } => {
                let queue = queue.map_or_else(|| "for them".to_owned(), |queue| self.name(queue.0.as_u128()));
                let next = runner_up.map_or_else(|| "nobody".to_owned(), |user| self.user_name(user));
                let until = expires_at.ms() / 1000;
                format!("offered {} (queue {queue}, until {until}, next {next})", pair(item, user))
            }
            Decision::Accepted { item, user, .. } => format!("accepted {}", pair(item, user)),
            Decision::Declined { item, user, .. } => format!("declined {}", pair(item, user)),
            Decision::Revoked { item, user, why, .. } => {
                format!("revoked {} ({})", pair(item, user), revoke_word(*why))
            }
            Decision::Missed { item, user, paused, .. } => {
                format!("missed {}{}", pair(item, user), if *paused { " (paused)" } else { "" })
            }
            Decision::StatusChanged { user, status, cause } => {
                format!("status {} {} ({cause:?})", self.user_name(*user), status_word(status.kind))
            }
            Decision::StatusPending { user, status } => {
                let kind = status.map_or("none", |status| status_word(status.kind));
                format!("status pending {} {kind}", self.user_name(*user))
            }
            Decision::WrapUpStarted { user, until, .. } => {
                format!("wrap-up {} until {}", self.user_name(*user), until.ms() / 1000)
            }
            Decision::WrapUpExtended { user, until } => {
                format!("wrap-up {} extended until {}", self.user_name(*user), until.ms() / 1000)
            }
            Decision::WrapUpEnded { user, .. } => format!("wrap-up {} over", self.user_name(*user)),
            Decision::Overflowed { item, cause, .. } => {
                format!("overflow {} ({cause:?})", self.item_name(*item))
            }
            Decision::StepReached { item, step } => format!("step {} {step}", self.item_name(*item)),
            Decision::Cancelled { item } => format!("cancelled {}", self.item_name(*item)),
            Decision::PromptChanged(prompt) => {
                format!("prompt {} {}", self.name(prompt.id.0.as_u128()), prompt.state.word())
            }
            Decision::ConsultUnavailable { target, why, .. } => {
                format!("consult unavailable {} ({why})", self.user_name(*target))
            }
            Decision::Refused(refusal) => format!("refused: {refusal}"),
        }
    }

    fn unknown(&self, number: usize, what: &'static str, name: &str) -> TraceError {
        TraceError::Unknown { trace: self.trace.name.clone(), number, what, name: name.to_owned() }
    }

    fn event(&mut self, number: usize, event: &Event) -> Result<(), TraceError> {
        match event {
            Event::Agent { .. } => self.agent(event),
            Event::Status { id, status: kind } => {
                let user = self.user(id);
                if self.router.agent(user).is_none() {
                    return Err(self.unknown(number, "agent", id));
                }
                self.give(Input::PresenceSet { user, status: status(*kind) });
            }
            Event::Enqueue { .. } => self.enqueue(event),
            Event::Accept { id, agent } => self.answer(id, agent, true),
            Event::Decline { id, agent } => self.answer(id, agent, false),
            Event::Cancel { id } => {
                let item = self.item(id);
                self.give(Input::Cancelled { item });
                self.give(Input::RootEnded { root: item.0 });
            }
            Event::End { id } => {
                let held = self.in_hand.remove(id).ok_or_else(|| self.unknown(number, "call", id))?;
                let user = self.user_name(held.user);
                self.row(&["end", id, &user]);
                self.end(id, held);
            }
            Event::Outbound { id, agent } => self.outbound(id, agent),
            Event::Consult { id, requester, target, root } => self.consult(id, requester, target, root),
            Event::Prompt { id, .. } if self.unavailable.contains_key(id) => {
                let target = self.unavailable.get(id).cloned().unwrap_or_default();
                self.row(&["reject", id, &target, "bad_state_unavailable"]);
            }
            Event::Prompt { id, act, seconds } => {
                let prompt = self.prompt_id(id);
                let known = self.router.prompt(prompt).cloned();
                let known = known.ok_or_else(|| self.unknown(number, "prompt", id))?;
                let by = if *act == Act::Cancel { known.requester } else { known.target };
                let act = match act {
                    Act::Accept => PromptAct::Accept,
                    Act::Snooze => PromptAct::Snooze { ms: seconds.map_or(SNOOZE_MS, ms) },
                    Act::Decline => PromptAct::Decline { reason: None },
                    Act::Cancel => PromptAct::Cancel,
                };
                let decisions = self.give(Input::PromptActed { prompt, by, act });
                let refused = decisions.iter().find_map(|decision| match decision {
                    Decision::Refused(Refusal::PromptState(_, state)) => Some(*state),
                    _ => None,
                });
                if let Some(state) = refused {
                    let target = self.user_name(known.target);
                    self.row(&["reject", id, &target, &format!("bad_state_{}", state.word())]);
                }
            }
        }
        Ok(())
    }

    fn agent(&mut self, event: &Event) {
        let Event::Agent { id, status: kind, queues, skills, channels, cap } = event else { return };
        let user = self.user(id);
        let mut agent = Agent::new(user);
        for (queue, (priority, delay)) in queues {
            let membership = Membership { priority: *priority, delay_ms: ms(*delay) };
            agent.memberships.insert(QueueId::from_number(self.number(queue)), membership);
        }
        for (skill, level) in skills {
            agent.skills.insert(SkillId::from_number(self.number(skill)), *level);
        }
        if let Some(channels) = channels {
            agent.channels.clone_from(channels);
        }
        if let Some(cap) = cap {
            agent.capacity = Capacity { primary: cap.primary, interruptible: cap.interruptible };
        }
        self.give(Input::AgentUpserted(agent));
        self.give(Input::ReachabilityChanged { user, reachable: true });
        self.give(Input::PresenceSet { user, status: status(*kind) });
    }

    fn step(&self, step: &Step) -> crate::Step {
        let levels = |list: &[(String, u8)]| {
            let level = |(skill, min): &(String, u8)| SkillLevel {
                skill: SkillId::from_number(self.number(skill)),
                min: *min,
            };
            list.iter().map(level).collect()
        };
        crate::Step {
            all: levels(&step.all),
            any: levels(&step.any),
            not: levels(&step.not),
            agents: step.agents.iter().map(|agent| self.user(agent)).collect(),
            expiry_ms: step.expiry.map(ms),
        }
    }

    fn enqueue(&mut self, event: &Event) {
        let Event::Enqueue {
            id,
            queue,
            channel,
            ctype,
            weight,
            prio,
            prio2,
            boost,
            steps,
            preferred,
            max_wait,
            overflow,
        } = event
        else {
            return;
        };
        let target = Target::Queue(QueueId::from_number(self.number(queue)));
        let mut item = WorkItem::new(self.item(id).0, target, self.now);
        item.load = Load { channel: *channel, pool: *ctype, weight: *weight };
        item.prio = *prio;
        item.prio2 = *prio2;
        item.boost_ms = ms(*boost);
        item.steps = steps.iter().map(|step| self.step(step)).collect();
        item.preferred = preferred.as_ref().map(|agent| self.user(agent));
        item.max_wait_ms = max_wait.map(ms);
        item.overflow = Some(Overflow::HangUp);
        self.overflow_words.insert(item.id, overflow.unwrap_or_default());
        self.loads.insert(item.id, item.load);
        self.give(Input::Enqueued(item));
    }

    fn answer(&mut self, id: &str, agent: &str, accepts: bool) {
        let offer = self.offers.get(&(self.item(id), self.user(agent))).copied();
        let stale = match offer {
            Some(offer) => {
                let input =
                    if accepts { Input::Answered { offer } } else { Input::Declined { offer, reason: None } };
                self.give(input).contains(&Decision::Refused(Refusal::StaleOffer(offer)))
            }
            None => true,
        };
        if stale {
            self.row(&["reject", id, agent, if accepts { "stale_accept" } else { "stale_decline" }]);
        }
    }

    fn end(&mut self, id: &str, held: InHand) {
        if held.voice {
            let acw = ms(self.trace.config.acw);
            let wrap_up_ms = (acw > 0).then_some(acw);
            self.give(Input::CallEnded { user: held.user, root: held.root, wrap_up_ms });
        } else {
            let item = self.item(id);
            self.give(Input::WorkEnded { user: held.user, item });
        }
        let root = self.item(id).0;
        self.give(Input::RootEnded { root });
    }

    fn outbound(&mut self, id: &str, agent: &str) {
        let (user, root) = (self.user(agent), self.item(id).0);
        match self.router.claim(user, root, ClaimKind::OwnAction, self.now) {
            Ok(decisions) => {
                self.in_hand.insert(id.to_owned(), InHand { user, root, voice: true });
                self.row(&["connect", id, agent]);
                decisions.iter().for_each(|decision| self.note(decision));
                self.give(Input::Tick);
            }
            Err(_) => self.row(&["reject", id, agent, "slot_taken"]),
        }
    }

    fn consult(&mut self, id: &str, requester: &str, target: &str, root: &str) {
        let prompt = self.prompt_id(id);
        let root = self.item(root).0;
        self.roots.insert(id.to_owned(), root);
        self.roots.insert(format!("{id}.call"), root);
        let request = ConsultRequest {
            prompt,
            requester: self.user(requester),
            target: self.user(target),
            root,
            note: None,
            boost_ms: 0,
        };
        let decisions = self.give(Input::ConsultRequested(request));
        let twice = |decision: &Decision| {
            matches!(
                decision,
                Decision::Refused(Refusal::DuplicatePrompt { .. } | Refusal::TooManyPrompts(_))
            )
        };
        if decisions.iter().any(twice) {
            self.row(&["reject", id, target, "duplicate_prompt"]);
        }
    }
}

fn status_word(kind: StatusKind) -> &'static str {
    match kind {
        StatusKind::Online => "online",
        StatusKind::Busy => "busy",
        StatusKind::Dnd => "dnd",
        StatusKind::Offline => "offline",
    }
}

fn revoke_word(why: RevokeReason) -> &'static str {
    match why {
        RevokeReason::AgentOffline => "agent_offline",
        RevokeReason::AgentDnd => "agent_dnd",
        RevokeReason::AgentUnreachable => "agent_unreachable",
        RevokeReason::AgentRemoved => "agent_removed",
        RevokeReason::CallerGone => "caller_gone",
        RevokeReason::OfferFailed => "offer_failed",
        RevokeReason::AgentCallsForHelp => "agent_calls_for_help",
    }
}
