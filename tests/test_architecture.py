"""Facts of the architecture, each held by a few lines: what belongs together is there on both sides."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from celery import Celery
from jinja2 import Environment, FileSystemLoader

from app import jobs
from app.cli.subscribers import LINE_PROBLEMS
from app.cli.words import CUTS, PROBLEMS
from app.domain import errors
from app.domain.letter import Problem
from app.domain.mail import DeliveryKind, Reason
from app.domain.roster import LineProblem
from app.domain.subscription import SuppressionReason
from app.language import ENGLISH
from app.mail.compose import HEADERS
from app.mail.programs import Program
from app.mail.reply.draft import NEW_TEXT, REASONS
from app.mail.reply.segment import PUBLISHED_KINDS, SegmentKind
from app.usecases import importing
from app.web.enclosed import SLOTS
from worker.tasks import register
from worker.timetable import TIMETABLE

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
MODULES = sorted(path for folder in ("app", "worker") for path in (ROOT / folder).rglob("*.py"))
JOBS = {value for name, value in vars(jobs).items() if name.isupper() and isinstance(value, str)}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), named(path))


def functions(module: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def words(template: str, name: str) -> dict[str, object]:
    """A dictionary that a template of words sets."""
    environment = Environment(loader=FileSystemLoader([TEMPLATES / "web", TEMPLATES / "mail"]), autoescape=True)
    ENGLISH.install(environment)
    found = getattr(environment.get_template(template).module, name)
    assert isinstance(found, dict)
    return found


# Jobs.


def test_every_job_has_a_queue_and_every_queue_a_job() -> None:
    assert set(jobs.QUEUES) == JOBS


def test_every_job_has_its_task_and_every_task_is_a_job() -> None:
    celery = Celery("test", set_as_current=False)
    register(celery, lambda: pytest.fail("no job ran"))  # type: ignore[arg-type]
    celery.finalize()
    assert {name for name in celery.tasks if not name.startswith("celery.")} == JOBS


def test_every_job_is_one_call_of_a_use_case() -> None:
    """An id in, one use case, out: whatever is more cannot be tested without a worker."""
    (register_them,) = [node for node in functions(tree(ROOT / "worker/tasks.py")) if node.name == "register"]
    tasks = [node for node in register_them.body if isinstance(node, ast.FunctionDef)]
    assert len(tasks) == len(JOBS)
    for task in tasks:
        assert len(task.args.args) == 1, f"{task.name} takes more than an id"
        assert [type(statement) for statement in task.body] == [ast.Expr], f"{task.name} is more than one statement"
        assert isinstance(task.body[0], ast.Expr)
        assert isinstance(task.body[0].value, ast.Call)


def test_the_clock_rings_jobs_that_there_are() -> None:
    assert {entry["task"] for entry in TIMETABLE.values()} <= JOBS


def test_every_queue_has_a_worker() -> None:
    """A job in a queue that nobody reads waits for ever, and nothing says so."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    (read,) = [
        word.removeprefix("--queues=") for word in compose["services"]["worker"]["command"] if "--queues" in word
    ]
    assert set(read.split(",")) >= set(jobs.QUEUES.values())
    one_process = ast.unparse(tree(ROOT / "worker/one_process.py"))
    assert all(f"'{queue}'" in one_process for queue in jobs.QUEUES.values())


# Mail.


@pytest.mark.parametrize("kind", DeliveryKind)
@pytest.mark.parametrize("suffix", [".txt.j2", ".html.j2"])
def test_every_kind_of_mail_has_both_of_its_templates(kind: DeliveryKind, suffix: str) -> None:
    assert (TEMPLATES / "mail" / f"{kind}{suffix}").is_file()


def test_every_template_of_a_mail_is_of_a_kind() -> None:
    found = {path.name.partition(".")[0] for path in (TEMPLATES / "mail").iterdir() if not path.name.startswith("_")}
    assert found == {str(kind) for kind in DeliveryKind} | {"digest"}  # whose copies have a ledger of their own


def test_every_kind_of_mail_says_what_it_asks_of_machines() -> None:
    assert set(HEADERS) == set(DeliveryKind)
    for headers in HEADERS.values():
        assert "X-Auto-Response-Suppress" in headers


# Words: a code without its sentence is a page that breaks, or a person who reads "no-token".


def test_every_reason_has_its_sentence_on_the_desk() -> None:
    assert set(words("desk/_words.html", "reasons")) == {str(reason) for reason in Reason}


def test_every_problem_of_the_form_has_its_sentence() -> None:
    assert set(words("_problems.html", "sentences")) == {str(problem) for problem in Problem}


