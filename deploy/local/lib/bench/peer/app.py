"""The same three requests as a service in Python runs them: FastAPI, asyncpg, orjson, uvloop.

It verifies the same token, runs the same statements as the same login under row-level security, writes the same audit
row, and answers the same JSON. It does less than ours: what ours seals and digests it takes from fixed bytes, and it has
no rate limit, metrics, traces or idempotency.
"""
import contextlib
import datetime
import hashlib
import json
import logging
import os
import random
import sys
import time
import uuid

import asyncpg
import fastapi
import jwt
import orjson
import pydantic

import sql

DATABASE = os.environ["PEER_DATABASE_URL"]
with open(os.environ["PEER_JWKS_FILE"], encoding="utf-8") as file:
    KEY = jwt.PyJWK(json.load(file)["keys"][0])
SEALED = {size: os.urandom(size) for size in (32, 40, 68, 90)}
log = logging.getLogger("peer")
log.addHandler(logging.StreamHandler(sys.stderr))
log.setLevel(logging.INFO)
known_tokens: dict[bytes, dict] = {}


async def prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=lambda text: b"\x01" + text, decoder=lambda data: data[1:], schema="pg_catalog",
        format="binary")


@contextlib.asynccontextmanager
async def lifespan(app: fastapi.FastAPI):
    async with asyncpg.create_pool(
        DATABASE, min_size=8, max_size=16, init=prepare, server_settings={"plan_cache_mode": "force_generic_plan"}
    ) as pool:
        app.state.pool = pool
        yield


app = fastapi.FastAPI(lifespan=lifespan)


class Identifier(pydantic.BaseModel):
    system: str | None = None
    value: str


class Person(pydantic.BaseModel):
    givenName: str | None = None
    familyName: str | None = None
    birthDate: datetime.date | None = None
    phone: str | None = None
    phoneIsSafe: bool = False
    identifiers: list[Identifier] = []


