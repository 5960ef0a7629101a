"""Issues of the digest: drafted by the calendar, changed by an editor, started, paused, resumed, cancelled, shown."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from app import jobs
from app.domain.digest import Issue, IssueState, Progress
from app.domain.errors import Conflict, ForbiddenTransition, NotFound, OutOfTurn
from app.domain.event import Action, advance, record
from app.domain.mail import DeliveryState
from app.domain.periods import Period, is_stale, period_due
from app.domain.question import Question
from app.domain.subscription import Frequency, Subscriber
from app.mail.lint import Envelope
from app.mail.pattern import Pattern
from app.mail.transport import Handover
from app.store import archive, audience, digest, ledger
from app.store.base import Transaction
from app.usecases import copying, metering
from app.usecases.continuing import Earlier
from app.usecases.mailbag import Mailbag, random_id

_LATELY = timedelta(minutes=1)
_COMMITTED_IN = timedelta(seconds=30)  # from when a letter is dated to when others see it; a writer waits 15 for others
_OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING)


def draft_due_issues(mailbag: Mailbag) -> list[int]:
    """Drafts for what the calendar says is due, where anything was printed and anybody waits for it."""
    drafted = []
    for frequency in Frequency:
        now = mailbag.clock()
        period = period_due(frequency, now, mailbag.column.time_zone, mailbag.digest)
        if is_stale(frequency, period.due_at, now):
            continue
        # what is being printed at this moment stands in the next one
        issue_id = _draft(mailbag, frequency, period, until=min(period.due_at, now - _COMMITTED_IN))
        if issue_id is not None:
            drafted.append(issue_id)
    return drafted


def draft_of(mailbag: Mailbag, frequency: Frequency, *, by: str) -> int | None:
    """The draft of the period that is under way, made now where there is none; None where nothing was printed.

    Its calendar day finds it there, and makes no other. Raises ForbiddenTransition where it is sent already.
    """
    now = mailbag.clock()
    period = period_due(frequency, now, mailbag.column.time_zone, mailbag.digest)
    with mailbag.database.read() as tx:
        known = digest.issue_of(tx, frequency, period.name)
    if known is not None and known.state is not IssueState.DRAFT:
        raise ForbiddenTransition(Issue.NOUN, known.state, Action.DRAFT)
    return known.id if known is not None else _draft(mailbag, frequency, period, until=now, by=by)


def _draft(
    mailbag: Mailbag, frequency: Frequency, period: Period, *, until: datetime, by: str = "mailbag"
) -> int | None:
    with mailbag.database.read() as tx:  # nearly always there is one, or nothing in it
        if digest.issue_of(tx, frequency, period.name) is not None or not audience.is_anybody(tx, frequency):
            return None
    now = mailbag.clock()
    try:
        with mailbag.database.write() as tx:
            since = digest.covered_until(tx, frequency) or period.before
            letters = digest.published_between(tx, frequency, since, until)
            if not letters:
                return None
            number = digest.next_number(tx, frequency)
            issue = Issue(
                frequency=frequency,
                period=period.name,
                number=number,
                subject=mailbag.composer.issue_subject(number, letters),
                since=since,
                until=until,
                made_at=now,
                sends_at=now + mailbag.digest.stands if mailbag.digest.by_itself and by == "mailbag" else None,
            )
            tx.add(issue)
            digest.set_items(tx, issue, [letter.id for letter in letters if letter.id is not None])
            record(issue, Action.DRAFT, at=now, actor=by, detail=_counted(letters))
            return issue.id
    except Conflict:  # another process drafted it at the same moment
        return None


def _counted(letters: Sequence[Question]) -> str:
    return "one letter" if len(letters) == 1 else f"{len(letters)} letters"


def edit(
    mailbag: Mailbag,
    issue_id: int,
    *,
    by: str,
    subject: str | None = None,
    introduction: str | None = None,
    question_ids: Sequence[int] | None = None,
    sends_at: datetime | None = None,
    waits: bool = False,
    seen: int | None = None,
) -> None:
    """Change a draft; None leaves a thing as it is. With `waits` it does not go out by itself.

    `seen` is how many events it had when it was looked at. Raises ForbiddenTransition for what is no draft any more,
    Conflict where somebody changed it since, ValueError for a letter that is not printed.
    """
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        _is_draft(issue)
        if seen is not None and seen != len(issue.events):
            raise Conflict("somebody else changed the draft")
        before = _editable(issue)
        if subject is not None and subject.split() != issue.subject.split():  # a form turns some blanks into others
            issue.subject = " ".join(subject.split())[:300]
        issue.introduction = issue.introduction if introduction is None else introduction.strip()
        if question_ids is not None:
            if len(archive.parts_by_ids(tx, list(question_ids))) != len(question_ids):
                raise ValueError("a letter that is not printed, or one twice")
            digest.set_items(tx, issue, question_ids)
        issue.sends_at = None if waits else (sends_at or issue.sends_at)
        if before != _editable(issue):
            record(issue, Action.CORRECT, at=mailbag.clock(), actor=f"editor {by}")


def _editable(issue: Issue) -> tuple[object, ...]:
    return issue.subject, issue.introduction, issue.sends_at, [part.id for part in issue.items]


def start(mailbag: Mailbag, issue_id: int, *, by: str) -> None:
    """An editor lets a draft go out now: the worker freezes and sends it."""
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        _is_draft(issue)
        issue.sends_at = mailbag.clock()
        record(issue, Action.QUEUE, at=issue.sends_at, actor=f"editor {by}")
        tx.ring(jobs.SEND_ISSUE, issue_id)


def cancel(mailbag: Mailbag, issue_id: int, *, by: str) -> None:
    """Its letters go into the next issue, also where that is drafted already.

    Raises OutOfTurn where that has gone out, ForbiddenTransition for what is no draft any more.
    """
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        _is_draft(issue)
        _give_up(mailbag, tx, issue, by=f"editor {by}")


def cancel_stale_drafts(mailbag: Mailbag) -> None:
    """Those that were to go out by themselves when nobody was there: what is days late is no issue any more."""
    now = mailbag.clock()
    with mailbag.database.read() as tx:
        late = [draft.id for draft in digest.issues(tx, IssueState.DRAFT) if is_too_late(draft, now)]
    for issue_id in late:
        with suppress(Conflict), mailbag.database.write() as tx:  # an editor, or another sweep, is at it
            issue = digest.the_issue(tx, issue_id or 0)
            if issue.state is not IssueState.DRAFT or not is_too_late(issue, now):
                continue
            try:
                _give_up(mailbag, tx, issue, by="mailbag", detail="too late to be sent")
            except OutOfTurn:
                issue.sends_at = None
                record(issue, Action.CORRECT, at=now, actor="mailbag", detail="too late to go out by itself")


def is_too_late(draft: Issue, at: datetime) -> bool:
    """One whose freezing has begun is gone on with."""
    return draft.frozen_at is None and draft.sends_at is not None and is_stale(draft.frequency, draft.sends_at, at)


def _give_up(mailbag: Mailbag, tx: Transaction, issue: Issue, *, by: str, detail: str = "") -> None:
    following = digest.following_draft(tx, issue)
    if following is None and not digest.is_last(tx, issue):
        raise OutOfTurn(f"a later issue has gone out and would not take the letters of no. {issue.number}; send it")
    advance(issue, Action.CANCEL, at=mailbag.clock(), actor=by, detail=detail)
    if following is None:
        return  # the next one begins where this one has begun
    kept = [part.id for part in (*following.items, *issue.items) if part.id is not None]
    following.since = issue.since
    digest.set_items(tx, following, list(dict.fromkeys(kept)))
    record(following, Action.CORRECT, at=mailbag.clock(), actor=by, detail=f"with the letters of no. {issue.number}")


def pause(mailbag: Mailbag, issue_id: int, *, by: str, why: str = "") -> None:
    with mailbag.database.read() as tx:
        state = digest.the_issue(tx, issue_id).state
    if state is not IssueState.SENDING:
        raise ForbiddenTransition(Issue.NOUN, state, Action.PAUSE)
    metering.pause(mailbag, issue_id, why or f"by editor {by}", by=f"editor {by}")


def resume(mailbag: Mailbag, issue_id: int, *, by: str) -> None:
    with mailbag.database.write() as tx:
        issue = digest.the_issue(tx, issue_id)
        if not issue.is_paused:
            raise ForbiddenTransition(issue.NOUN, issue.state, Action.RESUME)
        issue.paused_at, issue.pause_reason = None, ""
        record(issue, Action.RESUME, at=mailbag.clock(), actor=f"editor {by}")
        tx.ring(jobs.SEND_ISSUE, issue_id)


def preview(mailbag: Mailbag, issue_id: int, subscriber: Subscriber | None = None) -> bytes:
    """The mail that this subscriber would get, or one who takes all letters. Raises NotFound where he gets none."""
    with mailbag.database.read() as tx:
        issue = digest.the_issue(tx, issue_id)
        wanted = [item.question_id for item in _items_for(tx, issue, subscriber)]
        if not wanted:
            raise NotFound("nothing in it for this subscriber")
        at = issue.frozen_at or mailbag.clock().replace(microsecond=0)
        octets = copying.render(mailbag, tx, issue, wanted, at=at)
    pattern = Pattern(octets, mailbag.composer.signer, at=at)
    who = subscriber.id if subscriber is not None and subscriber.id is not None else 0
    address = subscriber.address if subscriber is not None else mailbag.links.column_address()
    return copying.fill(mailbag, pattern, who, address, random_id(26))


def subscriber_at(mailbag: Mailbag, address: str) -> Subscriber:
    """With what it chose. Raises NotFound."""
    with mailbag.database.read() as tx:
        return digest.subscriber_at(tx, address)


def subscriber_numbered(mailbag: Mailbag, subscriber_id: int) -> Subscriber:
    """As `subscriber_at`. Raises NotFound, also where she is forgotten."""
    with mailbag.database.read() as tx:
        return digest.subscriber_numbered(tx, subscriber_id)


def _items_for(tx: Transaction, issue: Issue, subscriber: Subscriber | None) -> list[audience.Item]:
    items = audience.items(tx, issue)
    if subscriber is None or subscriber.id is None:
        return items
    chooser = audience.Chooser(
        subscriber.id,
        subscriber.takes_all,
        after=subscriber.had_until or issue.since,
        topics={topic.id for topic in subscriber.topics if topic.id is not None},
        experts={expert.id for expert in subscriber.experts if expert.id is not None},
        questions={question.id for question in subscriber.questions if question.id is not None},
    )
    return [item for item in Earlier(issue, items).and_new(tx, chooser) if chooser.wants(item)]


def send_test(mailbag: Mailbag, issue_id: int, address: str) -> Handover:
    """The issue as it stands to one address, now; what came of it at the next server. Its links belong to nobody.

    Raises ValueError for an address that cannot be written to.
    """
    message = preview(mailbag, issue_id, Subscriber(address=address, made_at=mailbag.clock()))
    envelope = Envelope(mailbag.links.column_address(), address)
    return mailbag.transport.hand_over(message, sender=envelope.sender, recipient=envelope.recipient)


def progress(mailbag: Mailbag, issue_id: int) -> Progress:
    """Looks at every row of the issue: for a page or a bar, not for every mail."""
    with mailbag.database.read() as tx:
        issue = digest.the_issue(tx, issue_id)
        states, lately = ledger.states(tx, issue_id, mailbag.clock() - _LATELY)
    waiting = sum(states.get(state, 0) for state in _OPEN)
    rate = lately / _LATELY.total_seconds()
    left = waiting / rate if rate and waiting else (0.0 if not waiting else None)
    return Progress(size=issue.size, waiting=waiting, states=states, rate=rate, left_seconds=left)


def _is_draft(issue: Issue) -> None:
    if issue.state is not IssueState.DRAFT or issue.frozen_at is not None:
        raise ForbiddenTransition(issue.NOUN, issue.state, Action.CORRECT)
