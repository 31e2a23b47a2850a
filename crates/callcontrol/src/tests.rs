//! A shard with agents on it: who is rung, and who is not.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use access::{Area, Granted, Permission, PermissionSet, Principal, Scope, authorize};
use routing::StatusKind;
use serde_json::{Value, json};
use signaling::Origin;
use store::{OrganizationRows, QueueKind, QueueRow, journal::Journal};
use terms::{
    ConversationId, EndReason, LegId, NumberId, PermissionSetId, PhoneNumber, PresenceStatusId, QueueId,
    Timestamp, TrunkId, UserId,
};
use tokio::sync::oneshot;
use voicecall::{AnswerWhen, Signal};

use crate::{
    Arrival, Batch, CallbackState, Destination, Input, Organization, Shard,
    command::{Action, ConversationCommand, SetPresence},
    handle::Request,
    organization::{Entry, Membership, Number, PresenceStatus, User},
    recover::recover,
};

const BILLING: QueueId = QueueId::from_number(1);
const ANA: UserId = UserId::from_number(11);
const BEN: UserId = UserId::from_number(12);
const AGENT: PermissionSetId = PermissionSetId::from_number(1);
const DANA: &str = "+15550100";
const ERIN: &str = "+15550101";
const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const KINDS: [StatusKind; 4] = [StatusKind::Online, StatusKind::Busy, StatusKind::Dnd, StatusKind::Offline];

fn status_id(kind: StatusKind) -> PresenceStatusId {
    let place = KINDS.iter().position(|one| *one == kind).unwrap();
    PresenceStatusId::from_number(place as u128 + 1)
}

fn user(id: UserId, name: &str) -> User {
    User {
        id,
        username: name.to_owned(),
        display_name: name.to_owned(),
        extension: None,
        tier: None,
        team: None,
        skills: Default::default(),
        queues: vec![Membership { queue: BILLING, priority: 1, delay_ms: 0 }],
        permission_sets: vec![AGENT],
        presence_config: None,
        desk_phone: false,
        auto_answer_seconds: None,
    }
}

fn organization(routing: Value) -> Organization {
    let queue = QueueRow {
        id: BILLING,
        version: 1,
        name: "Billing".to_owned(),
        extension: None,
        kind: QueueKind::Customer,
        routing,
        wrap_up: json!({}),
        announcements: json!({}),
        max_size: None,
        service_level_seconds: 20,
        caller_id: None,
    };
    let rows = OrganizationRows { queues: vec![queue], ..OrganizationRows::default() };
    let mut organization = Organization::from_rows(&rows);
    let number =
        Number { id: NumberId::from_number(1), goes_to: Entry::Queue(BILLING), answer: AnswerWhen::OnFlow };
    organization.numbers.insert("+15550200".parse().unwrap(), number);
    let grants = BTreeSet::from([Permission::TakeCalls, Permission::Consult]);
    let agents = PermissionSet { id: AGENT, name: "agent".to_owned(), grants, scope: Scope::EVERYTHING };
    organization.permission_sets.insert(AGENT, agents);
    for kind in KINDS {
        let row = PresenceStatus { id: status_id(kind), name: format!("{kind:?}"), kind, sort: 0 };
        organization.presence_statuses.insert(row.id, row);
    }
    for row in [user(ANA, "ana"), user(BEN, "ben")] {
        organization.users.insert(row.id, row);
    }
    organization
}

struct Floor {
    shard: Shard,
    now: Timestamp,
    /// Every fact so far.
    said: Vec<store::journal::Append>,
}

