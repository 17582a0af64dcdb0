"""Distributions of vectors, matrices and series as functions of numbers, and textbook densities.

Each entry of ``CASES`` has ``make(*theta)``, a random variable of symbolic numbers;
``density(x, *theta)``, its log density with mpmath; and lists of numbers for each entry of
``theta`` and rows of ``x``, which may be far out.
"""

from dataclasses import dataclass
from itertools import pairwise

import mpmath
import numpy as np

import graphcore.model as pm
import graphcore.tensor as tt

mp = mpmath.mp


@dataclass(frozen=True)
class Case:
    """A distribution of numbers; ``full`` makes of the numbers ``x`` what the density takes."""

    make: object
    density: object
    theta: tuple
    x: tuple
    counts: bool = False
    full: object = staticmethod(lambda x: x)


def matrix(rows):
    """A matrix of symbolic numbers."""
    return tt.stack([tt.stack([tt.as_tensor_variable(v) for v in row]) for row in rows])


def covariance(s, t, r):
    return [[s * s, r * s * t], [r * s * t, t * t]]


def lower_factor(s, t, r, root):
    return [[s, 0.0], [r * t, t * root(1 - r * r)]]


def inverse(s, t, r):
    share = 1 - r * r
    both = -r / (s * t * share)
    return [[1 / (s * s * share), both], [both, 1 / (t * t * share)]]


def norm(x, mu=0, sigma=1):
    return -(((x - mu) / sigma) ** 2) / 2 - mp.log(sigma) - mp.log(2 * mp.pi) / 2


def student(x, nu, mu, sigma):
    z = ((x - mu) / sigma) ** 2
    constant = mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2
    return constant - mp.log(sigma) - (nu + 1) / 2 * mp.log1p(z / nu)


def squared(x, cov):
    """The squared distance, and the log determinant."""
    cov = mp.matrix(cov)
    v = mp.matrix(list(x))
    return (v.T * mp.lu_solve(cov, v))[0], mp.log(mp.det(cov))


def mvnormal(x, cov):
    square, logdet = squared(x, cov)
    return -(square + logdet + len(x) * mp.log(2 * mp.pi)) / 2


def mvstudent(x, nu, cov):
    square, logdet = squared(x, cov)
    k = len(x)
    constant = mp.loggamma((nu + k) / 2) - mp.loggamma(nu / 2) - k * mp.log(nu * mp.pi) / 2
    return constant - logdet / 2 - (nu + k) / 2 * mp.log1p(square / nu)


