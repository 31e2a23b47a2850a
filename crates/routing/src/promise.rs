//! Promises: how a callback prompt goes from the card to the call.

use std::collections::BTreeSet;

use terms::{CallbackPromptId, ConversationId, Timestamp, UserId};

use crate::{
    Broken, CallbackPrompt, ConsultRequest, Decision, ItemId, PromptAct, PromptState, Refusal, RevokeReason,
    Router, StatusKind, Target, Token, Unavailable, WorkItem, WorkKind,
    callback::{PROMPT_MS, PROMPTS_PER_TARGET_MAX, RECALL_MS, RESERVED_MS, recall_item},
    line::ItemSlot,
    roster::AgentSlot,
    selection::Place,
    timers::{Timer, after},
};

/// How the ringing of a recall ended.
pub(crate) enum Ending {
    Unanswered,
    Declined(Option<String>),
    Failed,
    Revoked(RevokeReason),
}

impl AgentSlot {
    /// Whether cards may come up.
    fn takes_prompts(&self) -> bool {
        matches!(self.status.kind, StatusKind::Online | StatusKind::Busy)
    }
    /// Whether they can be rung for something that they promised.
    fn keeps_promises(&self) -> bool {
        self.takes_prompts() && self.reachable && self.token == Token::None && self.used.primary == 0
    }
}

impl Router {
    /// Rings a free colleague, leaves a busy one a card, and says at once that the others are not there.
    pub(crate) fn request_consult(
        &mut self,
        request: &ConsultRequest,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let ConsultRequest { prompt: id, requester, target, root, .. } = *request;
        if let Some(existing) = self.callbacks.live_between(requester, target, root) {
            out.push(Decision::Refused(Refusal::DuplicatePrompt { prompt: id, existing }));
            return;
        }
        let why = self.agents.get(&target).map_or(Some(Unavailable::Unknown), AgentSlot::unavailable);
        match why {
            None => {
                let mut item = WorkItem::new(ConversationId(id.0), Target::Agent(target), now);
                item.kind = WorkKind::Consult;
                item.root = Some(root);
                item.boost_ms = request.boost_ms;
                self.enqueue(item, now, out);
            }
            Some(Unavailable::Busy) => self.offer_card(request, now, out),
            Some(why) => out.push(Decision::ConsultUnavailable { prompt: id, target, why }),
        }
    }

    /// Leaves a busy colleague a card and rings nobody; nothing comes of it when they are not busy, or not there.
    /// Timers do not run here.
    pub fn leave_card(&mut self, request: &ConsultRequest, now: Timestamp) -> Vec<Decision> {
        let mut out = Vec::new();
        let (requester, target) = (request.requester, request.target);
        let busy = self.agents.get(&target).and_then(AgentSlot::unavailable) == Some(Unavailable::Busy);
        match self.callbacks.live_between(requester, target, request.root) {
            Some(existing) => {
                let prompt = request.prompt;
                out.push(Decision::Refused(Refusal::DuplicatePrompt { prompt, existing }));
            }
            None if busy => self.offer_card(request, now, &mut out),
            None => {}
        }
        out
    }

    fn offer_card(&mut self, request: &ConsultRequest, now: Timestamp, out: &mut Vec<Decision>) {
        let standing = self.callbacks.of(request.target).filter(|kept| kept.prompt.target == request.target);
        if standing.count() >= PROMPTS_PER_TARGET_MAX || self.callbacks.kept.contains_key(&request.prompt) {
            out.push(Decision::Refused(Refusal::TooManyPrompts(request.target)));
            return;
        }
        let until = after(now, PROMPT_MS);
        let timer = self.timers.arm(until, Timer::Prompt(request.prompt));
        let prompt = CallbackPrompt {
            id: request.prompt,
            requester: request.requester,
            target: request.target,
            root: request.root,
            note: request.note.clone(),
            state: PromptState::Offered,
            since: now,
            requested_at: now,
            accepted_at: None,
            until: Some(until),
            by: Some(request.requester),
            reason: None,
        };
        out.push(Decision::PromptChanged(Box::new(prompt.clone())));
        self.callbacks.insert(prompt, Some(timer));
    }

