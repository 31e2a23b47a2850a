//! A queue at work: who waits in it, who is free for it.

use std::collections::{BTreeMap, BTreeSet};

use terms::{OfferId, Timestamp, UserId};

use crate::{
    ItemId, Membership, Queue, Step, Waiting, WorkItem, WorkKind,
    capacity::Lane,
    estimate::Pace,
    index::{ClassId, Classed, GroupId, Grouped},
    selection::Place,
    share::Share,
    timers::TimerKey,
};

/// A free member's place in line for work: the smaller is rung first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FreeKey {
    pub(crate) priority: u32,
    pub(crate) idle_since: Timestamp,
    pub(crate) user: UserId,
}

/// Who serves the queue, how, and with which skills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) membership: Membership,
    pub(crate) group: GroupId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) queue: Queue,
    pub(crate) members: BTreeMap<UserId, Member>,
    /// Members who are signed in at a reachable phone, whatever they are at.
    pub(crate) present: BTreeSet<UserId>,
    /// Members who have room, for each kind of room, by what they can.
    pub(crate) free: [Grouped<GroupId, FreeKey>; 3],
    /// Items that wait and are not being offered, first in line first.
    pub(crate) waiting: BTreeSet<Place>,
    /// The same, for each kind of room by what they ask for.
    pub(crate) classes: [Classed<Place>; 3],
    /// Items that are being offered; they keep their place.
    pub(crate) offered: BTreeSet<Place>,
    /// Waiting items that somebody has refused and that no retry is armed for.
    pub(crate) refused: BTreeSet<ItemId>,
    /// How long its calls take.
    pub(crate) pace: Pace,
    /// What its members took lately.
    pub(crate) share: Share,
    /// How many members see work with this delay.
    delays: BTreeMap<i64, u32>,
}

impl Line {
    pub(crate) fn new(queue: Queue) -> Self {
        Self {
            queue,
            members: BTreeMap::new(),
            present: BTreeSet::new(),
            free: Default::default(),
            waiting: BTreeSet::new(),
            classes: Default::default(),
            offered: BTreeSet::new(),
            refused: BTreeSet::new(),
            pace: Pace::default(),
            share: Share::default(),
            delays: BTreeMap::new(),
        }
    }

    /// Lists or unlists a member under one kind of room.
    pub(crate) fn list(&mut self, lane: Lane, group: GroupId, key: FreeKey, listed: bool) {
        if listed {
            self.free[lane.index()].insert(group, key);
        } else {
            self.free[lane.index()].remove(group, key);
        }
    }

    /// Whether the delay is one the queue did not have before.
    pub(crate) fn join(&mut self, user: UserId, member: Member) -> bool {
        let membership = member.membership;
        self.members.insert(user, member);
        let count = self.delays.entry(membership.delay_ms).or_default();
        *count += 1;
        *count == 1 && membership.delay_ms > 0
    }

    pub(crate) fn leave(&mut self, user: UserId) {
        let Some(Member { membership, .. }) = self.members.remove(&user) else { return };
        if let Some(count) = self.delays.get_mut(&membership.delay_ms) {
            *count -= 1;
            if *count == 0 {
                self.delays.remove(&membership.delay_ms);
            }
        }
    }

    /// When the next members get to see an item that entered the queue at `activated`.
    pub(crate) fn next_delay(&self, activated: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let waited = now - activated;
        let (delay, _) = self.delays.range(waited.max(0).saturating_add(1)..).next()?;
        Some(crate::timers::after(activated, *delay))
    }

    pub(crate) fn line_up(&mut self, item: &ItemSlot) {
        self.offered.remove(&item.place);
        self.waiting.insert(item.place);
        self.classes[item.item.load.lane().index()].insert(item.class, item.place);
        if !item.refused_by.is_empty() && item.retry_timer.is_none() {
            self.refused.insert(item.item.id);
        }
    }

    pub(crate) fn step_out(&mut self, item: &ItemSlot) {
        self.offered.remove(&item.place);
        self.waiting.remove(&item.place);
        self.classes[item.item.load.lane().index()].remove(item.class, item.place);
        self.refused.remove(&item.item.id);
    }

    /// Whether colleagues' requests have had their share of the members for now.
    pub(crate) fn favours_customers(&self, now: Timestamp) -> bool {
        self.queue.internal_share_max.is_some_and(|percent| self.share.is_used_up(percent, now))
    }

    /// Somebody who serves the queue took this, from here or elsewhere.
    pub(crate) fn note_taken(&mut self, kind: WorkKind, now: Timestamp) {
        if self.queue.internal_share_max.is_some() {
            self.share.note(kind == WorkKind::Consult, now);
        }
    }

    /// Everybody in line, first in line first.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.waiting.iter().chain(&self.offered).copied().collect();
        places.sort_unstable();
        places
    }
}

/// A work item as the router keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemSlot {
    /// As it came, with the queue's steps filled in.
    pub(crate) item: WorkItem,
    pub(crate) place: Place,
    /// The step that holds; as many as there are steps means any member.
    pub(crate) step: usize,
    /// The class of that step.
    pub(crate) class: ClassId,
    /// When the step that holds ends.
    pub(crate) step_ends: Option<Timestamp>,
    /// Who refused or let it ring out since the last retry.
    pub(crate) refused_by: BTreeSet<UserId>,
    pub(crate) offer: Option<OfferId>,
    /// The longest wait passed while it was being offered.
    pub(crate) overdue: bool,
    pub(crate) step_timer: Option<TimerKey>,
    pub(crate) max_wait_timer: Option<TimerKey>,
    pub(crate) nobody_timer: Option<TimerKey>,
    pub(crate) delay_timer: Option<TimerKey>,
    pub(crate) retry_timer: Option<TimerKey>,
}

impl ItemSlot {
    pub(crate) fn new(item: WorkItem, place: Place, class: ClassId) -> Self {
        Self {
            item,
            place,
            step: 0,
            class,
            step_ends: None,
            refused_by: BTreeSet::new(),
            offer: None,
            overdue: false,
            step_timer: None,
            max_wait_timer: None,
            nobody_timer: None,
            delay_timer: None,
            retry_timer: None,
        }
    }

    pub(crate) fn current_step(&self) -> Option<&Step> {
        self.item.steps.get(self.step)
    }

    pub(crate) fn view(&self, offered_to: Option<UserId>) -> Waiting {
        Waiting {
            item: self.item.id,
            kind: self.item.kind,
            prio: self.place.prio,
            enqueued_at: self.item.enqueued_at,
            step: u32::try_from(self.step).unwrap_or(u32::MAX),
            offered_to,
        }
    }
}
