"""The environment becomes one frozen object, or a list of everything that is wrong with it."""

import re
from dataclasses import FrozenInstanceError, fields
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from app.config import Authentication, BadSettings, Settings, read_settings, settings_help, variable
from app.domain.column import Intake, Publication
from app.mail import dkimcheck

ROOT = Path(__file__).parent.parent
KEY = "k" * 32
NEEDED = {"MAILBAG_SECRET_KEY": KEY}
NAMES = [entry.name for entry in fields(Settings)]

# Each setting with a text that it may have, and what the program then sees. None of them is a default.
SETTINGS: dict[str, tuple[str, Any]] = {
    "data_dir": ("/var/lib/mailbag", Path("/var/lib/mailbag")),
    "database_url": (
        "postgresql+psycopg://mailbag@db.example/mailbag",
        "postgresql+psycopg://mailbag@db.example/mailbag",
    ),
    "broker_url": ("redis://redis.example:6379/0", "redis://redis.example:6379/0"),
    "secret_key": ("ü" * 32, "ü" * 32),
    "old_secret_keys": (f"{'o' * 32}  {'p' * 40}\n", ("o" * 32, "p" * 40)),
    "archive_key": ("ab" * 32, "ab" * 32),
    "base_url": ("https://Ask.example.org/", "https://Ask.example.org"),
    "web_host": ("0.0.0.0", "0.0.0.0"),
    "web_port": ("80", 80),
    "listen_host": ("::1", "::1"),
    "smtp_port": ("25", 25),
    "lmtp_port": ("65535", 65535),
    "catcher_port": ("1", 1),
    "max_mail_bytes": ("1000000", 1_000_000),
    "mail_domain": ("Bücher.Example", "xn--bcher-kva.example"),
    "spam_header": ("X-Spam-Flag", "X-Spam-Flag"),
    "most_notices": ("12", 12),
    "relay_host": ("relay.example", "relay.example"),
    "relay_port": ("587", 587),
    "relay_security": ("starttls", "starttls"),
    "relay_user": ("mailbag", "mailbag"),
    "relay_password": ("with spaces, and “quotes”", "with spaces, and “quotes”"),
    "dkim_keys": ("a=/run/a.pem b=/run/b.pem", (("a", Path("/run/a.pem")), ("b", Path("/run/b.pem")))),
    "digest_hour": ("18", 18),
    "digest_weekday": ("Friday", 4),
    "digest_by_itself": ("no", False),
    "digest_stands_minutes": ("0", 0),
    "digest_workers": ("4", 4),
    "digest_lines": ("8", 8),
    "digest_per_second": ("12.5", 12.5),
    "digest_per_domain_minute": ("60", 60.0),
    "digest_lease_seconds": ("300", 300),
    "imap_host": ("imap.example", "imap.example"),
    "imap_port": ("143", 143),
    "imap_security": ("starttls", "starttls"),
    "imap_ca_file": ("/etc/ours.pem", Path("/etc/ours.pem")),
    "imap_allow_clear": ("yes", True),
    "imap_user": ("column@imap.example", "column@imap.example"),
    "imap_password": ("abcd efgh", "abcd efgh"),
    "imap_folder": ("Column/Réponses", "Column/Réponses"),
    "imap_after": ("move:Done", "move:Done"),
    "imap_oauth_url": ("https://id.example/token", "https://id.example/token"),
    "imap_oauth_client_id": ("mailbag", "mailbag"),
    "imap_oauth_client_secret": ("hush", "hush"),
    "imap_oauth_refresh_token": ("1//refresh", "1//refresh"),
    "hook_generic_keys": (f"{'g' * 24} {'h' * 24}", ("g" * 24, "h" * 24)),
    "hook_cloudflare_keys": ("c" * 24, ("c" * 24,)),
    "hook_mailgun_keys": ("key-of-mailgun", ("key-of-mailgun",)),
    "hook_postmark_passwords": ("p" * 24, ("p" * 24,)),
    "hook_sendgrid_keys": ("MFkw MFkx", ("MFkw", "MFkx")),
    "hook_sendgrid_passwords": ("s" * 24, ("s" * 24,)),
    "hook_ses_topics": ("arn:aws:sns:eu-west-1:123456789012:mail", ("arn:aws:sns:eu-west-1:123456789012:mail",)),
    "authentication": ("off", Authentication.OFF),
    "authserv_id": ("MX.example.org. mx2.example.org", ("mx.example.org", "mx2.example.org")),
    "border_hosts": ("mx.example.org", ("mx.example.org",)),
    "theme_dir": (str(ROOT / "samples/theme"), ROOT / "samples/theme"),
    "demo": ("Yes", True),
    "trusted_proxies": ("127.0.0.1 10.0.0.0/8 ::1", tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "::1")))),
    "ask_seconds": ("9", 9),
    "ask_most_host": ("3", 3),
    "ask_most_network": ("11", 11),
    "ask_most": ("99", 99),
    "column_title": ("Frag den Guru", "Frag den Guru"),
    "column_tagline": ("Rat per Brief", "Rat per Brief"),
    "column_persona": ("Der Guru", "Der Guru"),
    "column_noun": ("Rat", "Rat"),
    "column_date_format": ("{day}. {month_number}. {year}", "{day}. {month_number}. {year}"),
    "column_language": ("de", "de"),
    "column_time_zone": ("Europe/London", ZoneInfo("Europe/London")),
    "column_disclaimer": ("Only words.", "Only words."),
    "column_caution": ("Call.", "Call."),
    "column_intake": ("straight_to_expert", Intake.STRAIGHT_TO_EXPERT),
    "column_publication": ("auto_after_hold", Publication.AUTO_AFTER_HOLD),
    "column_prints_passages": ("yes", True),
    "column_hold_seconds": ("0", 0),
    "column_answer_days": ("14", 14),
    "column_confirm_days": ("1", 1),
}
WITH_TLS = {"MAILBAG_RELAY_SECURITY": "tls"}  # a login is not taken without
MAILBOX = {"MAILBAG_IMAP_USER": "column", "MAILBAG_IMAP_PASSWORD": "secret"}  # a host is not taken without

