//! The files as they are, row by row.

use std::path::Path;

use super::table::{BadRow, Shape, read};

pub(super) const AGENTS: Shape = Shape {
    file: "agents.csv",
    columns: &["agent_id", "name", "role", "tier", "team"],
    may_be_missing: false,
};
pub(super) const CASES: Shape =
    Shape { file: "cases.csv", columns: &["case_id", "category"], may_be_missing: false };
pub(super) const CALLS: Shape = Shape {
    file: "calls.csv",
    columns: &[
        "call_id",
        "root_id",
        "parent_id",
        "prev_id",
        "call_type",
        "purpose",
        "queue",
        "subject",
        "case_id",
        "customer_id",
        "initiator_agent_id",
        "target_agent_id",
        "enqueued_at",
        "started_at",
        "answered_at",
        "ended_at",
        "disposition",
    ],
    may_be_missing: false,
};
pub(super) const LEGS: Shape = Shape {
    file: "legs.csv",
    columns: &["leg_id", "call_id", "agent_id", "role", "ring_at", "answered_at", "ended_at", "end_reason"],
    may_be_missing: false,
};
pub(super) const SEGMENTS: Shape =
    Shape { file: "segments.csv", columns: &["leg_id", "kind", "start_at", "end_at"], may_be_missing: false };
pub(super) const STATUSES: Shape = Shape {
    file: "agent_status.csv",
    columns: &["agent_id", "status", "start_at", "end_at"],
    may_be_missing: false,
};
pub(super) const PROMPTS: Shape = Shape {
    file: "consult_prompts.csv",
    columns: &[
        "prompt_id",
        "parent_call_id",
        "requester",
        "target",
        "state",
        "offered_at",
        "accepted_at",
        "snoozed_count",
        "closed_at",
        "result_call_id",
    ],
    may_be_missing: true,
};

pub(super) const CALL_TYPES: &[&str] = &["inbound", "outbound", "internal"];
pub(super) const PURPOSES: &[&str] =
    &["customer", "consult", "transfer", "participant", "coaching", "callback", "direct"];
const ROLES: &[&str] = &["agent", "supervisor", "specialist", "customer", "third_party"];
pub(super) const KINDS: &[&str] =
    &["ring", "talk", "hold", "conference", "monitor", "whisper", "barge", "acw", "queue", "ivr", "park"];

#[derive(Debug)]
pub(super) struct Agent {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) tier: Option<i32>,
    pub(super) team: Option<String>,
}

#[derive(Debug)]
pub(super) struct Case {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) category: Option<String>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) line: u64,
    pub(super) id: String,
    /// Itself, for a root.
    pub(super) root: String,
    pub(super) parent: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) call_type: &'static str,
    pub(super) purpose: &'static str,
    pub(super) queue: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) case: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) initiator: Option<String>,
    pub(super) target: Option<String>,
    pub(super) enqueued: Option<i64>,
    pub(super) started: i64,
    pub(super) answered: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) disposition: String,
}

#[derive(Debug)]
pub(super) struct Leg {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) call: String,
    pub(super) agent: Option<String>,
    pub(super) role: &'static str,
    pub(super) ring: Option<i64>,
    pub(super) answered: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) end_reason: Option<String>,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) line: u64,
    pub(super) leg: String,
    pub(super) kind: &'static str,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Status {
    pub(super) line: u64,
    pub(super) agent: String,
    pub(super) status: String,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) parent_call: String,
    pub(super) requester: Option<String>,
    pub(super) target: Option<String>,
    pub(super) state: String,
    pub(super) offered: Option<i64>,
    pub(super) accepted: Option<i64>,
    pub(super) snoozed: i32,
    pub(super) closed: Option<i64>,
    pub(super) result_call: Option<String>,
}

/// All files of a directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) agents: Vec<Agent>,
    pub(super) cases: Vec<Case>,
    pub(super) calls: Vec<Call>,
    pub(super) legs: Vec<Leg>,
    pub(super) segments: Vec<Segment>,
    pub(super) statuses: Vec<Status>,
    pub(super) prompts: Vec<Prompt>,
}

