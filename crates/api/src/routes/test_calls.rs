//! A test call over a trunk, and the ladder of its SIP messages.

use std::time::Duration;

use access::Permission;
use callcontrol::test_call::{TestCall as Call, TestOutcome};
use serde::{Deserialize, Serialize};
use serde_json::json;
use signaling::Rung;
use terms::{PhoneNumber, TrunkId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Faces,
    answer::{Answer, Json, NoContent},
    body::{Time, masked},
    caller::Caller,
    extract::{Body, Id, Path, State},
    problem::Problem,
    test_calls::{Made, Stage},
};

const SECONDS_DEFAULT: u8 = 5;
const SECONDS_MAX: u8 = 30;
/// Shorter runs of digits are no telephone numbers.
const DIGITS_MIN: usize = 6;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTestCall {
    /// Whom to call; unset: OPTIONS, and nobody's phone rings.
    #[serde(default)]
    to: Option<String>,
    /// How long whoever answers hears music, 1 to 30; unset: 5.
    #[serde(default)]
    seconds: Option<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TestCallState {
    Calling,
    Ringing,
    Answered,
    Over,
}

/// The last test call of a trunk; kept until the next one or a restart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestCall {
    id: Uuid,
    trunk_id: Uuid,
    /// Masked without `view_full_numbers`; null: OPTIONS.
    to: Option<String>,
    state: TestCallState,
    started_at: Time,
    ended_at: Option<Time>,
    /// Null until it is over.
    verdict: Option<TestCallVerdict>,
    /// Every message of the dialog, oldest first.
    ladder: Vec<LadderStep>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TestCallVerdict {
    /// Stable: `answered`, `ended_by_them`, `reachable`, `credentials`, `forbidden`, `not_found`, `no_reply`,
    /// `not_answered`, `timed_out`, `busy`, `declined`, `unavailable`, `not_acceptable`, `overloaded`, `refused`,
    /// `no_address`, `no_media`, `cancelled`.
    code: String,
    /// Whether the trunk does what it should.
    works: bool,
    /// The SIP status that decided it.
    status: Option<u16>,
    /// What happened.
    text: String,
    /// What to do about it.
    advice: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LadderDirection {
    Sent,
    Received,
}

#[derive(Debug, Serialize, ToSchema)]
struct LadderStep {
    /// Since the call was placed.
    at_ms: u64,
    direction: LadderDirection,
    /// The request's, or the one that is answered.
    method: String,
    /// Of an answer.
    status: Option<u16>,
    /// `INVITE`, or `403 Forbidden`.
    label: String,
    transport: String,
    /// The far end's address.
    remote: String,
    /// The whole message; proofs and keys are struck, phone numbers masked without `view_full_numbers`.
    raw: String,
}

fn step(rung: &Rung, whole: bool) -> LadderStep {
    let first = rung.text.lines().next().unwrap_or_default();
    let label = match rung.status {
        Some(_) => first.split_once(' ').map_or(first, |(_, rest)| rest).trim().to_owned(),
        None => rung.method.clone(),
    };
    LadderStep {
        at_ms: rung.at_ms,
        direction: if rung.sent { LadderDirection::Sent } else { LadderDirection::Received },
        method: rung.method.clone(),
        status: rung.status,
        label,
        transport: format!("{:?}", rung.transport).to_ascii_lowercase(),
        remote: rung.remote.to_string(),
        raw: if whole { rung.text.clone() } else { without_numbers(&rung.text) },
    }
}

/// Every run of digits that may be a telephone number, masked but for its end.
fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    let mut before = ' ';
    let flush = |run: &mut String, before: char, after: char, shown: &mut String| {
        let alone = !before.is_ascii_alphabetic() && !after.is_ascii_alphabetic();
        if alone && run.len() >= DIGITS_MIN {
            shown.push_str(masked(run, false).trim_start_matches('+'));
        } else {
            shown.push_str(run);
        }
        run.clear();
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            flush(&mut run, before, c, &mut shown);
        }
        shown.push(c);
        before = c;
    }
    flush(&mut run, before, ' ', &mut shown);
    shown
}

