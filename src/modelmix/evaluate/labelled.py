"""Labelled pairs: what people say of some of a type's judged pairs, beside what the judge says of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from modelmix.evaluate.corrected import Corrected, Part

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_LABELS = 20
"""Labels of a candidate's pairs below which its judge is not corrected but taken at its word, as is said."""


@dataclass(frozen=True, slots=True)
class PairLabels:
    """People's word on pairs of one candidate and the baseline, row by row of a type's evidence.

    Attributes:
        human: Candidate minus baseline as people grade them, NaN where nobody did; shape (rows,). Where the
            grades alone differ and where they do not, those labelled are a random part.
        same: Rows whose two answers are the same text; shape (rows,).
    """

    human: Floats
    same: Mask

    def take(self, rows: Mask) -> "PairLabels":
        """Return the labels of some rows only."""
        return PairLabels(self.human[rows], self.same[rows])

    @property
    def n(self) -> int:
        """Rows that people labelled."""
        return int((~np.isnan(self.human)).sum())

    def corrected(self, judge: Floats, units: Sequence[str]) -> Corrected:
        """Put a judge right.

        Args:
            judge: Candidate minus baseline by the judge, NaN where it has not seen both; shape (rows,).
            units: Unit of each row: rows of one unit are averaged within a stratum, and count once.
        """
        seen = ~np.isnan(judge)
        same = seen & self.same
        differ = seen & ~self.same & (judge != 0.0)
        alike = seen & ~self.same & (judge == 0.0)
        nobody = np.full(judge.shape, np.nan)
        parts = [_part(judge, nobody, units, same, is_same=True)]
        parts += [_part(judge, self.human, units, rows) for rows in (differ, alike)]
        return Corrected(tuple(parts))


def _part(judge: Floats, human: Floats, units: Sequence[str], rows: Mask, *, is_same: bool = False) -> Part:
    labelled = rows & ~np.isnan(human)
    return Part(
        _means(judge, units, rows),
        _means(judge, units, labelled),
        _means(human, units, labelled),
        is_same=is_same,
    )


def _means(values: Floats, units: Sequence[str], rows: Mask) -> Floats:
    """Average values by unit, units in order of their first row."""
    codes: dict[str, int] = {}
    code = np.array([codes.setdefault(unit, len(codes)) for unit in compress(units, rows)], dtype=np.int64)
    return np.bincount(code, values[rows], len(codes)) / np.maximum(np.bincount(code, None, len(codes)), 1)
