//! The rows of conversations as the database holds them.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use terms::EndReason;
use uuid::Uuid;

use crate::{
    entity::{call_leg, coaching_interval, leg_segment, offer, voice_call},
    fact::OfferState,
    rows::word,
};

/// Ids of one `IN (…)`.
const IDS: usize = 2_000;

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct CallRow {
    pub(super) id: Uuid,
    pub(super) number: Option<i64>,
    pub(super) external_id: Option<String>,
    pub(super) origin: String,
    pub(super) conversation_id: Uuid,
    pub(super) call_type: String,
    pub(super) purpose: String,
    pub(super) customer_id: Option<String>,
    pub(super) parent_id: Option<Uuid>,
    pub(super) depth: i32,
    pub(super) path: String,
    pub(super) from_address: Option<String>,
    pub(super) to_address: Option<String>,
    pub(super) user_id: Option<Uuid>,
    pub(super) queue_id: Option<Uuid>,
    pub(super) initiator_user_id: Option<Uuid>,
    pub(super) target_user_id: Option<Uuid>,
    pub(super) subject: Option<String>,
    pub(super) case_category: Option<String>,
    pub(super) disposition: String,
    pub(super) wrap_up_code_id: Option<Uuid>,
    pub(super) started_at: i64,
    pub(super) queued_at: Option<i64>,
    pub(super) accepted_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) disconnect_reason: Option<String>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct LegRow {
    pub(super) id: Uuid,
    pub(super) voice_call_id: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) user_id: Option<Uuid>,
    pub(super) address: Option<String>,
    pub(super) role: String,
    pub(super) ring_at: Option<i64>,
    pub(super) answered_at: Option<i64>,
    pub(super) ended_at: Option<i64>,
    pub(super) end_reason: Option<String>,
    pub(super) mos_hundredths: Option<i32>,
    /// By whoever declined the offer that it was.
    #[sea_orm(skip)]
    pub(super) said: Option<String>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct SegmentRow {
    pub(super) call_leg_id: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) kind: String,
    pub(super) start_at: i64,
    pub(super) end_at: Option<i64>,
}

/// Whole conversations.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    pub(super) calls: Vec<CallRow>,
    pub(super) legs: Vec<LegRow>,
    pub(super) segments: Vec<SegmentRow>,
    pub(super) coaching: Vec<coaching_interval::Model>,
}

