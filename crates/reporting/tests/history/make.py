#!/usr/bin/env python3
"""Writes the hand-made history: 48 conversations that hold every pitfall of reporting at least once.

The clocks of New York go back on 2026-11-01 at 06:00Z (02:00 EDT becomes 01:00 EST).
"""
import csv
from datetime import datetime, timedelta, timezone

CALLS, LEGS, SEGMENTS, STATUSES, PROMPTS = [], [], [], [], []
AGENTS = [
    ("ana", "Ana", "agent", "1", "North"), ("bob", "Bob", "Agent", "1", "North"), ("cat", "Cat", "agent", "1", "South"),
    ("dan", "Dan", "agent", "2", "Desk"), ("eve", "Eve", "agent", "2", "Desk"), ("fox", "Fox", "AGENT", "3", "Desk"),
    ("sue", "Sue", "supervisor", "", "North"), ("tom", "Tom", "supervisor", "", "South"),
]
CASES = [("k1", "billing"), ("k2", "technical"), ("k3", "Access"), ("k4", "")]


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def z(when):
    if when is None:
        return ""
    text = when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{when.microsecond // 1000:03d}Z" if when.microsecond else "Z")


def s(seconds):
    return timedelta(seconds=seconds)


def call(id, root, call_type, purpose, started, answered, ended, disposition, parent="", prev="", queue="", subject="",
         case="", customer="", by="", to="", enqueued=None):
    CALLS.append([id, root, parent, prev, call_type, purpose, queue, subject, case, customer, by, to, z(enqueued),
                  z(started), z(answered), z(ended), disposition])


def leg(id, of, agent, role, ring, answered, ended, reason, *segments):
    LEGS.append([id, of, agent, role, z(ring), z(answered), z(ended), reason])
    for kind, start, end in segments:
        if start < end:
            SEGMENTS.append([id, kind, z(start), z(end)])


def inbound(n, when, agent, wait=10, talk=120, acw=30, queue="Support", subject="Invoice", case="k1", customer=None,
            holds=(), disposition="completed", ring=5):
    """Queued at `when`, answered after `wait` seconds; holds are (from, seconds) after the answer."""
    start = at(when)
    answered, id = start + s(wait), f"c{n:02d}"
    ended = answered + s(talk)
    segments, here = [("ring", answered - s(min(ring, wait)), answered)], answered
    for after, long in holds:
        segments += [("talk", here, answered + s(after)), ("hold", answered + s(after), answered + s(after + long))]
        here = answered + s(after + long)
    segments += [("talk", here, ended), ("acw", ended, ended + s(acw))]
    call(id, id, "Inbound", "customer", start, answered, ended, disposition, queue=queue, subject=subject, case=case,
         customer=customer or f"u{n:02d}", to=agent, enqueued=start)
    leg(f"l{n:02d}", id, agent, "agent", answered - s(min(ring, wait)), answered, ended,
        "completed" if disposition == "completed" else disposition, *segments)
    return answered, ended


def consult(n, letter, by, to, start, wait, talk, disposition="completed", parent=None, call_type="internal",
            conference=0, role="specialist"):
    """Asked at `start`, answered after `wait` seconds (None: never)."""
    id, root = f"c{n:02d}{letter}", f"c{n:02d}"
    answered = None if wait is None else start + s(wait)
    ended = start + s(25) if wait is None else answered + s(talk + conference)
    call(id, root, call_type, "consult", start, answered, ended, disposition, parent=parent or root, by=by, to=to)
    external = call_type == "outbound"
    person, role = ("", "third_party") if external else (to, role)
    ringing = ("ring", start, answered or ended)
    if wait is None:
        leg(f"l{n:02d}{letter}", id, person, role, start, None, ended, "no_answer", ringing)
    else:
        middle = answered + s(talk)
        leg(f"l{n:02d}{letter}", id, person, role, start, answered, ended, disposition, ringing,
            ("talk", answered, middle), ("conference", middle, ended))
        # The asker talks at the same time; those seconds count once.
        leg(f"l{n:02d}{letter}i", id, by, "agent", None, answered, ended, disposition,
            ("talk", answered, middle), ("conference", middle, ended))
    return id, answered, ended


def transfer(n, letter, by, to, start, talk, parent, prev, acw=20, subject="", case="", role="agent", wait=0, queue=""):
    id, root = f"c{n:02d}{letter}", f"c{n:02d}"
    answered = start + s(wait)
    ended = answered + s(talk)
    call(id, root, "inbound", "transfer", start, answered, ended, "completed", parent=parent, prev=prev, by=by, to=to,
         customer=f"u{n:02d}", subject=subject, case=case, queue=queue, enqueued=start if queue else None)
    leg(f"l{n:02d}{letter}", id, to, role, start if wait else None, answered, ended, "completed", ("ring", start, answered),
        ("talk", answered, ended), ("acw", ended, ended + s(acw)))
    return ended


def abandoned(n, when, wait, queue="Support", subject="Invoice", disposition="abandoned", customer=None):
    start = at(when)
    call(f"c{n:02d}", f"c{n:02d}", "inbound", "customer", start, None, start + s(wait), disposition, queue=queue,
         subject=subject, customer=customer or f"u{n:02d}", enqueued=start)


# 1: consult talk counts once, and the asker's hold is hold; 17: its wrap-up ends late.
a, e = inbound(1, "2026-11-02T14:00:00Z", "ana", talk=400, holds=[(60, 220)], acw=900)
consult(1, "a", "ana", "dan", a + s(60), 10, 200)
# 6: an unanswered consult, and one whose prompt expired, are none.
a, e = inbound(2, "2026-11-02T14:10:00Z", "bob", talk=300, holds=[(60, 25)])
consult(2, "a", "bob", "dan", a + s(60), None, 0, "no_answer")
a, e = inbound(3, "2026-11-02T14:20:00Z", "cat", talk=300, subject="Router", case="k2")
consult(3, "a", "cat", "eve", a + s(100), None, 0, "expired")
PROMPTS.append(["p1", "c03", "cat", "eve", "expired", z(a + s(90)), "", "1", z(a + s(130)), "c03a"])
# 7: two consults on one call.
a, e = inbound(4, "2026-11-02T14:30:00Z", "ana", talk=600, holds=[(60, 120), (240, 120)], subject="Router", case="k2")
consult(4, "a", "ana", "dan", a + s(60), 20, 100)
consult(4, "b", "ana", "fox", a + s(240), 15, 105)
# 8: a nested consult: only the first is of tier 1.
a, e = inbound(5, "2026-11-02T15:00:00Z", "bob", talk=500, holds=[(100, 300)], subject="Router", case="k2")
first, x, y = consult(5, "a", "bob", "dan", a + s(100), 10, 290)
consult(5, "b", "dan", "fox", x + s(50), 10, 100, parent=first)
# 9: tier 2 consults after a transfer; the consult before the transfer merged (took over).
a, e = inbound(6, "2026-11-02T15:30:00Z", "cat", talk=200, holds=[(100, 100)], disposition="transferred", case="k2", subject="Router")
first, x, y = consult(6, "a", "cat", "eve", a + s(100), 10, 90, "merged")
y2 = transfer(6, "b", "cat", "eve", y, 400, first, "c06")
consult(6, "c", "eve", "fox", y + s(100), 10, 100, parent="c06b")
# A blind transfer to tier 2, with no consult: escalated, not consulted; warm and cold are told apart.
a, e = inbound(7, "2026-11-02T16:00:00Z", "ana", talk=60, disposition="transferred")
transfer(7, "a", "ana", "dan", e, 300, "c07", "c07", wait=10, role="specialist")
# 10: abandoned in the second queue: an abandoned entry, no abandoned conversation.
a, e = inbound(8, "2026-11-02T16:20:00Z", "bob", talk=60, disposition="transferred")
call("c08a", "c08", "inbound", "transfer", e, None, e + s(90), "abandoned", parent="c08", prev="c08", queue="Billing",
     customer="u08", by="bob", enqueued=e)
# 11: the consult goes on after the customer hung up.
a, e = inbound(9, "2026-11-02T16:40:00Z", "ana", talk=120, holds=[(60, 60)])
consult(9, "a", "ana", "dan", a + s(60), 10, 200)
# 12: an external consult is not Internal.
a, e = inbound(10, "2026-11-02T17:00:00Z", "cat", talk=300, holds=[(60, 100)], subject="Login", case="k3")
consult(10, "a", "cat", "", a + s(60), 10, 80, call_type="outbound")
# 13: a peer and a supervisor are not tier 2.
a, e = inbound(11, "2026-11-02T17:20:00Z", "ana", talk=300, holds=[(60, 100)], subject="Login", case="k3")
consult(11, "a", "ana", "bob", a + s(60), 10, 80)
a, e = inbound(12, "2026-11-02T17:40:00Z", "bob", talk=300, holds=[(60, 100)], subject="Login", case="k3")
consult(12, "a", "bob", "sue", a + s(60), 10, 80, role="supervisor")
# 14: coaching is Internal but no consult; all three modes.
a, e = inbound(13, "2026-11-02T18:00:00Z", "cat", talk=300, subject="Login", case="k3")
call("c13a", "c13", "internal", "coaching", a + s(30), a + s(32), a + s(270), "completed", parent="c13", by="tom", to="cat")
leg("l13a", "c13a", "tom", "supervisor", a + s(30), a + s(32), a + s(270), "completed", ("ring", a + s(30), a + s(32)),
    ("monitor", a + s(32), a + s(100)), ("whisper", a + s(100), a + s(200)), ("barge", a + s(200), a + s(270)))
# 15: ring-no-answer, offered again; a callback; no subject; waits of exactly 20 s; abandons at exactly 20 s and 5 s.
start = at("2026-11-02T18:30:00Z")
call("c14", "c14", "inbound", "customer", start, start + s(35), start + s(200), "completed", queue="Support", subject="",
     case="", customer="u14", to="bob", enqueued=start)
leg("l14", "c14", "ana", "agent", start + s(3), None, start + s(23), "no_answer", ("ring", start + s(3), start + s(23)))
leg("l14x", "c14", "bob", "agent", start + s(25), start + s(35), start + s(200), "remote_hangup",
    ("ring", start + s(25), start + s(35)), ("talk", start + s(35), start + s(200)), ("acw", start + s(200), start + s(230)))
abandoned(15, "2026-11-02T18:40:00Z", 60, disposition="callback_requested")
start = at("2026-11-02T19:10:00Z")
call("c15a", "c15", "outbound", "callback", start, start + s(12), start + s(112), "completed", parent="c15", queue="Support",
     subject="Invoice", customer="u15", by="ana", to="")
leg("l15a", "c15a", "ana", "agent", start, start + s(2), start + s(112), "completed", ("ring", start, start + s(2)),
    ("talk", start + s(2), start + s(112)), ("acw", start + s(112), start + s(120)))
inbound(16, "2026-11-02T19:20:00Z", "ana", wait=20, talk=100, queue="Billing", case="")
inbound(17, "2026-11-02T19:30:00Z", "bob", wait=21, talk=100, queue="Billing", subject="", case="k4")
start = at("2026-11-02T19:35:00Z")
answered = start + timedelta(seconds=20, milliseconds=1)
call("c18", "c18", "inbound", "customer", start, answered, answered + s(60), "completed", queue="Billing", subject="Router",
     case="k2", customer="u18", to="cat", enqueued=start)
leg("l18", "c18", "cat", "agent", start + s(10), answered, answered + s(60), "completed", ("ring", start + s(10), answered),
    ("talk", answered, answered + s(60)))
abandoned(19, "2026-11-02T19:40:00Z", 20, queue="Billing")
abandoned(20, "2026-11-02T19:45:00Z", 5, queue="Billing")
abandoned(21, "2026-11-02T19:46:00Z", 4, queue="Billing")
abandoned(22, "2026-11-02T19:47:00Z", 21, queue="Billing", subject="")
# 3: over local midnight in New York (05:00Z in winter), queued on one day, answered on the next.
inbound(23, "2026-11-04T04:59:50Z", "ana", wait=30, talk=600, holds=[(100, 50)])
# 4: half past one twice on the day the clocks go back; a local end before its local start.
inbound(24, "2026-11-01T05:35:00Z", "bob", wait=10, talk=1500, acw=60)
inbound(25, "2026-11-01T06:35:00Z", "bob", wait=10, talk=300, acw=60)
inbound(26, "2026-11-01T05:40:00Z", "cat", wait=10, talk=2400, acw=30, subject="Router", case="k2")
# 5: over half hours, with a hold across the border.
inbound(27, "2026-11-03T14:25:00Z", "ana", wait=10, talk=2400, acw=600, holds=[(200, 300), (1000, 100)])
# Again by the same customer: within seven days, at exactly seven days, and about something else.
inbound(28, "2026-11-05T14:00:00Z", "ana", customer="v1", subject="Invoice")
inbound(29, "2026-11-08T14:00:00Z", "bob", customer="v1", subject="Refund")
inbound(30, "2026-11-05T15:00:00Z", "ana", customer="v2", subject="Login", case="")
inbound(31, "2026-11-12T15:00:00Z", "bob", customer="v2", subject="Login", case="")
inbound(32, "2026-11-06T15:00:00Z", "cat", customer="v3", subject="Login", case="")
inbound(33, "2026-11-07T15:00:00Z", "cat", customer="v3", subject="Router", case="")
abandoned(34, "2026-11-09T15:00:00Z", 40, customer="v4", subject="Login")
inbound(35, "2026-11-10T15:00:00Z", "ana", customer="v4", subject="Login", case="")
# Answered first by tier 2: no tier-1 call, whatever it asks.
a, e = inbound(36, "2026-11-10T16:00:00Z", "dan", talk=300, holds=[(50, 110)], subject="Router", case="k2")
consult(36, "a", "dan", "fox", a + s(50), 10, 100)
# Colleague calls colleague; an outbound customer call with a consult; a conference that goes on.
start = at("2026-11-10T17:00:00Z")
call("c37", "c37", "internal", "direct", start, start + s(6), start + s(96), "completed", by="ana", to="bob")
leg("l37", "c37", "bob", "agent", start, start + s(6), start + s(96), "completed", ("ring", start, start + s(6)),
    ("talk", start + s(6), start + s(96)))
leg("l37i", "c37", "ana", "agent", None, start + s(6), start + s(96), "completed", ("talk", start + s(6), start + s(96)))
start = at("2026-11-10T17:30:00Z")
call("c38", "c38", "outbound", "customer", start, start + s(15), start + s(315), "completed", subject="Refund", case="k1",
     customer="u38", by="cat")
leg("l38", "c38", "cat", "agent", start, start + s(1), start + s(315), "remote_hangup", ("ring", start, start + s(1)),
    ("talk", start + s(1), start + s(100)), ("hold", start + s(100), start + s(200)), ("talk", start + s(200), start + s(315)),
    ("acw", start + s(315), start + s(330)))
consult(38, "a", "cat", "eve", start + s(100), 10, 90)
a, e = inbound(39, "2026-11-10T18:00:00Z", "bob", talk=400, holds=[(100, 60)], subject="Login", case="k3")
consult(39, "a", "bob", "eve", a + s(100), 10, 50, "conferenced", conference=100)
# A direct call and one that nobody took; an internal call declined.
start = at("2026-11-10T19:00:00Z")
call("c40", "c40", "internal", "direct", start, None, start + s(20), "declined", by="bob", to="cat")
leg("l40", "c40", "cat", "agent", start, None, start + s(20), "declined", ("ring", start, start + s(20)))
# Enough of one subject that its rate is exactly three of ten.
for n, who in zip(range(41, 48), ["ana", "bob", "cat", "ana", "bob", "cat", "ana"]):
    inbound(n, f"2026-11-11T{14 + n - 41}:00:00Z", who, talk=100 + n, subject="Plan", case="")
for n, who in zip(range(48, 51), ["ana", "bob", "cat"]):
    a, e = inbound(n, f"2026-11-12T{16 + n - 48}:00:00Z", who, talk=200, holds=[(50, 100)], subject="Plan", case="")
    consult(n, "a", who, "dan", a + s(50), 10, 90)

for agent, *_ in AGENTS:
    for day in ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-05", "2026-11-10", "2026-11-12"]:
        start = at(f"{day}T13:30:00Z") if day != "2026-11-01" else at(f"{day}T05:00:00Z")
        for status, hours in [("available", 3), ("break", 0.5), ("Available", 3), ("training", 1)]:
            end = start + timedelta(hours=hours)
            STATUSES.append([agent, status, z(start), z(end)])
            start = end
        STATUSES.append([agent, "offline", z(start), z(start + timedelta(hours=2))])


def write(name, header, rows):
    with open(name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


write("agents.csv", "agent_id,name,role,tier,team", AGENTS)
write("cases.csv", "case_id,category", CASES)
write("calls.csv", "call_id,root_id,parent_id,prev_id,call_type,purpose,queue,subject,case_id,customer_id,initiator_agent_id,"
      "target_agent_id,enqueued_at,started_at,answered_at,ended_at,disposition", CALLS)
write("legs.csv", "leg_id,call_id,agent_id,role,ring_at,answered_at,ended_at,end_reason", LEGS)
write("segments.csv", "leg_id,kind,start_at,end_at", SEGMENTS)
write("agent_status.csv", "agent_id,status,start_at,end_at", STATUSES)
write("consult_prompts.csv", "prompt_id,parent_call_id,requester,target,state,offered_at,accepted_at,snoozed_count,closed_at,"
      "result_call_id", PROMPTS)