def kron(a, b):
    n, m = len(a), len(b)
    return [[a[i // m][j // m] * b[i % m][j % m] for j in range(n * m)] for i in range(n * m)]


def dirichlet_multinomial(x, *a):
    n, total = sum(x), sum(a)
    found = mp.loggamma(n + 1) + mp.loggamma(total) - mp.loggamma(n + total)
    for k, v in zip(x, a, strict=True):
        found += mp.loggamma(k + v) - mp.loggamma(v) - mp.loggamma(k + 1)
    return found


def multinomial(x, p):
    found = mp.loggamma(sum(x) + 1)
    return found + sum(k * mp.log(q) - mp.loggamma(k + 1) for k, q in zip(x, p, strict=True) if k)


def lkj_constant(eta, n):
    found = mp.mpf(0)
    for k in range(1, n):
        found += mp.loggamma(eta + mp.mpf(n - 1) / 2) - mp.loggamma(eta + mp.mpf(n - 1 - k) / 2)
        found -= k * mp.log(mp.pi) / 2
    return found


def lkj(x, eta):
    a, b, c = x
    return lkj_constant(eta, 3) + (eta - 1) * mp.log(1 + 2 * a * b * c - a * a - b * b - c * c)


def lkj_cholesky(x, eta, rate):
    """Of two rows: correlation r, deviations s and t; the Jacobian to the factor is by hand."""
    a, b, c = x
    t = mp.sqrt(b * b + c * c)
    r = b / t
    log_r = lkj_constant(eta, 2) + (eta - 1) * mp.log(1 - r * r)
    # r and t of (b, c): d(r, t) / d(b, c) has determinant c / t**2
    return log_r + 2 * mp.log(rate) - rate * (a + t) + mp.log(c / t**2)


def wishart(x, nu, s, t, r):
    p = 2
    x, v = mp.matrix(x), mp.matrix(covariance(s, t, r))
    inner = mp.lu_solve(v, x[:, 0])[0] + mp.lu_solve(v, x[:, 1])[1]
    gamma = p * (p - 1) * mp.log(mp.pi) / 4 + mp.loggamma(nu / 2) + mp.loggamma((nu - 1) / 2)
    found = (nu - p - 1) / 2 * mp.log(mp.det(x)) - inner / 2
    return found - nu * p / 2 * mp.log(2) - nu / 2 * mp.log(mp.det(v)) - gamma


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def ordered(link):
    def density(x, eta, c, gap):
        a, b = c - eta, c + gap - eta
        middle = link(b) - link(a) if b < 0 else link(-a) - link(-b)
        return mp.log([link(a), middle, link(-b)][int(x[0])])

    return density


def ordered_counts(x, eta, c, gap):
    ends = [mp.mpf(0), sigmoid(c - eta), sigmoid(c + gap - eta), mp.mpf(1)]
    return multinomial(x, [b - a for a, b in pairwise(ends)])


def sticks(x, alpha):
    found, left = mp.mpf(0), mp.mpf(1)
    for v in x:
        share = v / left
        found += mp.log(alpha) + (alpha - 1) * mp.log1p(-share) - mp.log(left)
        left -= v
    return found


def neighbours(x, alpha, tau):
    n = [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    q = [[tau * ((2, 1, 1)[i] * (i == j) - alpha * n[i][j]) for j in range(3)] for i in range(3)]
    q, v = mp.matrix(q), mp.matrix(list(x))
    return (mp.log(mp.det(q)) - (v.T * q * v)[0] - 3 * mp.log(2 * mp.pi)) / 2


W = np.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])


def garch(x, omega, alpha, beta, start):
    found, variance = mp.mpf(0), start**2
    for v in x:
        found += norm(v, 0, mp.sqrt(variance))
        variance = omega + alpha * v * v + beta * variance
    return found


def steps(x):
    return [b - a for a, b in pairwise(x)]


def pairs(x):
    return [x[i : i + 2] for i in range(0, len(x), 2)]


def vector_steps(x):
    rows = pairs(x)
    return [[b - a for a, b in zip(r, q, strict=True)] for r, q in pairwise(rows)]


def polya_gamma(x, h, z):
    """The alternating series, in as many digits as cancel."""
    x = x[0]
    with mp.workdps(mp.dps + int(2 * x + 3 * h)):
        total, n = mp.mpf(0), 0
        while True:
            size = mp.loggamma(n + h) - mp.loggamma(n + 1) - (2 * n + h) ** 2 / (8 * x)
            term = (-1) ** n * mp.exp(size) * (2 * n + h)
            total += term
            if n > 5 and abs(term) < abs(total) * mp.mpf(10) ** -mp.dps:
                break
            n += 1
        series = (h - 1) * mp.log(2) - mp.loggamma(h) - mp.log(2 * mp.pi * x**3) / 2 + mp.log(total)
        return h * mp.log(mp.cosh(z / 2)) - z * z * x / 2 + series


def log_mix(w, parts):
    return mp.log(sum(v * mp.exp(p) for v, p in zip(w, parts, strict=True)))


def Phi(x):
    return mp.ncdf(x)


def log_mass(a, b):
    """Of the standard normal between two points; by the tails that are small."""
    return mp.log(Phi(b) - Phi(a)) if b < 0 else mp.log(Phi(-a) - Phi(-b))


def truncated(x, mu, sigma, lower, width):
    if not lower <= x[0] <= lower + width:
        return -mp.inf
    a, b = (lower - mu) / sigma, (lower + width - mu) / sigma
    return norm(x[0], mu, sigma) - log_mass(a, b)


def censored(x, mu, sigma):
    if x[0] <= -1:
        return mp.log(Phi((-1 - mu) / sigma))
    return mp.log(Phi((mu - 2) / sigma)) if x[0] >= 2 else norm(x[0], mu, sigma)


def interpolated(x, *no):
    points, heights = [0, 1, 3], [mp.mpf("0.2"), mp.mpf("0.5"), mp.mpf("0.125")]
    area = (heights[0] + heights[1]) / 2 + heights[1] + heights[2]
    i = 0 if x[0] < 1 else 1
    share = (x[0] - points[i]) / (points[i + 1] - points[i])
    return mp.log((heights[i] * (1 - share) + heights[i + 1] * share) / area)


SCALES = (1e-6, 0.7, 1e6)
BENDS = (-0.999, 0.0, 0.6)
PLANE = ((0.0, 0.0), (1e-6, -2e-6), (3.0, -1e3), (2e5, 1e6))
CUTS = (-40.0, -1.0, 0.3, 25.0), (-2.0, 0.5), (2.0**-20, 0.4, 30.0)
WIDE = (1e-3, 0.4, 1.0, 30.0, 1e6)
SIMPLEX = ((1e-12, 0.3, 0.7 - 1e-12), (0.2, 0.3, 0.5), (0.999998, 1e-6, 1e-6))
SERIES = ((0.0, 0.0, 0.0), (1e-3, -2.0, 5.0), (1e4, -1e4, 3e3))
N01, N2 = pm.Normal.dist(0.0, 1.0), pm.MvNormal.dist(np.zeros(2), np.eye(2))
EYE = [[mp.mpf(1), mp.mpf(0)], [mp.mpf(0), mp.mpf(1)]]


def zeros(n=2):
    return np.zeros(n)


CASES = {
    "MvNormal": Case(
        lambda *a: pm.MvNormal.dist(zeros(), cov=matrix(covariance(*a))),
        lambda x, *a: mvnormal(x, covariance(*a)), (SCALES, SCALES, BENDS), PLANE,
    ),
    "MvNormal by tau": Case(
        lambda *a: pm.MvNormal.dist(zeros(), tau=matrix(inverse(*a))),
        lambda x, *a: mvnormal(x, covariance(*a)), (SCALES, SCALES, BENDS), PLANE,
    ),
    "MvNormal by chol": Case(
        lambda *a: pm.MvNormal.dist(zeros(), chol=matrix(lower_factor(*a, tt.sqrt))),
        lambda x, *a: mvnormal(x, covariance(*a)), (SCALES, SCALES, BENDS), PLANE,
    ),
    "MvStudentT": Case(
        lambda nu, *a: pm.MvStudentT.dist(nu, zeros(), scale=matrix(covariance(*a))),
        lambda x, nu, *a: mvstudent(x, nu, covariance(*a)), (WIDE, SCALES, SCALES, BENDS), PLANE,
    ),
    "MvStudentT by tau": Case(
        lambda nu, *a: pm.MvStudentT.dist(nu, zeros(), tau=matrix(inverse(*a))),
        lambda x, nu, *a: mvstudent(x, nu, covariance(*a)), (WIDE, SCALES, SCALES, BENDS), PLANE,
    ),
    "MvStudentT by chol": Case(
        lambda nu, *a: pm.MvStudentT.dist(nu, zeros(), chol=matrix(lower_factor(*a, tt.sqrt))),
        lambda x, nu, *a: mvstudent(x, nu, covariance(*a)), (WIDE, SCALES, SCALES, BENDS), PLANE,
    ),
    "Dirichlet": Case(
        lambda *a: pm.Dirichlet.dist(tt.stack(a)),
        lambda x, *a: mp.loggamma(sum(a))
        + sum((v - 1) * mp.log(t) - mp.loggamma(v) for t, v in zip(x, a, strict=True)),
        (WIDE, WIDE, WIDE), SIMPLEX,
    ),
    "Multinomial": Case(
        lambda p, q: pm.Multinomial.dist(13, tt.stack([p, q, 1 - p - q])),
        lambda x, p, q: multinomial(x, [p, q, 1 - p - q]),
        ((1e-300, 1e-12, 0.3), (1e-12, 0.5)), ((0, 13, 0), (4, 7, 2), (13, 0, 0)), True,
    ),
    "DirichletMultinomial": Case(
        lambda *a: pm.DirichletMultinomial.dist(10_000, tt.stack(a)), dirichlet_multinomial,
        (WIDE, (0.4, 1e8), WIDE), ((0, 10_000, 0), (9_990, 7, 3)), True,
    ),
    "Categorical": Case(
        lambda p, q: pm.Categorical.dist(tt.stack([p, q, 1 - p - q])),
        lambda x, p, q: mp.log([p, q, 1 - p - q][int(x[0])]),
        ((1e-300, 1e-12, 0.3), (1e-12, 0.5)), ((0,), (1,), (2,)), True,
    ),
    "LKJCorr": Case(
        lambda eta: pm.LKJCorr.dist(n=3, eta=eta), lkj, ((1e-3, 0.5, 1.0, 3.0, 200.0, 1e5),),
        ((0.0, 0.0, 0.0), (0.5, -0.3, 0.2), (0.99, 0.98, 0.985), (1e-9, 0.3, -0.7)),
    ),
    "LKJCholeskyCov": Case(
        lambda eta, rate: pm.LKJCholeskyCov.dist(
            eta, 2, pm.Exponential.dist(rate), compute_corr=False
        ),
        lkj_cholesky, (WIDE, WIDE),
        ((1.0, 0.0, 1.0), (1e-6, 3.0, 0.2), (1e4, -1e-9, 1e-3), (0.3, 100.0, 0.5)),
    ),
    "MatrixNormal": Case(
        lambda s, t, r, v: pm.MatrixNormal.dist(
            zeros((2, 2)), rowcov=matrix(covariance(s, t, r)),
            colcov=matrix(covariance(v, 1.0, 0.4)),
        ),
        lambda x, s, t, r, v: mvnormal(
            x, kron(covariance(s, t, r), covariance(v, mp.mpf(1), mp.mpf(0.4)))
        ),
        (SCALES, SCALES, BENDS, SCALES), ((0.0,) * 4, (1.0, -2.0, 1e3, 0.4)),
        full=lambda x: [x[:2], x[2:]],
    ),
    "KroneckerNormal": Case(
        lambda s, t, r, sigma: pm.KroneckerNormal.dist(
            0.0, covs=[matrix(covariance(s, t, r)), matrix(covariance(1.0, 1.0, 0.4))], sigma=sigma
        ),
        lambda x, s, t, r, sigma: mvnormal(x, [
            [v + sigma**2 * (i == j) for j, v in enumerate(row)] for i, row in
            enumerate(kron(covariance(s, t, r), covariance(mp.mpf(1), mp.mpf(1), mp.mpf(0.4))))
        ]),
        ((0.7, 3.0, 100.0), (0.7, 5.0), BENDS[1:], (0.01, 1.0, 1e4)),
        ((0.0,) * 4, (1.0, -2.0, 3.0, 0.4)),
    ),
    "Wishart": Case(
        lambda nu, *a: pm.Wishart.dist(nu, matrix(covariance(*a))),
        lambda x, *a: wishart([[x[0], x[1]], [x[1], x[2]]], *a),
        ((1.001, 3.0, 40.0, 1e5), SCALES, SCALES, BENDS),
        ((1.0, 0.0, 1.0), (3.0, -1.0, 1e3), (1e-6, 1e-7, 1e-5)),
        full=lambda x: [[x[0], x[1]], [x[1], x[2]]],
    ),
    "ZeroSumNormal": Case(
        lambda s: pm.ZeroSumNormal.dist(s, shape=3),
        lambda x, s: -(x[0]**2 + x[1]**2 + (x[0] + x[1])**2) / (2 * s**2)
        - mp.log(2 * mp.pi * s**2),
        (SCALES,), ((0.0, 0.0), (1.0, -3.0), (1e4, 1e-4)), full=lambda x: [*x, -x[0] - x[1]],
    ),
    "CAR": Case(
        lambda alpha, tau: pm.CAR.dist(np.zeros(3), W, alpha, tau), neighbours,
        ((-0.999, 0.0, 0.4, 0.9999), SCALES), ((0.0, 0.0, 0.0), (1.0, -2.0, 0.5), (1e3, 1.0, 1e3)),
    ),
    "ICAR": Case(
        lambda sigma: pm.ICAR.dist(W, sigma=sigma, zero_sum_stdev=0.01),
        lambda x, s: -((x[0] - x[1])**2 + (x[0] - x[2])**2) / (2 * s**2)
        - mp.log(2 * mp.pi * s**2) + norm(sum(x), 0, 3 * mp.mpf(0.01)),
        (SCALES,), ((0.0, 0.0, 0.0), (1.0, -2.0, 0.5)),
    ),
    "OrderedLogistic": Case(
        lambda eta, c, gap: pm.OrderedLogistic.dist(eta, tt.stack([c, c + gap])),
        ordered(sigmoid), CUTS, ((0,), (1,), (2,)), True,
    ),
    "OrderedProbit": Case(
        lambda eta, c, gap: pm.OrderedProbit.dist(eta, tt.stack([c, c + gap])),
        ordered(Phi), ((-8.0, -1.0, 0.3, 9.0), *CUTS[1:]), ((0,), (1,), (2,)), True,
    ),
    "OrderedMultinomial": Case(
        lambda eta, c, gap: pm.OrderedMultinomial.dist(eta, tt.stack([c, c + gap]), n=9),
        ordered_counts, CUTS, ((9, 0, 0), (2, 3, 4), (0, 1, 8)), True,
    ),
    "StickBreakingWeights": Case(
        lambda alpha: pm.StickBreakingWeights.dist(alpha, K=2), sticks, (WIDE,),
        ((1e-12, 0.3), (0.2, 0.3), (0.999998, 1e-6)), full=lambda x: [*x, 1 - x[0] - x[1]],
    ),
    "GaussianRandomWalk": Case(
        lambda mu, s: pm.GaussianRandomWalk.dist(mu, s, init_dist=N01, steps=2),
        lambda x, mu, s: norm(x[0]) + sum(norm(d, mu, s) for d in steps(x)),
        ((-1e3, 0.1), SCALES), SERIES,
    ),
    "PolyaGamma": Case(
        lambda h, z: pm.PolyaGamma.dist(h, z), polya_gamma,
        ((1e-3, 0.4, 1.0, 7.0, 40.0), (-50.0, 0.0, 1e-3, 3.0)),
        ((1e-6,), (1e-3,), (0.05,), (0.3,), (2.0,), (15.0,)),
    ),
    "RandomWalk": Case(
        lambda nu, s: pm.RandomWalk.dist(N01, pm.StudentT.dist(nu, 0.0, s), steps=2),
        lambda x, nu, s: norm(x[0]) + sum(student(d, nu, 0, s) for d in steps(x)),
        (WIDE, SCALES), SERIES,
    ),
    "MvGaussianRandomWalk": Case(
        lambda *a: pm.MvGaussianRandomWalk.dist(
            zeros(), cov=matrix(covariance(*a)), init_dist=N2, steps=1
        ),
        lambda x, *a: mvnormal(x[:2], EYE)
        + sum(mvnormal(d, covariance(*a)) for d in vector_steps(x)),
        (SCALES, SCALES, BENDS), ((0.0,) * 4, (1.0, 2.0, -300.0, 4.0)), full=pairs,
    ),
    "MvStudentTRandomWalk": Case(
        lambda nu, *a: pm.MvStudentTRandomWalk.dist(
            nu, zeros(), scale=matrix(covariance(*a)), init_dist=N2, steps=1
        ),
        lambda x, nu, *a: mvnormal(x[:2], EYE)
        + sum(mvstudent(d, nu, covariance(*a)) for d in vector_steps(x)),
        (WIDE, SCALES, SCALES, BENDS), ((0.0,) * 4, (1.0, 2.0, -300.0, 4.0)), full=pairs,
    ),
    "AR": Case(
        lambda a, b, s: pm.AR.dist(tt.stack([a, b]), s, init_dist=N01, shape=3),
        lambda x, a, b, s: norm(x[0]) + norm(x[1]) + norm(x[2], a * x[1] + b * x[0], s),
        ((-3.0, 0.5), (0.0, 100.0), SCALES), SERIES,
    ),
    "AR1": Case(
        lambda k, tau: pm.AR1.dist(k, tau, shape=3),
        lambda x, k, tau: norm(x[0], 0, 1 / mp.sqrt(tau * (1 - k * k)))
        + sum(norm(b, k * a, 1 / mp.sqrt(tau)) for a, b in pairwise(x)),
        ((-0.9999, 0.0, 0.7), SCALES), SERIES,
    ),
    "GARCH11": Case(
        lambda *a: pm.GARCH11.dist(*a, steps=2), garch,
        ((1e-6, 0.5, 1e4), (1e-6, 0.3), (1e-6, 0.6), SCALES), SERIES,
    ),
    "EulerMaruyama": Case(
        lambda a, s: pm.EulerMaruyama.dist(
            0.25, lambda x, a, s: (-a * x, s), (a, s), init_dist=N01, steps=2
        ),
        lambda x, a, s: norm(x[0])
        + sum(norm(w, v - a * v / 4, s / 2) for v, w in pairwise(x)),
        ((-2.0, 0.0, 30.0), SCALES), SERIES,
    ),
    "NormalMixture": Case(
        lambda w, mu, s: pm.NormalMixture.dist(tt.stack([w, 1 - w]), tt.stack([0.0, mu]), s),
        lambda x, w, mu, s: log_mix([w, 1 - w], [norm(x[0], 0, s), norm(x[0], mu, s)]),
        ((1e-300, 1e-9, 0.4), (-3.0, 50.0), (0.05, 2.0, 1e5)), ((0.0,), (1.0,), (-300.0,)),
    ),
    "Mixture": Case(
        lambda w, nu: pm.Mixture.dist(
            tt.stack([w, 1 - w]), [pm.Normal.dist(0.0, 1.0), pm.StudentT.dist(nu, 1.0, 2.0)]
        ),
        lambda x, w, nu: log_mix([w, 1 - w], [norm(x[0]), student(x[0], nu, 1, 2)]),
        ((1e-300, 1e-9, 0.4), WIDE), ((0.0,), (2.0,), (-300.0,)),
    ),
    "MixtureSameFamily": Case(
        lambda w, rate: pm.MixtureSameFamily.dist(
            tt.stack([w, 1 - w]), pm.Exponential.dist(tt.stack([rate, 2.0]))
        ),
        lambda x, w, rate: log_mix(
            [w, 1 - w], [mp.log(rate) - rate * x[0], mp.log(2) - 2 * x[0]]
        ),
        ((1e-300, 1e-9, 0.4), WIDE), ((1e-9,), (2.0,), (100.0,)),
    ),
    "TruncatedNormal": Case(
        lambda mu, s, low, width: pm.TruncatedNormal.dist(mu, s, lower=low, upper=low + width),
        truncated, ((-8.0, 0.0, 9.0), (0.3, 2.0, 100.0), (-1.0, 0.9), (0.2, 5.0)),
        ((1.0,), (0.95,)),
    ),
    "Truncated": Case(
        lambda rate, low: pm.Truncated.dist(pm.Exponential.dist(rate), lower=low, upper=low + 2),
        lambda x, rate, low: mp.log(rate) - rate * (x[0] - low) - mp.log(-mp.expm1(-2 * rate)),
        (WIDE, (1e-6, 0.5)), ((0.6,), (1.9,)),
    ),
    "Censored": Case(
        lambda mu, s: pm.Censored.dist(pm.Normal.dist(mu, s), lower=-1.0, upper=2.0), censored,
        ((-8.0, 0.0, 9.0), (0.3, 2.0, 100.0)), ((-1.0,), (0.5,), (2.0,)), True,
    ),
    "Bound": Case(
        lambda mu, s: pm.Bound.dist(pm.Normal.dist(mu, s), lower=-1.0, upper=2.0),
        lambda x, mu, s: norm(x[0], mu, s),
        ((-8.0, 0.0, 9.0), (0.3, 2.0, 1e6)), ((-1.0,), (0.5,), (2.0,)), True,
    ),
    "Interpolated": Case(
        lambda: pm.Interpolated.dist([0.0, 1.0, 3.0], [0.2, 0.5, 0.125]), interpolated,
        (), ((1e-9,), (0.4,), (1.5,), (2.999,)),
    ),
    "CustomDist": Case(
        lambda mu: pm.CustomDist.dist(mu, logp=lambda x, mu: -tt.cosh(x - mu)),
        lambda x, mu: -mp.cosh(x[0] - mu), ((-5.0, 0.0, 3.0),), ((0.0,), (4.0,)),
    ),
}  # fmt: skip
