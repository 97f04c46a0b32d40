"""References that say that there is no answer."""

import pytest

from modelmix.evaluate.graders.no_answer import says_no_answer


@pytest.mark.parametrize(
    "text",
    ["NO ANSWER", "Not stated.", "“none”".strip("“”"), " n/a ", "N.A.", "null", "[not in the document]", "—"],
)
def test_common_words(text: str) -> None:
    """Words that commonly mean no answer are known, in any case and with punctuation around them."""
    assert says_no_answer(text)


@pytest.mark.parametrize("text", ["", "no", "0", "nonesuch", "none of the invoices is due", "none" * 100])
def test_other_words(text: str) -> None:
    """What only begins so is an answer."""
    assert not says_no_answer(text)


def test_the_own_word_stands_alone() -> None:
    """Where the user names the word, no other one counts."""
    assert says_no_answer("Other.", "OTHER")
    assert not says_no_answer("none", "OTHER")
