//! Announcements: what those who wait are told beside the music: a prompt, their position, how long it may take.

use std::collections::VecDeque;

use routing::ItemId;
use terms::{ConversationId, PromptId, Timestamp};
use voicecall::{Command, Leg, WorkTarget};

use crate::{organization::Announcements, shard::Shard};

/// When somebody cannot be told anything just now.
const AGAIN_MS: i64 = 200;

/// One caller's announcements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announcing {
    pub(crate) next_at: Option<Timestamp>,
    /// What is still to be said of the present one.
    left: VecDeque<PromptId>,
    turn: usize,
    position: Option<usize>,
    wait_ms: Option<i64>,
}

/// A number as it is spoken, up to 99.
pub(crate) fn number(number: u32) -> Vec<PromptId> {
    match number {
        0..=20 => vec![PromptId::number(number)],
        21..=99 if number.is_multiple_of(10) => vec![PromptId::number(number)],
        21..=99 => vec![PromptId::number(number / 10 * 10), PromptId::number(number % 10)],
        _ => Vec::new(),
    }
}

/// The packaged phrases by the names that flows use.
pub(crate) fn spoken(name: &str) -> Option<PromptId> {
    match name {
        "callback" => Some(PromptId::CALLBACK),
        _ => {
            let digit = name.strip_prefix("number_")?.parse().ok().filter(|digit| *digit < 10)?;
            Some(PromptId::number(digit))
        }
    }
}

impl Announcing {
    /// What is said now, from the place in line and the estimate.
    fn say(
        &mut self,
        rules: &Announcements,
        position: Option<usize>,
        wait_ms: Option<i64>,
        prompt: impl Fn(&str) -> Option<PromptId>,
    ) -> Vec<PromptId> {
        let mut said = Vec::new();
        if !rules.prompts.is_empty() {
            said.extend(rules.prompts.get(self.turn % rules.prompts.len()).and_then(|name| prompt(name)));
            self.turn += 1;
        }
        let fresh = |now: i64, before: Option<i64>| {
            !rules.only_if_improved || before.is_none_or(|before| now < before)
        };
        if let Some(position) = position.filter(|position| rules.position && *position <= 99) {
            let before = self.position.map(|before| before as i64);
            if fresh(position as i64, before) {
                said.push(PromptId::POSITION);
                said.extend(number(u32::try_from(position).unwrap_or(0)));
                said.push(PromptId::IN_LINE);
                self.position = Some(position);
            }
        }
        if let Some(wait_ms) = wait_ms.filter(|_| rules.wait) {
            let step = rules.rounding_ms.max(1);
            let rounded = wait_ms.max(1).saturating_add(step - 1) / step * step;
            if fresh(rounded, self.wait_ms) {
                said.extend(minutes(rounded));
                self.wait_ms = Some(rounded);
            }
        }
        said
    }
}

/// Whole minutes, the last begun one included.
fn minutes(wait_ms: i64) -> Vec<PromptId> {
    let minutes = u32::try_from((wait_ms + 59_999) / 60_000).unwrap_or(u32::MAX).max(1);
    if minutes > 60 {
        return vec![PromptId::LONG_WAIT];
    }
    let unit = if minutes == 1 { PromptId::MINUTE } else { PromptId::MINUTES };
    [PromptId::WAIT].into_iter().chain(number(minutes)).chain([unit]).collect()
}

impl Shard {
    /// A caller begins to wait in a queue, or in another one.
    pub(crate) fn begin_announcing(&mut self, id: ConversationId, target: WorkTarget, now: Timestamp) {
        let rules = match target {
            WorkTarget::Queue(queue) => self.organization.queues.get(&queue),
            WorkTarget::User(_) => None,
        };
        let first_ms = rules.and_then(|queue| queue.waiting.announcements.first_ms);
        let Some(owned) = self.owned.get_mut(&id) else { return };
        // A call that is the same wait goes on with what it was told.
        let before = owned.announcing.take();
        owned.announcing = first_ms.map(|ms| {
            before
                .filter(|before| before.next_at.is_some())
                .unwrap_or_else(|| Announcing { next_at: Some(now.plus_ms(ms)), ..Announcing::default() })
        });
    }

