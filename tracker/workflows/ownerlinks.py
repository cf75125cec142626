"""Links by which an account's owner sees its violations and appeals: signed, for one account, for some days."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from tracker.access.keys import Keys
from tracker.errors import NotFound

DAYS = 30
_LABEL = b"link of an account's owner"


class _Signer(TimestampSigner):
    """Signs with the time it is told, so that tests decide it."""

    def __init__(self, *args: Any, at: datetime, **others: Any) -> None:
        super().__init__(*args, **others)
        self._at = at

    def get_timestamp(self) -> int:
        """The whole seconds since 1970."""
        return int(self._at.timestamp())


def owner_link(keys: Keys, account: str, at: datetime) -> str:
    """The token of a link for the owner of an account. It is good until :func:`account_of` finds it too old."""
    return str(_serializer(keys, at).dumps(account))


def account_of(keys: Keys, token: str, at: datetime, *, days: int = DAYS) -> str:
    """The account that a token is for.

    :raise NotFound: it is not one of ours, or older than ``days``; which of the two is not said.
    """
    try:
        found = _serializer(keys, at).loads(token, max_age=int(timedelta(days=days).total_seconds()))
    except BadData:
        found = None
    if not isinstance(found, str):
        raise NotFound("This link is not valid, or no longer. Ask for a new one where you got it.")
    return found


def _serializer(keys: Keys, at: datetime) -> URLSafeTimedSerializer:
    key = hmac.digest(keys.secrets.key, _LABEL, hashlib.sha256)
    options = {"at": at, "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(key, salt=_LABEL, signer=_Signer, signer_kwargs=options)