fn verdict(outcome: TestOutcome) -> TestCallVerdict {
    let (code, works, status) = match outcome {
        TestOutcome::Answered => ("answered", true, Some(200)),
        TestOutcome::EndedByThem => ("ended_by_them", true, Some(200)),
        TestOutcome::Reached(401 | 407) => ("credentials", false, status_of(outcome)),
        TestOutcome::Reached(403) => ("forbidden", false, Some(403)),
        TestOutcome::Reached(status @ (500 | 502..=504 | 600..)) => ("overloaded", false, Some(status)),
        // Whoever refuses OPTIONS is there all the same (RFC 3261 §11).
        TestOutcome::Reached(status) => ("reachable", true, Some(status)),
        TestOutcome::Refused(status) => (refusal(status), matches!(status, 486 | 600 | 603), Some(status)),
        TestOutcome::NoReply => ("no_reply", false, None),
        TestOutcome::NotAnswered => ("not_answered", true, None),
        TestOutcome::NoAddress => ("no_address", false, None),
        TestOutcome::NoMedia => ("no_media", false, None),
        TestOutcome::Cancelled => ("cancelled", false, None),
    };
    let (text, advice) = said(code);
    TestCallVerdict { code: code.to_owned(), works, status, text: text.to_owned(), advice: advice.to_owned() }
}

fn status_of(outcome: TestOutcome) -> Option<u16> {
    match outcome {
        TestOutcome::Reached(status) | TestOutcome::Refused(status) => Some(status),
        _ => None,
    }
}

fn refusal(status: u16) -> &'static str {
    match status {
        401 | 407 => "credentials",
        403 => "forbidden",
        404 | 410 | 484 | 604 => "not_found",
        408 | 504 => "timed_out",
        480 => "unavailable",
        486 | 600 => "busy",
        603 => "declined",
        415 | 488 | 606 => "not_acceptable",
        500 | 502 | 503 => "overloaded",
        _ => "refused",
    }
}

/// What it means, and what to do about it.
fn said(code: &str) -> (&'static str, &'static str) {
    match code {
        "answered" => (
            "The call was answered, music was played, and we hung up.",
            "Nothing: the trunk carries calls out.",
        ),
        "ended_by_them" => (
            "The call was answered, and the far end hung up first.",
            "Nothing, if somebody there hung up. If not, look at the Reason header of their BYE.",
        ),
        "reachable" => (
            "The provider answers our OPTIONS.",
            "Call a number next: OPTIONS says nothing about calls being let through.",
        ),
        "credentials" => (
            "The provider does not accept our user name and password.",
            "Compare user name and password with the provider's account, and whether they are wanted at all where calls come from a known address.",
        ),
        "forbidden" => (
            "The provider knows us and forbids this call.",
            "Ask the provider whether our address is allowed, the number may be called, and the caller's number belongs to the account.",
        ),
        "not_found" => (
            "The provider does not know this number.",
            "Try the number with and without the country code; some providers want it without the plus sign.",
        ),
        "no_reply" => (
            "Nothing came back at all.",
            "Check host, port and transport of the trunk, and whether a firewall lets SIP through both ways.",
        ),
        "not_answered" => (
            "The provider took the call, and nobody answered.",
            "Nothing about the trunk: try a number where somebody picks up.",
        ),
        "timed_out" => (
            "The provider took the call and found nobody who answers for the number.",
            "Try another number; if all of them time out, ask the provider about its routes.",
        ),
        "busy" => ("The called phone is busy.", "Nothing about the trunk: try again, or another number."),
        "declined" => ("The called phone declined.", "Nothing about the trunk: try another number."),
        "unavailable" => (
            "The called phone cannot be reached now.",
            "Try another number; if all are unavailable, ask the provider.",
        ),
        "not_acceptable" => (
            "The provider refuses our media: no codec in common, or encryption is wanted.",
            "Allow PCMU or PCMA at the provider, or choose the trunk's codecs and transport (TLS) as the provider wants them.",
        ),
        "overloaded" => (
            "The provider cannot take calls now.",
            "Wait and try again; if it lasts, ask how many calls at one time the account has.",
        ),
        "no_address" => (
            "The trunk's host has no address, so nothing was sent.",
            "Check the spelling of the host name and this server's name resolution.",
        ),
        "no_media" => (
            "The call was answered, but its media could not be agreed on.",
            "Check the trunk's codecs, and whether media ports are free (media.port_range).",
        ),
        "cancelled" => ("The test call was ended early.", "Start it again."),
        _ => (
            "The provider refuses the call.",
            "Look at the last answer below: its Reason or Warning header often says why.",
        ),
    }
}

