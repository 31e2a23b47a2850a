//! Callback: a busy colleague gets a card instead of a ring, answers it when they like, and is rung once both are free.

use access::Permission;
use routing::{CallbackPrompt, Decision, PromptAct, Refusal};
use terms::{CallbackPromptId, ConversationId, EndReason, OfferId, Timestamp, Token, UserId};
use uuid::Uuid;
use voicecall::{Actor, Command, Input, Signal, Target};

use crate::{
    command::{ActOnPrompt, Refused},
    organization::Destination,
    recover::RoutingFact,
    shard::{Pending, Shard},
    view::{LivePrompt, NewsBody},
};

/// Colleagues named in place of a busy one.
const ALTERNATIVES_MAX: usize = 5;

/// A promised call that rings: the router's offer, and the wire of the colleague who promised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recall {
    pub(crate) offer: OfferId,
    pub(crate) leg: u32,
    pub(crate) prompt: CallbackPromptId,
    pub(crate) requester: UserId,
}

impl Shard {
    /// What somebody is told who asked for a colleague in a call; the colleague gets a card.
    pub(crate) fn leave_card(
        &mut self,
        root: ConversationId,
        requester: UserId,
        target: UserId,
        note: Option<String>,
        now: Timestamp,
    ) -> Refused {
        let talks = self.owned.get(&root).is_some_and(|o| o.conversation.leg_of(requester).is_some());
        if !talks || requester == target {
            return Refused::TargetBusy;
        }
        let prompt = CallbackPromptId(Uuid::now_v7());
        let request = routing::ConsultRequest { prompt, requester, target, root, note, boost_ms: 0 };
        let mut asked = None;
        for decision in self.router.leave_card(&request, now) {
            match &decision {
                Decision::PromptChanged(changed) => asked = Some(changed.id),
                Decision::Refused(Refusal::DuplicatePrompt { existing, .. }) => asked = Some(*existing),
                _ => {}
            }
            self.pending.push_back(Pending::Decided(decision));
        }
        asked.map_or(Refused::TargetBusy, |prompt| Refused::TargetAsked { prompt })
    }

    /// Both are free: the asker consults, and the colleague rings.
    pub(crate) fn recall(&mut self, offer: OfferId, prompt: &CallbackPrompt, now: Timestamp) {
        let (requester, target, root) = (prompt.requester, prompt.target, prompt.root);
        let may = self.organization.principal(requester).is_some_and(|who| who.holds(Permission::Consult))
            && self.admit_call(requester, &Destination::User(target), now).is_ok();
        let auto_answer = self.organization.answers_by_itself(target);
        let target_of = Target::User { token: Token::taken(target), auto_answer };
        let command = Command::StartConsult { target: target_of, note: prompt.note.clone() };
        let input = Input::Command { by: Actor::User(requester), command };
        let rings = may && self.feed(root, &input, now).is_ok();
        let leg = self.owned.get(&root).and_then(|o| o.conversation.leg_of(target)).filter(|_| rings);
        match (leg, self.owned.get_mut(&root)) {
            (Some(leg), Some(owned)) => {
                owned.recall = Some(Recall { offer, leg, prompt: prompt.id, requester });
                self.tell_agent(target, now);
            }
            _ => {
                tracing::debug!(conversation.id = %root, "a promised call cannot be made now");
                self.route(&routing::Input::OfferFailed { offer }, now);
            }
        }
    }

    /// The router takes a promised call back while it rings; whether it was one.
    pub(crate) fn withdraw_recall(&mut self, offer: OfferId, reason: EndReason, now: Timestamp) -> bool {
        let ringing = self.owned.iter().find_map(|(id, owned)| {
            let recall = owned.recall.filter(|recall| recall.offer == offer)?;
            Some((*id, recall.leg))
        });
        let Some((id, leg)) = ringing else { return false };
        self.forget_recall(id);
        // Refused when the wire went at the same moment.
        let _ = self.feed(id, &Input::Signal(Signal::LegFailed { leg, reason }), now);
        true
    }

