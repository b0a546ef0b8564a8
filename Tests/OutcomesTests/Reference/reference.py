#!/usr/bin/env python3
"""Computes scores and process measures a second time, from their written definitions and in exact fractions.

Written without looking at the Swift code, it makes the cases and the expected results in scores.json and
measures.json beside it: `python3 reference.py`. The seed is fixed, so the files only change with the definitions.
"""
import json
import random
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
ZONE = ZoneInfo("America/New_York")
rng = random.Random(20261122)


def uuid():
    return str(UUID(int=rng.getrandbits(128), version=4))


def text(moment):
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(moment):
    return moment.astimezone(ZONE).date()


def local(moment):
    return None if moment is None else {"at": text(moment), "on": day(moment).isoformat()}


# --- scores -----------------------------------------------------------------------------------------------------------

def half_up(fraction):
    return int((fraction + Fraction(1, 2)) // 1)


def barc10(values):
    return sum(values) if all(v is not None for v in values) else None


def phq9(values):
    given = [v for v in values if v is not None]
    if len(values) - len(given) > 2:
        return None
    return half_up(Fraction(sum(given) * 9, len(given)))


def phq9_band(score):
    for name, top in [("minimal", 4), ("mild", 9), ("moderate", 14), ("moderately-severe", 19), ("severe", 27)]:
        if score <= top:
            return name


def scores():
    cases = []
    for number in range(300):
        missing = rng.choice([0, 0, 0, 1, 2, 3, 9])
        for code, low, high, n in [("barc-10", 1, 6, 10), ("phq-9", 0, 3, 9)]:
            values = [rng.randint(low, high) for _ in range(n)]
            for position in rng.sample(range(n), min(missing, n)):
                values[position] = None
            score = barc10(values) if code == "barc-10" else phq9(values)
            band = phq9_band(score) if code == "phq-9" and score is not None else None
            cut_off = 47 if code == "barc-10" else 10
            cases.append({
                "instrument": code, "values": values, "score": score, "band": band,
                "reachesCutOff": score is not None and score >= cut_off,
                "raisesAlert": code == "phq-9" and values[8] is not None and values[8] >= 1,
            })
    return cases


# --- journeys ---------------------------------------------------------------------------------------------------------

START = datetime(2026, 3, 1, 5, tzinfo=timezone.utc)  # midnight in New York
AS_OF = datetime(2026, 8, 1, 16, tzinfo=timezone.utc)


def maybe(chance):
    return rng.random() < chance


def minutes(mean):
    return timedelta(seconds=int(rng.expovariate(1 / (mean * 60))))


def journey():
    received = START + timedelta(seconds=rng.randint(0, 150 * 86400))
    accepted = received + timedelta(seconds=rng.randint(0, 600))
    j = {
        "id": uuid(), "programme": rng.choice(["overdose-follow-up", "critical-time-intervention"]),
        "received": received, "accepted": accepted, "dispatched": None, "acknowledged": None, "arrived": None,
        "bedside": None, "cancelled": None, "closed": None, "died": None, "contacts": [],
    }
    if maybe(0.7):
        j["dispatched"] = accepted + timedelta(seconds=5)
        if maybe(0.95):
            j["acknowledged"] = j["dispatched"] + minutes(4)
            if maybe(0.9):
                j["arrived"] = j["acknowledged"] + minutes(40)
                end = j["arrived"] + minutes(30)
                outcome = rng.choices(["seen-accepted", "seen-declined", "refused-contact", "unable"], [70, 15, 8, 7])[0]
                j["bedside"] = (outcome, end)
            elif maybe(0.7):
                j["bedside"] = ("left-before-arrival", j["acknowledged"] + minutes(30))
    if maybe(0.05):
        j["cancelled"] = received + timedelta(hours=rng.randint(1, 2000))
    if maybe(0.04):
        j["died"] = received + timedelta(hours=rng.randint(1, 2500))
    for _ in range(rng.choice([0, 0, 1, 2, 4, 8, 12])):
        at = accepted + timedelta(seconds=rng.randint(-3600, 100 * 86400))
        outcome = rng.choice(["reached", "reached", "not-reached", "left-message", "no-show", "declined"])
        j["contacts"].append((outcome, at))
    if maybe(0.5):
        reason = rng.choice(["need-met", "declined", "not-reached", "not-eligible", "moved"])
        j["closed"] = (reason, accepted + timedelta(days=rng.randint(1, 120)))
    return j


def known(moment):
    return moment if moment is not None and moment <= AS_OF else None


def cut(j):
    """The journey as known at AS_OF."""
    k = dict(j)
    for name in ["dispatched", "acknowledged", "arrived", "cancelled", "died"]:
        k[name] = known(j[name])
    for name in ["bedside", "closed"]:
        k[name] = j[name] if j[name] and j[name][1] <= AS_OF else None
    k["contacts"] = [c for c in j["contacts"] if c[1] <= AS_OF]
    return k


# --- measures ---------------------------------------------------------------------------------------------------------

def quantile(times, share):
    """Kaplan and Meier's estimate in exact fractions; the middle where the curve is flat at the level."""
    level = 1 - share
    surviving = Fraction(1)
    steps = []
    for t in sorted({time for time, event in times if event}):
        at_risk = sum(1 for time, _ in times if time >= t)
        events = sum(1 for time, event in times if event and time == t)
        surviving *= Fraction(at_risk - events, at_risk)
        steps.append((t, surviving))
    for position, (t, s) in enumerate(steps):
        if s <= level:
            if s < level:
                return float(t)
            following = steps[position + 1][0] if position + 1 < len(steps) else max(time for time, _ in times)
            return float((t + following) / 2)
    return None


def empty():
    return {"denominator": [], "numerator": [], "excluded": {}, "notYetObserved": []}


def put(part, subject, verdict):
    if verdict in ("yes", "no"):
        part["denominator"].append(subject)
        if verdict == "yes":
            part["numerator"].append(subject)
    elif verdict == "later":
        part["notYetObserved"].append(subject)
    else:
        part["excluded"][subject] = verdict


def first_reached(k):
    times = [at for outcome, at in k["contacts"] if outcome == "reached" and at >= k["received"]]
    if k["bedside"] and k["bedside"][0] in ("seen-accepted", "seen-declined"):
        times.append(k["arrived"] or k["bedside"][1])
    return min(times) if times else None


def time_to_event(journeys, dispatched_only, index, event_of, thresholds, exclude):
    parts = {code: empty() for code, _ in thresholds}
    times = []
    for k in journeys:
        if dispatched_only and k["dispatched"] is None:
            continue
        event = event_of(k)
        ends = [("cancelled-before-event", k["cancelled"])]
        if "died" in exclude:
            ends.append(("died-before-event", k["died"]))
        if "left" in exclude and k["bedside"] and k["bedside"][0] == "left-before-arrival":
            ends.append(("left-before-arrival", k["bedside"][1]))
        ends = [(why, at) for why, at in ends if at is not None and (event is None or at < event)]
        for code, within in thresholds:
            deadline = k[index] + within
            excluded = [why for why, at in ends if at <= deadline]
            if excluded:
                verdict = excluded[0]
            elif deadline > AS_OF:
                verdict = "later"
            else:
                verdict = "yes" if event is not None and event <= deadline else "no"
            put(parts[code], k["id"], verdict)
        watched_until = min([at for _, at in ends] + [AS_OF]) if event is None or ends else event
        waited = max(timedelta(0), watched_until - k[index])
        times.append((Fraction(int(waited.total_seconds())), event is not None and not ends))
    return {"parts": parts, "timing": {
        "observed": sum(1 for _, e in times if e), "censored": sum(1 for _, e in times if not e),
        "lowerQuartileSeconds": quantile(times, Fraction(1, 4)), "medianSeconds": quantile(times, Fraction(1, 2)),
        "upperQuartileSeconds": quantile(times, Fraction(3, 4)),
    }}


def engagement(journeys, windows, programme=None):
    parts = {}
    for code, first_day, last_day in windows:
        parts[code] = part = empty()
        for k in journeys:
            if programme and k["programme"] != programme:
                continue
            first = day(k["accepted"]) + timedelta(days=first_day)
            last = day(k["accepted"]) + timedelta(days=last_day)
            if k["cancelled"] and day(k["cancelled"]) <= last:
                verdict = "cancelled-before-event"
            elif k["died"] and day(k["died"]) <= last:
                verdict = "died-before-event"
            elif k["closed"] and k["closed"][0] == "not-eligible":
                verdict = "not-eligible"
            elif last >= day(AS_OF):
                verdict = "later"
            else:
                verdict = "yes" if any(
                    o == "reached" and first <= day(at) <= last for o, at in k["contacts"]) else "no"
            put(part, k["id"], verdict)
    return {"parts": parts}


def share(journeys, code, verdict_of, dispatched_only=False):
    part = empty()
    for k in journeys:
        if dispatched_only and k["dispatched"] is None:
            continue
        put(part, k["id"], verdict_of(k))
    return {"parts": {code: part}}


def bedside_verdict(k):
    if not k["bedside"]:
        return "cancelled-before-event" if k["cancelled"] else "later"
    return {"seen-accepted": "yes", "seen-declined": "no", "refused-contact": "no", "unable": "unable-to-consent",
            "left-before-arrival": "left-before-arrival", "died": "died"}[k["bedside"][0]]


def closing_verdict(k):
    if not k["closed"]:
        return "cancelled-before-event" if k["cancelled"] else "later"
    return {"not-reached": "yes", "died": "died"}.get(k["closed"][0], "no")


def measures():
    journeys = [journey() for _ in range(400)]
    k = [cut(j) for j in journeys if j["accepted"] <= AS_OF]
    minute, days = timedelta(minutes=1), timedelta(days=1)
    results = {
        "referral-to-acknowledged": time_to_event(
            k, True, "received", lambda j: j["acknowledged"], [("within-5-minutes", 5 * minute)], ()),
        "referral-to-bedside": time_to_event(
            k, True, "received", lambda j: j["arrived"], [("within-60-minutes", 60 * minute)], ("died", "left")),
        "referral-to-first-contact": time_to_event(
            k, False, "accepted", first_reached, [("within-2-days", 2 * days), ("within-7-days", 7 * days)], ("died",)),
        "bedside-acceptance": share(k, "accepted-support", bedside_verdict, True),
        "engagement": engagement(k, [("day-30", 1, 30), ("day-60", 31, 60), ("day-90", 61, 90)]),
        "eight-week-retention": engagement(k, [("week-8", 43, 56)], "overdose-follow-up"),
        "unable-to-contact": share(k, "closed-not-reached", closing_verdict),
    }
    written = [{
        "id": j["id"], "programme": j["programme"], "receivedAt": text(j["received"]), "accepted": local(j["accepted"]),
        "dispatchedAt": text(j["dispatched"]), "acknowledgedAt": text(j["acknowledged"]), "arrivedAt": text(j["arrived"]),
        "bedside": j["bedside"] and {"outcome": j["bedside"][0], "at": text(j["bedside"][1])},
        "cancelled": local(j["cancelled"]), "died": local(j["died"]),
        "closing": j["closed"] and {"reason": j["closed"][0], "at": text(j["closed"][1])},
        "contacts": [{"outcome": o, "occurred": local(at)} for o, at in j["contacts"]],
    } for j in journeys]
    return {"asOf": local(AS_OF), "journeys": written, "results": results}


def main():
    (HERE / "scores.json").write_text(json.dumps(scores(), separators=(",", ":")) + "\n")
    (HERE / "measures.json").write_text(json.dumps(measures(), separators=(",", ":")) + "\n")


main()
