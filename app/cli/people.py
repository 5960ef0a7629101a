"""What may be asked about, who answers, and who sits at the desk."""

import click

from app.cli.opening import current_settings, open_mailbag


def _name(text: str) -> str:
    """One line, as it is printed; the type of an argument."""
    from app.domain.letter import clean_line

    name = clean_line(text)
    if not 0 < len(name) <= 100:
        raise click.BadParameter("a name has 1 to 100 characters")
    return name


@click.group()
def topic() -> None:
    """What people may ask about."""


@topic.command(name="add")
@click.argument("name", type=_name)
def add_topic(name: str) -> None:
    """Add a topic, named as it is printed: "Running Advice". Every expert covers it."""
    from app.usecases.staffing import add_topic

    add_topic(open_mailbag(), name)
    click.echo(f"{name}: readers may ask about it.")


@click.group()
def expert() -> None:
    """Who answers."""


@expert.command(name="add")
@click.argument("public_name", type=_name)
@click.argument("address")
@click.option(
    "--topic",
    "topics",
    type=_name,
    metavar="NAME",
    multiple=True,
    help="A topic that she covers; default: all there are.",
)
def add_expert(public_name: str, address: str, topics: tuple[str, ...]) -> None:
    """Add an expert, or change her address or topics. Her address is never shown to anybody."""
    from app.domain.errors import NotFound
    from app.mail.address import BadAddress
    from app.usecases.staffing import add_expert

    try:
        covered = add_expert(open_mailbag(), public_name, address, topics)
    except BadAddress as error:
        raise click.ClickException(f"{address} is no address that mail could go to ({error.problem})") from None
    except NotFound as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{public_name} covers: {', '.join(covered) or 'nothing yet; mailbag topic add'}.")


@click.group()
def editor() -> None:
    """Who sits at the desk."""


@editor.command(name="add")
@click.argument("name", type=_name)
@click.argument("address")
def add_editor(name: str, address: str) -> None:
    """Add an editor. She signs in at /desk with a link that is mailed to her."""
    from app.mail.address import BadAddress
    from app.usecases.staffing import add_editor

    try:
        add_editor(open_mailbag(), name, address)
    except BadAddress as error:
        raise click.ClickException(f"{address} is no address that mail could go to ({error.problem})") from None
    click.echo(f"{name} may sign in at {current_settings().base_url}/desk/")