    fn forget_recall(&mut self, id: ConversationId) {
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.recall = None;
        }
    }

    /// The colleague who promised has answered; whether this leg is theirs.
    pub(crate) fn recall_answered(&mut self, id: ConversationId, leg: u32, now: Timestamp) -> bool {
        let of_leg = self.owned.get(&id).and_then(|o| o.recall).filter(|recall| recall.leg == leg);
        let Some(Recall { offer, .. }) = of_leg else { return false };
        self.forget_recall(id);
        self.route(&routing::Input::Answered { offer }, now);
        true
    }

    /// A wire is gone: a promised call that rang on it is over, and whoever left the conversation asks no more.
    pub(crate) fn leg_ended(&mut self, id: ConversationId, leg: u32, reason: EndReason, now: Timestamp) {
        let Some(owned) = self.owned.get(&id) else { return };
        let recall = owned.recall.filter(|recall| recall.leg == leg);
        let user = owned.conversation.legs().get(leg as usize).and_then(|leg| leg.party.user());
        let left = user.filter(|user| owned.conversation.leg_of(*user).is_none());
        if let Some(Recall { offer, prompt, requester, .. }) = recall {
            self.forget_recall(id);
            let input = match reason {
                EndReason::Declined | EndReason::Busy => routing::Input::Declined { offer, reason: None },
                EndReason::NoAnswer | EndReason::Unreachable | EndReason::Rejected => {
                    routing::Input::OfferFailed { offer }
                }
                // Called off on the asker's side: their doing, or their customer's.
                _ => routing::Input::PromptActed { prompt, by: requester, act: PromptAct::Cancel },
            };
            self.route(&input, now);
        }
        if let Some(user) = left {
            let asked = |prompt: &&CallbackPrompt| prompt.requester == user && prompt.root == id;
            let asked: Vec<_> = self.router.live_prompts_of(user).filter(asked).map(|one| one.id).collect();
            for prompt in asked {
                let act = PromptAct::Cancel;
                self.route(&routing::Input::PromptActed { prompt, by: user, act }, now);
            }
        }
    }

    /// Nobody is left to be asked for.
    pub(crate) fn conversation_ended(&mut self, root: ConversationId, now: Timestamp) {
        if self.router.has_prompts() {
            self.route(&routing::Input::RootEnded { root }, now);
        }
    }

    pub(crate) fn prompt_changed(&mut self, prompt: &CallbackPrompt, now: Timestamp) {
        self.append_routing(&RoutingFact::PromptChanged { prompt: Box::new(prompt.clone()) }, now);
        self.tell_agent(prompt.target, now);
        let live = self.live_prompt(prompt.clone());
        self.tell(now, NewsBody::Prompt(Box::new(live)));
    }

    fn live_prompt(&self, prompt: CallbackPrompt) -> LivePrompt {
        let position = self.router.prompt_position(prompt.id);
        let alternatives = match position {
            Some(_) => self.router.alternatives_to(prompt.target, ALTERNATIVES_MAX),
            None => Vec::new(),
        };
        let alternatives = alternatives.into_iter().filter(|user| *user != prompt.requester).collect();
        LivePrompt { prompt, position, alternatives }
    }

    /// The user's prompts on either side, oldest first; those that are over are shown for a while.
    pub(crate) fn prompts_of(&self, user: UserId) -> Vec<LivePrompt> {
        let concerns = |prompt: &&CallbackPrompt| prompt.requester == user || prompt.target == user;
        let mut prompts: Vec<_> =
            self.router.prompts().filter(concerns).cloned().map(|prompt| self.live_prompt(prompt)).collect();
        prompts.sort_by_key(|one| (one.prompt.requested_at, one.prompt.id));
        prompts
    }

    pub(crate) fn act_on_prompt(
        &mut self,
        by: UserId,
        acted: &ActOnPrompt,
        now: Timestamp,
    ) -> Result<LivePrompt, Refused> {
        let (prompt, act) = (acted.prompt, acted.act.clone());
        let decisions = self.router.handle(&routing::Input::PromptActed { prompt, by, act }, now);
        let mut refused = None;
        for decision in decisions {
            match &decision {
                Decision::Refused(Refusal::PromptState(id, state)) if *id == prompt => {
                    refused = Some(Refused::PromptMoved { state: *state });
                }
                Decision::Refused(Refusal::UnknownPrompt(id) | Refusal::NotYourPrompt(id))
                    if *id == prompt =>
                {
                    refused = Some(Refused::PromptUnknown);
                }
                _ => {}
            }
            self.pending.push_back(Pending::Decided(decision));
        }
        self.finish_pending(now);
        match refused {
            Some(refused) => Err(refused),
            None => {
                let prompt = self.router.prompt(prompt).cloned().ok_or(Refused::PromptUnknown)?;
                Ok(self.live_prompt(prompt))
            }
        }
    }
}
