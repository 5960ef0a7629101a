"""The keys that sign what we send: what has to stand in the DNS, and whether it does."""

import sys

import click

from app.cli.opening import current_settings

_LONGEST_STRING = 255  # of a TXT record's: RFC 1035, 3.3


@click.command()
@click.option("--look", is_flag=True, help="Ask the DNS whether each is there, as receivers do; status 1 if not.")
def dkim(*, look: bool) -> None:
    """Show what has to stand in the DNS for the keys of MAILBAG_DKIM_KEYS, as lines of a zone file.

    Where a form asks for the text of a TXT record, the strings between the quotation marks are one text. A key is made
    by: openssl genrsa -out s1.pem 2048; or: openssl genpkey -algorithm ed25519 -out s2.pem
    """
    from app.bootstrap import keys_of
    from app.config import BadSettings

    settings = current_settings()
    try:
        keys = keys_of(settings)
    except BadSettings as error:
        raise click.ClickException(f"the settings are wrong:\n  {error}") from None
    if not keys:
        raise click.ClickException("MAILBAG_DKIM_KEYS is empty: Mailbag signs nothing, and leaves it to your MTA")
    missing = 0
    for key in keys:
        name = f"{key.selector}._domainkey.{settings.mail_domain}"
        click.echo(f"{name}. IN TXT ( {_strings(key.record)} )")
        if look:
            found = _found(name)
            is_there = found is not None and key.is_in(found)
            missing += not is_there
            click.echo(f"  {'is in the DNS' if is_there else _instead(found)}")
    if missing:
        sys.exit(1)


def _strings(record: str) -> str:
    return " ".join(f'"{record[at : at + _LONGEST_STRING]}"' for at in range(0, len(record), _LONGEST_STRING))


def _found(name: str) -> bytes | None:
    from app.mail import dkimcheck

    if not dkimcheck.IS_INSTALLED:
        raise click.ClickException('--look needs: pip install "mailbag[mailauth]"')
    return dkimcheck.look_up_key(name)


def _instead(found: bytes | None) -> str:
    if found is None:
        return "is not in the DNS, or the DNS does not answer; a new record may need some hours"
    return f"is not in the DNS, where another one stands: {found.decode('utf-8', 'replace')[:120]}"
