"""The second half of the report's page: all candidates, what is realised, attempts, provenance."""

from modelmix.report.charts import status
from modelmix.report.sheet import Sheet, cell, row_head, table

ROWS_SHOWN = 500
"""Longest table; the JSON has all rows."""


def picture_section(sheet: Sheet) -> str:
    """Lay out every candidate measured, with a place for its picture."""
    pairs = [(i, j) for i, task in enumerate(sheet.at("tasks")) for j in range(len(task["candidates"]))]
    if not pairs:
        return (
            "<h2>Every candidate measured</h2>\n<p>The lake holds no paired outcomes of these task types, so "
            "there is nothing to picture; <code>modelmix import</code> keeps outcome tables.</p>\n"
        )
    headings = (
        "Task type", "Candidate", "", "USD per 1,000", "Saves", "Loss", "At most", "Pairs", "Worse",
        "Better",
    )  # fmt: skip
    rows = [_candidate(sheet, i, j) for i, j in pairs[:ROWS_SHOWN]]
    sure = 100 - sheet.at("policy.alpha") * 100
    said = (
        f"Bounds here are one-sided at {sure:g} %, of one comparison each, over all rows. What certifies is "
        "stricter: fresh rows, corrected for everything that was tried, in the table further up."
    )
    found = table(
        "each candidate against the baseline of its type; USD per 1,000 calls", headings, rows, "candidates"
    )
    return (
        "<h2>Every candidate measured</h2>\n<p>Cost of a call against the most that its quality may have "
        "lost: lower and further left is better. Stars are in the policy.</p>\n"
        f'<p class="soft">{said}</p>\n'
        '<div class="chart" id="chart-picture" role="img" aria-label="Cost per 1,000 calls against the '
        "bound of "
        f'the loss; the figures stand in the table below"></div>\n{found}'
    )


def _candidate(sheet: Sheet, i: int, j: int) -> list[str]:
    at = f"tasks.{i}.candidates.{j}"
    task = sheet.at(f"tasks.{i}")
    found = status(task, task["candidates"][j])
    kind = {"in the policy": "good", "refused": "bad", "undecided": "stake"}.get(found, "soft")
    return [
        row_head(sheet.text(f"tasks.{i}.task_type")),
        cell(sheet.text(f"{at}.candidate"), "text"),
        cell(f'<span class="{kind}">{found}</span>'),
        cell(sheet.price(f"{at}.usd_per_1000")),
        cell(sheet.percent(f"{at}.saving_share")),
        cell(sheet.points(f"{at}.loss")),
        cell(sheet.points(f"{at}.bound", up=True)),
        cell(sheet.count(f"{at}.pairs")),
        cell(sheet.count(f"{at}.losses")),
        cell(sheet.count(f"{at}.gains")),
    ]


def realised_section(sheet: Sheet) -> str:
    """Lay out what gateways have saved so far."""
    found = sheet.at("realised")
    if not found["calls"]:
        said = (
            "<p>Nothing yet: no gateway has moved a call in this window. A proven saving becomes one on "
            "the bill "
            "with <code>modelmix serve --policy policy.yaml --enforce</code>.</p>\n"
        )
    else:
        said = (
            f"<p>Gateways have moved {sheet.counted('realised.calls', 'call')}, for "
            f"{sheet.usd('realised.usd')} against about {sheet.usd('realised.counterfactual_usd')} on "
            "what they "
            f"asked for: <strong>{sheet.usd('realised.saving_usd')}</strong> saved, at least "
            f"{sheet.usd('realised.saving_bound_usd')}.</p>\n"
            '<p class="soft">The cost is measured; the other side is estimated, each call at the mean '
            "cost of its "
            "type on the baseline, with the caching that those calls had.</p>\n"
            f"<p>Live under this policy: {sheet.counted('realised.live_types', 'task type')}, worth "
            f"{sheet.usd('realised.live_usd')} if all of the span had been served so.</p>\n"
        )
    return f"<h2>Realised so far</h2>\n{said}"


def attempts_section(sheet: Sheet) -> str:
    """Lay out how often these questions were asked, and how much of alpha that spent."""
    if sheet.at("policy.certificate") is None:
        return f"<h2>Certificate</h2>\n<p>None: nothing is proven here.</p>\n{_itself(sheet)}"
    at = "policy.certificate"
    found = sheet.at(at)
    spent = ""
    if found["alpha_spent"] is not None:
        spent = (
            f", which has used {sheet.percent(f'{at}.alpha_spent')} of alpha ({sheet.plain('policy.alpha')})"
        )
    bound = ""
    if found["bound"] is not None:
        bound = (
            f": loss {sheet.points(f'{at}.loss')}, at most {sheet.points(f'{at}.bound', up=True)}, margin "
            f"{sheet.points('policy.margin')}, on {sheet.counted(f'{at}.pairs', 'fresh pair')}"
        )
    errors = ""
    if found["errors_per_1000"] is not None:
        errors = (
            f" Errors per 1,000 moved: {sheet.plain(f'{at}.errors_per_1000.0', 3)} before, "
            f"{sheet.plain(f'{at}.errors_per_1000.1', 3)} after."
        )
    return (
        f"<h2>Certificate and attempts</h2>\n<p>{sheet.text(f'{at}.verdict')} on the traffic that "
        f"moves{bound}."
        f"{errors} Attempt {sheet.count(f'{at}.attempts')} on these rows{spent}. Method: "
        f"{sheet.text(f'{at}.method')}; it holds until {sheet.text(f'{at}.expires')}.</p>\n"
        f"{_itself(sheet)}{_attempts(sheet)}"
    )