impl Raw {
    pub(super) async fn read(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Self, DbErr> {
        let mut raw = Self::default();
        for ids in ids.chunks(IDS) {
            raw.read_some(database, ids).await?;
        }
        Ok(raw)
    }

    async fn read_some(&mut self, database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<(), DbErr> {
        let mut calls = calls(database, ids).await?;
        let mut legs = legs(database, ids).await?;
        hear_declines(database, &mut legs).await?;
        let mut segments = segments(database, ids).await?;
        let coached: Vec<Uuid> =
            calls.iter().filter(|call| call.purpose == "coaching").map(|call| call.id).collect();
        if !coached.is_empty() {
            let mut coaching = coaching_interval::Entity::find()
                .filter(coaching_interval::Column::VoiceCallId.is_in(coached))
                .order_by_asc(coaching_interval::Column::StartAt)
                .order_by_asc(coaching_interval::Column::Id)
                .all(database)
                .await?;
            self.coaching.append(&mut coaching);
        }
        self.calls.append(&mut calls);
        self.legs.append(&mut legs);
        self.segments.append(&mut segments);
        Ok(())
    }

    pub(super) fn append(&mut self, mut more: Raw) {
        self.calls.append(&mut more.calls);
        self.legs.append(&mut more.legs);
        self.segments.append(&mut more.segments);
        self.coaching.append(&mut more.coaching);
    }

    pub(super) fn forget(&mut self, conversations: &HashSet<Uuid>) {
        let calls: HashSet<Uuid> = self
            .calls
            .iter()
            .filter(|row| conversations.contains(&row.conversation_id))
            .map(|row| row.id)
            .collect();
        self.calls.retain(|row| !conversations.contains(&row.conversation_id));
        self.legs.retain(|row| !conversations.contains(&row.conversation_id));
        self.segments.retain(|row| !conversations.contains(&row.conversation_id));
        self.coaching.retain(|row| !calls.contains(&row.voice_call_id));
    }
}

async fn calls(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<CallRow>, DbErr> {
    voice_call::Entity::find()
        .select_only()
        .columns([
            voice_call::Column::Id,
            voice_call::Column::Number,
            voice_call::Column::ExternalId,
            voice_call::Column::Origin,
            voice_call::Column::ConversationId,
            voice_call::Column::CallType,
            voice_call::Column::Purpose,
            voice_call::Column::CustomerId,
            voice_call::Column::ParentId,
            voice_call::Column::Depth,
            voice_call::Column::Path,
            voice_call::Column::FromAddress,
            voice_call::Column::ToAddress,
            voice_call::Column::UserId,
            voice_call::Column::QueueId,
            voice_call::Column::InitiatorUserId,
            voice_call::Column::TargetUserId,
            voice_call::Column::Subject,
            voice_call::Column::CaseCategory,
            voice_call::Column::Disposition,
            voice_call::Column::WrapUpCodeId,
            voice_call::Column::StartedAt,
            voice_call::Column::QueuedAt,
            voice_call::Column::AcceptedAt,
            voice_call::Column::EndedAt,
            voice_call::Column::DisconnectReason,
        ])
        .filter(voice_call::Column::ConversationId.is_in(ids.iter().copied()))
        .into_model::<CallRow>()
        .all(database)
        .await
}

async fn legs(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<LegRow>, DbErr> {
    call_leg::Entity::find()
        .select_only()
        .columns([
            call_leg::Column::Id,
            call_leg::Column::VoiceCallId,
            call_leg::Column::ConversationId,
            call_leg::Column::UserId,
            call_leg::Column::Address,
            call_leg::Column::Role,
            call_leg::Column::RingAt,
            call_leg::Column::AnsweredAt,
            call_leg::Column::EndedAt,
            call_leg::Column::EndReason,
            call_leg::Column::MosHundredths,
        ])
        .filter(call_leg::Column::ConversationId.is_in(ids.iter().copied()))
        .into_model::<LegRow>()
        .all(database)
        .await
}

/// What was said when an offer was declined stands with the offer: the one that the same person had of the same
/// conversation while the leg rang.
async fn hear_declines(database: &impl ConnectionTrait, legs: &mut [LegRow]) -> Result<(), DbErr> {
    let declined = EndReason::Declined.as_str();
    let is_declined = |leg: &&mut LegRow| leg.end_reason.as_deref() == Some(declined);
    let ids: HashSet<Uuid> = legs.iter_mut().filter(is_declined).map(|leg| leg.conversation_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let offers = offer::Entity::find()
        .filter(offer::Column::ConversationId.is_in(ids))
        .filter(offer::Column::State.eq(word(&OfferState::Declined)))
        // Who said nothing has the way it ended for a reason.
        .filter(offer::Column::Reason.ne(declined))
        .order_by_asc(offer::Column::OfferedAt)
        .all(database)
        .await?;
    let mut said: HashMap<(Uuid, Uuid), Vec<offer::Model>> = HashMap::new();
    for offer in offers {
        said.entry((offer.conversation_id, offer.user_id)).or_default().push(offer);
    }
    for leg in legs.iter_mut().filter(is_declined) {
        let Some(offers) = leg.user_id.and_then(|user| said.get(&(leg.conversation_id, user))) else {
            continue;
        };
        let rang = leg.ring_at..=leg.ended_at;
        let offer = offers.iter().find(|offer| rang.contains(&Some(offer.offered_at)));
        leg.said = offer.and_then(|offer| offer.reason.clone());
    }
    Ok(())
}

async fn segments(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<SegmentRow>, DbErr> {
    leg_segment::Entity::find()
        .select_only()
        .columns([
            leg_segment::Column::CallLegId,
            leg_segment::Column::ConversationId,
            leg_segment::Column::Kind,
            leg_segment::Column::StartAt,
            leg_segment::Column::EndAt,
        ])
        .filter(leg_segment::Column::ConversationId.is_in(ids.iter().copied()))
        .into_model::<SegmentRow>()
        .all(database)
        .await
}
