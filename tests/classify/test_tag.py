"""A task type comes from the tag, else the default, else the template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.tag import plain_tag, task_type
from modelmix.classify.template import NO_TEMPLATE, Template

TEMPLATE = Template("0123456789abcdef", "claim-forms")


@pytest.mark.parametrize("tag", ["a", "form-extraction", "bugfix_x:django", "team/a.b", "7up", "x" * 64])
def test_plain_names_are_tags(tag: str) -> None:
    """Letters, digits and five signs make a tag, blanks around it do not count."""
    assert plain_tag(f" {tag}\t") == (tag, "")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (None, ""), ("", ""), ("  ", ""), (5, "not a text"), ("x" * 65, "longer than 64"),
        ("a b", "not made of"),
        ("-a", "not made of"), ("ä", "not made of"), ("a\nb", "not made of"), ("a,b", "not made of"),
    ],
)  # fmt: skip
def test_other_values_count_as_absent_and_say_why(tag: object, said: str) -> None:
    """An invalid tag is no tag, with a reason; an absent one is no tag without."""
    name, why = plain_tag(tag)
    assert name == ""
    assert said in why if said else not why


@pytest.mark.parametrize(
    ("tag", "default", "template", "expected"),
    [
        ("triage", "forms", TEMPLATE, ("triage", "tag")),
        (None, "forms", TEMPLATE, ("forms", "default")),
        ("not a tag", "forms", TEMPLATE, ("forms", "default")),
        (None, "not a tag", TEMPLATE, ("claim-forms-012345", "template")),
        (None, None, TEMPLATE, ("claim-forms-012345", "template")),
        (None, None, NO_TEMPLATE, ("untyped", "none")),
    ],
)
def test_the_most_explicit_source_wins(
    tag: object, default: object, template: Template, expected: tuple[str, str]
) -> None:
    """Tag before default before template before nothing."""
    assert task_type(tag, default, template) == expected


@given(st.none() | st.text() | st.integers() | st.binary(), st.none() | st.text())
def test_every_value_gives_a_name_and_a_source(tag: object, default: object) -> None:
    """No value raises, and each name is one that a policy file can hold."""
    name, source = task_type(tag, default, NO_TEMPLATE)
    assert name
    assert plain_tag(name) == (name, "")
    assert source in {"tag", "default", "none"}
