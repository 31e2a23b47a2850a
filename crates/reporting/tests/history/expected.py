#!/usr/bin/env python3
"""What reports over the hand-made history must say, worked out from the CSV files with SQLite and this script alone.

It shares no code with the product. `python3 expected.py` rewrites expected.json.
"""
import csv
import json
import math
import sqlite3
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
db = sqlite3.connect(":memory:")


def ms(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) if text else None


LOWER = {"call_type", "purpose", "disposition", "role", "kind", "status", "state", "end_reason"}
for name in ["agents", "cases", "calls", "legs", "segments", "agent_status"]:
    with open(f"{name}.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    db.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    for row in rows:
        values = []
        for column in columns:
            value = row[column]
            if column.endswith("_at"):
                value = ms(value)
            elif column in LOWER:
                value = value.lower()
            elif column == "tier":
                value = int(value) if value else None
            values.append(value if value != "" else None)
        db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", values)


def q(sql, *args):
    return db.execute(sql, args).fetchall()


# Internal calls are about what their cause is about; another silent call too.
db.execute("""
CREATE TABLE about AS WITH RECURSIVE up(call_id, at, call_type, subject, case_id, parent_id) AS (
  SELECT call_id, call_id, call_type, subject, case_id, coalesce(parent_id, prev_id) FROM calls
  UNION ALL
  SELECT up.call_id, c.call_id, c.call_type, c.subject, c.case_id, coalesce(c.parent_id, c.prev_id)
  FROM up JOIN calls c ON c.call_id = up.parent_id
  WHERE up.call_type = 'internal' OR (up.subject IS NULL AND up.case_id IS NULL))
SELECT call_id, subject, (SELECT category FROM cases WHERE cases.case_id = up.case_id) category FROM up
WHERE NOT ((call_type = 'internal' OR (subject IS NULL AND case_id IS NULL)) AND parent_id IS NOT NULL)
""")
db.execute("""
CREATE VIEW first_agent AS SELECT c.call_id, (SELECT l.agent_id FROM legs l WHERE l.call_id = c.call_id
  AND l.answered_at IS NOT NULL AND l.agent_id IS NOT NULL AND l.role IN ('agent', 'specialist')
  ORDER BY l.answered_at LIMIT 1) agent_id FROM calls c
""")
db.execute("""
CREATE TABLE tier_one AS SELECT c.*, a.subject topic, a.category, f.agent_id first FROM calls c
JOIN about a USING (call_id) JOIN first_agent f USING (call_id) JOIN agents g ON g.agent_id = f.agent_id
WHERE c.call_id = c.root_id AND c.call_type = 'inbound' AND c.answered_at IS NOT NULL AND g.tier = 1
""")
db.execute("""
CREATE TABLE training AS SELECT k.call_id, k.root_id FROM calls k
JOIN agents i ON i.agent_id = k.initiator_agent_id JOIN agents t ON t.agent_id = k.target_agent_id
WHERE k.purpose = 'consult' AND k.call_type = 'internal' AND k.answered_at IS NOT NULL AND i.tier = 1 AND t.tier >= 2
  AND k.root_id IN (SELECT call_id FROM tier_one)
""")
db.execute("""
CREATE VIEW consult_ms AS SELECT c.call_id, coalesce(sum(s.end_at - s.start_at), 0) ms FROM calls c
LEFT JOIN legs l ON l.call_id = c.call_id AND l.agent_id IS NOT NULL AND l.agent_id IS NOT c.initiator_agent_id
LEFT JOIN segments s ON s.leg_id = l.leg_id AND s.kind IN ('talk', 'conference')
WHERE c.purpose = 'consult' AND c.call_type = 'internal' GROUP BY c.call_id
""")
db.execute("""
CREATE TABLE escalated AS SELECT DISTINCT t.call_id FROM tier_one t JOIN calls k ON k.root_id = t.call_id
LEFT JOIN agents g ON g.agent_id = k.target_agent_id LEFT JOIN first_agent f ON f.call_id = k.call_id
LEFT JOIN agents h ON h.agent_id = f.agent_id
WHERE k.answered_at IS NOT NULL
  AND ((k.purpose = 'consult' AND g.tier >= 2) OR (k.purpose = 'transfer' AND h.tier >= 2))
""")

CASES = []


def case(request, rows, totals, name=None):
    CASES.append({"name": name or request["type"], "request": request, "rows": rows, "totals": totals})


def ratio(up, down):
    return None if not down else up / down


def sec(value):
    return (value or 0) / 1000


def wilson(hits, of):
    if not of:
        return None, None
    z, p = 1.959963984540054, hits / of
    centre, scale = p + z * z / (2 * of), 1 + z * z / of
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = (centre - half) / scale, (centre + half) / scale
    return (0.0 if hits == 0 else low), (1.0 if hits == of else high)


def training(where, *args):
    calls = q(f"SELECT call_id FROM tier_one WHERE {where}", *args)
    ids = {row[0] for row in calls}
    consults = [row for row in q("SELECT call_id, root_id FROM training") if row[1] in ids]
    n, hit = len(ids), len({root for _, root in consults})
    spent = sum(q("SELECT ms FROM consult_ms WHERE call_id = ?", call)[0][0] for call, _ in consults)
    low, high = wilson(hit, n)
    up = len([row for row in q("SELECT call_id FROM escalated") if row[0] in ids])
    return [n, hit, ratio(hit, n), low, high, len(consults), sec(spent), up,
            hit * 10 >= n * 3 if n else None, low >= 0.3 if n else None]


for field, column in [("subject", "topic"), ("case_category", "category"), ("agent", "first")]:
    groups = [row[0] for row in q(f"SELECT DISTINCT {column} FROM tier_one")]
    name = lambda g: q("SELECT name FROM agents WHERE agent_id = ?", g)[0][0] if field == "agent" else g or "(none)"
    rows = [[name(group), *training(f"{column} IS ?", group)] for group in groups]
    rows.sort(key=lambda row: (-row[3], row[0]))
    case({"type": "training_gaps", "group_by": [field]}, rows, [None, *training("1")])
case({"type": "training_gaps", "group_by": []}, [training("1")], training("1"))

# Queues.
T = 20_000


def queue(where, *args, tell=None):
    events = {k: 0 for k in "offered answered abandoned wait in_time ab_in ab_late short".split()}
    for enq, ans, end, disposition in q(f"SELECT enqueued_at, answered_at, ended_at, disposition FROM calls "
                                        f"WHERE queue IS NOT NULL AND enqueued_at IS NOT NULL AND {where}", *args):
        def count(name, at, amount=1):
            if tell is None or tell(at):
                events[name] += amount
        count("offered", enq)
        if ans is not None:
            count("answered", ans)
            count("wait", ans, ans - enq)
            count("in_time", ans, ans - enq <= T)
        elif disposition == "abandoned":
            count("abandoned", end)
            count("ab_in" if end - enq <= T else "ab_late", end)
            count("short", end, end - enq < 5000)
    e = events
    asa = None if not e["answered"] else e["wait"] / e["answered"] / 1000
    return [e["offered"], e["answered"], e["abandoned"], ratio(e["abandoned"], e["offered"]), asa,
            ratio(e["in_time"], e["offered"]), ratio(e["in_time"], e["offered"] - e["short"]),
            ratio(e["in_time"], e["answered"]), ratio(e["in_time"] + e["ab_in"], e["offered"]),
            ratio(e["in_time"], e["answered"] + e["ab_late"])]


names = [row[0] for row in q("SELECT DISTINCT queue FROM calls WHERE queue IS NOT NULL ORDER BY 1")]
case({"type": "queues"}, [[name, *queue("queue = ?", name)] for name in names], [None, *queue("1")])


def bucket(at, interval):
    """The start of the local interval around an instant, in ms, and its label."""
    local = datetime.fromtimestamp(at / 1000, NEW_YORK)
    if interval == "half_hour":
        start = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)
    else:
        start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return round(start.timestamp() * 1000), start.isoformat()


