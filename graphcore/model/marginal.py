"""Models with finite counts summed out of their density."""

from graphcore.model.copies import _Copy, parents
from graphcore.model.distributions.base import RandomVariable, Recipe
from graphcore.model.distributions.marginalized import Marginalized, possible_values


def marginalize(model, rvs_to_marginalize):
    """The model without some of its counts: their values are summed over in its density.

    What is left has no discrete variables to step through, so that NUTS can sample it.

    Parameters
    ----------
    model : Model
    rvs_to_marginalize : variable, name, or list of them
        Free variables with finitely many values: Bernoulli, Categorical, and with constant bounds
        DiscreteUniform, Binomial, BetaBinomial.  Those of a vector must act element by element.

    Returns
    -------
    Model
        Deterministics that depend on such a variable are left out.

    Raises
    ------
    NotImplementedError
        When the sum does not fall apart, as it would not for a hidden Markov chain.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     z = pm.Bernoulli("z", 0.3)
    ...     y = pm.Normal("y", 4 * z, 1, observed=1.0)
    >>> round(float(pm.marginalize(model, "z").compile_logp()({})), 6)
    -1.767795
    """
    chosen = rvs_to_marginalize
    chosen = chosen if isinstance(chosen, list | tuple) else [chosen]
    names = [v if isinstance(v, str) else v.name for v in chosen]
    for name in sorted(names, key=lambda name: -model[name].ndim):  # vectors inside of numbers
        rv = model[name]
        if rv not in model.free_RVs:
            raise ValueError(f"{rv.name} is not a free variable of the model")
        if rv.dtype == "float64":
            raise TypeError(f"{rv.name} is not discrete: only counts can be summed out")
        possible_values(rv.distribution)
        model = _Summed(model, rv).run()
    return model


class _Summed(_Copy):
    """A copy in which one variable has no value."""

    def __init__(self, model, rv):
        super().__init__(model)
        self.gone = rv
        self.hidden = None  # the same without a model
        self.seen = []  # pairs for Marginalized
        following = self._following()
        for v in following:
            if v in model.potentials:
                raise NotImplementedError(
                    f"{v.name} is a potential that depends on {rv.name}, which cannot be summed out"
                )
            if v in model.free_RVs and v.dtype != "float64":
                raise NotImplementedError(
                    f"{v.name} is discrete and depends on {rv.name}: sum {v.name} out first"
                )
        self.dependents = [v for v in following if isinstance(v, RandomVariable)]
        self.left_out = [v for v in following if not isinstance(v, RandomVariable)]
        if not self.dependents:
            raise ValueError(f"no other variable depends on {rv.name}: leave it out of the model")

    def run(self):
        new = super().run()
        known, gone = self.model.named_vars, self.gone.name
        for name, dims in self.model.named_vars_to_dims.items():
            if name == gone or name not in known:  # for recover_marginals
                new.named_vars_to_dims[name] = dims
        return new

    def _following(self):
        """Variables that depend on the one to be summed out, through deterministics too."""
        found = []
        for _, v, _, _ in self.model.entries:
            above = parents(self.model, v)
            through = [p for p in found if not isinstance(p, RandomVariable)]
            if any(p is self.gone or p in through for p in above):
                found.append(v)
        return found

    def _enter(self, new, kind, variable, recipe, given):
        if variable is self.gone:
            recipe = _shaped(self._recipe(recipe), variable)
            made = recipe.make(variable.name)
            self.hidden = RandomVariable(made, variable.name, recipe)
            return self.hidden
        if variable in self.left_out:
            return self._translated(recipe)
        if variable not in self.dependents:
            return super()._enter(new, kind, variable, recipe, given)
        given = {k: self._translated(v) for k, v in given.items()}
        recipe = _shaped(self._recipe(recipe), variable)
        plain = RandomVariable(recipe.make(variable.name), recipe=recipe)
        last = variable is self.dependents[-1]
        args = (plain, self.hidden, not last, *(self.seen if last else ()))
        recipe = Recipe(Marginalized, args, {})
        made = new._make(recipe, variable.name, given)
        new._note("rv", made, recipe, given)
        self.seen += [made, plain]
        return made


def _shaped(recipe, variable):
    """A recipe that says its shape, which may have come from dims or data."""
    return Recipe(recipe.cls, recipe.args, recipe.kwargs, variable.distribution.shape)


__all__ = ["marginalize"]
