"""An archive is believed only where every octet of it is what was signed."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import archive as printed
from app.usecases.archiving import BadArchive, ColumnKey, Seal, open_archive, restore
from app.usecases.archiving.letters import as_bytes
from app.usecases.archiving.sealing import fingerprint, signer_of
from app.usecases.importing import import_text
from tests.office import Office, open_copy
from tests.usecases.archiving.columns import KEY, OLD, archive_of

LETTER = "letters/2014/01/11/"


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    with open_copy(sqlite_template, tmp_path / "m.db") as opened:
        yield opened


@pytest.fixture
def files(office: Office, tmp_path: Path) -> dict[str, bytes]:
    """Of an archive with one letter."""
    import_text(office.mailbag, OLD, is_html=False)
    archive_of(office, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, raw in files.items():
            target.writestr(name, raw)
    return stream


def resealed(files: dict[str, bytes], key: ColumnKey = KEY) -> dict[str, bytes]:
    """With a list and a signature that fit: what somebody with a key of his own would send."""
    inner = {name: raw for name, raw in files.items() if not name.startswith("manifest")}
    digests = {name: hashlib.sha256(raw).hexdigest() for name, raw in inner.items()}
    manifest = as_bytes({"format": "mailbag archive", "version": 1, "files": digests})
    return {**inner, "manifest.json": manifest, "manifest.sig": key.seal(manifest)}


def name_of(files: dict[str, bytes], suffix: str = ".json") -> str:
    return next(name for name in files if name.startswith(LETTER) and name.endswith(suffix))


def refused(stream: io.BytesIO) -> str:
    with pytest.raises(BadArchive) as error, open_archive(stream):
        pass
    return str(error.value)


def test_whose_an_archive_is_is_told(files: dict[str, bytes]) -> None:
    with open_archive(packed(files)) as archive:
        assert archive.seal(KEY.public) is Seal.OURS
        assert archive.seal(ColumnKey(b"o" * 32).public) is Seal.FOREIGN
    with open_archive(packed({name: raw for name, raw in files.items() if name != "manifest.sig"})) as archive:
        assert archive.seal(KEY.public) is Seal.NONE


def test_the_same_archive_compressed_by_somebody_is_still_that_archive(files: dict[str, bytes]) -> None:
    with open_archive(packed(files, zipfile.ZIP_DEFLATED)) as archive:
        assert archive.seal(KEY.public) is Seal.OURS


def test_one_changed_octet_anywhere_is_refused(files: dict[str, bytes]) -> None:
    for name, raw in files.items():
        changed = files | {name: raw.replace(b"e", b"E", 1)}
        assert refused(packed(changed)), name


def test_a_missing_an_added_and_a_doubled_file_are_refused(files: dict[str, bytes]) -> None:
    without = {name: raw for name, raw in files.items() if name != name_of(files, ".md")}
    assert "but not in both" in refused(packed(without))
    assert "but not in both" in refused(packed(files | {f"{LETTER}another-aaaaaa.md": b"x"}))
    stream = packed(files)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(stream, "a") as target:
        target.writestr("README.txt", b"x")
    assert "one name" in refused(stream)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "letters/../../etc/passwd",
        "/etc/passwd",
        "letters/2014/01/11/../../../../x-aaaaaa.json",
        "C:\\evil.json",
        "letters\\2014\\x.json",
        "letters/2014/01/11/x-aaaaaa.py",
        "letters/2014/01/11/",
        "letters/2014/01/11/ü-aaaaaa.json",
    ],
)
def test_names_that_lead_elsewhere_are_refused(files: dict[str, bytes], name: str) -> None:
    assert "no name of a file" in refused(packed(resealed(files | {name: b"{}"})))


def test_links_and_bombs_are_refused(files: dict[str, bytes]) -> None:
    link = packed(files)
    with zipfile.ZipFile(link, "a") as target:
        entry = zipfile.ZipInfo(f"{LETTER}a-link-aaaaaa.md")
        entry.external_attr = 0o120777 << 16
        target.writestr(entry, "/etc/passwd")
    assert "no plain file" in refused(link)
    bomb = packed(resealed(files | {name_of(files, ".md"): b"0" * 60_000_000}), zipfile.ZIP_DEFLATED)
    assert "unpack to far more" in refused(bomb)
    large = packed(resealed(files | {name_of(files, ".md"): b"0" * 9_000_000}))
    assert "larger than any letter" in refused(large)


def test_an_entry_that_lies_about_its_size_is_read_no_further_than_a_letter(files: dict[str, bytes]) -> None:
    stream = packed(resealed(files | {name_of(files, ".md"): b"0" * 9_000_000}), zipfile.ZIP_DEFLATED)
    raw = stream.getvalue().replace((9_000_000).to_bytes(4, "little"), (9_000).to_bytes(4, "little"))
    assert refused(io.BytesIO(raw))


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x05\x06" + bytes(18), b"PK\x03\x04 broken", b"Jan 11th, 2014\n", b"PK\x05\x06" + b"\xff" * 18],
    ids=["nothing", "empty", "broken", "text", "lying"],
)
def test_what_is_no_archive_is_told(raw: bytes) -> None:
    assert refused(io.BytesIO(raw))


def test_a_list_of_another_form_is_told(files: dict[str, bytes]) -> None:
    for manifest in (b"[]", b"{}", b"null", b"{", b'{"format": "x"}', b"\xff", b"[" * 100_000):
        assert refused(packed(files | {"manifest.json": manifest, "manifest.sig": KEY.seal(manifest)}))
    newer = files["manifest.json"].replace(b'"version": 2', b'"version": 3')
    assert "version 3" in refused(packed(files | {"manifest.json": newer, "manifest.sig": KEY.seal(newer)}))
    twice = json.loads(files["column.json"])
    twice["letters"] *= 2
    assert "list of letters" in refused(packed(resealed(files | {"column.json": as_bytes(twice)})))


@pytest.mark.parametrize(
    "fields",
    [
        {"topics": 7},
        {"topics": [{"name": "Heel Advice"}]},
        {"topics": [{"name": "Heel Advice", "slug": "../heel"}]},
        {"topics": [{"name": "Heel\0Advice", "slug": "heel"}]},
        {"topics": [{"name": " ", "slug": "heel"}]},
        {"experts": ["x" * 101]},
        {"experts": [7]},
        {"experts": {}},
    ],
    ids=str,
)
def test_names_of_another_form_are_told(files: dict[str, bytes], fields: dict[str, object]) -> None:
    column = json.loads(files["column.json"])
    assert refused(packed(resealed(files | {"column.json": as_bytes(column | fields)})))
    for missing in fields:
        without = {name: value for name, value in column.items() if name != missing}
        assert refused(packed(resealed(files | {"column.json": as_bytes(without)})))


def test_a_number_that_no_computer_reads_is_told(files: dict[str, bytes]) -> None:
    column = files["column.json"].rstrip().removesuffix(b"}") + b', "x": ' + b"1" * 5000 + b"}"
    assert refused(packed(resealed(files | {"column.json": column})))


def change(files: dict[str, bytes], **fields: object) -> dict[str, bytes]:
    name = name_of(files)
    return resealed(files | {name: as_bytes(json.loads(files[name]) | fields)})


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "a\0b"},
        {"question": 7},
        {"asker": "x" * 201},
        {"slug": "../x"},
        {"slug": "another"},
        {"id": "aaaaaa"},
        {"published_at": "2014-01-11T12:00:00"},
        {"published_at": "9999-12-31T23:59:59-12:00"},
        {"asked_at": "0001-01-01T00:00:00+12:00"},
        {"published_on": "11/01/14"},
        {"answers": []},
        {"answers": [{"text": "x"}]},
        {"old_addresses": ["https://evil.example/x"]},
        {"source": "archive:me"},
    ],
    ids=str,
)
def test_a_letter_of_another_form_is_left_out_and_named(
    files: dict[str, bytes], office: Office, fields: dict[str, object]
) -> None:
    with open_archive(packed(change(files, **fields))) as archive:
        report = restore(office.mailbag, archive)
    assert (report.new, report.known, report.bad) == (0, 0, [name_of(files)])


def test_another_letter_at_the_same_address_is_left_as_it_is(files: dict[str, bytes], office: Office) -> None:
    with open_archive(packed(change(files, question="Another text."))) as archive:
        report = restore(office.mailbag, archive)
    assert (report.new, report.known, report.taken) == (0, 0, [name_of(files)])


def test_a_preview_stores_nothing(files: dict[str, bytes], tmp_path: Path, sqlite_template: Path) -> None:
    with open_copy(sqlite_template, tmp_path / "e.db") as empty, open_archive(packed(files)) as archive:
        assert restore(empty.mailbag, archive, dry_run=True).new == 1
        with empty.mailbag.database.read() as tx:
            assert printed.count(tx) == 0
            assert printed.experts(tx) == {}


def test_a_letter_that_was_imported_before_is_not_imported_from_its_old_file_again(
    files: dict[str, bytes], tmp_path: Path, sqlite_template: Path
) -> None:
    with open_copy(sqlite_template, tmp_path / "e.db") as empty:
        with open_archive(packed(files)) as archive:
            assert restore(empty.mailbag, archive).new == 1
        assert import_text(empty.mailbag, OLD, is_html=False).new == 0


def test_a_seal_is_a_signature_of_exactly_this_list() -> None:
    seal = KEY.seal(b"list")
    assert signer_of(seal, b"list") == KEY.public
    assert signer_of(seal, b"lists") is None
    assert KEY.seal(b"list") == seal
    for odd in (b"", b"{}", b"[]", b"\xff", seal.replace(b"Ed25519", b"none"), seal.replace(b'": "', b'": "0')):
        assert signer_of(odd, b"list") is None
    assert len(fingerprint(KEY.public)) == 19
