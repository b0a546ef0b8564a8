"""The PostgreSQL client: single statements and transactions."""
import itertools

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, ours, pgbench

SQL = HERE / "sql"
AGENCY = "00000000-0000-7000-8000-00000000a6e5"
NOTE = "n" * 100
PAYLOAD = '{"assessmentID":"00000000-0000-7000-8000-000000000001","version":1}'
runs = itertools.count(1)


def variables() -> dict[str, object]:
    """What a script of pgbench starts with. Keys are made of `number`: each run has a range of its own."""
    return {
        "number": next(runs) << 32, "status": "requested", "note": NOTE, "agency": AGENCY, "subject": "bench-1",
        "payload": PAYLOAD,
    }


def single(machine: Machine, seconds: float) -> list[Benchmark]:
    def theirs(script: str, clients: int) -> Sample:
        return pgbench(machine, "outcomes", SQL / f"{script}.pgbench", clients, seconds, variables=variables())

    def mine(kind: str, tasks: int, connections: int, *more: str) -> Sample:
        return ours(
            machine, "statement", kind, "--url", machine.url("outcomes"), "--seconds", seconds, "--tasks", tasks,
            "--connections", connections, *more)

    return [
        Benchmark(
            "insert-1",
            {
                "ours": lambda: mine("insert", 1, 1),
                "pgbench": lambda: theirs("insert", 1),
                "reactor": lambda: mine("insert", 1, 1, "--on-reactor"),
            },
            [
                Check("insert, 1 connection", "rate", "ours", 0.60, "pgbench", target=0.8),
                Check("client CPU of an insert, 1 connection", "cpu_us", "ours", None, "pgbench"),
                Check("the same on the reactor's thread", "cpu_us", "reactor", 2.0, "pgbench", at_most=True),
            ],
        ),
        Benchmark(
            "insert-8",
            {
                "ours": lambda: mine("insert", 8, 8),
                "pgbench": lambda: theirs("insert", 8),
                "reactor": lambda: mine("insert", 8, 8, "--on-reactor"),
            },
            [
                Check("insert, 8 tasks on 8 connections", "rate", "ours", 0.85, "pgbench"),
                Check("client CPU of an insert, 8 connections", "cpu_us", "ours", None, "pgbench"),
                Check("the same on the reactor's thread", "cpu_us", "reactor", 2.0, "pgbench", at_most=True),
            ],
        ),
        Benchmark(
            "insert-64-on-4",
            {
                "batched": lambda: mine("insert", 64, 4, "--batched"),
                "pgbench": lambda: theirs("insert", 4),
                "leased": lambda: mine("insert", 64, 4),
            },
            [
                Check("insert, 64 tasks sharing batches on 4 connections : pgbench -c 4", "rate", "batched", 2.0, "pgbench"),
                Check("the same with a connection leased for each", "rate", "leased", None, "pgbench"),
            ],
        ),
        Benchmark(
            "select",
            {
                "ours": lambda: mine("select", 8, 8),
                "pgbench": lambda: theirs("select", 8),
                "reactor": lambda: mine("select", 8, 8, "--on-reactor"),
            },
            [
                Check("select by key, 8 tasks on 8 connections", "rate", "ours", 0.5, "pgbench"),
                Check("client CPU of a select, 8 connections", "cpu_us", "ours", None, "pgbench"),
                Check("the same on the reactor's thread", "cpu_us", "reactor", 2.0, "pgbench", at_most=True),
            ],
        ),
    ]


def transactions(machine: Machine, seconds: float) -> list[Benchmark]:
    def theirs(login: str, script: str, clients: int) -> Sample:
        return pgbench(machine, login, SQL / f"{script}.pgbench", clients, seconds, variables=variables())

    def mine(login: str, command: str, *more: str) -> Sample:
        return ours(
            machine, command, "--url", machine.url(login), "--seconds", seconds, "--tasks", 8, "--connections", 8, *more)

    return [
        Benchmark(
            "transaction",
            {
                "ours": lambda: mine("outcomes", "transaction"),
                "pgbench": lambda: theirs("outcomes", "transaction", 8),
                "unpipelined": lambda: mine("outcomes", "transaction", "--unpipelined"),
                "reactor": lambda: mine("outcomes", "transaction", "--on-reactor"),
            },
            [
                Check("row + audit + message as one pipeline : pgbench's own", "rate", "ours", 0.85, "pgbench"),
                Check("the same on the reactor's thread", "rate", "reactor", 0.85, "pgbench"),
                Check("the same : ours, a round trip for each statement", "rate", "ours", 1.4, "unpipelined"),
            ],
        ),
        Benchmark(
            "publish",
            {
                "ours": lambda: mine("outcomes_worker", "publish"),
                "pgbench": lambda: theirs("outcomes_worker", "publish", 8),
            },
            [Check("publish by one statement, 8 connections", "rate", "ours", 0.85, "pgbench")],
        ),
        Benchmark(
            "publish-transaction",
            {
                "ours": lambda: mine("outcomes", "publish-transaction"),
                "pgbench": lambda: theirs("outcomes", "publish-transaction", 8),
                "unpipelined": lambda: mine("outcomes", "publish-transaction", "--unpipelined"),
                "reactor": lambda: mine("outcomes", "publish-transaction", "--on-reactor"),
            },
            [
                Check("publish transaction as one pipeline : pgbench's own", "rate", "ours", 0.85, "pgbench"),
                Check("the same on the reactor's thread", "rate", "reactor", 0.85, "pgbench"),
                Check("the same : ours, a round trip for each statement", "rate", "ours", 1.4, "unpipelined"),
            ],
        ),
    ]
