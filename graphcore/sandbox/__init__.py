"""Theano's place of ``rng_mrg``."""

from graphcore.sandbox import linalg, rng_mrg

__all__ = ["linalg", "rng_mrg"]
