"""Everything that can be refused, and what to do about it.

    TrackerError
    ├── Refused                 the input is at fault
    │   ├── Malformed           cannot be read at all (400)
    │   │   └── FormExpired     a page of a session that is over
    │   ├── Unauthorised        no or wrong credentials (401)
    │   ├── Forbidden           not yours to do (403)
    │   ├── NotFound            no such thing (404)
    │   │   ├── UnknownPeriod
    │   │   └── UnknownMetric
    │   ├── Conflict            true, but not now (409)
    │   │   ├── ContentConflict
    │   │   ├── StaleReplacement
    │   │   ├── UnexpectedChange
    │   │   ├── IllegalMove
    │   │   └── LegalHold       what is to be erased must be kept
    │   ├── TooLarge            over a limit (413)
    │   ├── WrongMediaType      not a form we read (415)
    │   ├── Invalid             readable, with mistakes (422)
    │   ├── ProofInvalid        a proof that proves nothing (422)
    │   ├── PackInvalid         not what it claims to be (422)
    │   └── TooMany             faster than a limit allows (429)
    │       └── TooSoon         after attempts that failed
    ├── CatalogueInvalid        the configuration has mistakes
    ├── SettingInvalid          a setting is odd
    └── NotReady                the service cannot work yet (503)
        ├── NotMigrated
        ├── CatalogueInactive
        └── Overloaded

Each carries its data and a sentence that says what to do next. ``status`` and ``slug`` are
all that HTTP needs; the command line prints the sentence and ends with status 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing wrong: where (a JSON pointer, or ``file: key``), and what is expected."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """``{"pointer": …, "message": …}``."""
        return asdict(self)


class TrackerError(Exception):
    """The root. ``title`` names the kind; the message is the sentence for this case."""

    status = 500
    slug = "error"
    title = "Something went wrong"

    def __init__(self, detail: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.mistakes = tuple(mistakes)


class Refused(TrackerError):
    """The input is at fault; nothing was stored."""

    status = 400


class Malformed(Refused):
    """The bytes are not the JSON, CSV or header they claim to be."""

    slug = "malformed"
    title = "The request cannot be read"


class FormExpired(Malformed):
    """A form that was not sent from a page of the present session."""

    slug = "form-expired"
    title = "This form has expired"


class Unauthorised(Refused):
    """No credentials, or wrong ones; never says which."""

    status = 401
    slug = "unauthorised"
    title = "Credentials are missing or wrong"


class Forbidden(Refused):
    """Known, but not allowed to do this."""

    status = 403
    slug = "forbidden"
    title = "This is not yours to do"


class NotFound(Refused):
    """There is no such thing."""

    status = 404
    slug = "not-found"
    title = "There is no such thing"


class UnknownPeriod(NotFound):
    """Text that names no period of the organisation."""

    slug = "unknown-period"
    title = "There is no such period"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:60]!r} is not a period. Write a reporting year (2020), a quarter (2020-Q1), "
            "a month (2020-03) or a day (2020-03-31)."
        )


class UnknownMetric(NotFound):
    """A metric that the catalogue does not have."""

    slug = "unknown-metric"
    title = "There is no such metric"

    def __init__(self, metric: str) -> None:
        super().__init__(f"The catalogue has no metric {metric[:200]!r}. `tracker catalogue show` lists them.")


class Conflict(Refused):
    """Well formed, but it contradicts what is already on record."""

    status = 409
    slug = "conflict"
    title = "This contradicts what is on record"


class ContentConflict(Conflict):
    """The same (source, id) with other content."""

    slug = "content-conflict"

    def __init__(self, pointer: str, source: str, id: str, seq: int, content: str) -> None:
        super().__init__(
            f"Event {id!r} of source {source!r} is already on record as seq {seq} with other content "
            f"(sha256 {content}). Send a correction, or use a new id for a new fact.",
            [Mistake(pointer, f"already on record as seq {seq} with content {content}")],
        )
        self.source, self.id, self.seq, self.content = source, id, seq, content

    @property
    def stored(self) -> dict[str, object]:
        """What is on record, as the answer's ``stored`` member."""
        return {"seq": self.seq, "content": self.content}


class StaleReplacement(Conflict):
    """A correction or void that does not replace what is in force."""

    slug = "stale-replacement"


