"""Where sampling starts: PyMC's points, unless they lie outside of the support."""

import numpy as np
import pytest

import graphcore.model as pm


def _cut(cls, dist, **bounds):
    return lambda name: getattr(pm, cls)(name, dist(), **bounds)


# what PyMC 5.28 starts from
STARTS = {
    "DiscreteWeibull": (lambda n: pm.DiscreteWeibull(n, [0.646, 0.1], [0.623, 2.0]), [1, 0]),
    "DirichletMultinomial": (lambda n: pm.DirichletMultinomial(n, 7, [1.0, 2.0, 3.0]), [1, 2, 4]),
    "Multinomial": (lambda n: pm.Multinomial(n, 7, [0.2, 0.5, 0.3]), [1, 4, 2]),
    "Multinomial in rows": (
        lambda n: pm.Multinomial(n, [3, 8], [[0.5, 0.5], [0.4, 0.6]]), [[1, 2], [3, 5]],
    ),
    "OrderedLogistic": (
        lambda n: pm.OrderedLogistic(n, eta=[0.1, 0.7, -2.0], cutpoints=[-1.0, 0.5, 1.0]),
        [1, 3, 0],
    ),
    "OrderedProbit": (
        lambda n: pm.OrderedProbit(n, eta=[0.1, 0.7, 0.2], cutpoints=[-1.0, 0.5, 1.0]), [1, 3, 1],
    ),
    "OrderedMultinomial": (
        lambda n: pm.OrderedMultinomial(n, eta=0.2, cutpoints=[-1.0, 1.0], n=4), [1, 2, 1],
    ),
    "HurdlePoisson": (lambda n: pm.HurdlePoisson(n, [0.582, 0.362], [0.69, 9.85]), [1, 3]),
    "HurdleNegativeBinomial": (
        lambda n: pm.HurdleNegativeBinomial(n, [0.582, 0.362], [0.69, 9.85], [5.0, 6.0]), [1, 3],
    ),
    "ZeroInflatedPoisson": (
        lambda n: pm.ZeroInflatedPoisson(n, [0.582, 0.225], [0.69, 10.996]), [0, 2],
    ),
    "ZeroInflatedBinomial": (lambda n: pm.ZeroInflatedBinomial(n, 0.582, 4, 0.83), 2),
    "SkewStudentT": (lambda n: pm.SkewStudentT(n, 2.0, 3.0, mu=1.0, sigma=9.0), 0.341424),
    "TruncatedNormal below": (lambda n: pm.TruncatedNormal(n, 5.0, 1.0, lower=1.0), 2.0),
    "TruncatedNormal above": (lambda n: pm.TruncatedNormal(n, -5.0, 1.0, upper=1.0), 0.0),
    "TruncatedNormal between": (lambda n: pm.TruncatedNormal(n, 5.0, 1.0, lower=1, upper=9), 5.0),
    "TruncatedNormal with infinite bounds": (
        lambda n: pm.TruncatedNormal(n, 1.0, 1.0, lower=[-np.inf, 2.0], upper=[10.0, np.inf]),
        [9.0, 3.0],
    ),
    "Truncated counts": (_cut("Truncated", lambda: pm.Poisson.dist(3.5), lower=3), 3),
    "Truncated counts, away": (_cut("Truncated", lambda: pm.Poisson.dist(3.5), lower=5), 6),
    "Mixture": (
        lambda n: pm.Mixture(n, [[0.2, 0.8], [0.5, 0.5]], pm.Normal.dist([1.0, 3.0], 1.0)),
        [2.6, 2.0],
    ),
    "AR": (
        lambda n: pm.AR(n, [0.5, 0.2], init_dist=pm.Normal.dist([1.0, 2.0], 1.0), steps=2),
        [2.0] * 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STARTS)
def test_start_points_are_those_of_pymc(name):
    make, want = STARTS[name]
    with pm.Model():
        rv = make("x")
    point = rv.test_value()
    np.testing.assert_allclose(point, want, rtol=1e-5)
    assert np.isfinite(rv.logp(point).eval()).all()


def test_counts_of_many_rare_kinds_are_not_negative():
    with pm.Model() as model:
        rv = pm.Multinomial("x", n=3, p=np.full(5, 0.2))  # rounded, each would be 1
    assert (rv.test_value() >= 0).all() and rv.test_value().sum() == 3
    assert np.isfinite(model.compile_logp()(model.initial_point()))
