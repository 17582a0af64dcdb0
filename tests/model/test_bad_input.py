"""Every distribution and every mistake: what users are told, word for word."""

import re
import warnings

import numpy as np
import pytest
from distribution_cases import MADE, UNDRAWN, case, value

import graphcore.model as pm
from graphcore.model.distributions.base import Distribution

NAMES = sorted(Distribution.registry)
COUNTS = [n for n in NAMES if getattr(pm, n).dist(**case(n)).dtype == "int64"]


def made(name, observed, **more):
    """A model with ``y ~ name`` observed, and one free variable."""
    with pm.Model(coords={"pair": ["a", "b"]}) as model:
        getattr(pm, name)("y", **case(name), observed=observed, **more)
        pm.Normal("free")
    return model


def told(act):
    """The text of the error that a call raises."""
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        act()
    return caught.value.args[0]


def last(array, x):
    """The array with another last element, and the index of that."""
    array = array.copy()
    array.reshape(-1)[-1] = x
    return array, tuple(n - 1 for n in array.shape)


# -- observed data ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_nan_in_observed(name):
    observed, where = last(value(name), np.nan)
    place = where[0] if len(where) == 1 else where
    assert told(lambda: made(name, observed)) == (
        f"y: observed has shape {observed.shape} and 1 NaN value(s), the first at index {place}. "
        "If they are missing data, pass numpy.ma.masked_invalid(observed) or a data frame, "
        "and they become variables of the model; else drop those entries"
    )


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("Flat", "HalfFlat")])
def test_infinity_in_observed(name):
    """Of the flat distributions alone infinity has a density."""
    text = told(made(name, last(value(name), np.inf)[0]).check_start_vals)
    assert text.startswith("the log density is not finite at the start point:\ny: log density is ")
    assert re.search(r"there: value = [^a-z]*inf", text)


@pytest.mark.parametrize("name", NAMES)
def test_objects_in_observed(name):
    observed = value(name).astype(object)
    observed.reshape(-1)[0] = "a"
    assert told(lambda: made(name, observed)) == (
        "y: observed must be numbers, got dtype object; convert it to numbers first"
    )


@pytest.mark.parametrize("name", NAMES)
def test_columns_for_vectors_and_short_data(name):
    data = value(name)
    for observed in (data[..., None], data[..., :-1]):
        text = told(lambda observed=observed: made(name, observed))
        fits = "together they would repeat the data" if _broadcast(observed, data) else (
            "they do not fit"
        )  # fmt: skip
        assert text in (
            f"y: the observed data have shape {observed.shape}, but the parameters have shape "
            f"{data.shape}; {fits}. Reshape one of them",
            f"y: the observed data have shape {observed.shape}, but the variable has shape "
            f"{data.shape}",
        )


def _broadcast(a, b):
    try:
        return np.broadcast_shapes(a.shape, b.shape) != ()
    except ValueError:
        return False