    pub(crate) fn end_announcing(&mut self, id: ConversationId) {
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.announcing = None;
        }
    }

    /// Everybody whose next announcement is due.
    pub(crate) fn announce_due(&mut self, now: Timestamp) {
        let due = |o: &crate::shard::Owned| {
            o.announcing.as_ref().and_then(|one| one.next_at).is_some_and(|at| at <= now)
        };
        let due: Vec<ConversationId> = self.owned.iter().filter(|(_, o)| due(o)).map(|(id, _)| *id).collect();
        for id in due {
            self.announce(id, now);
            self.finish_pending(now);
        }
    }

    fn announce(&mut self, id: ConversationId, now: Timestamp) {
        let organization = self.organization.clone();
        let waits_in = self.owned.get(&id).and_then(|o| o.conversation.work()).map(|work| work.target);
        let rules = match waits_in {
            Some(WorkTarget::Queue(queue)) => organization.queues.get(&queue),
            Some(WorkTarget::User(_)) | None => None,
        };
        let Some(rules) = rules.map(|queue| &queue.waiting.announcements) else {
            self.end_announcing(id);
            return;
        };
        let place = self.router.place_of(ItemId(id));
        let wait_ms = self.router.estimated_wait_ms(ItemId(id));
        let Some(owned) = self.owned.get_mut(&id) else { return };
        let hears = owned.conversation.legs().first().is_some_and(Leg::is_up)
            && owned.conversation.state() == voicecall::State::Queued
            && owned.conversation.prompt().is_none();
        let Some(announcing) = owned.announcing.as_mut() else { return };
        // Not answered yet, or somebody is being rung: a little later.
        announcing.next_at =
            if hears { rules.every_ms.map(|ms| now.plus_ms(ms)) } else { Some(now.plus_ms(AGAIN_MS)) };
        if hears {
            let named = |name: &str| organization.prompt_named(name);
            announcing.left = announcing.say(rules, place, wait_ms, named).into();
            self.announce_on(id, now);
        }
    }

    /// A prompt is over: the next of the announcement follows; false when none does.
    pub(crate) fn announce_on(&mut self, id: ConversationId, now: Timestamp) -> bool {
        let Some(announcing) = self.owned.get_mut(&id).and_then(|o| o.announcing.as_mut()) else {
            return false;
        };
        let Some(prompt) = announcing.left.pop_front() else { return false };
        // Refused when somebody has answered: nothing more is said.
        self.flow_command(id, Command::Play { prompt }, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Announcements {
        Announcements { position: true, wait: true, rounding_ms: 60_000, ..Announcements::default() }
    }

    #[test]
    fn numbers_are_spoken_as_people_do() {
        assert_eq!(number(7), [PromptId::number(7)]);
        assert_eq!(number(20), [PromptId::number(20)]);
        assert_eq!(number(42), [PromptId::number(40), PromptId::number(2)]);
        assert!(number(100).is_empty());
    }

    #[test]
    fn the_wait_is_rounded_up_and_one_minute_is_one() {
        let mut announcing = Announcing::default();
        let said = announcing.say(&rules(), Some(3), Some(61_000), |_| None);
        let n = PromptId::number;
        let expected = [PromptId::POSITION, n(3), PromptId::IN_LINE, PromptId::WAIT, n(2), PromptId::MINUTES];
        assert_eq!(said, expected);
        let said = announcing.say(&rules(), None, Some(1), |_| None);
        assert_eq!(said, [PromptId::WAIT, n(1), PromptId::MINUTE]);
        assert_eq!(announcing.say(&rules(), None, Some(3_700_000), |_| None), [PromptId::LONG_WAIT]);
    }

    #[test]
    fn what_is_no_better_is_not_said_again() {
        let rules = Announcements { only_if_improved: true, ..rules() };
        let mut announcing = Announcing::default();
        assert!(!announcing.say(&rules, Some(3), Some(120_000), |_| None).is_empty());
        assert!(announcing.say(&rules, Some(3), Some(120_000), |_| None).is_empty());
        assert!(announcing.say(&rules, Some(4), Some(180_000), |_| None).is_empty());
        let said = announcing.say(&rules, Some(2), Some(180_000), |_| None);
        assert_eq!(said, [PromptId::POSITION, PromptId::number(2), PromptId::IN_LINE]);
    }

    #[test]
    fn prompts_are_played_in_turn() {
        let prompts = vec!["greeting".to_owned(), "please_wait".to_owned()];
        let rules = Announcements { prompts, ..Announcements::default() };
        let mut announcing = Announcing::default();
        let named = |name: &str| crate::Organization::default().prompt_named(name);
        let said: Vec<_> = (0..3).flat_map(|_| announcing.say(&rules, None, None, named)).collect();
        assert_eq!(said, [PromptId::GREETING, PromptId::PLEASE_WAIT, PromptId::GREETING]);
    }
}
