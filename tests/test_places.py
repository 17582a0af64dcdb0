"""Modules of Theano and PyTensor that programs import from."""

import importlib
import pickle
import subprocess
import sys

import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.places import PLACES

IMPORTS = [
    "from graphcore.tensor.subtensor import set_subtensor, inc_subtensor",
    "from graphcore.tensor.sort import argsort",
    "from graphcore.tensor.var import TensorVariable",
    "from graphcore.tensor.sharedvar import TensorSharedVariable",
    "from graphcore.tensor.type import TensorType, dmatrix, vector",
    "from graphcore.tensor.random.utils import RandomStream",
    "from graphcore.tensor.random.basic import normal",
    "from graphcore.tensor.functional import vectorize",
    "from graphcore.scan import scan, until",
    "from graphcore.scan_module.scan_op import Scan",
    "from graphcore.scan.op import Scan",
    "from graphcore.sandbox.neighbours import images2neibs",
    "from graphcore.sandbox.softsign import softsign",
    "from graphcore.scalar.basic import upcast",
    "from graphcore import _asarray",
    "from graphcore.scan.utils import until",
    "from graphcore.scan_module.scan import scan",
    "from graphcore.graph import Apply, Constant, Variable, ancestors, rewrite_graph",
    "from graphcore.graph.op import Op",
    "from graphcore.graph.type import Type",
    "from graphcore.graph.fg import FunctionGraph",
    "from graphcore.graph.replace import clone_replace, graph_replace, vectorize_graph",
    "from graphcore.graph.traversal import explicit_graph_inputs, walk",
    "from graphcore.graph.rewriting.utils import rewrite_graph",
    "from graphcore.graph.utils import MissingInputError",
    "from graphcore.gof.graph import inputs, clone",
    "from graphcore.compile.function import function",
    "from graphcore.compile.function_module import UnusedInputError, Function",
    "from graphcore.compile.pfunc import pfunc",
    "from graphcore.sparse.basic import as_sparse_variable",
    "from graphcore.wrap_py import wrap_py",
]


@pytest.mark.parametrize("line", IMPORTS)
def test_imports(line):
    exec(line, {})


@pytest.mark.parametrize("name", PLACES)
def test_functions_keep_their_names(name):
    importlib.import_module(name)
    assert callable(graphcore.scan) and callable(tt.sort) and callable(tt.shape)
    assert callable(graphcore.compile.function) and callable(graphcore.scan_module.scan)


def test_places_say_what_they_do_not_have():
    with pytest.raises(ImportError, match="no_such_thing"):
        exec("from graphcore.tensor.subtensor import no_such_thing", {})
    assert "set_subtensor" in dir(importlib.import_module("graphcore.tensor.subtensor"))


def test_importing_a_place_first():
    program = "import graphcore.scan.utils, graphcore; assert callable(graphcore.scan)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_places_give_can_be_pickled():
    from graphcore.tensor.sort import argsort

    assert pickle.loads(pickle.dumps(argsort)) is tt.argsort


def test_operations_of_users_from_the_module_of_graphs():
    from graphcore.graph import Apply, Op

    class Double(Op):
        __props__ = ()

        def make_node(self, x):
            x = tt.as_tensor_variable(x)
            return Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = 2 * inputs[0]

    x = tt.vector("x")
    assert Double()(x).eval({x: [1.0]}).tolist() == [2.0]


def test_walks():
    from graphcore.graph import traversal

    x, y = tt.vector("x"), tt.scalar("y")
    inner = tt.exp(x)
    z = (inner * y).sum()
    assert traversal.get_var_by_name([z], "y") == (y,)
    assert traversal.apply_ancestors([z])[0].out is inner
    assert traversal.apply_depends_on(z.owner, inner.owner)
    assert not traversal.apply_depends_on(inner.owner, z.owner)
    assert set(traversal.truncated_graph_inputs([z], [inner])) == {inner, y}
    assert set(traversal.orphans_between([x], [z])) == {y}
    steps = traversal.walk([z], lambda v: v.owner.inputs if v.owner else None, bfs=False)
    assert {x, y, inner, z} <= set(steps)
    (own,), (copy,) = graphcore.graph.basic.clone([x], [inner.sum()])
    assert own is not x and copy.eval({own: [0.0]}) == 1.0


def test_rewrite_graph():
    x = tt.scalar("x")
    y = graphcore.graph.rewrite_graph(tt.log(1 + tt.exp(x)), include=("stabilize",), clone=False)
    assert repr(y.owner.op) == "softplus"
    same = graphcore.graph.rewrite_graph(x + 0.0, exclude=("no_rule_of_ours",))
    assert same is x


def test_function_graphs_find_their_inputs():
    x, s = tt.vector("x"), graphcore.shared(1.0)
    found = graphcore.gof.FunctionGraph(outputs=[s * x], clone=False)
    assert found.inputs == [x]


def test_settings_of_compilers_are_off():
    assert graphcore.config.warn.any_of_them is False
