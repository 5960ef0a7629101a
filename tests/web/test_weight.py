"""A page is light: what a reader's browser fetches for it, zipped, and nothing moves when a picture comes."""

import re

from flask.testing import FlaskClient

from app.usecases import staffing
from app.usecases.importing import import_text
from tests.conftest import ROOT
from tests.mail.test_portrait import picture
from tests.office import Office
from tests.web.kinds import ON_SQLITE

MOST = 30 * 1024  # octets
ZIPPED = {"Accept-Encoding": "gzip"}


def weight(client: FlaskClient, address: str) -> int:
    with client.get(address, headers=ZIPPED) as answer:
        assert answer.status_code == 200, address
        return len(answer.data)


@ON_SQLITE
def test_front_and_letter_weigh_less_than_30_kilobytes_with_all_that_they_name(
    office: Office, client: FlaskClient
) -> None:
    samples = (ROOT / "samples/letters.txt").read_text(encoding="utf-8")
    assert import_text(office.mailbag, samples, is_html=False).new > 7
    staffing.portray_expert(office.mailbag, 1, picture())
    letter = client.get("/").text.split('<h2><a href="')[1].split('"')[0]
    for place in ("/", letter, "/archive", "/experts/the-guru/"):
        page = client.get(place).text
        named = re.findall(
            r'<(?:link rel="(?:stylesheet|icon)"[^>]* href|script[^>]* src|img[^>]* src)="([^"]+)"', page
        )
        assert len(named) >= 3
        assert sum(weight(client, address) for address in (place, *named)) < MOST, place
        for image in re.findall(r"<img[^>]+>", page):
            assert re.search(r' width="\d+" height="\d+"', image), image