GRANT = {"MAILBAG_IMAP_OAUTH_CLIENT_ID": "mailbag", "MAILBAG_IMAP_OAUTH_REFRESH_TOKEN": "1//refresh"}


def problems(**environ: str) -> list[str]:
    """What is wrong with these variables, beside a good secret key."""
    with pytest.raises(BadSettings) as caught:
        read_settings(NEEDED | environ)
    return caught.value.problems


def test_the_table_above_has_every_setting() -> None:
    assert list(SETTINGS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_from_its_variable(name: str) -> None:
    text, value = SETTINGS[name]
    environ = NEEDED | WITH_TLS | MAILBOX | {variable(name): text}
    environ |= {key: "hush" for key in GRANT if name == "imap_oauth_url"}
    assert getattr(read_settings(environ), name) == value
    if name != "secret_key":
        assert getattr(read_settings(NEEDED), name) != value, "else nothing was shown"


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_from_the_file_that_its_variable_names(name: str, tmp_path: Path) -> None:
    text, value = SETTINGS[name]
    path = tmp_path / "setting"
    path.write_text(text + "\n", encoding="utf-8")
    environ = {key: other for key, other in (NEEDED | WITH_TLS | MAILBOX).items() if key != variable(name)}
    assert getattr(read_settings(environ | {f"{variable(name)}_FILE": str(path)}), name) == value


@pytest.mark.parametrize("name", NAMES)
def test_empty_is_not_set(name: str) -> None:
    if name == "secret_key":
        with pytest.raises(BadSettings):
            read_settings({variable(name): ""})
        return
    assert read_settings(NEEDED | {variable(name): ""}) == read_settings(NEEDED)
    assert read_settings(NEEDED | {f"{variable(name)}_FILE": ""}) == read_settings(NEEDED)


def test_only_the_secret_key_is_required() -> None:
    assert read_settings(NEEDED).web_port == 8080
    with pytest.raises(BadSettings) as caught:
        read_settings({})
    assert caught.value.problems == ["MAILBAG_SECRET_KEY is not set: signs every token and link; 32 characters or more"]


def test_settings_cannot_be_changed() -> None:
    settings = read_settings(NEEDED)
    with pytest.raises(FrozenInstanceError):
        settings.demo = True  # type: ignore[misc]


def test_what_is_not_ours_is_let_be() -> None:
    read_settings(NEEDED | {"PATH": "/bin", "MAILBAGS": "7", "mailbag_demo": "maybe", "MAILBAG_SHARED": "../shared"})


# What is unknown, or set twice.


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("MAILBAG_SMPT_PORT", "MAILBAG_SMTP_PORT"),
        ("MAILBAG_SECRETKEY", "MAILBAG_SECRET_KEY"),
        ("MAILBAG_COLUMN_TIMEZONE", "MAILBAG_COLUMN_TIME_ZONE"),
        ("MAILBAG_SECRET_KEY_FIEL", "MAILBAG_SECRET_KEY_FILE"),
        ("MAILBAG_Demo", "MAILBAG_DEMO"),
    ],
)
def test_an_unknown_setting_is_told_with_what_was_probably_meant(typed: str, meant: str) -> None:
    assert problems(**{typed: "1"}) == [f"{typed} is no setting; did you mean {meant}?"]