    /// Moves a prompt on; a state that ends by itself does so after `ms`.
    fn move_prompt(
        &mut self,
        id: CallbackPromptId,
        state: PromptState,
        ms: Option<i64>,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(kept) = self.callbacks.kept.get_mut(&id) else { return };
        self.timers.disarm(kept.timer.take());
        let until = ms.map(|ms| after(now, ms.max(1)));
        kept.timer = until.map(|until| self.timers.arm(until, Timer::Prompt(id)));
        kept.prompt.state = state;
        kept.prompt.since = now;
        kept.prompt.until = until;
        kept.overslept = false;
        out.push(Decision::PromptChanged(Box::new(kept.prompt.clone())));
        let target = kept.prompt.target;
        if state.is_over() {
            self.callbacks.put_away(id);
        }
        self.callbacks.touch(target);
    }

    pub(crate) fn act_on_prompt(
        &mut self,
        id: CallbackPromptId,
        by: UserId,
        act: &PromptAct,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let refusal = match self.callbacks.kept.get(&id).map(|kept| &kept.prompt) {
            None => Some(Refusal::UnknownPrompt(id)),
            Some(prompt) => {
                let (whose, fits) = match act {
                    PromptAct::Cancel => (prompt.requester, prompt.state.is_live()),
                    PromptAct::Accept | PromptAct::Snooze { .. } | PromptAct::Decline { .. } => {
                        (prompt.target, matches!(prompt.state, PromptState::Offered | PromptState::Snoozed))
                    }
                };
                if whose != by {
                    Some(Refusal::NotYourPrompt(id))
                } else {
                    (!fits).then_some(Refusal::PromptState(id, prompt.state))
                }
            }
        };
        if let Some(refusal) = refusal {
            out.push(Decision::Refused(refusal));
            return;
        }
        if let Some(kept) = self.callbacks.kept.get_mut(&id) {
            kept.prompt.by = Some(by);
        }
        match act {
            PromptAct::Accept => {
                self.callbacks.acceptances += 1;
                if let Some(kept) = self.callbacks.kept.get_mut(&id) {
                    kept.accepted_as = self.callbacks.acceptances;
                    kept.prompt.accepted_at = Some(now);
                }
                self.move_prompt(id, PromptState::Accepted, None, now, out);
            }
            PromptAct::Snooze { ms } => self.move_prompt(id, PromptState::Snoozed, Some(*ms), now, out),
            PromptAct::Decline { reason } => {
                if let Some(kept) = self.callbacks.kept.get_mut(&id) {
                    kept.prompt.reason.clone_from(reason);
                }
                self.move_prompt(id, PromptState::Declined, None, now, out);
            }
            PromptAct::Cancel => self.cancel_prompt(id, now, out),
        }
    }

    /// From any live state; what rings for it stops.
    fn cancel_prompt(&mut self, id: CallbackPromptId, now: Timestamp, out: &mut Vec<Decision>) {
        let ringing = self.items.get(&recall_item(id)).and_then(|slot| slot.offer);
        match ringing {
            // The end of the ringing is the prompt's.
            Some(offer) => self.revoke(offer, RevokeReason::CallerGone, now, out),
            None => {
                self.unreserve(id, now);
                self.move_prompt(id, PromptState::Cancelled, None, now, out);
            }
        }
    }

    /// The conversation it was about is over.
    pub(crate) fn cancel_prompts_of(
        &mut self,
        root: ConversationId,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let live = |prompt: &CallbackPrompt| prompt.root == root && prompt.state.is_live();
        let kept = self.callbacks.kept.values();
        let gone: Vec<_> = kept.filter(|kept| live(&kept.prompt)).map(|kept| kept.prompt.id).collect();
        for id in gone {
            if let Some(kept) = self.callbacks.kept.get_mut(&id) {
                kept.prompt.by = None;
            }
            self.cancel_prompt(id, now, out);
        }
    }

    /// One of the two is no more.
    pub(crate) fn drop_prompts_of(&mut self, user: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let theirs: Vec<_> = self.callbacks.of(user).map(|kept| kept.prompt.id).collect();
        for id in theirs {
            if let Some(offer) = self.items.get(&recall_item(id)).and_then(|slot| slot.offer) {
                self.revoke(offer, RevokeReason::CallerGone, now, out);
            }
            let over = self.callbacks.kept.get(&id).is_none_or(|kept| kept.prompt.state.is_over());
            if !over {
                self.unreserve(id, now);
                self.move_prompt(id, PromptState::Failed, None, now, out);
            }
        }
    }