def buckets(interval, instants):
    return sorted({bucket(at, interval) for at in instants if at is not None})


for interval in ["half_hour", "day"]:
    instants = [at for row in q("SELECT enqueued_at, answered_at, CASE WHEN disposition = 'abandoned' THEN ended_at END "
                                "FROM calls WHERE queue IS NOT NULL AND enqueued_at IS NOT NULL") for at in row]
    rows = []
    for start, label in buckets(interval, instants):
        rows.append([label, *queue("1", tell=lambda at: bucket(at, interval)[0] == start)])
    case({"type": "queues", "group_by": [], "interval": interval, "time_zone": "America/New_York"}, rows,
         [None, *queue("1")], f"queues by {interval}")

# Agents.
CUSTOMERS = "c.call_type <> 'internal' AND c.purpose IN ('customer', 'transfer', 'callback')"


def union(spans):
    merged = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def length(spans):
    return sum(end - start for start, end in spans)


def minus(spans, cuts):
    left = []
    for start, end in spans:
        for a, b in cuts:
            if b <= start or a >= end:
                continue
            if a > start:
                left.append([start, a])
            start = max(start, b)
        if start < end:
            left.append([start, end])
    return left


def spans_of(agent, kinds):
    return q(f"SELECT s.start_at, s.end_at FROM segments s JOIN legs l USING (leg_id) WHERE l.agent_id = ? AND s.kind {kinds}", agent)


