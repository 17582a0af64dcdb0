"""Stan through BridgeStan, which compiles each model (it brings Stan's sources and needs make).

Parameters are declared in the order of the other backends; Stan's own transforms are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
from bridgestan import StanModel

from . import Call

NAME = "Stan"

_REGRESSION = """
data { int N; int K; matrix[N, K] X; array[N] TYPE y; }
parameters { vector[K] beta; """
_PROGRAMS = {
    "m01": """
data { int N; vector[N] y; }
parameters { real mu; }
model { mu ~ normal(0, 1); y ~ normal(mu, 1); }
""",
    "m02": """
data { int N; vector[N] y; }
parameters { real mu; real<lower=0> sd; }
model { mu ~ normal(0, 1); sd ~ normal(0, 1); y ~ normal(mu, sd); }
""",
    "m03": """
data { int N; vector[N] y; vector[N] s; }
parameters { real mu; real<lower=0> tau; vector[N] z; }
model { mu ~ normal(0, 5); tau ~ cauchy(0, 5); z ~ normal(0, 1); y ~ normal(mu + tau * z, s); }
""",
    "m04": _REGRESSION.replace("array[N] TYPE", "vector[N]")
    + """real<lower=0> sd; }
model { beta ~ normal(0, 1); sd ~ cauchy(0, 2.5); y ~ normal_id_glm(X, 0, beta, sd); }
""",
    "m06": _REGRESSION.replace("TYPE", "int")
    + """}
model { beta ~ normal(0, 1); y ~ bernoulli_logit_glm(X, 0, beta); }
""",
    "m08": """
data { int N; int G; array[N] int g; vector[N] x; vector[N] y; }
parameters { real mu_a; real mu_b; real<lower=0> sd_a; real<lower=0> sd_b; vector[G] z_a;
             vector[G] z_b; real<lower=0> sd_y; }
model {
  mu_a ~ normal(0, 5); mu_b ~ normal(0, 5); sd_a ~ normal(0, 1); sd_b ~ normal(0, 1);
  z_a ~ normal(0, 1); z_b ~ normal(0, 1); sd_y ~ normal(0, 1);
  vector[G] a = mu_a + sd_a * z_a;
  vector[G] b = mu_b + sd_b * z_b;
  y ~ normal(a[g] + b[g] .* x, sd_y);
}
""",
    "m09": _REGRESSION.replace("TYPE", "int")
    + """}
model { beta ~ normal(0, 1); y ~ poisson_log_glm(X, 0, beta); }
""",
    "m10": _REGRESSION.replace("array[N] TYPE", "vector[N]")
    + """real<lower=0> sd; real<lower=0> nu; }
model {
  beta ~ normal(0, 1); sd ~ cauchy(0, 2.5); nu ~ gamma(2, 0.1);
  y ~ student_t(nu, X * beta, sd);
}
""",
    "m11": """
data { int N; vector[N] y; }
parameters { real<lower=0> step; real<lower=0> nu; vector[N] h; }
model {
  step ~ exponential(10); nu ~ exponential(0.1);
  h[1] ~ normal(0, 1); h[2:N] ~ normal(h[1:N - 1], step);
  y ~ student_t(nu, 0, exp(h));
}
""",
    "m14": """
data { int N; int P; int Q; array[N] int p; array[N] int q; array[N] int y; }
parameters { vector[P] theta; vector[Q] b; vector<lower=0>[Q] a; }
model {
  theta ~ normal(0, 1); b ~ normal(0, 1.5); a ~ lognormal(0, 0.5);
  y ~ bernoulli_logit(a[q] .* (theta[p] - b[q]));
}
""",
    "m16": """
data { int N; vector[N] y; real variance; }
parameters { real mu; real phi1; real phi2; real<lower=0> omega; real<lower=0, upper=1> alpha;
             real<lower=0, upper=1> beta; }
model {
  mu ~ normal(0, 1); phi1 ~ normal(0, 0.5); phi2 ~ normal(0, 0.5); omega ~ normal(0, 1);
  alpha ~ beta(2, 5); beta ~ beta(5, 2);
  vector[N - 2] r = y[3:N] - mu - phi1 * y[2:N - 1] - phi2 * y[1:N - 2];
  vector[N - 2] v;
  v[1] = variance;
  for (t in 2:N - 2) v[t] = omega + alpha * square(r[t - 1]) + beta * v[t - 1];
  r ~ normal(0, sqrt(v));
}
""",
}
_PROGRAMS |= {"m05": _PROGRAMS["m04"], "m07": _PROGRAMS["m06"]}
SUPPORTS = set(_PROGRAMS)


def _source(name):
    """The program as a file outside the repository, where BridgeStan leaves what it compiles."""
    text = _PROGRAMS[name]
    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "graphcore-bench"
    file = root / f"stan-{hashlib.sha256(text.encode()).hexdigest()[:16]}" / "model.stan"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _json(data):
    """The data as Stan reads them: positions count from one, counts and positions are integers."""
    found = {}
    for key, value in data.items():
        value = np.asarray(value)
        if key == "y" and not np.ptp(value - np.round(value)):
            value = value.astype(np.int64)
        found[key] = (value + 1 if key in ("g", "p", "q") else value).tolist()
    return json.dumps(found)


def build(name, data):
    model = StanModel(str(_source(name)), data=_json(data), make_args=["STAN_THREADS=false"])
    return Call(lambda x: model.log_density_gradient(x), keep=model)
