//! Facts as rows, and the one way rows get in: those of a conversation are replaced whole, in the caller's transaction.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable,
    QueryFilter, QuerySelect, QueryTrait,
};
use serde::Serialize;
use uuid::Uuid;
use voicecall::Party;

use crate::{
    entity::{call_leg, coaching_interval, conversation, hold, leg_segment, offer, voice_call},
    fact::{
        CallLegFact, CoachingInterval, ConversationFact, ConversationFacts, HoldFact, OfferFact, SegmentFact,
        VoiceCallFact,
    },
};

/// Bind variables of one statement: SQLite takes 32,766, Postgres 65,535.
const BINDS_MAX: usize = 30_000;
/// Ids of one `IN (…)`.
const IDS_MAX: usize = 5_000;

/// What stands in `origin` of records that come from the journal.
pub(crate) const ORIGIN: &str = "journal";

/// The rows of any number of conversations.
#[derive(Debug, Default)]
pub(crate) struct RowSet {
    pub(crate) conversations: Vec<conversation::Model>,
    pub(crate) voice_calls: Vec<voice_call::Model>,
    pub(crate) call_legs: Vec<call_leg::Model>,
    pub(crate) segments: Vec<leg_segment::Model>,
    pub(crate) coaching_intervals: Vec<coaching_interval::Model>,
    pub(crate) holds: Vec<hold::Model>,
    offers: Vec<offer::Model>,
}

impl RowSet {
    /// `numbers` are the VC-numbers of its VoiceCalls, by ordinal.
    pub(crate) fn add(&mut self, facts: ConversationFacts, numbers: &[i64]) {
        let id = facts.conversation.id.0;
        self.conversations.push(conversation_row(facts.conversation));
        for call in facts.voice_calls {
            let number = numbers.get(call.ordinal as usize).copied();
            self.voice_calls.push(voice_call_row(call, number));
        }
        self.call_legs.extend(facts.call_legs.into_iter().map(|leg| call_leg_row(id, leg)));
        self.segments.extend(facts.segments.into_iter().map(|segment| segment_row(id, segment)));
        self.coaching_intervals.extend(facts.coaching_intervals.into_iter().map(coaching_row));
        self.holds.extend(facts.holds.into_iter().map(|hold| hold_row(id, hold)));
        self.offers.extend(facts.offers.into_iter().map(|offer| offer_row(id, offer)));
    }

    /// By which transaction they were written; see `ledger::archive`.
    pub(crate) fn number(&mut self, changed: i64) {
        for row in &mut self.conversations {
            row.changed = Some(changed);
        }
    }

    /// Takes out what stands of these conversations and puts in what they are now.
    pub(crate) async fn replace(self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let ids: Vec<Uuid> = self.conversations.iter().map(|row| row.id).collect();
        remove(connection, &ids).await?;
        self.insert(connection).await
    }

    /// Of conversations that are not there yet.
    async fn insert(self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        insert::<conversation::ActiveModel>(connection, self.conversations).await?;
        insert::<voice_call::ActiveModel>(connection, self.voice_calls).await?;
        insert::<call_leg::ActiveModel>(connection, self.call_legs).await?;
        insert::<leg_segment::ActiveModel>(connection, self.segments).await?;
        insert::<coaching_interval::ActiveModel>(connection, self.coaching_intervals).await?;
        insert::<hold::ActiveModel>(connection, self.holds).await?;
        insert::<offer::ActiveModel>(connection, self.offers).await
    }
}

