"""Which model a ``with`` block is in: one stack per thread."""

import threading

from graphcore.tensor import moving


class _Stack(threading.local):
    def __init__(self):
        self.models = []


_stack = _Stack()


def modelcontext(model=None):
    """The given model, or that of the enclosing ``with`` block of this thread.

    Raises
    ------
    TypeError
        When there is neither.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     pm.modelcontext(None) is model
    True
    """
    if model is not None:
        return model
    if not _stack.models:
        raise TypeError(
            "no model on the context stack of this thread: write `with pm.Model():` around the "
            "variables, pass model=..., or use .dist(...) for a distribution outside of a model"
        )
    return _stack.models[-1]


def current():
    """The model of the enclosing ``with`` block of this thread, or None."""
    return _stack.models[-1] if _stack.models else None


def enter(model):
    """Make ``model`` the current one of this thread."""
    _stack.models.append(model)
    moving.enter(model.root.moves)


def leave():
    """Return to the model before."""
    _stack.models.pop()
    moving.leave()
