"""The message table: publishing at a steady rate, consuming, and working off a backlog."""
import subprocess
import uuid

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, ours, pgbench
from statements import AGENCY

SQL = HERE / "sql"


def new_group() -> str:
    """A group of its own for each run: it begins with the oldest message."""
    return f"bench-{uuid.uuid4().hex[:12]}"


def logins(machine: Machine) -> list[object]:
    return ["--url", machine.url("outcomes"), "--worker-url", machine.url("outcomes_worker")]


def empty_log(machine: Machine) -> None:
    """Begins anew: no messages, one tick, no groups."""
    machine.psql(
        "truncate message_table.message, message_table.tick, message_table.checkpoint, message_table.member,"
        " message_table.parked;"
        " insert into message_table.tick (snap) values (pg_current_snapshot());")


def publish_many(machine: Machine, messages: int, ticks: int) -> None:
    """Puts messages into the log, so many to a tick."""
    each = messages // ticks
    insert = (
        "insert into message_table.message (topic, key, version, agency_id, payload)"
        " select 'assessment.recorded.v1', gen_random_uuid()::text, 1, '%s',"
        " jsonb_build_object('assessmentID', gen_random_uuid(), 'participantID', gen_random_uuid(), 'version', 1,"
        " 'instrument', 'barc-10', 'answeredAt', '2026-01-01T00:00:00Z') from generate_series(1, %d)" % (AGENCY, each))
    lines = ["set synchronous_commit = off;"]
    for _ in range(ticks):
        lines += [f"{insert};", "select message_table.tick();"]
    machine.psql("\n".join(lines))
    machine.psql("vacuum analyze message_table.message; checkpoint;")


def consume(machine: Machine, consumers: int, messages: int) -> Sample:
    return ours(
        machine, "consume", *logins(machine), "--group", new_group(), "--consumers", consumers, "--expect", messages)


def consuming(machine: Machine, seconds: float) -> list[Benchmark]:
    """One consumer against pgbench as one client that asks the same of the same log."""
    (windows, each) = (max(100, round(seconds * 60)), 100)

    def theirs() -> Sample:
        # A transaction of the script handles one window.
        sample = pgbench(
            machine, "outcomes_worker", SQL / "consume.pgbench", 1, transactions=windows,
            variables={"grp": new_group(), "step": 0, "tick": first_tick(machine), "agency": AGENCY})
        return {key: value * each if key == "rate" else value / each for key, value in sample.items()}

    def prepare() -> None:
        empty_log(machine)
        publish_many(machine, windows * each, windows)

    return [
        Benchmark(
            "consume",
            {"ours": lambda: consume(machine, 1, windows * each), "pgbench": theirs},
            [Check(f"consume windows of {each}, no-op handler : pgbench, same SQL", "rate", "ours", 0.70, "pgbench")],
            before=prepare,
        )
    ]


def first_tick(machine: Machine) -> int:
    return int(machine.psql("select min(tick_id) from message_table.tick"))


def travelling(machine: Machine, seconds: float) -> list[Benchmark]:
    def travel(duration: float) -> Sample:
        # A new group begins with the oldest message: there must be none.
        empty_log(machine)
        sample = ours(
            machine, "travel", *logins(machine), "--group", new_group(), "--rate", 1000, "--seconds", duration)
        dead = machine.psql(
            "select sum(n_dead_tup) from pg_stat_user_tables where schemaname = 'message_table'"
            " and relname like 'message%'")
        return sample | {"dead_rows": float(dead or 0)}

    def held(duration: float) -> Sample:
        """While a transaction that began before holds back what may be cleaned up in the whole database."""
        holder = subprocess.Popen(
            ["psql", "-XAtq"], env=machine.environment("postgres"), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        try:
            holder.stdin.write(
                "begin isolation level repeatable read; select pg_current_xact_id();\n")
            holder.stdin.flush()
            holder.stdout.readline()
            return travel(duration)
        finally:
            holder.stdin.close()
            holder.wait()

    long = max(seconds, 10)
    lasting = 120 if seconds >= 5 else 10
    return [
        Benchmark(
            "travel",
            {"ours": lambda: travel(long)},
            [
                Check("publish to handler at 1,000/s, p50 in ms", "p50_ms", "ours", 15, at_most=True),
                Check("publish to handler at 1,000/s, p99 in ms", "p99_ms", "ours", 60, at_most=True),
            ],
        ),
        Benchmark(
            "held-xmin",
            {"held": lambda: held(lasting), "free": lambda: travel(lasting)},
            [
                Check(f"1,000/s while xmin is held for {lasting} s : free", "rate", "held", 0.95, "free"),
                Check("dead rows of the message table meanwhile", "dead_rows", "held", 0, at_most=True),
                Check("publish to handler meanwhile, p99 in ms", "p99_ms", "held", 60, at_most=True),
            ],
            rounds=1,
        ),
    ]


def backlogs(machine: Machine, seconds: float) -> list[Benchmark]:
    messages = 1_000_000 if seconds >= 5 else 20_000

    def benchmark(name: str, ticks: int, what: str) -> Benchmark:
        def prepare() -> None:
            empty_log(machine)
            publish_many(machine, messages, ticks)

        return Benchmark(
            name,
            {"ours": lambda: consume(machine, 4, messages)},
            [Check(what, "rate", "ours", 30_000)],
            rounds=3,
            before=prepare,
        )

    return [
        benchmark("backlog-many-ticks", messages // 1000, f"backlog of {messages:,} by many ticks, 4 consumers, a second"),
        benchmark("backlog-one-tick", 1, f"backlog of {messages:,} by one tick, 4 consumers, a second"),
    ]
