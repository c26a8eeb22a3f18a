"""Tells whether a webhook came from unroutable. Needs Python 3.9 and nothing else.

  WEBHOOK_SECRET=whsec_… python3 verify.py ID TIMESTAMP SIGNATURES < body

In a receiver, read the body as bytes and verify it before it is parsed. Ends with 0 when it is genuine, else with 1.
"""

import base64
import hashlib
import hmac
import os
import sys
import time

# Seconds between sending and receiving: older requests may be somebody's recording.
TOLERANCE = 5 * 60


def verify(secret, id, timestamp, signature, body, now=None):
    """The values of webhook-id, webhook-timestamp and webhook-signature, and the body as bytes."""
    now = time.time() if now is None else now
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(expected).decode()
    # Two signatures while a secret is replaced: one that fits is enough.
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in signature.split(" "))


if __name__ == "__main__":
    is_genuine = verify(os.environ["WEBHOOK_SECRET"], *sys.argv[1:4], sys.stdin.buffer.read())
    print("genuine" if is_genuine else "forged or too old")
    sys.exit(0 if is_genuine else 1)
