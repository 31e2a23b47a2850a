//! Folding facts into the state. Chooses nothing and cannot fail: a fact that names a wire or a record that is not
//! there changes nothing, and `check` finds what it should have changed.

use terms::{EndReason, Timestamp, UserId};

use crate::{
    conversation::{
        Asked, Coaching, Consult, ConsultPhase, Conversation, Handover, Home, Message, Parked, Waiting,
    },
    desired::WorkTarget,
    event::Event,
    input::{Details, MessageEnd, OverflowTo},
    leg::{Leg, LegState, Party, Role},
    record::{CoachingMode, Disposition, Purpose, VoiceCall},
    wish::Wishes,
};

pub(crate) fn apply(c: &mut Conversation, event: &Event) {
    match event {
        Event::Opened { opening } => *c = Conversation::open(opening),
        Event::CallOpened { call, record } => c.open_call(*call, record),
        Event::CallAnswered { call, by } => c.answer_call(*call, *by),
        Event::CallClosed { call, disposition, reason } => c.close_call(*call, *disposition, *reason),
        Event::LegAdded { leg, .. } => c.add_leg(*leg, event),
        Event::LegAnswered { leg } => {
            c.set_leg(*leg, |l| (l.state, l.early_media) = (LegState::Up, false));
        }
        Event::WireBack { leg } => c.set_leg(*leg, |l| l.state = LegState::Up),
        Event::LegEnded { leg, reason } => c.end_leg(*leg, *reason),
        Event::WireLost { leg, deadline } => {
            c.set_leg(*leg, |l| l.state = LegState::Lost { deadline: *deadline });
        }
        Event::EarlyMedia { leg } => c.set_leg(*leg, |l| l.early_media = true),
        Event::RoleChanged { leg, role } => c.change_role(*leg, *role),
        Event::FarNamed { target } => c.far = Some(target.clone()),
        Event::PromptStarted { prompt } => c.prompt = Some(*prompt),
        Event::PromptEnded { .. } => c.prompt = None,
        Event::DigitAwaited { .. } => c.await_digit(event),
        Event::DigitPressed { .. } | Event::DigitMissed { .. } => c.asked = None,
        Event::MessageStarted { .. } | Event::MessageEnded { .. } => c.take_message(event),
        Event::Queued { .. } | Event::Wished { .. } => c.wait(event),
        Event::Overflowed { to, .. } => c.overflowed = !matches!(to, OverflowTo::Queue(_)),
        Event::ContinuesIn { conversation, .. } => c.continues_in = Some(*conversation),
        Event::CustomerDialed { leg, deadline } => {
            c.set_leg(*leg, |l| l.state = LegState::Ringing { deadline: Some(*deadline) });
        }
        Event::Dequeued => c.work = None,
        Event::RecallPaused { until } => c.pause_recall(Some(*until)),
        Event::RecallRepeated => c.pause_recall(None),
        Event::Parked { slot, by, deadline } => {
            c.parked = Some(Parked { slot: slot.clone(), by: *by, deadline: *deadline });
        }
        Event::Retrieved { by } => c.retrieved(*by),
        Event::Held { leg, by } => c.set_leg(*leg, |l| (l.held, l.held_by) = (true, Some(*by))),
        Event::Resumed { leg } => c.set_leg(*leg, |l| (l.held, l.held_by) = (false, None)),
        Event::Muted { leg, by } => c.set_leg(*leg, |l| l.muted_by = Some(*by)),
        Event::Unmuted { leg } => c.set_leg(*leg, |l| l.muted_by = None),
        Event::ConsultStarted { initiator, leg, call, .. } => c.start_consult(*initiator, *leg, *call),
        Event::ConsultOffered { leg } => c.offer_consult(*leg),
        Event::ConsultConnected => c.set_consult(ConsultPhase::Private),
        Event::ConsultSwapped { to_customer } => c.set_consult(swapped(*to_customer)),
        Event::ConsultMerged => c.set_consult(ConsultPhase::Merged),
        Event::ConsultEnded { .. } | Event::TransferCompleted { .. } => c.consult = None,
        Event::TransferStarted { by, call, leg } => c.start_handover(*by, *call, *leg),
        Event::TransferFailed { .. } | Event::TransferConnected { .. } => c.handover = None,
        Event::CoachingStarted { .. } => c.start_coaching(event),
        Event::CoachingConnected { leg } => c.set_coaching(*leg, |coaching| coaching.connected = true),
        Event::CoachingModeChanged { leg, mode } => c.set_coaching(*leg, |coaching| coaching.mode = *mode),
        Event::CoachingMoved { leg, agent_leg } => c.move_coaching(*leg, *agent_leg),
        Event::CoachingEnded { leg, .. } => c.coaching.retain(|coaching| coaching.leg != *leg),
        Event::TakenOver { leg, from } => c.take_over(*leg, *from),
        Event::RecordingPaused => c.recording_paused = true,
        Event::RecordingResumed => c.recording_paused = false,
        Event::HandRaised { by } => c.hand = Some(*by),
        Event::HandLowered { .. } => c.hand = None,
        Event::DetailsChanged { details } => merge(&mut c.details, details),
        Event::Ended { reason } => c.end(*reason),
        Event::OfferEnded { leg, .. } => c.end_offer(*leg),
        Event::AgentOffered { .. }
        | Event::Connected { .. }
        | Event::DigitsSent { .. }
        | Event::TransferRecalled { .. }
        | Event::ParticipantAdded { .. }
        | Event::QualityMeasured { .. }
        | Event::WrappedUp { .. } => {}
    }
}