def agent_parts(agents):
    legs = [row for a in agents for row in
            q(f"SELECT l.leg_id FROM legs l JOIN calls c USING (call_id) WHERE l.agent_id = ? AND l.answered_at IS NOT NULL "
              f"AND l.role IN ('agent', 'specialist') AND {CUSTOMERS}", a)]
    parts = {kind: 0 for kind in ["talk", "hold", "conference", "acw"]}
    for (leg,) in legs:
        for kind, spent in q("SELECT kind, sum(end_at - start_at) FROM segments WHERE leg_id = ? GROUP BY kind", leg):
            if kind in parts:
                parts[kind] += spent
    busy = idle = signed = available = ring = 0
    for a in agents:
        b, r = union(spans_of(a, "<> 'ring'")), union(spans_of(a, "= 'ring'"))
        av = union(q("SELECT start_at, end_at FROM agent_status WHERE agent_id = ? AND status = 'available'", a))
        busy += length(b)
        ring += length(r)
        available += length(av)
        signed += length(union(q("SELECT start_at, end_at FROM agent_status WHERE agent_id = ? AND status <> 'offline'", a)))
        idle += length(minus(av, union(b + r)))
    handle = sum(parts.values())
    aht = None if not legs else handle / len(legs) / 1000
    return [len(legs), sec(handle), aht, sec(parts["talk"]), sec(parts["hold"]), sec(parts["conference"]), sec(parts["acw"]),
            sec(signed), sec(available), sec(busy), sec(idle), sec(ring), ratio(busy, busy + idle), ratio(busy, signed)]


MEASURES = ["handled", "handle_seconds", "aht_seconds", "talk_seconds", "hold_seconds", "conference_seconds", "wrap_up_seconds",
            "signed_in_seconds", "available_seconds", "busy_seconds", "idle_seconds", "ringing_seconds", "occupancy", "utilisation"]
people = q("SELECT agent_id, name FROM agents ORDER BY name")
case({"type": "agents", "measures": MEASURES}, [[name, *agent_parts([agent])] for agent, name in people],
     [None, *agent_parts([agent for agent, _ in people])])

# Handle time by half hours, split at the borders.
HANDLE = f"""SELECT s.start_at, s.end_at FROM segments s JOIN legs l USING (leg_id) JOIN calls c USING (call_id)
WHERE {CUSTOMERS} AND l.answered_at IS NOT NULL AND l.role IN ('agent', 'specialist') AND s.kind IN ('talk', 'hold', 'conference', 'acw')"""
for interval in ["half_hour", "day"]:
    found = {}
    for start, end in q(HANDLE):
        here = start
        while here < end:
            key = bucket(here, interval)
            # The next border: a second at a time is slow but plain.
            step = here - here % 1000 + 1000
            found[key] = found.get(key, 0) + min(step, end) - here
            here = min(step, end)
    rows = [[label, sec(spent)] for (start, label), spent in sorted(found.items())]
    total = sec(sum(end - start for start, end in q(HANDLE)))
    case({"type": "agents", "group_by": [], "measures": ["handle_seconds"], "interval": interval, "time_zone": "America/New_York"},
         rows, [None, total], f"handle by {interval}")

# VoiceCalls.
rows = q("SELECT call_type, count(*), sum(answered_at IS NOT NULL) FROM calls GROUP BY 1 ORDER BY 1")
case({"type": "voice_calls", "measures": ["calls", "answered_calls"]}, [list(row) for row in rows],
     [None, *q("SELECT count(*), sum(answered_at IS NOT NULL) FROM calls")[0]])
rows = q("SELECT coalesce(a.subject, '(none)'), count(*), sum(c.answered_at IS NOT NULL) FROM calls c JOIN about a USING (call_id) "
         "WHERE c.call_type = 'internal' GROUP BY 1 ORDER BY 1")
