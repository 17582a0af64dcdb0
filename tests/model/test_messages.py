"""What users are told, word for word: one line of the table per mistake."""

import numpy as np
import pytest

import graphcore.model as pm


def at_start(make):
    """The message that a run gives when the density is not finite at its start point."""
    with pm.Model(coords={"g": ["a", "b"]}) as model:
        make()
        pm.Normal("free")
    model.check_start_vals()


def at_once(make):
    with pm.Model(coords={"g": ["a", "b"]}):
        make()


def start_elsewhere():
    with pm.Model() as model:
        pm.Normal("x", shape=2)
    model.initial_point(overrides={"x": [1, 2, 3]})


def other_model():
    with pm.Model(model=None):
        z = pm.Normal("z")
    with pm.Model() as model:
        pm.Normal("y", z, 1, observed=1.0)
    model.logp()


def other_model_alone():
    with pm.Model(model=None):
        z = pm.Normal("z")
    with pm.Model():
        pm.Normal("y", z, 1, observed=1.0)
        pm.sample(2, progressbar=False)


def start_of_no_kind():
    with pm.Model():
        pm.Normal("x")
        pm.sample(2, initvals=3, progressbar=False)


def cyclic():
    with pm.Model() as model:
        x = pm.Normal("x")
        y = pm.Deterministic("y", x + 1)
        y.owner.inputs[0].owner.inputs = (y, x)
    model.compile_fn(y)


HEAD = "the log density is not finite at the start point:\n"
TAIL = "\nChange initval= of the variables involved, or the data."

MESSAGES = [
    (
        lambda: at_once(lambda: pm.Normal("y", 0, 1, observed=[1, np.nan])),
        "y: observed has shape (2,) and 1 NaN value(s), the first at index 1. If they are missing "
        "data, pass numpy.ma.masked_invalid(observed) or a data frame, and they become variables "
        "of the model; else drop those entries",
    ),
    (
        lambda: at_start(lambda: pm.Normal("y", 0, 1, observed=[1, np.inf])),
        f"{HEAD}y: log density is -inf at [1]\n    there: value = inf, mu = 0, sigma = 1{TAIL}",
    ),
    (
        lambda: at_start(lambda: pm.Binomial("y", 3, 0.5, observed=[2, 5])),
        f"{HEAD}y: log density is -inf at [1]\n    the value 5 is outside of the support of "
        "Binomial: it must be a whole number from 0 to its upper bound\n"
        f"    there: value = 5, n = 3, p = 0.5{TAIL}",
    ),
    (
        lambda: at_start(lambda: pm.Poisson("y", 3, observed=[1.5, 2])),
        f"{HEAD}y: log density is -inf at [0]\n    the value 1.5 is outside of the support of "
        "Poisson: it must be a non-negative whole number\n"
        f"    there: value = 1.5, mu = 3{TAIL}",
    ),
    (
        lambda: at_start(lambda: pm.Multinomial("y", 5, [0.5, 0.5], observed=[1, 2])),
        f"{HEAD}y: log density is -inf\n    the value [1 2] is outside of the support of "
        "Multinomial: it must be a vector of counts with sum n\n"
        f"    there: value = [1 2], n = 5, p = [0.5 0.5]{TAIL}",
    ),
    (
        lambda: at_start(lambda: pm.Dirichlet("y", [1, 1], observed=[0.5, 0.6])),
        f"{HEAD}y: log density is -inf\n    the value [0.5 0.6] is outside of the support of "
        "Dirichlet: it must be a vector of probabilities with sum 1\n"
        f"    there: value = [0.5 0.6], a = [1. 1.]{TAIL}",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", 0, 1, observed=np.array([1, "a"], object))),
        "y: observed must be numbers, got dtype object; convert it to numbers first",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", np.zeros(3), 1, observed=np.ones((3, 1)))),
        "y: the observed data have shape (3, 1), but the parameters have shape (3,); together "
        "they would repeat the data. Reshape one of them",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", 0, 1, observed=[1, 2, 3], dims="g")),
        "y: dimension 'g' has length 2, but the variable has shape (3,)",
    ),
    (
        lambda: at_once(lambda: pm.Data("x", [1, 2, 3], dims="g")),
        "x: dimension 'g' has length 2, but the variable has shape (3,)",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", 0, 0)),
        "y: parameter sigma must be positive, got 0.",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", 0, [1, -2])),
        "y: parameter sigma must be positive, got -2. at index 1",
    ),
    (
        lambda: at_once(lambda: pm.MvNormal("y", np.zeros(2), cov=np.ones((2, 3)))),
        "y: parameter cov must be one square matrix, got shape (2, 3)",
    ),
    (
        lambda: at_once(lambda: pm.MvNormal("y", np.zeros(2), cov=[[1, 2], [2, 1]])),
        "y: parameter cov must be a symmetric positive definite matrix, got [[1., 2.],\n [2., 1.]]",
    ),
    (
        lambda: at_once(lambda: pm.Categorical("y", [0.5, 0.6])),
        "y: parameter p must be a vector of probabilities with sum 1, got [0.5, 0.6]",
    ),
    (
        lambda: at_once(lambda: (pm.Normal("y"), pm.Normal("y"))),
        "the model already has a variable named 'y'",
    ),
    (
        other_model,
        "the density depends on z, which is not a variable of this model; variables made with "
        ".dist() or in another model have no value here",
    ),
    (
        lambda: at_once(lambda: pm.Normal("y", 0, 1, dims="q")),
        "y: the model has no dimension 'q'; declare it with Model(coords={...}) or "
        "model.add_coord(...), or give shape=",
    ),
    (
        other_model_alone,
        "the density depends on z, which is not a variable of this model; variables made with "
        ".dist() or in another model have no value here",
    ),
    (
        start_of_no_kind,
        "initvals must be a dict of start values by name, or a list of them, got 3",
    ),
    (start_elsewhere, "x: the start value has shape (3,), the variable has shape (2,)"),
    (
        lambda: at_start(lambda: pm.HalfNormal("y", 1, initval=-1)),
        "y: the start value is not inside of the support: it must be non-negative",
    ),
]


