//! VoiceCall: one linked record, as clients see it.

use reporting::{CoachingInterval, HoldFact, VoiceCallFact, VoiceCallRow, query};
use serde::Serialize;
use terms::{EndReason, PhoneNumber, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Disposition, Party, Purpose};

use super::{CallTypeWord, CoachingModeWord, DispositionWord, EndReasonWord, PurposeWord, Time};
use crate::problem::Problem;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct VoiceCall {
    pub(crate) id: Uuid,
    /// `VC-00000001`; null until the record has reached the database.
    pub(crate) number: Option<String>,
    /// The id it had where it was imported from.
    pub(crate) external_id: Option<String>,
    pub(crate) conversation_id: Uuid,
    #[schema(value_type = CallTypeWord)]
    pub(crate) call_type: CallType,
    #[schema(value_type = PurposeWord)]
    pub(crate) purpose: Purpose,
    pub(crate) customer_id: Option<String>,
    /// The call that caused this one.
    pub(crate) parent_id: Option<Uuid>,
    /// Where the customer was before.
    pub(crate) previous_id: Option<Uuid>,
    /// Where the customer went after.
    pub(crate) next_id: Option<Uuid>,
    /// Ordered by it, a cause comes before its effects.
    pub(crate) path: String,
    /// A phone number (masked without `view_full_numbers`) or a user's id; null is an anonymous caller.
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) queue_id: Option<Uuid>,
    pub(crate) subject: Option<String>,
    pub(crate) case_category: Option<String>,
    pub(crate) related_record: Option<String>,
    #[schema(value_type = DispositionWord)]
    pub(crate) disposition: Disposition,
    pub(crate) resolution: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) wrap_up_code_id: Option<Uuid>,
    pub(crate) started_at: Time,
    pub(crate) queued_at: Option<Time>,
    pub(crate) accepted_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    /// Null while it goes on.
    pub(crate) duration_seconds: Option<f64>,
    pub(crate) ring_seconds: f64,
    pub(crate) talk_seconds: f64,
    pub(crate) hold_seconds: f64,
    pub(crate) hold_count: u32,
    pub(crate) longest_hold_seconds: f64,
    /// The same by who pressed hold (or set the others aside for a consult).
    pub(crate) holds: Vec<HoldTime>,
    pub(crate) ivr_seconds: f64,
    pub(crate) wrap_up_seconds: f64,
    #[schema(value_type = Option<EndReasonWord>)]
    pub(crate) disconnect_reason: Option<EndReason>,
    pub(crate) coaching: Vec<CoachingTime>,
    pub(crate) recording_ids: Vec<Uuid>,
    /// The lowest mean opinion score of its wires, 1 to 4.5.
    pub(crate) quality_score: Option<f64>,
}

/// How often and how long one person had others on hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HoldTime {
    /// Null where the platform did it.
    pub(crate) user_id: Option<Uuid>,
    pub(crate) count: u32,
    pub(crate) seconds: f64,
    pub(crate) longest_seconds: f64,
}

impl From<&reporting::HoldTime> for HoldTime {
    fn from(time: &reporting::HoldTime) -> Self {
        Self {
            user_id: time.by.map(|user| user.0),
            count: time.count,
            seconds: seconds(time.ms),
            longest_seconds: seconds(time.longest_ms),
        }
    }
}

/// How long a supervisor was there in one mode.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CoachingTime {
    pub(crate) supervisor_id: Uuid,
    #[schema(value_type = CoachingModeWord)]
    pub(crate) mode: CoachingMode,
    pub(crate) seconds: f64,
}

/// Whole milliseconds as seconds.
pub(crate) fn seconds(ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "durations of calls lie far below 2^52 ms")]
    let ms = ms as f64;
    ms / 1000.0
}

pub(crate) fn score(hundredths: u16) -> f64 {
    f64::from(hundredths) / 100.0
}

/// The last digits tell customers apart; the rest is for those who may see numbers whole.
pub(crate) fn masked(number: &str, whole: bool) -> String {
    if whole {
        return number.to_owned();
    }
    let digits = number.trim_start_matches('+');
    let shown = if digits.len() > 6 { 4 } else { 1 };
    let hidden = digits.len().saturating_sub(shown);
    let last = digits.get(hidden..).unwrap_or("");
    format!("+{}{last}", "*".repeat(hidden))
}

pub(crate) fn number(number: &PhoneNumber, whole: bool) -> String {
    masked(number.as_str(), whole)
}

fn address(party: &Party, whole: bool) -> Option<String> {
    match party {
        Party::User(user) => Some(user.to_string()),
        Party::Number(found) => found.as_ref().map(|found| number(found, whole)),
    }
}

