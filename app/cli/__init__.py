"""The `mailbag` command: what whoever runs a column does at a terminal. Every command imports only what it needs."""

from typing import Any

import click

from app.cli import digest, doors, exporting, importing, letters, opening, people, signing, subscribers, themes


class _Plain(click.Group):
    """What the machine refuses is told in a sentence: a file, a folder, the database."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever read along has enough
            raise
        except OSError as error:
            raise click.ClickException(f"{_refused(error)}; look whether it is there, and yours to use") from None
        except Exception as error:
            from sqlalchemy.exc import DBAPIError

            if not isinstance(error, DBAPIError):
                raise
            raise click.ClickException(_of_database(error.orig)) from None


def _refused(error: OSError) -> str:
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)


def _of_database(error: BaseException | None) -> str:
    said = " ".join(str(error).split())[:200]
    if "locked" in said:
        return "another program holds the database locked; wait until it is done, or stop it, and try again"
    return f"the database refused ({said}); check MAILBAG_DATABASE_URL, its disk and its rights, and try again"


@click.group(cls=_Plain, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run an ask-the-expert column by email.

    Settings come from the environment; `mailbag settings` lists them. A first column, step by step:

    \b
      mailbag migrate                       make or update the database
      mailbag topic add "Running Advice"    what people may ask about
      mailbag expert add "The Guru" guru@example.org
      mailbag editor add Anna anna@example.org

    Then run the web server, the worker, the clock and `mailbag doors`: docker-compose.yml shows how.
    """


for command in (
    opening.settings,
    opening.migrate,
    importing.import_,
    exporting.export,
    letters.read,
    letters.reparse,
    doors.doors,
    doors.deliver,
    digest.digest,
    digest.lint,
    signing.dkim,
    people.topic,
    people.expert,
    people.editor,
    subscribers.subscribers,
    themes.theme,
):
    cli.add_command(command)


def main() -> None:
    cli(prog_name="mailbag")
