"""Card: a policy on one screen, in words for people."""

from collections.abc import Iterator
from textwrap import wrap

from modelmix.core.candidate import Candidate
from modelmix.policy.by_type import ByType
from modelmix.policy.document import Certificate, PolicyDocument, TaskEntry
from modelmix.policy.share import plain
from modelmix.policy.words import at_least, at_most, default_words, error_cost, expiry, percent, points, way

_NARROWEST = 60
_FIGURES = 38


def card(document: PolicyDocument, policy: ByType, width: int = 80) -> str:
    """Draw a policy: what is proved, and type by type where its requests go and why.

    Args:
        document: A parsed policy.
        policy: What ``to_policy`` makes of it, as it stands on the day in question; it tells what is refused.
        width: Columns of the terminal; at least 60 are used.
    """
    columns = max(width, _NARROWEST)
    lines = [*_head(document, policy), "", *_types(document, policy, columns), "", *_foot(document, policy)]
    return "".join(f"{part}\n" for line in lines for part in _fitted(line, columns))


def _fitted(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line.strip(), columns, initial_indent=indent, subsequent_indent=indent + "  ")


def _head(document: PolicyDocument, policy: ByType) -> Iterator[str]:
    made = "" if document.created is None else f" · {document.created:%Y-%m-%d}"
    label = f"policy {document.sha256[:8]}" if document.sha256 else "written by hand, no hash"
    yield f"{document.name} v{document.version}{made} · {label}"
    if policy.warning:
        yield f"! {policy.warning}"
    if document.certificate is None:
        yield "No certificate: nothing is proven here."
    else:
        yield from _certificate(document, document.certificate)


def _certificate(document: PolicyDocument, certificate: Certificate) -> Iterator[str]:
    sure = f"{plain(100 - document.bar.alpha * 100):f} % confidence"
    bound = "" if certificate.bound is None else f"loss at most {at_most(certificate.bound)} at {sure}, "
    yield f"{certificate.verdict} on the traffic that moves: {bound}margin {points(document.bar.margin)}"
    parts = [f"{certificate.pairs:,} fresh pairs", f"{certificate.method}"]
    if certificate.moved_share is not None:
        parts.append(f"{percent(certificate.moved_share)} of the traffic moves")
    if certificate.errors_per_1000 is not None:
        before, after = certificate.errors_per_1000
        parts.append(f"errors per 1,000: {before:.0f} before, {after:.0f} after")
    if certificate.saving_share is not None:
        least = "" if certificate.saving_bound is None else f", at least {at_least(certificate.saving_bound)}"
        parts.append(f"saves {percent(certificate.saving_share)}{least}")
    if certificate.net_saving_share is not None:
        net_bound = certificate.net_saving_bound
        least = "" if net_bound is None else f", at least {at_least(net_bound)}"
        parts.append(f"with errors paid for saves {percent(certificate.net_saving_share)}{least}")
    yield "  " + " · ".join(parts)
    yield f"  {expiry(certificate)} · attempt {certificate.attempts} · prices of {certificate.prices_as_of}"


def _types(document: PolicyDocument, policy: ByType, columns: int) -> Iterator[str]:
    room = columns - _FIGURES
    yield f"{'type':<{room}}{'verdict':<11}{'loss ≤':>8}{'pairs':>9}{'saves ≥':>10}"
    for name, entry in document.tasks.items():
        label = name if len(name) < room else name[: room - 2] + "…"
        yield f"{label:<{room}}{_figures(entry)}".rstrip()
        mark = " (critical)" if entry.critical else ""
        refused = "; NOT TAKEN, no certificate carries it" if name in policy.refused else ""
        yield f"  {way(entry)}{mark}{refused}"
        cost = error_cost(document, entry)
        if cost is not None:
            yield f"  a wrong answer costs {cost}"
        if entry.why:
            yield f"  {entry.why}"


def _figures(entry: TaskEntry) -> str:
    evidence = entry.evidence
    if evidence is None:
        return f"{'-':<11}{'-':>8}{'-':>9}{'-':>10}"
    bound = "-" if evidence.bound is None else at_most(evidence.bound)
    moves = isinstance(entry.route, Candidate)
    saves = at_least(evidence.saving_bound) if moves and evidence.saving_bound is not None else "-"
    return f"{evidence.verdict:<11}{bound:>8}{evidence.pairs:>9,}{saves:>10}"


def _foot(document: PolicyDocument, policy: ByType) -> Iterator[str]:
    moves = sum(isinstance(entry.route, Candidate) for entry in document.tasks.values())
    taken = moves - len(policy.refused)
    yield f"{taken} of {len(document.tasks)} types move; all else is answered by the model it asks for."
    yield f"Requests for the virtual model `modelmix` without a type go to {default_words(document)}."
