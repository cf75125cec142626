"""The forms of signing in and of one's own account."""

from __future__ import annotations

from wtforms import Form, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from tracker.access.passwords import LONGEST, SHORTEST
from tracker.web.languages import lazy

_NEEDED = InputRequired(lazy("This must be filled in."))
_NEW = lazy("At least %(count)s characters; a few words that only you would put together are best.", count=SHORTEST)
_CODE = {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "10", "pattern": "[0-9 ]*"}
_KNOWN = {"autocomplete": "current-password", "maxlength": str(LONGEST)}
_CHOSEN = {"autocomplete": "new-password", "maxlength": str(LONGEST), "minlength": str(SHORTEST)}
_LOGIN = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": "63"}


class SignIn(Form):
    """The first step."""

    next = HiddenField()
    login = StringField(lazy("Login"), [_NEEDED, Length(max=200)], render_kw=_LOGIN)
    password = PasswordField(lazy("Password"), [_NEEDED], render_kw=_KNOWN)


class Code(Form):
    """The second step."""

    next = HiddenField()
    code = StringField(
        lazy("Code"), [_NEEDED], render_kw=_CODE, description=lazy("Six digits, from your authenticator app.")
    )


class Enrol(Code):
    """The second step of who has none yet; ``offer`` is the sealed secret."""

    offer = HiddenField()


class Chosen(Form):
    """A new password, typed twice."""

    password = PasswordField(lazy("New password"), [_NEEDED], render_kw=_CHOSEN, description=_NEW)
    again = PasswordField(lazy("The same once more"), [_NEEDED], render_kw=_CHOSEN)

    def same(self) -> bool:
        """Whether both are the same; otherwise says so beside the second."""
        if self.password.data == self.again.data:
            return True
        self.again.errors = [*self.again.errors, lazy("This differs from the one above.")]
        return False


class Welcome(Chosen):
    """A password chosen by invitation."""

    invitation = StringField(lazy("Invitation"), [_NEEDED, Length(max=200)], render_kw={"autocomplete": "off"})


class ChangePassword(Chosen):
    """Another password, for who knows the present one."""

    present = PasswordField(lazy("Present password"), [_NEEDED], render_kw=_KNOWN)


class Confirm(Form):
    """The present password once more."""

    present = PasswordField(lazy("Present password"), [_NEEDED], render_kw=_KNOWN)


class Language(Form):
    """The language that somebody reads."""

    locale = SelectField(lazy("Language"))
