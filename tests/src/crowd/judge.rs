//! When everybody has hung up: is anything left, and do the records tell of anything that no phone may see?

use std::time::Duration;

use sea_orm::prelude::Uuid;
use serde_json::Value;

use super::{
    Tally,
    evidence::{Evidence, TOLD_MAX},
    floor::Floor,
};
use crate::{
    kills::{Rows, column},
    stage::{Result, StageError, server::Server, wait::until_async},
};

/// Until wrap-up is over and the records are written, on a machine that is busy with other things.
const SETTLED: Duration = Duration::from_secs(180);

/// Two wires of one person at one time; the moment when one ends and another begins is both.
const BOOKED_TWICE: &str = "\
    WITH wire AS (SELECT user_id, leg_id, MIN(COALESCE(ring_at, answered_at)) AS began, MAX(ended_at) AS ended \
                  FROM call_leg WHERE user_id IS NOT NULL GROUP BY user_id, leg_id) \
    SELECT COUNT(*) AS found FROM wire a JOIN wire b \
    ON a.user_id = b.user_id AND a.leg_id < b.leg_id AND a.began < b.ended AND b.began < a.ended";
/// A wire whose ring did not begin while its person was available, by their own status as journaled. Only its first ring is
/// theirs: whoever turned busy while a consult rang for them may still be rung on for its customer, in another call, when
/// who asked hangs up.
const RUNG_AWAY: &str = "\
    WITH rung AS (SELECT user_id, leg_id, MIN(COALESCE(ring_at, answered_at)) AS at FROM call_leg \
                  WHERE user_id IS NOT NULL GROUP BY user_id, leg_id) \
    SELECT user_id, leg_id, at, (SELECT MAX(start_at) FROM agent_status WHERE agent_status.user_id = rung.user_id \
                                 AND agent_status.start_at <= rung.at) AS since FROM rung WHERE NOT EXISTS ( \
        SELECT 1 FROM agent_status WHERE agent_status.user_id = rung.user_id AND status = 'available' \
        AND agent_status.start_at <= rung.at AND (agent_status.end_at IS NULL OR agent_status.end_at >= rung.at))";
/// A ring during one's own wrap-up.
const RUNG_IN_WRAP_UP: &str = "\
    WITH acw AS (SELECT call_leg.user_id, leg_segment.start_at, leg_segment.end_at FROM leg_segment \
                 JOIN call_leg ON call_leg.id = leg_segment.call_leg_id WHERE leg_segment.kind = 'acw') \
    SELECT COUNT(*) AS found FROM leg_segment ring JOIN call_leg ON call_leg.id = ring.call_leg_id \
    JOIN acw ON acw.user_id = call_leg.user_id AND ring.start_at > acw.start_at AND ring.start_at < acw.end_at \
    WHERE ring.kind = 'ring'";
const CUSTOMERS: &str =
    "SELECT COUNT(*) AS found FROM voice_call WHERE call_type = 'inbound' AND purpose = 'customer'";
/// Wires of people, who are rung each time: one whose ring was over in the millisecond it began has no stretch of it.
const RINGS: &str = "SELECT COUNT(DISTINCT leg_id) AS found FROM call_leg WHERE user_id IS NOT NULL";

pub(super) async fn wrong(
    server: &Server,
    floor: &Floor,
    tally: &Tally,
    evidence: &Evidence,
) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    wrong.extend(settled("nothing is left to do", || left(floor)).await.err());
    let rows = Rows::open(&server.database()).await?;
    wrong.extend(settled("the records are whole", || records(&rows, tally)).await.err());
    let never =
        [("people were booked twice", BOOKED_TWICE), ("people were rung in their wrap-up", RUNG_IN_WRAP_UP)];
    for (what, sql) in never {
        let found = rows.count(sql).await?;
        if found > 0 {
            wrong.push(format!("by the records {found} {what}"));
        }
    }
    for row in rows.all(RUNG_AWAY).await?.iter().take(TOLD_MAX) {
        let (user, leg): (Uuid, Uuid) = (column(row, "user_id")?, column(row, "leg_id")?);
        let (at, since): (i64, Option<i64>) = (column(row, "at")?, column(row, "since")?);
        wrong.push(format!("{user} was rung on {leg} at {at}, away since {since:?}"));
    }
    // What a phone saw and no record tells of could not be judged.
    let rings = rows.count(RINGS).await?;
    if rings < i64::try_from(tally.rings).unwrap_or(i64::MAX) {
        wrong.push(format!("phones rang {} times, the records know of {rings}", tally.rings));
    }
    wrong.extend(evidence.untold(&rows, floor).await?);
    Ok(wrong)
}

/// Looks again until nothing is wrong.
async fn settled<F: Future<Output = Result<Vec<String>>>>(
    what: &str,
    look: impl Fn() -> F,
) -> Result<(), String> {
    let looked = until_async(what, SETTLED, || async {
        let wrong = look().await.map_err(|error| error.to_string())?;
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    });
    looked.await.map_err(|error: StageError| error.to_string())
}

/// What still goes on, as the API says.
async fn left(floor: &Floor) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for one in floor.admin.live_conversations().await? {
        left.push(format!("{} is {}", one["id"], one["state"]));
    }
    for queue in &floor.queues {
        let waiting = floor.admin.get(&format!("/v1/queues/{}/waiting", queue.id)).await?;
        let waiting = waiting["items"].as_array().or(waiting.as_array()).map_or(0, Vec::len);
        if waiting > 0 {
            left.push(format!("{waiting} wait in {}", queue.number));
        }
    }
    let mut live = floor.admin.live(&["agents"], None).await?;
    let snapshot = live.until("a snapshot", SETTLED, |event| event.kind == "snapshot").await?;
    let agents = snapshot.data["agents"].as_array().cloned().unwrap_or_default();
    if agents.len() < floor.agents.len() {
        left.push(format!("the live feed shows {} agents", agents.len()));
    }
    let is_busy = |agent: &&Value| {
        let state = agent["presence"]["system_state"].as_str().unwrap_or("?");
        !matches!(state, "available" | "busy" | "dnd" | "offline" | "missed")
            || !agent["conversation_id"].is_null()
    };
    left.extend(agents.iter().filter(is_busy).map(|agent| format!("somebody is not free: {agent}")));
    left.truncate(20);
    Ok(left)
}

async fn records(rows: &Rows, tally: &Tally) -> Result<Vec<String>> {
    let customers = rows.count(CUSTOMERS).await?;
    if customers != tally.let_in as i64 {
        return Ok(vec![format!("{customers} records of the {} customers let in", tally.let_in)]);
    }
    rows.wrong().await
}