impl VoiceCall {
    /// From the facts of a conversation; the number comes with the database.
    pub(crate) fn of(fact: &VoiceCallFact, whole: bool) -> Self {
        Self {
            id: fact.id,
            number: None,
            external_id: None,
            conversation_id: fact.conversation.0,
            call_type: fact.call_type,
            purpose: fact.purpose,
            customer_id: None,
            parent_id: fact.parent,
            previous_id: fact.previous,
            next_id: fact.next,
            path: fact.path.clone(),
            from: address(&fact.from, whole),
            to: fact.to.as_ref().and_then(|party| address(party, whole)),
            user_id: fact.user.map(|user| user.0),
            queue_id: fact.queue.map(|queue| queue.0),
            subject: fact.subject.clone(),
            case_category: fact.case_category.clone(),
            related_record: fact.related_record.clone(),
            disposition: fact.disposition,
            resolution: fact.resolution.clone(),
            notes: fact.notes.clone(),
            wrap_up_code_id: fact.wrap_up_code.map(|code| code.0),
            started_at: Time(fact.started_at),
            queued_at: Time::some(fact.queued_at),
            accepted_at: Time::some(fact.accepted_at),
            ended_at: Time::some(fact.ended_at),
            duration_seconds: fact.duration_ms.map(seconds),
            ring_seconds: seconds(fact.times.ring_ms),
            talk_seconds: seconds(fact.times.talk_ms),
            hold_seconds: seconds(fact.times.hold_ms),
            hold_count: fact.times.hold_count,
            longest_hold_seconds: seconds(fact.times.longest_hold_ms),
            holds: Vec::new(),
            ivr_seconds: seconds(fact.times.ivr_ms),
            wrap_up_seconds: seconds(fact.times.wrap_up_ms),
            disconnect_reason: fact.end_reason,
            coaching: Vec::new(),
            recording_ids: Vec::new(),
            quality_score: fact.mos_hundredths.map(score),
        }
    }
}

/// A word of the database as the type it names.
fn read<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| {
        tracing::error!(word, "a record holds a word that this release does not know");
        Problem::internal()
    })
}

impl VoiceCall {
    /// From its record.
    pub(crate) fn read(row: &VoiceCallRow, whole: bool) -> Result<Self, Problem> {
        let record = &row.record;
        let time = |at: Option<i64>| at.map(|at| Time(Timestamp::from_ms(at)));
        let party = |number: &Option<String>, user: Option<Uuid>| match number {
            Some(number) => Some(masked(number, whole)),
            None => user.map(|user| user.to_string()),
        };
        let coaching = row.coaching.iter().map(|time| {
            let mode = read(&time.mode)?;
            Ok(CoachingTime { supervisor_id: time.supervisor.0, mode, seconds: seconds(time.ms) })
        });
        Ok(Self {
            id: record.id,
            number: record.number.map(query::number_text),
            external_id: record.external_id.clone(),
            conversation_id: record.conversation_id,
            call_type: read(&record.call_type)?,
            purpose: read(&record.purpose)?,
            customer_id: record.customer_id.clone(),
            parent_id: record.parent_id,
            previous_id: record.previous_id,
            next_id: record.next_id,
            path: record.path.clone(),
            from: party(&record.from_address, record.initiator_user_id),
            to: party(&record.to_address, record.target_user_id),
            user_id: record.user_id,
            queue_id: record.queue_id,
            subject: record.subject.clone(),
            case_category: record.case_category.clone(),
            related_record: record.related_record.clone(),
            disposition: read(&record.disposition)?,
            resolution: record.resolution.clone(),
            notes: record.notes.clone(),
            wrap_up_code_id: record.wrap_up_code_id,
            started_at: Time(Timestamp::from_ms(record.started_at)),
            queued_at: time(record.queued_at),
            accepted_at: time(record.accepted_at),
            ended_at: time(record.ended_at),
            duration_seconds: record.duration_ms.map(seconds),
            ring_seconds: seconds(record.ring_ms),
            talk_seconds: seconds(record.talk_ms),
            hold_seconds: seconds(record.hold_ms),
            hold_count: u32::try_from(record.hold_count).unwrap_or(0),
            longest_hold_seconds: seconds(record.longest_hold_ms),
            holds: row.holds.iter().map(HoldTime::from).collect(),
            ivr_seconds: seconds(record.ivr_ms),
            wrap_up_seconds: seconds(record.wrap_up_ms),
            disconnect_reason: record.disconnect_reason.as_deref().map(read).transpose()?,
            coaching: coaching.collect::<Result<_, Problem>>()?,
            recording_ids: Vec::new(),
            quality_score: record.quality_hundredths.and_then(|score| u16::try_from(score).ok()).map(score),
        })
    }
}

/// What each person who pressed hold caused, up to now.
pub(crate) fn hold_times<'a>(holds: impl Iterator<Item = &'a HoldFact>, now: Timestamp) -> Vec<HoldTime> {
    let mut times = Vec::new();
    for hold in holds {
        reporting::HoldTime::add(&mut times, hold.by, hold.end.unwrap_or(now).ms_since(hold.start));
    }
    times.iter().map(HoldTime::from).collect()
}

/// The time of each supervisor in each mode, up to now.
pub(crate) fn coaching_times<'a>(
    intervals: impl Iterator<Item = &'a CoachingInterval>,
    now: Timestamp,
) -> Vec<CoachingTime> {
    let mut times: Vec<CoachingTime> = Vec::new();
    for interval in intervals {
        let lasted = seconds(interval.end.unwrap_or(now).ms_since(interval.start));
        let same = |time: &&mut CoachingTime| {
            time.supervisor_id == interval.supervisor.0 && time.mode == interval.mode
        };
        match times.iter_mut().find(same) {
            Some(time) => time.seconds += lasted,
            None => times.push(CoachingTime {
                supervisor_id: interval.supervisor.0,
                mode: interval.mode,
                seconds: lasted,
            }),
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_keeps_its_length_and_its_last_digits() {
        assert_eq!(masked("+15550100123", false), "+*******0123");
        assert_eq!(masked("+15550100123", true), "+15550100123");
        assert_eq!(masked("+112", false), "+**2");
    }
}
