"""The modes of the CloudEvents 1.0 HTTP binding: structured, batched and binary requests as parsed events.

In binary mode the attributes stand in headers, outside the body: a signature of the body does not
cover them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from tracker.errors import Invalid, Malformed, Mistake, WrongMediaType
from tracker.intake.parsing import parse_json
from tracker.intake.pointers import pointer_to, quoted

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EITHER = "application/json"

_PREFIX = "ce-"
_PLAIN = frozenset({ONE, BATCH, EITHER})
# RFC 9110, 5.6.2, 5.6.4 and 5.6.6.
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*+"'
_PARAMETER = rf"({_TOKEN})=({_TOKEN}|{_QUOTED})"
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;[ \t]*(?:{_PARAMETER})?)*+)").fullmatch
_PARAMETERS = re.compile(_PARAMETER).findall
_IS_QUOTED = re.compile(_QUOTED).fullmatch
_ESCAPED = re.compile(r"\\(.)")
_PRINTABLE = re.compile(r"[ -~]*").fullmatch
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})").search
_ELSEWHERE = {
    "data": "is the body; leave the header ce-data out",
    "datacontenttype": "is the Content-Type header; leave ce-datacontenttype out",
}


def values(
    content_type: str | None, headers: Iterable[tuple[str, str]], body: bytes, max_depth: int = 32
) -> tuple[list[object], list[str]]:
    """The parsed events of one request, and the JSON pointer of each: "" for one, "/0" and so on for a batch.

    ``application/json`` is binary mode with any ``ce-`` header, otherwise an event or an array of events;
    so is a request without a content type if it has a ``ce-`` header. The CloudEvents types win over such
    headers, as the binding's section 3 says. An event of binary mode comes out as structured mode has it.

    :param headers: names in any case; gone through only where they may matter.
    :param max_depth: of the event, or of the batch, as JSON; data alone may be one level less deep.
    :raise WrongMediaType: for another content type, or another charset than UTF-8.
    :raise Malformed: if the body cannot be read, or is not what the content type promises.
    :raise Invalid: if headers of binary mode have mistakes; lists all of them.
    """
    mimetype = content_type if content_type in _PLAIN else _mimetype(content_type)
    if mimetype in {EITHER, ""}:
        attributes = [(name.lower()[3:], value) for name, value in headers if name.lower().startswith(_PREFIX)]
        if attributes:
            return [_binary(content_type, attributes, body, max_depth)], [""]
    if mimetype not in _PLAIN:
        raise WrongMediaType(f"Send {ONE}, {BATCH} or {EITHER}, not {mimetype[:100] or 'nothing'}.")
    return _pointed(mimetype, parse_json(body, max_depth=max_depth))


def _mimetype(content_type: str | None) -> str:
    """The media type in lower case without parameters; "" if there is none."""
    if content_type is None or not content_type.strip(" \t"):
        return ""
    found = _MEDIA_TYPE(content_type.strip(" \t"))
    if found is None:
        raise WrongMediaType(f"Send {ONE}, {BATCH} or {EITHER}, not {quoted(content_type)}.")
    for name, value in _PARAMETERS(found[2]):
        if name.lower() == "charset" and _unquoted(value).lower() != "utf-8":
            raise WrongMediaType(f"Send JSON as UTF-8: the charset may only be utf-8, not {quoted(value)}.")
    return found[1].lower()


def _pointed(mimetype: str, body: object) -> tuple[list[object], list[str]]:
    if isinstance(body, list) and mimetype != ONE:
        if not body:
            raise Malformed("The batch is empty; send at least one event.")
        return body, [f"/{i}" for i in range(len(body))]
    if isinstance(body, dict) and mimetype != BATCH:
        return [body], [""]
    wanted = {ONE: "one event, a JSON object", BATCH: "a JSON array of events"}
    raise Malformed(f"The body must be {wanted.get(mimetype, 'an event or an array of events')}.")


def _binary(
    content_type: str | None, attributes: list[tuple[str, str]], body: bytes, max_depth: int
) -> dict[str, object]:
    event: dict[str, object] = {}
    mistakes: list[Mistake] = []
    for name, value in attributes:
        try:
            event[name] = _attribute(name, value, event)
        except ValueError as error:
            mistakes.append(Mistake(pointer_to("", name), str(error)))
    if mistakes:
        count = len(mistakes)
        raise Invalid(f"The event's headers have {count} mistake{'' if count == 1 else 's'}.", mistakes)
    if content_type and (stated := content_type.strip(" \t")):
        event["datacontenttype"] = stated
    if body:
        # In structured mode the event around the data is one level more.
        event["data"] = parse_json(body, max_depth=max_depth - 1)
    return event


def _attribute(name: str, value: str, known: dict[str, object]) -> str:
    if name in _ELSEWHERE:
        raise ValueError(_ELSEWHERE[name])
    if name in known:
        raise ValueError(f"comes twice; send the header ce-{name} once")
    return _decoded(value)


def _decoded(value: str) -> str:
    """An attribute as section 3.1.3.2 writes it: unquoted first, for senders of older versions, then one
    round of percent-decoding."""
    sent = value.strip(" \t")
    text = _unquoted(sent)
    if not _PRINTABLE(text):
        raise ValueError("must be printable ASCII; percent-encode every other character as UTF-8")
    if text == sent and '"' in text:
        raise ValueError('has a stray double quote; percent-encode it as "%22"')
    if "%" not in text:
        return text
    if _BAD_PERCENT(text):
        raise ValueError('has a "%" without two hexadecimal digits; percent-encode it as "%25"')
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise ValueError("is percent-encoded, but not from UTF-8") from None


def _unquoted(text: str) -> str:
    """The content of a quoted string; any other text as it is."""
    return _ESCAPED.sub(r"\1", text[1:-1]) if _IS_QUOTED(text) else text
