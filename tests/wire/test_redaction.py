"""Requests, answers and streams keep their shape and numbers, and lose their secrets."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.wire.answer import StreamedAnswer
from modelmix.wire.redaction import redacted, redacted_json, redacted_stream
from modelmix.wire.sse import SseDecoder
from wire.secrets import GAPS, NAMED, SECRETS

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
)
NAMES = st.sampled_from(["type", "text", "data", "content", "input", "a", "id", "signature", "base64"])


def holding(secret: str) -> st.SearchStrategy[object]:
    """JSON of any shape with a secret somewhere in it."""
    texts = st.builds(
        "{}{}{}{}{}".format, st.text(max_size=5), GAPS, st.just(secret), GAPS, st.text(max_size=5)
    )
    leaf = SCALARS | texts | st.sampled_from(["base64", "thinking", "text"])
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | texts, inner, max_size=3)
    )


@given(st.data(), SECRETS)
def test_no_secret_passes_any_json(data: st.DataObject, secret: str) -> None:
    """In texts and in names of fields, at any depth; a key with a name even where things are encoded."""
    value = data.draw(holding(secret))
    if isinstance(value, float):
        value = [value]
    shown = redacted_json(json.dumps(value).encode())
    assert b"\n" not in shown
    decoded = json.loads(shown)
    if secret in _texts(decoded):
        assert not secret.startswith(("sk", "gh", "AKIA", "AIza", "eyJ", "xox"))
        assert _is_encoded(decoded, secret)


def _texts(value: object) -> str:
    if isinstance(value, dict):
        return "\0".join([*value, *map(_texts, value.values())])
    if isinstance(value, list):
        return "\0".join(map(_texts, value))
    return value if isinstance(value, str) else ""


def _is_encoded(value: object, secret: str) -> bool:
    """Whether a secret stands only where what is encoded stands."""
    if isinstance(value, dict):
        kind = str(value.get("type"))
        places = {("base64", "data"), ("thinking", "signature")}
        return all(
            secret not in name and ((kind, name) in places or _is_encoded(item, secret))
            for name, item in value.items()
        )
    if isinstance(value, list):
        return all(_is_encoded(item, secret) for item in value)
    return not isinstance(value, str) or secret not in value


@given(
    st.recursive(SCALARS | st.text("abc é", max_size=5), lambda i: st.lists(i) | st.dictionaries(NAMES, i))
)
def test_what_holds_no_secret_is_the_same(value: object) -> None:
    """Shape, numbers, order and words stay."""
    assert redacted(value) == value
    assert json.loads(redacted_json(json.dumps(value).encode())) == value


def test_two_fields_with_one_mask_are_two_fields() -> None:
    """Names that become alike are told apart."""
    shown = redacted({"ann@example.com": 1, "bob@example.com": 2, "a": {"password": "correct horse"}})
    assert shown == {"xxx@xxxxxxx.xxx": 1, "xxx@xxxxxxx.xxx_": 2, "a": {"password": "x0x0x0x x0x0x"}}


def test_what_is_encoded_by_its_nature_stays() -> None:
    """An image, a signature and a redacted thought are whole; a key among them is not."""
    long = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4"
    blocks = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": long}},
        {"type": "thinking", "thinking": "hm", "signature": long},
        {"type": "redacted_thinking", "data": long},
    ]
    assert redacted(blocks) == blocks
    assert redacted({"type": "tool_use", "input": {"data": long}}) != {
        "type": "tool_use",
        "input": {"data": long},
    }
    assert redacted({"type": "base64", "data": "sk-ant-" + long})["data"].startswith("x0x0")


@pytest.mark.parametrize("document", [b"", b"{", b"\xff", b'"\\ud800"', b"[1,]"])
def test_what_is_no_json_is_refused(document: bytes) -> None:
    """A ValueError, for the caller to count."""
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder's own words
        redacted_json(document)


def test_too_deep_a_document_is_refused() -> None:
    """As the decoder does, or by the walk itself."""
    with pytest.raises(RecursionError):
        redacted_json(b"[" * 5000 + b"]" * 5000)


def event(name: str, fields: object) -> str:
    """Write an event."""
    return f"event: {name}\ndata: {json.dumps(fields)}\n\n"


def stream(texts: list[tuple[int, str, str]]) -> bytes:
    """Write a stream with these pieces: index of the block, type of the delta, text."""
    fields = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
    start = {"id": "msg_1", "model": "m", "usage": {"input_tokens": 9, "output_tokens": 1}}
    events = [
        event("message_start", {"type": "message_start", "message": start}),
        event("ping", {"type": "ping"}),
    ]
    events += [
        event(
            "content_block_delta",
            {"type": "content_block_delta", "index": index, "delta": {"type": kind, fields[kind]: text}},
        )
        for index, kind, text in texts
    ]
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}}
    events += [event("message_delta", end), event("message_stop", {"type": "message_stop"})]
    return "".join(events).encode()


def told(text: bytes) -> tuple[list[str], dict[tuple[int, str], str], object]:
    """Read a stream: names of events but deltas, text of each block, and what is metered."""
    answer, names, texts = StreamedAnswer(), [], dict[tuple[int, str], str]()
    for found in SseDecoder().feed(text):
        answer.add(found)
        fields: dict[str, Any] = json.loads(found.data)
        if found.name == "content_block_delta":
            delta = fields["delta"]
            (name,) = delta.keys() - {"type"}
            place = (fields["index"], name)
            texts[place] = texts.get(place, "") + delta[name]
        else:
            names.append(found.name)
    return names, texts, answer.answer()


@given(
    st.lists(st.text(max_size=8), max_size=4),
    SECRETS,
    st.lists(st.integers(1, 6), min_size=1, max_size=30),
    st.sampled_from(["text_delta", "thinking_delta"]),
)
def test_a_secret_that_was_cut_into_pieces_does_not_pass(
    words: list[str], secret: str, cuts: list[int], kind: str
) -> None:
    """Pieces of a block are joined before they are looked at; lengths, other events and usage stay."""
    whole = " ".join([*words, secret, *words])
    pieces, at = [], 0
    for length in cuts:
        pieces.append((0, kind, whole[at : at + length]))
        pieces.append((1, "text_delta", "ok "))
        at += length
    pieces.append((0, kind, whole[at:]))
    shown = redacted_stream(stream(pieces))
    assert secret not in shown
    names, texts, answer = told(shown.encode())
    old_names, old_texts, old_answer = told(stream(pieces))
    assert (names, answer) == (old_names, old_answer)
    assert {place: len(text) for place, text in texts.items()} == {
        place: len(text) for place, text in old_texts.items()
    }


@given(NAMED, st.integers(1, 9))
def test_the_input_of_a_tool_stays_json(key: str, step: int) -> None:
    """Escapes in it are read, not cut."""
    whole = json.dumps({"path": f"a\n{key}", "n": 1})
    pieces = [(0, "input_json_delta", whole[at : at + step]) for at in range(0, len(whole), step)]
    _, texts, _ = told(redacted_stream(stream(pieces)).encode())
    value = json.loads(texts[0, "partial_json"])
    assert value["n"] == 1
    assert key not in value["path"]
    assert len(value["path"]) == len(key) + 2


def test_a_stream_keeps_what_it_cannot_read() -> None:
    """Input cut off by the model's limit, data that are no JSON, deltas of unknown kinds: masked as text."""
    cut = stream([(0, "input_json_delta", '{"a": "sk-ant-abcdefgh')])
    assert "sk-ant" not in redacted_stream(cut)
    odd = (
        b'data: sk-ant-abcdefgh\n\nevent: x\ndata: {"delta": {"type": "new", "text": "sk-ant-abcdefgh"}}\n\n'
    )
    assert redacted_stream(odd) == (
        'data: x0x0x0x0x0x0x0x\n\nevent: x\ndata: {"delta":{"type":"new","text":"x0x0x0x0x0x0x0x"}}\n\n'
    )
    no_index = b'data: {"delta": {"type": "text_delta", "text": "a@b.com"}}\n\n'
    assert redacted_stream(no_index) == 'data: {"delta":{"type":"text_delta","text":"x@x.xxx"}}\n\n'


@given(st.binary(max_size=80))
def test_any_bytes_are_a_stream(junk: bytes) -> None:
    """Junk gives a text, and no error."""
    assert isinstance(redacted_stream(junk), str)
