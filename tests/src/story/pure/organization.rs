//! The organization of a pure stage, made as its people are named.

use access::{PermissionSet, Scope};
use callcontrol::flow::hours::{BusinessHours, Schedule, Span};
use callcontrol::organization::{Entry, Membership, Number, PresenceStatus, Queue, User};
use callcontrol::{Destination, Organization};
use terms::{BusinessHoursId, NumberId, PhoneNumber, PresenceStatusId, QueueId, TrunkId, UserId};
use voicecall::AnswerWhen;

use crate::story::{NewStaff, Setting, To};

pub(super) const ONLINE: PresenceStatusId = PresenceStatusId::from_number(1);
pub(super) const TRUNK: TrunkId = TrunkId::from_number(1);

/// What the stage knows of the people and queues that were named.
#[derive(Default)]
pub(super) struct Cast {
    pub(super) organization: Organization,
    queues: Vec<String>,
    flows: Vec<String>,
    staff: Vec<(String, UserId)>,
    customers: Vec<(String, Option<PhoneNumber>)>,
}

pub(super) fn queue_number(index: usize) -> PhoneNumber {
    format!("+1555020{index:04}").parse().unwrap()
}

pub(super) fn flow_number(index: usize) -> PhoneNumber {
    format!("+1555030{index:04}").parse().unwrap()
}

const ALWAYS: BusinessHoursId = BusinessHoursId::from_number(1);
const NEVER: BusinessHoursId = BusinessHoursId::from_number(2);

impl Cast {
    pub(super) fn new() -> Self {
        let mut cast = Self::default();
        let o = &mut cast.organization;
        for built_in in [access::permission_set::AGENT, access::permission_set::SUPERVISOR] {
            let set = PermissionSet {
                id: built_in.id,
                name: built_in.name.to_owned(),
                grants: built_in.grants.iter().copied().collect(),
                scope: Scope::EVERYTHING,
            };
            o.permission_sets.insert(built_in.id, set);
        }
        let status = PresenceStatus {
            id: ONLINE,
            name: "Available".to_owned(),
            kind: routing::StatusKind::Online,
            sort: 1,
        };
        o.presence_statuses.insert(ONLINE, status);
        let trunk = signaling::Trunk {
            id: TRUNK,
            host: "192.0.2.1".to_owned(),
            port: 5060,
            transport: signaling::Transport::Udp,
            credentials: None,
            register: false,
            allow_from: Vec::new(),
            max_calls: None,
        };
        o.trunks.insert(TRUNK, trunk);
        cast
    }

    /// The queue of this name; the first to name it makes it.
    pub(super) fn queue(&mut self, name: &str) -> QueueId {
        let known = self.queues.iter().position(|known| known == name);
        let index = known.unwrap_or(self.queues.len());
        let id = QueueId::from_number(100 + index as u128);
        if known.is_some() {
            return id;
        }
        self.queues.push(name.to_owned());
        let queue = Queue {
            id,
            name: name.to_owned(),
            extension: Some(format!("3{index:02}").parse().unwrap()),
            internal: false,
            priority: 5,
            push_timeout_ms: 20_000,
            max_wait_ms: None,
            wrap_up_ms: 0,
            wrap_up_extensions_max: 0,
            service_level_ms: 20_000,
            caller_id: None,
            model: routing::Model::LongestIdle,
            overflow: routing::Overflow::HangUp,
            steps: Vec::new(),
            waiting: callcontrol::organization::WaitingRules::default(),
        };
        self.organization.queues.insert(id, queue);
        let number = Number {
            id: NumberId::from_number(index as u128),
            goes_to: Entry::Queue(id),
            answer: AnswerWhen::OnFlow,
        };
        self.organization.numbers.insert(queue_number(index), number);
        id
    }

    pub(super) fn number_of_queue(&mut self, name: &str) -> PhoneNumber {
        if let Some(index) = self.flows.iter().position(|known| known == name) {
            return flow_number(index);
        }
        self.queue(name);
        queue_number(self.queues.iter().position(|known| known == name).unwrap())
    }

    /// As the rows of the database would have it.
    pub(super) fn change_queue(&mut self, name: &str, change: &serde_json::Value) {
        let id = self.queue(name);
        let change = crate::story::with_ids(change, &mut |field, named| match field {
            "phone_number" => self.number(named).unwrap().as_str().to_owned(),
            _ => self.queue(named).to_string(),
        });
        let part = |part: &str| change.get(part).cloned().unwrap_or(serde_json::json!({}));
        let row = store::QueueRow {
            id,
            version: 1,
            name: name.to_owned(),
            extension: self.organization.queues[&id].extension.clone(),
            kind: store::QueueKind::Customer,
            routing: part("routing"),
            wrap_up: part("wrap_up"),
            announcements: part("announcements"),
            max_size: change.get("max_size").and_then(|size| u32::try_from(size.as_u64()?).ok()),
            service_level_seconds: 20,
            caller_id: None,
        };
        let rows = store::OrganizationRows { queues: vec![row], ..store::OrganizationRows::default() };
        self.organization.queues.extend(Organization::from_rows(&rows).queues);
    }

