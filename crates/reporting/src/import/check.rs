//! Whether the files fit together.

use std::collections::HashMap;

use super::{
    read::{AGENTS, CALLS, CASES, Call, Files, LEGS, Leg, PROMPTS, SEGMENTS, STATUSES},
    table::{BadRow, Shape},
};

/// Where each id stands in its file's rows.
pub(super) struct Index<'a> {
    pub(super) agents: HashMap<&'a str, usize>,
    pub(super) cases: HashMap<&'a str, usize>,
    pub(super) calls: HashMap<&'a str, usize>,
    pub(super) legs: HashMap<&'a str, usize>,
    pub(super) segments: InOrder,
}

/// The places of the segments: by their leg's place, then time; those of legs that are not there come last.
#[derive(Debug, Default)]
pub(super) struct InOrder {
    places: Vec<u32>,
    /// Where in `places` those of each leg begin, and where those of the last one end.
    firsts: Vec<u32>,
}

impl InOrder {
    fn new(files: &Files, legs: &HashMap<&str, usize>) -> (Self, Vec<u32>) {
        let small = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let mut strange: HashMap<&str, usize> = HashMap::new();
        let mut leg_of: Vec<u32> = Vec::with_capacity(files.segments.len());
        for segment in &files.segments {
            let leg = segment.leg.as_str();
            let next = files.legs.len() + strange.len();
            let at = legs.get(leg).copied().unwrap_or_else(|| *strange.entry(leg).or_insert(next));
            leg_of.push(small(at));
        }
        let mut places: Vec<u32> = (0..small(files.segments.len())).collect();
        places.sort_by_key(|place| {
            let at = *place as usize;
            (leg_of.get(at).copied(), files.segments.get(at).map(|row| (row.start, row.end)))
        });
        let mut firsts = Vec::with_capacity(files.legs.len() + 1);
        for (at, place) in (0_u32..).zip(&places) {
            let leg = leg_of.get(*place as usize).map_or(0, |leg| *leg as usize);
            while firsts.len() <= leg.min(files.legs.len()) {
                firsts.push(at);
            }
        }
        firsts.resize(files.legs.len() + 1, small(places.len()));
        (Self { places, firsts }, leg_of)
    }

    pub(super) fn of(&self, leg: usize) -> &[u32] {
        let at = |leg: usize| self.firsts.get(leg).map(|first| *first as usize);
        let range = at(leg).zip(at(leg + 1)).map(|(first, end)| first..end);
        range.and_then(|range| self.places.get(range)).unwrap_or_default()
    }
}

struct Checking<'a, 'b> {
    files: &'a Files,
    index: Index<'a>,
    bad: &'b mut Vec<BadRow>,
}

pub(super) fn check<'a>(files: &'a Files, bad: &mut Vec<BadRow>) -> Index<'a> {
    let index = Index {
        agents: unique(
            AGENTS.file,
            "agent_id",
            files.agents.iter().map(|row| (row.id.as_str(), row.line)),
            bad,
        ),
        cases: unique(CASES.file, "case_id", files.cases.iter().map(|row| (row.id.as_str(), row.line)), bad),
        calls: unique(CALLS.file, "call_id", files.calls.iter().map(|row| (row.id.as_str(), row.line)), bad),
        legs: unique(LEGS.file, "leg_id", files.legs.iter().map(|row| (row.id.as_str(), row.line)), bad),
        segments: InOrder::default(),
    };
    unique(PROMPTS.file, "prompt_id", files.prompts.iter().map(|row| (row.id.as_str(), row.line)), bad);
    let mut checking = Checking { files, index, bad };
    for call in &files.calls {
        checking.call(call);
    }
    for leg in &files.legs {
        checking.leg(leg);
    }
    checking.segments();
    checking.statuses();
    checking.prompts();
    checking.index
}

fn unique<'a>(
    file: &'static str,
    field: &'static str,
    ids: impl Iterator<Item = (&'a str, u64)>,
    bad: &mut Vec<BadRow>,
) -> HashMap<&'a str, usize> {
    let mut places = HashMap::new();
    for (place, (id, line)) in ids.enumerate() {
        if places.insert(id, place).is_some() && !id.is_empty() {
            let message = format!("\"{id}\" stands twice");
            bad.push(BadRow { file, line, field: Some(field), message });
        }
    }
    places
}

