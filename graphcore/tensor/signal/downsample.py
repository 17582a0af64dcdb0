"""Pooling: an older name of :mod:`graphcore.tensor.signal.pool`."""

from graphcore.tensor.signal.pool import max_pool_2d_same_size, pool_2d

max_pool_2d = pool_2d

__all__ = ["max_pool_2d", "max_pool_2d_same_size"]
