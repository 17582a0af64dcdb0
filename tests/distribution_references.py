"""References of distributions that scipy.stats does not have, in terms of those it has.

``reference(cls)(**parameters)`` is a frozen distribution with scipy's methods.
"""

import numpy as np
from scipy import special, stats

# Made of more than scalar parameters; tested in test_composed.py, test_walks.py, test_matrices.py.
COMPOSED = set(
    """
    Censored Truncated TruncatedNormal CustomDist ZeroSumNormal Interpolated Bound
    AR AR1 EulerMaruyama GARCH11 MvGaussianRandomWalk MvStudentTRandomWalk RandomWalk
    CAR ICAR MixtureSameFamily
    KroneckerNormal LKJCorr MatrixNormal OrderedMultinomial PolyaGamma StickBreakingWeights Wishart
    """.split()
)


class _Kumaraswamy(stats.rv_continuous):
    def _argcheck(self, a, b):
        return (a > 0) & (b > 0)

    def _logpdf(self, x, a, b):
        return np.log(a * b) + special.xlogy(a - 1, x) + special.xlog1py(b - 1, -(x**a))

    def _cdf(self, x, a, b):
        return 1 - (1 - x**a) ** b

    def _logcdf(self, x, a, b):
        return np.log1p(-((1 - x**a) ** b))

    def _logsf(self, x, a, b):
        return b * np.log1p(-(x**a))

    def _ppf(self, q, a, b):
        return (1 - (1 - q) ** (1 / b)) ** (1 / a)

    def _stats(self, a, b):
        first, second = (b * special.beta(1 + k / a, b) for k in (1, 2))
        return first, second - first**2, None, None


class _LogitNormal(stats.rv_continuous):
    def _argcheck(self, mu, sigma):
        return sigma > 0

    def _logpdf(self, x, mu, sigma):
        return stats.norm(mu, sigma).logpdf(special.logit(x)) - np.log(x) - np.log1p(-x)

    def _cdf(self, x, mu, sigma):
        return stats.norm(mu, sigma).cdf(special.logit(x))

    def _logcdf(self, x, mu, sigma):
        return stats.norm(mu, sigma).logcdf(special.logit(x))

    def _logsf(self, x, mu, sigma):
        return stats.norm(mu, sigma).logsf(special.logit(x))

    def _ppf(self, q, mu, sigma):
        return special.expit(mu + sigma * special.ndtri(q))


class _HalfStudentT(stats.rv_continuous):
    def _logpdf(self, x, nu):
        return np.log(2) + stats.t(nu).logpdf(x)

    def _cdf(self, x, nu):
        return 2 * stats.t(nu).cdf(x) - 1

    def _ppf(self, q, nu):
        return stats.t(nu).ppf(0.5 + 0.5 * q)


class Counts:
    """A frozen distribution of counts from its probabilities: what the tests need of one."""

    def __init__(self, pmf, shape, most=2000):
        self.dist = self
        self._pmf, self._shape, self._most = pmf, shape, most

    def pmf(self, x):
        return self._pmf(np.asarray(x, dtype=float))

    def logpmf(self, x):
        with np.errstate(divide="ignore"):
            return np.log(self.pmf(x))

    def _table(self):
        k = np.arange(self._most).reshape(-1, *(1,) * len(self._shape))
        return k, np.broadcast_to(self.pmf(k), (self._most, *self._shape))

    def logcdf(self, x):
        k, table = self._table()
        return np.log(np.where(k <= x, table, 0).sum(axis=0))

    def logsf(self, x):
        k, table = self._table()
        with np.errstate(divide="ignore"):
            return np.log(np.where(k > x, table, 0).sum(axis=0))

    def ppf(self, q):
        return (self._table()[1].cumsum(axis=0) < q).sum(axis=0)

    def mean(self):
        k, table = self._table()
        return (k * table).sum(axis=0)

    def var(self):
        k, table = self._table()
        return (k**2 * table).sum(axis=0) - self.mean() ** 2

    def rvs(self, random_state):
        u = np.random.default_rng(random_state).random(self._shape)
        return (self._table()[1].cumsum(axis=0) < u * (1 - 1e-12)).sum(axis=0)


def _shape(*parameters):
    return np.broadcast_shapes(*(np.shape(p) for p in parameters))


def _discrete_weibull(q, beta):
    return Counts(lambda x: q ** (x**beta) - q ** ((x + 1) ** beta), _shape(q, beta))


def _zero_inflated(base):
    def make(psi, **rest):
        ref = base(**rest)
        return Counts(
            lambda x: psi * ref.pmf(x) + (1 - psi) * (x == 0), _shape(psi, *rest.values())
        )

    return make


def _hurdle(base):
    def make(psi, **rest):
        ref = base(**rest)
        some = psi / (1 - ref.pmf(0))
        return Counts(
            lambda x: np.where(x == 0, 1 - psi, some * ref.pmf(x)), _shape(psi, *rest.values())
        )

    return make


def _poisson(mu):
    return stats.poisson(mu)


def _binomial(n, p):
    return stats.binom(n, p)


def _negative_binomial(mu, alpha):
    return stats.nbinom(alpha, alpha / (alpha + mu))


REFERENCES = {
    "Kumaraswamy": _Kumaraswamy(a=0, b=1, name="kumaraswamy", shapes="a, b"),
    "LogitNormal": _LogitNormal(a=0, b=1, name="logitnormal", shapes="mu, sigma"),
    "HalfStudentT": lambda nu, sigma: _HalfStudentT(a=0, name="halft", shapes="nu")(
        nu, scale=sigma
    ),
    "DiscreteWeibull": _discrete_weibull,
    "ZeroInflatedPoisson": _zero_inflated(_poisson),
    "ZeroInflatedBinomial": _zero_inflated(_binomial),
    "ZeroInflatedNegativeBinomial": _zero_inflated(_negative_binomial),
    "HurdlePoisson": _hurdle(_poisson),
    "HurdleNegativeBinomial": _hurdle(_negative_binomial),
}


def reference(cls):
    """The maker of the reference of a distribution."""
    return getattr(cls, "ref", None) or REFERENCES[cls.__name__]
