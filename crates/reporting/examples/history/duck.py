#!/usr/bin/env python3
"""The questions of main.rs that another engine can be asked in one statement, on the same files: what DuckDB takes.

Usage: duck.py DIRECTORY [THREADS], after `pip install duckdb`. The files are read into DuckDB's own tables first.
"""

import sys
import time

import duckdb

directory, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
db = duckdb.connect()
db.execute(f"SET threads = {threads}")
for name in ["calls", "legs", "segments"]:
    db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{directory}/*/{name}.csv', header = true, all_varchar = false)")
db.execute(f"CREATE TABLE agents AS SELECT DISTINCT * FROM read_csv('{directory}/*/agents.csv', header = true)")

QUESTIONS = {
    "training gaps": """
        WITH first AS (
            SELECT l.call_id, arg_min(l.agent_id, l.answered_at) AS agent
            FROM legs l WHERE l.answered_at IS NOT NULL AND l.role <> 'supervisor' GROUP BY l.call_id),
        tier_one AS (
            SELECT c.call_id, c.subject FROM calls c JOIN first f ON f.call_id = c.call_id
            JOIN agents a ON a.agent_id = f.agent
            WHERE c.call_id = c.root_id AND c.call_type = 'inbound' AND c.answered_at IS NOT NULL AND a.tier = 1),
        asked AS (
            SELECT DISTINCT c.root_id FROM calls c JOIN agents i ON i.agent_id = c.initiator_agent_id
            JOIN agents t ON t.agent_id = c.target_agent_id
            WHERE c.purpose = 'consult' AND c.answered_at IS NOT NULL AND i.tier = 1 AND t.tier >= 2)
        SELECT t.subject, count(*), count(k.root_id) FROM tier_one t LEFT JOIN asked k ON k.root_id = t.call_id
        GROUP BY t.subject ORDER BY t.subject""",
    "ad hoc: calls and their length by subject and queue": """
        SELECT r.subject, c.queue, count(*), count(c.answered_at), sum(epoch(c.ended_at - c.started_at))
        FROM calls c JOIN calls r ON r.call_id = c.root_id GROUP BY ALL ORDER BY ALL""",
    "ad hoc: talk and hold by team and role": """
        SELECT a.team, l.role, count(DISTINCT l.leg_id),
               sum(epoch(s.end_at - s.start_at)) FILTER (s.kind = 'talk'),
               sum(epoch(s.end_at - s.start_at)) FILTER (s.kind = 'hold')
        FROM legs l JOIN agents a USING (agent_id) LEFT JOIN segments s USING (leg_id) GROUP BY ALL ORDER BY ALL""",
    "ad hoc: consulted calls by subject": """
        SELECT r.subject, count(*) FROM calls r WHERE EXISTS (
            SELECT 1 FROM calls c JOIN agents t ON t.agent_id = c.target_agent_id
            WHERE c.root_id = r.call_id AND c.purpose = 'consult' AND c.answered_at IS NOT NULL AND t.tier = 2)
        GROUP BY ALL ORDER BY ALL""",
}
print(f"{db.execute('SELECT count(*) FROM legs').fetchone()[0]} legs, {threads} threads, DuckDB {duckdb.__version__}")
for name, sql in QUESTIONS.items():
    times, cpu = [], time.process_time()
    for _ in range(3):
        since = time.perf_counter()
        rows = db.execute(sql).fetchall()
        times.append((time.perf_counter() - since) * 1000)
    each = (time.process_time() - cpu) * 1000 / 3
    print(f"{name:<60} {len(rows):>4} rows {' '.join(f'{ms:8.1f} ms' for ms in times)}, {each:.0f} ms of CPU each")
