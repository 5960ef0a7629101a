"""A link of an HTML mail as Markdown; as bare words where its address says nothing more than its words."""

from urllib.parse import parse_qs, unquote, urlsplit

from app.mail.reply.containers import DATA

_SCHEMES = ("http://", "https://", "mailto:", "ftp://")
_REDIRECTS: dict[str, str] = DATA["redirect"]
_ADVERTISING: tuple[str, ...] = tuple(DATA["advertising"]["links"])
_URLDEFENSE = "https://urldefense.com/v3/__"
_LONGEST = 2_000
_ESCAPES = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "\r": "", "\t": ""}


def address_of(href: str) -> str:
    """Where a link really leads; "" for what cannot be followed from a page."""
    href = href.strip()
    if not href.lower().startswith(_SCHEMES) or len(href) > _LONGEST:
        return ""
    return "" if href.startswith(_ADVERTISING) else _unwrapped(href)


def as_markdown(words: str, address: str) -> str:
    """[words](address), or words alone when they are that address."""
    bare = words.strip("*")
    if not address or not any(map(str.isalnum, bare)) or _essence(bare) == _essence(address):
        return words
    if address.lower().startswith("mailto:") and "@" in bare:
        return words  # an address book's name for it, or the program's own link
    if "[" in words or "]" in words:
        words = words.replace("[", "(").replace("]", ")")
    return f"[{words}]({''.join(_ESCAPES.get(char, char) for char in address)})"


def _essence(address: str) -> str:
    """Without what programs add when they make a link of words."""
    text = unquote(address).strip("<>()[] ").lower()
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    return text.removeprefix("www.").rstrip("/.,")


def _unwrapped(href: str) -> str:
    if href.startswith(_URLDEFENSE):
        inner = href.removeprefix(_URLDEFENSE).partition("__;")[0]
        return inner if inner.startswith("http") and "*" not in inner else href
    try:
        parts = urlsplit(href)
        parameter = _parameter(parts.netloc.lower(), parts.path)
        inner = parse_qs(parts.query, max_num_fields=50).get(parameter, [""])[0] if parameter else ""
    except ValueError:
        return href
    return inner if inner.startswith(("http://", "https://")) else href


def _parameter(host: str, path: str) -> str:
    whole = f"{host}{path}"
    if whole in _REDIRECTS:
        return _REDIRECTS[whole]
    labels = host.split(".")
    return next((_REDIRECTS[name] for i in range(len(labels)) if (name := ".".join(labels[i:])) in _REDIRECTS), "")