/// Everything of these conversations.
pub(crate) async fn remove(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<(), DbErr> {
    for ids in ids.chunks(IDS_MAX) {
        remove_some(connection, ids).await?;
    }
    Ok(())
}

async fn remove_some(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<(), DbErr> {
    let mine = |column: voice_call::Column| column.is_in(ids.iter().copied());
    let calls = voice_call::Entity::find()
        .select_only()
        .column(voice_call::Column::Id)
        .filter(mine(voice_call::Column::ConversationId))
        .into_query();
    coaching_interval::Entity::delete_many()
        .filter(coaching_interval::Column::VoiceCallId.in_subquery(calls))
        .exec(connection)
        .await?;
    let ids = || ids.iter().copied();
    hold::Entity::delete_many().filter(hold::Column::ConversationId.is_in(ids())).exec(connection).await?;
    offer::Entity::delete_many().filter(offer::Column::ConversationId.is_in(ids())).exec(connection).await?;
    leg_segment::Entity::delete_many()
        .filter(leg_segment::Column::ConversationId.is_in(ids()))
        .exec(connection)
        .await?;
    call_leg::Entity::delete_many()
        .filter(call_leg::Column::ConversationId.is_in(ids()))
        .exec(connection)
        .await?;
    voice_call::Entity::delete_many()
        .filter(voice_call::Column::ConversationId.is_in(ids()))
        .exec(connection)
        .await?;
    conversation::Entity::delete_many()
        .filter(conversation::Column::Id.is_in(ids()))
        .exec(connection)
        .await?;
    Ok(())
}

/// Rows of one statement, so that its bind variables stay below what both databases take.
pub(crate) fn chunk_rows<E: EntityTrait>() -> usize {
    BINDS_MAX / E::Column::iter().count().max(1)
}

pub(crate) async fn insert<A>(
    connection: &impl ConnectionTrait,
    rows: Vec<<A::Entity as EntityTrait>::Model>,
) -> Result<(), DbErr>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(chunk_rows::<A::Entity>()).collect();
        A::Entity::insert_many(chunk).exec_without_returning(connection).await?;
    }
    Ok(())
}

