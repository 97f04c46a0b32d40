"""The door: who may speak to a page on this machine.

Any web page that a person has open may send requests to 127.0.0.1, and a name of its own may be made to point
there. So whoever speaks has to know a word that stands in the address, under a name of this machine, and what
changes anything has to come from the page itself.
"""

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

LONGEST_BODY: Final = 16 * 1024
_SAFE: Final = frozenset({"GET", "HEAD"})


def refusal(method: str, path: str, headers: Mapping[str, str], token: str, port: int) -> HTTPStatus | None:
    """Say why a request is turned away, or None.

    Args:
        method: Its method.
        path: Its path, as sent.
        headers: Its headers, names in lower case.
        token: The word that only those know who were told.
        port: Port of the page.
    """
    host = headers.get("host", "")
    if host not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        return HTTPStatus.MISDIRECTED_REQUEST
    first = next(iter(path.split("/")[1:]), "")
    if not hmac.compare_digest(first.encode("utf-8", "replace"), token.encode()):
        return HTTPStatus.NOT_FOUND
    if method in _SAFE:
        return None
    if method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    if origin != f"http://{host}" or site != "same-origin":
        return HTTPStatus.FORBIDDEN
    return None
