"""The usage report is read to the token or not at all."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rig import Heard, Peer, http, upstream
from modelmix.core.usage import Usage
from modelmix.simulator.run import running
from modelmix.upstream import usage_report
from modelmix.upstream.ask import ask, key_headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.usage_report import usage_since
from wire.replies import values, written

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
HEADERS = key_headers("sk-ant-admin01-x")


def asked(url: str, since: datetime = NOW, until: datetime = NOW) -> dict[str, Usage] | None:
    """Ask for a report."""

    async def ask_it() -> dict[str, Usage] | None:
        async with Upstream(url) as api:
            return await usage_since(api, HEADERS, since, until)

    return asyncio.run(ask_it())


def page(*rows: Mapping[str, Any], following: object = None, **more: object) -> bytes:
    """Write a page with a bucket for each row."""
    document = {
        "data": [{"starting_at": "x", "ending_at": "y", "results": [row]} for row in rows],
        "has_more": following is not None, "next_page": following, **more,
    }  # fmt: skip
    return http("200 OK", json.dumps(document).encode(), "content-type: application/json")


def row(model: object = "claude-haiku-5-5", **fields: object) -> dict[str, object]:
    """Write a row."""
    return {
        "model": model, "uncached_input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
        "server_tool_use": {"web_search_requests": 6}, **fields,
    }  # fmt: skip


USED = Usage(1, 2, 3, 4, 5, 6)


def test_the_practice_api_reports_what_it_billed() -> None:
    """By model, every bucket, from the minute of the first request on."""
    cached = {"type": "text", "text": "claim " * 2000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    body = {"max_tokens": 20, "messages": [{"role": "user", "content": [cached]}]}

    async def use(url: str) -> tuple[dict[str, Usage], dict[str, Usage] | None]:
        booked: dict[str, Usage] = {}
        since = datetime.now(UTC)
        async with Upstream(url) as api:
            for model in ("claude-haiku-5-5", "claude-haiku-5-5", "claude-opus-5-5"):
                heard = await ask(api, HEADERS, json.dumps({"model": model, **body}).encode(), 20.0)
                told = json.loads(heard.body)["usage"]
                booked[model] = booked.get(model, Usage()) + Usage(
                    told["input_tokens"], told["cache_read_input_tokens"], 0,
                    told["cache_creation_input_tokens"], told["output_tokens"],
                )  # fmt: skip
            return booked, await usage_since(api, HEADERS, since, datetime.now(UTC))

    with running(seed=1) as url:
        booked, shown = asyncio.run(use(url))
    assert shown == booked
    assert booked["claude-haiku-5-5"].cache_read_tokens > 0 < booked["claude-haiku-5-5"].cache_write_1h_tokens


def test_whole_minutes_are_asked_for_by_model() -> None:
    """In UTC, whatever zone the instants are in."""
    with upstream(lambda _p, _h: page()) as (url, heard):
        since = datetime(2026, 11, 23, 14, 3, 59, 7, tzinfo=timezone(timedelta(hours=5, minutes=30)))
        assert asked(url, since, since + timedelta(minutes=2)) == {}
    path, _, query = heard[0].line.split(b" ")[1].decode().partition("?")
    assert path == "/v1/organizations/usage_report/messages"
    assert parse_qsl(query) == [
        ("starting_at", "2026-11-23T08:33:00Z"), ("ending_at", "2026-11-23T08:36:00Z"),
        ("bucket_width", "1m"), ("group_by[]", "model"), ("limit", "3"),
    ]  # fmt: skip
    assert heard[0].header(b"x-api-key") == b"sk-ant-admin01-x"


def test_all_pages_are_summed() -> None:
    """Page by page, until there is no more."""
    pages = iter([page(row(), row("m"), following="page_2"), page(row(), following="page_3"), page(row("n"))])
    with upstream(lambda _p, _h: next(pages)) as (url, heard):
        assert asked(url) == {"claude-haiku-5-5": USED + USED, "m": USED, "n": USED}
    assert [dict(parse_qsl(one.line.decode())).get("page") for one in heard] == [
        None, "page_2 HTTP/1.1", "page_3 HTTP/1.1",
    ]  # fmt: skip


def test_what_a_row_leaves_out_is_nothing() -> None:
    """A field that is null, or not there, counts nothing."""
    bare = row(cache_creation=None, server_tool_use=None, uncached_input_tokens=None)
    with upstream(lambda _p, _h: page(bare, {"model": "m"})) as (url, _):
        assert asked(url) == {"claude-haiku-5-5": Usage(0, 2, 0, 0, 5), "m": Usage()}


def test_a_report_without_an_end_is_none() -> None:
    """Pages that never end are given up."""
    with upstream(lambda _p, _h: page(row(), following="again")) as (url, heard):
        assert asked(url) is None
    assert len(heard) == 50


@pytest.mark.parametrize("following", ["", 7, None])
def test_a_report_that_is_cut_short_is_none(following: object) -> None:
    """More is promised and cannot be asked for: a part would be taken for the whole."""
    with upstream(lambda _p, _h: page(row(), following=following, has_more=True)) as (url, _):
        assert asked(url) is None


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "500 X", "302 Found"]
)
def test_a_refusal_is_none(status: str) -> None:
    """A key that is no administrator's sees no report, whatever the body says."""
    with upstream(lambda _p, _h: http(status, page(row()).partition(b"\r\n\r\n")[2])) as (url, _):
        assert asked(url) is None