@pytest.mark.parametrize("name", NAMES)
def test_dims_that_disagree_with_the_data(name):
    data = value(name)
    assert told(lambda: made(name, data, dims=("pair",) * data.ndim)) == (
        f"y: dimension 'pair' has length 2, but the variable has shape {data.shape}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_unknown_dims(name):
    given = {k: v for k, v in case(name).items() if k != "shape"}  # which would say the length
    observed = value(name)

    def act():
        with pm.Model():
            getattr(pm, name)("y", **given, observed=observed, dims=("pear",) * observed.ndim)

    assert told(act) == (
        f"y: the model has no dimension {', '.join([repr('pear')] * observed.ndim)}; "
        "declare it with Model(coords={...}) or model.add_coord(...), or give shape="
    )


@pytest.mark.parametrize("name", NAMES)
def test_masks_of_nothing_are_plain_data(name):
    data = value(name)
    plain, masked = (
        made(name, d) for d in (data, np.ma.array(data, mask=np.zeros(data.shape, bool)))
    )
    assert masked.compile_logp()({"free": 0.3}) == plain.compile_logp()({"free": 0.3})
    assert [v.name for v in masked.free_RVs] == ["free"]


TOGETHER = {  # distributions of which single entries cannot be missing, and why
    "Dirichlet": "transform takes the entries together",
    "LKJCholeskyCov": "transform takes the entries together",
    "LKJCorr": "transform takes the entries together",
    "StickBreakingWeights": "transform takes the entries together",
    "ZeroSumNormal": "transform takes the entries together",
    "DirichletMultinomial": "counts have to add up to n",
    "Multinomial": "counts have to add up to n",
    "OrderedMultinomial": "counts have to add up to n",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:y. 1 of")
def test_what_fills_masked_entries_is_never_read(name):
    data = value(name)
    mask = np.zeros(data.shape, bool)
    mask[(0,) * data.ndim] = True
    fills = [np.ma.array(np.where(mask, fill, data), mask=mask) for fill in (1e20, np.nan, 0.5)]
    if name in TOGETHER:
        with pytest.raises(NotImplementedError) as caught:
            made(name, fills[0])
        assert str(caught.value) == (
            f"y_unobserved: missing entries of {name} cannot be imputed, as its {TOGETHER[name]}"
        )
        return
    models = [made(name, fill) for fill in fills]
    point = models[0].initial_point()
    found = [m.compile_logp()(point) for m in models]
    assert np.isfinite(found[0]) and found[0] == found[1] == found[2]
    assert models[0]["y"].type.shape == data.shape


# -- counts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COUNTS)
def test_counts_that_are_not_whole(name):
    observed, _ = last(value(name), value(name).reshape(-1)[-1] + 0.5)
    text = told(made(name, observed).check_start_vals)
    assert text.startswith("the log density is not finite at the start point:\ny: log density is -")
    shown = re.escape(str(observed)) if "vector" in text else f"{observed[-1]:.6g}"
    assert re.search(rf"the value {shown} is outside of the support of {name}: it must be ", text)


BOUNDED = {
    "Bernoulli": "0 or 1",
    "BetaBinomial": "a whole number from 0 to its upper bound",
    "Binomial": "a whole number from 0 to its upper bound",
    "Categorical": "a whole number from 0 to its upper bound",
    "DirichletMultinomial": "a vector of counts with sum n",
    "DiscreteUniform": "a whole number between its bounds",
    "HyperGeometric": "a whole number from max(0, n + k - N) to min(k, n)",
    "Multinomial": "a vector of counts with sum n",
    "OrderedLogistic": "a whole number from 0 to its upper bound",
    "OrderedMultinomial": "a vector of counts with sum n",
    "OrderedProbit": "a whole number from 0 to its upper bound",
    "ZeroInflatedBinomial": "a whole number from 0 to its upper bound",
}
UNBOUNDED = {
    "DiscreteWeibull", "Geometric", "HurdleNegativeBinomial", "HurdlePoisson", "NegativeBinomial",
    "Poisson", "ZeroInflatedNegativeBinomial", "ZeroInflatedPoisson",
}  # fmt: skip


def test_every_distribution_of_counts_is_bounded_or_not():
    assert set(COUNTS) == set(BOUNDED) | UNBOUNDED


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_counts_above_n(name):
    observed, _ = last(value(name), 99.0)
    text = told(made(name, observed).check_start_vals)
    shown = str(observed) if "vector" in BOUNDED[name] else "99"
    assert f"the value {shown} is outside of the support of {name}: it must be {BOUNDED[name]}" in (
        text
    )


# -- constants -------------------------------------------------------------------------------------

OUTSIDE = {  # text of a constraint: constants that it refuses
    "a number": [np.nan, np.inf],
    "positive": [0.0, -1.0, np.nan, np.inf],
    "non-negative": [-1.0, np.nan, np.inf],
    "between 0 and 1": [-0.1, 1.1, np.nan],
    "between 0 and 1, both excluded": [0.0, 1.0, np.nan],
    "between -1 and 1, both excluded": [-1.0, 1.0, np.nan],
    "a non-negative whole number": [-1.0, 1.5, np.nan, np.inf],
    "a positive whole number": [0.0, 1.5, np.nan],
    "a whole number": [0.5, np.nan, np.inf],
    "a vector of positive numbers": [0.0, -1.0, np.nan],
    "a vector of numbers": [np.nan],
    "a vector of probabilities with sum 1": [0.9, -0.5, np.nan],
    "a vector of ascending numbers": [-7.0, np.nan],
    "a symmetric positive definite matrix": [-1.0, 0.0, np.nan],
    "a triangular matrix with a positive diagonal": [-1.0, 0.0, np.nan],
}
WHOLE_TOLD_ELSEWHERE = {("LKJCholeskyCov", "n"), ("LKJCorr", "n")}


def constants(name):
    """``(keyword, constraint)`` of the parameters that a case gives as constants."""
    cls, given = getattr(pm, name), case(name)
    return [(k, cls.params[k].constraint) for k in given if k in cls.params]


@pytest.mark.parametrize("name", NAMES)
def test_constants_that_parameters_cannot_be(name):
    for key, constraint in constants(name):
        if (name, key) in WHOLE_TOLD_ELSEWHERE:
            continue
        for x in OUTSIDE[constraint.text]:
            bad = np.asarray(case(name)[key], dtype=float)
            bad = last(bad, x)[0] if bad.ndim else x
            text = told(lambda k=key, v=bad: made_with(name, **{k: v}))
            assert text.startswith(f"y: parameter {key} must be {constraint.text}, got "), text
        text = told(lambda k=key: made_with(name, **{k: "a"}))
        assert text.startswith(
            f"y: parameter {key} must be numbers, an array or a tensor variable, got str"
        )


def made_with(name, **changed):
    with pm.Model():
        getattr(pm, name)("y", **{**case(name), **changed})


BAD_SCALES = [
    ("AR", {"sigma": 0.0}, "y: parameter sigma must be positive, got 0."),
    ("AR", {"sigma": None, "tau": -2.0}, "y: parameter tau must be positive, got -2."),
    ("AR1", {"tau_e": 0.0}, "y: parameter tau_e must be positive, got 0."),
    ("AR1", {"k": 1.0}, "y: parameter k must be between -1 and 1, both excluded, got 1."),
    ("CAR", {"W": np.ones((2, 3))}, "y: W must be a square matrix, got shape (2, 3)"),
    ("CAR", {"W": np.diag([np.inf, 1.0])}, "y: W must be finite, got inf at index (0, 0)"),
    ("CAR", {"W": np.array([["a"]])}, "y: W must be a matrix of numbers, got dtype <U1"),
    ("EulerMaruyama", {"dt": 0}, "y: parameter dt must be a positive number, got 0"),
    ("Interpolated", {"pdf_points": [1.0, np.nan, 1.0]}, "y: pdf_points must be finite"),
    ("LKJCorr", {"n": 2.5}, "y: n must be a positive whole number, got 2.5"),
    (
        "MatrixNormal",
        {"rowcov": np.diag([1.0, 0.0])},
        "y: parameter rowcov must be a symmetric positive definite matrix, got [[1., 0.],\n"
        " [0., 0.]]",
    ),
    (
        "MatrixNormal",
        {"rowcov": np.ones((2, 3))},
        "y: parameter rowcov must be a square matrix, got shape (2, 3)",
    ),
    (
        "MvStudentT",
        {"scale": np.ones((2, 3))},
        "y: parameter scale must be one square matrix, got shape (2, 3)",
    ),
    ("Wishart", {"V": np.ones((2, 3))}, "y: parameter V must be a square matrix, got shape (2, 3)"),
    (
        "MvNormal",
        {"cov": np.array([[1.0, 2.0], [0.0, 1.0]]), "mu": 0.0},
        "y: parameter cov must be a symmetric positive definite matrix, got [[1., 2.],\n [0., 1.]]",
    ),
    ("Truncated", {"lower": 3.0}, "y: lower < upper must hold, got lower=3.0, upper=3.0"),
    ("Mixture", {"w": [0.5, 0.6]}, "y: parameter w must be a vector of probabilities with sum 1, "
     "got [0.5, 0.6]"),
    ("ZeroSumNormal", {"sigma": -1.0}, "y: parameter sigma must be positive, got -1."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changed", "text"), BAD_SCALES, ids=lambda v: str(v)[:12])
def test_what_distributions_are_made_of(name, changed, text):
    assert told(lambda: made_with(name, **changed)) == text


# -- names and start values ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_names_given_twice_and_start_values_of_wrong_shape(name):
    def twice():
        with pm.Model():
            for _ in range(2):
                getattr(pm, name)("y", **case(name))

    assert told(twice) == "the model already has a variable named 'y'"
    shape = getattr(pm, name).dist(**case(name)).type.shape
    assert told(lambda: made_with(name, initval=np.zeros((7, 5)))) == (
        f"y: the start value has shape (7, 5), the variable has shape {shape}"
    )


def test_cases_are_of_registered_distributions():
    assert set(MADE) | UNDRAWN <= set(NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            model = made(name, value(name))
            assert np.isfinite(model.compile_logp()({"free": 0.0}))
