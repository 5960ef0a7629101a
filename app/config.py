"""Settings: one typed, frozen object, read once from the environment, and loud on anything wrong."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.domain.column import Column, Intake, Publication, format_date
from app.domain.periods import DigestPolicy
from app.domain.suspicion import Limits
from app.domain.theme import PLAIN, Theme, read_theme
from app.language import ENGLISH_DATE, SOURCE, Language, language_of, shipped
from app.mail import dkimcheck
from app.mail.address import is_wire_address

Network = IPv4Network | IPv6Network
PREFIX = "MAILBAG_"
BAD_NAME = "a name of letters, digits, dots and hyphens; spaces between several"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TESTS_ONLY = {"MAILBAG_SHARED"}  # where the tests find measuring data; no setting of the program


class Authentication(StrEnum):
    """Who says whether a mail proves its sender."""

    BORDER = "border"
    OWN = "own"
    OFF = "off"


class BadSettings(Exception):
    """Everything that is wrong with the environment, all of it at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def setting(help_text: str, default: Any = MISSING, read: Callable[[str], Any] = str) -> Any:
    """One field of Settings: its sentence for --help, its default, and how its text is read."""
    return field(default=default, metadata={"help": help_text, "read": read})


def read_bool(text: str) -> bool:
    values = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in values:
        raise ValueError("say yes or no")
    return values[text.lower()]


def read_port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    return int(text)


def read_count(text: str) -> int:
    if not text.isdigit():
        raise ValueError("a whole number, 0 or more")
    return int(text)


def read_database_url(text: str) -> str:
    try:
        driver = make_url(text).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("sqlite:////path/to/mailbag.db, or postgresql+psycopg://user@host/name")
    return text


def read_base_url(text: str) -> str:
    parts = urlsplit(text)
    rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.port == 0
    if parts.scheme not in ("http", "https") or not parts.hostname or rest or len(text.split()) > 1:
        raise ValueError("an address such as https://ask.example.org, with nothing behind the host")
    return text.rstrip("/")


def read_domain(text: str) -> str:
    try:
        name = text.encode("idna").decode().lower()
    except UnicodeError:
        name = ""
    if "." not in name or not is_wire_address(f"column@{name}"):
        raise ValueError("a domain such as ask.example.org")
    return name


def read_date_format(text: str) -> str:
    format_date(date(2014, 1, 11), text)
    return text


def read_language(text: str) -> str:
    return language_of(text).tag


def read_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a time zone such as Europe/London") from None


def read_security(text: str) -> str:
    if text not in ("none", "starttls", "tls"):
        raise ValueError("none, starttls or tls")
    return text


def read_after(text: str) -> str:
    is_move = text.startswith("move:") and text.removeprefix("move:").strip()
    if text not in ("leave", "seen") and not is_move:
        raise ValueError("leave, seen, or move: and the name of a folder, such as move:Done")
    return text


def read_token_url(text: str) -> str:
    parts = urlsplit(text)
    is_near = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_near):
        raise ValueError("an address that begins with https://")
    return text


def read_keys(text: str) -> tuple[str, ...]:
    return tuple(key for key in text.split() if key)


def read_secrets(text: str) -> tuple[str, ...]:
    secrets = read_keys(text)
    if any(len(secret) < 24 for secret in secrets):
        raise ValueError("24 characters or more each, for instance from: openssl rand -hex 24")
    return secrets


