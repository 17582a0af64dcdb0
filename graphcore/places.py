"""Modules that Theano and PyTensor have, and whose contents stand in one module here.

Programs import from many places: ``from theano.tensor.subtensor import set_subtensor``.  The table
says where what they look for is.  A place with the name of a function (``graphcore.tensor.sort``)
can be imported from, and the function keeps its name.

Examples
--------
>>> from graphcore.tensor.subtensor import set_subtensor
>>> from graphcore.graph.traversal import explicit_graph_inputs
>>> import graphcore
>>> callable(graphcore.scan), callable(graphcore.tensor.sort)
(True, True)
"""

import sys
from importlib import import_module
from types import ModuleType

_TENSOR = (
    "blockwise", "einsum", "elemwise", "exceptions", "functional", "interpolate", "pad",
    "reshape", "shape", "sharedvar", "sort", "subtensor", "utils", "var",
)  # fmt: skip
_RANDOM = ("basic", "op", "utils", "var", "variable")
_GRAPH = ("fg", "op", "replace", "rewriting", "rewriting.utils")
#: The place, and the module that has what is looked for there.
PLACES = {
    **{f"graphcore.tensor.{name}": "graphcore.tensor" for name in _TENSOR},
    **{f"graphcore.tensor.random.{name}": "graphcore.tensor.random" for name in _RANDOM},
    **{f"graphcore.graph.{name}": "graphcore.graph" for name in _GRAPH},
    "graphcore.graph.traversal": "graphcore.graph.basic",
    "graphcore.graph.type": "graphcore.gof",
    "graphcore.graph.utils": "graphcore.errors",
    "graphcore.gof.fg": "graphcore.gof",
    "graphcore.gof.graph": "graphcore.graph.basic",
    "graphcore.gof.op": "graphcore.gof",
    "graphcore.compile.function": "graphcore.compile",
    "graphcore.compile.function.pfunc": "graphcore.compile",
    "graphcore.compile.function.types": "graphcore.compile",
    "graphcore.compile.function_module": "graphcore.compile",
    "graphcore.compile.pfunc": "graphcore.compile",
    "graphcore.sandbox.linalg.ops": "graphcore.sandbox.linalg",
    "graphcore.sandbox.neighbours": "graphcore.tensor.nnet.neighbours",
    "graphcore.sandbox.softsign": "graphcore.tensor.nnet",
    "graphcore.scalar.basic": "graphcore.scalar",
    "graphcore.scan": "graphcore.scan_module",
    "graphcore.scan.basic": "graphcore.scan_module",
    "graphcore.scan.op": "graphcore.scan_module.scan_op",
    "graphcore.scan.utils": "graphcore.scan_module.scan_utils",
    "graphcore.scan.views": "graphcore.scan_module",
    "graphcore.scan_module.scan": "graphcore.scan_module",
    "graphcore.scan_module.scan_views": "graphcore.scan_module",
    "graphcore.sparse.basic": "graphcore.sparse",
    "graphcore.sparse.math": "graphcore.sparse",
    "graphcore.wrap_py": "graphcore.compile.ops",
}


def look(place, home, name, hidden="__"):
    """What the module ``place`` is asked for, from the one that has it, hidden names aside."""
    if not name.startswith(hidden):
        module = import_module(home)
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"module {place!r} has no attribute {name!r}")


class Place(ModuleType):
    """A module that takes what it is asked for from another one."""

    def __init__(self, name, home):
        super().__init__(name, f"What is looked for here is in ``{home}``.")
        self.__dict__.update(__path__=[], _home=home)

    def __getattr__(self, name):
        return look(self.__name__, self._home, name)

    def __dir__(self):
        return dir(import_module(self._home))


def install(places=PLACES):
    """Let the places be imported, where there is no module of that name."""
    for name, home in places.items():
        place = sys.modules.setdefault(name, Place(name, home))
        parent, _, last = name.rpartition(".")
        parent = sys.modules.get(parent)
        if parent is not None and last not in vars(parent):
            setattr(parent, last, place)


__all__ = ["PLACES", "Place", "install", "look"]
