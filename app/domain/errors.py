"""Errors that carry the decision: each has a code that can be grepped; templates word it."""


class MailbagError(Exception):
    """Anything that Mailbag refuses on purpose."""

    code = "refused"


class ForbiddenTransition(MailbagError):
    """The thing is in no state from which this action leads anywhere."""

    code = "forbidden-transition"

    def __init__(self, subject: str, state: str, action: str) -> None:
        super().__init__(f"a {subject} that is {state} cannot {action}")
        self.subject, self.state, self.action = subject, state, action


class NotFound(MailbagError):
    """No such row, or a token that resolves to nothing."""

    code = "not-found"


class Conflict(MailbagError):
    """Somebody else changed the same row first; what was read is no longer true."""

    code = "conflict"


class Unavailable(MailbagError):
    """The database does not answer now; what was to be written may have been, or not."""

    code = "unavailable"


class NonceSpent(Conflict):
    """A nonce that is good for one thing came with another."""


class NothingToPublish(MailbagError):
    """Publication was asked for, but there is no answer, or it is blank."""

    code = "nothing-to-publish"


class NothingToDraft(MailbagError):
    """Nothing was printed since the last issue, or nobody gets such issues."""

    code = "nothing-to-draft"


class OutOfTurn(MailbagError):
    """A later issue has gone out: no other would take the letters of this one."""

    code = "out-of-turn"


class NothingChanged(MailbagError):
    """A correction was asked for, but the text is what is printed already."""

    code = "nothing-changed"


class PolicyNotSatisfied(MailbagError):
    """Neither has an editor approved the answer, nor is its hold window over."""

    code = "policy-not-satisfied"


class PrivateText(MailbagError):
    """The text that would be published holds a private address or a token."""

    code = "private-text"

    def __init__(self, found: list[str]) -> None:
        super().__init__("the text holds a private address")
        self.found = found


class BadPicture(MailbagError):
    """The file is no picture that we can read, or a picture that is far too large."""

    code = "bad-picture"


class NoExpert(MailbagError):
    """No expert with an address covers the topic."""

    code = "no-expert"
