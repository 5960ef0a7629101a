"""Old addresses lead to the letters that stand for them now."""

from flask.testing import FlaskClient

from app.domain.event import Action, advance
from app.domain.moved import path_of
from app.domain.question import Question
from app.store import archive
from app.usecases.importing import Defaults, import_letters, letters
from app.usecases.importing.fields import letter_of
from tests.office import Office


def import_from(office: Office, address: str, question: str = "My heel hurts every morning.") -> str:
    """The path of a letter that stood at `address` before."""
    values = {"date": "2014-01-11", "question": question, "answer": "Roll it.", "address": address}
    letter = letter_of(values, letters.Place(1), Defaults("The Guru", "Running Advice"))
    import_letters(office.mailbag, iter([letter]))
    with office.mailbag.database.read() as tx:
        return next(q.path for q in archive.newest(tx, size=9).questions if q.text == question)


def test_an_old_address_leads_to_the_letter(office: Office, client: FlaskClient) -> None:
    for old, asked in (
        ("https://old.example/heel-pain/", "/heel-pain/"),
        ("https://old.example/heel-pains/", "/heel-pains"),
        ("http://old.example/guru/2014/heel.html?utm=x#top", "/guru/2014/heel.html"),
        ("/2014/01/11/my-heel-hurts/", "/2014/01/11/my-heel-hurts/"),
        ("/2014/01/12/my-heel-hurts/", "/2014/01/12/my-heel-hurts"),
        ("https://old.example/r%C3%BCcken/", "/rücken/"),
        ("https://old.example/?p=12", "/?p=12"),
    ):
        path = import_from(office, old, f"My heel hurts, as I wrote at {old}")
        response = client.get(asked)
        assert (response.status_code, response.location) == (301, path), asked


def test_other_addresses_stay_unknown(office: Office, client: FlaskClient) -> None:
    import_from(office, "https://old.example/?p=12")
    assert client.get("/heel-pain/").status_code == 404
    assert client.get("/?p=13").status_code == 200
    assert client.get("/?p=").status_code == 200
    assert client.post("/heel-pain/").status_code == 404


def test_a_page_of_ours_comes_before_an_old_address(office: Office, client: FlaskClient) -> None:
    import_from(office, "https://old.example/about")
    assert client.get("/about").status_code == 200


def test_two_letters_do_not_share_an_old_address(office: Office, client: FlaskClient) -> None:
    first = import_from(office, "/heel")
    import_from(office, "/heel", "Another letter, and no word of the first.")
    assert client.get("/heel").location == first


def test_the_old_address_of_a_withdrawn_letter_tells_why(office: Office, client: FlaskClient) -> None:
    path = import_from(office, "/heel")
    with office.mailbag.database.write() as tx:
        question = tx.session.query(Question).one()
        advance(question, Action.WITHDRAW, at=office.clock(), actor="editor Anna", detail="She asked for it.")
    assert client.get("/heel").location == path
    gone = client.get("/heel", follow_redirects=True)
    assert gone.status_code == 410
    assert "She asked for it." in gone.text


def test_every_former_slug_leads_to_the_letter(office: Office, client: FlaskClient) -> None:
    """The short id finds it: an address survives every change of the words before it, and of the date."""
    path = import_from(office, "")
    public_id = path.rpartition("-")[2]
    for old in (f"/2014/01/11/a-slug-of-before-{public_id}", f"/2013/12/31/{public_id}", f"{path}.md"):
        assert client.get(old, follow_redirects=True).status_code == 200
    with office.mailbag.database.write() as tx:
        tx.session.query(Question).one().slug = "another-one"
    moved = client.get(path)
    assert (moved.status_code, moved.location) == (301, f"/2014/01/11/another-one-{public_id}")


def test_an_address_is_a_path_or_nothing() -> None:
    assert path_of("https://old.example/a/b/?x=1") == "/a/b"
    assert path_of("https://old.example/") == path_of("") == path_of("https://old.example/?page_id=x") == ""
    assert path_of("/?p=7") == "/?p=7"
    assert path_of("http://[bad") == ""
    assert path_of("/a%00b") == ""
    assert path_of("/" + "x" * 500) == ""