internal = q("SELECT count(*), sum(answered_at IS NOT NULL) FROM calls WHERE call_type = 'internal'")[0]
case({"type": "voice_calls", "measures": ["calls", "answered_calls"], "group_by": ["subject"],
      "filters": [{"field": "call_type", "op": "eq", "value": "internal"}]}, [list(row) for row in rows], [None, *internal],
     "internal calls by originating subject")

roots = q("SELECT c.call_id, c.customer_id, coalesce(a.category, a.subject), c.started_at FROM calls c JOIN about a USING (call_id) "
          "WHERE c.call_id = c.root_id AND c.call_type = 'inbound' AND c.answered_at IS NOT NULL")
every = q("SELECT c.call_id, c.customer_id, coalesce(a.category, a.subject), c.started_at FROM calls c JOIN about a USING (call_id) "
          "WHERE c.call_id = c.root_id AND c.call_type = 'inbound'")
week = 7 * 24 * 3600 * 1000
resolved = sum(not any(o[0] != r[0] and o[1] == r[1] and o[2] == r[2] and abs(o[3] - r[3]) < week for o in every) for r in roots)
ids = {row[0] for row in roots}
of = lambda sql: len({row[0] for row in q(sql)} & ids)
moved = of("SELECT root_id FROM calls WHERE purpose = 'transfer'")
asked = of("SELECT root_id FROM calls WHERE purpose = 'consult' AND answered_at IS NOT NULL")
internal_answered = q("SELECT count(*) FROM calls WHERE call_type = 'internal' AND purpose IN ('consult', 'direct') AND answered_at IS NOT NULL")[0][0]
customers = q(f"SELECT count(*) FROM calls c WHERE {CUSTOMERS} AND answered_at IS NOT NULL")[0][0]
consult_ms = sum(spent for root, spent in q("SELECT c.root_id, m.ms FROM consult_ms m JOIN calls c USING (call_id) WHERE c.answered_at IS NOT NULL") if root in ids)
holds = f"FROM segments s JOIN legs l USING (leg_id) JOIN calls c USING (call_id) WHERE {CUSTOMERS} AND s.kind = 'hold' AND l.role IN ('agent', 'specialist')"
longest = q(f"SELECT max(s.end_at - s.start_at) {holds}")[0][0]
inbound_roots = "c.root_id IN (SELECT call_id FROM calls WHERE call_id = root_id AND call_type = 'inbound')"
summed = max(row[0] for row in q(f"SELECT sum(s.end_at - s.start_at) {holds} AND {inbound_roots} GROUP BY c.root_id"))
tier_one = q("SELECT count(*) FROM tier_one")[0][0]
escalated = q("SELECT count(*) FROM escalated")[0][0]
values = [len(roots), moved, ratio(moved, len(roots)), asked, ratio(asked, len(roots)), resolved, ratio(resolved, len(roots)),
          ratio(internal_answered, customers), tier_one, escalated, ratio(escalated, tier_one), consult_ms / len(roots) / 60000,
          sec(longest), sec(summed)]
case({"type": "voice_calls", "group_by": [], "measures": [
    "answered_interactions", "transferred_interactions", "transfer_rate", "consulted_interactions", "consult_rate",
    "resolved_interactions", "first_contact_resolution", "internal_call_rate", "tier_one_calls", "escalated_calls",
    "escalation_rate", "consult_minutes_per_call", "longest_hold_seconds", "longest_hold_interaction_seconds"]},
     [values], values, "rates")

# With and without an answered consult of tier 2 and above.
below = "SELECT k.root_id FROM calls k JOIN agents g ON g.agent_id = k.target_agent_id WHERE k.purpose = 'consult' AND k.answered_at IS NOT NULL AND g.tier >= 2"
for word, negate in [("with", ""), ("without", "NOT")]:
    n = q(f"SELECT count(*) FROM calls WHERE call_id = root_id AND call_type = 'inbound' AND root_id {negate} IN ({below})")[0][0]
    case({"type": "voice_calls", "group_by": [], "measures": ["calls"],
          "filters": [{"field": "root", "op": "eq", "value": True}, {"field": "call_type", "op": "eq", "value": "inbound"}],
          "cross_filter": {word: {"purpose": "consult", "answered": True, "target_tier": {"op": "gte", "value": 2}}}},
         [[n]], [n], f"{word} consult")