def test_what_is_like_no_setting_is_told_without_a_guess() -> None:
    assert problems(MAILBAG_JAZZ_QUIZ_FUZZ_BUZZ_FIZZ="1") == ["MAILBAG_JAZZ_QUIZ_FUZZ_BUZZ_FIZZ is no setting"]


def test_a_variable_and_its_file_cannot_both_be_set(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY, encoding="utf-8")
    told = problems(MAILBAG_SECRET_KEY_FILE=str(path))
    assert told == ["MAILBAG_SECRET_KEY: set either MAILBAG_SECRET_KEY or MAILBAG_SECRET_KEY_FILE"]


def test_a_variable_that_is_empty_stands_in_no_files_way(tmp_path: Path) -> None:
    """docker-compose hands on `${NAME:-}` as an empty variable."""
    path = tmp_path / "key"
    path.write_text(KEY, encoding="utf-8")
    assert read_settings({"MAILBAG_SECRET_KEY": "", "MAILBAG_SECRET_KEY_FILE": str(path)}).secret_key == KEY
    assert read_settings({"MAILBAG_SECRET_KEY": KEY, "MAILBAG_SECRET_KEY_FILE": ""}).secret_key == KEY


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (told,) = problems(MAILBAG_RELAY_PASSWORD_FILE=str(tmp_path / "missing"))
    assert told.startswith("MAILBAG_RELAY_PASSWORD: ")
    assert "missing" in told


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"\xff\xfe" + b"k" * 32])
def test_a_file_without_a_key_in_it_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(BadSettings) as caught:
        read_settings({"MAILBAG_SECRET_KEY_FILE": str(path)})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["MAILBAG_SECRET_KEY"]


# What is wrong.

WRONG = {
    "database_url": ["nonsense", "mysql://db.example/mailbag", "postgresql://db.example/mailbag", "mailbag.db"],
    "old_secret_keys": ["short", f"{KEY} short"],
    "base_url": [
        "ask.example.org",
        "ftp://ask.example.org",
        "https://",
        "https:///path",
        "https://ask.example.org/column",
        "https://ask.example.org/?a=b",
        "https://ask.example.org/#top",
        "https://ask.example.org:port",
        "https://ask.example.org:99999",
        "https://[::1",
        "https://ask example.org",
        "javascript:alert(1)",
    ],
    "web_port": ["0", "65536", "-1", "8080.0", "http", "²", "99999999999999999999"],
    "smtp_port": ["0", "smtp"],
    "lmtp_port": ["0"],
    "catcher_port": ["65536"],
    "relay_port": ["twenty-five"],
    "dkim_keys": ["/run/a.pem", "a=", "Ü=/run/a.pem"],
    "digest_hour": ["24", "eight"],
    "digest_weekday": ["1", "someday"],
    "digest_by_itself": ["perhaps"],
    "digest_stands_minutes": ["-1"],
    "digest_workers": ["0"],
    "digest_lines": ["0"],
    "digest_per_second": ["-1", "fast"],
    "digest_per_domain_minute": ["1e3"],
    "digest_lease_seconds": ["0"],
    "max_mail_bytes": ["-1", "25 MB", "1e6", "²"],
    "mail_domain": [
        "localhost",
        "guru@ask.example.org",
        "ask example.org",
        "ask..example.org",
        "x" * 64 + ".example.org",
        "https://ask.example.org",
        "ask.example.org:25",
        "ask.example.org/",
        "ask.example.org.",
        ".example.org",
    ],
    "relay_security": ["TLS", "ssl", "yes"],
    "imap_port": ["0", "imaps"],
    "imap_security": ["ssl"],
    "imap_allow_clear": ["perhaps"],
    "imap_after": ["delete", "move", "move:", "move: ", "Seen"],
    "imap_oauth_url": ["http://id.example/token", "id.example", "https://"],
    "theme_dir": ["/nowhere/at/all"],
    "demo": ["maybe", "2", "ja"],
    "column_prints_passages": ["perhaps"],
    "column_date_format": ["{weekday}", "{month", "{}", "{0}"],
    "column_language": ["tlh", "ar", "german", "../de", "de_"],
    "column_time_zone": ["Europe/Atlantis", "GMT+25", "../etc/passwd", "/etc/localtime"],
    "column_intake": ["everybody", "EDITOR_ASSIGNS"],
    "column_publication": ["at once"],
    "column_hold_seconds": ["an hour", "-1"],
    "column_answer_days": ["4.5"],
    "column_confirm_days": ["soon"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_wrong_value_is_told_by_its_variable_and_what_would_be_right(name: str, text: str) -> None:
    (told,) = problems(**{variable(name): text})
    assert told.startswith(f"{variable(name)}: ")
    assert len(told) > len(f"{variable(name)}: ") + 10


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "yes", "on"])
def test_yes_in_many_words(text: str) -> None:
    assert read_settings(NEEDED | {"MAILBAG_DEMO": text}).demo is True


