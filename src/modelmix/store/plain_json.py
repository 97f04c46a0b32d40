"""Plain JSON: lists and settings as a column of the ledger holds them."""

import json


def canonical(value: object) -> str:
    """Return plain JSON as text that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
