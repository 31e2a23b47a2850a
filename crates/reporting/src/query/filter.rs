//! What lists are asked for, and what the asker may see of them.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SimpleExpr,
};
use terms::{ConversationId, QueueId, Timestamp, UserId};
use uuid::Uuid;
use voicecall::{CallType, Disposition, Purpose};

use crate::{
    entity::{conversation, voice_call},
    rows::word,
};

/// One permission set's reach: calls of these users and of these queues, both; None is all. A call without a queue passes
/// the second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub users: Option<Vec<UserId>>,
    pub queues: Option<Vec<QueueId>>,
}

/// Every field that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoiceCallFilter {
    pub call_type: Option<CallType>,
    pub purpose: Option<Purpose>,
    pub conversation_id: Option<ConversationId>,
    /// Who answered or handled it.
    pub user_id: Option<UserId>,
    /// Who handled, made or was meant by it.
    pub involving: Option<UserId>,
    pub queue_id: Option<QueueId>,
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub related_record: Option<String>,
    /// Started at or after, and before.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub parent_id: Option<Uuid>,
    pub disposition: Option<Disposition>,
    /// Somebody answered it, or nobody did.
    pub answered: Option<bool>,
    /// It is over, or goes on.
    pub ended: Option<bool>,
    /// What the asker may see: the reach of any of these. None is everything, an empty list nothing.
    pub scopes: Option<Vec<Scope>>,
}

impl VoiceCallFilter {
    pub(super) fn condition(&self) -> Condition {
        use voice_call::Column;
        let given: [Option<SimpleExpr>; 14] = [
            self.call_type.map(|call_type| Column::CallType.eq(word(&call_type))),
            self.purpose.map(|purpose| Column::Purpose.eq(word(&purpose))),
            self.disposition.map(|disposition| Column::Disposition.eq(word(&disposition))),
            self.conversation_id.map(|id| Column::ConversationId.eq(id.0)),
            self.user_id.map(|user| Column::UserId.eq(user.0)),
            self.queue_id.map(|queue| Column::QueueId.eq(queue.0)),
            self.subject.as_deref().map(|subject| Column::Subject.eq(subject)),
            self.case_category.as_deref().map(|category| Column::CaseCategory.eq(category)),
            self.related_record.as_deref().map(|record| Column::RelatedRecord.eq(record)),
            self.from.map(|from| Column::StartedAt.gte(from.ms())),
            self.to.map(|to| Column::StartedAt.lt(to.ms())),
            self.parent_id.map(|parent| Column::ParentId.eq(parent)),
            self.answered.map(|answered| present(Column::AcceptedAt, answered)),
            self.ended.map(|ended| present(Column::EndedAt, ended)),
        ];
        given
            .into_iter()
            .flatten()
            .fold(Condition::all(), Condition::add)
            .add_option(self.involving.map(|user| involves(&[user])))
            .add_option(self.scopes.as_deref().map(within))
    }
}

/// Every field that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    pub ended: Option<bool>,
    pub queue_id: Option<QueueId>,
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub related_record: Option<String>,
    /// Opened at or after, and before.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Of any of its VoiceCalls.
    pub involving: Option<UserId>,
    pub call_type: Option<CallType>,
    /// As of VoiceCalls: it is seen when one of its calls is.
    pub scopes: Option<Vec<Scope>>,
}

impl ConversationFilter {
    pub(super) fn condition(&self) -> Condition {
        use conversation::Column;
        let root = |call_type: CallType| {
            let of_type = Condition::all().add(voice_call::Column::CallType.eq(word(&call_type)));
            with_call(of_type.add(voice_call::Column::ParentId.is_null()))
        };
        let given: [Option<SimpleExpr>; 10] = [
            self.ended.map(|ended| match ended {
                true => Column::EndedAt.is_not_null(),
                false => Column::EndedAt.is_null(),
            }),
            self.queue_id.map(|queue| Column::QueueId.eq(queue.0)),
            self.subject.as_deref().map(|subject| Column::Subject.eq(subject)),
            self.case_category.as_deref().map(|category| Column::CaseCategory.eq(category)),
            self.related_record.as_deref().map(|record| Column::RelatedRecord.eq(record)),
            self.from.map(|from| Column::OpenedAt.gte(from.ms())),
            self.to.map(|to| Column::OpenedAt.lt(to.ms())),
            self.involving.map(|user| with_call(involves(&[user]))),
            self.call_type.map(root),
            self.scopes.as_deref().map(|scopes| with_call(within(scopes))),
        ];
        given.into_iter().flatten().fold(Condition::all(), Condition::add)
    }
}

fn present(column: voice_call::Column, present: bool) -> SimpleExpr {
    if present { column.is_not_null() } else { column.is_null() }
}

fn involves(users: &[UserId]) -> Condition {
    use voice_call::Column;
    let mut any = Condition::any();
    for column in [Column::UserId, Column::InitiatorUserId, Column::TargetUserId] {
        any = any.add(column.is_in(users.iter().map(|user| user.0)));
    }
    any
}

fn within(scopes: &[Scope]) -> Condition {
    use voice_call::Column;
    // An `any` without members would be true.
    let mut any = Condition::any().add(Column::Id.is_in(Vec::<Uuid>::new()));
    for scope in scopes {
        let queues = scope.queues.as_ref().map(|queues| {
            let one_of = Column::QueueId.is_in(queues.iter().map(|queue| queue.0));
            Condition::any().add(Column::QueueId.is_null()).add(one_of)
        });
        let users = scope.users.as_deref().map(involves);
        // Both unlimited: everything.
        let all = Condition::all().add(Column::Id.is_not_null());
        any = any.add(all.add_option(users).add_option(queues));
    }
    any
}

/// Conversations with a VoiceCall like this.
fn with_call(condition: Condition) -> SimpleExpr {
    let calls = voice_call::Entity::find()
        .select_only()
        .column(voice_call::Column::ConversationId)
        .filter(condition)
        .into_query();
    conversation::Column::Id.in_subquery(calls)
}
