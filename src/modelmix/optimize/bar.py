"""An absolute bar: the cheapest model whose pass rate is shown to reach it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelmix.evaluate.proportion import lower_bound


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen of one model on a task: passes out of n, and its cost per call in USD."""

    passed: int
    n: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class BarChoice:
    """The model that is picked.

    Attributes:
        pick: Cheapest model that reaches the bar, else the fallback.
        bar_met: Whether any model reaches it; the fallback may not.
        lower_bounds: Model → one-sided lower bound of its pass rate.
    """

    pick: str
    bar_met: bool
    lower_bounds: Mapping[str, float]


def choose_by_bar(trials: Mapping[str, Trial], bar: float, fallback: str, confidence: float) -> BarChoice:
    """Pick the cheapest model whose Clopper-Pearson lower bound reaches the bar.

    Args:
        trials: Model → what was seen of it.
        bar: Pass rate to reach, in (0, 1).
        fallback: Model to stay on where none reaches it; never the best point estimate.
        confidence: Confidence of each bound; the bounds are not corrected for the number of models.
    """
    bounds = {model: lower_bound(trial.passed, trial.n, confidence) for model, trial in trials.items()}
    passing = [model for model, bound in bounds.items() if bound >= bar]
    if not passing:
        return BarChoice(fallback, bar_met=False, lower_bounds=bounds)
    return BarChoice(
        min(passing, key=lambda model: trials[model].cost_usd), bar_met=True, lower_bounds=bounds
    )


@dataclass(frozen=True, slots=True)
class BarTask:
    """A task with its own bar, its volume in calls and the model to stay on."""

    name: str
    bar: float
    calls: float
    fallback: str
    trials: Mapping[str, Trial]


@dataclass(frozen=True, slots=True)
class BarPlan:
    """A choice per task, in the order of the tasks, and what all calls cost on the picks."""

    choices: tuple[BarChoice, ...]
    cost_usd: float


def plan_by_bars(tasks: Sequence[BarTask], confidence: float) -> BarPlan:
    """Choose for each task by its own bar and add up what the picks cost."""
    choices = tuple(choose_by_bar(task.trials, task.bar, task.fallback, confidence) for task in tasks)
    picked = zip(tasks, choices, strict=True)
    return BarPlan(choices, sum(task.calls * task.trials[choice.pick].cost_usd for task, choice in picked))
