//! Explain: for every offer of a conversation, who was considered and what kept the others from it. Kept while the
//! conversation lives.

use routing::{Decision, ItemId};
use terms::{ConversationId, Timestamp};

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
}
