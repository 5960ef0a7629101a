"""What may be asked about, who answers, and who sits at the desk."""

from typing import BinaryIO, TextIO

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


@expert.command(name="describe")
@click.argument("public_name", type=_name)
@click.option("--credentials", help="One line that is printed with her name: “Chartered physiotherapist”.")
@click.option("--about", type=click.File(encoding="utf-8"), help="A file with a few sentences, Markdown; - reads them.")
@click.option("--picture", type=click.File("rb"), help="Her picture: JPEG, PNG, WebP or GIF.")
@click.option("--no-picture", is_flag=True, help="Take her picture away.")
def describe_expert(
    public_name: str, credentials: str | None, about: TextIO | None, picture: BinaryIO | None, *, no_picture: bool
) -> None:
    """What readers are told of an expert, on her page and at her answers."""
    from app.domain.errors import BadPicture, PrivateText
    from app.store.people import known_expert
    from app.usecases import staffing

    mailbag = open_mailbag()
    with mailbag.database.read() as tx:
        found = known_expert(tx, public_name)
    if found is None or found.id is None:
        raise click.ClickException(f"the column has no expert “{public_name}”; add her first: mailbag expert add")
    try:
        words = about.read() if about else None
        staffing.describe_expert(mailbag, found.id, credentials=credentials, about=words)
        if picture is not None or no_picture:
            staffing.portray_expert(mailbag, found.id, picture.read() if picture else None)
    except UnicodeDecodeError:
        raise click.ClickException("the file with words about her is no UTF-8; save it as UTF-8") from None
    except PrivateText:
        raise click.ClickException("her private address stands in it, and would be printed") from None
    except BadPicture:
        raise click.ClickException("this is no JPEG, PNG, WebP or GIF picture, or it is far too large") from None
    click.echo(f"{public_name}: readers see it now.")


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
