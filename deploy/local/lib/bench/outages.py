"""How long it takes until work goes on: after a consumer was killed, and after PostgreSQL was restarted."""
import contextlib
import glob
import os
import random
import signal
import subprocess
import time
import urllib.request

import web
from measuring import Benchmark, Check, Sample
from messages import empty_log, logins, new_group, publish_many
from running import Machine

LEASE_SECONDS = 10  # of a consumer's membership: Shared/MessageTable/Consuming/Membership.swift


def wait_until(holds, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def taking_over(machine: Machine | None, seconds: float) -> list[Benchmark]:
    """Two consumers share a group; one is killed at a random moment, and what comes then must be handled by the other."""
    kills = 20 if seconds >= 5 else 2

    def consumer(group: str) -> subprocess.Popen:
        command = [
            machine.bin / "Benchmarks", "consume", *logins(machine), "--group", group, "--expect", 1_000_000_000]
        return subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)

    def members(group: str) -> int:
        return int(machine.psql(
            f"select count(*) from message_table.member where grp = '{group}' "
            f" and renewed_at > clock_timestamp() - interval '{LEASE_SECONDS} seconds'"))

    def behind(group: str) -> bool:
        """Whether a slot has messages behind its last checkpoint."""
        return machine.psql(
            "select exists (select from message_table.message m where not exists (select from message_table.checkpoint c"
            f" join message_table.tick t on t.tick_id = c.lo_tick where c.grp = '{group}' and c.slot = m.slot"
            " and pg_visible_in_snapshot(m.xid, t.snap)))") == "t"

    def run() -> Sample:
        empty_log(machine)
        group, took = new_group(), []
        running = [consumer(group), consumer(group)]
        try:
            for number in range(kills):
                wait_until(lambda: members(group) == 2, 60, "two consumers")
                # At any moment of a lease.
                time.sleep(random.uniform(1, 4))
                killed = running.pop(0)
                killed.send_signal(signal.SIGKILL)
                begun = time.monotonic()
                # Every slot has some of them.
                publish_many(machine, 200, 1)
                wait_until(lambda: not behind(group), 60, "messages of a killed consumer's slots")
                took.append(time.monotonic() - begun)
                killed.wait()
                if number + 1 < kills:
                    running.append(consumer(group))
        finally:
            for process in running:
                process.kill()
                process.wait()
        return {"most_s": max(took), "mean_s": sum(took) / len(took)}

    return [
        Benchmark(
            "takeover",
            {"ours": run},
            [
                Check(
                    f"a killed consumer's slots go on, most of {kills} times, in s", "most_s", "ours", LEASE_SECONDS + 1,
                    at_most=True)
            ],
            rounds=1,
        )
    ]


def restarting(machine: Machine | None, seconds: float) -> list[Benchmark]:
    """PostgreSQL is restarted as after a crash, while requests are under way."""

    def restart() -> None:
        control = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"))[-1]
        command = [control, "-D", str(machine.home / "postgres" / "data"), "-m", "immediate", "-w", "-s", "restart"]
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*become, *command], cwd="/", check=True, stdout=subprocess.DEVNULL)

    def is_ready(service: web.Service) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(service.ready, timeout=1) as answer:
            return answer.status == 200
        return False

    def run() -> Sample:
        stage = web.stage_on(machine)
        stage.set_up()
        stage.renew_token()
        load = subprocess.Popen(
            ["wrk", "-t1", "-c16", "-d30s", "--timeout", "20s", "-s", str(web.HERE / "wrk" / "create.lua"),
             f"http://127.0.0.1:{web.PORT}", "--", str(stage.token_file), str(web.REFERRALS)],
            env=os.environ | {"BENCH_WRK": str(web.HERE / "wrk")}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(2)
            restart()
            begun = time.monotonic()
            wait_until(lambda: is_ready(stage.ours), 30, "ready after a restart")
            return {"ready_s": time.monotonic() - begun}
        finally:
            load.terminate()
            load.wait()

    return [
        Benchmark(
            "restart",
            {"ours": run},
            [Check("ready after PostgreSQL is back from a crash, in s", "ready_s", "ours", 5, at_most=True)],
            rounds=5,
        )
    ]
