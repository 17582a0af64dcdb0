"""PyTensor's module of functions: they are all in ``graphcore.tensor``.

Examples
--------
>>> from graphcore.tensor import math
>>> math.exp(0.0).eval()
array(1.)
"""

from graphcore.tensor.basic import __getattr__  # noqa: F401  (any name that is asked for)