/// A choice in the API's word for it.
pub(crate) fn word<T: Serialize>(choice: &T) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Postgres' text cannot hold NUL; a person's text loses it, so that no text can stop the projector.
pub(crate) fn sound(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

fn number_of(party: Option<Party>) -> Option<String> {
    match party? {
        Party::Number(number) => number.map(String::from),
        Party::User(_) => None,
    }
}

fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn conversation_row(fact: ConversationFact) -> conversation::Model {
    let attributes =
        fact.attributes.into_iter().map(|(name, value)| (sound(name), sound(value).into())).collect();
    conversation::Model {
        id: fact.id.0,
        state: word(&fact.state),
        opened_at: fact.opened_at.ms(),
        ended_at: fact.ended_at.map(|at| at.ms()),
        ephemeral: fact.ephemeral,
        subject: fact.subject.map(sound),
        case_category: fact.case_category.map(sound),
        related_record: fact.related_record.map(sound),
        attributes: serde_json::Value::Object(attributes),
        queue_id: fact.queue.map(|queue| queue.0),
        last_version: i64::try_from(fact.version).unwrap_or(i64::MAX),
        fingerprint: None,
        changed: None,
        imported: None,
    }
}

fn voice_call_row(fact: VoiceCallFact, number: Option<i64>) -> voice_call::Model {
    voice_call::Model {
        id: fact.id,
        ordinal: small(fact.ordinal),
        number,
        external_id: None,
        origin: ORIGIN.to_owned(),
        conversation_id: fact.conversation.0,
        call_type: word(&fact.call_type),
        purpose: word(&fact.purpose),
        customer_id: None,
        parent_id: fact.parent,
        previous_id: fact.previous,
        next_id: fact.next,
        depth: small(fact.depth),
        path: fact.path,
        from_address: number_of(Some(fact.from)),
        to_address: number_of(fact.to),
        user_id: fact.user.map(|user| user.0),
        queue_id: fact.queue.map(|queue| queue.0),
        initiator_user_id: fact.initiator.map(|user| user.0),
        target_user_id: fact.target.map(|user| user.0),
        subject: fact.subject.map(sound),
        case_category: fact.case_category.map(sound),
        related_record: fact.related_record.map(sound),
        disposition: word(&fact.disposition),
        resolution: fact.resolution.map(sound),
        notes: fact.notes.map(sound),
        wrap_up_code_id: fact.wrap_up_code.map(|code| code.0),
        started_at: fact.started_at.ms(),
        queued_at: fact.queued_at.map(|at| at.ms()),
        accepted_at: fact.accepted_at.map(|at| at.ms()),
        ended_at: fact.ended_at.map(|at| at.ms()),
        duration_ms: fact.duration_ms,
        ring_ms: fact.times.ring_ms,
        talk_ms: fact.times.talk_ms,
        hold_ms: fact.times.hold_ms,
        hold_count: i64::from(fact.times.hold_count),
        longest_hold_ms: fact.times.longest_hold_ms,
        ivr_ms: fact.times.ivr_ms,
        wrap_up_ms: fact.times.wrap_up_ms,
        disconnect_reason: fact.end_reason.map(|reason| reason.as_str().to_owned()),
        quality_hundredths: fact.mos_hundredths.map(i32::from),
        trunk_id: fact.trunk.map(|trunk| trunk.0),
    }
}

fn call_leg_row(conversation: Uuid, fact: CallLegFact) -> call_leg::Model {
    call_leg::Model {
        id: fact.id,
        leg_id: fact.leg_id,
        ordinal: small(fact.leg),
        voice_call_id: fact.voice_call,
        conversation_id: conversation,
        user_id: fact.user.map(|user| user.0),
        address: fact.number.map(String::from),
        role: word(&fact.role),
        ring_at: Some(fact.ring_at.ms()),
        answered_at: fact.answered_at.map(|at| at.ms()),
        ended_at: fact.ended_at.map(|at| at.ms()),
        end_reason: fact.end_reason.map(|reason| reason.as_str().to_owned()),
        mos_hundredths: fact.quality.map(|quality| i32::from(quality.mos_hundredths)),
        loss_hundredths: fact.quality.map(|quality| i32::from(quality.loss_hundredths)),
        jitter_ms: fact.quality.map(|quality| i32::from(quality.jitter_ms)),
        rtt_ms: fact.quality.and_then(|quality| quality.rtt_ms).map(i32::from),
        external_id: None,
    }
}

fn segment_row(conversation: Uuid, fact: SegmentFact) -> leg_segment::Model {
    leg_segment::Model {
        id: fact.id,
        call_leg_id: fact.call_leg,
        voice_call_id: fact.voice_call,
        conversation_id: conversation,
        kind: word(&fact.kind),
        start_at: fact.start.ms(),
        end_at: fact.end.map(|at| at.ms()),
    }
}

fn hold_row(conversation: Uuid, fact: HoldFact) -> hold::Model {
    hold::Model {
        id: fact.id,
        conversation_id: conversation,
        voice_call_id: fact.voice_call,
        leg_id: fact.leg_id,
        by_user_id: fact.by.map(|user| user.0),
        start_at: fact.start.ms(),
        end_at: fact.end.map(|at| at.ms()),
    }
}

fn coaching_row(fact: CoachingInterval) -> coaching_interval::Model {
    coaching_interval::Model {
        id: fact.id,
        voice_call_id: fact.voice_call,
        supervisor_id: fact.supervisor.0,
        agent_user_id: fact.agent.map(|user| user.0),
        mode: word(&fact.mode),
        start_at: fact.start.ms(),
        end_at: fact.end.map(|at| at.ms()),
    }
}

fn offer_row(conversation: Uuid, fact: OfferFact) -> offer::Model {
    offer::Model {
        id: fact.id.0,
        conversation_id: conversation,
        queue_id: fact.queue.map(|queue| queue.0),
        user_id: fact.user.0,
        runner_up_user_id: None,
        offered_at: fact.offered_at.ms(),
        expires_at: fact.expires_at.ms(),
        ended_at: fact.ended_at.map(|at| at.ms()),
        state: word(&fact.state),
        reason: fact.reason.map(sound),
    }
}
