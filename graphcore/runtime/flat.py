"""A scalar of several variables, and its gradient, as one function of one flat vector."""

from functools import cached_property

import numpy as np

from graphcore._flat import FlatProgram
from graphcore.autodiff import grad
from graphcore.errors import shown
from graphcore.graph.collector import collector_paused
from graphcore.graph.walk import inputs_of
from graphcore.lower.arrays import size_of
from graphcore.lower.assemble import check_threads, compile_program
from graphcore.lower.text import disassemble, explain_spec
from graphcore.rewrite.pipeline import Rewriter
from graphcore.runtime.profile import Profile


def element_names(variables):
    """One name per flat element, e.g. ``mu`` or ``theta[3]``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> element_names([tt.scalar("mu"), tt.tensor("float64", shape=(2,), name="z")])
    ['mu', 'z[0]', 'z[1]']
    """
    names = []
    for v in variables:
        if not v.type.shape:
            names.append(v.name)
            continue
        indices = np.ndindex(v.type.shape)
        names += [f"{v.name}[{','.join(map(str, at))}]" for at in indices]
    return names


class FlatFunction(FlatProgram):
    """Value and gradient of a scalar over the elements of several variables.

    Parameters
    ----------
    variables : list of Variable
        float64 variables of known shape, packed in this order into the flat vector.
    value : Variable
        A float64 scalar.
    statistics : bool
        Whether sums over constant data are replaced by what they need of the data: the cost does
        not grow with their number then.
    resident : list of (Variable, ndarray)
        Variables whose values lie in these arrays; what is written into them counts from the next
        call on.
    threads : int, optional
        Most threads that share a long loop within one evaluation; one by default, as chains that
        run side by side use the processors better.  The result is the same to the last bit.

    Attributes
    ----------
    dim : int
        Length of the flat vector.
    address, user_data : int
        C function ``int (size_t dim, const double *x, double *grad, double *value, const void
        *user_data)`` and the pointer to pass it.  It is re-entrant and needs no GIL; this object
        must stay alive meanwhile.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.tensor as tt
    >>> x = tt.tensor("float64", shape=(2,), name="x")
    >>> f = FlatFunction([x], (x**2).sum())
    >>> f(np.array([1.0, 2.0]))
    (5.0, array([2., 4.]))
    """

    @collector_paused
    def __init__(self, variables, value, statistics=True, resident=(), threads=None):
        self.variables = list(variables)
        self.resident = list(resident)
        for v in self.variables:
            if not v.type.is_static or v.type.dtype != "float64":
                raise ValueError(f"{shown(v)} must be float64 and of known shape, not {v.type!r}")
        if value.type.ndim or value.type.dtype != "float64":
            raise ValueError(f"the value must be a float64 scalar, not {value.type!r}")
        notes = []
        graph = self._graph(value, statistics, notes)
        inputs, at = [], 0
        for v in self.variables:
            inputs.append((v, v.type.shape, 0, 8 * at))
            at += size_of(v.type.shape)
        grads = [(g, 1, offset) for g, (_, _, _, offset) in zip(graph[1:], inputs, strict=True)]
        program, _ = compile_program(
            [*grads, (graph[0], 2, 0)],
            inputs,
            resident=self.resident,
            threads=check_threads(threads),
        )
        program.spec.notes += notes
        super().__init__(program, at)

    @cached_property
    def names(self):
        """Name of each flat element."""
        return element_names(self.variables)

    def _graph(self, value, statistics, notes):
        """The value and its gradients, rewritten."""
        rewriter = Rewriter(notes=notes)
        (value,) = rewriter.run([value], statistics=statistics)
        known = {*self.variables, *(v for v, _ in self.resident)}
        foreign = [v for v in inputs_of([value]) if v not in known]
        if foreign:
            names = ", ".join(shown(v) for v in foreign)
            raise ValueError(f"the value depends on {names}, which is not among the variables")
        gradients = grad(value, self.variables, disconnected_inputs="ignore")
        return rewriter.run([value, *gradients], final=True)

    def value(self, x):
        """The value alone."""
        return self(x)[0]

    def profile(self, x=None, seconds=0.02):
        """Time per step and per line of the code that made the model.

        Parameters
        ----------
        x : array_like, optional
            Where to evaluate; zeros by default.
        seconds : float
            Time spent per step, about.

        Returns
        -------
        graphcore.runtime.profile.Profile
            Prints as a table.
        """
        point = np.zeros(self.dim) if x is None else np.ascontiguousarray(x, dtype=np.float64)
        if point.shape != (self.dim,):
            raise ValueError(f"x must be a vector of length {self.dim}, got shape {point.shape}")
        return Profile(self.program, (point, np.empty(self.dim), np.empty(1)), seconds)

    def disassembly(self):
        """Text of the program."""
        return disassemble(self.program.spec)

    def explain(self):
        """Which node of the graph runs in which step."""
        return explain_spec(self.program.spec)
