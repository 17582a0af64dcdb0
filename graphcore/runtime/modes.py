"""Modes: how a function computes.

All modes but ``reference`` and ``monitor`` run the same kernels.
"""

import inspect
from types import SimpleNamespace

KINDS = ("fast", "reference", "debug", "nan_guard", "profile", "monitor")
_THEANO = {  # Theano's names of modes and linkers
    "fast_run": "fast",
    "fast_compile": "fast",
    "mode": "fast",
    "cvm": "fast",
    "c|py": "fast",
    "c|py_nogc": "fast",
    "c": "fast",
    "numba": "fast",
    "jax": "fast",
    "py": "reference",
    "vm": "fast",
    "cvm_nogc": "fast",
    "vm_nogc": "fast",
    "debugmode": "debug",
    "debug_mode": "debug",
    "nanguardmode": "nan_guard",
    "profilemode": "profile",
    "profile_mode": "profile",
}


class Mode:
    """How a function computes.

    Parameters
    ----------
    kind : str
        ``"fast"``: programs of kernels, the default.  ``"reference"``: NumPy, node by node.
        ``"debug"``: both, and an error where they differ.  ``"nan_guard"``: programs that keep
        every intermediate result, and an error that names the first node which makes a NaN or an
        infinity of finite numbers.  ``"profile"``: programs, with times.  Theano's names
        (``"FAST_RUN"``, ``"FAST_COMPILE"``, ``"DebugMode"``, ``"NanGuardMode"``, linkers) are
        understood too.
    optimizer : str or None
        None leaves out the rewrites that simplify and stabilise; every other value means all.
    exclude : iterable of str
        Names of rewrites or stages to leave out.
    linker : str, optional
        Theano's name of ``kind``.
    nan, inf : bool
        What ``"nan_guard"`` complains about.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> f = graphcore.function([x], tt.log(x).sum(), mode="nan_guard")
    >>> f([1.0, -1.0])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    FloatingPointError: nan at [1] ...
      made by log of 'x', written at ...
      ...
    """

    def __init__(self, kind=None, optimizer="fast_run", exclude=(), nan=True, inf=True,
                 linker=None):  # fmt: skip
        kind = linker if kind is None else kind
        name = "fast" if kind is None else str(kind)
        self.kind = name if name in KINDS else _THEANO.get(name.lower())
        if self.kind is None:
            raise ValueError(f"there is no mode {name!r}; the modes are {', '.join(KINDS)}")
        plain = optimizer is None or str(optimizer) == "None"
        self.optimizer = None if plain else optimizer
        self.exclude = frozenset([exclude] if isinstance(exclude, str) else exclude)
        self.nan, self.inf = nan, inf

    def excluding(self, *names):
        """The same mode without some rewrites; names that do not exist here change nothing."""
        return Mode(self.kind, self.optimizer, self.exclude.union(names), self.nan, self.inf)

    def including(self, *names):
        """The same mode with rewrites that :meth:`excluding` left out."""
        return Mode(self.kind, self.optimizer, self.exclude.difference(names), self.nan, self.inf)

    def left_out(self, known):
        """Names of the rewrites and stages to leave out, those that exist."""
        left = self.exclude.intersection(known)
        return left if self.optimizer else left | {"simplify", "stabilize"}

    def __repr__(self):
        return f"<mode {self.kind}>"


class NanGuardMode(Mode):
    """Theano's name of the mode ``"nan_guard"``; "big" has no meaning of its own here."""

    def __init__(self, nan_is_error=True, inf_is_error=True, big_is_error=True, **ignored):
        super().__init__("nan_guard", nan=nan_is_error, inf=inf_is_error)


class DebugMode(Mode):
    """Theano's name of the mode ``"debug"``."""

    def __init__(self, **ignored):
        super().__init__("debug")


class MonitorMode(Mode):
    """Node by node with NumPy, with a function of yours before or after every node.

    Parameters
    ----------
    pre_func, post_func : callable, optional
        Called with the number of the node, the node, and its cells: ``cells.inputs[0][0]`` is the
        first input, ``cells.outputs[0][0]`` the first output.  A function that takes four
        arguments gets the graph first, as in PyTensor.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.dscalar("x")
    >>> def show(i, node, cells):
    ...     print(i, node.op, [float(cell[0]) for cell in cells.outputs])
    >>> f = graphcore.function([x], tt.exp(x) + x, mode=MonitorMode(post_func=show))
    >>> float(f(0.0))
    0 exp [1.0]
    1 add [1.0]
    1.0
    """

    def __init__(self, pre_func=None, post_func=None, optimizer="fast_run", linker=None,
                 exclude=()):  # fmt: skip
        super().__init__("monitor", optimizer, exclude)
        self.pre_func, self.post_func = pre_func, post_func

    def excluding(self, *names):
        """The same mode without some rewrites."""
        left = self.exclude.union(names)
        return MonitorMode(self.pre_func, self.post_func, self.optimizer, exclude=left)

    def including(self, *names):
        """The same mode with rewrites that :meth:`excluding` left out."""
        left = self.exclude.difference(names)
        return MonitorMode(self.pre_func, self.post_func, self.optimizer, exclude=left)

    def watcher(self, fgraph):
        """What :func:`~graphcore.evaluate` calls for every node of ``fgraph()``."""

        def told(function):
            """The function with three arguments."""
            if function is None:
                return lambda *facts: None
            four = len(inspect.signature(function).parameters) == 4
            return (lambda *facts: function(fgraph(), *facts)) if four else function

        before, after = told(self.pre_func), told(self.post_func)

        def watch(i, node, arrays, compute):
            cells = SimpleNamespace(
                inputs=[[a] for a in arrays], outputs=[[None] for _ in node.outputs]
            )
            before(i, node, cells)
            found = compute(node, arrays)
            for cell, a in zip(cells.outputs, found, strict=True):
                cell[0] = a
            after(i, node, cells)
            return found

        return watch


def get_mode(mode=None):
    """A :class:`Mode` of a mode, a name, or None (the default)."""
    return mode if isinstance(mode, Mode) else Mode(mode)


def get_default_mode():
    """The mode of functions that name none."""
    return Mode()
