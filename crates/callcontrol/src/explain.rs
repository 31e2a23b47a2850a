//! Explain: for every offer of a conversation, who was considered and what kept the others from it. Kept while the
//! conversation lives.

use routing::{Decision, Explanation, ItemId, SkillLevel, Step, Target, WorkItem};
use terms::{ConversationId, QueueId, SkillId, Timestamp};

use crate::{
    shard::Shard,
    view::{OfferExplained, RoutingExplained},
};

/// People named in one explanation; those who could have been asked go first.
const CANDIDATES_MAX: usize = 50;
/// Offers of one conversation; the oldest are forgotten.
const OFFERS_MAX: usize = 50;

impl Shard {
    pub(crate) fn note_offer(&mut self, decision: &Decision, now: Timestamp) {
        let Decision::Offered { offer, item, user, queue, runner_up, .. } = decision else { return };
        let Some(explanation) = self.router.explain(*item, CANDIDATES_MAX, now) else { return };
        let Some(owned) = self.owned.get_mut(&item.0) else { return };
        if owned.offers.len() >= OFFERS_MAX {
            owned.offers.remove(0);
        }
        owned.offers.push(OfferExplained {
            at: now,
            offer: *offer,
            user: *user,
            queue: *queue,
            runner_up: *runner_up,
            explanation,
        });
    }

    pub(crate) fn explained(&self, id: ConversationId, now: Timestamp) -> Option<RoutingExplained> {
        let offers = self.owned.get(&id)?.offers.clone();
        Some(RoutingExplained { offers, now: self.router.explain(ItemId(id), CANDIDATES_MAX, now) })
    }

    /// Who could take a call for this queue that came now: at each step, then any member. With skills the call asks for
    /// those, for as long as it waits, as it does behind a flow that names them.
    pub(crate) fn candidates(
        &self,
        queue: QueueId,
        skills: &[(SkillId, u8)],
        now: Timestamp,
    ) -> Option<Vec<Explanation>> {
        let nobody = ConversationId(uuid::Uuid::nil());
        let mut item = WorkItem::new(nobody, Target::Queue(queue), now);
        if !skills.is_empty() {
            let all = skills.iter().map(|(skill, min)| SkillLevel { skill: *skill, min: *min }).collect();
            item.steps = vec![Step { all, ..Step::default() }];
        }
        self.router.consider(item, CANDIDATES_MAX, now)
    }
}
