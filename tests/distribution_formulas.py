"""The formulas of the documentation page, evaluated with mpmath: references of log densities."""

import importlib.util
from pathlib import Path

import mpmath

DOCS = Path(__file__).parent.parent / "docs"


def loaded(name):
    """A Python file of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = loaded("distribution_table")
NAMES = {
    "Gamma": mpmath.gamma, "B": mpmath.beta, "C": mpmath.binomial, "phi": mpmath.npdf,
    "Phi": mpmath.ncdf, "I0": lambda x: mpmath.besseli(0, x), "exp": mpmath.exp,
    "log": mpmath.log, "sqrt": mpmath.sqrt, "cos": mpmath.cos, "fabs": mpmath.fabs,
    "pi": mpmath.pi, "factorial": mpmath.factorial, "mpf": mpmath.mpf,
}  # fmt: skip


def log_density(name, x, **parameters):
    """Logarithm of the density of a distribution of numbers, in the digits that mpmath has."""
    text = TABLE.SCALAR[name][0].replace("x!", "factorial(x)").replace("/2)", "/mpf(2))")
    at = {k: mpmath.mpf(v) for k, v in {"x": x, **parameters}.items()}
    found = eval(text, {**NAMES, **at})
    return mpmath.log(found) if found > 0 else -mpmath.inf
