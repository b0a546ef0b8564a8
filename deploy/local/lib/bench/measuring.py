"""What is measured, in interleaved rounds, and what comes of it."""
import dataclasses
import statistics
import sys
from typing import Callable

# What one side did in one round: operations per second as `rate`, and whatever else it measures.
Sample = dict[str, float]


@dataclasses.dataclass
class Check:
    """One line of the table: what is compared, and what is required of it."""
    what: str
    metric: str
    ours: str
    required: float | None  # None: told, but nothing is required
    theirs: str | None = None  # None: our figure itself, not a ratio
    at_most: bool = False  # whether the required figure is an upper bound
    target: float | None = None  # what we aim at beyond what is required


@dataclasses.dataclass
class Benchmark:
    """Sides that take turns, and what is made of them."""
    name: str
    sides: dict[str, Callable[[], Sample]]
    checks: list[Check]
    rounds: int | None = None  # where it differs from the usual number
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


def run(benchmark: Benchmark, rounds: int) -> dict[str, list[Sample]]:
    """The samples of each side. The order alternates, so that a machine that grows warm or slow favours nobody."""
    samples: dict[str, list[Sample]] = {side: [] for side in benchmark.sides}
    if benchmark.before:
        benchmark.before()
    try:
        for number in range(benchmark.rounds or rounds):
            order = list(benchmark.sides)
            for side in reversed(order) if number % 2 else order:
                sample = benchmark.sides[side]()
                samples[side].append(sample)
                figures = "  ".join(f"{key} {readable(value)}" for key, value in sample.items())
                print(f"  {benchmark.name}, round {number + 1}, {side}: {figures}", file=sys.stderr, flush=True)
    finally:
        if benchmark.after:
            benchmark.after()
    return samples


def judge(check: Check, samples: dict[str, list[Sample]]) -> dict:
    """A line of the table: ratios are taken round by round, and their median counts."""
    ours = [sample[check.metric] for sample in samples[check.ours]]
    theirs = [sample[check.metric] for sample in samples[check.theirs]] if check.theirs else None
    figures = [a / b for a, b in zip(ours, theirs)] if theirs else ours
    middle = statistics.median(figures)
    return {
        "what": check.what,
        "metric": check.metric,
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs) if theirs else None,
        "figure": middle,
        "lowest": min(figures),
        "highest": max(figures),
        "required": check.required,
        "target": check.target,
        "at_most": check.at_most,
        "met": None if check.required is None
        else middle <= check.required if check.at_most else middle >= check.required,
    }


def readable(value: float | None) -> str:
    """Three digits are as much as such a measurement holds."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def table(lines: list[dict]) -> str:
    """All lines as text."""
    head = ["benchmark", "ours", "theirs", "median", "spread", "required", "met"]
    rows = [head] + [
        [
            line["what"],
            readable(line["ours"]),
            readable(line["theirs"]),
            readable(line["figure"]),
            f"{readable(line['lowest'])}..{readable(line['highest'])}",
            "-" if line["required"] is None else ("<= " if line["at_most"] else ">= ") + readable(line["required"]),
            {True: "yes", False: "NO", None: "-"}[line["met"]],
        ]
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    )
