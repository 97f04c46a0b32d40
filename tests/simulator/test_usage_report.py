"""The usage report: time buckets, groups, pages, and the same tokens as the bill."""

import base64
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator import report_query, world
from modelmix.simulator.cache import Split
from modelmix.simulator.charge import Charge
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.failure import Failure
from modelmix.simulator.report_query import DIMENSIONS, WIDTHS
from modelmix.simulator.usage_report import UsageReport
from simulator.practice import Json, Practice

PATH = "/v1/organizations/usage_report/messages"
DAY, HOUR = 86_400, 3_600
START = 1_000_000 // DAY * DAY  # 1970-01-12, the day on which the clock of these tests stands
TODAY = "1970-01-12T00:00:00Z"
HI: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello."}],
}
FAST = "fast-mode-2026-02-01"
BUCKETS = {
    "input_tokens": ("uncached_input_tokens",),
    "cache_read_tokens": ("cache_read_input_tokens",),
    "cache_write_5m_tokens": ("cache_creation", "ephemeral_5m_input_tokens"),
    "cache_write_1h_tokens": ("cache_creation", "ephemeral_1h_input_tokens"),
    "output_tokens": ("output_tokens",),
}


def url(**asked: str | list[str]) -> str:
    """Return the report's path with a query; lists get their brackets, and the start is today if not said."""
    chosen = {"starting_at": TODAY, **asked}
    pairs = [
        (f"{name}[]" if isinstance(value, list) else name, one)
        for name, value in chosen.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return f"{PATH}?{urlencode(pairs)}"


def rows(document: Json) -> list[dict[str, Any]]:
    """Return the rows of all buckets."""
    return [row for bucket in document["data"] for row in bucket["results"]]


def sums(found: list[dict[str, Any]]) -> dict[str, int]:
    """Add up rows under the bill's names."""
    total: Counter[str] = Counter(dict.fromkeys(BUCKETS, 0))
    for row in found:
        for name, keys in BUCKETS.items():
            value: Any = row
            for key in keys:
                value = value[key]
            total[name] += value
    return dict(total)


def busy(practice: Practice) -> Practice:
    """Make calls on two models and two keys, streamed or not, over two hours, some broken off."""
    for index, prompt in enumerate(world.prompts(31, 60)):
        model = ("claude-opus-5-5", "claude-haiku-5-5")[index % 2]
        headers = {"x-api-key": f"key-{index % 3}"}
        if index % 4 == 1:
            headers["anthropic-workspace-id"] = "wrkspc_a"
        if index % 10 == 9:
            headers["x-simulate-error"] = "cut;after=5"
        body = {**prompt.body, "model": model, "stream": index % 5 > 2}
        if index % 7 == 0:
            body["system"] = [{**body["system"][0], "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
        assert practice.post(body, **headers).status == 200
        practice.clock.now += 121
    return practice


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("group_by", [[], ["model"], ["api_key_id", "workspace_id"], list(DIMENSIONS[:5])])
def test_report_and_bill_agree_to_the_token(practice: Practice, width: str, group_by: list[str]) -> None:
    """However it is cut in time and however it is grouped, page after page."""
    busy(practice)
    found, page = [], None
    while True:
        asked: dict[str, str | list[str]] = {"page": page} if page else {}
        document = practice.get(url(bucket_width=width, group_by=group_by, **asked)).json
        found += rows(document)
        page = document["next_page"]
        assert document["has_more"] is (page is not None)
        if page is None:
            break
    bill = practice.get("/simulator/bill").json
    assert sums(found) == {name: bill["total"][name] for name in BUCKETS}
    if group_by == ["model"]:
        for model, billed in bill["models"].items():
            mine = sums([row for row in found if row["model"] == model])
            assert mine == {name: billed[name] for name in BUCKETS}


def test_a_bucket_has_the_documented_fields(practice: Practice) -> None:
    """Times in UTC, null where nothing is grouped by, and an empty list where nothing was used."""
    usage = practice.post(HI).json["usage"]
    document = practice.get(url(starting_at="1970-01-11T13:00:00+02:00")).json
    assert (document["has_more"], document["next_page"]) == (False, None)
    empty, today = document["data"]
    assert empty == {"starting_at": "1970-01-11T00:00:00Z", "ending_at": TODAY, "results": []}
    assert (today["starting_at"], today["ending_at"]) == (TODAY, "1970-01-13T00:00:00Z")
    assert today["results"] == [
        {
            "uncached_input_tokens": usage["input_tokens"],
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
            "cache_read_input_tokens": 0,
            "output_tokens": usage["output_tokens"],
            "server_tool_use": {"web_search_requests": 0},
            "account_id": None,
            "api_key_id": None,
            "context_window": None,
            "inference_geo": None,
            "model": None,
            "service_account_id": None,
            "service_tier": None,
            "workspace_id": None,
        }
    ]


def test_groups_and_filters_name_the_same_things(practice: Practice) -> None:
    """Each value that a group shows can be asked for by its filter, and the parts make up the whole."""
    busy(practice)
    whole = sums(rows(practice.get(url()).json))
    filters = {"model": "models", "api_key_id": "api_key_ids", "context_window": "context_window"}
    filters |= {"service_tier": "service_tiers", "inference_geo": "inference_geos"}
    for dimension, name in filters.items():
        grouped = rows(practice.get(url(group_by=[dimension])).json)
        values = [row[dimension] for row in grouped]
        assert len(set(values)) == len(values) > 0
        parts: Counter[str] = Counter()
        for row in grouped:
            (alone,) = rows(practice.get(url(**{name: [row[dimension]]})).json)
            assert sums([alone]) == sums([row])
            parts.update(sums([alone]))
        assert dict(parts) == whole
    both = rows(practice.get(url(models=["claude-opus-5-5", "claude-haiku-5-5"])).json)
    assert sums(both) == whole
    assert rows(practice.get(url(models=["claude-sonnet-5-5"])).json) == []
    assert rows(practice.get(url(account_ids=["user_1"])).json) == []
    workspaces = [row["workspace_id"] for row in rows(practice.get(url(group_by=["workspace_id"])).json)]
    assert sorted(workspaces, key=str) == [None, "wrkspc_a"]


def test_a_key_has_one_id_in_either_header_and_it_is_not_the_key(practice: Practice) -> None:
    """Clients of all ages are told apart by key alone."""
    practice.post(HI, x_api_key="sk-ant-secret")
    bearer = {"anthropic-version": "2023-06-01", "authorization": "Bearer sk-ant-secret"}
    content = b'{"model":"claude-haiku-5-5","max_tokens":9,"messages":[{"role":"user","content":"a"}]}'
    assert practice.call("POST", "/v1/messages", content, bearer).status == 200
    practice.post(HI, x_api_key="sk-ant-other")
    found = practice.get(url(group_by=["api_key_id"]))
    ids = [row["api_key_id"] for row in rows(found.json)]
    assert len(set(ids)) == 2
    assert all(one.startswith("apikey_") for one in ids)
    assert b"secret" not in b"".join(found.parts)


def test_speed_is_told_under_its_beta_only(practice: Practice) -> None:
    """With the beta a row has the field; without it, asking for it is refused."""
    fast = {**HI, "model": "claude-opus-5-5", "speed": "fast"}
    assert practice.post(fast, anthropic_beta=FAST).status == 200
    practice.post(HI)
    asked = url(group_by=["speed"], speeds=["fast", "standard"])
    told = rows(practice.get(asked, anthropic_beta=FAST).json)
    assert sorted(row["speed"] for row in told) == ["fast", "standard"]
    assert rows(practice.get(url(), anthropic_beta=FAST).json)[0]["speed"] is None
    assert practice.get(url(group_by=["speed"])).status == 400
    assert "fast-mode-2026-02-01" in practice.get(url(speeds=["fast"])).error


@pytest.mark.parametrize(("width", "usual", "most"), [("1d", 7, 31), ("1h", 24, 168), ("1m", 60, 1440)])
def test_pages_are_as_long_as_documented(practice: Practice, width: str, usual: int, most: int) -> None:
    """By default, at most, and one after the other without gap or overlap up to the present."""
    seconds = WIDTHS[width][0]
    start = report_query.instant(1_000_000 // seconds * seconds - (usual + 2) * seconds)
    first = practice.get(url(starting_at=start, bucket_width=width)).json
    assert (len(first["data"]), first["has_more"]) == (usual, True)
    rest = practice.get(url(starting_at=start, bucket_width=width, page=first["next_page"])).json
    assert (len(rest["data"]), rest["has_more"], rest["next_page"]) == (3, False, None)
    times = [bucket["starting_at"] for bucket in (*first["data"], *rest["data"])]
    ends = [bucket["ending_at"] for bucket in (*first["data"], *rest["data"])]
    assert times[1:] == ends[:-1]
    assert practice.get(url(bucket_width=width, limit=str(most))).status == 200
    for wrong in (str(most + 1), "0", "-1", "1.5", "", "²", "9" * 30):
        assert practice.get(url(bucket_width=width, limit=wrong)).status == 400


def test_the_token_of_a_page_is_the_documented_one() -> None:
    """The start of its first bucket, in base 64."""
    token = report_query.page_token(1_747_180_800)
    assert token == "page_MjAyNS0wNS0xNFQwMDowMDowMFo="
    assert base64.b64decode(token.removeprefix("page_")) == b"2025-05-14T00:00:00Z"


def test_the_end_cuts_off_buckets_that_end_later(practice: Practice) -> None:
    """A bucket is returned whole or not at all; nothing is returned of the future."""
    practice.post(HI)

    def starts(**asked: str) -> list[str]:
        return [bucket["starting_at"] for bucket in practice.get(url(**asked)).json["data"]]

    yesterday = "1970-01-11T00:00:00Z"
    assert starts(starting_at=yesterday, ending_at=TODAY) == [yesterday]
    assert starts(starting_at=yesterday, ending_at="1970-01-12T23:59:59.999Z") == [yesterday]
    assert starts(starting_at=yesterday, ending_at="1970-01-13T00:00:00Z") == [yesterday, TODAY]
    assert starts(starting_at=yesterday, ending_at="2070-01-01T00:00:00Z") == [yesterday, TODAY]
    assert starts(starting_at="2030-01-01T00:00:00Z") == []
    assert starts(starting_at=TODAY, ending_at="1970-01-12T00:00:01Z") == []


def test_a_call_is_reported_in_the_minute_of_its_acceptance(practice: Practice) -> None:
    """By the clock of the practice API, and at once."""
    for pause in (0, 59, 61):
        practice.clock.now += pause
        practice.post(HI)
    asked = url(starting_at=report_query.instant(999_960), bucket_width="1m")
    minutes = [(one["starting_at"], len(one["results"])) for one in practice.get(asked).json["data"]]
    assert minutes == [
        ("1970-01-12T13:46:00Z", 1),
        ("1970-01-12T13:47:00Z", 1),
        ("1970-01-12T13:48:00Z", 1),
    ]


REFUSED = [
    ("", "starting_at: Field required"),
    ("starting_at=", "starting_at: Input should be an RFC 3339"),
    ("starting_at=2026-11-01", "starting_at: Input should be an RFC 3339"),
    ("starting_at=2026-11-01T00:00:00", "time zone"),
    ("starting_at=2026-11-01T00:00:00+00:00", "RFC 3339"),  # an unescaped + is a blank
    ("starting_at=2026-13-01T00:00:00Z", "RFC 3339"),
    ("starting_at=1969-12-31T23:59:59Z", "from 1970 on"),
    (f"starting_at={TODAY}&starting_at={TODAY}", "starting_at: Only one value is permitted"),
    (f"starting_at={TODAY}&ending_at={TODAY}", "ending_at: Input should be after starting_at"),
    (f"starting_at={TODAY}&ending_at=soon", "ending_at: Input should be an RFC 3339"),
    (f"starting_at={TODAY}&bucket_width=1w", "bucket_width: Input should be '1d', '1h' or '1m'"),
    (f"starting_at={TODAY}&group_by=model", "group_by: Extra inputs are not permitted"),
    (f"starting_at={TODAY}&group_by[]=day", "group_by[]: Input should be 'account_id'"),
    (f"starting_at={TODAY}&limit=x", "limit: Input should be a valid integer"),
    (f"starting_at={TODAY}&limit=32", "limit: Input should be between 1 and 31"),
    (f"starting_at={TODAY}&service_tiers[]=gold", "service_tiers[]: Input should be 'standard'"),
    (f"starting_at={TODAY}&context_window[]=1M", "context_window[]: Input should be '0-200k' or '200k-1M'"),
    (f"starting_at={TODAY}&page=2", "page: Invalid page token"),
    (f"starting_at={TODAY}&page=page_AAAA", "page: Invalid page token"),
    (f"starting_at={TODAY}&page={quote(report_query.page_token(START + 60))}", "page: Invalid page token"),
    (f"starting_at={TODAY}&page={quote(report_query.page_token(START - DAY))}", "page: Invalid page token"),
    (f"starting_at={TODAY}&page={quote(report_query.page_token(START + DAY))}", "page: Invalid page token"),
    (
        f"starting_at={TODAY}&" + "&".join(f"group_by[]={name}" for name in DIMENSIONS[:6]),
        "Cannot specify more than 5 group_by[] dimensions.",
    ),
]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_a_wrong_parameter_is_refused_in_the_envelope(practice: Practice, query: str, message: str) -> None:
    """400 with the parameter's name: nothing is ignored or corrected."""
    reply = practice.get(f"{PATH}?{query}")
    assert reply.status == 400
    assert (reply.json["type"], reply.json["error"]["type"]) == ("error", "invalid_request_error")
    assert reply.json["request_id"] == reply.headers["request-id"]
    assert message in reply.error


def test_the_report_needs_a_key_a_version_and_a_get(practice: Practice) -> None:
    """An admin key and an ordinary one both do."""
    version = {"anthropic-version": "2023-06-01"}
    assert practice.call("GET", url(), b"", version).status == 401
    assert practice.call("GET", url(), b"", {"x-api-key": "k"}).status == 400
    assert practice.call("POST", url(), b"", {"x-api-key": "k", **version}).status == 405
    assert practice.call("GET", url(), b"", {"x-api-key": "sk-ant-admin01-x", **version}).status == 200
    assert practice.get(f"{PATH}/x").status == 404


def charges() -> Iterator[Charge]:
    """Charge 120 calls of 120 keys, each larger than the one before."""
    for index in range(120):
        yield Charge(
            request_id=f"r{index}",
            at=float(START + 60 * index),
            model="m",
            api_key_id=f"k{index}",
            workspace_id=None,
            inference_geo="global",
            speed="standard",
            split=Split(200_000 - 60 + index),
            output_tokens=1,
        )


def test_a_bucket_shows_its_hundred_largest_groups_and_the_length_of_prompts() -> None:
    """Smaller groups have no row, as documented; up to 200,000 tokens a prompt is a short one."""
    report = UsageReport()
    for one in charges():
        report.add(one)

    def ask(dimension: str) -> list[dict[str, Any]]:
        pairs = [("starting_at", TODAY), ("group_by[]", dimension)]
        query = report_query.read(pairs, Dialect("2023-06-01"), START + DAY - 1)
        assert not isinstance(query, Failure)
        return rows(report.page(query))

    assert [row["api_key_id"] for row in ask("api_key_id")] == [f"k{119 - at}" for at in range(100)]
    windows = {row["context_window"]: row["output_tokens"] for row in ask("context_window")}
    assert windows == {"0-200k": 61, "200k-1M": 59}


NAMES = st.sampled_from(
    ["starting_at", "ending_at", "bucket_width", "limit", "page", "group_by[]", "models[]", "speeds[]", "x"]
) | st.text(max_size=6)
VALUES = st.one_of(
    st.sampled_from([TODAY, "1d", "1h", "1m", "5", "model", "speed", "claude-haiku-5-5", "page_"]),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.integers(0, START + 9 * DAY).map(report_query.page_token),
    st.integers(-5, 2000).map(str),
    st.text(max_size=12),
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.booleans(), st.booleans())
def test_any_query_is_answered_or_refused(
    pairs: list[tuple[str, str]], complete: bool, has_beta: bool
) -> None:
    """Whatever is asked, there is a page of whole buckets or a 400; and all its complaints can be listed."""
    practice = Practice()
    practice.post(HI)
    asked = [("starting_at", TODAY), *pairs] if complete else pairs
    query = urlencode(asked, errors="surrogatepass")
    reply = practice.get(f"{PATH}?{query}", anthropic_beta=FAST if has_beta else "")
    if reply.status == 400:
        assert reply.json["error"]["type"] == "invalid_request_error"
        return
    assert reply.status == 200
    for bucket, following in itertools.pairwise(reply.json["data"]):
        assert bucket["ending_at"] == following["starting_at"]
    assert reply.json["has_more"] is (reply.json["next_page"] is not None)
    assert list(report_query._complaints(asked, tells_speed=True)) == []


@given(st.binary(max_size=60))
def test_any_query_string_is_answered_or_refused(content: bytes) -> None:
    """Bytes that are no query at all are the client's error."""
    practice = Practice()
    reply = practice.get(
        f"{PATH}?{content.decode('latin-1').replace('?', '')}".encode("ascii", "ignore").decode()
    )
    assert reply.status == 400


CALLS = st.lists(
    st.tuples(
        st.integers(0, 3 * DAY),
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, "w"]),
        st.tuples(*[st.integers(0, 150_000)] * 4),
        st.integers(0, 9),
    ),
    max_size=30,
)


@given(CALLS, st.sampled_from(sorted(WIDTHS)), st.sets(st.sampled_from(DIMENSIONS), max_size=5))
def test_no_token_is_lost_or_counted_twice(
    calls: list[tuple[int, str, str | None, tuple[int, ...], int]], width: str, group_by: set[str]
) -> None:
    """Over all pages, in any width and any grouping, the sums are those of the calls."""
    report = UsageReport()
    for at, model, workspace, tokens, output in calls:
        report.add(
            Charge(
                request_id="r",
                at=at + 0.25,
                model=model,
                api_key_id="k",
                workspace_id=workspace,
                inference_geo="us",
                speed="fast",
                split=Split(*tokens),
                output_tokens=output,
            )
        )
    pairs = [("starting_at", "1970-01-01T00:00:00Z"), ("bucket_width", width)]
    pairs += [("group_by[]", name) for name in sorted(group_by)]
    found: list[dict[str, Any]] = []
    page: str | None = ""
    while page is not None:
        asked = [*pairs, ("page", page)] if page else pairs
        query = report_query.read(asked, Dialect("2023-06-01", frozenset({FAST})), 3.0 * DAY)
        assert not isinstance(query, Failure)
        document = report.page(query)
        found += rows(document)
        page = document["next_page"]
    expected = [sum(tokens[at] for _, _, _, tokens, _ in calls) for at in range(4)]
    assert list(sums(found).values()) == [*expected, sum(output for *_, output in calls)]
    assert all((row["model"] is not None) == ("model" in group_by) for row in found)
