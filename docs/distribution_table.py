"""Densities as they are usually written, and what is plotted of each: the table of a page.

Formulas are in Python's notation, so that the tests can evaluate them and compare them with what
the distributions compute: ``Gamma`` is the gamma function, ``B`` the beta function, ``C(n, k)`` a
binomial coefficient, ``phi`` and ``Phi`` density and distribution function of the standard normal,
``I0`` the modified Bessel function.
"""

POSITIVE = (1e-3, 4.0)
LINE = (-5.0, 5.0)
UNIT = (1e-3, 1 - 1e-3)
COUNTS = (0, 15)

# name: (density, parameter sets to plot, range of the plot)
SCALAR = {
    "AsymmetricLaplace": (
        "b / (kappa + 1 / kappa) * exp(-(x - mu) * b * (kappa if x >= mu else -1 / kappa))",
        [{"kappa": k, "mu": 0, "b": 1} for k in (0.5, 1, 2)], LINE,
    ),
    "Bernoulli": ("p if x == 1 else 1 - p", [{"p": 0.3}], (0, 1)),
    "Beta": (
        "x**(alpha - 1) * (1 - x)**(beta - 1) / B(alpha, beta)",
        [{"alpha": a, "beta": b} for a, b in ((0.5, 0.5), (2, 2), (2, 5))], UNIT,
    ),
    "BetaBinomial": (
        "C(n, x) * B(x + alpha, n - x + beta) / B(alpha, beta)",
        [{"alpha": a, "beta": b, "n": 12} for a, b in ((0.5, 0.5), (2, 2), (5, 2))], (0, 12),
    ),
    "Binomial": (
        "C(n, x) * p**x * (1 - p)**(n - x)", [{"n": 12, "p": p} for p in (0.2, 0.5, 0.8)], (0, 12)
    ),
    "Cauchy": (
        "1 / (pi * beta * (1 + ((x - alpha) / beta)**2))",
        [{"alpha": 0, "beta": b} for b in (0.5, 1, 2)], LINE,
    ),
    "ChiSquared": (
        "x**(nu / 2 - 1) * exp(-x / 2) / (2**(nu / 2) * Gamma(nu / 2))",
        [{"nu": n} for n in (2, 4, 8)], (1e-3, 16.0),
    ),
    "DiracDelta": ("1 if x == c else 0", [{"c": 2}], (0, 4)),
    "DiscreteUniform": ("1 / (upper - lower + 1)", [{"lower": 2, "upper": 7}], (0, 10)),
    "DiscreteWeibull": (
        "q**(x**beta) - q**((x + 1)**beta)",
        [{"q": 0.8, "beta": b} for b in (0.7, 1, 1.5)], COUNTS,
    ),
    "ExGaussian": (
        "exp(sigma**2 / (2 * nu**2) - (x - mu) / nu) * Phi((x - mu) / sigma - sigma / nu) / nu",
        [{"mu": 0, "sigma": 0.5, "nu": n} for n in (0.2, 1, 2)], LINE,
    ),
    "Exponential": ("lam * exp(-lam * x)", [{"lam": v} for v in (0.5, 1, 2)], POSITIVE),
    "Flat": ("1", [{}], LINE),
    "Gamma": (
        "beta**alpha * x**(alpha - 1) * exp(-beta * x) / Gamma(alpha)",
        [{"alpha": a, "beta": 2} for a in (1, 2, 5)], POSITIVE,
    ),
    "Geometric": ("p * (1 - p)**(x - 1)", [{"p": p} for p in (0.2, 0.5)], (1, 12)),
    "Gumbel": (
        "exp(-(x - mu) / beta - exp(-(x - mu) / beta)) / beta",
        [{"mu": 0, "beta": b} for b in (0.5, 1, 2)], LINE,
    ),
    "HalfCauchy": (
        "2 / (pi * beta * (1 + (x / beta)**2))", [{"beta": b} for b in (0.5, 1, 2)], POSITIVE
    ),
    "HalfFlat": ("1", [{}], POSITIVE),
    "HalfNormal": (
        "2 * phi(x / sigma) / sigma", [{"sigma": s} for s in (0.5, 1, 2)], POSITIVE
    ),
    "HalfStudentT": (
        "2 * Gamma((nu + 1) / 2) / (Gamma(nu / 2) * sqrt(nu * pi) * sigma)"
        " * (1 + (x / sigma)**2 / nu)**(-(nu + 1) / 2)",
        [{"nu": n, "sigma": 1} for n in (1, 4, 30)], POSITIVE,
    ),
    "HurdleGamma": (
        "psi * beta**alpha * x**(alpha - 1) * exp(-beta * x) / Gamma(alpha) if x > 0 else 1 - psi",
        [{"psi": 0.7, "alpha": a, "beta": 2} for a in (1, 2, 5)], POSITIVE,
    ),
    "HurdleLogNormal": (
        "psi * phi((log(x) - mu) / sigma) / (sigma * x) if x > 0 else 1 - psi",
        [{"psi": 0.7, "mu": 0, "sigma": s} for s in (0.3, 0.7)], POSITIVE,
    ),
    "HurdleNegativeBinomial": (
        "psi * C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x"
        " / (1 - (alpha / (mu + alpha))**alpha) if x > 0 else 1 - psi",
        [{"psi": 0.7, "mu": m, "alpha": 2} for m in (2, 5)], COUNTS,
    ),
    "HurdlePoisson": (
        "psi * mu**x * exp(-mu) / (x! * (1 - exp(-mu))) if x > 0 else 1 - psi",
        [{"psi": 0.7, "mu": m} for m in (2, 5)], COUNTS,
    ),
    "HyperGeometric": (
        "C(k, x) * C(N - k, n - x) / C(N, n)",
        [{"N": 40, "k": k, "n": 12} for k in (10, 20)], (0, 12),
    ),
    "InverseGamma": (
        "beta**alpha * x**(-alpha - 1) * exp(-beta / x) / Gamma(alpha)",
        [{"alpha": a, "beta": 1} for a in (1, 2, 4)], POSITIVE,
    ),
    "Kumaraswamy": (
        "a * b * x**(a - 1) * (1 - x**a)**(b - 1)",
        [{"a": a, "b": b} for a, b in ((0.5, 0.5), (2, 2), (2, 5))], UNIT,
    ),
    "Laplace": (
        "exp(-fabs(x - mu) / b) / (2 * b)", [{"mu": 0, "b": b} for b in (0.5, 1, 2)], LINE
    ),
    "LogNormal": (
        "phi((log(x) - mu) / sigma) / (sigma * x)",
        [{"mu": 0, "sigma": s} for s in (0.25, 0.5, 1)], POSITIVE,
    ),
    "Logistic": (
        "exp(-(x - mu) / s) / (s * (1 + exp(-(x - mu) / s))**2)",
        [{"mu": 0, "s": s} for s in (0.5, 1, 2)], LINE,
    ),
    "LogitNormal": (
        "phi((log(x / (1 - x)) - mu) / sigma) / (sigma * x * (1 - x))",
        [{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], UNIT,
    ),
    "Moyal": (
        "exp(-((x - mu) / sigma + exp(-(x - mu) / sigma)) / 2) / (sigma * sqrt(2 * pi))",
        [{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], LINE,
    ),
    "NegativeBinomial": (
        "C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x",
        [{"mu": 5, "alpha": a} for a in (1, 4, 50)], COUNTS,
    ),
    "Normal": (
        "exp(-((x - mu) / sigma)**2 / 2) / (sigma * sqrt(2 * pi))",
        [{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], LINE,
    ),
    "Pareto": (
        "alpha * m**alpha / x**(alpha + 1)", [{"alpha": a, "m": 1} for a in (1, 2, 4)], (1.0, 4.0)
    ),
    "Poisson": ("mu**x * exp(-mu) / x!", [{"mu": m} for m in (1, 4, 8)], COUNTS),
    "Rice": (
        "x / sigma**2 * exp(-(x**2 + nu**2) / (2 * sigma**2)) * I0(x * nu / sigma**2)",
        [{"nu": n, "sigma": 1} for n in (0, 1, 4)], (1e-3, 8.0),
    ),
    "SkewNormal": (
        "2 / sigma * phi((x - mu) / sigma) * Phi(alpha * (x - mu) / sigma)",
        [{"alpha": a, "mu": 0, "sigma": 1} for a in (-4, 1, 4)], LINE,
    ),
    "SkewStudentT": (
        "(1 + (x - mu) / sigma / sqrt(a + b + ((x - mu) / sigma)**2))**(a + 1/2)"
        " * (1 - (x - mu) / sigma / sqrt(a + b + ((x - mu) / sigma)**2))**(b + 1/2)"
        " / (2**(a + b - 1) * B(a, b) * sqrt(a + b) * sigma)",
        [{"a": a, "b": b, "mu": 0, "sigma": 1} for a, b in ((1, 1), (4, 2))], LINE,
    ),
    "StudentT": (
        "Gamma((nu + 1) / 2) / (Gamma(nu / 2) * sqrt(nu * pi) * sigma)"
        " * (1 + ((x - mu) / sigma)**2 / nu)**(-(nu + 1) / 2)",
        [{"nu": n, "mu": 0, "sigma": 1} for n in (1, 4, 30)], LINE,
    ),
    "Triangular": (
        "2 * ((x - lower) / (c - lower) if x < c else (upper - x) / (upper - c))"
        " / (upper - lower)",
        [{"lower": 0, "c": c, "upper": 4} for c in (1, 3)], (0.0, 4.0),
    ),
    "Uniform": ("1 / (upper - lower)", [{"lower": -2, "upper": 3}], (-4.0, 4.0)),
    "VonMises": (
        "exp(kappa * cos(x - mu)) / (2 * pi * I0(kappa))",
        [{"mu": 0, "kappa": k} for k in (0.5, 2, 8)], (-3.1415, 3.1415),
    ),
    "Wald": (
        "sqrt(lam / (2 * pi)) * (x - alpha)**(-3/2)"
        " * exp(-lam * (x - alpha - mu)**2 / (2 * mu**2 * (x - alpha)))",
        [{"mu": 1, "lam": v, "alpha": 0} for v in (1, 3, 10)], POSITIVE,
    ),
    "Weibull": (
        "alpha / beta * (x / beta)**(alpha - 1) * exp(-(x / beta)**alpha)",
        [{"alpha": a, "beta": 1} for a in (1, 1.5, 4)], POSITIVE,
    ),
    "ZeroInflatedBinomial": (
        "psi * C(n, x) * p**x * (1 - p)**(n - x) + (1 - psi if x == 0 else 0)",
        [{"psi": 0.6, "n": 12, "p": p} for p in (0.3, 0.6)], (0, 12),
    ),
    "ZeroInflatedNegativeBinomial": (
        "psi * C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x"
        " + (1 - psi if x == 0 else 0)",
        [{"psi": 0.6, "mu": m, "alpha": 3} for m in (4, 8)], COUNTS,
    ),
    "ZeroInflatedPoisson": (
        "psi * mu**x * exp(-mu) / x! + (1 - psi if x == 0 else 0)",
        [{"psi": 0.6, "mu": m} for m in (3, 7)], COUNTS,
    ),
}  # fmt: skip

# Of those that are made of more than numbers: the density in words and symbols.
OTHERS = {
    "AR": "the density of the first values, times Normal(x[t] | rho[0] * x[t-1] + ..., sigma)",
    "AR1": "Normal(x[0] | 0, sigma / sqrt(1 - k**2)) * Normal(x[t] | k * x[t-1], sigma), "
           "sigma = tau_e**(-1/2)",
    "Bound": "the density of dist between the bounds, not normalised",
    "CAR": "MvNormal(x | mu, tau = tau * (D - alpha * W)), D = diag(row sums of W)",
    "Categorical": "p[x]",
    "Censored": "the density of dist between the bounds; at a bound, what lies beyond it",
    "CustomDist": "exp(logp(x, *dist_params))",
    "Dirichlet": "Gamma(sum(a)) * prod(x[i]**(a[i] - 1) / Gamma(a[i]))",
    "DirichletMultinomial": "n! * Gamma(A) / Gamma(n + A) * prod(Gamma(x[i] + a[i]) / (x[i]! * "
                            "Gamma(a[i]))), A = sum(a)",
    "EulerMaruyama": "the density of the first value, times Normal(x[t+1] | x[t] + dt * drift, "
                     "sqrt(dt) * diffusion)",
    "GARCH11": "prod(Normal(x[t] | 0, s[t])), s[t]**2 = omega + alpha_1 * x[t-1]**2 + beta_1 * "
               "s[t-1]**2, s[0] = initial_vol",
    "GaussianRandomWalk": "init_dist(x[0]) * prod(Normal(x[t] - x[t-1] | mu, sigma))",
    "ICAR": "exp(-sum((x[i] - x[j])**2 over neighbours) / (2 * sigma**2)), and "
            "Normal(mean(x) | 0, zero_sum_stdev)",
    "Interpolated": "the straight lines between (x_points, pdf_points), divided by their area",
    "KroneckerNormal": "MvNormal(x | mu, cov = kron(*covs) + sigma**2 * I)",
    "LKJCholeskyCov": "of L with correlations R and deviations s: prod(sd_dist(s)) * LKJ(R | eta), "
                      "with the Jacobian from L",
    "LKJCorr": "det(R)**(eta - 1), normalised",
    "MatrixNormal": "exp(-tr(colcov**-1 (x - mu)' rowcov**-1 (x - mu)) / 2) / "
                    "((2 * pi)**(n * m / 2) * det(rowcov)**(m / 2) * det(colcov)**(n / 2))",
    "Mixture": "sum(w[k] * comp_dists[k](x))",
    "MixtureSameFamily": "sum(w[k] * comp_dists[..., k](x))",
    "Multinomial": "n! * prod(p[i]**x[i] / x[i]!)",
    "MvGaussianRandomWalk": "init_dist(x[0]) * prod(MvNormal(x[t] - x[t-1] | mu, cov))",
    "MvNormal": "exp(-(x - mu)' cov**-1 (x - mu) / 2) / sqrt((2 * pi)**k * det(cov))",
    "MvStudentT": "Gamma((nu + k) / 2) / (Gamma(nu / 2) * sqrt((nu * pi)**k * det(scale))) * (1 + "
                  "(x - mu)' scale**-1 (x - mu) / nu)**(-(nu + k) / 2)",
    "MvStudentTRandomWalk": "init_dist(x[0]) * prod(MvStudentT(x[t] - x[t-1] | nu, mu, scale))",
    "NormalMixture": "sum(w[k] * Normal(x | mu[k], sigma[k]))",
    "OrderedLogistic": "sigmoid(cutpoints[x] - eta) - sigmoid(cutpoints[x-1] - eta)",
    "OrderedMultinomial": "Multinomial(x | n, the probabilities of OrderedLogistic)",
    "OrderedProbit": "Phi((cutpoints[x] - eta) / sigma) - Phi((cutpoints[x-1] - eta) / sigma)",
    "PolyaGamma": "cosh(z / 2)**h * exp(-z**2 * x / 2) * 2**(h - 1) / Gamma(h) * sum((-1)**n * "
                  "Gamma(n + h) / n! * (2 * n + h) / sqrt(2 * pi * x**3) * "
                  "exp(-(2 * n + h)**2 / (8 * x)), n = 0, 1, ...)",
    "RandomWalk": "init_dist(x[0]) * prod(innovation_dist(x[t] - x[t-1]))",
    "StickBreakingWeights": "prod(Beta(v[k] | 1, alpha)), v[k] = x[k] / (1 - x[0] - ... - x[k-1]), "
                            "with the Jacobian from x",
    "Truncated": "the density of dist between the bounds, divided by its mass there",
    "TruncatedNormal": "Normal(x | mu, sigma) / (Phi((upper - mu) / sigma) - Phi((lower - mu) / "
                       "sigma))",
    "Wishart": "det(x)**((nu - p - 1) / 2) * exp(-tr(V**-1 x) / 2) / (2**(nu * p / 2) * "
               "det(V)**(nu / 2) * Gamma_p(nu / 2))",
    "ZeroSumNormal": "prod(Normal(x[i] | 0, sigma)) on the plane sum(x) = 0",
}  # fmt: skip

# Mean and variance where the class has no formula of symbols, or none that is easy to read.
MOMENTS = {
    "AR": ("by recursion from that of the first values", "by recursion"),
    "AR1": ("0", "1 / (tau_e * (1 - k**2))"),
    "Bound": ("that of Truncated", "that of Truncated"),
    "CAR": ("mu", "diagonal of (tau * (D - alpha * W))**-1"),
    "Categorical": ("sum(k * p[k])", "sum((k - mean)**2 * p[k])"),
    "Cauchy": ("does not exist", "does not exist"),
    "Censored": (
        "with the mass at its bounds, from that of Truncated",
        "likewise; of normal variables",
    ),
    "CustomDist": ("unknown", "unknown"),
    "DiscreteWeibull": ("sum(q**(k**beta), k = 1, 2, ...)",
                        "sum((2 * k - 1) * q**(k**beta), k = 1, 2, ...) - mean**2"),
    "EulerMaruyama": ("no closed form", "no closed form"),
    "Flat": ("does not exist", "does not exist"),
    "GARCH11": ("0", "s[t], s[0] = initial_vol**2, s[t+1] = omega + (alpha_1 + beta_1) * s[t]"),
    "GaussianRandomWalk": ("that of init_dist, plus t * mu",
                           "that of init_dist, plus t * sigma**2"),
    "HalfCauchy": ("infinite", "does not exist"),
    "HalfFlat": ("does not exist", "does not exist"),
    "HalfStudentT": (
        "2 * sigma * sqrt(nu / pi) * Gamma((nu + 1) / 2) / (Gamma(nu / 2) * (nu - 1)) for nu > 1",
        "sigma**2 * nu / (nu - 2) - mean**2 for nu > 2",
    ),
    "ICAR": ("does not exist", "does not exist"),
    "Interpolated": ("the integral of x times the lines", "that of (x - mean)**2 times the lines"),
    "KroneckerNormal": ("mu", "kron(*diagonals of covs) + sigma**2"),
    "LKJCholeskyCov": ("no closed form", "no closed form"),
    "LKJCorr": ("0", "1 / (2 * eta + n - 1)"),
    "LogitNormal": ("no closed form", "no closed form"),
    "MatrixNormal": ("mu", "rowcov[i, i] * colcov[j, j]"),
    "Mixture": ("sum(w[k] * means[k])", "sum(w[k] * (variances[k] + (means[k] - mean)**2))"),
    "MixtureSameFamily": ("that of Mixture", "that of Mixture"),
    "MvGaussianRandomWalk": (
        "that of init_dist, plus t * mu", "that of init_dist, plus t * diagonal of cov",
    ),
    "MvStudentT": ("mu", "nu / (nu - 2) * diagonal of scale, for nu > 2"),
    "MvStudentTRandomWalk": (
        "that of init_dist, plus t * mu",
        "that of init_dist, plus t * nu / (nu - 2) * diagonal of scale",
    ),
    "NormalMixture": ("sum(w[k] * mu[k])", "sum(w[k] * (sigma[k]**2 + (mu[k] - mean)**2))"),
    "OrderedLogistic": ("sum(k * p[k])", "sum((k - mean)**2 * p[k])"),
    "OrderedMultinomial": ("n * p", "n * p * (1 - p)"),
    "OrderedProbit": ("sum(k * p[k])", "sum((k - mean)**2 * p[k])"),
    "PolyaGamma": (
        "h * tanh(z / 2) / (2 * z)", "h * (sinh(z) - z) / (4 * z**3 * cosh(z / 2)**2)",
    ),
    "RandomWalk": ("that of init_dist, plus t steps", "that of init_dist, plus t steps"),
    "Rice": (
        "sigma * sqrt(pi / 2) * L(-nu**2 / (2 * sigma**2)), L(s) = exp(s / 2) * "
        "((1 - s) * I0(-s / 2) - s * I1(-s / 2))",
        "2 * sigma**2 + nu**2 - mean**2",
    ),
    "SkewStudentT": (
        "mu + sigma * c, c = (a - b) * sqrt(a + b) / 2 * Gamma(a - 1/2) * Gamma(b - 1/2) / "
        "(Gamma(a) * Gamma(b)), for a, b > 1/2",
        "sigma**2 * ((a + b) / 4 * ((a - b)**2 + a + b - 2) / ((a - 1) * (b - 1)) - c**2), "
        "for a, b > 1",
    ),
    "StickBreakingWeights": (
        "alpha**k / (1 + alpha)**(k + 1), the last (alpha / (1 + alpha))**K",
        "2 * alpha**k / ((1 + alpha) * (2 + alpha)**(k + 1)) - mean**2, the last "
        "(alpha / (2 + alpha))**K - mean**2",
    ),
    "Truncated": ("that of TruncatedNormal for normal dist", "likewise"),
    "TruncatedNormal": (
        "mu + sigma * (phi(a) - phi(b)) / Z, a, b = (lower - mu) / sigma, (upper - mu) / sigma, "
        "Z = Phi(b) - Phi(a)",
        "sigma**2 * (1 + (a * phi(a) - b * phi(b)) / Z - ((phi(a) - phi(b)) / Z)**2)",
    ),
    "VonMises": (
        "on the circle mu", "on the circle 1 - I1(kappa) / I0(kappa)",
    ),
    "Wishart": ("nu * V", "nu * (V[i, j]**2 + V[i, i] * V[j, j])"),
    "ZeroSumNormal": ("0", "sigma**2 * prod(1 - 1 / n) over the lengths n of the zero-sum axes"),
}  # fmt: skip