    pub(crate) fn prompt_is_due(&mut self, id: CallbackPromptId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(kept) = self.callbacks.kept.get_mut(&id) else { return };
        kept.timer = None;
        kept.prompt.by = None;
        let (state, target) = (kept.prompt.state, kept.prompt.target);
        match state {
            PromptState::Offered => self.move_prompt(id, PromptState::Expired, None, now, out),
            PromptState::Snoozed => {
                kept.overslept = true;
                self.callbacks.touch(target);
            }
            PromptState::RequesterBusy => {
                kept.waited_out = true;
                self.unreserve(id, now);
                self.move_prompt(id, PromptState::Accepted, None, now, out);
            }
            _ => {}
        }
    }

    fn unreserve(&mut self, id: CallbackPromptId, now: Timestamp) {
        let Some(target) = self.callbacks.kept.get(&id).map(|kept| kept.prompt.target) else { return };
        if let Some(slot) = self.agents.get_mut(&target)
            && slot.reserved_for == Some(id)
        {
            slot.reserved_for = None;
            self.refresh(target, now);
        }
    }

    /// Looks at the prompts of everybody something changed for.
    pub(crate) fn keep_promises(&mut self, now: Timestamp, out: &mut Vec<Decision>) {
        while !self.callbacks.touched.is_empty() {
            let touched = std::mem::take(&mut self.callbacks.touched);
            let prompts = touched.iter().flat_map(|user| self.callbacks.of(*user));
            let targets: BTreeSet<UserId> = prompts.map(|kept| kept.prompt.target).collect();
            for target in targets {
                self.wake_cards_of(target, now, out);
                self.keep_promises_of(target, now, out);
            }
        }
    }

    fn wake_cards_of(&mut self, target: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        if !self.agents.get(&target).is_some_and(AgentSlot::takes_prompts) {
            return;
        }
        let overslept = self.callbacks.of(target).filter(|kept| kept.overslept);
        let woken: Vec<_> =
            overslept.filter(|kept| kept.prompt.target == target).map(|kept| kept.prompt.id).collect();
        for id in woken {
            self.move_prompt(id, PromptState::Offered, Some(PROMPT_MS), now, out);
        }
    }

    /// Whether the asker's phone is free for the call: in the conversation it is about, or in none.
    fn is_free_for(&self, requester: UserId, root: ConversationId) -> bool {
        self.agents.get(&requester).is_none_or(|slot| match slot.token {
            Token::None => true,
            Token::Call(of) | Token::Acw(of) => of == root,
            Token::Offer(_) => false,
        })
    }

    fn keep_promises_of(&mut self, target: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(slot) = self.agents.get(&target) else { return };
        let can = slot.keeps_promises();
        if let Some(id) = slot.reserved_for {
            let asker_free = self
                .callbacks
                .kept
                .get(&id)
                .is_some_and(|kept| self.is_free_for(kept.prompt.requester, kept.prompt.root));
            if !can {
                self.unreserve(id, now);
                self.move_prompt(id, PromptState::Accepted, None, now, out);
            } else if asker_free {
                self.recall(id, target, now, out);
            }
            return;
        }
        if !can {
            return;
        }
        let promised = self
            .callbacks
            .of(target)
            .filter(|kept| kept.prompt.target == target && kept.prompt.state == PromptState::Accepted);
        let free = |prompt: &CallbackPrompt| self.is_free_for(prompt.requester, prompt.root);
        let next = promised
            .filter(|kept| !kept.waited_out || free(&kept.prompt))
            .min_by_key(|kept| kept.accepted_as)
            .map(|kept| (kept.prompt.id, free(&kept.prompt)));
        let Some((id, asker_free)) = next else { return };
        if let Some(slot) = self.agents.get_mut(&target) {
            slot.reserved_for = Some(id);
        }
        if let Some(kept) = self.callbacks.kept.get_mut(&id) {
            kept.prompt.by = None;
        }
        self.refresh(target, now);
        self.move_prompt(id, PromptState::Ready, None, now, out);
        if asker_free {
            self.recall(id, target, now, out);
        } else {
            self.move_prompt(id, PromptState::RequesterBusy, Some(RESERVED_MS), now, out);
        }
    }

