"""The audit trail: what its row costs the transaction that writes it, and what sealing costs the writes beside it."""
import contextlib
import os
import pathlib
import subprocess
import threading
import time

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, pgbench
from web import HEADERS, PAYLOAD

SQL = HERE / "sql"
AGENCY = "00000000-0000-7000-8000-00000000a6e5"
CLIENTS = 8
SEAL_EVERY = 5  # seconds, as Shared/ServiceKit/Audit/Sealing/AuditUpkeep.swift does it

SEAL = "select handrail.seal_audit('referral');"
# The signature itself is some 50 us of CPU a seal; what it costs PostgreSQL is this.
SIGN = """
insert into audit_signature (agency_id, seal_number, key_id, signed_at, signature)
select s.agency_id, s.seal_number, '0123456789abcdef', now(), decode(repeat('00', 71), 'hex')
from audit_seal as s
where s.seal_number > coalesce(
    (select max(g.seal_number) from audit_signature as g where g.agency_id = s.agency_id), 0);
"""


def server_cpu(machine: Machine) -> float:
    """Seconds that PostgreSQL has computed so far, in all its processes, also those that have ended."""
    postmaster = (machine.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    children = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True, check=True).stdout.split()
    ticks = 0
    for pid, fields in [(postmaster, (11, 12, 13, 14))] + [(child, (11, 12)) for child in children]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            values = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(values[field]) for field in fields)
    return ticks / os.sysconf("SC_CLK_TCK")


class Sealer:
    """Seals every five seconds, as a process of the service does, until it is left."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.left = threading.Event()
        self.seconds: list[float] = []
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        # The first turn comes in the middle of a pause.
        pause = SEAL_EVERY / 2
        while not self.left.wait(pause):
            begun = time.monotonic()
            self.machine.psql(SEAL + SIGN, "referrals_worker")
            self.seconds.append(time.monotonic() - begun)
            pause = SEAL_EVERY

    def __enter__(self) -> "Sealer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.left.set()
        self.thread.join()


def auditing(machine: Machine | None, seconds: float) -> list[Benchmark]:
    def unaudited(script: str) -> pathlib.Path:
        """The same transaction without the statement that writes the audit row."""
        path = machine.home / f"{script}-unaudited.pgbench"
        lines = (SQL / f"{script}.pgbench").read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "insert into audit_event" not in line))
        return path

    def write(script: pathlib.Path, duration: float) -> Sample:
        sealed = {f"sealed{size}": "\\x" + os.urandom(size).hex() for size in (32, 40, 68, 90)}
        before = server_cpu(machine)
        sample = pgbench(
            machine, "referrals", script, CLIENTS, duration,
            variables=sealed | {
                "number": time.time_ns() >> 14, "agency": AGENCY, "request": "77b09c3443f34caa562042345609fcc3",
                "payload": PAYLOAD, "headers": HEADERS,
            })
        # Throughput depends on what else the machine does, the CPU of a transaction hardly.
        count = sample["rate"] * max(1, round(duration))
        return sample | {"server_us": (server_cpu(machine) - before) / count * 1e6}

    # Several turns of the sealer in each round.
    long = max(seconds, 4 * SEAL_EVERY) if seconds >= 5 else 2 * SEAL_EVERY
    pipelined = SQL / "web-create-pipelined.pgbench"

    def beside_sealer() -> Sample:
        with Sealer(machine) as sealer:
            sample = write(pipelined, long)
        return sample | {"turn_ms": max(sealer.seconds) * 1000}

    def without_sealer() -> Sample:
        sample = write(pipelined, long)
        # What has piled up is no work of the next round's sealer.
        seal_all()
        return sample

    def seal_all() -> None:
        machine.psql(SEAL + SIGN, "referrals_worker")

    return [
        Benchmark(
            "audit-insert",
            {
                "with": lambda: write(SQL / "web-create.pgbench", seconds),
                "without": lambda: write(unaudited("web-create"), seconds),
                "with in pipelines": lambda: write(pipelined, seconds),
                "without in pipelines": lambda: write(unaudited("web-create-pipelined"), seconds),
            },
            [
                # 15 % more time is 13 % less work.
                Check("a referral's transaction : without its audit row", "rate", "with", None, "without", target=0.87),
                Check("the same in pipelines, as ours", "rate", "with in pipelines", 0.87, "without in pipelines"),
                Check("PostgreSQL's CPU of it in us : without", "server_us", "with", None, "without"),
                Check(
                    "the same in pipelines", "server_us", "with in pipelines", 1.15, "without in pipelines", at_most=True),
            ],
            after=seal_all,
        ),
        Benchmark(
            "sealer",
            {"sealing": beside_sealer, "alone": without_sealer},
            [
                Check(f"writes while the trail is sealed every {SEAL_EVERY} s : alone", "rate", "sealing", 0.97, "alone"),
                Check("PostgreSQL's CPU of a write in us : alone", "server_us", "sealing", 1.03, "alone", at_most=True),
                Check("the longest turn of the sealer in ms", "turn_ms", "sealing", None),
            ],
        ),
    ]