@pytest.mark.parametrize(("act", "message"), MESSAGES, ids=range(len(MESSAGES)))
def test_messages(act, message):
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        act()
    assert caught.value.args[0] == message


def test_a_cycle_is_named():
    with pytest.raises(ValueError, match="the graph contains a cycle through"):
        cyclic()


def test_masked_arrays_without_missing_entries_are_plain_data():
    with pm.Model() as model:
        y = pm.Normal("y", observed=np.ma.array([1.0, 2.0], mask=[False, False]))
    assert model.observed_RVs == [y] and not model.free_RVs


YEARS = {"year": [1962, 1963, 1964], "kind": ["a", "b"]}


def at_start_of_years(make):
    with pm.Model(coords=YEARS) as model:
        make()
        pm.Normal("free")
    model.check_start_vals()


ordered = pm.distributions.transforms.ordered

NAMED = [  # messages that name dims, labels, and shapes of vectors
    (
        lambda: pm.Normal("y", 0, 1, observed=[1, np.nan, 2], dims="year"),
        "y: observed has shape (3,) and 1 NaN value(s), the first at index 1 (year=1963). If they "
        "are missing data, pass numpy.ma.masked_invalid(observed) or a data frame, and they become "
        "variables of the model; else drop those entries",
    ),
    (
        lambda: pm.Normal("y", np.zeros(3), 1, observed=np.ones((3, 1)), dims="year"),
        "y (dims year): the observed data have shape (3, 1), but the parameters have shape (3,); "
        "together they would repeat the data. Reshape one of them",
    ),
    (
        lambda: pm.Normal("m", np.zeros(3), [1.0, 2.0, 3.0], dims="kind"),
        "m (dims kind): shape (2,) does not fit its parameters, which have shape (3,): "
        "mu (3,), sigma (3,)",
    ),
    (
        lambda: pm.MvNormal("m", np.zeros(3), np.eye(3), dims=("year", "kind")),
        "m (dims year, kind): shape (3, 2) does not fit its parameters, which have shape (3,): "
        "mu (3,), cov (3, 3)",
    ),
    (
        lambda: pm.Gamma("s", 1, [1.0, -2.0], dims="kind"),
        "s (dims kind): parameter beta must be positive, got -2. at index 1",
    ),
    (
        lambda: pm.Binomial("y", [5, 6, 7], 0.5, observed=[2, 7, 7], dims="year"),
        f"{HEAD}y: log density is -inf at [1] (year=1963)\n    the value 7 is outside of the "
        "support of Binomial: it must be a whole number from 0 to its upper bound\n"
        f"    there: value = 7, n = 6, p = 0.5{TAIL}",
    ),
    (
        lambda: pm.Dirichlet("y", [1, 2], observed=[[0.5, 0.5], [0.5, 0.6]]),
        f"{HEAD}y: log density is -inf at [1]\n    the value [0.5 0.6] is outside of the support "
        "of Dirichlet: it must be a vector of probabilities with sum 1\n"
        f"    there: value = [0.5 0.6], a = [1. 2.]{TAIL}",
    ),
    (
        lambda: pm.Normal("kind", dims="kind"),
        "kind: a variable cannot have the name of one of its dims, ('kind',)",
    ),
    (
        lambda: pm.modelcontext(None).add_coord("draw", [1]),
        "a dimension cannot be called 'draw': results have one of that name",
    ),
    (
        lambda: pm.Dirichlet("p", [1, 1], initval=[0.7, 0.7]),
        "p: the start value is not inside of the support: it must be a vector of probabilities "
        "with sum 1",
    ),
    (
        lambda: pm.Poisson("n", 3, initval=1.5),
        "n: the start value is not inside of the support: it must be a non-negative whole number",
    ),
    (
        lambda: pm.Normal("c", shape=3, transform=ordered, initval=[3, 2, 1]),
        "c: the start value is not one that the transform ordered takes",
    ),
    (
        lambda: pm.HalfNormal("s", initval=0.0),
        "s: the start value is on the border of the support, which the transform log does not take",
    ),
    (
        lambda: pm.modelcontext(None).set_initval(pm.Normal("z", observed=1.0), 1.0),
        "z is not a free variable of the model",
    ),
]


@pytest.mark.parametrize(("make", "message"), NAMED, ids=range(len(NAMED)))
def test_messages_with_dims(make, message):
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        at_start_of_years(make)
    assert caught.value.args[0] == message
