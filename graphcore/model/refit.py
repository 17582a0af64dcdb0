"""What follows when data of a model get another shape: everything that depends on them does too.

Variables keep their identity: their types, and the distributions of random variables, are worked
out again in the order in which the model was written.
"""

from graphcore.graph.nodes import Variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import replace
from graphcore.model.data import AdoptedVariable, DataVariable, leaves, retype, write
from graphcore.model.distributions.base import RandomVariable


def set_values(model, values, coords, moved=False):
    """Give several data variables new values at once; all of them, or none when one does not fit.

    Parameters
    ----------
    model : Model
    values : dict of DataVariable to array
    coords : dict of str to sequence
        New labels of dims whose length changes.
    moved : bool
        Whether shapes of other variables changed already.
    """
    before = {v: v.get_value() for v in values}
    labels, lengths = dict(model.coords), dict(model.dim_lengths)
    try:
        for v, x in values.items():
            moved |= write(v, x)
        named = [v.name for v in values if v.name in model.named_vars_to_dims]
        dims = {name: model.named_vars_to_dims[name] for name in named}
        shapes = {v.name: v.type.shape for v in values}
        if model._coords.follow(dims, shapes, coords) or moved:
            refit(model.root)
    except Exception:
        for v, x in before.items():
            write(v, x)
        model._coords.labels.update(labels)
        model._coords.lengths.update(lengths)
        refit(model.root)
        raise


def moves(model, variable):
    """Whether the shape of a variable follows from data that may be set: anything it is made of."""
    known, stack = model.moving, [variable]
    while stack:
        v = stack[-1]
        if v in known:
            stack.pop()
            continue
        if v.owner is not None:
            above = v.owner.inputs
        elif isinstance(v, RandomVariable) and v.ndim:
            above = _shaping(model, v)
        else:
            above = ()
        new = [u for u in above if u not in known]
        if new:
            stack.extend(new)
            continue
        known[v] = isinstance(v, DataVariable | AdoptedVariable) or any(known[u] for u in above)
        stack.pop()
    return known[variable]


def _shaping(model, rv):
    """What the shape of a random variable may follow from."""
    recipe = rv.recipe
    found = leaves([*recipe.args, *recipe.kwargs.values(), recipe.shape, recipe.size])
    dims = set(model.named_vars_to_dims.get(rv.name) or ()) if rv.model is model else set()
    dims.discard(None)
    for data in model.data_vars if dims else ():
        if dims & set(model.named_vars_to_dims.get(data.name) or ()):
            found.append(data)
    return found


def refit(model):
    """Give every variable of a model the shape that follows from its data."""
    for kind, variable, recipe, given in model.entries:
        if kind in ("rv", "part") and isinstance(variable, RandomVariable):
            _refit_variable(model, variable, recipe, given)
            continue
        if kind != "data":
            _retype(variable)
        dims = model.named_vars_to_dims.get(variable.name)
        if dims is not None:
            model._coords.check(dims, variable.type.shape, variable.name)
    for compiled in list(model._compiled):
        compiled.follow()


def _refit_variable(model, rv, recipe, given):
    _retype_arguments(recipe)
    data = given["observed"]
    if isinstance(data, Variable):
        retype([data])
    observed = model.rvs_to_values[rv] if data is not None else None
    dims = model.named_vars_to_dims.get(rv.name)
    try:
        rv.distribution = model._distribution(recipe, rv.name, dims, observed)
    except ValueError:
        # Data of a fixed shape, or a shape that was read off another variable, do not follow:
        # the variable takes the shape of its parameters, and says so if its density is asked for.
        if observed is None and not _read_off(recipe.shape):
            raise
        free = type(recipe)(recipe.cls, recipe.args, recipe.kwargs)
        rv.distribution = free.make(rv.name)
    rv.type = TensorType(rv.distribution.dtype, rv.distribution.shape)
    if observed is None:
        _refit_value(model, rv, given)


def _refit_value(model, rv, given):
    value, transform = model.rvs_to_values[rv], model.rvs_to_transforms[rv]
    if transform is None:
        value.type = rv.type
        return
    chosen = rv.distribution.transform_for(given["transform"], given["default_transform"])
    value.type = TensorType("float64", chosen.value_shape(rv.type.shape))
    model.rvs_to_transforms[rv] = chosen
    model._constrained[rv] = replace([chosen.backward(value)], model._constrained)[0]


def _retype(variable):
    try:
        retype([variable])
    except (TypeError, ValueError) as error:
        error.add_note(f"while the shape of {variable.name} followed new data")
        raise


def _retype_arguments(recipe):
    """Types of all that a recipe was written with; distributions without a model are remade."""
    stack = [*recipe.args, *recipe.kwargs.values()]
    while stack:
        x = stack.pop()
        if isinstance(x, list | tuple):
            stack.extend(x)
        elif isinstance(x, RandomVariable):
            if not x.name and x.recipe is not None:
                _retype_arguments(x.recipe)
                x.distribution = x.recipe.make(x.recipe.cls.__name__)
                x.type = TensorType(x.distribution.dtype, x.distribution.shape)
        elif isinstance(x, Variable):
            retype([x])


def _read_off(shape):
    """Whether a shape holds lengths of other variables, which were known when it was written."""
    parts = shape if isinstance(shape, list | tuple) else [shape]
    return any(isinstance(n, Variable) for n in parts)
