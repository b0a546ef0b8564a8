"""Reads one HL7 v2 message again and again with python `hl7`, and prints how often: the peer of `Benchmarks read-hl7`."""
import json
import pathlib
import sys
import time

import hl7

# As ReadHL7.swift has them.
WANTED = [
    ("MSH", 9, 1), ("MSH", 9, 2), ("MSH", 10, 1), ("RF1", 6, 1), ("RF1", 2, 1), ("PRD", 1, 1), ("PRD", 2, 2),
    ("PID", 3, 1), ("PID", 3, 4), ("PID", 5, 1), ("PID", 5, 2), ("PID", 7, 1), ("PID", 8, 1), ("PID", 11, 5),
    ("PID", 13, 7), ("PV1", 2, 1), ("DG1", 3, 1), ("DG1", 3, 2),
]


def main() -> None:
    # As bytes first: the segments end with carriage returns, which must stay.
    text = pathlib.Path(sys.argv[1]).read_bytes().decode("utf-8")
    seconds = float(sys.argv[2])
    count, found = 0, 0
    cpu, start = time.process_time(), time.monotonic()
    while time.monotonic() - start < seconds:
        message = hl7.parse(text)
        for segment, field, component in WANTED:
            # What stands by itself is no list of repetitions and components there.
            value = message.extract_field(segment, 1, field, 1, component, 1)
            found += bool(value)
        count += 1
    elapsed = time.monotonic() - start
    if found != count * len(WANTED):
        raise SystemExit(f"found {found / count} of {len(WANTED)}")
    print(json.dumps({"count": count, "seconds": elapsed, "cpu_seconds": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
