"""Which step method updates which variable."""

from graphcore.sample.hamiltonian import NUTS
from graphcore.sample.steps import (
    BinaryGibbsMetropolis,
    CategoricalGibbsMetropolis,
    Metropolis,
    Step,
    is_binary,
    n_categories,
)


class CompoundStep:
    """Several step methods, one after the other."""

    def __init__(self, methods):
        self.methods = list(methods)


# Under which names ``sample`` takes options of the steps that are chosen for variables.
USUAL = {
    "nuts": NUTS,
    "binary_gibbs_metropolis": BinaryGibbsMetropolis,
    "categorical_gibbs_metropolis": CategoricalGibbsMetropolis,
    "metropolis": Metropolis,
}


def assigned(model, step=None, options=None):
    """A step method for every free variable: the given ones, and the usual ones for the others.

    Zeros and ones are flipped, categories are moved, other discrete variables take random-walk
    steps, and continuous ones go to NUTS.

    Parameters
    ----------
    model : Model
    step : step method or list of them, optional
    options : dict of str to dict, optional
        Options of the usual steps, by the names of ``USUAL``.
    """
    options = options or {}
    steps = []
    given = step if isinstance(step, list | tuple) else [] if step is None else [step]
    for s in given:
        steps += s.methods if isinstance(s, CompoundStep) else [s]
    for s in steps:
        if not isinstance(s, Step):
            raise TypeError(f"step= takes step methods such as pm.Metropolis(), got {s!r}")
    taken = [v for s in steps for v in s.vars]
    if len(set(taken)) < len(taken):
        twice = next(v for v in taken if taken.count(v) > 1)
        raise ValueError(f"{twice.name} has more than one step method")
    left = {}
    for rv, value in zip(model.free_RVs, model.value_vars, strict=True):
        if value in taken:
            continue
        if value.dtype == "float64":
            cls = NUTS
        elif is_binary(rv):
            cls = BinaryGibbsMetropolis
        elif n_categories(rv) is not None:
            cls = CategoricalGibbsMetropolis
        else:
            cls = Metropolis
        left.setdefault(cls, []).append(value)
    for name, cls in USUAL.items():
        if cls in left:
            steps.append(cls(left[cls], model=model, **options.get(name, {})))
    return steps
