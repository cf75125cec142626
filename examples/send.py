"""Sign one event and send it: ``pip install standardwebhooks``, then

TRACKER_URL=http://127.0.0.1:8000 TRACKER_SOURCE=moderation TRACKER_SECRET=whsec_… python send.py < event.json
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from standardwebhooks.webhooks import Webhook

ATTEMPTS = 6


def request(id: str, body: str) -> Request:
    """One delivery, signed now: the timestamp may be five minutes old at most."""
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(os.environ["TRACKER_SECRET"]).sign(id, now, body),
    }
    url = f"{os.environ['TRACKER_URL']}/api/v1/webhooks/{os.environ['TRACKER_SOURCE']}"
    return Request(url, body.encode(), headers)


def send(id: str, body: str) -> str:
    """Send until there is an answer; a known event is never recorded twice, so sending again does no harm."""
    for attempt in range(ATTEMPTS):
        try:
            with urlopen(request(id, body), timeout=30) as answer:
                return str(answer.read().decode())
        except HTTPError as refused:
            if refused.code not in {429, 503}:
                raise SystemExit(refused.read().decode()) from None
        except (URLError, ConnectionError):
            pass
        time.sleep(2**attempt)
    raise SystemExit("The tracker does not answer; send again later.")


if __name__ == "__main__":
    text = sys.stdin.read()
    print(send(json.loads(text)["id"], text))