def read_names(text: str) -> tuple[str, ...]:
    names = tuple(name.lower().rstrip(".") for name in text.split())
    if not all(re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", name) for name in names):
        raise ValueError(BAD_NAME)
    return names


def read_number(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise ValueError("a number, 0 or more")
    return float(text)


def read_at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError("a whole number, 1 or more")
    return int(text)


def read_hour(text: str) -> int:
    if not text.isdigit() or int(text) > 23:
        raise ValueError("an hour is a number from 0 to 23")
    return int(text)


def read_weekday(text: str) -> int:
    if text.lower() not in _WEEKDAYS:
        raise ValueError(f"one of {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(text.lower())


def read_dkim_keys(text: str) -> tuple[tuple[str, Path], ...]:
    words = [word.partition("=") for word in text.split()]
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9._-]*", selector) and path for selector, _, path in words):
        raise ValueError("<selector>=<file with the private key>; spaces between two")
    return tuple((selector, Path(path)) for selector, _, path in words)


def read_archive_key(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError("64 hexadecimal digits, for instance from: openssl rand -hex 32")
    return text


def read_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in text.split())
    except ValueError:
        raise ValueError("addresses or networks such as 127.0.0.1 172.16.0.0/12; spaces between") from None


def read_broker(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "memory://")):
        raise ValueError("an address such as redis://127.0.0.1:6379/0")
    return text


def read_theme_dir(text: str) -> Path:
    read_theme(Path(text))
    return Path(text)


def read_choice(kind: Callable[[str], Any], choices: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(choices) from None

    return read


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field is MAILBAG_<ITS NAME>; MAILBAG_<NAME>_FILE names a file that holds the value."""

    data_dir: Path = setting("folder for everything that Mailbag keeps", Path("data"), Path)
    database_url: str = setting("SQLAlchemy address; empty: SQLite in the data folder", "", read_database_url)
    broker_url: str = setting(
        "where Celery rings: redis://…; memory:// only in the one-process form", "memory://localhost/", read_broker
    )
    secret_key: str = setting("signs every token and link; 32 characters or more")
    old_secret_keys: tuple[str, ...] = setting("former keys, still accepted; spaces between", (), read_keys)
    archive_key: str = setting(
        "signs exported archives: 64 hexadecimal digits; empty: made once, and kept in the data folder",
        "",
        read_archive_key,
    )
    base_url: str = setting("the site's public address", "http://127.0.0.1:8080", read_base_url)
    web_host: str = setting("where the built-in web server listens", "127.0.0.1")
    web_port: int = setting("its port", 8080, read_port)
    listen_host: str = setting("where SMTP and LMTP listen", "127.0.0.1")
    smtp_port: int = setting("takes mail from outside by SMTP", 2525, read_port)
    lmtp_port: int = setting("takes mail from an MTA by LMTP", 2424, read_port)
    catcher_port: int = setting("the demo's post office: catches what Mailbag sends", 2526, read_port)
    max_mail_bytes: int = setting("a larger mail is refused at the door", 25 * 1024 * 1024, read_count)
    mail_domain: str = setting("the domain of the column's own mail addresses", "column.example", read_domain)
    spam_header: str = setting(
        "the header in which your own mail server says that a mail is spam, X-Spam-Flag or so; empty: none does", ""
    )
    most_notices: int = setting(
        "at most so many mails a day to one address in answer to mail from it, receipts included", 40, read_count
    )
    relay_host: str = setting("the server that takes our outgoing mail", "127.0.0.1")
    relay_port: int = setting("its port", 25, read_port)
    relay_security: str = setting(
        "none, starttls or tls; what is asked for is never done without", "none", read_security
    )
    relay_user: str = setting("login at that server; empty: none", "")
    relay_password: str = setting("its password", "")
    dkim_keys: tuple[tuple[str, Path], ...] = setting(
        "signs all mail as mail_domain: <selector>=<file with an RSA or ed25519 private key>, spaces between two;"
        " empty: your MTA signs",
        (),
        read_dkim_keys,
    )
    digest_hour: int = setting("issues are due at this hour of the day, in column_time_zone", 8, read_hour)
    digest_weekday: int = setting("the weekly issue is due on this day", 0, read_weekday)
    digest_by_itself: bool = setting("a draft goes out without an editor", True, read_bool)
    digest_stands_minutes: int = setting(
        "how long a draft can be changed before it goes out by itself", 120, read_count
    )
    digest_workers: int = setting("how many workers send one issue at the same time", 1, read_at_least_one)
    digest_lines: int = setting("connections of each of them to relay_host", 32, read_at_least_one)
    digest_per_second: float = setting("copies of issues a second, in all; 0: no limit", 0.0, read_number)
    digest_per_domain_minute: float = setting("copies a minute to any one domain; 0: no limit", 0.0, read_number)
    digest_lease_seconds: int = setting(
        "what a worker took up so long ago and did not finish, another sends", 180, read_at_least_one
    )
    imap_host: str = setting("the server whose mailbox `mailbag doors` fetches mail from; empty: none", "")
    imap_port: int = setting("its port; 143 is usual for starttls", 993, read_port)
    imap_security: str = setting("none, starttls or tls; the certificate is always checked", "tls", read_security)
    imap_ca_file: Path | None = setting("authorities that sign its certificate; empty: the system's", None, Path)
    imap_allow_clear: bool = setting("takes imap_security none to other machines too", False, read_bool)
    imap_user: str = setting("login there", "")
    imap_password: str = setting("its password, often an app password", "")
    imap_folder: str = setting("the folder that mail is fetched from; the column's alone", "INBOX")
    imap_after: str = setting(
        "what happens to a mail once it is stored: leave, seen, or move:<folder>", "leave", read_after
    )
    imap_oauth_url: str = setting("token endpoint, for accounts without a password; empty: none", "", read_token_url)
    imap_oauth_client_id: str = setting("who we are there", "")
    imap_oauth_client_secret: str = setting("its secret; empty for a public client", "")
    imap_oauth_refresh_token: str = setting("the grant; newer ones that the endpoint hands out are kept", "")
    hook_generic_keys: tuple[str, ...] = setting(
        "opens /hooks/generic: takes mails that are signed with one of these; spaces between", (), read_secrets
    )
    hook_cloudflare_keys: tuple[str, ...] = setting(
        "opens /hooks/cloudflare: the same, for the worker in docs/", (), read_secrets
    )
    hook_mailgun_keys: tuple[str, ...] = setting(
        "opens /hooks/mailgun: Mailgun's HTTP webhook signing key; spaces between", (), read_keys
    )
    hook_postmark_passwords: tuple[str, ...] = setting(
        "opens /hooks/postmark: what stands in the address that Postmark posts to; spaces between", (), read_secrets
    )
    hook_sendgrid_keys: tuple[str, ...] = setting(
        "opens /hooks/sendgrid: the verification keys of Inbound Parse and of the Event Webhook; spaces between",
        (),
        read_keys,
    )
    hook_sendgrid_passwords: tuple[str, ...] = setting(
        "opens it too: what stands in the address where SendGrid does not sign; spaces between", (), read_secrets
    )
    hook_ses_topics: tuple[str, ...] = setting(
        "opens /hooks/ses: the ARNs of our Amazon SNS topics; spaces between", (), read_keys
    )
    authentication: Authentication = setting(
        "who says whether a mail proves its sender: border (your MTA's Authentication-Results), own (DKIM, checked"
        " here), off (token and From alone count, which anybody can write who has seen the token)",
        Authentication.OWN,
        read_choice(Authentication, "border, own or off"),
    )
    authserv_id: tuple[str, ...] = setting(
        "with border: the name that begins your MTA's Authentication-Results; spaces between several", (), read_names
    )
    border_hosts: tuple[str, ...] = setting(
        "with border: hosts whose “Received: … by <host>” lines are yours; results above the first other one count,"
        " and your MTA must strip foreign results in its name; empty: only above the topmost Received",
        (),
        read_names,
    )
    theme_dir: Path | None = setting(
        "a folder with theme.css, logo.svg and templates/ that change the column's looks; see docs/themes.md",
        None,
        read_theme_dir,
    )
    demo: bool = setting("opens the post office at /mailbox to everybody; never in production", False, read_bool)
    trusted_proxies: tuple[Network, ...] = setting(
        "addresses or networks of your reverse proxies, whose X-Forwarded-For is believed; spaces between; empty: where"
        " a letter comes from is not known behind a proxy, and only letters in all are counted",
        (),
        read_networks,
    )
    ask_seconds: int = setting("a letter that is posted sooner after its form looks like a robot's", 4, read_count)
    ask_most_host: int = setting("more letters an hour from one address look like a robot's", 6, read_count)
    ask_most_network: int = setting("more letters an hour from one network (/24, /64) do", 20, read_count)
    ask_most: int = setting("more letters an hour in all do", 300, read_count)
    column_title: str = setting("the column's name", "Ask The Guru")
    column_tagline: str = setting("the line below it", "Physiotherapy advice, answered by letter")
    column_persona: str = setting("who is asked", "The Guru")
    column_noun: str = setting("what topics end in", "Advice")
    column_date_format: str = setting(
        "{month} {month_name} {month_number} {day} {th} {year}; empty: as the language writes a date, in English"
        f" {ENGLISH_DATE}",
        "",
        read_date_format,
    )
    column_language: str = setting(
        f"what pages and mails are written in: {', '.join(shipped())}; with a region, such as de-AT, its dates too",
        SOURCE,
        read_language,
    )
    column_time_zone: ZoneInfo = setting("days begin and end here", ZoneInfo("UTC"), read_zone)
    column_disclaimer: str = setting("at the foot of every page", "General advice; it cannot replace being seen.")
    column_caution: str = setting("beside the form: when not to write but to call; empty: nothing", "")
    column_intake: Intake = setting(
        "editor_assigns or straight_to_expert",
        Intake.EDITOR_ASSIGNS,
        read_choice(Intake, "editor_assigns or straight_to_expert"),
    )
    column_publication: Publication = setting(
        "editor_approves or auto_after_hold",
        Publication.EDITOR_APPROVES,
        read_choice(Publication, "editor_approves or auto_after_hold"),
    )
    column_prints_passages: bool = setting(
        "an answer between the lines of the letter is printed with the passages that it answers", False, read_bool
    )
    column_hold_seconds: int = setting("how long an answer waits before it goes live by itself", 3600, read_count)
    column_answer_days: int = setting("how long an expert has", 4, read_count)
    column_confirm_days: int = setting("how long an asker has to confirm", 3, read_count)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'mailbag.db'}"

    @property
    def theme(self) -> Theme:
        return read_theme(self.theme_dir) if self.theme_dir else PLAIN

    def need_broker(self) -> None:
        """For each process of the grown form: what one rings in its own memory no other hears. Raises BadSettings."""
        if self.broker_url.startswith("memory:"):
            raise BadSettings(["MAILBAG_BROKER_URL: separate processes need Redis, such as redis://127.0.0.1:6379/0"])

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(key.encode() for key in (self.secret_key, *self.old_secret_keys))

    @property
    def language(self) -> Language:
        return language_of(self.column_language)

    @property
    def digest(self) -> DigestPolicy:
        return DigestPolicy(
            hour=self.digest_hour,
            weekday=self.digest_weekday,
            by_itself=self.digest_by_itself,
            stands=timedelta(minutes=self.digest_stands_minutes),
            workers=self.digest_workers,
            lines=self.digest_lines,
            per_second=self.digest_per_second,
            per_domain_minute=self.digest_per_domain_minute,
            lease=timedelta(seconds=self.digest_lease_seconds),
        )

    @property
    def limits(self) -> Limits:
        return Limits(
            seconds=self.ask_seconds,
            from_host=self.ask_most_host,
            from_network=self.ask_most_network,
            in_all=self.ask_most,
        )

    @property
    def column(self) -> Column:
        return Column(
            title=self.column_title,
            tagline=self.column_tagline,
            persona=self.column_persona,
            noun=self.column_noun,
            date_format=self.column_date_format or self.language.date_pattern,
            language=self.language.tag,
            months=self.language.months,
            anonymous=self.language.anonymous,
            time_zone=self.column_time_zone,
            disclaimer=self.column_disclaimer,
            caution=self.column_caution,
            intake=self.column_intake,
            publication=self.column_publication,
            prints_passages=self.column_prints_passages,
            hold=timedelta(seconds=self.column_hold_seconds),
            time_to_answer=timedelta(days=self.column_answer_days),
            time_to_confirm=timedelta(days=self.column_confirm_days),
            consent_version="1",
        )


def variable(name: str) -> str:
    return PREFIX + name.upper()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises BadSettings that names each wrong variable, its value's fault, and each that does not exist."""
    problems = _unknown(environ)
    values: dict[str, Any] = {}
    for entry in fields(Settings):
        try:
            text = text_of(environ, variable(entry.name))
            if text is not None:
                values[entry.name] = entry.metadata["read"](text)
            elif entry.default is MISSING:
                problems.append(f"{variable(entry.name)} is not set: {entry.metadata['help']}")
        except (ValueError, OSError) as error:
            problems.append(f"{variable(entry.name)}: {error}")
    problems += _contradictions(values)
    if problems:
        raise BadSettings(problems)
    return Settings(**values)


def text_of(environ: Mapping[str, str], name: str) -> str | None:
    """The variable, or the content of the file that <name>_FILE names; an empty variable is not set."""
    if environ.get(name) and environ.get(f"{name}_FILE"):
        raise ValueError(f"set either {name} or {name}_FILE")
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return environ.get(name, "").strip() or None


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = [variable(entry.name) for entry in fields(Settings)]
    known += [f"{name}_FILE" for name in known]
    problems = []
    for name in environ:
        if name.startswith(PREFIX) and name not in known and name not in TESTS_ONLY:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if len(values.get("secret_key", "x" * 32)) < 32:
        problems.append("MAILBAG_SECRET_KEY: 32 characters or more, for instance from: openssl rand -hex 32")
    if any(len(key) < 32 for key in values.get("old_secret_keys", ())):
        problems.append("MAILBAG_OLD_SECRET_KEYS: 32 characters or more each, with spaces between")
    if values.get("relay_user") and values.get("relay_security", "none") == "none":
        problems.append("MAILBAG_RELAY_USER: a password is not sent in clear; set MAILBAG_RELAY_SECURITY")
    problems += _imap_contradictions(values) if values.get("imap_host") else []
    return problems + _authentication_problems(values)


def _imap_contradictions(values: Mapping[str, Any]) -> list[str]:
    problems = []
    has_token = values.get("imap_oauth_url") and values.get("imap_oauth_client_id")
    if not values.get("imap_user"):
        problems.append("MAILBAG_IMAP_USER is not set: login there")
    if values.get("imap_oauth_url") and not (has_token and values.get("imap_oauth_refresh_token")):
        problems.append("MAILBAG_IMAP_OAUTH_URL: needs MAILBAG_IMAP_OAUTH_CLIENT_ID and _REFRESH_TOKEN too")
    if not values.get("imap_oauth_url") and not values.get("imap_password"):
        problems.append("MAILBAG_IMAP_PASSWORD is not set; without one, MAILBAG_IMAP_OAUTH_URL")
    is_clear = values.get("imap_security") == "none" and not values.get("imap_allow_clear")
    if is_clear and not is_loopback(values["imap_host"]):
        problems.append(
            "MAILBAG_IMAP_SECURITY: none only to this machine; set tls, starttls, or MAILBAG_IMAP_ALLOW_CLEAR"
        )
    return problems


def _authentication_problems(values: Mapping[str, Any]) -> list[str]:
    chosen = values.get("authentication", Authentication.OWN)
    if chosen is Authentication.BORDER and not values.get("authserv_id"):
        return ["MAILBAG_AUTHSERV_ID: border needs the name that begins your MTA's Authentication-Results"]
    if chosen is Authentication.OWN and not dkimcheck.IS_INSTALLED:
        install = 'own needs dkimpy, dnspython and publicsuffix2: pip install "mailbag[mailauth]"'
        return [f"MAILBAG_AUTHENTICATION: {install}; or set border, with MAILBAG_AUTHSERV_ID"]
    return []


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def settings_help() -> str:
    """Every setting with its sentence and default, for --help."""
    return "\n".join(_help_line(entry) for entry in fields(Settings))


def _help_line(entry: Field[Any]) -> str:
    default = "required" if entry.default is MISSING else f"{_printed(entry.default)}"
    return f"  {variable(entry.name)}\n      {entry.metadata['help']} [{default}]"


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value or value == 0 else "empty"
