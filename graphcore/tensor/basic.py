"""Theano's module of most functions: they are all in ``graphcore.tensor``.

Examples
--------
>>> from graphcore.tensor import basic
>>> basic.exp(0.0).eval()
array(1.)
"""


def __getattr__(name):
    import graphcore.tensor

    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(graphcore.tensor, name)
