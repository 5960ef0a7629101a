"""A theme is taken only where all of it can be read, in the light and in the dark."""

from pathlib import Path

import pytest

from app.domain.theme import DARK, LIGHT, BadTheme, colours, contrast, read_theme

STYLE = Path(__file__).parents[2] / "app/web/static/style.css"
GREEN = """/* :root{--accent:#fff} */ :root{--accent:#1f6247;--on-accent:#FFF;--paper:#f6f7f3;--wash:#e9ece3}
@media screen and (prefers-color-scheme:dark){
:root{--accent:#8fd6b1;--on-accent:#0f1a14;--paper:#12181a;--wash:#20282a}}
@media print{:root{--accent:#000}}"""
LEAF = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'


def theme(folder: Path, css: str = "", logo: str = "") -> Path:
    for name, text in (("theme.css", css), ("logo.svg", logo)):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(BadTheme) as error:
        read_theme(folder)
    return error.value.problems


def test_what_a_theme_is_weighed_against_is_our_own_sheet() -> None:
    assert colours(STYLE.read_text(encoding="utf-8")) == (LIGHT, DARK)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def test_each_scheme_has_the_colours_that_count_in_it(tmp_path: Path) -> None:
    found = read_theme(theme(tmp_path, GREEN, LEAF))
    assert (found.light["accent"], found.dark["accent"]) == ("#1f6247", "#8fd6b1")
    assert found.light["ink"] == LIGHT["ink"]
    assert found.logo.startswith("<svg")


@pytest.mark.parametrize(
    ("css", "named"),
    [
        (":root{--accent:#ff8800}", "--accent #ff8800 on --paper #faf7f1 in the light has a contrast of 2.24:1"),
        (":root{--on-accent:#a3271b}", "--on-accent"),
        (":root{--accent:#1f6247}", "in the dark"),  # what is set for both is too dark there
        ("@media (prefers-color-scheme:dark){:root{--paper:#fff}}", "--ink"),
        (":root{--accent:rgb(0 0 0)}", "write it as #rrggbb"),
        (":root{--accent:var(--ink)}", "write it as #rrggbb"),
        ("@import 'https://fonts.example/x.css';", "@import"),
        ("body{background:url(//elsewhere.example/x.png)}", "url("),
    ],
)
def test_what_cannot_be_read_or_asks_elsewhere_is_named(tmp_path: Path, css: str, named: str) -> None:
    assert any(named in fault for fault in faults(theme(tmp_path, css)))


@pytest.mark.parametrize("inside", ["data:,x", "'data:,x'", '"data:,x"', " data:,x ", ' "data:,x" '])
def test_a_picture_may_stand_in_the_sheet_itself(tmp_path: Path, inside: str) -> None:
    assert read_theme(theme(tmp_path, f"body{{background:url({inside})}}")).css


@pytest.mark.parametrize(
    "inside",
    ["<script>alert(1)</script>", '<path onload="x()"/>', '<g style="fill:red"/>', '<a href="https://x.example"/>'],
)
def test_a_logo_is_shapes_alone(tmp_path: Path, inside: str) -> None:
    logo = f'<svg viewBox="0 0 9 9">{inside}</svg>'
    assert "may not stand in it" in faults(theme(tmp_path, logo=logo))[0]


def test_a_folder_without_a_theme_says_what_is_missing(tmp_path: Path) -> None:
    assert "no theme.css" in faults(tmp_path)[0]
    assert "there is no folder" in faults(tmp_path / "nowhere")[0]
    assert "would be slow" in faults(theme(tmp_path, "/*" + "x" * 70_000 + "*/"))[0]
    (tmp_path / "theme.css").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in faults(tmp_path)[0]
