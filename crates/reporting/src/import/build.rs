//! The rows that one root's calls become: the same tables, by the same definitions, as what is folded from the journal.

use std::collections::{BTreeMap, HashMap};

use terms::Timestamp;
use uuid::Uuid;
use voicecall::{Role, SegmentKind};

use super::{
    ORIGIN,
    check::Index,
    id_at, id_in, id_of,
    people::Names,
    read::{Call, Files, Leg, Segment},
};
use crate::{
    entity::{call_leg, coaching_interval, conversation, hold, leg_segment, voice_call},
    metric::{self, CallTimes, LegTimes},
    rows::RowSet,
    words::{kind, purpose, role},
};

/// Everything that hangs on calls and legs, by their place in the files.
pub(super) struct Book<'a> {
    files: &'a Files,
    index: &'a Index<'a>,
    names: &'a Names,
    /// In the order of their ids, which is that of time where they are new.
    roots: Vec<Root<'a>>,
    /// By the call's place.
    ids: Vec<Uuid>,
    legs: Vec<Vec<usize>>,
}

/// One root, and the places of its calls.
pub(super) struct Root<'a> {
    pub(super) id: Uuid,
    name: &'a str,
    calls: Vec<usize>,
}

impl<'a> Book<'a> {
    /// `known` says which conversation stands there for a root.
    pub(super) fn new(
        files: &'a Files,
        index: &'a Index<'a>,
        names: &'a Names,
        known: impl Fn(&str) -> Option<Uuid>,
    ) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut roots: Vec<Root<'_>> = Vec::new();
        let mut ids = Vec::with_capacity(files.calls.len());
        for (place, call) in files.calls.iter().enumerate() {
            let name = call.root.as_str();
            let at = *places.entry(name).or_insert_with(|| {
                let first = index.calls.get(name).and_then(|place| files.calls.get(*place)).unwrap_or(call);
                let id = known(name).unwrap_or_else(|| id_at(opened(first), "conversation", name));
                roots.push(Root { id, name, calls: Vec::new() });
                roots.len() - 1
            });
            if let Some(root) = roots.get_mut(at) {
                root.calls.push(place);
                ids.push(id_in(root.id, "call", &call.id));
            }
        }
        roots.sort_unstable_by_key(|root| root.id);
        let mut legs = vec![Vec::new(); files.calls.len()];
        for (place, leg) in files.legs.iter().enumerate() {
            if let Some(of) = index.calls.get(leg.call.as_str()).and_then(|call| legs.get_mut(*call)) {
                of.push(place);
            }
        }
        Self { files, index, names, roots, ids, legs }
    }

    /// The call's own; of one that is not in the files, which their check refuses, one that is nobody's.
    pub(super) fn call_id(&self, name: &str) -> Uuid {
        let place = self.index.calls.get(name);
        place.and_then(|place| self.ids.get(*place)).copied().unwrap_or_else(|| id_of("call", name))
    }

    pub(super) fn len(&self) -> usize {
        self.roots.len()
    }

    pub(super) fn roots(&self) -> &[Root<'a>] {
        &self.roots
    }

    /// Everything that follows from one root, but for what the import itself notes of it.
    pub(super) fn conversation(&self, root: &Root<'_>) -> RowSet {
        let conversation = root.id;
        let mut calls: Vec<&Call> =
            root.calls.iter().filter_map(|place| self.files.calls.get(*place)).collect();
        calls.sort_by_key(|call| (call.id != root.name, call.started, call.id.as_str()));
        let ordinals: BTreeMap<&str, i32> = calls.iter().map(|call| call.id.as_str()).zip(0_i32..).collect();
        let mut rows = RowSet::default();
        let mut wire = 0;
        for call in &calls {
            let row = self.call(conversation, call, &calls, &ordinals);
            self.legs_of(conversation, call, &mut rows, &mut wire);
            rows.voice_calls.push(row);
        }
        let ends = || calls.iter().map(|call| call.ended);
        let Some(first) = calls.first() else { return rows };
        let queue = calls.iter().rev().find_map(|call| self.queue(call));
        rows.conversations.push(conversation::Model {
            id: conversation,
            state: if ends().all(|end| end.is_some()) { "ended" } else { "connected" }.to_owned(),
            opened_at: opened(first),
            ended_at: if ends().all(|end| end.is_some()) { ends().flatten().max() } else { None },
            ephemeral: false,
            subject: first.subject.clone(),
            case_category: self.category(first),
            related_record: first.case.clone(),
            attributes: serde_json::Value::Object(serde_json::Map::new()),
            queue_id: queue,
            last_version: 0,
            fingerprint: None,
            changed: None,
            imported: None,
        });
        rows
    }

    fn user(&self, agent: Option<&String>) -> Option<Uuid> {
        agent.and_then(|agent| self.names.users.get(agent)).copied()
    }

    fn queue(&self, call: &Call) -> Option<Uuid> {
        call.queue.as_ref().and_then(|queue| self.names.queues.get(queue)).copied()
    }

    fn category(&self, call: &Call) -> Option<String> {
        let case = call.case.as_ref().and_then(|case| self.index.cases.get(case.as_str()))?;
        self.files.cases.get(*case)?.category.clone()
    }

    fn row(&self, id: Option<&String>) -> Option<&'a Call> {
        self.index.calls.get(id?.as_str()).and_then(|place| self.files.calls.get(*place))
    }

    fn legs(&self, call: &Call) -> impl Iterator<Item = (&'a Leg, &[u32])> {
        let place = self.index.calls.get(call.id.as_str()).copied().unwrap_or(usize::MAX);
        let legs = self.legs.get(place).into_iter().flatten();
        legs.filter_map(|leg| Some((self.files.legs.get(*leg)?, self.index.segments.of(*leg))))
    }

    fn segments<'s>(&self, places: &'s [u32]) -> impl Iterator<Item = &'a Segment> + use<'a, 's> {
        let files = self.files;
        places.iter().filter_map(|place| files.segments.get(*place as usize))
    }

    /// What an Internal call is about is what the call that caused it is about; another call that says nothing goes on
    /// with its cause's.
    fn about(&self, call: &'a Call) -> &'a Call {
        let mut about = call;
        let silent = |call: &Call| call.subject.is_none() && call.case.is_none();
        let mut steps = 0;
        while (about.call_type == "internal" || silent(about))
            && steps < super::check::DEPTH_MAX
            && let Some(cause) = self.row(about.parent.as_ref()).or_else(|| self.row(about.previous.as_ref()))
        {
            about = cause;
            steps += 1;
        }
        about
    }

    fn call(
        &self,
        conversation: Uuid,
        call: &'a Call,
        all: &[&Call],
        ordinals: &BTreeMap<&str, i32>,
    ) -> voice_call::Model {
        let ordinal = |call: &Call| ordinals.get(call.id.as_str()).copied().unwrap_or_default();
        let mut path = vec![format!("{:04}", ordinal(call))];
        let mut above = self.row(call.parent.as_ref());
        while let Some(cause) = above {
            path.push(format!("{:04}", ordinal(cause)));
            above = self.row(cause.parent.as_ref());
        }
        path.reverse();
        let next = all.iter().find(|other| other.previous.as_ref() == Some(&call.id));
        let about = self.about(call);
        let (times, holds) = self.times(call);
        let link = |id: &String| self.call_id(id);
        voice_call::Model {
            id: self.call_id(&call.id),
            ordinal: ordinal(call),
            number: None,
            external_id: Some(call.id.clone()),
            origin: ORIGIN.to_owned(),
            conversation_id: conversation,
            call_type: call.call_type.to_owned(),
            purpose: call.purpose.to_owned(),
            customer_id: call.customer.clone(),
            parent_id: call.parent.as_ref().map(link),
            previous_id: call.previous.as_ref().map(link),
            next_id: next.map(|next| link(&next.id)),
            depth: i32::try_from(path.len()).unwrap_or(i32::MAX) - 1,
            path: path.join("/"),
            from_address: None,
            to_address: None,
            user_id: self.handler(call),
            queue_id: self.queue(call),
            initiator_user_id: self.user(call.initiator.as_ref()),
            target_user_id: self.user(call.target.as_ref()),
            subject: about.subject.clone(),
            case_category: self.category(about),
            related_record: about.case.clone(),
            disposition: disposition(call).to_owned(),
            resolution: (disposition(call) != call.disposition).then(|| call.disposition.clone()),
            notes: None,
            wrap_up_code_id: None,
            started_at: call.started,
            queued_at: call.enqueued,
            accepted_at: call.answered,
            ended_at: call.ended,
            duration_ms: call.ended.map(|end| end - call.started),
            ring_ms: times.ring_ms,
            talk_ms: times.talk_ms,
            hold_ms: times.hold_ms,
            hold_count: holds,
            longest_hold_ms: times.longest_hold_ms,
            ivr_ms: times.ivr_ms,
            wrap_up_ms: times.wrap_up_ms,
            disconnect_reason: None,
            quality_hundredths: None,
            trunk_id: None,
        }
    }

    /// Of a coaching the supervisor, of an outbound call its caller, else who answered last.
    fn handler(&self, call: &Call) -> Option<Uuid> {
        let initiator = || self.user(call.initiator.as_ref());
        if call.purpose == "coaching" {
            return initiator();
        }
        let outbound = call.call_type == "outbound";
        let answered = self.legs(call).filter(|(leg, _)| {
            leg.answered.is_some() && leg.role != "supervisor" && (outbound || leg.agent != call.initiator)
        });
        let last = answered.max_by_key(|(leg, _)| (leg.answered, leg.line));
        let last = last.and_then(|(leg, _)| self.user(leg.agent.as_ref()));
        if outbound {
            return last.or_else(initiator);
        }
        call.answered.and(last.or_else(|| self.user(call.target.as_ref())))
    }

    /// As of the journal's calls, and how often somebody was put on hold.
    fn times(&self, call: &Call) -> (CallTimes, i64) {
        let purpose = purpose(call.purpose);
        let at = Timestamp::from_ms;
        let mut held = 0;
        let mut legs = Vec::new();
        for (number, (leg, places)) in (0_u32..).zip(self.legs(call)) {
            let mut segments = Vec::new();
            for segment in self.segments(places) {
                let (Some(kind), Some(end)) = (kind(segment.kind), segment.end) else { continue };
                if kind == SegmentKind::Hold && role(leg.role) == Role::Agent {
                    held += 1;
                }
                segments.push((kind, at(segment.start), at(end)));
            }
            let own = leg.agent != call.initiator;
            legs.push(LegTimes { leg: number, role: role(leg.role), own, segments });
        }
        (metric::call_times(purpose, &legs, &[]), held)
    }

    fn legs_of(&self, conversation: Uuid, call: &Call, rows: &mut RowSet, wire: &mut i32) {
        let voice_call_id = self.call_id(&call.id);
        let mut legs: Vec<(&Leg, &[u32])> = self.legs(call).collect();
        legs.sort_by_key(|(leg, _)| (leg.ring.or(leg.answered), leg.line));
        for (leg, places) in legs {
            let id = id_in(conversation, "leg", &leg.id);
            let user = self.user(leg.agent.as_ref());
            rows.call_legs.push(call_leg::Model {
                id,
                leg_id: id,
                ordinal: *wire,
                voice_call_id,
                conversation_id: conversation,
                user_id: user,
                address: None,
                role: leg.role.to_owned(),
                ring_at: leg.ring,
                answered_at: leg.answered,
                ended_at: leg.ended,
                end_reason: leg.end_reason.as_deref().map(end_reason),
                mos_hundredths: None,
                loss_hundredths: None,
                jitter_ms: None,
                rtt_ms: None,
                external_id: Some(leg.id.clone()),
            });
            *wire += 1;
            for (number, segment) in (1_u128..).zip(self.segments(places)) {
                let own = Uuid::from_u128(id.as_u128().wrapping_add(number));
                rows.segments.push(leg_segment::Model {
                    id: own,
                    call_leg_id: id,
                    voice_call_id,
                    conversation_id: conversation,
                    kind: segment.kind.to_owned(),
                    start_at: segment.start,
                    end_at: segment.end,
                });
                if segment.kind == "hold" && leg.role == "agent" {
                    rows.holds.push(hold::Model {
                        id: own,
                        conversation_id: conversation,
                        voice_call_id,
                        leg_id: id,
                        by_user_id: user,
                        start_at: segment.start,
                        end_at: segment.end,
                    });
                }
                if let ("monitor" | "whisper" | "barge", Some(supervisor_id)) = (segment.kind, user) {
                    rows.coaching_intervals.push(coaching_interval::Model {
                        id: own,
                        voice_call_id,
                        supervisor_id,
                        agent_user_id: self.user(call.target.as_ref()),
                        mode: segment.kind.to_owned(),
                        start_at: segment.start,
                        end_at: segment.end,
                    });
                }
            }
        }
    }
}

fn opened(root: &Call) -> i64 {
    root.enqueued.map_or(root.started, |at| at.min(root.started))
}

/// The former system's word, where it is one of ours; another is kept as the call's resolution.
fn disposition(call: &Call) -> &str {
    const OURS: &[&str] = &[
        "in_progress",
        "completed",
        "transferred",
        "merged",
        "conferenced",
        "abandoned",
        "no_answer",
        "busy",
        "declined",
        "failed",
        "callback_requested",
        "voicemail",
    ];
    match (OURS.contains(&call.disposition.as_str()), call.answered) {
        (true, _) => &call.disposition,
        (false, Some(_)) => "completed",
        (false, None) => "no_answer",
    }
}

/// The format's word for "hung up here" is ours for the whole call's disposition.
fn end_reason(word: &str) -> String {
    if word == "completed" { "hung_up" } else { word }.to_owned()
}