fn swapped(to_customer: bool) -> ConsultPhase {
    if to_customer { ConsultPhase::Swapped } else { ConsultPhase::Private }
}

fn merge(details: &mut Details, change: &Details) {
    let Details { subject, case_category, related_record, attributes } = change;
    for (field, new) in [
        (&mut details.subject, subject),
        (&mut details.case_category, case_category),
        (&mut details.related_record, related_record),
    ] {
        if let Some(new) = new {
            // Taken away again, it is as if it had never been said.
            *field = Some(new.clone()).filter(|text| !text.is_empty());
        }
    }
    details.attributes.extend(attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
}

impl Conversation {
    fn set_leg(&mut self, leg: u32, change: impl FnOnce(&mut Leg)) {
        if let Some(leg) = self.legs.get_mut(leg as usize) {
            change(leg);
        }
    }

    fn add_leg(&mut self, ordinal: u32, event: &Event) {
        let Event::LegAdded { party, role, call, auto_answer, offer, deadline, .. } = event else { return };
        if ordinal as usize != self.legs.len() {
            return;
        }
        self.legs.push(Leg {
            party: party.clone(),
            role: *role,
            state: LegState::Ringing { deadline: *deadline },
            incoming: false,
            auto_answer: *auto_answer,
            offer: *offer,
            call: *call,
            held: false,
            held_by: None,
            muted_by: None,
            early_media: false,
        });
        self.far = None;
        let rung = |record: &&mut VoiceCall| !record.answered && *role != Role::Supervisor;
        let record = self.calls.get_mut(*call as usize).filter(rung);
        if let Some(record) = record {
            record.target = party.user().or(record.target);
            if offer.is_none() {
                record.to.get_or_insert(party.clone());
            }
        }
    }

    fn end_leg(&mut self, ordinal: u32, reason: EndReason) {
        self.set_leg(ordinal, |leg| {
            leg.state = LegState::Ended { reason };
            (leg.held, leg.held_by, leg.muted_by) = (false, None, None);
        });
    }

    /// An agent's role carries the customer's call with it: its target follows.
    fn change_role(&mut self, ordinal: u32, role: Role) {
        self.set_leg(ordinal, |leg| leg.role = role);
        let user = self.legs.get(ordinal as usize).and_then(|leg| leg.party.user());
        if role == Role::Agent
            && user.is_some()
            && let Some(call) = self.calls.get_mut(self.customer_call as usize)
        {
            call.target = user;
        }
    }

    /// A transfer's record is where the customer is from now on.
    fn open_call(&mut self, ordinal: u32, record: &VoiceCall) {
        if ordinal as usize != self.calls.len() {
            return;
        }
        self.calls.push(record.clone());
        if let Some(before) = record.previous.and_then(|previous| self.calls.get_mut(previous as usize)) {
            before.next = Some(ordinal);
        }
        if record.purpose == Purpose::Transfer {
            self.customer_call = ordinal;
        }
    }

    fn answer_call(&mut self, ordinal: u32, by: Option<UserId>) {
        let Some(call) = self.calls.get_mut(ordinal as usize) else { return };
        call.answered = true;
        if let Some(user) = by {
            call.target = Some(user);
            call.to.get_or_insert(Party::User(user));
        }
    }

    fn close_call(&mut self, ordinal: u32, disposition: Disposition, reason: EndReason) {
        let Some(call) = self.calls.get_mut(ordinal as usize) else { return };
        call.open = false;
        call.disposition = disposition;
        call.end_reason = Some(reason);
    }

    fn take_message(&mut self, event: &Event) {
        if let Event::MessageStarted { queue, until, .. } = event {
            self.message = Some(Message { queue: *queue, until: *until });
        }
        if let Event::MessageEnded { how, ms, .. } = event {
            self.message = None;
            self.left_message = *how != MessageEnd::NodeLost && *ms >= terms::limits::MESSAGE_MS_MIN;
        }
    }

    fn await_digit(&mut self, event: &Event) {
        let Event::DigitAwaited { menu, silence_ms, until } = event else { return };
        self.asked = Some(Asked { menu: menu.clone(), silence_ms: *silence_ms, until: *until });
    }

    fn wait(&mut self, event: &Event) {
        if let Event::Wished { call, wishes } = event {
            self.wish(*call, wishes);
        } else {
            self.queued(event);
        }
    }

    /// Waiting for the customer's next agent is what ends being parked; its queue becomes the home to come back to.
    fn queued(&mut self, event: &Event) {
        let Event::Queued { call, target, since, skills, priority, head } = event else { return };
        let wishes = self.wishes_kept(*target, *head);
        if *call == self.customer_call {
            self.parked = None;
            if let WorkTarget::Queue(queue) = target {
                self.home = Some(Home {
                    queue: *queue,
                    since: *since,
                    skills: skills.clone(),
                    wishes: wishes.clone(),
                    priority: *priority,
                });
            }
        }
        if let (WorkTarget::Queue(queue), Some(record)) = (target, self.calls.get_mut(*call as usize)) {
            record.queue = Some(*queue);
        }
        self.far = None;
        self.overflowed = false;
        self.work = Some(Waiting {
            call: *call,
            target: *target,
            since: *since,
            skills: skills.clone(),
            wishes,
            priority: *priority,
            head: *head,
            tries: 0,
            later: None,
        });
    }

    /// Moved within its line, or back at its head, work wishes what it did before.
    fn wishes_kept(&self, target: WorkTarget, head: bool) -> Wishes {
        let of_work = self.work.as_ref().filter(|work| work.target == target).map(|work| &work.wishes);
        let home = self.home.as_ref().filter(|home| head && target == WorkTarget::Queue(home.queue));
        of_work.or(home.map(|home| &home.wishes)).cloned().unwrap_or_default()
    }

    fn wish(&mut self, call: u32, wishes: &Wishes) {
        let Some(work) = self.work.as_mut().filter(|work| work.call == call) else { return };
        work.wishes = wishes.clone();
        if let (true, Some(home)) = (call == self.customer_call, &mut self.home) {
            home.wishes = wishes.clone();
        }
    }

    fn pause_recall(&mut self, until: Option<Timestamp>) {
        if let Some(work) = &mut self.work {
            work.tries += u8::from(until.is_some());
            work.later = until;
        }
    }

    fn retrieved(&mut self, by: UserId) {
        self.parked = None;
        self.answer_call(self.customer_call, Some(by));
    }

    fn start_consult(&mut self, initiator: u32, leg: Option<u32>, call: u32) {
        let phase = if leg.is_some() { ConsultPhase::Ringing } else { ConsultPhase::Waiting };
        self.consult = Some(Consult { initiator, leg, call, phase });
    }

    /// The queue found somebody.
    fn offer_consult(&mut self, leg: u32) {
        if let Some(consult) = &mut self.consult {
            (consult.leg, consult.phase) = (Some(leg), ConsultPhase::Ringing);
        }
    }

    /// A consult or transfer whose offer failed waits again.
    fn end_offer(&mut self, leg: u32) {
        if let Some(consult) = &mut self.consult
            && consult.leg == Some(leg)
        {
            (consult.leg, consult.phase) = (None, ConsultPhase::Waiting);
        }
        if let Some(handover) = &mut self.handover
            && handover.leg == Some(leg)
        {
            handover.leg = None;
        }
    }

    fn set_consult(&mut self, phase: ConsultPhase) {
        if let Some(consult) = &mut self.consult {
            consult.phase = phase;
        }
    }

    /// The wire that already rings for a consult goes on ringing for the customer.
    fn start_handover(&mut self, by: UserId, call: u32, leg: Option<u32>) {
        self.handover = Some(Handover { by, call, leg });
        if let Some(leg) = leg {
            self.set_leg(leg, |leg| leg.call = call);
        }
    }

    fn start_coaching(&mut self, event: &Event) {
        let Event::CoachingStarted { leg, call, supervisor, agent_leg, mode, attach_to } = event else {
            return;
        };
        self.coaching.push(Coaching {
            leg: *leg,
            call: *call,
            supervisor: *supervisor,
            agent_leg: *agent_leg,
            mode: *mode,
            attach_to: *attach_to,
            connected: false,
        });
    }

    fn set_coaching(&mut self, leg: u32, change: impl FnOnce(&mut Coaching)) {
        if let Some(coaching) = self.coaching.iter_mut().find(|coaching| coaching.leg == leg) {
            change(coaching);
        }
    }

    /// The new agent did not ask for the voice in their ear: whisper falls back to monitor until it is chosen again.
    fn move_coaching(&mut self, leg: u32, agent_leg: u32) {
        self.set_coaching(leg, |coaching| {
            coaching.agent_leg = agent_leg;
            if coaching.mode == CoachingMode::Whisper {
                coaching.mode = CoachingMode::Monitor;
            }
        });
    }

    /// A merged consult of the replaced agent is the supervisor's now.
    fn take_over(&mut self, leg: u32, from: u32) {
        self.coaching.retain(|coaching| coaching.leg != leg);
        if let Some(consult) = &mut self.consult
            && consult.initiator == from
        {
            consult.initiator = leg;
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.ended = Some(reason);
        (self.prompt, self.asked, self.work, self.home, self.far) = (None, None, None, None, None);
        self.message = None;
        (self.consult, self.handover, self.parked, self.hand) = (None, None, None, None);
        self.coaching.clear();
        self.recording_paused = false;
    }
}
