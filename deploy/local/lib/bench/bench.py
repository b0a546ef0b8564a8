"""Runs benchmarks in interleaved rounds, prints a table and writes JSON. Started by deploy/local/bench."""
import argparse
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys

import audit
import directory
import gravity
import interfaces
import measuring
import messages
import outages
import statements
import web
from running import HERE, Machine


# Several by one name: what a service promises.
TOGETHER = {"referrals": ["referrals-intake", "directory-search", "directory-import", "hl7-read"]}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy/local/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; all of them where none is named")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each benchmark (5)")
    parser.add_argument("--seconds", type=float, default=8, help="seconds of each side in a round (8)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 2 seconds: to see that it works, not to judge")
    parser.add_argument("--output", type=pathlib.Path, help="where the JSON goes")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds = 2, 2
    return given


def machine() -> Machine:
    """What deploy/local/bench has prepared."""
    return Machine(
        bin=pathlib.Path(os.environ["BENCH_BIN"]), host="127.0.0.1", port=os.environ["BENCH_PORT"],
        home=pathlib.Path(os.environ["BENCH_HOME"]))


def about(place: Machine) -> dict:
    """What the figures depend on."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")

    def first_line(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]

    return {
        "processor": model,
        "processors": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "postgresql": place.psql("show server_version"),
        "fsync": place.psql("show fsync"),
        "pgbench": first_line("pgbench", "--version"),
        "swift": first_line("swift", "--version"),
        "commit": first_line("git", "rev-parse", "--short", "HEAD"),
        "one_commit_ms": commit_time(place),
    }


def commit_time(place: Machine) -> float:
    """Milliseconds of one small commit, most of which is the disk's."""
    took = place.psql(
        "create table if not exists public.commit_time (n int);\n"
        "\\timing on\n" + "insert into public.commit_time values (1);\n" * 20)
    times = [float(line.split()[1]) for line in took.splitlines() if line.startswith("Time:")]
    return round(sorted(times)[len(times) // 2], 3)


def main() -> int:
    # So that what was started is stopped whoever ends this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    given = arguments()
    place = machine() if "BENCH_PORT" in os.environ else None
    catalogue = [
        benchmark
        for group in (
            statements.single, statements.transactions, messages.consuming, messages.travelling, messages.backlogs,
            outages.taking_over, web.requests, audit.auditing, gravity.referring, directory.searching, interfaces.reading,
            outages.restarting,
        )
        for benchmark in group(place, given.seconds)
    ]
    known = [benchmark.name for benchmark in catalogue]
    given.names = [name for named in given.names for name in TOGETHER.get(named, [named])]
    unknown = [name for name in given.names if name not in known]
    if given.list or unknown:
        if unknown:
            print(f"no benchmark is named {', '.join(unknown)}; these are:", file=sys.stderr)
        print("\n".join(known + [f"{name}: {', '.join(parts)}" for name, parts in TOGETHER.items()]))
        return 2 if unknown else 0
    place.psql((HERE / "sql" / "schema.sql").read_text())
    report = {"machine": about(place), "rounds": given.rounds, "seconds": given.seconds, "benchmarks": {}}
    lines: list[dict] = []
    for benchmark in catalogue:
        if given.names and benchmark.name not in given.names:
            continue
        samples = measuring.run(benchmark, given.rounds)
        judged = [measuring.judge(check, samples) for check in benchmark.checks]
        lines += judged
        report["benchmarks"][benchmark.name] = {"samples": samples, "checks": judged}
        # After each: what was measured is not lost where a later one fails.
        if given.output:
            given.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("\n" + "  ".join(f"{key} {value}" for key, value in report["machine"].items()))
    print(measuring.table(lines))
    if given.output:
        print(f"\nAlso in {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
