"""The directory of community resources: searching near a place in a small and in a large one, and taking in a feed."""
import functools
import json
import pathlib
import time
import urllib.request

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, wrk
from web import PORT, Stage, stage_on

CLIENTS = 4
MEETINGS = 4000
SIZES = {"small": (10_000, 40_000), "large": (100_000, 400_000)}


class Directory:
    """Two agencies whose directories differ in size only, on the stage of the web benchmarks."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.stage: Stage = stage_on(machine)
        self.agencies: dict[str, str] = {}

    def set_up(self) -> None:
        self.stage.set_up()
        for size, (services, meetings) in SIZES.items():
            if size not in self.agencies:
                self.agencies[size] = self.stage.handrail(
                    "agency", "add", "--name", f"Directory {size}", "--time-zone", "America/New_York",
                    "--part2-program", "--hipaa-covered-entity")
                seed = (HERE / "sql" / "directory-seed.sql").read_text()
                for name, value in (("agency", self.agencies[size]), ("services", services), ("meetings", meetings)):
                    seed = seed.replace(f":{name}", str(value))
                self.machine.psql(seed)
            self.token_file(size).write_text(
                self.stage.handrail("token", "--agency", self.agencies[size], "--role", "coordinator"))

    def token_file(self, size: str) -> pathlib.Path:
        return self.machine.home / f"directory-{size}.token"

    def search(self, size: str, seconds: float) -> Sample:
        return wrk(HERE / "wrk" / "directory.lua", PORT, CLIENTS, seconds, [self.token_file(size)])

    def take(self) -> Sample:
        """A feed that is new, the same again, and the same with another name for each meeting."""
        run = time.monotonic_ns()
        return {
            "new_ms": self.send(run, "Meeting"), "same_ms": self.send(run, "Meeting"),
            "changed_ms": self.send(run, "Renamed")}

    def send(self, run: int, name: str) -> float:
        meetings = [
            {"slug": f"m{number}", "name": f"{name} {number}", "day": number % 7, "time": "19:30", "end_time": "20:30",
             "timezone": "America/New_York", "formatted_address": f"{number} Main Street, Philadelphia, PA 19103",
             "latitude": 40 + number % 100 / 200, "longitude": -75 - number // 100 / 200, "types": ["O", "D", "X"],
             "notes": "Enter from the parking lot, ring twice.", "updated": "2026-10-01 12:00:00"}
            for number in range(MEETINGS)]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/v1/directory/feeds/bench-{run}/imports?kind=meeting-guide",
            json.dumps(meetings).encode(), method="POST",
            headers={
                "Authorization": f"Bearer {self.token_file('small').read_text().strip()}",
                "Content-Type": "application/json"})
        begun = time.monotonic()
        with urllib.request.urlopen(asked, timeout=60) as answer:
            report = json.load(answer)
        if report["outcome"] != "applied" or report["taken"] != MEETINGS:
            raise SystemExit(f"the feed was not taken: {report['outcome']}")
        return (time.monotonic() - begun) * 1000


@functools.cache
def directory_on(machine: Machine) -> Directory:
    """One for both benchmarks: filling it takes a while."""
    return Directory(machine)


def searching(machine: Machine | None, seconds: float) -> list[Benchmark]:
    def before() -> None:
        directory_on(machine).set_up()

    return [
        Benchmark(
            "directory-search",
            {size: lambda size=size: directory_on(machine).search(size, seconds) for size in SIZES},
            [
                Check("search among 500,000 entries, p99 in ms", "p99_ms", "large", 20, at_most=True),
                Check("the same : among 50,000", "p99_ms", "large", 1.3, "small", at_most=True),
                Check("searches a second among 500,000", "rate", "large", None, "small"),
            ],
            before=before,
        ),
        Benchmark(
            "directory-import",
            {"ours": lambda: directory_on(machine).take()},
            [
                Check(f"feed of {MEETINGS:,} new meetings in ms", "new_ms", "ours", 2000, at_most=True),
                Check("the same again in ms", "same_ms", "ours", 2000, at_most=True),
                Check("all of them changed in ms", "changed_ms", "ours", 2000, at_most=True),
            ],
            before=before,
        ),
    ]
