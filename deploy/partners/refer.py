#!/usr/bin/env python3
"""A hospital's side of a referral, as short as it can be: get a token, send a Bundle, watch the Task.

    pip install joserfc
    python3 refer.py make-key hospital.json            # prints the public key set, to be registered
    python3 refer.py refer http://127.0.0.1:8101 CLIENT-ID hospital.json bundle.json
    python3 refer.py watch http://127.0.0.1:8101 CLIENT-ID hospital.json Task/ID
"""
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from joserfc import jwt
from joserfc.jwk import ECKey


def make_key(path):
    """Keeps the private key in a file and returns what the agency registers."""
    key = ECKey.generate_key("P-384", {"kid": str(uuid.uuid4()), "alg": "ES384", "use": "sig"})
    # Closed to everybody else from the beginning, and never in the place of a key that is in use.
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(f"{path} is there already, and may be in use")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(key.as_dict(private=True), file)
    return {"keys": [key.as_dict(private=False)]}


def call(request):
    """The answer as JSON. A refusal is an OperationOutcome (or OAuth's error) and says what to change."""
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")


def token(base, client, key_path):
    """SMART Backend Services: who we are is shown by a signature that holds once, for a minute."""
    with open(key_path, encoding="utf-8") as file:
        key = ECKey.import_key(json.load(file))
    endpoint = call(base + "/fhir/.well-known/smart-configuration")["token_endpoint"]
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": endpoint, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    form = {
        "grant_type": "client_credentials",
        "scope": "system/ServiceRequest.crs system/Task.crus system/*.crus",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(
            {"alg": "ES384", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["ES384"]
        ),
    }
    return call(urllib.request.Request(endpoint, urllib.parse.urlencode(form).encode()))["access_token"]


def fhir(base, access, path, body=None):
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/fhir+json"}
    if body is not None:
        headers["Content-Type"] = "application/fhir+json"
    return call(urllib.request.Request(f"{base}/fhir{path}", body, headers))


def refer(base, client, key_path, bundle_path):
    """Sends the Bundle and returns where the Task is. Sending it again gives the same answer, and nothing twice."""
    with open(bundle_path, "rb") as file:
        answer = fhir(base, token(base, client, key_path), "", file.read())
    locations = [entry["response"]["location"] for entry in answer["entry"]]
    return next(location for location in locations if "Task/" in location).split("/_history")[0]


def watch(base, client, key_path, task):
    """The Task now. The FHIR server is asked, or a webhook says when to ask; a referral takes days, so ask slowly."""
    found = fhir(base, token(base, client, key_path), "/Task/" + task.split("Task/")[-1])
    return {"status": found["status"], "businessStatus": found.get("businessStatus", {}).get("text")}


if __name__ == "__main__":
    commands = {"make-key": make_key, "refer": refer, "watch": watch}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:]), indent=2))
