//! The timeline of one conversation: a lane for each participant, and what they did in it from moment to moment.

use std::collections::{BTreeMap, BTreeSet};

use access::Permission;
use callcontrol::Organization;
use reporting::{VoiceCallFilter, VoiceCallRow, query};
use serde::Serialize;
use store::Page;
use terms::{ConversationId, Timestamp, UserId};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{Purpose, Role, SegmentKind};

use crate::{
    Faces,
    answer::Json,
    body::{PurposeWord, RoleWord, SegmentKindWord, Time, VoiceCall, masked},
    caller::Caller,
    ended::scopes,
    extract::{Id, Path, State},
    known,
    problem::Problem,
};

/// What one participant did in one call, up to, not including, `end`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TimelineSegment {
    voice_call_id: Uuid,
    #[schema(value_type = SegmentKindWord)]
    kind: SegmentKind,
    /// Of the call: a talk in a `consult` is a consult.
    #[schema(value_type = PurposeWord)]
    purpose: Purpose,
    start: Time,
    /// Null while it goes on.
    end: Option<Time>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TimelineLane {
    /// The wire; of an imported conversation the first of the participant's.
    leg_id: Option<Uuid>,
    #[schema(value_type = RoleWord)]
    role: Role,
    user_id: Option<Uuid>,
    /// Null for an anonymous caller, and for somebody outside.
    name: Option<String>,
    /// Masked without `view_full_numbers`.
    phone_number: Option<String>,
    /// A supervisor who listened, whispered or barged in.
    coaching: bool,
    segments: Vec<TimelineSegment>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Timeline {
    conversation_id: Uuid,
    opened_at: Time,
    /// Null while it goes on.
    ended_at: Option<Time>,
    subject: Option<String>,
    case_category: Option<String>,
    /// It came from another system: there are records and no events.
    imported: bool,
    /// A cause before its effects.
    voice_calls: Vec<VoiceCall>,
    lanes: Vec<TimelineLane>,
}

pub(crate) async fn timeline(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<Timeline>, Problem> {
    let id = ConversationId(path.0.id);
    match known::find_visible(&faces, &caller, id).await {
        Ok(known) if !known.opening.ephemeral => Ok(Json::new(of_facts(&faces, &caller, &known))),
        Ok(_) => Err(Problem::not_found("conversation")),
        Err(problem) if problem.status() == 404 => imported(&faces, &caller, id).await.map(Json::new),
        Err(problem) => Err(problem),
    }
}

fn of_facts(faces: &Faces, caller: &Caller, known: &known::Known) -> Timeline {
    let organization = faces.calls.organization();
    let facts = known.fold(faces.now());
    let hidden = known.hidden_legs(caller, &organization, &facts);
    let whole = caller.permits(Permission::ViewFullNumbers, &known.area(&organization));
    let legs = known.conversation.legs();
    let hidden_calls: BTreeSet<u32> =
        hidden.iter().filter_map(|leg| legs.get(*leg as usize)).map(|leg| leg.call).collect();
    let purposes: BTreeMap<Uuid, Purpose> =
        facts.voice_calls.iter().map(|call| (call.id, call.purpose)).collect();
    let mut lanes: BTreeMap<u32, TimelineLane> = BTreeMap::new();
    for part in facts.call_legs.iter().filter(|part| !hidden.contains(&part.leg)) {
        let lane = lanes.entry(part.leg).or_insert_with(|| TimelineLane {
            leg_id: Some(part.leg_id),
            role: part.role,
            user_id: part.user.map(|user| user.0),
            name: part.user.and_then(|user| name(&organization, user)),
            phone_number: part.number.as_ref().map(|number| masked(number.as_str(), whole)),
            coaching: false,
            segments: Vec::new(),
        });
        lane.role = part.role;
    }
    for segment in &facts.segments {
        let Some(lane) = lanes.get_mut(&segment.leg) else { continue };
        lane.take(TimelineSegment {
            voice_call_id: segment.voice_call,
            kind: segment.kind,
            purpose: purposes.get(&segment.voice_call).copied().unwrap_or(Purpose::Customer),
            start: Time(segment.start),
            end: Time::some(segment.end),
        });
    }
    let mut calls: Vec<_> =
        facts.voice_calls.iter().filter(|call| !hidden_calls.contains(&call.ordinal)).collect();
    calls.sort_by(|left, right| left.path.cmp(&right.path));
    Timeline {
        conversation_id: facts.conversation.id.0,
        opened_at: Time(facts.conversation.opened_at),
        ended_at: Time::some(facts.conversation.ended_at),
        subject: facts.conversation.subject.clone(),
        case_category: facts.conversation.case_category.clone(),
        imported: false,
        voice_calls: calls.into_iter().map(|call| VoiceCall::of(call, whole)).collect(),
        lanes: lanes.into_values().map(TimelineLane::sorted).collect(),
    }
}

fn name(organization: &Organization, user: UserId) -> Option<String> {
    organization.users.get(&user).map(|user| user.display_name.clone())
}

impl TimelineLane {
    fn take(&mut self, segment: TimelineSegment) {
        self.coaching |=
            matches!(segment.kind, SegmentKind::Monitor | SegmentKind::Whisper | SegmentKind::Barge);
        self.segments.push(segment);
    }

    fn sorted(mut self) -> Self {
        self.segments.sort_by_key(|segment| (segment.start, segment.end.is_none(), segment.end));
        self
    }
}

/// From its records; whoever may see one of its calls in reports sees it.
async fn imported(faces: &Faces, caller: &Caller, id: ConversationId) -> Result<Timeline, Problem> {
    let missing = || Problem::not_found("conversation");
    let database = faces.store.database();
    let organization = faces.calls.organization();
    let seen = VoiceCallFilter {
        conversation_id: Some(id),
        scopes: Some(scopes(caller, &[Permission::ViewReports], &organization)),
        ..VoiceCallFilter::default()
    };
    let (seen, _) = query::voice_calls(database, &seen, &Page { limit: Some(1), cursor: None }).await?;
    if seen.iter().all(|row| query::is_from_journal(&row.record)) {
        return Err(missing());
    }
    let row = query::conversation(database, id).await?.ok_or_else(missing)?;
    let calls = query::voice_calls_of(database, id).await?;
    let whole = caller.holds(Permission::ViewFullNumbers);
    let mut lanes: BTreeMap<Option<Uuid>, TimelineLane> = BTreeMap::new();
    lanes.insert(None, customer(&calls, whole));
    for part in query::parts_of(database, id).await? {
        let Some(call) = calls.iter().find(|call| call.record.id == part.leg.voice_call_id) else { continue };
        let lane =
            lanes.entry(Some(part.leg.user_id.unwrap_or(part.leg.id))).or_insert_with(|| TimelineLane {
                leg_id: Some(part.leg.leg_id),
                role: part.role,
                user_id: part.leg.user_id,
                name: part.name.clone(),
                phone_number: None,
                coaching: false,
                segments: Vec::new(),
            });
        let purpose = query::purpose_of(&call.record);
        let segment = |(kind, start, end): (SegmentKind, i64, Option<i64>)| TimelineSegment {
            voice_call_id: call.record.id,
            kind,
            purpose,
            start: Time(Timestamp::from_ms(start)),
            end: end.map(|end| Time(Timestamp::from_ms(end))),
        };
        let segments: Vec<TimelineSegment> = part.segments.into_iter().map(segment).collect();
        segments.iter().cloned().for_each(|segment| lane.take(segment));
        // Whoever handles a customer does so with the customer.
        if query::is_customers(&call.record)
            && let Some(customer) = lanes.get_mut(&None)
        {
            let shared = |segment: &TimelineSegment| {
                matches!(segment.kind, SegmentKind::Talk | SegmentKind::Hold | SegmentKind::Conference)
            };
            segments.into_iter().filter(shared).for_each(|segment| customer.take(segment));
        }
    }
    let voice_calls = calls.iter().map(|call| VoiceCall::read(call, whole)).collect::<Result<_, _>>()?;
    let at = |ms: i64| Time(Timestamp::from_ms(ms));
    Ok(Timeline {
        conversation_id: row.id,
        opened_at: at(row.opened_at),
        ended_at: row.ended_at.map(at),
        subject: row.subject,
        case_category: row.case_category,
        imported: true,
        voice_calls,
        lanes: lanes
            .into_values()
            .filter(|lane| !lane.segments.is_empty())
            .map(TimelineLane::sorted)
            .collect(),
    })
}

/// Imports hold no customers' wires: what a customer did follows from the queue and from who handled them.
fn customer(calls: &[VoiceCallRow], whole: bool) -> TimelineLane {
    let mut lane = TimelineLane {
        leg_id: None,
        role: Role::Customer,
        user_id: None,
        name: None,
        phone_number: calls.iter().find_map(|call| call.record.customer_id.as_deref()).map(|customer| {
            if whole { customer.to_owned() } else { reporting::report::masked_text(customer) }
        }),
        coaching: false,
        segments: Vec::new(),
    };
    for record in calls.iter().map(|call| &call.record).filter(|record| query::is_customers(record)) {
        let Some(queued) = record.queued_at else { continue };
        let end = record.accepted_at.or(record.ended_at);
        lane.take(TimelineSegment {
            voice_call_id: record.id,
            kind: SegmentKind::Queue,
            purpose: query::purpose_of(record),
            start: Time(Timestamp::from_ms(queued)),
            end: end.map(|end| Time(Timestamp::from_ms(end))),
        });
    }
    lane
}
