"""Several slices are one text, and come apart as they were."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.core.slices import parted, together

NAMES = st.lists(st.text(st.characters(exclude_characters=";"), max_size=12).map(str.strip), max_size=6)


@given(NAMES)
def test_names_written_together_come_apart_each_once_and_in_order(names: list[str]) -> None:
    """What is parted was put together; empty names and repeated ones are none."""
    assert parted(together(*names)) == tuple(dict.fromkeys(name for name in names if name))


@given(st.text())
def test_parting_is_settled_at_once(text: str) -> None:
    """Putting together what was parted changes nothing more."""
    assert parted(together(*parted(text))) == parted(text)


def test_an_outcome_knows_its_slices_by_name() -> None:
    """One text in a table, several names in the evidence."""
    outcome = Outcome(
        prompt_id="p",
        task_type="t",
        candidate=Candidate("m"),
        score=1.0,
        slice_name="field absent; language de",
    )
    assert outcome.slices == ("field absent", "language de")
