"""One small module per engine: ``NAME``, ``SUPPORTS`` and ``build(model, data) -> Call``.

``NAME`` labels the engine in tables; ``SUPPORTS`` is a set of model ids, or None for all of them.
A module of an engine that is not installed raises ImportError when it is imported; the runner then
leaves the engine out and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Call:
    """A model's log density and gradient in one engine.

    Attributes
    ----------
    fn : callable
        ``fn(theta) -> (logp, grad)`` by the leanest path the engine offers from Python.
    native : callable, optional
        ``native(thetas, reps) -> nanoseconds`` per evaluation, without Python in the loop.
    keep : object, optional
        Whatever has to stay alive while ``fn`` is used.
    """

    fn: Callable
    native: Callable | None = None
    keep: Any = None