    pub(super) fn add_flow(&mut self, name: &str, steps: &serde_json::Value) {
        for (hours, spans) in
            [(ALWAYS, vec![Span { from: "00:00".into(), to: "24:00".into() }]), (NEVER, Vec::new())]
        {
            let schedule = Schedule {
                monday: spans.clone(),
                tuesday: spans.clone(),
                wednesday: spans.clone(),
                thursday: spans.clone(),
                friday: spans.clone(),
                saturday: spans.clone(),
                sunday: spans,
                exceptions: Vec::new(),
            };
            let name = String::new();
            let hours_of = BusinessHours { name, time_zone: "UTC".parse().unwrap(), schedule };
            self.organization.business_hours.insert(hours, hours_of);
        }
        let steps = crate::story::with_ids(steps, &mut |field, named| match (field, named) {
            ("queue_id", queue) => self.queue(queue).to_string(),
            ("user_id", name) => self.user(name).unwrap().to_string(),
            (_, "always") => ALWAYS.to_string(),
            (_, _) => NEVER.to_string(),
        });
        let index = self.flows.len();
        self.flows.push(name.to_owned());
        let number = Number {
            id: NumberId::from_number(10_000 + index as u128),
            goes_to: Entry::Flow(serde_json::from_value(steps).unwrap()),
            answer: AnswerWhen::OnFlow,
        };
        self.organization.numbers.insert(flow_number(index), number);
    }

    pub(super) fn add_staff(&mut self, staff: &NewStaff) -> UserId {
        let index = self.staff.len();
        let id = UserId::from_number(1 + index as u128);
        let queues: Vec<Membership> = staff
            .queues
            .iter()
            .map(|queue| Membership { queue: self.queue(queue), priority: 1, delay_ms: 0 })
            .collect();
        let sets = if staff.supervises {
            vec![access::permission_set::AGENT.id, access::permission_set::SUPERVISOR.id]
        } else {
            vec![access::permission_set::AGENT.id]
        };
        let user = User {
            id,
            username: staff.name.clone(),
            display_name: staff.name.clone(),
            extension: Some(extension(index).parse().unwrap()),
            tier: None,
            team: None,
            skills: Default::default(),
            queues,
            permission_sets: sets,
            presence_config: None,
            desk_phone: true,
            auto_answer_seconds: None,
        };
        self.organization.users.insert(id, user);
        self.staff.push((staff.name.clone(), id));
        id
    }

    pub(super) fn add_customer(&mut self, name: &str, number: Option<&str>) {
        let number = number.map(|number| match number {
            "" => format!("+1555010{:04}", self.customers.len()),
            service => format!("+{service}"),
        });
        self.customers.push((name.to_owned(), number.map(|number| number.parse().unwrap())));
    }

    pub(super) fn set(&mut self, setting: Setting) {
        let settings = &mut self.organization.settings;
        match setting {
            Setting::ConcurrentCalls(calls) => settings.limits.concurrent_calls = calls,
            Setting::HangUpWhileRingingCompletes(yes) => settings.hang_up_while_ringing_completes = yes,
            Setting::LostAgentSeconds(seconds) => settings.reattach_grace_ms = i64::from(seconds) * 1000,
            Setting::TrunkCalls(calls) => {
                if let Some(trunk) = self.organization.trunks.get_mut(&TRUNK) {
                    trunk.max_calls = Some(calls);
                }
            }
            Setting::DirectCallsLogged(yes) => settings.direct_internal_calls_logged = yes,
            Setting::WrapUpSeconds(seconds) => {
                let queues = self.organization.queues.values_mut();
                queues.for_each(|queue| queue.wrap_up_ms = i64::from(seconds) * 1000);
            }
        }
    }

    pub(super) fn revoke_coaching(&mut self, user: UserId) {
        if let Some(user) = self.organization.users.get_mut(&user) {
            user.permission_sets.retain(|set| *set != access::permission_set::SUPERVISOR.id);
        }
    }

    pub(super) fn user(&self, name: &str) -> Option<UserId> {
        self.staff.iter().find(|(known, _)| known == name).map(|(_, id)| *id)
    }
    /// None is a withheld number.
    pub(super) fn number(&self, name: &str) -> Option<PhoneNumber> {
        self.customers.iter().find(|(known, _)| known == name).and_then(|(_, number)| number.clone())
    }
    pub(super) fn name_of_user(&self, user: UserId) -> String {
        let found = self.staff.iter().find(|(_, id)| *id == user);
        found.map_or_else(|| "a stranger".to_owned(), |(name, _)| name.clone())
    }
    pub(super) fn name_of_number(&self, number: Option<&PhoneNumber>) -> String {
        let found = self.customers.iter().find(|(_, known)| known.as_ref() == number);
        if let Some((name, _)) = found {
            return name.clone();
        }
        if let Some(flow) = (0..self.flows.len()).find(|index| Some(&flow_number(*index)) == number) {
            return self.flows[flow].clone();
        }
        let queue = (0..self.queues.len()).find(|index| Some(&queue_number(*index)) == number);
        queue.and_then(|index| self.queues.get(index).cloned()).unwrap_or_else(|| "a stranger".to_owned())
    }
    pub(super) fn extension_of(&self, name: &str) -> String {
        extension(self.staff.iter().position(|(known, _)| known == name).unwrap())
    }

    pub(super) fn destination(&mut self, to: &To) -> Destination {
        match to {
            To::Queue(queue) => Destination::Queue { queue: self.queue(queue), skills: Vec::new() },
            To::Person(name) => match self.user(name) {
                Some(user) => Destination::User(user),
                None => self.organization.destination_of(self.number(name).unwrap().as_str()).unwrap(),
            },
        }
    }
    /// As a keypad has it.
    pub(super) fn dialed(&mut self, to: &To) -> String {
        match to {
            To::Queue(queue) => {
                let id = self.queue(queue);
                self.organization.queues[&id].extension.as_ref().unwrap().as_str().to_owned()
            }
            To::Person(name) if self.user(name).is_some() => self.extension_of(name),
            To::Person(name) => self.number(name).unwrap().as_str().to_owned(),
        }
    }
}

fn extension(index: usize) -> String {
    format!("2{:02}", index + 1)
}
