//! Conversation: everyone who can hear each other, as one viewer may see it.

use std::collections::{BTreeMap, BTreeSet};

use callcontrol::Organization;
use reporting::{ConversationFacts, query};
use serde::Serialize;
use terms::{ConversationId, EndReason, LegId, Listener, Quality, Source, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{Attachment, CoachingMode, Leg as CoreLeg, LegState, Recording, Role, SegmentKind, State};

use super::{
    AttachmentWord, CoachingModeWord, EndReasonWord, RecordingWord, RoleWord, SegmentKindWord, StateWord,
    Time,
    voice_call::{VoiceCall, coaching_times, hold_times, number, score, seconds},
};
use crate::{
    Faces,
    actions::{self, Allowed},
    caller::Caller,
    known::Known,
    problem::Problem,
};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Conversation {
    pub(crate) id: Uuid,
    /// Rises with every fact; send it back as `version` to act only on what you have seen.
    pub(crate) version: u64,
    #[schema(value_type = StateWord)]
    pub(crate) state: State,
    opened_at: Time,
    ended_at: Option<Time>,
    /// Nothing of it is kept.
    ephemeral: bool,
    queue_id: Option<Uuid>,
    subject: Option<String>,
    case_category: Option<String>,
    related_record: Option<String>,
    attributes: BTreeMap<String, String>,
    /// A cause before its effects.
    voice_calls: Vec<VoiceCall>,
    /// The wires.
    legs: Vec<Leg>,
    hearing: Vec<Hearing>,
    recording: RecordingState,
    coaching: Vec<Coaching>,
    /// Who asks for a supervisor.
    hand_raised_by: Option<Uuid>,
    /// Where it is parked.
    parked_slot: Option<String>,
    /// What the caller may do now: true, or why not.
    #[schema(value_type = BTreeMap<String, ActionState>)]
    actions: BTreeMap<&'static str, Allowed>,
}

/// `true`, or `{allowed: false, reason}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum ActionState {
    Allowed(bool),
    Refused { allowed: bool, reason: String },
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Leg {
    id: Uuid,
    #[schema(value_type = RoleWord)]
    role: Role,
    user_id: Option<Uuid>,
    /// Masked without `view_full_numbers`; null for a user or an anonymous caller.
    phone_number: Option<String>,
    state: LegStateWord,
    muted: bool,
    segments: Vec<Segment>,
    #[schema(value_type = Option<EndReasonWord>)]
    end_reason: Option<EndReason>,
    quality: Option<QualityShown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LegStateWord {
    Ringing,
    Connected,
    Held,
    Reattaching,
    Ended,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Segment {
    voice_call_id: Uuid,
    #[schema(value_type = SegmentKindWord)]
    kind: SegmentKind,
    start: Time,
    /// Null while it goes on.
    end: Option<Time>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct QualityShown {
    /// Mean opinion score, 1 to 4.5.
    mos: f64,
    loss_percent: f64,
    jitter_ms: u16,
    rtt_ms: Option<u16>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Hearing {
    /// A leg's id.
    listener: Uuid,
    /// Legs' ids, and `hold_music`, `queue_music`, `prompt` or `tone`.
    hears: Vec<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct RecordingState {
    #[schema(value_type = RecordingWord)]
    state: Recording,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Coaching {
    supervisor_id: Uuid,
    /// The coached agent's wire.
    leg_id: Uuid,
    #[schema(value_type = CoachingModeWord)]
    mode: CoachingMode,
    #[schema(value_type = AttachmentWord)]
    attached_to: Attachment,
}

impl Conversation {
    pub(crate) fn parked_slot(&self) -> Option<&str> {
        self.parked_slot.as_deref()
    }

    pub(crate) fn into_voice_call(self, id: Uuid) -> Option<VoiceCall> {
        self.voice_calls.into_iter().find(|call| call.id == id)
    }

    /// Fills in the VC-numbers of the records that have reached the database.
    pub(crate) async fn number(&mut self, faces: &Faces) -> Result<(), Problem> {
        let rows = query::voice_calls_of(faces.store.database(), ConversationId(self.id)).await?;
        for call in &mut self.voice_calls {
            let row = rows.iter().find(|row| row.record.id == call.id);
            call.number = row.and_then(|row| row.record.number).map(query::number_text);
        }
        Ok(())
    }
}

/// Draws a conversation for one viewer.
pub(crate) fn draw(
    known: &Known,
    caller: &Caller,
    organization: &Organization,
    now: Timestamp,
) -> Conversation {
    let facts = known.fold(now);
    let hidden = known.hidden_legs(caller, organization, &facts);
    let area = known.area(organization);
    let whole = caller.permits(access::Permission::ViewFullNumbers, &area);
    let c = &known.conversation;
    let details = c.details();
    Conversation {
        id: known.id().0,
        version: known.version,
        state: known.state(),
        opened_at: Time(known.opening.at),
        ended_at: Time::some(facts.conversation.ended_at),
        ephemeral: known.opening.ephemeral,
        queue_id: c.queue().map(|queue| queue.0),
        subject: details.subject.clone(),
        case_category: details.case_category.clone(),
        related_record: details.related_record.clone(),
        attributes: details.attributes.clone(),
        voice_calls: voice_calls(known, &facts, &hidden, whole, now),
        legs: legs(known, &facts, &hidden, whole),
        hearing: hearing(known, &hidden),
        recording: RecordingState { state: c.recording() },
        coaching: coaching(known, &hidden),
        hand_raised_by: c.hand_raised_by().map(|user| user.0),
        parked_slot: c.parked_slot().map(str::to_owned),
        actions: actions::of(known, caller, &area, now),
    }
}

fn leg_id(known: &Known, ordinal: u32) -> Uuid {
    LegId::new(known.id(), ordinal).external()
}

fn voice_calls(
    known: &Known,
    facts: &ConversationFacts,
    hidden: &BTreeSet<u32>,
    whole: bool,
    now: Timestamp,
) -> Vec<VoiceCall> {
    if known.opening.ephemeral {
        // Its parties see that it goes on, and no record of it.
        return Vec::new();
    }
    let hidden_calls = hidden_calls(known, hidden);
    let shown = |call: u32| !hidden_calls.contains(&call);
    let parent_of = |call: u32| facts.voice_calls.iter().find(|fact| fact.ordinal == call)?.parent;
    let mut calls: Vec<VoiceCall> = facts
        .voice_calls
        .iter()
        .filter(|call| shown(call.ordinal))
        .map(|fact| {
            // A coaching stands on its own record and on the call that was coached.
            let concerned = facts.coaching_intervals.iter().filter(|interval| {
                let here = interval.call == fact.ordinal || parent_of(interval.call) == Some(fact.id);
                here && shown(interval.call)
            });
            let holds = hold_times(facts.holds.iter().filter(|hold| hold.call == fact.ordinal), now);
            VoiceCall { coaching: coaching_times(concerned, now), holds, ..VoiceCall::of(fact, whole) }
        })
        .collect();
    calls.sort_by(|a, b| a.path.cmp(&b.path));
    calls
}

pub(crate) fn hidden_calls(known: &Known, hidden: &BTreeSet<u32>) -> BTreeSet<u32> {
    let legs = known.conversation.legs();
    hidden.iter().filter_map(|ordinal| legs.get(*ordinal as usize)).map(|leg| leg.call).collect()
}

fn legs(known: &Known, facts: &ConversationFacts, hidden: &BTreeSet<u32>, whole: bool) -> Vec<Leg> {
    let numbered = (0u32..).zip(known.conversation.legs());
    numbered
        .filter(|(ordinal, _)| !hidden.contains(ordinal))
        .map(|(ordinal, leg)| {
            let quality = facts.call_legs.iter().filter(|part| part.leg == ordinal);
            let quality = quality.filter_map(|part| part.quality).next_back();
            let segments = facts.segments.iter().filter(|segment| segment.leg == ordinal);
            Leg {
                id: leg_id(known, ordinal),
                role: leg.role,
                user_id: leg.party.user().map(|user| user.0),
                phone_number: match &leg.party {
                    voicecall::Party::Number(Some(found)) => Some(number(found, whole)),
                    voicecall::Party::Number(None) | voicecall::Party::User(_) => None,
                },
                state: leg_state(leg),
                muted: leg.muted_by.is_some(),
                segments: if known.opening.ephemeral {
                    Vec::new()
                } else {
                    segments
                        .map(|segment| Segment {
                            voice_call_id: segment.voice_call,
                            kind: segment.kind,
                            start: Time(segment.start),
                            end: Time::some(segment.end),
                        })
                        .collect()
                },
                end_reason: match leg.state {
                    LegState::Ended { reason } => Some(reason),
                    LegState::Ringing { .. } | LegState::Up | LegState::Lost { .. } => None,
                },
                quality: quality.map(shown_quality),
            }
        })
        .collect()
}

fn leg_state(leg: &CoreLeg) -> LegStateWord {
    match leg.state {
        LegState::Ringing { .. } => LegStateWord::Ringing,
        LegState::Up if leg.held => LegStateWord::Held,
        LegState::Up => LegStateWord::Connected,
        LegState::Lost { .. } => LegStateWord::Reattaching,
        LegState::Ended { .. } => LegStateWord::Ended,
    }
}

fn shown_quality(quality: Quality) -> QualityShown {
    QualityShown {
        mos: score(quality.mos_hundredths),
        loss_percent: seconds(i64::from(quality.loss_hundredths) * 10),
        jitter_ms: quality.jitter_ms,
        rtt_ms: quality.rtt_ms,
    }
}

fn hearing(known: &Known, hidden: &BTreeSet<u32>) -> Vec<Hearing> {
    let mut rows: BTreeMap<LegId, Vec<String>> = BTreeMap::new();
    for (listener, source) in &known.conversation.hearing().0 {
        let Listener::Leg(listener) = listener else { continue };
        if hidden.contains(&listener.ordinal) {
            continue;
        }
        let heard = match source {
            Source::Leg(leg) if hidden.contains(&leg.ordinal) => continue,
            Source::Leg(leg) => leg.external().to_string(),
            Source::HoldMusic(_) => "hold_music".to_owned(),
            Source::QueueMusic(_) => "queue_music".to_owned(),
            Source::Prompt(_) => "prompt".to_owned(),
            Source::Tone(_) => "tone".to_owned(),
        };
        rows.entry(*listener).or_default().push(heard);
    }
    rows.into_iter().map(|(leg, hears)| Hearing { listener: leg.external(), hears }).collect()
}

fn coaching(known: &Known, hidden: &BTreeSet<u32>) -> Vec<Coaching> {
    let seen = known.conversation.coaching().filter(|coaching| !hidden.contains(&coaching.leg));
    seen.map(|coaching| Coaching {
        supervisor_id: coaching.supervisor.0,
        leg_id: leg_id(known, coaching.agent_leg),
        mode: coaching.mode,
        attached_to: coaching.attach_to,
    })
    .collect()
}
