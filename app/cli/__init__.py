"""The `mailbag` command: what whoever runs a column does at a terminal. Every command imports only what it needs."""

import click

from app.cli import digest, doors, exporting, importing, letters, opening, people, subscribers, themes


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    people.topic,
    people.expert,
    people.editor,
    subscribers.subscribers,
    themes.theme,
):
    cli.add_command(command)


def main() -> None:
    cli(prog_name="mailbag")