@pytest.mark.parametrize("text", ["0", "false", "No", "off"])
def test_no_in_many_words(text: str) -> None:
    assert read_settings(NEEDED | {"MAILBAG_DEMO": text}).demo is False


@pytest.mark.parametrize(("length", "is_enough"), [(1, False), (31, False), (32, True), (200, True)])
def test_a_secret_key_has_32_characters_or_more(length: int, is_enough: bool) -> None:
    environ = {"MAILBAG_SECRET_KEY": "k" * length}
    if is_enough:
        assert read_settings(environ).keys == (b"k" * length,)
        return
    with pytest.raises(BadSettings, match="32 characters"):
        read_settings(environ)


def test_the_newest_key_signs_and_the_old_ones_are_known() -> None:
    settings = read_settings(NEEDED | {"MAILBAG_OLD_SECRET_KEYS": f"{'a' * 32} {'b' * 32}"})
    assert settings.keys == (KEY.encode(), b"a" * 32, b"b" * 32)


def test_a_password_is_not_sent_in_clear() -> None:
    (told,) = problems(MAILBAG_RELAY_USER="mailbag", MAILBAG_RELAY_PASSWORD="secret")
    assert "MAILBAG_RELAY_SECURITY" in told
    for security in ("starttls", "tls"):
        read_settings(NEEDED | {"MAILBAG_RELAY_USER": "mailbag", "MAILBAG_RELAY_SECURITY": security})


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, ["MAILBAG_IMAP_USER", "MAILBAG_IMAP_PASSWORD"]),
        (MAILBOX, []),
        (MAILBOX | {"MAILBAG_IMAP_SECURITY": "none"}, ["MAILBAG_IMAP_SECURITY"]),
        (MAILBOX | {"MAILBAG_IMAP_SECURITY": "none", "MAILBAG_IMAP_ALLOW_CLEAR": "yes"}, []),
        (MAILBOX | {"MAILBAG_IMAP_SECURITY": "none", "MAILBAG_IMAP_HOST": "127.0.0.1"}, []),
        (MAILBOX | {"MAILBAG_IMAP_OAUTH_URL": "https://id.example/token"}, ["MAILBAG_IMAP_OAUTH_URL"]),
        ({"MAILBAG_IMAP_USER": "column", "MAILBAG_IMAP_OAUTH_URL": "https://id.example/token"} | GRANT, []),
    ],
)
def test_a_mailbox_needs_a_login_and_a_safe_way_to_it(environ: dict[str, str], told: list[str]) -> None:
    environ = {"MAILBAG_IMAP_HOST": "imap.example"} | environ
    if not told:
        assert read_settings(NEEDED | environ).imap_host
        return
    assert [problem.split()[0].rstrip(":") for problem in problems(**environ)] == told


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings(
            {
                "MAILBAG_WEB_PORT": "http",
                "MAILBAG_SMPT_PORT": "25",
                "MAILBAG_DEMO": "maybe",
                "MAILBAG_RELAY_USER": "mailbag",
                "MAILBAG_BASE_URL_FILE": "/not/there",
            }
        )
    told = "\n".join(caught.value.problems)
    for name in ("WEB_PORT", "SMPT_PORT", "DEMO", "RELAY_USER", "BASE_URL", "SECRET_KEY"):
        assert f"MAILBAG_{name}" in told
    assert len(caught.value.problems) == 6
    assert str(caught.value) == told


def test_no_secret_is_told() -> None:
    environ = {"MAILBAG_SECRET_KEY": "too short", "MAILBAG_RELAY_PASSWORD": "hunter2", "MAILBAG_RELAY_USER": "mailbag"}
    with pytest.raises(BadSettings) as caught:
        read_settings(environ | {"MAILBAG_OLD_SECRET_KEYS": "ancient"})
    for secret in ("too short", "hunter2", "ancient"):
        assert secret not in str(caught.value)


