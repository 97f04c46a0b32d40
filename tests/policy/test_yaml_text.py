"""Strict YAML: its plain part, with line numbers."""

from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelmix.errors import ArtifactError
from modelmix.policy.yaml_text import MAX_BYTES, Parsed, read, write

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [yaml.SafeLoader]

printable = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=12)
scalars = (
    printable
    | st.integers(-(10**17), 10**17)
    | st.booleans()
    | st.sampled_from([Decimal("0.25"), Decimal("-3.5")])
)
nested = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(printable, inner, max_size=3),
    max_leaves=10,
)
mappings = st.dictionaries(printable, nested, min_size=1, max_size=4)


@pytest.mark.parametrize("loader", LOADERS)
def test_reads_values_and_their_lines(loader: type) -> None:
    """Each value has its kind, each key its line, with the C parser and without it."""
    text = b"\xef\xbb\xbfa: 1\nb:\n  c: [0.5, yes, true]\n  'd e': ~\nf: 2026-11-23\n"
    expected = {"a": 1, "b": {"c": [Decimal("0.5"), "yes", True], "d e": None}, "f": "2026-11-23"}
    parsed = read(text, "p", loader)
    assert expected == parsed.value
    assert tuple(
        parsed.line(path) for path in [("a",), ("b",), ("b", "c"), ("b", "c", 1), ("b", "d e"), ("f",)]
    ) == (1, 2, 3, 3, 4, 5)
    assert parsed.line(("b", "c", 9, "x")) == 3
    assert Parsed(None, {}).line(("x",)) == 1


@pytest.mark.parametrize("text", ["007", "1_000", "0x1f", "1e3", "1.", "12:30:00", "on", "NULL", "1" * 40])
def test_words_that_other_readers_convert_stay_texts(text: str) -> None:
    """No surprise numbers, booleans or times."""
    assert {"a": text} == read(f"a: {text}".encode(), "p").value


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "empty"),
        (b"# only a comment\n", "empty"),
        (b"a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands on line 1 already"),
        (b"a: &x 1\n", "line 1: the anchor 'x'"),
        (b"a: &x [1]\nb: *x\n", "line 1: the anchor 'x'"),
        (b"a: 1\nb: *x\n", "line 2"),
        (b"a: !!python/object:os.system x\n", "the tag"),
        (b"a: ! x\n", "the tag"),
        (b"a: !!map {b: 1}\n", "the tag"),
        (b"%YAML 1.1\n---\na: 1\n", "directive"),
        (b"a: 1\n---\nb: 2\n", "second document"),
        (b"1: a\n", "the key '1' is not a text"),
        (b"true: a\n", "not a text"),
        (b"? [a]\n: b\n", "a key must be a text"),
        (b"? *x\n: b\n", "a key must be a text"),
        (b"a: [1\n", "not valid YAML"),
        (b"a: 'b\n", "not valid YAML"),
        (b"\ta: b\n", "not valid YAML"),
        (b"a: \x00\n", "not valid YAML"),
        (b'a: "\\UFFFFFFFF"\n', "not valid YAML"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (b"[" * 5000, "nested deeper than 12 levels"),
        (b"{a: " * 5000, "nested deeper than 12 levels"),
        (b"#" * (MAX_BYTES + 1), "bytes are too many"),
    ],
)
def test_refuses_all_but_the_plain_part(loader: type, text: bytes, why: str) -> None:
    """Each refusal is one sentence that names the file, and the line where there is one."""
    with pytest.raises(ArtifactError) as caught:
        read(text, "some.yaml", loader)
    assert str(caught.value).startswith("some.yaml: ")
    assert why in str(caught.value)


@given(mappings)
def test_what_is_written_reads_back(value: dict[str, object]) -> None:
    """Any mapping of plain values survives, in blocks or on one line, and other readers agree."""
    for blocks in (frozenset[tuple[str, ...]](), frozenset({("*",), ("*", "*")})):
        text = write(value, blocks)
        assert value == read(text.encode(), "p").value
        assert value == yaml.safe_load(text)


@given(st.binary(max_size=60) | st.text("ab:{}[]&*!#'\"%|>-? \n\t,", max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but ArtifactError comes out, with the C parser and without it."""
    for loader in LOADERS:
        try:
            read(data, "p", loader)
        except ArtifactError as error:
            assert error.path == "p"  # noqa: PT017 - either outcome is right
