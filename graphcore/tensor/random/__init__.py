"""Random arrays: streams of draws, and functions that draw from a generator.

Examples
--------
>>> import graphcore
>>> from graphcore.tensor.random import RandomStream, default_rng, normal
>>> f = graphcore.function([], RandomStream(seed=1).normal(0, 1, size=(2,)))
>>> bool((f() != f()).all())
True
>>> g = graphcore.function([], normal(0, 1, size=(2,), rng=default_rng(1)))
>>> bool((g() == g()).all())
True
"""

from graphcore.tensor.random import draws
from graphcore.tensor.random.draws import *  # noqa: F403
from graphcore.tensor.random.streams import (
    MRG_RandomStreams,
    RandomStream,
    RandomStreams,
    generator_of,
    rng,
)
from graphcore.tensor.random.variable import RandomVariable

__all__ = [
    "MRG_RandomStreams", "RandomStream", "RandomStreams", "RandomVariable", "generator_of", "rng",
    *draws.__all__,
]  # fmt: skip
