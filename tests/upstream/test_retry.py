"""A failure is tried again where that may help, as late as the API asks; a spent key is left alone."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.upstream.retry import Again, after_failure, pause_s

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPENT = "the spend limit of the key's organisation is reached"
FIRST = Again(after_s=0.5)


def error(kind: str, message: str = "x", code: str | None = None) -> bytes:
    """Write an error as the API does."""
    details = {} if code is None else {"details": {"error_code": code}}
    return json.dumps({"type": "error", "error": {"type": kind, "message": message, **details}}).encode()


def after(status: int, body: bytes = b"", tries: int = 1, **headers: str) -> Again:
    """Decide on a failure."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return after_failure(status, named, body, tries, NOW)


@pytest.mark.parametrize(
    ("status", "kind", "then"),
    [
        (400, "invalid_request_error", Again()),
        (401, "authentication_error", Again(stop="the upstream refuses the key (401 authentication_error)")),
        (402, "billing_error", Again(stop="the upstream refuses the key (402 billing_error)")),
        (403, "permission_error", Again(stop="the upstream refuses the key (403 permission_error)")),
        (404, "not_found_error", Again()), (408, "timeout_error", FIRST), (409, "conflict_error", FIRST),
        (413, "request_too_large", Again()), (422, "invalid_request_error", Again()),
        (429, "rate_limit_error", FIRST), (500, "api_error", FIRST), (502, "", FIRST),
        (504, "timeout_error", FIRST), (529, "overloaded_error", FIRST),
    ],
)  # fmt: skip
def test_each_status_has_its_consequence(status: int, kind: str, then: Again) -> None:
    """What would fail again is not sent again, what is transient is, and a refused key ends it all."""
    assert after(status, error(kind)) == then


@pytest.mark.parametrize(
    ("wanted", "status", "then"),
    [
        ("false", 529, Again()), ("false", 429, Again()), ("true", 400, FIRST), ("true", 404, FIRST),
        ("perhaps", 529, FIRST), ("perhaps", 400, Again()),
    ],
)  # fmt: skip
def test_the_api_itself_has_the_last_word(wanted: str, status: int, then: Again) -> None:
    """``x-should-retry`` beats the status, in either direction."""
    assert after(status, x_should_retry=wanted) == then


@pytest.mark.parametrize("code", ["enforced_spend_limit_reached", "contract_spend_limit_reached"])
def test_a_spend_limit_ends_it_all(code: str) -> None:
    """A 429 that no waiting helps; asking for a retry changes nothing."""
    assert after(429, error("rate_limit_error", code=code)) == Again(stop=SPENT)
    assert after(429, error("rate_limit_error", code=code), x_should_retry="true") == Again(stop=SPENT)
    assert after(500, error("api_error", code=code)) == FIRST
    assert after(429, error("rate_limit_error", code="ramp_limit_exceeded"), retry_after="7") == Again(7.0)


def test_a_limit_that_the_customer_set_ends_it_all() -> None:
    """It is a 400 that is known by its words only."""
    words = "You have reached your specified API usage limits. You will regain access on 2026-12-01."
    assert after(400, error("invalid_request_error", words)) == Again(stop=SPENT)
    assert after(400, error("invalid_request_error", "messages: required")) == Again()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_it_all_whatever_the_body_says(status: int) -> None:
    """Nothing of a strange body stands in the sentence."""
    for body in (b"", b"<html>", error("x" * 10_000), error("a\x1b[31m")):
        assert after(status, body) == Again(stop=f"the upstream refuses the key ({status} error)")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0), ({"retry_after": "0"}, 0.0), ({"retry_after": " 1.5 "}, 1.5),
        ({"retry_after_ms": "250"}, 0.25), ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7.0), ({"retry_after": "3600"}, 600.0),
        ({"retry_after": "inf"}, 600.0), ({"retry_after_ms": "1e300"}, 600.0),
        ({"retry_after": format_datetime(NOW + timedelta(seconds=42), usegmt=True)}, 42.0),
        ({"retry_after": "Mon, 23 Nov 2026 13:00:30 +0100"}, 30.0),
        ({"retry_after": "Mon, 23 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry_after": format_datetime(NOW - timedelta(seconds=42), usegmt=True)}, 0.0),
        ({"retry_after": format_datetime(NOW + timedelta(days=2), usegmt=True)}, 600.0),
        ({"retry_after": "-1"}, 0.5), ({"retry_after": "nan"}, 0.5), ({"retry_after": "soon"}, 0.5),
        ({"retry_after": "Mon, 23 Nov 99999999999999999999 12:00:00 GMT"}, 0.5), ({}, 0.5),
        ({"retry_after": ""}, 0.5),
    ],
)  # fmt: skip
def test_it_waits_as_long_as_it_is_asked(headers: dict[str, str], seconds: float) -> None:
    """In seconds, in milliseconds or until an instant, ten minutes at most; else as it sees fit."""
    assert after(429, b"", 1, **headers) == after(529, b"", 1, **headers) == Again(after_s=seconds)


def test_pauses_double_up_to_eight_seconds() -> None:
    """However often it was tried, and where nothing is asked of it."""
    assert [pause_s(tries) for tries in (1, 2, 3, 4, 5, 6, 10_000)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert after(529, tries=3) == Again(after_s=2.0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'{"error": []}',
        b'{"error": {"type": 7, "details": []}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_body_that_makes_no_sense_says_nothing(body: bytes) -> None:
    """Then the status decides."""
    assert (after(400, body), after(429, body)) == (Again(), FIRST)


dates = st.builds(
    lambda day, month, year, zone: f"{day} {month} {year} 12:00:00 {zone}",
    st.integers(-9, 10**20), st.sampled_from(["Nov", "Foo", "11"]), st.integers(-9, 10**20),
    st.sampled_from(["GMT", "+0000", "-9999", "+99999999999999", "EST", ""]),
)  # fmt: skip
values = (
    st.binary(max_size=20)
    | dates.map(str.encode)
    | st.text(max_size=20).map(lambda text: text.encode("utf-8"))
)
bodies = st.binary(max_size=40) | st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.dictionaries(
        st.sampled_from(["error", "type", "details", "error_code", "message"]), inner
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@given(
    st.integers(400, 599),
    st.lists(
        st.tuples(st.sampled_from([b"retry-after", b"Retry-After-Ms", b"x-should-retry"]), values), max_size=3
    ),
    bodies,
    st.integers(1, 10**6),
)
def test_any_failure_has_a_consequence(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes, tries: int
) -> None:
    """Whatever bytes it is made of: a wait that ends, or none; and never a wait that is stopped as well."""
    then = after_failure(status, headers, body, tries, NOW)
    assert then.after_s is None or (isfinite(then.after_s) and 0.0 <= then.after_s <= 600.0)
    assert not (then.stop and then.after_s is not None)
