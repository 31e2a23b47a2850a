//! Watching what each wire does in each call from moment to moment.

use std::collections::BTreeMap;

use terms::{Timestamp, UserId};
use voicecall::{CoachingMode, Conversation, Event, Opening, Party, Role, SegmentKind};

/// What happened between two changes; no end while it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) kind: SegmentKind,
    pub(super) start: Timestamp,
    pub(super) end: Option<Timestamp>,
}

/// One wire in one call.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) role: Role,
    pub(super) began: Timestamp,
    /// The wire was rung (or opened the conversation) for this call.
    pub(super) own: bool,
    pub(super) stretches: Vec<Stretch>,
}

impl Taken {
    pub(super) fn is_open(&self) -> bool {
        self.stretches.last().is_some_and(|last| last.end.is_none())
    }
    /// When it last did something here; None while it does.
    pub(super) fn left(&self) -> Option<Timestamp> {
        match self.stretches.last() {
            Some(last) => last.end,
            None => Some(self.began),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coached {
    pub(super) call: u32,
    pub(super) supervisor: UserId,
    pub(super) agent: Option<UserId>,
    pub(super) mode: CoachingMode,
}

#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// By wire and call.
    pub(super) taken: BTreeMap<(u32, u32), Taken>,
    /// Ended intervals and those that go on, in the order they began.
    pub(super) coached: Vec<(Coached, Timestamp, Option<Timestamp>)>,
    coaching: BTreeMap<u32, usize>,
}

impl Watch {
    pub(super) fn open(opening: &Opening) -> Self {
        let role = match opening.first {
            Party::User(_) => Role::Agent,
            Party::Number(_) => Role::Customer,
        };
        let first = Taken { role, began: opening.at, own: true, stretches: Vec::new() };
        Self { taken: BTreeMap::from([((0, 0), first)]), coached: Vec::new(), coaching: BTreeMap::new() }
    }

    /// A wire that fails in the moment it is rung has taken part too.
    pub(super) fn take(&mut self, event: &Event, at: Timestamp) {
        if let Event::LegAdded { leg, role, call, .. } = event {
            let new = Taken { role: *role, began: at, own: true, stretches: Vec::new() };
            self.taken.entry((*leg, *call)).or_insert(new);
        }
    }

    /// The moment `at` is over: what has changed in it, changed then.
    pub(super) fn look(&mut self, conversation: &Conversation, at: Timestamp) {
        let parts: BTreeMap<(u32, u32), SegmentKind> =
            conversation.parts().into_iter().map(|part| ((part.leg, part.call), part.kind)).collect();
        for (pair, taken) in &mut self.taken {
            if !parts.contains_key(pair)
                && let Some(last) = taken.stretches.last_mut().filter(|last| last.end.is_none())
            {
                last.end = Some(at);
            }
        }
        for (pair, kind) in parts {
            let Some(role) = conversation.legs().get(pair.0 as usize).map(|leg| leg.role) else { continue };
            let taken = self.taken.entry(pair).or_insert(Taken {
                role,
                began: at,
                own: false,
                stretches: Vec::new(),
            });
            taken.role = role;
            let last = taken.stretches.last_mut().filter(|last| last.end.is_none());
            if last.as_ref().is_some_and(|last| last.kind == kind) {
                continue;
            }
            if let Some(last) = last {
                last.end = Some(at);
            }
            taken.stretches.push(Stretch { kind, start: at, end: None });
        }
        self.look_at_coaching(conversation, at);
    }

    fn look_at_coaching(&mut self, conversation: &Conversation, at: Timestamp) {
        let agent = |leg: u32| conversation.legs().get(leg as usize).and_then(|leg| leg.party.user());
        let now: BTreeMap<u32, Coached> = conversation
            .coaching()
            .filter(|coaching| coaching.connected)
            .map(|coaching| {
                let (call, supervisor, mode) = (coaching.call, coaching.supervisor, coaching.mode);
                (coaching.leg, Coached { call, supervisor, agent: agent(coaching.agent_leg), mode })
            })
            .collect();
        let coached = &mut self.coached;
        self.coaching.retain(|leg, index| {
            let Some(open) = coached.get_mut(*index) else { return false };
            let same = now.get(leg) == Some(&open.0);
            if !same {
                open.2 = Some(at);
            }
            same
        });
        for (leg, new) in now {
            self.coaching.entry(leg).or_insert_with(|| {
                coached.push((new, at, None));
                coached.len() - 1
            });
        }
    }
}
