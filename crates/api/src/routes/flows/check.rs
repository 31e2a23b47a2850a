//! What makes a flow one that can be run: everything it names exists, every step can be reached, and it is bounded.

use std::collections::BTreeMap;

use store::OrganizationRows;
use terms::limits;

use super::{
    super::queues::{SkillWanted, check_skills, check_steps},
    steps::{CallbackStep, FlowStep, HoursStep, MenuStep, QueueCheckStep, QueueStep, SetStep, VoicemailStep},
};
use crate::{Faces, noun::Complaints};

/// No wait that a check compares with is longer than a day.
const SECONDS_MAX: f64 = 86_400.0;

pub(super) fn steps(steps: &[FlowStep], faces: &Faces, complaints: &mut Complaints) {
    let rows = faces.organization();
    let mut check = Check { faces, rows: &rows, complaints, count: 0 };
    check.steps("steps", steps, 1);
    let count = check.count;
    let most = limits::FLOW_STEPS_MAX;
    complaints.unless(count <= most, "steps", format!("at most {most} in all branches together"));
}

struct Check<'a> {
    faces: &'a Faces,
    rows: &'a OrganizationRows,
    complaints: &'a mut Complaints,
    count: usize,
}

impl Check<'_> {
    /// Whether a call that comes here is hung up within, whatever happens.
    fn steps(&mut self, field: &str, steps: &[FlowStep], depth: usize) -> bool {
        self.count += steps.len();
        if depth > limits::FLOW_DEPTH_MAX {
            self.complaints.add(field, format!("at most {} branches deep", limits::FLOW_DEPTH_MAX));
            return false;
        }
        let mut hung_up = false;
        for (index, step) in steps.iter().enumerate() {
            let field = format!("{field}[{index}]");
            if hung_up {
                self.complaints.add(&field, "no call comes here: it is hung up before");
                break;
            }
            hung_up = self.step(&field, step, depth);
        }
        hung_up
    }

    fn step(&mut self, field: &str, step: &FlowStep, depth: usize) -> bool {
        match step {
            FlowStep::Play(prompt) => {
                self.prompt(&format!("{field}.play"), prompt);
                false
            }
            FlowStep::Menu(menu) => self.menu(&format!("{field}.menu"), menu, depth),
            FlowStep::Hours(hours) => self.hours(&format!("{field}.hours"), hours, depth),
            FlowStep::Set(set) => {
                self.set(&format!("{field}.set"), set);
                false
            }
            FlowStep::QueueCheck(check) => {
                self.queue_check(&format!("{field}.queue_check"), check, depth);
                false
            }
            FlowStep::User(user) => {
                let known = self.rows.users.iter().any(|row| row.id.0 == user.user_id);
                self.complaints.unless(known, format!("{field}.user.user_id"), "names no user");
                false
            }
            FlowStep::Queue(queue) => {
                let field = format!("{field}.queue");
                self.queue(&field, queue.queue_id);
                self.wanted(&field, &queue.skills, queue.priority);
                self.wishes(&field, queue);
                false
            }
            FlowStep::Voicemail(VoicemailStep { queue_id, prompt }) => {
                let field = format!("{field}.voicemail");
                self.queue(&field, *queue_id);
                if let Some(prompt) = prompt {
                    self.prompt(&format!("{field}.prompt"), prompt);
                }
                true
            }
            FlowStep::Callback(CallbackStep { queue_id, skills, priority }) => {
                let field = format!("{field}.callback");
                self.queue(&field, *queue_id);
                self.wanted(&field, skills, *priority);
                false
            }
            FlowStep::HangUp(_) => true,
        }
    }

    /// Whom the call would like best, and what it asks for step by step.
    fn wishes(&mut self, field: &str, queue: &QueueStep) {
        let either = queue.steps.is_empty() || queue.skills.is_empty();
        self.complaints.unless(either, format!("{field}.steps"), "either skills or steps");
        check_steps(&format!("{field}.steps"), &queue.steps, self.faces, self.complaints);
        if let Some(user) = queue.preferred_user_id {
            let known = self.rows.users.iter().any(|row| row.id.0 == user);
            self.complaints.unless(known, format!("{field}.preferred_user_id"), "names no user");
        }
        if let Some(seconds) = queue.preferred_seconds {
            let named = queue.preferred_user_id.is_some();
            self.complaints.unless(
                named,
                format!("{field}.preferred_seconds"),
                "goes with preferred_user_id",
            );
            self.complaints.seconds(&format!("{field}.preferred_seconds"), seconds, 0.0, SECONDS_MAX);
        }
    }

    fn prompt(&mut self, field: &str, name: &str) {
        let known = self.faces.calls.organization().prompt_named(name).is_some();
        self.complaints.unless(known, field, "names no prompt");
    }

    fn queue(&mut self, field: &str, queue: uuid::Uuid) {
        let known = self.rows.queues.iter().any(|row| row.id.0 == queue);
        self.complaints.unless(known, format!("{field}.queue_id"), "names no queue");
    }

    fn wanted(&mut self, field: &str, skills: &[SkillWanted], priority: Option<u8>) {
        check_skills(&format!("{field}.skills"), skills, self.faces, self.complaints);
        let sound = priority.is_none_or(|priority| (1..=9).contains(&priority));
        self.complaints.unless(sound, format!("{field}.priority"), "1 to 9");
    }

    fn menu(&mut self, field: &str, menu: &MenuStep, depth: usize) -> bool {
        if let Some(prompt) = &menu.prompt {
            self.prompt(&format!("{field}.prompt"), prompt);
        }
        let most = f64::from(limits::MENU_SECONDS_MAX);
        self.complaints.seconds(&format!("{field}.timeout_seconds"), menu.timeout_seconds, 1.0, most);
        let most = limits::MENU_ATTEMPTS_MAX;
        let sound = (1..=most).contains(&menu.attempts);
        self.complaints.unless(sound, format!("{field}.attempts"), format!("1 to {most}"));
        if let Some(attribute) = &menu.attribute {
            self.complaints.name(&format!("{field}.attribute"), attribute);
        }
        self.complaints.unless(!menu.digits.is_empty(), format!("{field}.digits"), "at least one key");
        let mut hung_up = !menu.digits.is_empty();
        for (key, steps) in &menu.digits {
            let field = format!("{field}.digits.{key}");
            let known = key.len() == 1 && "0123456789*#".contains(key.as_str());
            self.complaints.unless(known, &field, "a key is one of 0 to 9, * and #");
            hung_up &= self.steps(&field, steps, depth + 1);
        }
        hung_up & self.steps(&format!("{field}.on_failure"), &menu.on_failure, depth + 1)
    }

    fn hours(&mut self, field: &str, hours: &HoursStep, depth: usize) -> bool {
        let known = self.rows.business_hours.iter().any(|row| row.id.0 == hours.business_hours_id);
        self.complaints.unless(known, format!("{field}.business_hours_id"), "names no business hours");
        let open = self.steps(&format!("{field}.open"), &hours.open, depth + 1);
        open & self.steps(&format!("{field}.closed"), &hours.closed, depth + 1)
    }

    fn set(&mut self, field: &str, set: &SetStep) {
        for (name, text) in [("subject", &set.subject), ("case_category", &set.case_category)] {
            if let Some(text) = text {
                self.complaints.text(&format!("{field}.{name}"), text);
            }
        }
        self.attributes(&format!("{field}.attributes"), &set.attributes);
        self.wanted(field, &set.skills, set.priority);
    }

    fn attributes(&mut self, field: &str, attributes: &BTreeMap<String, String>) {
        let bytes: usize = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        let most = limits::ATTRIBUTES_BYTES_MAX;
        self.complaints.unless(bytes <= most, field, format!("at most {most} bytes together"));
        for (name, value) in attributes {
            self.complaints.text(&format!("{field}.{name}"), value);
        }
    }

    fn queue_check(&mut self, field: &str, check: &QueueCheckStep, depth: usize) {
        self.queue(field, check.queue_id);
        let any = check.no_agents || check.waiting.is_some() || check.longest_wait_seconds.is_some();
        self.complaints.unless(
            any,
            field,
            "looks at nothing: name no_agents, waiting or longest_wait_seconds",
        );
        if let Some(seconds) = check.longest_wait_seconds {
            self.complaints.seconds(&format!("{field}.longest_wait_seconds"), seconds, 1.0, SECONDS_MAX);
        }
        self.complaints.unless(!check.then.is_empty(), format!("{field}.then"), "at least one step");
        self.steps(&format!("{field}.then"), &check.then, depth + 1);
    }
}