impl Floor {
    fn new(organization: Organization) -> Self {
        let shard = Shard::new(Arc::new(organization), START);
        Self { shard, now: START, said: Vec::new() }
    }
    fn give(&mut self, input: Input) -> Batch {
        let mut batch = self.shard.handle([input], self.now);
        self.said.append(&mut batch.appends);
        batch
    }
    fn after(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.give(Input::Tick);
    }
    fn asked<T>(&mut self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (reply, mut answer) = oneshot::channel();
        let batch = self.give(Input::Request(Box::new(request(reply))));
        batch.replies.into_iter().for_each(|reply| reply());
        answer.try_recv().unwrap()
    }
    fn principal(user: UserId) -> Principal {
        let grants = BTreeSet::from([Permission::Consult, Permission::TakeCalls]);
        Principal { user, team: None, sets: vec![Granted { grants, scope: Scope::EVERYTHING }] }
    }
    fn chooses(&mut self, user: UserId, kind: StatusKind) {
        let change =
            SetPresence { user, own: true, area: Area::anywhere(), status: status_id(kind), reason: None };
        let change = authorize(&Self::principal(user), change).unwrap();
        self.asked(|reply| Request::SetPresence { change, reply }).unwrap();
    }
    fn signs_in(&mut self, user: UserId) {
        self.give(Input::Reachable { user, reachable: true });
        self.chooses(user, StatusKind::Online);
    }
    fn calls(&mut self, conversation: u128, from: &str) {
        let leg = LegId::new(ConversationId::from_number(conversation), 0);
        let arrival = Arrival {
            leg,
            from: Origin::Trunk(TrunkId::from_number(1)),
            caller: Some(from.parse::<PhoneNumber>().unwrap()),
            display: None,
            to: "+15550200".to_owned(),
            replaces: None,
            headers: Vec::new(),
        };
        self.give(Input::Arrived(Box::new(arrival)));
        self.signal(leg.conversation, Signal::LegAnswered { leg: 0 });
    }
    fn signal(&mut self, conversation: ConversationId, signal: Signal) {
        let ordinal = match &signal {
            Signal::LegAnswered { leg } | Signal::LegEnded { leg, .. } => *leg,
            other => panic!("no signal of this test: {other:?}"),
        };
        self.give(Input::Signal { leg: LegId::new(conversation, ordinal), signal });
    }
    fn hangs_up(&mut self, conversation: u128, leg: u32) {
        let reason = EndReason::RemoteHangup;
        self.signal(ConversationId::from_number(conversation), Signal::LegEnded { leg, reason });
    }
    /// The conversation and the wire that ring this person, as far as they ring at all.
    fn rings(&self, user: UserId) -> Option<(ConversationId, u32)> {
        let wire = |(id, owned): (&ConversationId, &crate::shard::Owned)| {
            let leg = owned.conversation.leg_of(user)?;
            self.shard.only_rings(*id, user).then_some((*id, leg))
        };
        self.shard.owned.iter().find_map(wire)
    }
    fn answers(&mut self, user: UserId) {
        let (conversation, leg) = self.rings(user).expect("they are rung");
        self.signal(conversation, Signal::LegAnswered { leg });
    }
    /// A whole call with this agent, a minute long.
    fn talks_with(&mut self, user: UserId, conversation: u128, from: &str) {
        self.calls(conversation, from);
        self.answers(user);
        self.after(60_000);
        self.hangs_up(conversation, 0);
        self.after(1_000);
    }
    fn callback_states(&mut self) -> Vec<CallbackState> {
        let callbacks = self.asked(|reply| Request::Callbacks { reply });
        callbacks.iter().map(|one| one.state).collect()
    }
}

#[test]
fn do_not_disturb_and_offline_end_a_colleagues_ring_and_nothing_else_rings_in_between() {
    for (kind, reason) in
        [(StatusKind::Dnd, EndReason::Declined), (StatusKind::Offline, EndReason::Unreachable)]
    {
        let mut floor = Floor::new(organization(json!({})));
        floor.signs_in(ANA);
        floor.calls(1, DANA);
        floor.answers(ANA);
        floor.signs_in(BEN);
        let talk = ConversationId::from_number(1);
        let to = Destination::User(BEN);
        let action = Action::StartConsult { to, note: None };
        let command = ConversationCommand {
            conversation: talk,
            area: Area::anywhere(),
            action,
            version: None,
            key: None,
        };
        let command = authorize(&Floor::principal(ANA), command).unwrap();
        floor.asked(|reply| Request::Submit { command, reply }).unwrap();
        let (_, leg) = floor.rings(BEN).expect("the colleague is rung");
        // Somebody waits whom Ben would be offered if he were free for a moment.
        floor.calls(2, ERIN);
        floor.chooses(BEN, kind);
        assert_eq!(floor.rings(BEN), None);
        let conversation = &floor.shard.owned[&talk].conversation;
        assert!(conversation.consult().is_none(), "the consult is over");
        let ended = voicecall::LegState::Ended { reason };
        assert_eq!(conversation.legs()[leg as usize].state, ended);
        let ben = floor.shard.router.agent(BEN).unwrap();
        assert_eq!((ben.status.kind, ben.pending_status), (kind, None));
        let never_offered = floor.shard.owned[&ConversationId::from_number(2)].offers.is_empty();
        assert!(never_offered, "no queue's call was offered meanwhile");
    }
}

#[test]
fn busy_ends_no_ring() {
    let mut floor = Floor::new(organization(json!({})));
    floor.signs_in(ANA);
    floor.calls(1, DANA);
    floor.chooses(ANA, StatusKind::Busy);
    assert!(floor.rings(ANA).is_some());
}

