"""Densities and moments as they are usually written: the text of docstrings and of the docs.

Formulas are in Python's notation, so that the tests can evaluate them and compare them with what
the distributions compute: ``Gamma`` is the gamma function, ``B`` the beta function, ``C(n, k)`` a
binomial coefficient, ``phi`` and ``Phi`` density and distribution function of the standard normal,
``I0`` the modified Bessel function, ``euler`` Euler's constant, ``x!`` the factorial.
"""

# name: (density, mean, variance)
TEXTBOOK = {
    "AR": (
        "the density of the first values, times Normal(x[t] | rho[0] * x[t-1] + ..., sigma)",
        "by recursion from that of the first values",
        "by recursion",
    ),
    "AR1": (
        "Normal(x[0] | 0, sigma / sqrt(1 - k**2)) * Normal(x[t] | k * x[t-1], sigma), sigma = "
        "tau_e**(-1/2)",
        "0",
        "1 / (tau_e * (1 - k**2))",
    ),
    "AsymmetricLaplace": (
        "b / (kappa + 1 / kappa) * exp(-(x - mu) * b * (kappa if x >= mu else -1 / kappa))",
        "mu + (1 / kappa - kappa) / b",
        "(1 / kappa**2 + kappa**2) / b**2",
    ),
    "Bernoulli": (
        "p if x == 1 else 1 - p",
        "p",
        "p * (1 - p)",
    ),
    "Beta": (
        "x**(alpha - 1) * (1 - x)**(beta - 1) / B(alpha, beta)",
        "alpha / (alpha + beta)",
        "alpha * beta / ((alpha + beta)**2 * (alpha + beta + 1))",
    ),
    "BetaBinomial": (
        "C(n, x) * B(x + alpha, n - x + beta) / B(alpha, beta)",
        "n * alpha / (alpha + beta)",
        "n * alpha * beta * (alpha + beta + n) / ((alpha + beta)**2 * (alpha + beta + 1))",
    ),
    "Binomial": (
        "C(n, x) * p**x * (1 - p)**(n - x)",
        "n * p",
        "n * p * (1 - p)",
    ),
    "Bound": (
        "the density of dist between the bounds, not normalised",
        "that of Truncated",
        "that of Truncated",
    ),
    "CAR": (
        "MvNormal(x | mu, tau = tau * (D - alpha * W)), D = diag(row sums of W)",
        "mu",
        "diagonal of (tau * (D - alpha * W))**-1",
    ),
    "Categorical": (
        "p[x]",
        "sum(k * p[k])",
        "sum((k - mean)**2 * p[k])",
    ),
    "Cauchy": (
        "1 / (pi * beta * (1 + ((x - alpha) / beta)**2))",
        "does not exist",
        "does not exist",
    ),
    "Censored": (
        "the density of dist between the bounds; at a bound, what lies beyond it",
        "from that between the bounds, and the masses at them",
        "likewise",
    ),
    "ChiSquared": (
        "x**(nu / 2 - 1) * exp(-x / 2) / (2**(nu / 2) * Gamma(nu / 2))",
        "nu",
        "2 * nu",
    ),
    "CustomDist": (
        "exp(logp(x, *dist_params))",
        "unknown",
        "unknown",
    ),
    "DiracDelta": (
        "1 if x == c else 0",
        "c",
        "0",
    ),
    "Dirichlet": (
        "Gamma(sum(a)) * prod(x[i]**(a[i] - 1) / Gamma(a[i]))",
        "a / A, A = sum(a)",
        "a / A * (1 - a / A) / (A + 1), A = sum(a)",
    ),
    "DirichletMultinomial": (
        "n! * Gamma(A) / Gamma(n + A) * prod(Gamma(x[i] + a[i]) / (x[i]! * Gamma(a[i]))), A = "
        "sum(a)",
        "n * a / A, A = sum(a)",
        "n * a / A * (1 - a / A) * (n + A) / (1 + A), A = sum(a)",
    ),
    "DiscreteUniform": (
        "1 / (upper - lower + 1)",
        "(lower + upper) / 2",
        "((upper - lower + 1)**2 - 1) / 12",
    ),
    "DiscreteWeibull": (
        "q**(x**beta) - q**((x + 1)**beta)",
        "sum(q**(k**beta), k = 1, 2, ...)",
        "sum((2 * k - 1) * q**(k**beta), k = 1, 2, ...) - mean**2",
    ),
    "EulerMaruyama": (
        "the density of the first value, times Normal(x[t+1] | x[t] + dt * drift, sqrt(dt) * "
        "diffusion)",
        "no closed form",
        "no closed form",
    ),
    "ExGaussian": (
        "exp(sigma**2 / (2 * nu**2) - (x - mu) / nu) * Phi((x - mu) / sigma - sigma / nu) / nu",
        "mu + nu",
        "sigma**2 + nu**2",
    ),
    "Exponential": (
        "lam * exp(-lam * x)",
        "1 / lam",
        "1 / lam**2",
    ),
    "Flat": (
        "1",
        "does not exist",
        "does not exist",
    ),
    "GARCH11": (
        "prod(Normal(x[t] | 0, s[t])), s[t]**2 = omega + alpha_1 * x[t-1]**2 + beta_1 * "
        "s[t-1]**2, s[0] = initial_vol",
        "0",
        "s[t], s[0] = initial_vol**2, s[t+1] = omega + (alpha_1 + beta_1) * s[t]",
    ),
    "Gamma": (
        "beta**alpha * x**(alpha - 1) * exp(-beta * x) / Gamma(alpha)",
        "alpha / beta",
        "alpha / beta**2",
    ),
    "GaussianRandomWalk": (
        "init_dist(x[0]) * prod(Normal(x[t] - x[t-1] | mu, sigma))",
        "that of init_dist, plus t * mu",
        "that of init_dist, plus t * sigma**2",
    ),
    "Geometric": (
        "p * (1 - p)**(x - 1)",
        "1 / p",
        "(1 - p) / p**2",
    ),
    "Gumbel": (
        "exp(-(x - mu) / beta - exp(-(x - mu) / beta)) / beta",
        "mu + euler * beta",
        "beta**2 * pi**2 / 6",
    ),
    "HalfCauchy": (
        "2 / (pi * beta * (1 + (x / beta)**2))",
        "infinite",
        "infinite",
    ),
    "HalfFlat": (
        "1",
        "does not exist",
        "does not exist",
    ),
    "HalfNormal": (
        "2 * phi(x / sigma) / sigma",
        "sigma * sqrt(2 / pi)",
        "sigma**2 * (1 - 2 / pi)",
    ),
    "HalfStudentT": (
        "2 * Gamma((nu + 1) / 2) / (Gamma(nu / 2) * sqrt(nu * pi) * sigma) * (1 + (x / "
        "sigma)**2 / nu)**(-(nu + 1) / 2)",
        "2 * sigma * sqrt(nu / pi) * Gamma((nu + 1) / 2) / (Gamma(nu / 2) * (nu - 1)) for nu > 1",
        "sigma**2 * nu / (nu - 2) - mean**2 for nu > 2",
    ),
    "HurdleGamma": (
        "psi * beta**alpha * x**(alpha - 1) * exp(-beta * x) / Gamma(alpha) if x > 0 else 1 - psi",
        "psi * alpha / beta",
        "psi * (alpha / beta**2 + (1 - psi) * (alpha / beta)**2)",
    ),
    "HurdleLogNormal": (
        "psi * phi((log(x) - mu) / sigma) / (sigma * x) if x > 0 else 1 - psi",
        "psi * exp(mu + sigma**2 / 2)",
        "psi * exp(2 * mu + 2 * sigma**2) - mean**2",
    ),
    "HurdleNegativeBinomial": (
        "psi * C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x / "
        "(1 - (alpha / (mu + alpha))**alpha) if x > 0 else 1 - psi",
        "psi * mu / (1 - (alpha / (mu + alpha))**alpha)",
        "psi * (mu + mu**2 / alpha + mu**2) / (1 - (alpha / (mu + alpha))**alpha) - mean**2",
    ),
    "HurdlePoisson": (
        "psi * mu**x * exp(-mu) / (x! * (1 - exp(-mu))) if x > 0 else 1 - psi",
        "psi * mu / (1 - exp(-mu))",
        "psi * (mu + mu**2) / (1 - exp(-mu)) - mean**2",
    ),
    "HyperGeometric": (
        "C(k, x) * C(N - k, n - x) / C(N, n)",
        "n * k / N",
        "n * k / N * (1 - k / N) * (N - n) / (N - 1)",
    ),
    "ICAR": (
        "exp(-sum((x[i] - x[j])**2 over neighbours) / (2 * sigma**2)), and Normal(mean(x) | 0, "
        "zero_sum_stdev)",
        "does not exist",
        "does not exist",
    ),
    "Interpolated": (
        "the straight lines between (x_points, pdf_points), divided by their area",
        "the integral of x times the lines",
        "that of (x - mean)**2 times the lines",
    ),
    "InverseGamma": (
        "beta**alpha * x**(-alpha - 1) * exp(-beta / x) / Gamma(alpha)",
        "beta / (alpha - 1) for alpha > 1",
        "beta**2 / ((alpha - 1)**2 * (alpha - 2)) for alpha > 2",
    ),
    "KroneckerNormal": (
        "MvNormal(x | mu, cov = kron(*covs) + sigma**2 * I)",
        "mu",
        "kron(*diagonals of covs) + sigma**2",
    ),
    "Kumaraswamy": (
        "a * b * x**(a - 1) * (1 - x**a)**(b - 1)",
        "b * B(1 + 1 / a, b)",
        "b * B(1 + 2 / a, b) - mean**2",
    ),
    "LKJCholeskyCov": (
        "of L with correlations R and deviations s: prod(sd_dist(s)) * LKJ(R | eta), with the "
        "Jacobian from L",
        "on the diagonal, with m[i] that of sd_dist, m[i] * Gamma(b + 1/2) * Gamma(e) / "
        "(Gamma(b) * Gamma(e + 1/2)), e = eta + (n - 1) / 2, b = e - i / 2; 0 elsewhere",
        "E[s[i]**2] * b / e - mean**2 on the diagonal, E[s[i]**2] / (2 * e) elsewhere",
    ),
    "LKJCorr": (
        "det(R)**(eta - 1), normalised",
        "0",
        "1 / (2 * eta + n - 1)",
    ),
    "Laplace": (
        "exp(-fabs(x - mu) / b) / (2 * b)",
        "mu",
        "2 * b**2",
    ),
    "LogNormal": (
        "phi((log(x) - mu) / sigma) / (sigma * x)",
        "exp(mu + sigma**2 / 2)",
        "(exp(sigma**2) - 1) * exp(2 * mu + sigma**2)",
    ),
    "Logistic": (
        "exp(-(x - mu) / s) / (s * (1 + exp(-(x - mu) / s))**2)",
        "mu",
        "s**2 * pi**2 / 3",
    ),
    "LogitNormal": (
        "phi((log(x / (1 - x)) - mu) / sigma) / (sigma * x * (1 - x))",
        "the integral of sigmoid(z) * Normal(z | mu, sigma)",
        "likewise, of squared distances from the mean",
    ),
    "MatrixNormal": (
        "exp(-tr(colcov**-1 (x - mu)' rowcov**-1 (x - mu)) / 2) / ((2 * pi)**(n * m / 2) * "
        "det(rowcov)**(m / 2) * det(colcov)**(n / 2))",
        "mu",
        "rowcov[i, i] * colcov[j, j]",
    ),
    "Mixture": (
        "sum(w[k] * comp_dists[k](x))",
        "sum(w[k] * means[k])",
        "sum(w[k] * (variances[k] + (means[k] - mean)**2))",
    ),
    "MixtureSameFamily": (
        "sum(w[k] * comp_dists[..., k](x))",
        "that of Mixture",
        "that of Mixture",
    ),
    "Moyal": (
        "exp(-((x - mu) / sigma + exp(-(x - mu) / sigma)) / 2) / (sigma * sqrt(2 * pi))",
        "mu + sigma * (euler + log(2))",
        "sigma**2 * pi**2 / 2",
    ),
    "Multinomial": (
        "n! * prod(p[i]**x[i] / x[i]!)",
        "n * p",
        "n * p * (1 - p)",
    ),
    "MvGaussianRandomWalk": (
        "init_dist(x[0]) * prod(MvNormal(x[t] - x[t-1] | mu, cov))",
        "that of init_dist, plus t * mu",
        "that of init_dist, plus t * diagonal of cov",
    ),
    "MvNormal": (
        "exp(-(x - mu)' cov**-1 (x - mu) / 2) / sqrt((2 * pi)**k * det(cov))",
        "mu",
        "diagonal of cov",
    ),
    "MvStudentT": (
        "Gamma((nu + k) / 2) / (Gamma(nu / 2) * sqrt((nu * pi)**k * det(scale))) * (1 + (x - "
        "mu)' scale**-1 (x - mu) / nu)**(-(nu + k) / 2)",
        "mu",
        "nu / (nu - 2) * diagonal of scale, for nu > 2",
    ),
    "MvStudentTRandomWalk": (
        "init_dist(x[0]) * prod(MvStudentT(x[t] - x[t-1] | nu, mu, scale))",
        "that of init_dist, plus t * mu",
        "that of init_dist, plus t * nu / (nu - 2) * diagonal of scale",
    ),
    "NegativeBinomial": (
        "C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x",
        "mu",
        "mu + mu**2 / alpha",
    ),
    "Normal": (
        "exp(-((x - mu) / sigma)**2 / 2) / (sigma * sqrt(2 * pi))",
        "mu",
        "sigma**2",
    ),
    "NormalMixture": (
        "sum(w[k] * Normal(x | mu[k], sigma[k]))",
        "sum(w[k] * mu[k])",
        "sum(w[k] * (sigma[k]**2 + (mu[k] - mean)**2))",
    ),
    "OrderedLogistic": (
        "sigmoid(cutpoints[x] - eta) - sigmoid(cutpoints[x-1] - eta)",
        "sum(k * p[k])",
        "sum((k - mean)**2 * p[k])",
    ),
    "OrderedMultinomial": (
        "Multinomial(x | n, the probabilities of OrderedLogistic)",
        "n * p",
        "n * p * (1 - p)",
    ),
    "OrderedProbit": (
        "Phi((cutpoints[x] - eta) / sigma) - Phi((cutpoints[x-1] - eta) / sigma)",
        "sum(k * p[k])",
        "sum((k - mean)**2 * p[k])",
    ),
    "Pareto": (
        "alpha * m**alpha / x**(alpha + 1)",
        "alpha * m / (alpha - 1) for alpha > 1",
        "m**2 * alpha / ((alpha - 1)**2 * (alpha - 2)) for alpha > 2",
    ),
    "Poisson": (
        "mu**x * exp(-mu) / x!",
        "mu",
        "mu",
    ),
    "PolyaGamma": (
        "cosh(z / 2)**h * exp(-z**2 * x / 2) * 2**(h - 1) / Gamma(h) * sum((-1)**n * Gamma(n + "
        "h) / n! * (2 * n + h) / sqrt(2 * pi * x**3) * exp(-(2 * n + h)**2 / (8 * x)), n = 0, "
        "1, ...)",
        "h * tanh(z / 2) / (2 * z)",
        "h * (sinh(z) - z) / (4 * z**3 * cosh(z / 2)**2)",
    ),
    "RandomWalk": (
        "init_dist(x[0]) * prod(innovation_dist(x[t] - x[t-1]))",
        "that of init_dist, plus t steps",
        "that of init_dist, plus t steps",
    ),
    "Rice": (
        "x / sigma**2 * exp(-(x**2 + nu**2) / (2 * sigma**2)) * I0(x * nu / sigma**2)",
        "sigma * sqrt(pi / 2) * L(-nu**2 / (2 * sigma**2)), L(s) = exp(s / 2) * ((1 - s) * "
        "I0(-s / 2) - s * I1(-s / 2))",
        "2 * sigma**2 + nu**2 - mean**2",
    ),
    "SkewNormal": (
        "2 / sigma * phi((x - mu) / sigma) * Phi(alpha * (x - mu) / sigma)",
        "mu + sigma * alpha / sqrt(1 + alpha**2) * sqrt(2 / pi)",
        "sigma**2 * (1 - 2 / pi * alpha**2 / (1 + alpha**2))",
    ),
    "SkewStudentT": (
        "(1 + (x - mu) / sigma / sqrt(a + b + ((x - mu) / sigma)**2))**(a + 1/2) * (1 - (x - "
        "mu) / sigma / sqrt(a + b + ((x - mu) / sigma)**2))**(b + 1/2) / (2**(a + b - 1) * B(a, "
        "b) * sqrt(a + b) * sigma)",
        "mu + sigma * c, c = (a - b) * sqrt(a + b) / 2 * Gamma(a - 1/2) * Gamma(b - 1/2) / "
        "(Gamma(a) * Gamma(b)), for a, b > 1/2",
        "sigma**2 * ((a + b) / 4 * ((a - b)**2 + a + b - 2) / ((a - 1) * (b - 1)) - c**2), for "
        "a, b > 1",
    ),
    "StickBreakingWeights": (
        "prod(Beta(v[k] | 1, alpha)), v[k] = x[k] / (1 - x[0] - ... - x[k-1]), with the "
        "Jacobian from x",
        "alpha**k / (1 + alpha)**(k + 1), the last (alpha / (1 + alpha))**K",
        "2 * alpha**k / ((1 + alpha) * (2 + alpha)**(k + 1)) - mean**2, the last (alpha / (2 + "
        "alpha))**K - mean**2",
    ),
    "StudentT": (
        "Gamma((nu + 1) / 2) / (Gamma(nu / 2) * sqrt(nu * pi) * sigma) * (1 + ((x - mu) / "
        "sigma)**2 / nu)**(-(nu + 1) / 2)",
        "mu for nu > 1",
        "sigma**2 * nu / (nu - 2) for nu > 2",
    ),
    "Triangular": (
        "2 * ((x - lower) / (c - lower) if x < c else (upper - x) / (upper - c)) / (upper - "
        "lower)",
        "(lower + upper + c) / 3",
        "((upper - lower)**2 + (c - lower) * (c - upper)) / 18",
    ),
    "Truncated": (
        "the density of dist between the bounds, divided by its mass there",
        "the integral of its quantiles, or the sum over its counts",
        "likewise, of squared distances from the mean",
    ),
    "TruncatedNormal": (
        "Normal(x | mu, sigma) / (Phi((upper - mu) / sigma) - Phi((lower - mu) / sigma))",
        "mu + sigma * (phi(a) - phi(b)) / Z, a, b = (lower - mu) / sigma, (upper - mu) / sigma, "
        "Z = Phi(b) - Phi(a)",
        "sigma**2 * (1 + (a * phi(a) - b * phi(b)) / Z - ((phi(a) - phi(b)) / Z)**2)",
    ),
    "Uniform": (
        "1 / (upper - lower)",
        "(lower + upper) / 2",
        "(upper - lower)**2 / 12",
    ),
    "VonMises": (
        "exp(kappa * cos(x - mu)) / (2 * pi * I0(kappa))",
        "the integral over the angles from -pi to pi; on the circle mu",
        "likewise; on the circle 1 - I1(kappa) / I0(kappa)",
    ),
    "Wald": (
        "sqrt(lam / (2 * pi)) * (x - alpha)**(-3/2) * exp(-lam * (x - alpha - mu)**2 / (2 * "
        "mu**2 * (x - alpha)))",
        "mu + alpha",
        "mu**3 / lam",
    ),
    "Weibull": (
        "alpha / beta * (x / beta)**(alpha - 1) * exp(-(x / beta)**alpha)",
        "beta * Gamma(1 + 1 / alpha)",
        "beta**2 * Gamma(1 + 2 / alpha) - mean**2",
    ),
    "Wishart": (
        "det(x)**((nu - p - 1) / 2) * exp(-tr(V**-1 x) / 2) / (2**(nu * p / 2) * det(V)**(nu / "
        "2) * Gamma_p(nu / 2))",
        "nu * V",
        "nu * (V[i, j]**2 + V[i, i] * V[j, j])",
    ),
    "ZeroInflatedBinomial": (
        "psi * C(n, x) * p**x * (1 - p)**(n - x) + (1 - psi if x == 0 else 0)",
        "psi * n * p",
        "psi * n * p * (1 - p) + psi * (1 - psi) * (n * p)**2",
    ),
    "ZeroInflatedNegativeBinomial": (
        "psi * C(x + alpha - 1, x) * (alpha / (mu + alpha))**alpha * (mu / (mu + alpha))**x + "
        "(1 - psi if x == 0 else 0)",
        "psi * mu",
        "psi * (mu + mu**2 / alpha + (1 - psi) * mu**2)",
    ),
    "ZeroInflatedPoisson": (
        "psi * mu**x * exp(-mu) / x! + (1 - psi if x == 0 else 0)",
        "psi * mu",
        "psi * (mu + (1 - psi) * mu**2)",
    ),
    "ZeroSumNormal": (
        "prod(Normal(x[i] | 0, sigma)) on the plane sum(x) = 0",
        "0",
        "sigma**2 * prod(1 - 1 / n) over the lengths n of the zero-sum axes",
    ),
}  # fmt: skip
