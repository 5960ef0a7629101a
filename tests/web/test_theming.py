"""A theme on the pages: its sheet after ours, its logo, its templates before ours, its colours on pictures."""

from io import BytesIO
from pathlib import Path

import html5lib
from flask.testing import FlaskClient
from PIL import Image

from app.domain.theme import read_theme, rgb
from app.mail.compose import Composer
from app.web import create_app
from tests.domain.test_theme import GREEN, LEAF, theme
from tests.office import TEMPLATES, Office
from tests.web.kinds import ON_SQLITE

ABOUT = '{% extends "original/about.html" %}{% block title %}Who <i>we</i> are{% endblock %}'


def themed(office: Office, folder: Path) -> FlaskClient:
    theme(folder, GREEN, LEAF)
    (folder / "templates/web").mkdir(parents=True)
    (folder / "templates/web/about.html").write_text(ABOUT, encoding="utf-8")
    return create_app(office.mailbag, templates=TEMPLATES, theme=read_theme(folder)).test_client()


@ON_SQLITE
def test_pages_have_its_sheet_after_ours_and_its_logo(office: Office, tmp_path: Path) -> None:
    client = themed(office, tmp_path)
    for place in ("/", "/archive", "/desk/sign-in"):
        page = client.get(place).text
        html5lib.HTMLParser(strict=True).parse(page)
        sheet = page.split('href="/theme/')[1].split('"')[0]
        assert page.index("style.css") < page.index("mailbag.css") < page.index("/theme/")
        assert '<path d="M1 1h7v7z"/></svg> Ask The Guru</a>' in page
    answer = client.get(f"/theme/{sheet}")
    assert answer.text == GREEN
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/theme/000000000000.css").status_code == 404


@ON_SQLITE
def test_its_templates_come_before_ours_and_may_build_on_them(
    office: Office, client: FlaskClient, tmp_path: Path
) -> None:
    page = themed(office, tmp_path).get("/about").text
    assert "<title>Who <i>we</i> are</title>" in page
    assert 'id="disclaimer"' in page
    assert "Who <i>we</i> are" not in client.get("/about").text
    assert client.get("/about").headers["ETag"] != themed_etag(office, tmp_path)


def themed_etag(office: Office, folder: Path) -> str:
    client = create_app(office.mailbag, templates=TEMPLATES, theme=read_theme(folder)).test_client()
    return client.get("/about").headers["ETag"]


@ON_SQLITE
def test_pictures_are_drawn_in_its_colours(office: Office, tmp_path: Path) -> None:
    client = themed(office, tmp_path)
    address = client.get("/").text.split('og:image" content="https://guru.example')[1].split('"')[0]
    with Image.open(BytesIO(client.get(address).data)) as picture:
        assert picture.convert("RGB").getpixel((2, 400)) == rgb("#f6f7f3")


@ON_SQLITE
def test_a_mail_of_the_theme_is_sent_instead_of_ours(office: Office, tmp_path: Path) -> None:
    (tmp_path / "declined.txt.j2").write_text("{% block subject %}x{% endblock %}{% block text %}Sorry.{% endblock %}")
    mailbag = office.mailbag
    composer = Composer(templates=TEMPLATES / "mail", column=mailbag.column, links=mailbag.links, themed=tmp_path)
    delivery = office.deliveries()
    office.ask()
    delivery = office.deliveries()[-1]
    with mailbag.database.read() as tx:
        found = tx.session.merge(delivery)
        assert b"Just reply" in composer.compose(found, at=office.clock())
        found.kind = type(found.kind).DECLINED
        assert b"Sorry." in composer.compose(found, at=office.clock())
