"""What comes over interfaces: reading HL7 v2, against python `hl7`."""
import json
import subprocess
import sys

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, ours

MESSAGE = HERE / "hl7" / "ref-i12.hl7"


def reading(machine: Machine | None, seconds: float) -> list[Benchmark]:
    def folder():
        return machine.home / "hl7-peer"

    def set_up() -> None:
        """The peer in a virtual environment of its own, from PyPI."""
        if not folder().exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder())], check=True)
            subprocess.run(
                [str(folder() / "bin" / "pip"), "--quiet", "--disable-pip-version-check", "install", "hl7==0.4.5"],
                check=True)

    def peer() -> Sample:
        done = subprocess.run(
            [str(folder() / "bin" / "python"), str(HERE / "peer" / "read_hl7.py"), str(MESSAGE), str(seconds)],
            text=True, capture_output=True, check=True)
        measured = json.loads(done.stdout)
        return {
            "rate": measured["count"] / measured["seconds"],
            "cpu_us": measured["cpu_seconds"] / measured["count"] * 1e6}

    return [
        Benchmark(
            "hl7-read",
            {"ours": lambda: ours(machine, "read-hl7", MESSAGE, "--seconds", seconds), "python hl7": peer},
            [Check("a REF^I12 read, and 18 of its fields : python hl7", "rate", "ours", 20, "python hl7")],
            before=set_up,
        )
    ]