# What follows from the settings.


def test_the_database_is_sqlite_in_the_data_folder_unless_told_otherwise() -> None:
    assert read_settings(NEEDED | {"MAILBAG_DATA_DIR": "/srv/mail"}).database == "sqlite:////srv/mail/mailbag.db"
    url = SETTINGS["database_url"][0]
    assert read_settings(NEEDED | {"MAILBAG_DATABASE_URL": url}).database == url


def test_the_column_is_as_it_was_set() -> None:
    environ = {variable(name): text for name, (text, _) in SETTINGS.items() if name.startswith("column_")}
    column = read_settings(NEEDED | environ).column
    assert (column.title, column.persona, column.noun) == ("Frag den Guru", "Der Guru", "Rat")
    assert (column.tagline, column.disclaimer, column.caution) == ("Rat per Brief", "Only words.", "Call.")
    assert (column.intake, column.publication) == (Intake.STRAIGHT_TO_EXPERT, Publication.AUTO_AFTER_HOLD)
    assert (column.hold, column.time_to_answer) == (timedelta(0), timedelta(days=14))
    assert column.time_to_confirm == timedelta(days=1)
    assert column.time_zone == ZoneInfo("Europe/London")


def test_a_column_that_was_not_set_up_publishes_nothing_by_itself() -> None:
    settings = read_settings(NEEDED)
    assert settings.column.intake is Intake.EDITOR_ASSIGNS
    assert settings.column.publication is Publication.EDITOR_APPROVES
    assert settings.demo is False
    assert {settings.web_host, settings.listen_host} == {"127.0.0.1"}


# What is written about the settings.


@pytest.mark.parametrize("name", NAMES)
def test_the_help_has_every_setting_with_its_sentence_and_default(name: str) -> None:
    entry = next(field for field in fields(Settings) if field.name == name)
    (told,) = re.findall(rf"^  {variable(name)}\n      (.+) \[(.+)\]$", settings_help(), re.MULTILINE)
    assert told[0] == entry.metadata["help"]
    assert told[1]


def test_the_help_tells_defaults_as_they_would_be_typed() -> None:
    text = settings_help()
    for default in ("[required]", "[8080]", "[no]", "[empty]", "[UTC]", "[editor_assigns]", "[http://127.0.0.1:8080]"):
        assert default in text
    assert "ZoneInfo" not in text


@pytest.mark.parametrize("name", ["README.md", "docker-compose.yml", "Dockerfile", "demo", "check"])
def test_what_is_written_elsewhere_names_only_settings_that_there_are(name: str) -> None:
    named = set(re.findall(r"MAILBAG_[A-Z_]+[A-Z]", (ROOT / name).read_text(encoding="utf-8")))
    known = {variable(setting) for setting in NAMES}
    assert named - known - {f"{setting}_FILE" for setting in known} == set()


def test_the_grown_forms_settings_can_be_read(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        environ = {key: value for key, value in service.get("environment", {}).items() if key.startswith("MAILBAG_")}
        for key, value in environ.items():
            if key.endswith("_FILE"):
                path = tmp_path / key
                path.write_text(
                    {"MAILBAG_SECRET_KEY_FILE": KEY}.get(key, SETTINGS["database_url"][0]), encoding="utf-8"
                )
                environ[key] = str(path)
            else:
                environ[key] = re.sub(r"\$\{[A-Z_]+:-(.*)\}", r"\1", value)
        if environ:
            read_settings(environ)


def test_a_border_without_its_name_is_told() -> None:
    (problem,) = problems(MAILBAG_AUTHENTICATION="border")
    assert problem.startswith("MAILBAG_AUTHSERV_ID: border needs the name")


@pytest.mark.parametrize("text", ["mx.example.org;evil", "-mx", "mx/1"])
def test_a_name_that_no_border_has_is_told(text: str) -> None:
    assert problems(MAILBAG_AUTHENTICATION="off", MAILBAG_AUTHSERV_ID=text)[0].startswith("MAILBAG_AUTHSERV_ID: a name")


def test_our_own_check_without_its_libraries_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkimcheck, "IS_INSTALLED", False)
    (problem,) = problems()
    assert 'pip install "mailbag[mailauth]"' in problem
    assert read_settings(NEEDED | {"MAILBAG_AUTHENTICATION": "off"}).authentication is Authentication.OFF