# Coaching.
rows = q("""SELECT s2.name, a.name, count(DISTINCT c.call_id), sum((s.kind = 'monitor') * (s.end_at - s.start_at)),
sum((s.kind = 'whisper') * (s.end_at - s.start_at)), sum((s.kind = 'barge') * (s.end_at - s.start_at))
FROM calls c JOIN legs l USING (call_id) JOIN segments s USING (leg_id) JOIN agents s2 ON s2.agent_id = l.agent_id
JOIN agents a ON a.agent_id = c.target_agent_id WHERE c.purpose = 'coaching' AND s.kind IN ('monitor', 'whisper', 'barge')
GROUP BY 1, 2 ORDER BY 1, 2""")
shown = [[s, a, n, sec(m), sec(w), sec(b), sec(w + b)] for s, a, n, m, w, b in rows]
case({"type": "coaching"}, shown, [None, None, *shown[0][2:]])

# Specialists.
rows, all_counts = [], [0] * 8
for agent, name, tier in q("SELECT agent_id, name, tier FROM agents ORDER BY name"):
    got = q("SELECT answered_at, disposition, ms FROM calls JOIN consult_ms USING (call_id) WHERE target_agent_id = ?", agent)
    answered = [row for row in got if row[0] is not None]
    if not got and not (tier and tier >= 2):
        continue
    signed = length(union(q("SELECT start_at, end_at FROM agent_status WHERE agent_id = ? AND status <> 'offline'", agent)))
    counts = [len(got), len(answered), sum(row[2] for row in answered), sum(row[1] not in ("merged", "conferenced") for row in answered),
              sum(row[1] == "merged" for row in answered), sum(row[1] == "conferenced" for row in answered), signed]
    all_counts = [a + b for a, b in zip(all_counts, counts)]
    rows.append([name, *counts[:2], sec(counts[2]), *counts[3:6], sec(signed), ratio(counts[2], signed)])
c = all_counts
case({"type": "specialists"}, rows, [None, *c[:2], sec(c[2]), *c[3:6], sec(c[6]), ratio(c[2], c[6])])

# Presence.
rows = q("SELECT a.name, s.status, count(*), sum(s.end_at - s.start_at) FROM agent_status s JOIN agents a USING (agent_id) GROUP BY 1, 2 ORDER BY 1, 2")
case({"type": "presence", "measures": ["intervals", "seconds"]}, [[a, s, n, sec(t)] for a, s, n, t in rows],
     [None, None, sum(r[2] for r in rows), sec(sum(r[3] for r in rows))])

# What available time was left of calls and ringing, and how much of presence was spent in calls.
rows, sums = [], [0, 0, 0]
for agent, name in people:
    busy, rung = union(spans_of(agent, "<> 'ring'")), union(spans_of(agent, "= 'ring'"))
    all_of = q("SELECT status, start_at, end_at FROM agent_status WHERE agent_id = ?", agent)
    if not all_of:
        continue
    here = sum(end - start for _, start, end in all_of)
    idle = sum(length(minus([[start, end]], union(busy + rung))) for status, start, end in all_of if status == "available")
    called = here - sum(length(minus([[start, end]], busy)) for _, start, end in all_of)
    rows.append([name, sec(idle), ratio(called, here)])
    sums = [sums[0] + idle, sums[1] + called, sums[2] + here]
case({"type": "presence", "group_by": ["agent"], "measures": ["idle_seconds", "capacity_used"]}, rows,
     [None, sec(sums[0]), ratio(sums[1], sums[2])], "idle")

# Offers: each ring of an agent for a customer's call that waited.
OFFERS = f"""SELECT g.name, l.ring_at, l.answered_at, l.ended_at, l.end_reason FROM legs l JOIN calls c USING (call_id)
JOIN agents g ON g.agent_id = l.agent_id WHERE l.role = 'agent' AND l.ring_at IS NOT NULL AND c.queue IS NOT NULL
AND c.enqueued_at IS NOT NULL AND {CUSTOMERS}"""
OUTCOME = {"declined": "declined", "no_answer": "missed", "busy": "failed", "unreachable": "failed"}


def offers(rows):
    became = ["accepted" if row[2] is not None else OUTCOME.get(row[4], "withdrawn") for row in rows]
    counts = [sum(one == word for one in became) for word in ["accepted", "declined", "missed", "withdrawn", "failed"]]
    rung = sum((row[2] if row[2] is not None else row[3]) - row[1] for row in rows)
    return [len(rows), *counts, ratio(counts[0], len(rows)), None if not rows else rung / len(rows) / 1000]


found = q(OFFERS)
case({"type": "offers"}, [[name, *offers([row for row in found if row[0] == name])] for name in sorted({row[0] for row in found})],
     [None, *offers(found)])

