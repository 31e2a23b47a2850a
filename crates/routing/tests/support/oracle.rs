//! The router once more, naively: lists, no index, every pair weighed every time.

use routing::{
    Agent, ClaimKind, Decision, Input, Load, Model, Overflow, OverflowCause, Pool, Queue, RevokeReason,
    ServiceChannel, Status, StatusCause, StatusKind, Step, Target, Token, WorkItem, WorkKind,
};
use terms::{ConversationId, OfferId, QueueId, Timestamp, UserId};

use super::world::Act;

struct Person {
    agent: Agent,
    status: Status,
    pending: Option<Status>,
    reachable: bool,
    missed: bool,
    misses: u32,
    offered: bool,
    /// Work beside voice.
    in_hand: Vec<(ConversationId, Load)>,
    call: Option<ConversationId>,
    /// Conversation, start, end, extensions left, the timer's number.
    acw: Option<(ConversationId, Timestamp, Timestamp, Option<u32>, u64)>,
    last_queue: Option<QueueId>,
    idle: Timestamp,
    /// Until when nothing is offered, and the timer's number.
    rest: Option<(Timestamp, u64)>,
}

enum Due {
    Acw(UserId),
    Rest(UserId),
    Push(ConversationId, UserId),
    Step(ConversationId),
    Max(ConversationId),
    Nobody(ConversationId),
    Retry(ConversationId),
}

struct Work {
    item: WorkItem,
    prio: u32,
    arrival: u64,
    step: usize,
    step_ends: Option<(Timestamp, u64)>,
    refused: Vec<UserId>,
    offer: Option<(UserId, Timestamp, u64)>,
    overdue: bool,
    max: Option<(Timestamp, u64)>,
    nobody: Option<(Timestamp, u64)>,
    /// When, and the timer's number: timers of one instant fire in the order they were made.
    retry: Option<(Timestamp, u64)>,
}

#[derive(Default)]
pub struct Oracle {
    people: Vec<Person>,
    queues: Vec<Queue>,
    works: Vec<Work>,
    /// By queue: when its members took something, and whether it was a colleague's request.
    taken: Vec<(QueueId, Timestamp, bool)>,
    arrivals: u64,
    timers_made: u64,
    rows: Vec<String>,
}

impl Person {
    fn at_work(&self) -> bool {
        self.status.kind == StatusKind::Online && !self.missed && self.reachable
    }
    fn free(&self) -> bool {
        self.at_work() && !self.offered && self.call.is_none() && self.acw.is_none()
    }
}

/// A decision as a line of text without the offer's id, which the oracle does not know.
pub fn row(decision: &Decision) -> Option<String> {
    Some(match decision {
        Decision::Offered { item, user, expires_at, runner_up, .. } => {
            format!("offer {item} {user} {} {runner_up:?}", expires_at.ms())
        }
        Decision::Accepted { item, user, wrap_up_ms, .. } => format!("accept {item} {user} {wrap_up_ms:?}"),
        Decision::Declined { item, user, .. } => format!("decline {item} {user}"),
        Decision::Revoked { item, user, why, .. } => format!("revoke {item} {user} {why:?}"),
        Decision::Missed { item, user, paused, .. } => format!("miss {item} {user} {paused}"),
        Decision::StatusChanged { user, status, cause } => {
            format!("status {user} {:?} {cause:?}", status.kind)
        }
        Decision::StatusPending { user, status } => {
            format!("pending {user} {:?}", status.map(|status| status.kind))
        }
        Decision::WrapUpStarted { user, until, .. } => format!("acw {user} {}", until.ms()),
        Decision::WrapUpExtended { user, until } => format!("more acw {user} {}", until.ms()),
        Decision::WrapUpEnded { user, .. } => format!("acw over {user}"),
        Decision::Overflowed { item, to, cause } => format!("overflow {item} {to:?} {cause:?}"),
        Decision::StepReached { item, step } => format!("step {item} {step}"),
        Decision::Cancelled { item } => format!("cancel {item}"),
        Decision::PromptChanged(_) | Decision::ConsultUnavailable { .. } | Decision::Refused(_) => {
            return None;
        }
    })
}

