"""What is plotted of each distribution of the page, and its formulas from the package."""

from graphcore.model.distributions.textbook import TEXTBOOK

POSITIVE = (1e-3, 4.0)
LINE = (-5.0, 5.0)
UNIT = (1e-3, 1 - 1e-3)
COUNTS = (0, 15)


# name: (parameter sets, range)
PLOTS = {
    "AsymmetricLaplace": ([{"kappa": k, "mu": 0, "b": 1} for k in (0.5, 1, 2)], LINE),
    "Bernoulli": ([{"p": 0.3}], (0, 1)),
    "Beta": ([{"alpha": a, "beta": b} for a, b in ((0.5, 0.5), (2, 2), (2, 5))], UNIT),
    "BetaBinomial": (
        [{"alpha": a, "beta": b, "n": 12} for a, b in ((0.5, 0.5), (2, 2), (5, 2))],
        (0, 12),
    ),
    "Binomial": ([{"n": 12, "p": p} for p in (0.2, 0.5, 0.8)], (0, 12)),
    "Cauchy": ([{"alpha": 0, "beta": b} for b in (0.5, 1, 2)], LINE),
    "ChiSquared": ([{"nu": n} for n in (2, 4, 8)], (1e-3, 16.0)),
    "DiracDelta": ([{"c": 2}], (0, 4)),
    "DiscreteUniform": ([{"lower": 2, "upper": 7}], (0, 10)),
    "DiscreteWeibull": ([{"q": 0.8, "beta": b} for b in (0.7, 1, 1.5)], COUNTS),
    "ExGaussian": ([{"mu": 0, "sigma": 0.5, "nu": n} for n in (0.2, 1, 2)], LINE),
    "Exponential": ([{"lam": v} for v in (0.5, 1, 2)], POSITIVE),
    "Flat": ([{}], LINE),
    "Gamma": ([{"alpha": a, "beta": 2} for a in (1, 2, 5)], POSITIVE),
    "Geometric": ([{"p": p} for p in (0.2, 0.5)], (1, 12)),
    "Gumbel": ([{"mu": 0, "beta": b} for b in (0.5, 1, 2)], LINE),
    "HalfCauchy": ([{"beta": b} for b in (0.5, 1, 2)], POSITIVE),
    "HalfFlat": ([{}], POSITIVE),
    "HalfNormal": ([{"sigma": s} for s in (0.5, 1, 2)], POSITIVE),
    "HalfStudentT": ([{"nu": n, "sigma": 1} for n in (1, 4, 30)], POSITIVE),
    "HurdleGamma": ([{"psi": 0.7, "alpha": a, "beta": 2} for a in (1, 2, 5)], POSITIVE),
    "HurdleLogNormal": ([{"psi": 0.7, "mu": 0, "sigma": s} for s in (0.3, 0.7)], POSITIVE),
    "HurdleNegativeBinomial": ([{"psi": 0.7, "mu": m, "alpha": 2} for m in (2, 5)], COUNTS),
    "HurdlePoisson": ([{"psi": 0.7, "mu": m} for m in (2, 5)], COUNTS),
    "HyperGeometric": ([{"N": 40, "k": k, "n": 12} for k in (10, 20)], (0, 12)),
    "InverseGamma": ([{"alpha": a, "beta": 1} for a in (1, 2, 4)], POSITIVE),
    "Kumaraswamy": ([{"a": a, "b": b} for a, b in ((0.5, 0.5), (2, 2), (2, 5))], UNIT),
    "Laplace": ([{"mu": 0, "b": b} for b in (0.5, 1, 2)], LINE),
    "LogNormal": ([{"mu": 0, "sigma": s} for s in (0.25, 0.5, 1)], POSITIVE),
    "Logistic": ([{"mu": 0, "s": s} for s in (0.5, 1, 2)], LINE),
    "LogitNormal": ([{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], UNIT),
    "Moyal": ([{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], LINE),
    "NegativeBinomial": ([{"mu": 5, "alpha": a} for a in (1, 4, 50)], COUNTS),
    "Normal": ([{"mu": 0, "sigma": s} for s in (0.5, 1, 2)], LINE),
    "Pareto": ([{"alpha": a, "m": 1} for a in (1, 2, 4)], (1.0, 4.0)),
    "Poisson": ([{"mu": m} for m in (1, 4, 8)], COUNTS),
    "Rice": ([{"nu": n, "sigma": 1} for n in (0, 1, 4)], (1e-3, 8.0)),
    "SkewNormal": ([{"alpha": a, "mu": 0, "sigma": 1} for a in (-4, 1, 4)], LINE),
    "SkewStudentT": ([{"a": a, "b": b, "mu": 0, "sigma": 1} for a, b in ((1, 1), (4, 2))], LINE),
    "StudentT": ([{"nu": n, "mu": 0, "sigma": 1} for n in (1, 4, 30)], LINE),
    "Triangular": ([{"lower": 0, "c": c, "upper": 4} for c in (1, 3)], (0.0, 4.0)),
    "Uniform": ([{"lower": -2, "upper": 3}], (-4.0, 4.0)),
    "VonMises": ([{"mu": 0, "kappa": k} for k in (0.5, 2, 8)], (-3.1415, 3.1415)),
    "Wald": ([{"mu": 1, "lam": v, "alpha": 0} for v in (1, 3, 10)], POSITIVE),
    "Weibull": ([{"alpha": a, "beta": 1} for a in (1, 1.5, 4)], POSITIVE),
    "ZeroInflatedBinomial": ([{"psi": 0.6, "n": 12, "p": p} for p in (0.3, 0.6)], (0, 12)),
    "ZeroInflatedNegativeBinomial": ([{"psi": 0.6, "mu": m, "alpha": 3} for m in (4, 8)], COUNTS),
    "ZeroInflatedPoisson": ([{"psi": 0.6, "mu": m} for m in (3, 7)], COUNTS),
}  # fmt: skip
SCALAR = {name: (TEXTBOOK[name][0], *plot) for name, plot in PLOTS.items()}
OTHERS = {name: text[0] for name, text in TEXTBOOK.items() if name not in PLOTS}
