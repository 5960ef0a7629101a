"""The fields of a posted form as bytes: a mail in one of them is no text, and decoding would damage it."""

from urllib.parse import parse_qsl

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from app.ingress.webhook.posted import Malformed, Posted

MOST_FIELDS = 1000


def fields(posted: Posted) -> dict[str, bytes]:
    """By name; of two with one name the last, as the providers mean it. Files count as fields. Raises Malformed."""
    kind, options = parse_options_header(posted.header("content-type"))
    try:
        if kind == "multipart/form-data" and options.get("boundary"):
            return _parts(posted.body, options["boundary"].encode("latin-1"))
        if kind == "application/x-www-form-urlencoded":
            text = posted.body.decode("latin-1")  # there and back: each byte is one character
            pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)
            return {name: value.encode("latin-1") for name, value in pairs}
    except ValueError:
        raise Malformed("The form cannot be read.") from None
    raise Malformed("This is no form: multipart/form-data or application/x-www-form-urlencoded is expected.")


def _parts(body: bytes, boundary: bytes) -> dict[str, bytes]:
    decoder = MultipartDecoder(boundary, max_parts=MOST_FIELDS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    found: dict[str, bytes] = {}
    name, pieces = "", list[bytes]()
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Field | File):
            name, pieces = event.name, []
        elif isinstance(event, Data):
            pieces.append(event.data)
            if not event.more_data:
                found[name] = b"".join(pieces)
    return found


def text(found: dict[str, bytes], name: str) -> str:
    return found.get(name, b"").decode("utf-8", "replace")
