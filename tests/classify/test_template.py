"""Fingerprints stay the same over requests of one template and tell templates apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.template import HEAD_CHARACTERS, NO_TEMPLATE, Template, fingerprint

TICKETS = "You are a support assistant. Classify the ticket into one of ten categories."


def billing(value: str) -> dict[str, str]:
    """Return Claude Code's attribution block, whose values change with each call."""
    return {
        "type": "text",
        "text": f"x-anthropic-billing-header: cc_version={value}; cc_entrypoint=cli; cch={value};",
    }


def block(text: str) -> dict[str, str]:
    """Return a text block."""
    return {"type": "text", "text": text}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Today is 2026-10-01.", "Today is 2025-01-31."),
        ("Today is Thursday, October 1, 2026.", "Today is Monday, May 23rd, 2025."),
        ("It is 10:05:33 PM UTC", "It is 9:00 AM EST"),
        ("Ticket 4711 of run 3fa9c1d2.", "Ticket 9 of run 00aabbcc."),
        ("Id 4f6c0f7e-0000-4c58-9a3e-000000000001!", "Id 9b2d3f10-1111-4c58-9a3e-0000000000ff!"),
        ("Write to jane.doe@example.com", "Write to bob@other.org"),
        ("See https://example.com/a?b=c", "See http://localhost:8080/d"),
        ("Work in /home/jane/app and ~/notes", "Work in /Users/bob/src/x and ~/y"),
        (r"Work in C:\Users\jane", r"Work in D:\bob"),
        ("The answer   is\n\n short", "The answer is short"),
        ("Hash deadbeef", "Hash facadeface"),
        ("Key " + "aB" * 30, "Key " + "cD" * 40),
        ("Costs 1,200.50 dollars or 12%", "Costs 7 dollars or 3%"),
    ],
)
def test_what_changes_from_call_to_call_is_taken_out(one: str, other: str) -> None:
    """Dates, times, ids, numbers, addresses, paths and white space make no new template."""
    assert fingerprint(f"{TICKETS} {one}") == fingerprint(f"{TICKETS} {other}")


@pytest.mark.parametrize(
    "pasted",
    [
        "<env>\nPlatform: {}\nUser {}\n</env>",
        "<env>Platform: {}</env>",
        "Letter: <document>Dear {},\nyours {}\n</document>",
        "<document_list><document>Dear {}\n</document>",
        "# Environment\n - Platform: {}\n## Shell\n{}\n# Tone\nBe brief.",
        "## Context:\n{}\n## Tone\nBe brief.",
        "# Tone\nBe brief.\ngitStatus: branch {}\nmodified {}",
    ],
)
def test_pasted_sections_are_taken_out(pasted: str) -> None:
    """Content between known tags, under known headings, and behind git's status is of the request."""
    first, second = (f"{TICKETS}\n{pasted.format(word, word)}" for word in ("linux", "darwin arm"))
    assert fingerprint(first) == fingerprint(second) != fingerprint(TICKETS + " Or do not.")


def test_what_follows_a_pasted_section_counts() -> None:
    """A closing tag or the next heading ends what is left out."""
    for pasted in ("<env>\nx\n</env>\n{}", "# Environment\nx\n# Tone\n{}"):
        assert fingerprint(pasted.format("Be brief.")) != fingerprint(pasted.format("Be thorough."))


def test_a_prompt_of_pasted_sections_alone_still_has_a_template() -> None:
    """Where nothing else is left, the sections themselves tell."""
    assert fingerprint("<env>\nA shell\n</env>") not in (NO_TEMPLATE, fingerprint("<env>\nA browser\n</env>"))


def test_words_tell_templates_apart() -> None:
    """Other instructions are another template; so is the same in another order."""
    prompts = [
        TICKETS,
        TICKETS + " Reply in French.",
        "Reply in French. " + TICKETS,
        "Du bist ein Assistent.",
        "и/или",
    ]
    assert len({fingerprint(prompt).sha for prompt in prompts}) == len(prompts)
    assert fingerprint("yes and/or no") != fingerprint("yes no")


