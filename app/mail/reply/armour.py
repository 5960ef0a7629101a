"""PGP's armour inside a plain text: the text of a signed one, and whether it is an encrypted one."""

SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n"
SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----\n"
SIGNATURE_END = "-----END PGP SIGNATURE-----"
ENCRYPTED = "-----BEGIN PGP MESSAGE-----\n"


def without_armour(text: str) -> tuple[str, str]:
    """(text, "signed" | "encrypted" | ""). What stands below the armour, a list's footer, stays."""
    if text.lstrip().startswith(ENCRYPTED):
        return "", "encrypted"
    above, start, below = text.partition(SIGNED)
    if not start or above.strip():
        return text, ""  # the armour of a mail that is quoted
    _, _, body = below.partition("\n\n")  # "Hash: SHA256"
    body, start, below = body.partition(SIGNATURE)
    if not start:
        return text, ""
    _, _, footer = below.partition(SIGNATURE_END)
    lines = (line.removeprefix("- ") for line in f"{body}\n{footer.lstrip()}".split("\n"))  # RFC 9580, section 7.2
    return "\n".join(lines), "signed"