impl Oracle {
    /// The rows an act leads to. `open` says which item and agent an offer id stands for.
    pub fn act(
        &mut self,
        act: &Act,
        now: Timestamp,
        open: impl Fn(OfferId) -> Option<(ConversationId, UserId)>,
    ) -> Vec<String> {
        match act {
            Act::Handle(input) => {
                self.settle(now);
                self.take_in(input, now, open);
                self.look_who_is_there(now);
                self.settle(now);
            }
            Act::Claim(user, root, kind) => self.claim(*user, *root, *kind),
        }
        std::mem::take(&mut self.rows)
    }

    fn person(&mut self, user: UserId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.agent.id == user)
    }
    fn queue(&self, queue: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|known| known.id == queue)
    }
    fn index(&self, conversation: ConversationId) -> Option<usize> {
        self.works.iter().position(|work| work.item.id.0 == conversation)
    }

    fn claim(&mut self, user: UserId, root: ConversationId, kind: ClaimKind) {
        let Some(known) = self.people.iter().find(|person| person.agent.id == user) else { return };
        let (free, primary) = (self.has_room(known, Load::default()), self.used(known, Pool::Primary));
        // A colleague rings the phone, whatever channels the agent takes work on.
        let free = free || (known.free() && primary == 0);
        let Some(person) = self.person(user) else { return };
        if person.call == Some(root) {
            return;
        }
        let own_acw = person.acw.is_some_and(|acw| acw.0 == root);
        let may = match kind {
            ClaimKind::OwnAction => {
                primary == 0
                    && person.reachable
                    && !person.offered
                    && person.call.is_none()
                    && (person.acw.is_none() || own_acw)
            }
            // The world never deals this one; the stories tell it.
            ClaimKind::Help => person.reachable && !person.offered && person.call.is_none(),
            ClaimKind::Rung => free,
        };
        if may {
            person.call = Some(root);
            if person.acw.take().is_some() {
                self.rows.push(format!("acw over {user}"));
            }
        }
    }

    fn used(&self, person: &Person, pool: Pool) -> u32 {
        let rings = self.works.iter().filter(|work| work.offer.is_some_and(|o| o.0 == person.agent.id));
        let loads = rings.map(|work| work.item.load).chain(person.in_hand.iter().map(|held| held.1));
        loads
            .filter(|load| load.channel != ServiceChannel::Voice && load.pool == pool)
            .map(|load| load.weight)
            .sum()
    }
    fn has_room(&self, person: &Person, load: Load) -> bool {
        let primary = self.used(person, Pool::Primary);
        let no_voice = !person.offered && person.call.is_none() && person.acw.is_none();
        let capacity = person.agent.capacity;
        person.at_work()
            && person.rest.is_none()
            && person.agent.channels.contains(&load.channel)
            && match (load.channel, load.pool) {
                (ServiceChannel::Voice, _) => no_voice && primary == 0,
                (_, Pool::Primary) => no_voice && primary + load.weight <= capacity.primary,
                (_, Pool::Interruptible) => {
                    self.used(person, Pool::Interruptible) + load.weight <= capacity.interruptible
                }
            }
    }

    fn may(&self, person: &Person, work: &Work, now: Timestamp) -> bool {
        let user = person.agent.id;
        if work.refused.contains(&user) || work.item.excluded.contains(&user) {
            return false;
        }
        let load = work.item.load;
        let never =
            load.channel != ServiceChannel::Voice && load.weight > person.agent.capacity.of(load.pool);
        if never || !person.agent.channels.contains(&load.channel) {
            return false;
        }
        match work.item.target {
            Target::Agent(target) => target == user,
            Target::Queue(queue) => {
                let Some(membership) = person.agent.memberships.get(&queue) else { return false };
                let step_fits = work.item.steps.get(work.step).is_none_or(|step| fits(step, &person.agent));
                self.queue(queue).is_some()
                    && now - work.item.activated_at >= membership.delay_ms
                    && step_fits
            }
        }
    }

    /// Whether this colleague's request comes after all customers.
    fn yields(&self, work: &Work, now: Timestamp) -> bool {
        let Target::Queue(queue) = work.item.target else { return false };
        let Some(most) = self.queue(queue).and_then(|queue| queue.internal_share_max) else { return false };
        let lately = |taken: &&(QueueId, Timestamp, bool)| taken.0 == queue && now - taken.1 < 600_000;
        let all = self.taken.iter().filter(lately).count() + 1;
        let internal = self.taken.iter().filter(lately).filter(|taken| taken.2).count() + 1;
        work.item.kind == WorkKind::Consult && internal * 100 > usize::try_from(most).unwrap() * all
    }

    fn rests(&mut self, user: UserId, ms: i64, now: Timestamp) {
        let number = self.timers_made;
        self.timers_made += 1;
        let Some(person) = self.person(user) else { return };
        if ms > 0 && person.rest.is_none_or(|rest| rest.0 < now.plus_ms(ms)) {
            person.rest = Some((now.plus_ms(ms), number));
        }
    }

    /// Membership priority, place in line, then the agent's own key; the smallest pair is made.
    fn key(&self, person: &Person, work: &Work, now: Timestamp) -> impl Ord + Copy + use<> {
        let (mut membership, mut model) = (person.agent.direct_priority, 0i64);
        let pool = work.item.load.pool;
        let used = i64::from(self.used(person, pool));
        if let Target::Queue(queue) = work.item.target {
            membership = person.agent.memberships[&queue].priority.max(1);
            let skills = &person.agent.skills;
            model = match self.queue(queue).unwrap().model {
                Model::BestSkill => work.item.steps.get(work.step).map_or(0, |step| {
                    let mut named: Vec<_> =
                        step.all.iter().chain(&step.any).map(|wanted| wanted.skill).collect();
                    named.sort();
                    named.dedup();
                    -named.iter().map(|skill| i64::from(skills.get(skill).copied().unwrap_or(0))).sum::<i64>()
                }),
                Model::FewestSkills => i64::try_from(skills.len()).unwrap(),
                Model::LongestIdle => 0,
                Model::LeastActive => used,
                Model::MostAvailable => used - i64::from(person.agent.capacity.of(pool)),
            };
        }
        let since = work.item.enqueued_at.ms() - work.item.boost_ms;
        let item_key = (self.yields(work, now), membership, work.prio, work.item.prio2, since, work.arrival);
        let preferred = work.item.preferred == Some(person.agent.id);
        (item_key, (u8::from(!preferred), model, person.idle, person.agent.id))
    }

    fn settle(&mut self, now: Timestamp) {
        loop {
            let dues = self.works.iter().flat_map(|work| {
                let timers = [work.step_ends, work.max, work.nobody, work.retry];
                timers
                    .map(|timer| timer.map(|timer| timer.0))
                    .into_iter()
                    .chain([work.offer.map(|offer| offer.1)])
            });
            let ends = self.people.iter().map(|person| person.acw.map(|acw| acw.2));
            let ends = ends.chain(self.people.iter().map(|person| person.rest.map(|rest| rest.0)));
            let Some(at) = dues.chain(ends).flatten().min().filter(|at| *at <= now) else { break };
            self.fire(at, now);
            self.match_up(now);
        }
        self.match_up(now);
    }

    /// Everything due at this instant, in the order in which the timers were made.
    fn fire(&mut self, at: Timestamp, now: Timestamp) {
        loop {
            let mut due: Vec<(u64, Due)> = Vec::new();
            for person in &self.people {
                let rest = person.rest.filter(|rest| rest.0 == at);
                due.extend(rest.map(|rest| (rest.1, Due::Rest(person.agent.id))));
                due.extend(
                    person.acw.filter(|acw| acw.2 == at).map(|acw| (acw.4, Due::Acw(person.agent.id))),
                );
            }
            for work in &self.works {
                let id = work.item.id.0;
                due.extend(
                    work.offer.filter(|offer| offer.1 == at).map(|offer| (offer.2, Due::Push(id, offer.0))),
                );
                due.extend(
                    work.step_ends.filter(|timer| timer.0 == at).map(|timer| (timer.1, Due::Step(id))),
                );
                due.extend(work.max.filter(|timer| timer.0 == at).map(|timer| (timer.1, Due::Max(id))));
                due.extend(work.nobody.filter(|timer| timer.0 == at).map(|timer| (timer.1, Due::Nobody(id))));
                due.extend(work.retry.filter(|timer| timer.0 == at).map(|timer| (timer.1, Due::Retry(id))));
            }
            let Some((_, first)) = due.into_iter().min_by_key(|due| due.0) else { break };
            self.fire_one(first, at, now);
            self.look_who_is_there(now);
        }
    }

    fn fire_one(&mut self, due: Due, at: Timestamp, now: Timestamp) {
        match due {
            Due::Acw(user) => self.end_acw(user, now),
            Due::Rest(user) => self.person(user).unwrap().rest = None,
            Due::Push(id, user) => self.miss(self.index(id).unwrap(), user, now),
            Due::Step(id) => {
                let i = self.index(id).unwrap();
                let step = self.works[i].step + 1;
                self.works[i].step = step;
                self.works[i].step_ends =
                    ends(&self.works[i].item.steps, step, at).map(|at| (at, self.timers_made));
                self.timers_made += 1;
                self.rows.push(format!("step {id} {step}"));
            }
            Due::Retry(id) => {
                let i = self.index(id).unwrap();
                self.works[i].retry = None;
                self.works[i].refused.clear();
            }
            Due::Nobody(id) => {
                let i = self.index(id).unwrap();
                self.works[i].nobody = None;
                if self.works[i].offer.is_none() {
                    self.overflow(id, OverflowCause::NobodySignedIn);
                }
            }
            Due::Max(id) => {
                let i = self.index(id).unwrap();
                self.works[i].max = None;
                self.works[i].overdue = true;
                if self.works[i].offer.is_none() {
                    self.overflow(id, OverflowCause::MaxWait);
                }
            }
        }
    }

    fn miss(&mut self, i: usize, user: UserId, now: Timestamp) {
        let item = self.works[i].item.id;
        self.works[i].offer = None;
        self.works[i].refused.push(user);
        let voice = self.works[i].item.load.channel == ServiceChannel::Voice;
        let person = self.person(user).unwrap();
        person.offered &= !voice;
        person.misses += 1;
        let paused = person.misses >= person.agent.missed_before_pause;
        let status = person.agent.status_on_push_timeout.filter(|_| paused);
        if paused {
            person.misses = 0;
            person.missed = status.is_none();
        }
        self.rows.push(format!("miss {item} {user} {paused}"));
        if let Some(status) = status {
            self.set_status(user, status, StatusCause::PushTimeout, now);
        }
        let ms = self.person(user).unwrap().agent.rests.missed_ms;
        self.rests(user, ms, now);
        self.overflow_strays();
    }

    fn set_status(&mut self, user: UserId, status: Status, cause: StatusCause, now: Timestamp) {
        let Some(person) = self.person(user) else { return };
        if person.status == status && !person.missed {
            return;
        }
        if status.kind == StatusKind::Online && (person.status.kind != StatusKind::Online || person.missed) {
            person.idle = now;
        }
        person.status = status;
        person.missed = false;
        self.rows.push(format!("status {user} {:?} {cause:?}", status.kind));
        match status.kind {
            StatusKind::Dnd => self.revoke_from(user, RevokeReason::AgentDnd),
            StatusKind::Offline => self.revoke_from(user, RevokeReason::AgentOffline),
            StatusKind::Online | StatusKind::Busy => {}
        }
    }

    fn overflow(&mut self, id: ConversationId, cause: OverflowCause) {
        let work = self.works.remove(self.index(id).unwrap());
        let of_queue = match work.item.target {
            Target::Queue(queue) => self.queue(queue).map(|queue| queue.overflow.clone()),
            Target::Agent(_) => None,
        };
        let to = work.item.overflow.clone().or(of_queue).unwrap_or(Overflow::HangUp);
        self.rows.push(format!("overflow {id} {to:?} {cause:?}"));
    }

    /// Items whose queue or person is gone overflow as soon as nobody is being rung for them.
    fn overflow_strays(&mut self) {
        let strays: Vec<_> = self
            .works
            .iter()
            .filter(|work| work.offer.is_none())
            .filter(|work| match work.item.target {
                Target::Queue(queue) => self.queue(queue).is_none(),
                Target::Agent(user) => !self.people.iter().any(|person| person.agent.id == user),
            })
            .map(|work| work.item.id.0)
            .collect();
        for id in strays {
            self.overflow(id, OverflowCause::TargetRemoved);
        }
    }

    /// Work in a queue that nobody of is signed in for waits only so long.
    fn look_who_is_there(&mut self, now: Timestamp) {
        for i in 0..self.works.len() {
            let Target::Queue(queue) = self.works[i].item.target else { continue };
            let there = self.people.iter().any(|person| {
                person.agent.memberships.contains_key(&queue)
                    && person.status.kind != StatusKind::Offline
                    && person.reachable
            });
            let ms = self.queue(queue).and_then(|queue| queue.nobody_ms).filter(|_| !there);
            let running = self.works[i].nobody;
            self.works[i].nobody = ms.map(|ms| running.unwrap_or((now.plus_ms(ms), self.timers_made)));
            self.timers_made += 1;
        }
    }

    fn match_up(&mut self, now: Timestamp) {
        loop {
            let mut pairs = Vec::new();
            for (w, work) in self.works.iter().enumerate().filter(|(_, work)| work.offer.is_none()) {
                for (p, person) in self.people.iter().enumerate() {
                    if self.has_room(person, work.item.load) && self.may(person, work, now) {
                        pairs.push((self.key(person, work, now), w, p));
                    }
                }
            }
            let Some((_, w, p)) = pairs.iter().copied().min_by_key(|pair| pair.0) else { break };
            let next = pairs.iter().filter(|pair| pair.1 == w && pair.2 != p).min_by_key(|pair| pair.0);
            let runner_up = next.map(|next| self.people[next.2].agent.id);
            let item = &self.works[w].item;
            let of_queue = match item.target {
                Target::Queue(queue) => self.queue(queue).map(|queue| queue.push_ms),
                Target::Agent(_) => None,
            };
            let expires = now.plus_ms(item.push_ms.or(of_queue).unwrap_or(20_000));
            let user = self.people[p].agent.id;
            self.rows.push(format!("offer {} {user} {} {runner_up:?}", item.id, expires.ms()));
            self.works[w].offer = Some((user, expires, self.timers_made));
            self.timers_made += 1;
            self.people[p].offered |= self.works[w].item.load.channel == ServiceChannel::Voice;
        }
        let overdue: Vec<_> = self
            .works
            .iter()
            .filter(|work| work.overdue && work.offer.is_none())
            .map(|work| work.item.id.0)
            .collect();
        for id in overdue {
            self.overflow(id, OverflowCause::MaxWait);
        }
        for i in 0..self.works.len() {
            let work = &self.works[i];
            let asked = work.offer.is_none() && !work.refused.is_empty() && work.retry.is_none();
            let left = self.people.iter().any(|person| person.at_work() && self.may(person, work, now));
            if asked && !left {
                let of_queue = match work.item.target {
                    Target::Queue(queue) => self.queue(queue).map(|queue| queue.retry_ms),
                    Target::Agent(_) => None,
                };
                self.works[i].retry = Some((now.plus_ms(of_queue.unwrap_or(5_000)), self.timers_made));
                self.timers_made += 1;
            }
        }
    }

    fn end_acw(&mut self, user: UserId, now: Timestamp) {
        let Some(person) = self.person(user) else { return };
        if person.acw.take().is_some() {
            person.idle = now;
            self.rows.push(format!("acw over {user}"));
        }
    }

    /// Ends the offer of an item; who was rung for it.
    fn close(&mut self, id: ConversationId) -> Option<UserId> {
        let i = self.index(id)?;
        let (user, ..) = self.works[i].offer.take()?;
        if self.works[i].item.load.channel == ServiceChannel::Voice
            && let Some(person) = self.person(user)
        {
            person.offered = false;
        }
        Some(user)
    }

    fn take_in(
        &mut self,
        input: &Input,
        now: Timestamp,
        open: impl Fn(OfferId) -> Option<(ConversationId, UserId)>,
    ) {
        match input {
            Input::AgentUpserted(agent) => match self.person(agent.id) {
                Some(person) => person.agent = agent.clone(),
                None => self.people.push(Person {
                    agent: agent.clone(),
                    status: Status::SIGNED_OUT,
                    pending: None,
                    reachable: false,
                    missed: false,
                    misses: 0,
                    offered: false,
                    in_hand: Vec::new(),
                    call: None,
                    acw: None,
                    last_queue: None,
                    idle: now,
                    rest: None,
                }),
            },
            Input::AgentRemoved(user) => {
                self.people.retain(|person| person.agent.id != *user);
                let rung = self.works.iter_mut().filter(|work| work.offer.is_some_and(|o| o.0 == *user));
                for work in rung {
                    work.offer = None;
                    self.rows.push(format!(
                        "revoke {} {user} {:?}",
                        work.item.id,
                        RevokeReason::AgentRemoved
                    ));
                }
                self.overflow_strays();
            }
            Input::QueueUpserted(queue) => {
                self.queues.retain(|known| known.id != queue.id);
                if queue.internal_share_max.is_none() {
                    self.taken.retain(|taken| taken.0 != queue.id);
                }
                self.queues.push(queue.clone());
            }
            Input::QueueRemoved(queue) => {
                let removed: Vec<_> = self
                    .works
                    .iter()
                    .filter(|work| work.item.target == Target::Queue(*queue) && work.offer.is_none())
                    .map(|work| work.item.id.0)
                    .collect();
                for id in removed {
                    self.overflow(id, OverflowCause::TargetRemoved);
                }
                self.queues.retain(|known| known.id != *queue);
                self.taken.retain(|taken| taken.0 != *queue);
            }
            Input::PresenceSet { user, status } => self.choose(*user, *status, now),
            Input::ReachabilityChanged { user, reachable } => {
                if let Some(person) = self.person(*user) {
                    person.reachable = *reachable;
                    if !reachable {
                        self.revoke_from(*user, RevokeReason::AgentUnreachable);
                    }
                }
            }
            Input::Enqueued(item) => self.enqueue(item.clone()),
            Input::Cancelled { item } => {
                if let Some(user) = self.close(item.0) {
                    self.rows.push(format!("revoke {item} {user} {:?}", RevokeReason::CallerGone));
                }
                if let Some(i) = self.index(item.0) {
                    self.works.remove(i);
                    self.rows.push(format!("cancel {item}"));
                }
            }
            Input::Answered { offer } => self.answer(open(*offer), now),
            Input::Declined { offer, .. } | Input::OfferFailed { offer } => {
                let failed = matches!(input, Input::OfferFailed { .. });
                self.refuse(open(*offer), failed, now);
            }
            Input::CallEnded { user, root, wrap_up_ms } => self.end_call(*user, *root, *wrap_up_ms, now),
            Input::WorkEnded { user, item } => {
                if let Some(person) = self.person(*user)
                    && let Some(at) = person.in_hand.iter().position(|held| held.0 == item.0)
                {
                    person.in_hand.remove(at);
                    person.idle = now;
                }
            }
            Input::ConsultRequested(_) | Input::PromptActed { .. } | Input::RootEnded { .. } => {}
            Input::WrapUpDone { user } => self.end_acw(*user, now),
            Input::WrapUpExtended { user, ms } => {
                let made = self.timers_made;
                self.timers_made += 1;
                if let Some(acw) = self.person(*user).and_then(|person| person.acw.as_mut())
                    && acw.3 != Some(0)
                {
                    acw.2 = acw.2.plus_ms(*ms);
                    acw.4 = made;
                    acw.3 = acw.3.map(|left| left - 1);
                    let until = acw.2.ms();
                    self.rows.push(format!("more acw {user} {until}"));
                }
            }
            Input::Tick => {}
        }
    }

    fn choose(&mut self, user: UserId, status: Status, now: Timestamp) {
        let Some(person) = self.person(user) else { return };
        person.misses = 0;
        person.rest = None;
        if person.call.is_some() {
            let pending = (status != person.status).then_some(status);
            if pending != person.pending {
                person.pending = pending;
                self.rows.push(format!("pending {user} {:?}", pending.map(|status| status.kind)));
            }
            return;
        }
        self.set_status(user, status, StatusCause::Chosen, now);
    }

    fn revoke_from(&mut self, user: UserId, why: RevokeReason) {
        let rung = self.works.iter().filter(|work| work.offer.is_some_and(|offer| offer.0 == user));
        let rung: Vec<_> = rung.map(|work| work.item.id).collect();
        for id in rung {
            self.close(id.0);
            self.rows.push(format!("revoke {id} {user} {why:?}"));
            self.overflow_strays();
        }
    }

    fn answer(&mut self, offer: Option<(ConversationId, UserId)>, now: Timestamp) {
        let Some((id, user)) = offer else { return };
        self.close(id);
        let work = self.works.remove(self.index(id).unwrap());
        let queue = match work.item.target {
            Target::Queue(queue) => Some(queue),
            Target::Agent(_) => None,
        };
        let of_queue = queue.and_then(|queue| self.queue(queue)?.wrap_up).map(|wrap_up| wrap_up.ms);
        let wrap_up_ms = work.item.wrap_up_ms.or(of_queue);
        let person = self.person(user).unwrap();
        person.misses = 0;
        if work.item.load.channel == ServiceChannel::Voice {
            person.call = Some(id);
            person.last_queue = queue;
        } else {
            person.in_hand.push((id, work.item.load));
        }
        let serves: Vec<QueueId> = person.agent.memberships.keys().copied().collect();
        let internal = work.item.kind == WorkKind::Consult;
        for queue in serves {
            if self.queue(queue).is_some_and(|queue| queue.internal_share_max.is_some()) {
                self.taken.push((queue, now, internal));
            }
        }
        self.rows.push(format!("accept {id} {user} {wrap_up_ms:?}"));
    }

    fn refuse(&mut self, offer: Option<(ConversationId, UserId)>, failed: bool, now: Timestamp) {
        let Some((id, user)) = offer else { return };
        self.close(id);
        let i = self.index(id).unwrap();
        self.works[i].refused.push(user);
        if failed {
            self.rows.push(format!("revoke {id} {user} {:?}", RevokeReason::OfferFailed));
            let ms = self.person(user).unwrap().agent.rests.failed_ms;
            self.rests(user, ms, now);
        } else {
            self.rows.push(format!("decline {id} {user}"));
            if let Some(status) = self.person(user).unwrap().agent.status_on_decline {
                self.set_status(user, status, StatusCause::Declined, now);
            }
            let ms = self.person(user).unwrap().agent.rests.declined_ms;
            self.rests(user, ms, now);
        }
        self.overflow_strays();
    }

    fn end_call(&mut self, user: UserId, root: ConversationId, wrap_up_ms: Option<i64>, now: Timestamp) {
        let Some(person) = self.people.iter_mut().find(|person| person.agent.id == user) else { return };
        if person.call != Some(root) {
            return;
        }
        person.call = None;
        person.idle = now;
        let pending = person.pending.take();
        if let Some(ms) = wrap_up_ms {
            let rules = person
                .last_queue
                .and_then(|queue| self.queues.iter().find(|known| known.id == queue)?.wrap_up);
            person.acw =
                Some((root, now, now.plus_ms(ms), rules.map(|rules| rules.max_extensions), self.timers_made));
            self.timers_made += 1;
            self.rows.push(format!("acw {user} {}", now.plus_ms(ms).ms()));
        }
        if let Some(status) = pending {
            self.set_status(user, status, StatusCause::CallEnded, now);
        }
    }

    fn enqueue(&mut self, mut item: WorkItem) {
        let known = match item.target {
            Target::Queue(queue) => self.queue(queue).is_some(),
            Target::Agent(user) => self.people.iter().any(|person| person.agent.id == user),
        };
        let before = self.index(item.id.0);
        if !known || before.is_some_and(|i| self.works[i].offer.is_some()) {
            return;
        }
        let before = before.map(|i| self.works.remove(i));
        let queue = match item.target {
            Target::Queue(queue) => self.queue(queue).cloned(),
            Target::Agent(_) => None,
        };
        let mut prio = item.prio.unwrap_or(5);
        let mut max_wait_ms = item.max_wait_ms;
        if let Some(queue) = &queue {
            prio = item.prio.unwrap_or(queue.prio);
            max_wait_ms = max_wait_ms.or(queue.max_wait_ms);
            if item.steps.is_empty() {
                item.steps.clone_from(&queue.steps);
            }
            let length = self.works.iter().filter(|work| work.item.target == item.target).count();
            if before.is_none()
                && !item.returns
                && queue.max_size.is_some_and(|most| length >= usize::try_from(most).unwrap())
            {
                let to = item.overflow.clone().unwrap_or_else(|| queue.overflow.clone());
                self.rows.push(format!("overflow {} {to:?} {:?}", item.id, OverflowCause::QueueFull));
                return;
            }
        }
        let (arrival, refused) = match before {
            Some(before) => (before.arrival, before.refused),
            None => (self.arrivals, Vec::new()),
        };
        self.arrivals = self.arrivals.max(arrival + 1);
        self.timers_made += 2;
        let since = item.activated_at;
        self.works.push(Work {
            prio,
            arrival,
            step: 0,
            step_ends: ends(&item.steps, 0, since).map(|at| (at, self.timers_made)),
            refused,
            offer: None,
            overdue: false,
            max: max_wait_ms.map(|ms| (since.plus_ms(ms), self.timers_made - 1)),
            nobody: None,
            retry: None,
            item,
        });
    }

    pub fn tokens_agree(&self, token_of: impl Fn(UserId) -> Option<Token>) -> bool {
        self.people.iter().all(|person| match token_of(person.agent.id) {
            Some(Token::None) => !person.offered && person.call.is_none() && person.acw.is_none(),
            Some(Token::Offer(_)) => person.offered,
            Some(Token::Call(root)) => person.call == Some(root),
            Some(Token::Acw(root)) => person.acw.is_some_and(|acw| acw.0 == root),
            None => false,
        })
    }
}

fn ends(steps: &[Step], step: usize, since: Timestamp) -> Option<Timestamp> {
    steps.get(step)?.expiry_ms.map(|ms| since.plus_ms(ms))
}

fn fits(step: &Step, agent: &Agent) -> bool {
    let level = |skill| i32::from(agent.skills.get(skill).copied().unwrap_or(0));
    step.all.iter().all(|wanted| level(&wanted.skill) >= i32::from(wanted.min))
        && (step.any.is_empty()
            || step.any.iter().any(|wanted| level(&wanted.skill) >= i32::from(wanted.min)))
        && step.not.iter().all(|unwanted| level(&unwanted.skill) < i32::from(unwanted.min))
        && (step.agents.is_empty() || step.agents.contains(&agent.id))
}
