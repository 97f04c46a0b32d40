"""Runs each Claude task on the cheapest model and effort that provably clears your quality bar.

The public face is small and pinned by a test; its names are imported when they are first used, so that
``import modelmix`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelmix.core.call import Call as Call
    from modelmix.core.candidate import Candidate as Candidate
    from modelmix.core.candidate import Effort as Effort
    from modelmix.core.prices import PriceBook as PriceBook
    from modelmix.core.usage import Usage as Usage
    from modelmix.errors import ModelmixError as ModelmixError
    from modelmix.inprocess import Router as Router
    from modelmix.policy.base import Route as Route

__version__ = "0.1.0"

_FACE = {
    "Call": "modelmix.core.call",
    "Candidate": "modelmix.core.candidate",
    "Effort": "modelmix.core.candidate",
    "ModelmixError": "modelmix.errors",
    "PriceBook": "modelmix.core.prices",
    "Route": "modelmix.policy.base",
    "Router": "modelmix.inprocess",
    "Usage": "modelmix.core.usage",
}

__all__ = [
    "Call",
    "Candidate",
    "Effort",
    "ModelmixError",
    "PriceBook",
    "Route",
    "Router",
    "Usage",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Import a name of the public face on first use."""
    if name not in _FACE:
        raise AttributeError(f"module 'modelmix' has no attribute {name!r}")
    return getattr(import_module(_FACE[name]), name)


def __dir__() -> list[str]:
    """List the public face."""
    return sorted(__all__)
