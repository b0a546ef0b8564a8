"""The referral service through HTTP with everything switched on, against pgbench and against a service in Python."""
import atexit
import contextlib
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, pgbench, wrk

SQL = HERE / "sql"
REFERRALS = 20_000  # stored before anything is measured; reading picks one of them at random
CLIENTS = 64


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


PORT, OPERATOR_PORT, PEER_PORT = free_port(), free_port(), free_port()


class Service:
    """A process under measurement: started when first needed, stopped at the end."""

    def __init__(self, command: list[str], environment: dict[str, str], ready: str, log: pathlib.Path) -> None:
        self.command, self.environment, self.ready, self.log = command, environment, ready, log
        self.process: subprocess.Popen | None = None

    def start(self) -> float:
        """Starts it, and returns how many milliseconds it took until it answered."""
        with open(self.log, "ab") as log:
            begun = time.monotonic()
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.ready, timeout=1) as answer:
                if answer.status < 500:
                    return (time.monotonic() - begun) * 1000
            if self.process.poll() is not None or time.monotonic() - begun > 30:
                raise SystemExit(f"{self.command[0]} does not answer; its log is {self.log}")
            time.sleep(0.001)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                print(f"  {self.command[0]} did not stop within 40 s and is killed", file=sys.stderr, flush=True)
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def cpu_seconds(self) -> float:
        """Of the process and those that it has started."""
        pids = subprocess.run(
            ["pgrep", "-g", str(self.process.pid)], capture_output=True, text=True, check=True).stdout.split()
        ticks = 0
        for pid in pids:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


