"""What guards every request and response: headers, and no form posted from another site."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from app.domain.photo import MOST_OCTETS, MOST_PHOTOS

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
FOR_PROGRAMS = ("hooks", "unsubscribe")  # their secret is in the body or the address, and no cookie plays a part

# the box for other sites alone may stand in their frames; it has no script and no form, and leads out of the frame
_BOX_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
_OPEN = {"Access-Control-Allow-Origin": "*"}
_FOR_ALL_SITES = {"embed.box": {**_OPEN, "Content-Security-Policy": _BOX_POLICY}, "embed.oembed": _OPEN}


def prepare(app: Flask, base_url: str) -> None:
    public_host = urlsplit(base_url).netloc
    app.before_request(make_room_for_photos)

    @app.before_request
    def refuse_foreign_forms() -> None:
        """A browser says where a POST comes from; programs such as curl say nothing, and have no cookies."""
        if request.method in ("GET", "HEAD", "OPTIONS") or request.blueprint in FOR_PROGRAMS:
            return
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            abort(403)
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc not in (request.host, public_host):
            abort(403)

    @app.before_request
    def refuse_control_characters() -> None:
        """No address and no field holds any; PostgreSQL would refuse a NUL later, and less politely."""
        if request.blueprint == "hooks":
            return  # posts mails, and reads its body itself
        if any(ord(c) < 32 for c in request.path) or "\0" in "".join(request.form.values()):
            abort(400)

    _add_headers(app, is_secure=base_url.startswith("https:"))


def _add_headers(app: Flask, *, is_secure: bool) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _FOR_ALL_SITES.get(request.endpoint or "", {}).items():
            response.headers[name] = value
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        # not no-referrer: that makes browsers send "Origin: null" with our own forms
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def make_room_for_photos() -> None:
    """Before anything looks at the form: no other address takes more than a letter."""
    if request.endpoint == "ask.submit" and request.mimetype == "multipart/form-data":
        request.max_content_length = MOST_PHOTOS * MOST_OCTETS + 1024 * 1024


def private(response: Response) -> Response:
    """For pages behind a token or a sign-in: in no cache, in no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