    /// Both are free: the target is rung.
    fn recall(&mut self, id: CallbackPromptId, target: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(root) = self.callbacks.kept.get(&id).map(|kept| kept.prompt.root) else { return };
        if let Some(slot) = self.agents.get_mut(&target) {
            slot.reserved_for = None;
        }
        self.move_prompt(id, PromptState::Recalling, None, now, out);
        let item = recall_item(id);
        let mut work = WorkItem::new(item.0, Target::Agent(target), now);
        work.kind = WorkKind::Consult;
        work.root = Some(root);
        work.push_ms = Some(RECALL_MS);
        let place = Place { prio: 0, prio2: 0, virtual_since: now, arrival: self.arrivals, item };
        self.arrivals += 1;
        let class = self.index.class_of(work.load, None);
        self.items.insert(item, Box::new(ItemSlot::new(work, place, class)));
        self.callbacks.recalls.insert(item, id);
        if let Some(pair) = self.pair_of(item, target, now) {
            self.offer(pair, now, out);
        }
    }

    /// The target has answered.
    pub(crate) fn recall_answered(&mut self, item: ItemId, now: Timestamp, out: &mut Vec<Decision>) {
        if let Some(id) = self.callbacks.recalls.remove(&item) {
            self.move_prompt(id, PromptState::Connected, None, now, out);
        }
    }

    /// The ringing is over without an answer; whether it was a recall at all.
    pub(crate) fn recall_ended(
        &mut self,
        item: ItemId,
        ending: Ending,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) -> bool {
        let Some(id) = self.callbacks.recalls.remove(&item) else { return false };
        self.take_out(item);
        let state = match &ending {
            Ending::Unanswered => PromptState::Expired,
            Ending::Declined(_) => PromptState::Declined,
            Ending::Failed => PromptState::Failed,
            Ending::Revoked(RevokeReason::CallerGone) => PromptState::Cancelled,
            // The promise outlives a pause and a phone that went away.
            Ending::Revoked(_) => PromptState::Accepted,
        };
        if let (Ending::Declined(reason), Some(kept)) = (ending, self.callbacks.kept.get_mut(&id)) {
            kept.prompt.reason = reason;
            kept.prompt.by = Some(kept.prompt.target);
        }
        self.move_prompt(id, state, None, now, out);
        true
    }

    /// The call that a prompt led to is over.
    pub(crate) fn recall_over(
        &mut self,
        target: UserId,
        root: ConversationId,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let connected = |prompt: &CallbackPrompt| {
            prompt.state == PromptState::Connected && prompt.target == target && prompt.root == root
        };
        let of_call = self.callbacks.of(target).map(|kept| &kept.prompt).find(|prompt| connected(prompt));
        if let Some(id) = of_call.map(|prompt| prompt.id) {
            self.move_prompt(id, PromptState::Completed, None, now, out);
        }
    }

    /// Each prompt keeps free, or rings, exactly whom its state says, and no promise waits that could be kept.
    pub(crate) fn check_prompts(&self) -> Result<(), Broken> {
        for slot in self.agents.values() {
            let Some(id) = slot.reserved_for else { continue };
            let state = self.callbacks.kept.get(&id).map(|kept| kept.prompt.state);
            if !matches!(state, Some(PromptState::Ready | PromptState::RequesterBusy)) {
                return Err(Broken::PromptAstray(id));
            }
        }
        let going_on = self.callbacks.kept.iter().filter(|(_, kept)| !kept.prompt.state.is_over());
        for (id, kept) in going_on {
            let CallbackPrompt { target, requester, root, state, .. } = kept.prompt;
            let slot = self.agents.get(&target);
            let kept_free = slot.is_some_and(|slot| slot.reserved_for == Some(*id));
            let rings = self.items.get(&recall_item(*id)).is_some_and(|item| item.offer.is_some());
            let keeps_free = matches!(state, PromptState::Ready | PromptState::RequesterBusy);
            let can = slot.is_some_and(|slot| slot.keeps_promises() && slot.reserved_for.is_none());
            let waits = state == PromptState::Accepted
                && can
                && (!kept.waited_out || self.is_free_for(requester, root));
            if kept_free != keeps_free || rings != (state == PromptState::Recalling) || waits {
                return Err(Broken::PromptAstray(*id));
            }
        }
        Ok(())
    }