impl<'a> Checking<'a, '_> {
    fn refuse(&mut self, shape: &Shape, line: u64, field: &'static str, message: impl Into<String>) {
        self.bad.push(BadRow { file: shape.file, line, field: Some(field), message: message.into() });
    }

    fn agent(&mut self, shape: &Shape, line: u64, field: &'static str, id: Option<&String>) {
        if let Some(id) = id
            && !self.index.agents.contains_key(id.as_str())
        {
            self.refuse(shape, line, field, format!("\"{id}\" is not in agents.csv"));
        }
    }

    fn known_call(
        &mut self,
        shape: &Shape,
        line: u64,
        field: &'static str,
        id: &str,
    ) -> Option<&'static str> {
        match self.index.calls.get(id) {
            Some(place) => self.files.calls.get(*place).map(|call| call.purpose),
            None => {
                if !id.is_empty() {
                    self.refuse(shape, line, field, format!("\"{id}\" is not in calls.csv"));
                }
                None
            }
        }
    }

    fn call(&mut self, call: &Call) {
        let line = call.line;
        self.agent(&CALLS, line, "initiator_agent_id", call.initiator.as_ref());
        self.agent(&CALLS, line, "target_agent_id", call.target.as_ref());
        if let Some(case) = &call.case
            && !self.index.cases.contains_key(case.as_str())
        {
            self.refuse(&CALLS, line, "case_id", format!("\"{case}\" is not in cases.csv"));
        }
        self.links(call);
        if matches!(call.purpose, "consult" | "coaching") && call.parent.is_none() {
            self.refuse(&CALLS, line, "parent_id", format!("a {} has a parent", call.purpose));
        }
        if matches!(call.purpose, "coaching" | "direct") && call.call_type != "internal" {
            self.refuse(&CALLS, line, "call_type", format!("a {} is internal", call.purpose));
        }
        if call.purpose == "customer" && call.call_type == "internal" {
            self.refuse(&CALLS, line, "call_type", "a customer's call is inbound or outbound");
        }
        self.in_order(&CALLS, line, &[("enqueued_at", call.enqueued), ("answered_at", call.answered)]);
        for (field, at) in [
            ("enqueued_at", call.enqueued),
            ("started_at", Some(call.started)),
            ("answered_at", call.answered),
        ] {
            self.in_order(&CALLS, line, &[(field, at), ("ended_at", call.ended)]);
        }
        self.in_order(&CALLS, line, &[("started_at", Some(call.started)), ("answered_at", call.answered)]);
    }

    fn in_order(&mut self, shape: &Shape, line: u64, times: &[(&'static str, Option<i64>); 2]) {
        let [(earlier, first), (later, second)] = times;
        if let (Some(first), Some(second)) = (first, second)
            && second < first
        {
            self.refuse(shape, line, later, format!("lies before {earlier}"));
        }
    }

    /// The links name calls of the same root, and a cause is not its own effect.
    fn links(&mut self, call: &Call) {
        let line = call.line;
        let root = self.known_call(&CALLS, line, "root_id", &call.root);
        if root.is_some() && call.root == call.id && call.parent.is_some() {
            self.refuse(&CALLS, line, "parent_id", "a root has no parent");
        }
        if call.root != call.id {
            if let Some(root) = self.row(&call.root)
                && root.root != root.id
            {
                self.refuse(&CALLS, line, "root_id", format!("\"{}\" is no root itself", call.root));
            }
            if call.parent.is_none() && call.previous.is_none() {
                self.refuse(
                    &CALLS,
                    line,
                    "parent_id",
                    "a call that is no root has a parent or a previous call",
                );
            }
        }
        for (field, link) in [("parent_id", &call.parent), ("prev_id", &call.previous)] {
            let Some(link) = link else { continue };
            self.known_call(&CALLS, line, field, link);
            // A customer may go on from another conversation, as in a callback; a cause lies in the same one.
            if let Some(other) =
                self.row(link).filter(|other| field == "parent_id" && other.root != call.root)
            {
                let message = format!("\"{}\" belongs to another root", other.id);
                self.refuse(&CALLS, line, field, message);
            }
        }
        let mut above = call.parent.as_deref();
        let mut steps = 0;
        while let Some(id) = above {
            steps += 1;
            if id == call.id || steps > DEPTH_MAX {
                self.refuse(&CALLS, line, "parent_id", "the call is its own cause, or its causes never end");
                break;
            }
            above = self.row(id).and_then(|row| row.parent.as_deref());
        }
    }

    fn row(&self, id: &str) -> Option<&'a Call> {
        let files = self.files;
        self.index.calls.get(id).and_then(|place| files.calls.get(*place))
    }

    fn leg(&mut self, leg: &Leg) {
        let line = leg.line;
        self.known_call(&LEGS, line, "call_id", &leg.call);
        self.agent(&LEGS, line, "agent_id", leg.agent.as_ref());
        if leg.agent.is_none() && matches!(leg.role, "agent" | "supervisor") {
            self.refuse(&LEGS, line, "agent_id", format!("a leg of the role {} names its agent", leg.role));
        }
        if leg.ring.is_none() && leg.answered.is_none() {
            self.refuse(&LEGS, line, "ring_at", "a leg rang or was answered");
        }
        self.in_order(&LEGS, line, &[("ring_at", leg.ring), ("answered_at", leg.answered)]);
        self.in_order(&LEGS, line, &[("ring_at", leg.ring), ("ended_at", leg.ended)]);
        self.in_order(&LEGS, line, &[("answered_at", leg.answered), ("ended_at", leg.ended)]);
    }

    /// Each lies within its leg (wrap-up may follow it), and no two of a leg overlap.
    fn segments(&mut self) {
        let files = self.files;
        let (order, leg_of) = InOrder::new(files, &self.index.legs);
        let mut last: Option<(u32, i64)> = None;
        for place in &order.places {
            let place = *place as usize;
            let (Some(segment), Some(of)) = (files.segments.get(place), leg_of.get(place)) else { continue };
            let line = segment.line;
            self.in_order(&SEGMENTS, line, &[("start_at", Some(segment.start)), ("end_at", segment.end)]);
            if last.is_some_and(|(leg, end)| leg == *of && segment.start < end) {
                self.refuse(&SEGMENTS, line, "start_at", "overlaps another segment of the leg");
            }
            let end = segment.end.unwrap_or(i64::MAX);
            last = Some((*of, last.filter(|(leg, _)| leg == of).map_or(end, |(_, to)| to.max(end))));
            let Some(leg) = files.legs.get(*of as usize) else {
                if !segment.leg.is_empty() {
                    self.refuse(&SEGMENTS, line, "leg_id", format!("\"{}\" is not in legs.csv", segment.leg));
                }
                continue;
            };
            if leg.ring.is_some_and(|ring| segment.start < ring) {
                self.refuse(&SEGMENTS, line, "start_at", "lies before its leg");
            }
            if segment.kind != "acw" && leg.ended.is_some_and(|ended| end > ended) {
                self.refuse(&SEGMENTS, line, "end_at", "lies after the end of its leg");
            }
        }
        self.index.segments = order;
    }

    fn statuses(&mut self) {
        let files = self.files;
        let mut order: Vec<usize> = (0..files.statuses.len()).collect();
        order.sort_by_key(|place| {
            files.statuses.get(*place).map(|row| (row.agent.as_str(), row.start, row.end))
        });
        let mut last: Option<(&str, i64)> = None;
        for place in order {
            let Some(status) = files.statuses.get(place) else { continue };
            let line = status.line;
            if !status.agent.is_empty() {
                self.agent(&STATUSES, line, "agent_id", Some(&status.agent));
            }
            self.in_order(&STATUSES, line, &[("start_at", Some(status.start)), ("end_at", status.end)]);
            if last.is_some_and(|(agent, end)| agent == status.agent && status.start < end) {
                self.refuse(&STATUSES, line, "start_at", "overlaps another status of the agent");
            }
            last = Some((&status.agent, status.end.unwrap_or(i64::MAX)));
        }
    }

    fn prompts(&mut self) {
        let files = self.files;
        for prompt in &files.prompts {
            let line = prompt.line;
            self.known_call(&PROMPTS, line, "parent_call_id", &prompt.parent_call);
            if let Some(result) = &prompt.result_call {
                self.known_call(&PROMPTS, line, "result_call_id", result);
            }
            self.agent(&PROMPTS, line, "requester", prompt.requester.as_ref());
            self.agent(&PROMPTS, line, "target", prompt.target.as_ref());
            if prompt.state.is_empty() {
                self.refuse(&PROMPTS, line, "state", "must not be empty");
            }
            self.in_order(&PROMPTS, line, &[("offered_at", prompt.offered), ("closed_at", prompt.closed)]);
        }
    }
}

/// Causes above a call: a conversation of ours has far fewer calls.
pub(super) const DEPTH_MAX: usize = 1_000;