def test_the_attribution_block_changes_nothing() -> None:
    """Claude Code's first block is left out, as a block or as the first line of a text."""
    plain = fingerprint(TICKETS)
    assert fingerprint([billing("2.1.284"), block(TICKETS)]) == plain
    assert fingerprint([billing("9.9"), block(TICKETS)]) == plain
    assert fingerprint(f"{billing('2.1')['text']}\n{TICKETS}") == plain
    assert fingerprint([billing("2.1")]) == NO_TEMPLATE == fingerprint(billing("2.1")["text"])


def test_blocks_are_read_as_one_text() -> None:
    """A prompt cut into blocks is the same template; blocks without text are passed over."""
    first, second = TICKETS.split(". ")
    odd = [block(first + "."), {"type": "text"}, {"text": 5}, None, block(""), second]
    assert fingerprint(odd) == fingerprint(TICKETS)


@pytest.mark.parametrize("system", [None, "", "  \n", [], {}, 5, True, "2026-10-01 12:00", "— … 7"])
def test_nothing_stable_is_no_template(system: object) -> None:
    """Where there is no word there is no fingerprint and no label."""
    assert fingerprint(system) == Template("", "")


def test_only_the_head_counts() -> None:
    """Behind a thousand words nothing changes the template, and long prompts cost no more."""
    head = " ".join(["steady"] * 1000)
    assert fingerprint(f"{head} tail") == fingerprint(f"{head} other") == fingerprint(head)
    assert fingerprint("x " * HEAD_CHARACTERS) == fingerprint("x " * (9 * HEAD_CHARACTERS))


@pytest.mark.parametrize(
    ("system", "label"),
    [
        (TICKETS, "support-classify-ticket-categories"),
        ("You are Claude Code, Anthropic's official CLI for Claude.", "official-cli"),
        (
            "Today's date: 2026-11-23. Summarise legal reports for jane@example.com!",
            "summarise-legal-reports",
        ),
        ("Extract JSON from claim forms. Then stop.", "extract-json-claim-forms"),
        ("Help John Smith of Acme write letters", "write-letters"),
        ("password: hunter", "prompt"),
        ("Review code with the api key sk-live-abc", "review-code-api"),
        ("sk-secretpart", "prompt"),
        ("Ты помощник. Извлеки поля.", "prompt"),
        ("Review code. Review code again, review", "review-code"),
        ("Harmonise multinational reconciliation documentation", "harmonise-multinational-reconciliation"),
    ],
)
def test_labels_are_a_few_plain_words(system: str, label: str) -> None:
    """A label says what the template is about and shows no name, number, address or secret."""
    assert fingerprint(system).label == label


TEXT = st.text(max_size=200) | st.lists(
    st.sampled_from(
        ["<env>", "</env>", "# Context", "\n", "sk-ant-x", "a@b.c", "12", "Extract", "forms.", "\ud800"]
    )
).map(" ".join)


@given(TEXT)
def test_every_text_has_a_well_formed_fingerprint(text: str) -> None:
    """No text raises; sha and label keep their form."""
    found = fingerprint(text)
    assert found == fingerprint([block(text)])
    assert re.fullmatch(r"[0-9a-f]{16}", found.sha) if found.sha else found == NO_TEMPLATE
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*|", found.label)
    assert len(found.label) <= 40


@given(st.lists(st.sampled_from(["{d}", "read", "the", "form", "and", "reply", "\n", ". "]), max_size=30))
def test_values_may_stand_anywhere(words: list[str]) -> None:
    """Wherever a value stands among the words, another value gives the same template."""
    template = " ".join(words)
    assert fingerprint(template.replace("{d}", "2026-10-01")) == fingerprint(
        template.replace("{d}", "17:45 PM")
    )


@pytest.mark.parametrize("unit", ["a", "<", "<env>", "#", "a@", "x/", "\n", "é", "-", "a.", "</", "A"])
def test_hostile_texts_are_cut_before_they_cost(unit: str) -> None:
    """A million repetitions give what as many as are looked at give."""
    assert fingerprint(unit * 1_000_000) == fingerprint((unit * HEAD_CHARACTERS)[:HEAD_CHARACTERS])
