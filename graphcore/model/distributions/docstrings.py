"""Docstrings of distributions: what a class says, its parameters, density, support and moments.

They are put together where they are read (``help``, ``inspect``): parameters from the table of the
class, formulas from that of the textbook.
"""

import inspect
import re

from graphcore.model.distributions.constraints import Constraint
from graphcore.model.distributions.textbook import TEXTBOOK

KINDS = ("number, array or variable", "vector, array of vectors or variable", "matrix or variable")
SERIES = "series of numbers along the last axis"
VECTORS = "vectors of numbers"
SUPPORTS = {  # where it depends on the parameters, or is that of more than a number
    "AR": SERIES,
    "AR1": SERIES,
    "Binomial": "whole numbers from 0 to n",
    "BetaBinomial": "whole numbers from 0 to n",
    "Bound": "that of dist, between the bounds",
    "Categorical": "0 ... K-1",
    "Censored": "from lower to upper, both with a mass",
    "CustomDist": "all numbers, whole ones for an integer dtype",
    "DiracDelta": "c",
    "DiscreteUniform": "whole numbers from lower to upper",
    "DirichletMultinomial": "vectors of counts with sum n",
    "EulerMaruyama": SERIES,
    "Flat": "all numbers, whole ones for an integer dtype",
    "GARCH11": SERIES,
    "GaussianRandomWalk": SERIES,
    "HyperGeometric": "whole numbers from max(0, n + k - N) to min(k, n)",
    "Interpolated": "from the first to the last of x_points",
    "KroneckerNormal": VECTORS,
    "LKJCholeskyCov": "rows of lower triangular factors, with positive diagonals",
    "LKJCorr": "correlations of positive definite matrices",
    "Mixture": "those of the components",
    "MixtureSameFamily": "those of the components",
    "MatrixNormal": "matrices of numbers",
    "Multinomial": "vectors of counts with sum n",
    "MvGaussianRandomWalk": "series of vectors",
    "MvNormal": VECTORS,
    "MvStudentT": VECTORS,
    "MvStudentTRandomWalk": "series of vectors",
    "NormalMixture": "all numbers",
    "OrderedLogistic": "0 ... K-1",
    "OrderedMultinomial": "vectors of counts with sum n",
    "OrderedProbit": "0 ... K-1",
    "Pareto": "from m on",
    "RandomWalk": SERIES,
    "Triangular": "from lower to upper",
    "Truncated": "that of dist, between the bounds",
    "TruncatedNormal": "from lower to upper",
    "Uniform": "from lower to upper",
    "Wald": "above alpha",
    "Wishart": "symmetric positive definite matrices",
    "ZeroInflatedBinomial": "whole numbers from 0 to n",
    "ZeroSumNormal": "arrays whose sums over the zero-sum axes are 0",
}


class Docstring:
    """The docstring of a class, made when it is asked for.

    Parameters
    ----------
    text : str or None
        What the class says itself.
    """

    def __init__(self, text):
        self.text = inspect.cleandoc(text or "")

    def __get__(self, instance, cls):
        if self is not cls.__dict__.get("__doc__"):
            return None
        head, examples = _apart(self.text, "Examples")
        head, own = _apart(head, "Parameters")
        parameters = own or "\n".join(["Parameters\n----------", *_parameters(cls)])
        parts = [head, parameters, *_notes(cls), examples]
        return "\n\n".join(p.strip("\n") for p in parts if p) + "\n"


def _apart(text, section):
    """A docstring before a section, and that section with all that follows."""
    found = re.search(rf"^{section}\n-+$", text, re.MULTILINE)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def _parameters(cls):
    """The parameters of the tables of a class, and what all variables take."""
    yield "name : str\n    Name of the variable in the model; ``dist`` takes none."
    for name, p in cls.params.items():
        yield f"{name} : {_kind(p)}\n    {_must(p)}"
    found = {}
    for way in (*cls.alt, *cls.forms):
        replaced = way.gives if way in cls.alt else cls.params
        instead = [k for k in replaced if k not in way.params]
        for name, p in way.params.items():
            others = [k for k in way.params if k != name]
            why = f"instead of {_listed(instead)}" + (f", with {_listed(others)}" if others else "")
            if name not in cls.params:
                found.setdefault(name, (p, []))[1].append(why)
    for name, (p, reasons) in found.items():
        yield f"{name} : {_kind(p)}, optional\n    {_sentence('; or '.join(reasons))}. {_must(p)}"
    yield (
        "**kwargs\n    ``shape``, ``size``; in a model ``dims``, ``observed``, ``initval``, "
        "``transform``,\n    ``total_size``."
    )


def _kind(p):
    whole = "whole " if p.constraint.discrete else ""
    return whole + KINDS[p.ndim]


def _must(p):
    text = f"Must be {p.constraint.text}."
    return f"{text} Default {p.default:g}." if isinstance(p.default, int | float) else text


def _sentence(text):
    return text[0].upper() + text[1:]


def _listed(names):
    return " and ".join(names)


def _notes(cls):
    """Density, support and moments, of the distributions of the package."""
    if cls.__name__ not in TEXTBOOK or not cls.__module__.startswith("graphcore."):
        return
    density, mean, variance = TEXTBOOK[cls.__name__]
    yield f"Notes\n-----\nDensity::\n\n    {density}"
    yield f"Support: {support_of(cls)}.\n\nMean: {mean}.\n\nVariance: {variance}."


def support_of(cls):
    """The text of the support of a class."""
    if cls.__name__ in SUPPORTS:
        return SUPPORTS[cls.__name__]
    return cls.support.text if isinstance(cls.support, Constraint) else "see the parameters"