def test_every_field_of_the_form_that_can_be_wrong_has_its_place_on_the_page() -> None:
    fields = {"public_name", "address", "topic", "text", "consent", "form_key"}
    fields |= {f"{name}{slot}" for name in ("photo", "alt") for slot in SLOTS}
    assert set(words("_problems.html", "anchors")) == fields


def codes_of_errors() -> set[str]:
    def below(kind: type[errors.MailbagError]) -> Iterator[type[errors.MailbagError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    return {kind.code for kind in below(errors.MailbagError)}


def test_every_error_has_a_code_of_its_own() -> None:
    assert errors.MailbagError.code not in codes_of_errors()
    assert len(codes_of_errors()) == len(errors.MailbagError.__subclasses__())


def codes_of_acts() -> set[str]:
    """What `@act(rule, said)` flashes when an editor did something."""
    names = ("desk.py", "senders.py", "suppressions.py", "issue_desk.py", "photos.py", "printed.py")
    pages = [tree(ROOT / "app/web" / name) for name in names]
    decorators = [d for page in pages for function in functions(page) for d in function.decorator_list]
    acts = [d for d in decorators if isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "act"]
    return {ast.literal_eval(act.args[1]) for act in acts}


def test_every_act_at_the_desk_and_every_refusal_has_its_sentence() -> None:
    assert codes_of_acts()
    assert set(words("desk/_words.html", "acts")) == codes_of_acts() | codes_of_errors()


def test_whatever_the_form_of_a_draft_says_has_its_sentence() -> None:
    page = tree(ROOT / "app/web/issue_desk.py")
    known = words("desk/_words.html", "drafts")
    said = {n.value for n in ast.walk(page) if isinstance(n, ast.Constant) and n.value in known}
    slips = [
        n for n in ast.walk(page) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "Slip"
    ]
    codes = {c.value for slip in slips for c in ast.walk(slip) if isinstance(c, ast.Constant) and c.value}
    assert said == set(known) >= codes


def test_every_reason_of_a_suppression_has_its_sentence_on_the_desk() -> None:
    assert set(words("desk/_words.html", "suppressions")) == {str(reason) for reason in SuppressionReason}


def test_every_part_of_a_reply_has_its_words_on_the_desk() -> None:
    assert set(words("desk/_words.html", "cuts")) == {str(kind) for kind in SegmentKind}


def test_every_reason_to_cut_has_its_words_in_the_receipt() -> None:
    assert set(words("_reasons.j2", "REASONS")) >= set(REASONS) - {NEW_TEXT}
    cut = {kind for kind, _ in REASONS.values()} - PUBLISHED_KINDS
    assert set(words("_reasons.j2", "KINDS")) >= {str(kind) for kind in cut}


def test_every_mail_program_of_the_post_office_has_its_label() -> None:
    page = (TEMPLATES / "web" / "mailbox.html").read_text(encoding="utf-8")
    assert all(f"'{program}':" in page for program in Program)


def test_every_problem_of_an_import_has_its_sentence_at_the_terminal() -> None:
    calls = [node for node in ast.walk(tree(ROOT / "app/domain/dated.py")) if isinstance(node, ast.Call)]
    told = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Unreadable"]
    assert {ast.literal_eval(call.args[1]) for call in told} | set(importing.Problem) == set(PROBLEMS)
    assert set(importing.Cut) == set(CUTS)


def test_every_problem_of_a_list_of_subscribers_has_its_sentence_at_the_terminal() -> None:
    assert set(LINE_PROBLEMS) == {str(problem) for problem in LineProblem}


# Code.


def test_no_module_is_named_for_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "data", "info"}
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts.isdisjoint(nothing)


@pytest.mark.parametrize("folder", ["app/domain", "app/store", "app/mail"])
def test_what_time_it_is_comes_from_above(folder: str) -> None:
    """Else a test cannot move the clock, and a job that runs late decides otherwise."""
    asking = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "localtime", "gmtime", "localdate"}
    clocks = {"datetime", "date", "time", "dt"}
    asked = [
        f"{named(path)}:{node.lineno}"
        for path in MODULES
        if named(path).startswith(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in asking
        if isinstance(node.value, ast.Name | ast.Attribute) and ast.unparse(node.value).split(".")[-1] in clocks
    ]
    assert asked == []


def test_the_package_itself_imports_nothing() -> None:
    statements = tree(ROOT / "app/__init__.py").body
    assert [type(node) for node in statements if not isinstance(node, ast.Expr)] == []


@pytest.mark.parametrize("path", [p for p in MODULES if not named(p).startswith("app/cli/")], ids=named)
def test_no_import_hides_in_a_function(path: Path) -> None:
    """Where a cycle asks for one, an arrow is wrong. The commands alone may: their --help loads nothing."""
    hidden = [
        f"{function.name}, line {node.lineno}"
        for function in functions(tree(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module) or not module.body