class UnexpectedChange(Conflict):
    """A subject has moved on since the caller looked."""

    slug = "unexpected-change"

    def __init__(self, subject: str, expected: int | None, found: int | None) -> None:
        super().__init__(
            f"Subject {subject!r} was expected at seq {expected} but is at seq {found}. Look again, then decide."
        )
        self.subject, self.expected, self.found = subject, expected, found


class IllegalMove(Conflict):
    """Somebody would move a subject in a way that its lifecycle does not allow; ``allowed`` are the event types that
    it does."""

    slug = "illegal-move"
    title = "The subject cannot move so"

    def __init__(self, kind: str, subject: str, state: str | None, event: str, allowed: Sequence[str]) -> None:
        where = f"is {state}" if state else "has not been opened"
        rest = f"Allowed are {', '.join(allowed)}." if allowed else "Nothing can move it any more."
        super().__init__(f"{event} does not fit: {kind} {subject!r} {where}. {rest}")
        self.kind, self.subject, self.state, self.event, self.allowed = kind, subject, state, event, tuple(allowed)


class LegalHold(Conflict):
    """What is to be erased is kept by a legal hold."""

    slug = "legal-hold"
    title = "A legal hold stands"


class TooLarge(Refused):
    """More than a limit allows."""

    status = 413
    slug = "too-large"
    title = "The request is too large"


class WrongMediaType(Refused):
    """A content type that is not read here."""

    status = 415
    slug = "wrong-media-type"
    title = "This content type is not read here"


class Invalid(Refused):
    """Readable, but with mistakes; all of them are listed."""

    status = 422
    slug = "invalid"
    title = "The input has mistakes"


class ProofInvalid(Refused):
    """A proof that there cannot be, or that does not lead to the root it is meant for."""

    status = 422
    slug = "proof-invalid"
    title = "The proof does not hold"


class PackInvalid(Refused):
    """An assurance pack, a checkpoint or a key that is not what it claims to be; says what is wrong, and where."""

    status = 422
    slug = "pack-invalid"
    title = "This cannot be trusted"


class TooMany(Refused):
    """More requests than a sender may make; ``seconds`` until the next may come."""

    status = 429
    slug = "too-many"
    title = "Too many requests"

    def __init__(self, limit: str, seconds: int) -> None:
        super().__init__(f"The limit is {limit} (TRACKER_RATE_LIMIT). Come again in {seconds} s.")
        self.seconds = seconds


class TooSoon(TooMany):
    """An attempt too soon after others that failed; ``seconds`` until the next is looked at."""

    slug = "too-soon"
    title = "Too many attempts"

    def __init__(self, seconds: int) -> None:
        Refused.__init__(self, f"Too many attempts failed. Nothing was looked at; try again in {seconds} s.")
        self.seconds = seconds


class CatalogueInvalid(TrackerError):
    """The configuration has mistakes; all of them are listed, with file and key."""

    slug = "catalogue-invalid"
    title = "The configuration has mistakes"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        count = len(mistakes)
        super().__init__(f"The configuration has {count} mistake{'' if count == 1 else 's'}.", mistakes)


class SettingInvalid(TrackerError):
    """A setting whose value makes no sense."""

    slug = "setting-invalid"
    title = "A setting is odd"


class NotReady(TrackerError):
    """The service cannot work yet; trying again later may help."""

    status = 503
    slug = "not-ready"
    title = "The service is not ready"


class NotMigrated(NotReady):
    """The database lacks a migration, or its guards."""

    slug = "not-migrated"


class CatalogueInactive(NotReady):
    """This process holds another catalogue than the one in force."""

    slug = "catalogue-inactive"

    def __init__(self, mine: str, active: str | None) -> None:
        found = f"the active one is {active[:12]}" if active else "none is active yet"
        super().__init__(
            f"This process holds catalogue {mine[:12]}, but {found}. Run `tracker catalogue activate` "
            "to put this configuration in force, or restart with the configuration that is."
        )
        self.mine, self.active = mine, active


class Overloaded(NotReady):
    """More is waiting to be recorded than can be taken on, or the service is ending."""

    slug = "overloaded"
    title = "The service is busy"

    def __init__(self) -> None:
        super().__init__("Too much is waiting to be recorded. Nothing was stored; send it again.")
