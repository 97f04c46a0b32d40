"""Break-even on the report's page: what a wrong answer may cost before a move stops paying."""

from modelmix.report.sheet import Sheet

UNSAID = "What a wrong answer costs here is not said (<code>modelmix optimize --error-cost TYPE=USD</code>)."


def break_even(sheet: Sheet, at: str) -> str:
    """Word when the candidate that a type's evidence is about pays, at its measured loss and at its bound.

    Args:
        sheet: The document.
        at: Where the type stands in it.
    """
    task = sheet.at(at)
    if task["upward"] is not None:
        return _upward(sheet, at)
    moves = "The move pays" if task["is_moved"] else "A move would pay"
    expected, sure = f"{at}.pays_while_error_below_usd", f"{at}.pays_for_sure_while_error_below_usd"
    if task["saving_usd"] is None or not task["calls"]:
        return "Whether a move pays cannot be said: it has no priced call here, or the candidate no price."
    if task["saving_usd"] <= 0:
        return "The candidate is not cheaper here: a move pays only if its answers are better."
    if sheet.at(expected) is not None:
        said = (
            f"{moves} only while a wrong answer costs less than <strong>{sheet.price(expected)}</strong> "
            f"(at the measured loss, {sheet.points(f'{at}.loss')})"
        )
    elif task["loss"] is None:
        return f"{moves} as long as its answers are as good: no loss is on record."
    else:
        said = f"{moves} whatever a wrong answer costs, at the measured loss ({sheet.points(f'{at}.loss')})"
    if sheet.at(sure) is not None:
        said += (
            f"; in the worst case ({sheet.points(f'{at}.bound', up=True)}) only below "
            f"<strong>{sheet.price(sure)}</strong>"
        )
    return f"{said}. {_said_cost(sheet, at)}"


def _upward(sheet: Sheet, at: str) -> str:
    """Word a move to a dearer candidate: what it buys, and from which cost of a wrong answer on."""
    here = f"{at}.upward"
    return (
        "Bigger is cheaper here: a call costs more, and an accepted outcome "
        f"<strong>{sheet.price(f'{here}.net_usd')}</strong> less, at least "
        f"{sheet.price(f'{here}.net_bound_usd')} less (on fresh rows). The move pays only while a wrong "
        f"answer costs more than <strong>{sheet.price(f'{here}.pays_above_usd')}</strong>; one costs "
        f"{sheet.price(f'{at}.error_cost_usd')}."
    )


def _said_cost(sheet: Sheet, at: str) -> str:
    task = sheet.at(at)
    if task["error_cost_usd"] is None:
        return UNSAID
    cost = f"A wrong answer costs {sheet.price(f'{at}.error_cost_usd')}: "
    if task["pays"] is False:
        return f'{cost}<span class="bad">it does not pay at the measured loss</span>.'
    if task["pays_for_sure"] is False:
        return f"{cost}it pays at the measured loss, and not in the worst case."
    return f"{cost}it pays, in the worst case too."