/// `progress` hears the file's name and how many rows it had. Segments are most of all rows, so they are read beside the
/// others.
pub(super) fn files(
    directory: &Path,
    bad: &mut Vec<BadRow>,
    mut progress: impl FnMut(&'static str, u64),
) -> std::io::Result<Files> {
    let (segments, rest) = std::thread::scope(|scope| {
        let beside = scope.spawn(|| segments(directory));
        let rest = rest(directory, bad);
        (beside.join(), rest)
    });
    let mut files = rest?;
    let stopped = |_| std::io::Error::other("reading segments.csv broke off");
    let (segments, more) = segments.map_err(stopped)??;
    files.segments = segments;
    bad.extend(more);
    for (file, rows) in [
        (AGENTS.file, files.agents.len()),
        (CALLS.file, files.calls.len()),
        (LEGS.file, files.legs.len()),
        (SEGMENTS.file, files.segments.len()),
        (STATUSES.file, files.statuses.len()),
    ] {
        progress(file, rows as u64);
    }
    Ok(files)
}

fn rest(directory: &Path, bad: &mut Vec<BadRow>) -> std::io::Result<Files> {
    let mut files = Files::default();
    agents(directory, bad, &mut files)?;
    calls(directory, bad, &mut files)?;
    legs(directory, bad, &mut files)?;
    statuses(directory, bad, &mut files)?;
    Ok(files)
}

fn segments(directory: &Path) -> std::io::Result<(Vec<Segment>, Vec<BadRow>)> {
    let (mut segments, mut bad) = (Vec::new(), Vec::new());
    read(directory, &SEGMENTS, &mut bad, |row| {
        let segment = Segment {
            line: row.line,
            leg: row.required("leg_id"),
            kind: row.one_of("kind", KINDS),
            start: row.required_time("start_at"),
            end: row.time("end_at"),
        };
        segments.push(segment);
    })?;
    Ok((segments, bad))
}

fn agents(directory: &Path, bad: &mut Vec<BadRow>, files: &mut Files) -> std::io::Result<()> {
    read(directory, &AGENTS, bad, |row| {
        let agent = Agent {
            line: row.line,
            id: row.required("agent_id"),
            name: row.required("name"),
            role: row.one_of("role", &["agent", "supervisor"]),
            tier: row.number("tier", 1, 9),
            team: row.text("team"),
        };
        if agent.role == "supervisor" && agent.tier.is_some() {
            row.refuse("tier", "must be empty for a supervisor");
        }
        files.agents.push(agent);
    })?;
    read(directory, &CASES, bad, |row| {
        let case = Case { line: row.line, id: row.required("case_id"), category: row.text("category") };
        files.cases.push(case);
    })
}

fn calls(directory: &Path, bad: &mut Vec<BadRow>, files: &mut Files) -> std::io::Result<()> {
    read(directory, &CALLS, bad, |row| {
        let id = row.required("call_id");
        let call = Call {
            line: row.line,
            root: row.text("root_id").unwrap_or_else(|| id.clone()),
            id,
            parent: row.text("parent_id"),
            previous: row.text("prev_id"),
            call_type: row.one_of("call_type", CALL_TYPES),
            purpose: row.one_of("purpose", PURPOSES),
            queue: row.text("queue"),
            subject: row.text("subject"),
            case: row.text("case_id"),
            customer: row.text("customer_id"),
            initiator: row.text("initiator_agent_id"),
            target: row.text("target_agent_id"),
            enqueued: row.time("enqueued_at"),
            started: row.required_time("started_at"),
            answered: row.time("answered_at"),
            ended: row.time("ended_at"),
            disposition: row.word("disposition").unwrap_or_default(),
        };
        if call.disposition.is_empty() {
            row.refuse("disposition", "must not be empty");
        }
        files.calls.push(call);
    })
}

fn legs(directory: &Path, bad: &mut Vec<BadRow>, files: &mut Files) -> std::io::Result<()> {
    read(directory, &LEGS, bad, |row| {
        let leg = Leg {
            line: row.line,
            id: row.required("leg_id"),
            call: row.required("call_id"),
            agent: row.text("agent_id"),
            role: row.one_of("role", ROLES),
            ring: row.time("ring_at"),
            answered: row.time("answered_at"),
            ended: row.time("ended_at"),
            end_reason: row.word("end_reason"),
        };
        files.legs.push(leg);
    })
}

fn statuses(directory: &Path, bad: &mut Vec<BadRow>, files: &mut Files) -> std::io::Result<()> {
    read(directory, &STATUSES, bad, |row| {
        let status = Status {
            line: row.line,
            agent: row.required("agent_id"),
            status: row.word("status").unwrap_or_default(),
            start: row.required_time("start_at"),
            end: row.time("end_at"),
        };
        if status.status.is_empty() {
            row.refuse("status", "must not be empty");
        }
        files.statuses.push(status);
    })?;
    read(directory, &PROMPTS, bad, |row| {
        let prompt = Prompt {
            line: row.line,
            id: row.required("prompt_id"),
            parent_call: row.required("parent_call_id"),
            requester: row.text("requester"),
            target: row.text("target"),
            state: row.word("state").unwrap_or_default(),
            offered: row.time("offered_at"),
            accepted: row.time("accepted_at"),
            snoozed: row.number("snoozed_count", 0, i32::MAX).unwrap_or_default(),
            closed: row.time("closed_at"),
            result_call: row.text("result_call_id"),
        };
        files.prompts.push(prompt);
    })
}
