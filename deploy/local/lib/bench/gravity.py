"""A hospital's referral end to end: a transaction Bundle as Gravity's guide has it, against pgbench running its SQL."""
import base64
import functools
import json
import os
import pathlib
import subprocess
import time

from measuring import Benchmark, Check, Sample
from running import HERE, Machine, pgbench, wrk
from web import DUE, HEADERS, PORT, Stage, stage_on

CLIENTS = 64
PGBENCH_CLIENTS = 32
# What the service's six resources are long, sealed.
SIZES = (32, 40, 68, 90, 246, 524, 656, 688, 946, 1110)
ACCEPTED = (
    '{"acceptedAt":"2026-11-22T07:20:17.840368Z","languages":["en"],'
    '"participantID":"01a20220-8eb4-743d-a36b-2ce2787f3395","partnerID":"01a20220-8eb4-743d-a36b-2ce2787f3395",'
    '"priority":"stat","programme":"overdose-follow-up","receivedAt":"2026-11-22T07:20:17.840368Z",'
    '"referralID":"01a20220-8eb0-734e-92d0-13a29f2232c6","setting":"inpatient","version":1}')
CONSENTED = (
    '{"changedAt":"2026-11-22T07:20:17.840368Z","classes":["referral"],'
    '"consentID":"01a20220-8eb4-743d-a36b-2ce2787f3395","isDeficient":false,"kind":"disclosure",'
    '"organisationKind":"provider","participantID":"01a20220-8eb4-743d-a36b-2ce2787f3395",'
    '"purposes":["ETREAT","HOPERAT","HPAYMT","PATRQT","PUBHLTH","TREAT"],'
    '"recipientID":"01a20220-8eb4-743d-a36b-2ce2787f3395","recipientKind":"organisation",'
    '"signedAt":"2026-11-20T12:00:00Z","version":1}')


class Hospital:
    """A partner of the web benchmarks' agency whose referrals are accepted at once."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.stage: Stage = stage_on(machine)
        self.partner = self.client = ""

    def set_up(self) -> None:
        self.stage.set_up()
        if not self.partner:
            keys = self.machine.home / "hospital.jwks.json"
            key = self.machine.home / "hospital.pem"
            subprocess.run(
                ["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", str(key)], check=True)
            keys.write_text(json.dumps({"keys": [public_key(key)]}))
            added = self.stage.handrail(
                "partner", "add", "--agency", self.stage.agency, "--name", "General Hospital", "--intake-policy", "auto",
                "--jwks", str(keys))
            self.partner, self.client = (line.split()[1] for line in added.splitlines()[:2])
        self.token_file.write_text(
            self.stage.handrail(
                "token", "--agency", self.stage.agency, "--role", "partner", "--partner", self.partner, "--subject",
                self.client, "--scope", "system/*.crus"))

    @property
    def token_file(self) -> pathlib.Path:
        return self.machine.home / "hospital.token"

    def refer(self, seconds: float) -> Sample:
        before = self.stage.ours.cpu_seconds()
        sample = wrk(HERE / "wrk" / "gravity.lua", PORT, CLIENTS, seconds, [self.token_file])
        return sample | {"cpu_us": (self.stage.ours.cpu_seconds() - before) / sample.pop("count") * 1e6}

    def pgbench(self, seconds: float) -> Sample:
        sealed = {f"sealed{size}": "\\x" + os.urandom(size).hex() for size in SIZES}
        return pgbench(
            self.machine, "referrals", HERE / "sql" / "gravity.pgbench", PGBENCH_CLIENTS, seconds,
            variables=sealed | {
                "number": int(time.time()) << 16, "agency": self.stage.agency, "partner": self.partner,
                "client": self.client, "request": "77b09c3443f34caa562042345609fcc3", "payload": ACCEPTED,
                "consent": CONSENTED, "due": DUE, "headers": HEADERS,
            })


def public_key(path: pathlib.Path) -> dict:
    """As a JSON Web Key; the point is the end of the DER form."""
    der = subprocess.run(
        ["openssl", "ec", "-in", str(path), "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (der[-96:-48], der[-48:]))
    return {"kty": "EC", "crv": "P-384", "kid": "bench", "alg": "ES384", "use": "sig", "x": x, "y": y}


@functools.cache
def hospital_on(machine: Machine) -> Hospital:
    """One for each run."""
    return Hospital(machine)


def referring(machine: Machine | None, seconds: float) -> list[Benchmark]:
    return [
        Benchmark(
            "referrals-intake",
            {
                "ours": lambda: hospital_on(machine).refer(seconds),
                "pgbench": lambda: hospital_on(machine).pgbench(seconds),
            },
            [
                Check(f"Bundle of six resources : pgbench c={PGBENCH_CLIENTS}", "rate", "ours", 0.5, "pgbench"),
                Check("Bundle of six resources, p99 in ms", "p99_ms", "ours", None),
                Check("Bundle of six resources, service CPU in us", "cpu_us", "ours", None),
            ],
            before=lambda: hospital_on(machine).set_up(),
        ),
    ]