def _itself(sheet: Sheet) -> str:
    """Say how the baseline fared against itself: whoever fails that says nothing of others."""
    at = "baseline_against_itself"
    found = sheet.at(at)
    if found is None:
        return ""
    kind = {"CLEARS": "good", "FAILS": "bad"}.get(found["verdict"], "stake")
    said = {
        "CLEARS": "a loss that the same test finds of a candidate is the candidate's",
        "FAILS": "answers differ by themselves, so that losses of candidates say little",
    }.get(found["verdict"], _too_few(sheet))
    return (
        f"<p>The baseline against itself (A/A): {sheet.counted(f'{at}.pairs', 'pair')}, loss "
        f"{sheet.points(f'{at}.loss')}, at most {sheet.points(f'{at}.bound', up=True)}, margin "
        f'{sheet.points(f"{at}.margin")}: <span class="{kind}">{sheet.text(f"{at}.verdict")}</span> ({said}).'
        "</p>\n"
    )


def _too_few(sheet: Sheet) -> str:
    if sheet.at("baseline_against_itself.needed") is None:
        return "no number of pairs would clear at the loss seen"
    return f"about {sheet.counted('baseline_against_itself.needed', 'pair')} would decide"


def _attempts(sheet: Sheet) -> str:
    rows = [
        (
            row_head(f"{sheet.count(f'{here}.number')}{' (this policy)' if line['is_this'] else ''}"),
            cell(sheet.day(f"{here}.at")),
            cell(sheet.points(f"{here}.margin")),
            cell(sheet.plain(f"{here}.alpha")),
            cell(sheet.count(f"{here}.put_forward")),
            cell(sheet.text(f"{here}.outcome")),
        )
        for here, line in (
            (f"attempts.{i}", line) for i, line in enumerate(sheet.at("attempts")[:ROWS_SHOWN])
        )
    ]
    headings = ("Attempt", "Day (UTC)", "Margin", "Alpha", "Put forward", "Outcome")
    return table("every attempt on record, on these rows or others", headings, rows) if rows else ""


def proof_words(sheet: Sheet) -> str:
    """Say what replays have cost."""
    unpriced = ""
    if sheet.at("proof.unpriced_calls"):
        unpriced = f", {sheet.count('proof.unpriced_calls')} of them without a price"
    return (
        f"{sheet.price('proof.usd')} so far in {sheet.counted('proof.calls', 'call')} of replays{unpriced} "
        f"({sheet.text('proof.basis')}); no traffic, and in no other figure"
    )


def _replays(sheet: Sheet) -> list[tuple[str, str]]:
    """Say of each replay behind the policy when, by whom graded, and how much of the truth is known."""
    rows = []
    for i, one in enumerate(sheet.at("provenance.replays")):
        at = f"provenance.replays.{i}"
        graders = ", ".join(sheet.text(f"{at}.graders.{j}") for j in range(len(one["graders"]))) or "unknown"
        ended = "" if one["outcome"] in {None, "done"} else f", {sheet.text(f'{at}.outcome')}"
        seed = "" if one["seed"] is None else f", seed {sheet.plain(f'{at}.seed')}"
        how = '<span class="stake">simulated</span>' if one["simulated"] else "measured"
        rows.append(
            (
                "Evidence",
                (
                    f"{how} on {sheet.text(f'{at}.day')}, replay {sheet.text(f'{at}.replay_id')}{ended}, "
                    f"graders {graders}, known answers for {sheet.count(f'{at}.known')} of "
                    f"{sheet.counted(f'{at}.prompts', 'prompt')}{seed}"
                ),
            )
        )
    return rows


def provenance_section(sheet: Sheet) -> str:
    """Lay out where every figure comes from."""
    at = "provenance"
    rows = [
        ("modelmix", sheet.text(f"{at}.version")),
        ("Drawn up", f"{sheet.minute('made')} UTC"),
        ("Traffic", f"{sheet.minute('span.since')} to {sheet.minute('span.until')} UTC"),
        (
            "List prices",
            f"as of {sheet.text(f'{at}.prices_as_of')}, sha256 {sheet.digest(f'{at}.prices_sha256')}",
        ),
        ("Policy file", f"{sheet.text('policy.path')}, sha256 {sheet.digest(f'{at}.policy_sha256')}"),
        (
            "Evidence rows",
            f"sha256 {sheet.digest(f'{at}.evidence_sha256')}, seed {sheet.plain(f'{at}.seed')}",
        ),
        ("Calls in the ledger", sheet.count(f"{at}.calls")),
        (
            "Graded answers",
            (
                f"{sheet.count(f'{at}.outcomes')} of {sheet.counted(f'{at}.evidence_imports', 'import')}, "
                f"{sheet.counted(f'{at}.unpaired_prompts', 'prompt')} unpaired"
            ),
        ),
        *_replays(sheet),
        ("Cost of proof", proof_words(sheet) if sheet.at("proof.calls") else "no replay's call is on record"),
        (
            "Could not be read",
            ", ".join(
                (
                    f"{sheet.counted(f'{at}.bad_rows', 'row')} of {sheet.counted(f'{at}.imports', 'import')}",
                    sheet.counted(f"{at}.bad_outcomes", "outcome"),
                )
            ),
        ),
    ]
    basis = sheet.at("policy.certificate")
    if basis is not None and basis["basis"]:
        rows.append(("Basis", sheet.text("policy.certificate.basis")))
    lines = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in rows)
    return f"<h2>Where the figures come from</h2>\n<dl>\n{lines}</dl>\n"
