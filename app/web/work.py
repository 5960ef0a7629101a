"""Proof of work in the form of altcha, asked for where a letter looks like a robot's, and made by our own script.

A solution is good for one letter of one form, and for ten minutes.
"""

import hashlib
import json
import time

import altcha

from app.web.pages import the_mailbag

ALGORITHM, COST, PREFIX = "PBKDF2/SHA-256", 3000, "00"  # 256 tries on average: about a second in a browser
LASTS = 600  # seconds
LONGEST = 4000  # characters of a solution


def challenge(form_key: str, mark: str) -> str:
    """JSON for the page; `mark` is of the letter's words."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        key_prefix=PREFIX,
        expires_at=int(time.time()) + LASTS,
        data={"letter": _letter(form_key, mark)},
        hmac_secret=_secret(),
    )
    return json.dumps(made.to_dict())


def is_done(solution: str, form_key: str, mark: str) -> bool:
    """Any text that is no solution is none."""
    if not solution or len(solution) > LONGEST:
        return False
    try:
        payload = altcha.Payload.from_base64(solution)
        asked = payload.challenge.parameters
        is_ours = (asked.algorithm, asked.cost, asked.key_prefix) == (ALGORITHM, COST, PREFIX)
        is_for_this = (asked.data or {}).get("letter") == _letter(form_key, mark)
        return is_ours and is_for_this and altcha.verify_solution(payload, hmac_secret=_secret()).verified
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return False


def _letter(form_key: str, mark: str) -> str:
    return hashlib.sha256(f"{form_key} {mark}".encode()).hexdigest()[:32]


def _secret() -> bytes:
    return the_mailbag().links.signer.secret("proof of work")
