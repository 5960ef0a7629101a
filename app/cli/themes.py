"""A column's theme: whether a folder is one, and can be read."""

import sys
from pathlib import Path

import click


@click.group()
def theme() -> None:
    """How the column looks."""


@theme.command(name="check")
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Look whether FOLDER can be set as MAILBAG_THEME_DIR, and is readable in the light and in the dark."""
    from app.domain.theme import BadTheme, contrast, read_theme

    try:
        found = read_theme(folder)
    except BadTheme as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(1)
    for scheme, colours in (("light", found.light), ("dark", found.dark)):
        ratios = [f"{contrast(colours['accent'], colours[ground]):.1f}" for ground in ("paper", "sheet", "wash")]
        click.echo(f"{scheme}: accent {colours['accent']} on paper, sheet and wash {', '.join(ratios)} to 1")
    parts = {"theme.css": found.css, "logo.svg": found.logo, "templates": found.templates}
    click.echo(f"{folder} is a theme: {', '.join(name for name, part in parts.items() if part)}.")