class Stage:
    """The agency, its referrals, the token, and the two services."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.agency = ""
        atexit.register(self.stop)
        self.token_file = machine.home / "bench.token"
        settings = dict(
            line.removeprefix("export ").split("=", 1)
            for line in (machine.home / "environment").read_text().splitlines() if "=" in line)
        hidden = ("HANDRAIL_DATABASE_URL", "HANDRAIL_DATABASE_PASSWORD_FILE", "HANDRAIL_LOCAL_ISSUER_KEY_FILE")
        settings = {name: value.strip("'") for name, value in settings.items()}
        self.operator_environment = os.environ | settings | {
            "HANDRAIL_REFERRALS_LISTEN": f"127.0.0.1:{PORT}"}
        environment = {name: value for name, value in self.operator_environment.items() if name not in hidden}
        self.ours = Service(
            [str(machine.bin / "referrals")],
            environment | {
                "HANDRAIL_REFERRALS_LISTEN": f"127.0.0.1:{PORT}",
                "HANDRAIL_REFERRALS_OPERATOR_LISTEN": f"127.0.0.1:{OPERATOR_PORT}",
                # The limit is counted and told, but not reached: all requests are one principal's.
                "HANDRAIL_RATE_LIMIT_PER_MINUTE": "10000000",
                "HANDRAIL_REFERRALS_DATABASE_CONNECTIONS": os.environ.get("BENCH_CONNECTIONS", "8"),
            },
            f"http://127.0.0.1:{OPERATOR_PORT}/health/ready", machine.home / "referrals.log")
        python = machine.home / "peer" / "bin" / "python"
        self.peer = Service(
            [str(python), "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(PEER_PORT), "--workers", "2",
             "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
            os.environ | {
                "PYTHONPATH": str(HERE / "peer"), "PYTHONDONTWRITEBYTECODE": "1",
                "PEER_DATABASE_URL": machine.url("referrals"),
                "PEER_JWKS_FILE": str(machine.home / "secrets" / "issuer.jwks.json"),
            },
            f"http://127.0.0.1:{PEER_PORT}/openapi.json", machine.home / "peer.log")

    def handrail(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.machine.bin / "handrail"), *arguments], env=self.operator_environment, capture_output=True,
            text=True, check=False)
        if done.returncode:
            raise SystemExit(f"handrail {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def set_up(self) -> None:
        """An agency with referrals that our service has taken in, and a coordinator's token."""
        if self.agency:
            return
        self.agency = self.handrail(
            "agency", "add", "--name", "Bench", "--time-zone", "America/New_York", "--part2-program",
            "--hipaa-covered-entity")
        self.renew_token()
        self.ours.start()
        while (have := int(self.machine.psql("select count(*) from referral.referral"))) < REFERRALS:
            print(f"  storing referrals: {have:,} of {REFERRALS:,}", file=sys.stderr, flush=True)
            self.request("create", 10, self.ours, PORT)
        self.machine.psql((SQL / "web-seed.sql").read_text().replace(":referrals", str(REFERRALS)))

    def renew_token(self) -> None:
        self.token_file.write_text(self.handrail("token", "--agency", self.agency, "--role", "coordinator"))

    def set_up_peer(self) -> None:
        """The peer in a virtual environment of its own, with packages from PyPI."""
        folder = self.machine.home / "peer"
        if not folder.exists():
            print("  installing FastAPI, asyncpg, orjson and uvloop", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run(
                [str(folder / "bin" / "pip"), "--quiet", "--disable-pip-version-check", "install", "fastapi", "uvicorn",
                 "uvloop", "httptools", "asyncpg", "orjson", "pyjwt[crypto]"], check=True)
        if self.peer.process is None:
            self.peer.start()

    def request(self, kind: str, seconds: float, service: Service, port: int) -> Sample:
        before = service.cpu_seconds()
        sample = wrk(SQL.parent / "wrk" / f"{kind}.lua", port, CLIENTS, seconds, [self.token_file, REFERRALS])
        return sample | {
            "cpu_us": (service.cpu_seconds() - before) / sample.pop("count") * 1e6, "resident_mb": service.resident_mb()}

    def pgbench(self, kind: str, clients: int, seconds: float) -> Sample:
        sealed = {f"sealed{size}": "\\x" + os.urandom(size).hex() for size in (32, 40, 68, 90)}
        return pgbench(
            self.machine, "referrals", SQL / f"web-{kind}.pgbench", clients, seconds,
            variables=sealed | {
                "number": int(time.time()) << 16, "agency": self.agency, "referrals": REFERRALS,
                "request": "77b09c3443f34caa562042345609fcc3", "payload": PAYLOAD, "due": DUE, "headers": HEADERS,
            })

    def stop(self) -> None:
        """They have process groups of their own, so that Ctrl-C reaches this program first."""
        self.ours.stop()
        self.peer.stop()


PAYLOAD = (
    '{"acceptedAt":"2026-11-22T07:20:17.840368Z","languages":["en","es"],'
    '"participantID":"01a20220-8eb4-743d-a36b-2ce2787f3395","priority":"routine","programme":"overdose-follow-up",'
    '"receivedAt":"2026-11-22T07:20:17.840368Z","referralID":"01a20220-8eb0-734e-92d0-13a29f2232c6",'
    '"setting":"emergency-department","version":1}')
DUE = (
    '{"referralID":"01a20220-8eb0-734e-92d0-13a29f2232c6","reminder":0,"since":"2026-11-22T07:20:17.840368Z",'
    '"step":"peer"}')
HEADERS = (
    '{"actor":"local-coordinator","requestID":"77b09c3443f34caa562042345609fcc3",'
    '"traceparent":"00-4653ec791b64330603a2abfc2acb8614-4653ec791b643306-00"}')


@functools.cache
def stage_on(machine: Machine) -> Stage:
    """One for all benchmarks: filling it takes a while."""
    return Stage(machine)


def requests(machine: Machine | None, seconds: float) -> list[Benchmark]:
    def staged() -> Stage:
        stage = stage_on(machine)
        stage.set_up()
        return stage

    def before() -> None:
        staged().set_up_peer()
        staged().renew_token()

    def benchmark(name: str, kind: str, what: str, clients: int, required: list[tuple[float, float]], cpu: tuple) -> Benchmark:
        (pg_floor, pg_target), (peer_floor, peer_target) = required
        checks = [
            Check(f"{what} : pgbench c={clients}", "rate", "ours", pg_floor, "pgbench", target=pg_target),
            Check(f"{what} : pgbench in pipelines like ours", "rate", "ours", None, "pipelined"),
            Check(f"{what} : FastAPI", "rate", "ours", peer_floor, "fastapi", target=peer_target),
        ]
        if cpu:
            checks.append(
                Check(f"{what}, service CPU a request in us", "cpu_us", "ours", cpu[0], at_most=True, target=cpu[1]))
        return Benchmark(
            name,
            {
                "ours": lambda: staged().request(kind, seconds, staged().ours, PORT),
                "pgbench": lambda: staged().pgbench(kind, clients, seconds),
                "pipelined": lambda: staged().pgbench(f"{kind}-pipelined", clients, seconds),
                "fastapi": lambda: staged().request(kind, seconds, staged().peer, PEER_PORT),
            },
            checks,
            before=before,
        )

    def memory() -> Sample:
        """A process that has just started, and the same after some load; the time is until its first database answer."""
        place = staged()
        place.ours.stop()
        # What the load of the round before has left to be written is no part of a start.
        place.machine.psql("checkpoint")
        time.sleep(2)
        started = place.ours.start()
        time.sleep(1)
        idle = place.ours.resident_mb()
        sizes = []
        for _ in range(2):
            for kind in ("create", "read", "list"):
                place.request(kind, max(3, seconds), place.ours, PORT)
            sizes.append(place.ours.resident_mb())
        return {
            "start_ms": started, "idle_mb": idle, "loaded_mb": sizes[0],
            # The same work again needs nothing more, unless something is never let go.
            "grown_mb": sizes[1] - sizes[0]}

    return [
        benchmark("web-create", "create", "POST /v1/referrals", 32, [(0.75, 1.0), (3, 3.5)], (60, 40)),
        benchmark("web-read", "read", "GET /v1/referrals/{id}", 64, [(0.5, 0.6), (4, 4.5)], (45, 29)),
        benchmark("web-list", "list", "list of 50", 8, [(0.45, 0.55), (3, 3.5)], ()),
        Benchmark(
            "web-process",
            {"ours": memory},
            [
                Check("start to the first database answer in ms", "start_ms", "ours", 80, at_most=True, target=29),
                Check("memory idle in MB", "idle_mb", "ours", 45, at_most=True, target=24),
                Check("memory loaded in MB", "loaded_mb", "ours", 60, at_most=True),
                Check("memory that as much load again adds in MB", "grown_mb", "ours", 5, at_most=True),
            ],
            before=lambda: staged().renew_token(),
        ),
    ]
