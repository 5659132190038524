"""Copies one session of a catalog many times, in one transaction. All columns stay the same
except the id, and the time, which is a second earlier in each copy.

python3 seed_sessions.py catalog.db SESSION COUNT open|mixed

`mixed` makes every other copy a cancelled one. The server must not run."""

import sqlite3
import sys
import uuid

file, session, count, states = sys.argv[1:]
catalog = sqlite3.connect(file)
columns = [row[1] for row in catalog.execute("pragma table_info(sessions)")]
changed = {"id": "randomblob(16)", "created_at": "created_at - 1000000 * n"}
if states == "mixed":
    changed["state"] = "iif(n % 2, 'Cancelled', state)"
with catalog:
    catalog.execute(
        f"with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?) "
        f"insert into sessions ({', '.join(columns)}) "
        f"select {', '.join(changed.get(name, name) for name in columns)} from sessions, numbers where id = ?",
        (int(count), uuid.UUID(session).bytes),
    )
added = catalog.total_changes
catalog.execute("analyze")
catalog.execute("pragma wal_checkpoint(truncate)")
catalog.close()
print(added)
