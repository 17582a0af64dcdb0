"""Samplers, their results, and what tells whether to trust them."""

from graphcore.errors import SamplingError
from graphcore.sample.assignment import CompoundStep
from graphcore.sample.converting import to_inference_data
from graphcore.sample.diagnostics import (
    bfmi,
    ess_bulk,
    ess_mean,
    ess_quantile,
    ess_tail,
    mcse_mean,
    mcse_sd,
    rhat,
)
from graphcore.sample.evolution import DEMetropolis, DEMetropolisZ
from graphcore.sample.forward import draw
from graphcore.sample.hamiltonian import NUTS, HamiltonianMC
from graphcore.sample.mcmc import sample
from graphcore.sample.mode import find_MAP
from graphcore.sample.multitrace import MultiTrace
from graphcore.sample.nuts import FlatDraws, sample_flat
from graphcore.sample.optimum import (
    find_constrained_prior,
    find_hessian,
    fit_laplace,
)
from graphcore.sample.predictive import (
    compute_deterministics,
    compute_log_likelihood,
    compute_log_prior,
    sample_posterior_predictive,
    sample_prior_predictive,
)
from graphcore.sample.proposals import (
    CauchyProposal,
    LaplaceProposal,
    MultivariateNormalProposal,
    NormalProposal,
    PoissonProposal,
    Proposal,
    UniformProposal,
)
from graphcore.sample.recover import recover_marginals
from graphcore.sample.report import SamplerReport, SamplingWarning
from graphcore.sample.results import DataArray, Group, Result, make_group
from graphcore.sample.saving import load_trace, save_trace, trace_to_dataframe
from graphcore.sample.scaling import (
    find_hessian_diag,
    guess_scaling,
    init_nuts,
    trace_cov,
)
from graphcore.sample.steps import (
    BinaryGibbsMetropolis,
    BinaryMetropolis,
    CategoricalGibbsMetropolis,
    Metropolis,
    Slice,
    Step,
)
from graphcore.sample.stepwise import iter_sample
from graphcore.sample.summary import Summary, summary
from graphcore.sample.vectorized import vectorize_over_posterior
from graphcore.sample.weighted import sample_posterior_predictive_w

STEP_METHODS = [  # what sample may be told to update variables with
    NUTS,
    HamiltonianMC,
    Metropolis,
    BinaryMetropolis,
    BinaryGibbsMetropolis,
    Slice,
    CategoricalGibbsMetropolis,
]
BlockedStep = Step  # PyMC's name of the base of step methods
fast_sample_posterior_predictive = sample_posterior_predictive  # PyMC3 had two of them

__all__ = [
    "NUTS",
    "STEP_METHODS",
    "BinaryGibbsMetropolis",
    "BinaryMetropolis",
    "BlockedStep",
    "CategoricalGibbsMetropolis",
    "CauchyProposal",
    "CompoundStep",
    "DEMetropolis",
    "DEMetropolisZ",
    "DataArray",
    "FlatDraws",
    "Group",
    "HamiltonianMC",
    "LaplaceProposal",
    "Metropolis",
    "MultiTrace",
    "MultivariateNormalProposal",
    "NormalProposal",
    "PoissonProposal",
    "Proposal",
    "Result",
    "SamplerReport",
    "SamplingError",
    "SamplingWarning",
    "Slice",
    "Summary",
    "UniformProposal",
    "bfmi",
    "compute_deterministics",
    "compute_log_likelihood",
    "compute_log_prior",
    "draw",
    "ess_bulk",
    "ess_mean",
    "ess_quantile",
    "ess_tail",
    "fast_sample_posterior_predictive",
    "find_MAP",
    "find_constrained_prior",
    "find_hessian",
    "find_hessian_diag",
    "fit_laplace",
    "guess_scaling",
    "init_nuts",
    "iter_sample",
    "load_trace",
    "make_group",
    "mcse_mean",
    "mcse_sd",
    "recover_marginals",
    "rhat",
    "sample",
    "sample_flat",
    "sample_posterior_predictive",
    "sample_posterior_predictive_w",
    "sample_prior_predictive",
    "save_trace",
    "summary",
    "to_inference_data",
    "trace_cov",
    "trace_to_dataframe",
    "vectorize_over_posterior",
]