JUNK = [
    b"", b"null", b"[]", b"7", b"{}", b"\xff", b'{"data": null}', b'{"data": [7]}',
    b'{"data": [{"results": 7}]}',
    b'{"data": [{"results": [7]}]}', b'{"data": [{"results": [{}]}]}', b'{"data": {"a": 1}}', b"[" * 100_000,
    b'{"data": [{"results": [{"model": "m", "output_tokens": Infinity}]}]}',
]  # fmt: skip


@pytest.mark.parametrize("body", JUNK)
def test_junk_is_none(body: bytes) -> None:
    """No page of a report."""
    with upstream(lambda _p, _h: http("200 OK", body)) as (url, _):
        assert asked(url) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"model": None}, {"model": 7}, {"output_tokens": -1}, {"output_tokens": 1.5}, {"output_tokens": "7"},
        {"output_tokens": True}, {"cache_creation": [1]}, {"server_tool_use": "x"},
    ],
)  # fmt: skip
def test_a_row_that_makes_no_sense_spoils_the_report(fields: dict[str, object]) -> None:
    """A sum without it would be wrong in silence."""
    with upstream(lambda _p, _h: page(row(), {**row(), **fields})) as (url, _):
        assert asked(url) is None


@settings(max_examples=20)
@given(
    st.dictionaries(st.sampled_from(["data", "has_more", "next_page"]), values)
    | st.lists(st.dictionaries(st.sampled_from(list(row())), values), max_size=3).map(
        lambda rows: {"data": [{"results": rows}]}
    )
)
def test_any_document_is_a_report_or_none(document: dict[str, Any]) -> None:
    """Whatever its fields hold."""
    with upstream(lambda _p, _h: http("200 OK", written(document))) as (url, _):
        found = asked(url)
    assert found is None or all(isinstance(used, Usage) for used in found.values())


@pytest.mark.parametrize("silent", ["before the answer", "in the answer", "between pages"])
def test_a_report_that_does_not_come_is_none(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far it got, nobody waits for it long."""
    monkeypatch.setattr(usage_report, "_PATIENCE_S", 0.2)

    def script(peer: Peer, heard: Heard) -> bytes:
        if silent == "between pages" and b"page=" not in heard.line:
            return page(row(), following="page_2")
        if silent == "in the answer":
            peer.raw.sendall(page(row())[:-5])
        peer.raw.recv(1)
        return b""

    with upstream(script) as (url, _):
        assert asked(url) is None


def test_a_broken_connection_is_none() -> None:
    """Before an answer, in the middle of one, or where nobody listens."""
    with upstream(lambda _p, _h: None) as (url, _):
        assert asked(url) is None
    assert asked(url) is None


def test_a_report_beyond_reason_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than any report has."""
    monkeypatch.setattr(usage_report, "_LONGEST_BYTES", 100)
    with upstream(lambda _p, _h: page(row())) as (url, _):
        assert asked(url) is None


@pytest.mark.parametrize("minutes", [-1, -600, 1440, 10**6])
def test_a_span_that_one_query_cannot_hold_is_not_asked_for(minutes: int) -> None:
    """More than a day of minutes, or less than none."""
    with upstream(lambda _p, _h: page()) as (url, heard):
        assert asked(url, NOW, NOW + timedelta(minutes=minutes)) is None
    assert heard == []