    /// A prompt as it was before a restart; what had gone beyond the promise goes back to it.
    pub fn restore_prompt(&mut self, mut prompt: CallbackPrompt, now: Timestamp) {
        let (state, ends) = match prompt.state {
            PromptState::Offered | PromptState::Snoozed => (prompt.state, prompt.until),
            PromptState::Accepted
            | PromptState::Ready
            | PromptState::RequesterBusy
            | PromptState::Recalling => (PromptState::Accepted, None),
            _ => return,
        };
        prompt.state = state;
        prompt.until = ends;
        let timer = ends.map(|at| self.timers.arm(at.max(now), Timer::Prompt(prompt.id)));
        let id = prompt.id;
        self.callbacks.insert(prompt, timer);
        if let Some(kept) = self.callbacks.kept.get_mut(&id)
            && kept.prompt.accepted_at.is_some()
        {
            self.callbacks.acceptances += 1;
            kept.accepted_as = self.callbacks.acceptances;
        }
    }

    pub fn prompt(&self, id: CallbackPromptId) -> Option<&CallbackPrompt> {
        self.callbacks.kept.get(&id).map(|kept| &kept.prompt)
    }
    /// Every prompt that is not over, and those that were over lately.
    pub fn prompts(&self) -> impl Iterator<Item = &CallbackPrompt> + '_ {
        self.callbacks.kept.values().map(|kept| &kept.prompt)
    }
    /// Prompts of the user, on either side, from which something can still come.
    pub fn live_prompts_of(&self, user: UserId) -> impl Iterator<Item = &CallbackPrompt> + '_ {
        self.callbacks.of(user).map(|kept| &kept.prompt).filter(|prompt| prompt.state.is_live())
    }
    /// Whether any prompt is not over.
    pub fn has_prompts(&self) -> bool {
        !self.callbacks.is_idle()
    }
    /// The prompt that an item rings for.
    pub fn prompt_of(&self, item: ItemId) -> Option<&CallbackPrompt> {
        self.prompt(*self.callbacks.recalls.get(&item)?)
    }
    /// How many prompts of the same person come before this one, itself included; promises come first.
    pub fn prompt_position(&self, id: CallbackPromptId) -> Option<usize> {
        let rank = |prompt: &CallbackPrompt, accepted_as: u64| {
            (prompt.accepted_at.is_none(), accepted_as, prompt.requested_at, prompt.id)
        };
        let mine = self.callbacks.kept.get(&id).filter(|kept| kept.prompt.state.is_live())?;
        let mine_rank = rank(&mine.prompt, mine.accepted_as);
        let rivals = self
            .callbacks
            .of(mine.prompt.target)
            .filter(|kept| kept.prompt.target == mine.prompt.target && kept.prompt.state.is_live());
        Some(rivals.filter(|kept| rank(&kept.prompt, kept.accepted_as) <= mine_rank).count())
    }
    /// Who is free now and has a skill of this person's, the longest idle first; without skills, a queue of theirs.
    pub fn alternatives_to(&self, target: UserId, most: usize) -> Vec<UserId> {
        let Some(busy) = self.agents.get(&target) else { return Vec::new() };
        let alike = |slot: &&AgentSlot| {
            if busy.agent.skills.is_empty() {
                slot.agent.memberships.keys().any(|queue| busy.agent.memberships.contains_key(queue))
            } else {
                slot.agent.skills.keys().any(|skill| busy.agent.skills.contains_key(skill))
            }
        };
        let mut free: Vec<&AgentSlot> = self
            .agents
            .values()
            .filter(|slot| slot.is_free() && slot.agent.id != target)
            .filter(alike)
            .collect();
        free.sort_by_key(|slot| (slot.idle_since, slot.agent.id));
        free.iter().take(most).map(|slot| slot.agent.id).collect()
    }
}