# Legs.
rows = q("SELECT l.role, count(*), sum(l.answered_at IS NOT NULL), coalesce(sum(t), 0), coalesce(sum(h), 0) FROM legs l LEFT JOIN "
         "(SELECT leg_id, sum((kind = 'talk') * (end_at - start_at)) t, sum((kind = 'hold') * (end_at - start_at)) h FROM segments GROUP BY 1) "
         "USING (leg_id) GROUP BY 1 ORDER BY 1")
case({"type": "legs"}, [[r, n, a, sec(t), sec(h)] for r, n, a, t, h in rows],
     [None, sum(r[1] for r in rows), sum(r[2] for r in rows), sec(sum(r[3] for r in rows)), sec(sum(r[4] for r in rows))])

# Escalations: Internal consults, and transfers, from whom to whom.
edges = []
for id, purpose, by, to, first, answered, disposition, root in q(
        "SELECT c.call_id, c.purpose, c.initiator_agent_id, c.target_agent_id, f.agent_id, c.answered_at, c.disposition, c.root_id "
        "FROM calls c JOIN first_agent f USING (call_id) WHERE (c.purpose = 'consult' AND c.call_type = 'internal') OR c.purpose = 'transfer'"):
    tier = lambda who: q("SELECT tier FROM agents WHERE agent_id = ?", who)[0][0] if who else None
    target = to if purpose == "consult" else first or to
    outcome = ("unanswered" if answered is None else "transferred" if purpose == "transfer" else
               {"merged": "took_over", "conferenced": "joined"}.get(disposition, "advised"))
    spent = q("SELECT ms FROM consult_ms WHERE call_id = ?", id)[0][0] if purpose == "consult" and answered is not None else 0
    edges.append((tier(by), tier(target), outcome, answered is not None, spent))
groups = sorted({edge[:3] for edge in edges}, key=lambda g: tuple((0, v) if isinstance(v, int) else (1, "(none)" if v is None else v) for v in g))
show = lambda v: "(none)" if v is None else v
rows = [[*map(show, g), sum(e[:3] == g for e in edges), sum(e[3] for e in edges if e[:3] == g), sec(sum(e[4] for e in edges if e[:3] == g))] for g in groups]
case({"type": "escalations"}, rows, [None, None, None, len(edges), sum(e[3] for e in edges), sec(sum(e[4] for e in edges))])

# Transfers and consults by kind, and of whom they were and who took them.
links = []
for id, purpose, call_type, by, to, first, answered, queued, cause, number in q(
        "SELECT c.call_id, c.purpose, c.call_type, c.initiator_agent_id, c.target_agent_id, f.agent_id, c.answered_at, "
        "c.queue IS NOT NULL AND c.enqueued_at IS NOT NULL, p.purpose, c.call_type = 'outbound' FROM calls c JOIN first_agent f USING (call_id) "
        "LEFT JOIN calls p ON p.call_id = c.parent_id WHERE (c.purpose = 'consult' AND c.call_type = 'internal') OR c.purpose = 'transfer'"):
    kind = "(none)" if purpose == "consult" else "warm" if cause == "consult" else "blind"
    target = "queue" if queued else "agent"
    taker = to if purpose == "consult" else first or to
    links.append((purpose, kind, target, by, taker, answered is not None))
groups = sorted({(kind, target) for _, kind, target, *_ in links})
rows = [[*g, sum((l[1], l[2]) == g for l in links), sum(l[5] for l in links if (l[1], l[2]) == g)] for g in groups]
case({"type": "escalations", "group_by": ["transfer_kind", "target_kind"], "measures": ["attempts", "escalations"]}, rows,
     [None, None, len(links), sum(l[5] for l in links)], "transfers by kind")


def handed(agents):
    made = lambda purpose, end: sum(l[0] == purpose and l[5] and l[end] in agents for l in links)
    return [made("consult", 3), made("consult", 4), made("transfer", 3), made("transfer", 4)]


rows = [[name, *handed({agent})] for agent, name in people]
case({"type": "agents", "measures": ["consults_made", "consults_received", "transferred_out", "transferred_in"]}, rows,
     [None, *handed({agent for agent, _ in people})], "handed over")

with open("expected.json", "w", encoding="utf-8") as file:
    json.dump(CASES, file, indent=1, ensure_ascii=False)
    file.write("\n")
print(len(CASES), "reports,", sum(len(c["rows"]) for c in CASES), "rows")