class Referral(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    setting: str
    priority: str
    callback: str | None = None
    languages: list[str] = []
    person: Person


def new_id() -> uuid.UUID:
    """A UUID of version 7 from some years ago: it lies in the index as ours does, but never on the newest page, where our
    service would find texts that nobody has sealed."""
    milliseconds = (time.time_ns() // 1_000_000 - (1 << 37)) << 80
    return uuid.UUID(int=milliseconds | 0x7 << 76 | random.getrandbits(12) << 64 | 0b10 << 62 | random.getrandbits(62))


def principal(authorization: str) -> dict:
    """The claims of a bearer token; verified once and remembered by its hash, as ours does."""
    token = authorization.removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode()).digest()
    claims = known_tokens.get(digest)
    if claims is None:
        claims = jwt.decode(token, KEY, algorithms=["ES384"], audience="handrail", issuer="handrail-local")
        known_tokens[digest] = claims
    return claims


def answer(value: object, route: str, request_id: str, status: int = 200, headers: dict | None = None):
    log.info(orjson.dumps({"level": "info", "route": route, "status": status, "request_id": request_id}).decode())
    return fastapi.Response(orjson.dumps(value, default=str), status, headers, media_type="application/json")


def view(row: asyncpg.Record) -> dict:
    """As ours writes a referral."""
    return {
        "acceptedAt": row["accepted_at"], "businessStatus": {"code": row["business_status"], "text": "Accepted"},
        "changedAt": row["changed_at"], "engagementID": row["engagement_id"], "languages": row["languages"],
        "participantID": row["participant_id"], "priority": row["priority"], "programme": row["programme"],
        "receivedAt": row["received_at"], "referralID": row["referral_id"], "setting": row["setting"],
        "status": row["status"], "version": row["version"],
    }


@app.get("/v1/referrals/{referral_id}")
async def read(referral_id: uuid.UUID, authorization: str = fastapi.Header()):
    claims, request_id = principal(authorization), uuid.uuid4().hex
    agency = uuid.UUID(claims["agency_id"])
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.fetch(sql.SET_AGENCY, str(agency))
        row = await connection.fetchrow(
            sql.READ, agency, referral_id, uuid.uuid4(), claims["sub"], claims["role"], None, "readReferral", "TREAT",
            ["presence", "referral"], request_id)
    if row is None:
        raise fastapi.HTTPException(404)
    return answer(view(row), "/v1/referrals/{referralID}", request_id)


@app.get("/v1/referrals")
async def listing(limit: int = 50, authorization: str = fastapi.Header()):
    claims, request_id = principal(authorization), uuid.uuid4().hex
    agency = uuid.UUID(claims["agency_id"])
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.fetch(sql.SET_AGENCY, str(agency))
        rows = await connection.fetch(
            sql.LIST, agency, uuid.UUID(int=2**128 - 1), limit + 1, uuid.uuid4(), claims["sub"], claims["role"], None,
            "listReferrals", "TREAT", ["presence", "referral"], request_id)
    return answer({"items": [view(row) for row in rows[:limit]]}, "/v1/referrals", request_id)


@app.post("/v1/referrals")
async def create(body: Referral, authorization: str = fastapi.Header()):
    claims, request_id = principal(authorization), uuid.uuid4().hex
    agency, referral, participant = uuid.UUID(claims["agency_id"]), new_id(), new_id()
    now = datetime.datetime.now(datetime.timezone.utc)
    texts = [f"{agency}/{item.system}|{item.value}" for item in body.person.identifiers]
    texts += [f"{agency}/{body.person.familyName}|{body.person.givenName}|{body.person.birthDate}"]
    texts += [f"{agency}/{body.person.familyName}|{referral}", f"{agency}/{body.person.phone}"]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    kinds = ["identifier", "name_birth_date", "name_birth_year_phonetic", "phone"]
    message = {
        "acceptedAt": now, "languages": body.languages, "participantID": participant, "priority": body.priority,
        "programme": "overdose-follow-up", "receivedAt": now, "referralID": referral, "setting": body.setting, "version": 1,
    }
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.fetch(sql.SET_AGENCY, str(agency))
        await connection.fetch(sql.LOOK_UP, agency, kinds[:2], [1, 1], digests[:2])
        await connection.execute(
            sql.PARTICIPANT, agency, participant, SEALED[68], "2026-11", SEALED[32], SEALED[32], SEALED[40], SEALED[40],
            None, SEALED[90], body.person.phoneIsSafe, now)
        await connection.execute(sql.BLIND_INDEX, agency, participant, kinds, [1] * 4, digests)
        await connection.execute(
            sql.ENGAGEMENT, agency, referral, participant, 1, "dispatch", "overdose-follow-up", now, None, None, None, None)
        await connection.execute(
            sql.REFERRAL, agency, referral, 2, participant, referral, None, "agency", body.setting, body.priority,
            "overdose-follow-up", body.languages, None, None, SEALED[40], "accepted", "3.0", None, False, None, now, now,
            None, now, now, 1, "accepted", "3.0", now)
        await connection.execute(
            sql.TRANSITION, agency, referral, 1, None, "requested", "2.0", None, "requester", claims["sub"], now)
        await connection.execute(
            sql.TRANSITION, agency, referral, 2, "requested", "accepted", "3.0", None, "performer", "intake-policy", now)
        await connection.execute(
            sql.MESSAGE, "referral.accepted.v1", str(referral), 1, agency, orjson.dumps(message, default=str),
            orjson.dumps({"actor": claims["sub"], "requestID": request_id}))
        await connection.execute(
            sql.AUDIT, agency, uuid.uuid4(), claims["sub"], claims["role"], None, None, "create", "createReferral", "allow",
            None, "TREAT", ["presence", "referral"], [participant], None, "1", False, request_id)
    created = {
        "acceptedAt": now, "businessStatus": {"code": "3.0", "text": "Service Request Accepted"},
        "callback": body.callback, "changedAt": now, "engagementID": referral, "languages": body.languages,
        "participantID": participant, "priority": body.priority, "programme": "overdose-follow-up", "receivedAt": now,
        "referralID": referral, "setting": body.setting, "status": "accepted", "version": 2,
    }
    return answer(created, "/v1/referrals", request_id, 201, {"Location": f"/v1/referrals/{referral}"})
