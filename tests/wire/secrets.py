"""Things that look secret, as hypothesis draws them; none of them is one."""

import base64
import hashlib

from hypothesis import strategies as st

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10)


def _drawn(seed: bytes, length: int, alphabet: str = ALNUM) -> str:
    """Write a key as chance would: what hypothesis draws alone is too plain to be one."""
    digest = hashlib.shake_128(seed).digest(length)
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)


_BODIES = st.builds(_drawn, st.binary(max_size=8), st.integers(16, 90))

NAMED = (
    st.builds("sk-ant-api03-{}".format, _BODIES)
    | st.builds("sk-ant-{}".format, st.text(ALNUM + "-_", min_size=4, max_size=100))
    | st.builds("sk-{}".format, _BODIES)
    | st.builds("sk_live_{}".format, _BODIES)
    | st.builds("ghp_{}".format, _BODIES)
    | st.builds("xoxb-{}".format, _BODIES)
    | st.builds("AIza{}".format, _BODIES)
    | st.builds("AKIA{}".format, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16))
    | st.builds("eyJ{}.eyJ{}.{}".format, _BODIES, _BODIES, _BODIES)
)
"""Keys that say themselves what they are."""

LONG = (
    st.binary(max_size=8).map(lambda seed: hashlib.sha256(seed).hexdigest())
    | st.binary(max_size=8).map(lambda seed: hashlib.md5(seed, usedforsecurity=False).hexdigest().upper())
    | st.binary(max_size=8).map(lambda seed: base64.b64encode(hashlib.sha512(seed).digest()).decode())
    | st.binary(max_size=8).map(lambda seed: base64.urlsafe_b64encode(hashlib.sha384(seed).digest()).decode())
)
"""Long hex and base64 as chance makes it."""

EMAILS = st.builds(
    "{}{}@{}.{}".format, WORDS, st.sampled_from(["", ".b", "+tag", "_1", "é"]), WORDS, st.sampled_from(
        ["com", "example.org", "co.uk", "io"]
    )
)  # fmt: skip
"""E-mail addresses."""

SECRETS = NAMED | LONG | EMAILS
"""Everything that is masked wherever it stands."""

GAPS = st.sampled_from([" ", "\n", "\t", '"', "'", "(", "=", ": ", ",", "<", ">", "\\n", "|", "`", ";", "é "])
"""What may stand around a secret in a text."""