fn view(made: &Made, whole: bool) -> TestCall {
    let course = made.course();
    let (state, outcome) = match course.stage {
        Stage::Calling => (TestCallState::Calling, None),
        Stage::Ringing => (TestCallState::Ringing, None),
        Stage::Answered => (TestCallState::Answered, None),
        Stage::Over(outcome) => (TestCallState::Over, Some(outcome)),
    };
    TestCall {
        id: made.id,
        trunk_id: made.trunk.0,
        to: made.to.as_ref().map(|number| masked(number.as_str(), whole)),
        state,
        started_at: Time(made.started_at),
        ended_at: Time::some(course.ended_at),
        verdict: outcome.map(verdict),
        ladder: course.rungs.iter().map(|rung| step(rung, whole)).collect(),
    }
}

pub(crate) async fn start(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<NewTestCall>,
) -> Result<Answer<TestCall, 202>, Problem> {
    let trunk = known(&faces, path.0.id)?;
    let seconds = body.0.seconds.unwrap_or(SECONDS_DEFAULT);
    if !(1..=SECONDS_MAX).contains(&seconds) {
        return Err(Problem::invalid_field("seconds", format!("1 to {SECONDS_MAX}")));
    }
    let to = body.0.to.as_deref().map(|text| number(&faces, text)).transpose()?;
    let now = faces.now();
    let told = json!({"to": to.as_ref().map(|number| masked(number.as_str(), false))});
    faces.store.audit(&caller.by(now), "test_call", &format!("trunk/{trunk}"), None, Some(told)).await?;
    let call = Call {
        id: Uuid::new_v4(),
        trunk,
        to,
        from: own_number(&faces, trunk),
        plays: Duration::from_secs(u64::from(seconds)),
    };
    let made = faces.test_calls.start(faces.calls.test_calls(), call, faces.clock())?;
    Ok(Answer::new(view(&made, caller.holds(Permission::ViewFullNumbers))))
}

fn known(faces: &Faces, id: Uuid) -> Result<TrunkId, Problem> {
    let trunk = TrunkId(id);
    let there = faces.organization().trunks.iter().any(|row| row.id == trunk);
    if there { Ok(trunk) } else { Err(Problem::not_found("trunk")) }
}

fn number(faces: &Faces, text: &str) -> Result<PhoneNumber, Problem> {
    if faces.calls.organization().is_emergency(text) {
        return Err(Problem::invalid_field("to", "an emergency number is not called for a test"));
    }
    PhoneNumber::normalise(text)
        .map_err(|_| Problem::invalid_field("to", "a phone number with its country code, like +4930123456"))
}

/// The number we show: one of the trunk's, else our first.
fn own_number(faces: &Faces, trunk: TrunkId) -> Option<PhoneNumber> {
    let rows = faces.organization();
    let own = rows.numbers.iter().find(|row| row.trunk_id == Some(trunk));
    own.or(rows.numbers.first()).map(|row| row.e164.clone())
}

/// The last one of this trunk.
pub(crate) async fn get(faces: State, caller: Caller, path: Path<Id>) -> Result<Json<TestCall>, Problem> {
    let trunk = known(&faces, path.0.id)?;
    let made = faces.test_calls.last(trunk).ok_or_else(|| Problem::not_found("test call"))?;
    Ok(Json::new(view(&made, caller.holds(Permission::ViewFullNumbers))))
}

/// Hangs up.
pub(crate) async fn stop(faces: State, path: Path<Id>) -> Result<NoContent, Problem> {
    let trunk = known(&faces, path.0.id)?;
    faces.test_calls.last(trunk).ok_or_else(|| Problem::not_found("test call"))?.stop();
    Ok(NoContent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_in_a_message_and_ids_stay() {
        let text = "INVITE sip:+15550177@192.0.2.10 SIP/2.0\r\nCall-ID: 12345678abc\r\nTo: \"015550177\" <tel:+15550177>\r\n";
        let shown = without_numbers(text);
        assert!(!shown.contains("5550177"), "{shown}");
        assert!(
            shown.contains("12345678abc") && shown.contains("192.0.2.10") && shown.contains("0177@"),
            "{shown}"
        );
    }

    #[test]
    fn every_verdict_says_what_to_do() {
        use TestOutcome::{Cancelled, NoAddress, NoMedia, NoReply, NotAnswered, Reached, Refused};
        let mut all = vec![NoReply, NotAnswered, NoAddress, NoMedia, Cancelled, Reached(200), Reached(405)];
        all.extend([401, 403, 404, 408, 480, 486, 488, 503, 603, 699].map(Refused));
        for outcome in all {
            let verdict = verdict(outcome);
            assert!(!verdict.text.is_empty() && !verdict.advice.is_empty(), "{verdict:?}");
        }
        assert!(verdict(Reached(405)).works && !verdict(Refused(403)).works && verdict(Refused(486)).works);
    }
}
