"""The least that Flask can do with a POST: read it and say 202."""

from __future__ import annotations

from flask import Flask, request

app = Flask(__name__)


@app.post("/events")
def take() -> tuple[bytes, int]:
    """Read the body, as every receiver must, and keep nothing."""
    request.get_data()
    return b"", 202
