"""Modes: how a function computes.

All modes but ``reference`` run the same kernels.
"""

KINDS = ("fast", "reference", "debug", "nan_guard", "profile")
_THEANO = {  # Theano's names of modes and linkers
    "fast_run": "fast",
    "fast_compile": "fast",
    "mode": "fast",
    "cvm": "fast",
    "c|py": "fast",
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


def get_mode(mode=None):
    """A :class:`Mode` of a mode, a name, or None (the default)."""
    return mode if isinstance(mode, Mode) else Mode(mode)


def get_default_mode():
    """The mode of functions that name none."""
    return Mode()
