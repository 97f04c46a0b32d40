"""Arms: which candidates are asked beside a baseline."""

from collections.abc import Sequence
from datetime import date

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import Capability, CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, PriceNotFound
from modelmix.pipeline.replay.ask import Ask


def arms_of(
    baseline: Candidate,
    named: Sequence[Candidate] | None,
    book: PriceBook,
    capabilities: CapabilityTable,
    day: date,
) -> tuple[Candidate, ...]:
    """Return the candidates that are asked beside a baseline, cheapest first.

    Args:
        baseline: What the requests ask for today, its effort the effective one.
        named: Candidates that the user named; the newest model of every lower tier, and the newest of the
            same one if it is cheaper, where None.
        book: Prices.
        capabilities: What models accept.
        day: UTC day of the replay.

    Raises:
        ConfigError: A named model is not known, or does not take the effort.
        PriceNotFound: A named model has no price on the day.
    """
    if named is not None:
        found = [_named(candidate, capabilities) for candidate in named]
    else:
        found = [
            capabilities.effective(Candidate(row.model)) for row in _newest_below(baseline, capabilities, day)
        ]
        found = [one for one in found if _is_cheaper(one, baseline, book, day)]
    distinct = [one for one in dict.fromkeys(found) if one != baseline]
    return tuple(sorted(distinct, key=lambda one: (book.rates(one.model, day, 0).output_usd, str(one))))


def asked_of(
    baseline: Candidate, ask: Ask, book: PriceBook, capabilities: CapabilityTable, day: date
) -> tuple[Candidate, ...]:
    """Return the candidates that a replay asks beside a baseline, cheapest first; see `arms_of`.

    One that goes beside an earlier replay asks whom that one asked, and who is new.
    """
    if ask.beside is None:
        return arms_of(baseline, ask.candidates, book, capabilities, day)
    before = arms_of(baseline, ask.candidates, book, capabilities, ask.beside.at.date())
    return arms_of(baseline, (*before, *ask.beside.also), book, capabilities, day)


def _named(candidate: Candidate, capabilities: CapabilityTable) -> Candidate:
    known = capabilities.find(candidate.model)
    if known is None:
        raise ConfigError(
            f"candidate {candidate.model!r} is not in the capability table, so it is not known what it would "
            "reject; name a model that modelmix prices lists"
        )
    if candidate.effort is not None and candidate.effort not in known.efforts:
        levels = ", ".join(known.efforts) or "none"
        raise ConfigError(f"{known.model} does not take effort {candidate.effort}; it takes {levels}")
    return capabilities.effective(candidate)


def _newest_below(baseline: Candidate, capabilities: CapabilityTable, day: date) -> list[Capability]:
    known = capabilities.find(baseline.model)
    newest: dict[int, Capability] = {}
    for row in capabilities.models.values():
        is_offered = row.released <= day and (row.retires is None or day < row.retires)
        if known is None or not is_offered or row.tier > known.tier:
            continue
        if row.tier not in newest or row.released > newest[row.tier].released:
            newest[row.tier] = row
    return list(newest.values())


def _is_cheaper(candidate: Candidate, baseline: Candidate, book: PriceBook, day: date) -> bool:
    try:
        new, old = book.rates(candidate.model, day, 0), book.rates(baseline.model, day, 0)
    except PriceNotFound:
        return False
    return new.output_usd < old.output_usd and new.input_usd < old.input_usd
