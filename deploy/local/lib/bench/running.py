"""Runs the programs that are measured: pgbench, our own clients, and psql for what lies between them."""
import dataclasses
import json
import os
import pathlib
import re
import resource
import subprocess

HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Machine:
    """Where everything is."""
    bin: pathlib.Path  # our release build
    host: str
    port: str
    home: pathlib.Path  # the installation: secrets, logs, environment
    database: str = "handrail"

    def password(self, login: str) -> str:
        return (self.home / "secrets" / f"{login}.password").read_text().strip()

    def url(self, login: str) -> str:
        return f"postgresql://{login}:{self.password(login)}@{self.host}:{self.port}/{self.database}"

    def environment(self, login: str) -> dict[str, str]:
        """libpq's variables."""
        return os.environ | {
            "PGHOST": self.host, "PGPORT": self.port, "PGDATABASE": self.database, "PGUSER": login,
            # As our own client asks: statements keep one plan.
            "PGPASSWORD": self.password(login), "PGOPTIONS": "-c plan_cache_mode=force_generic_plan",
        }

    def psql(self, sql: str, login: str = "postgres") -> str:
        """The values of a statement, one line for each row."""
        done = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"], input=sql, env=self.environment(login), text=True,
            capture_output=True,
        )
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr.strip()}")
        return done.stdout.strip()


def pgbench(
    machine: Machine, login: str, script: pathlib.Path, clients: int, seconds: float | None = None,
    transactions: int | None = None, variables: dict[str, object] | None = None,
) -> dict[str, float]:
    """One run of pgbench with prepared statements, on one thread for each 16 clients, at most two."""
    amount = ["-t", str(transactions)] if transactions else ["-T", str(max(1, round(seconds or 1)))]
    defines = [part for name, value in (variables or {}).items() for part in ("-D", f"{name}={value}")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, -(-clients // 16))), *amount,
         *defines, "-f", str(script)],
        env=machine.environment(login), text=True, capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rate = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    count = re.search(r"transactions actually processed: (\d+)", done.stdout)
    if done.returncode or not rate or not count or "failed transactions: 0 " not in done.stdout:
        raise SystemExit(f"pgbench {script.name} failed:\n{done.stdout}{done.stderr}")
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return {"rate": float(rate[1]), "cpu_us": cpu / max(1, int(count[1])) * 1e6}


def ours(machine: Machine, *arguments: object) -> dict[str, float]:
    """One run of our own client."""
    command = [str(machine.bin / "Benchmarks"), *map(str, arguments)]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:2])} failed: {done.stderr.strip() or done.stdout.strip()}")
    measured = json.loads(done.stdout.strip().splitlines()[-1])
    count = measured["count"]
    return {
        "rate": count / measured["seconds"],
        "cpu_us": measured["cpu_seconds"] / max(1, count) * 1e6,
        "p50_ms": measured["p50_ms"],
        "p99_ms": measured["p99_ms"],
    }


def wrk(script: pathlib.Path, port: int, clients: int, seconds: float, arguments: list[object]) -> dict[str, float]:
    """One run of wrk on one thread; every answer must be a success."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "20s", "-s", str(script),
         f"http://127.0.0.1:{port}", "--", *map(str, arguments)],
        env=os.environ | {"BENCH_WRK": str(script.parent)}, text=True, capture_output=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines or not lines[-1].startswith("{"):
        raise SystemExit(f"wrk {script.name} failed:\n{done.stdout}{done.stderr}")
    measured = json.loads(lines[-1])
    if measured["failed"] or not measured["count"]:
        raise SystemExit(f"wrk {script.name}: {measured['failed']} of {measured['count']} requests failed")
    return {
        "rate": measured["count"] / measured["seconds"], "count": measured["count"], "p50_ms": measured["p50_ms"],
        "p99_ms": measured["p99_ms"]}