#[tokio::test]
async fn who_calls_again_gets_the_agent_they_talked_to_last_also_after_a_restart() {
    let rules = organization(json!({"last_agent_seconds": 3_600}));
    let mut floor = Floor::new(rules.clone());
    floor.signs_in(ANA);
    floor.after(1_000);
    floor.signs_in(BEN);
    floor.after(1_000);
    floor.talks_with(ANA, 1, DANA);
    // Ben has been idle for longer by now: he is rung for everybody but Dana.
    floor.calls(2, ERIN);
    assert!(floor.rings(BEN).is_some());
    floor.hangs_up(2, 0);
    floor.calls(3, DANA);
    assert!(floor.rings(ANA).is_some());
    floor.hangs_up(3, 0);

    let home: PathBuf = std::env::temp_dir().join(format!("tandem-last-agent-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let journal = Journal::open(&home.join("journal.db")).await.unwrap();
    journal.append(std::mem::take(&mut floor.said)).await.unwrap();
    floor.shard = recover(&journal, Arc::new(rules), floor.now).await.unwrap().shard;
    for user in [BEN, ANA] {
        floor.signs_in(user);
        floor.chooses(user, StatusKind::Busy);
        floor.after(1_000);
        floor.chooses(user, StatusKind::Online);
    }
    floor.calls(4, DANA);
    assert!(floor.rings(ANA).is_some());
    floor.hangs_up(4, 0);
    // The time is over.
    floor.after(3_600_000);
    floor.calls(5, DANA);
    assert!(floor.rings(BEN).is_some());
    journal.close().await;
    std::fs::remove_dir_all(home).unwrap();
}

#[test]
fn for_a_while_only_the_last_agent_is_asked_unless_they_are_away() {
    let mut floor =
        Floor::new(organization(json!({"last_agent_seconds": 3_600, "last_agent_wait_seconds": 30})));
    floor.signs_in(ANA);
    floor.talks_with(ANA, 1, DANA);
    floor.calls(2, ERIN);
    floor.answers(ANA);
    floor.signs_in(BEN);
    floor.calls(3, DANA);
    floor.after(29_999);
    assert_eq!(floor.rings(BEN), None);
    floor.after(1);
    assert_eq!(floor.rings(BEN).map(|ring| ring.0), Some(ConversationId::from_number(3)));
    floor.hangs_up(3, 0);
    floor.hangs_up(2, 0);
    floor.chooses(ANA, StatusKind::Offline);
    floor.calls(4, DANA);
    assert!(floor.rings(BEN).is_some(), "nobody waits for somebody who is not there");
}

#[test]
fn a_flow_prefers_a_person_and_lets_skills_go_one_after_another() {
    let mut rules = organization(json!({}));
    let skill = terms::SkillId::from_number(5);
    let queue = json!({"queue": {
        "queue_id": BILLING, "skills": [{"skill_id": skill, "level": 3, "drop_after_seconds": 20.0}],
        "preferred_user_id": BEN
    }});
    let number = rules.numbers.values_mut().next().unwrap();
    number.goes_to = Entry::Flow(serde_json::from_value(json!([queue])).unwrap());
    let mut floor = Floor::new(rules);
    floor.signs_in(ANA);
    floor.after(1_000);
    floor.signs_in(BEN);
    floor.calls(1, DANA);
    floor.after(19_999);
    assert_eq!((floor.rings(ANA), floor.rings(BEN)), (None, None), "nobody has the skill");
    floor.after(1);
    assert!(floor.rings(BEN).is_some(), "Ana has been idle for longer, and Ben is preferred");
}

#[test]
fn a_callback_waits_while_the_organization_is_at_its_limit_and_its_agent_takes_another_call() {
    let mut rules = organization(json!({"options": {"2": {"kind": "callback"}}}));
    rules.settings.limits.concurrent_calls = 1;
    rules.trunks.insert(
        TrunkId::from_number(1),
        signaling::Trunk {
            id: TrunkId::from_number(1),
            host: "192.0.2.1".to_owned(),
            port: 5060,
            transport: signaling::Transport::Udp,
            register: false,
            credentials: None,
            allow_from: Vec::new(),
            max_calls: None,
        },
    );
    let mut floor = Floor::new(rules);
    floor.calls(1, DANA);
    let leg = LegId::new(ConversationId::from_number(1), 0);
    floor.give(Input::Digit { leg, digit: '2' });
    floor.hangs_up(1, 0);
    floor.after(1_000);
    assert_eq!(floor.callback_states(), [CallbackState::Waiting]);
    floor.calls(2, ERIN);
    floor.signs_in(ANA);
    // Dana's turn has come, and there is no room for one more call.
    assert_eq!(floor.callback_states(), [CallbackState::Resting]);
    assert_eq!(floor.rings(ANA).map(|ring| ring.0), Some(ConversationId::from_number(2)));
    floor.answers(ANA);
    floor.hangs_up(2, 0);
    assert_eq!(floor.rings(ANA), None, "it rests for ten seconds");
    floor.after(10_000);
    assert!(floor.rings(ANA).is_some(), "now it is rung for the callback");
    assert_eq!(floor.callback_states(), [CallbackState::Offering]);
}
