"""Graphs as text and pictures, values printed on the way: Theano's name of the module."""

import shutil
import subprocess
from pathlib import Path

from graphcore.graph.nodes import Constant, Variable
from graphcore.graph.printing import debugprint, dprint, pp, roots_of
from graphcore.graph.walk import toposort
from graphcore.ops.debug import Print

pprint = pp


def pydotprint(fct, outfile=None, format="png", return_image=False, **ignored):
    """A graph as a picture, drawn by the program ``dot`` of Graphviz.

    Parameters
    ----------
    fct : Function, Variable or list of Variable
    outfile : path, optional
        Where the picture goes; a name that ends in ``.dot`` gets the text that ``dot`` reads, for
        which Graphviz is not needed.
    format : str
        Kind of picture, as "png", "svg", "pdf".
    return_image : bool
        Return the text for ``dot`` instead of writing a file.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> print(pydotprint(tt.exp(tt.vector("x")), return_image=True))
    digraph {
      n0 [label="exp"];
      n1 [label="x", shape=box];
      n1 -> n0;
      n2 [label="output 0", shape=box];
      n0 -> n2;
    }
    """
    text = "\n".join(_dot(roots_of(fct)))
    if return_image:
        return text
    path = Path(outfile or f"graphcore.{format}")
    if path.suffix == ".dot":
        path.write_text(text + "\n")
        return None
    program = shutil.which("dot")
    if program is None:
        raise RuntimeError(
            "pydotprint needs the program dot of Graphviz; install it, or pass an outfile that "
            "ends in .dot"
        )
    subprocess.run([program, f"-T{format}", "-o", str(path)], input=text.encode(), check=True)
    return None


def _dot(roots):
    lines, names = ["digraph {"], {}

    def name(thing, label, box):
        if thing not in names:
            names[thing] = f"n{len(names)}"
            shape = ", shape=box" if box else ""
            label = label.replace('"', "'")
            lines.append(f'  {names[thing]} [label="{label}"{shape}];')
        return names[thing]

    def source(v):
        if v.owner is not None:
            return name(v.owner, repr(v.owner.op), False)
        known = isinstance(v, Constant) and v.type.size and v.type.size <= 4
        return name(v, v.name or (str(v.data) if known else repr(v.type)), True)

    for node in toposort(roots):
        own = name(node, repr(node.op), False)
        for v in node.inputs:
            at = source(v)
            lines.append(f"  {at} -> {own};")
    for i, v in enumerate(roots):
        at = source(v)
        lines.append(f"  {at} -> {name(('output', i), f'output {i}', True)};")
    return [*lines, "}"]


def min_informative_str(obj, **ignored):
    """One line that tells what a variable is."""
    return pp(obj) if isinstance(obj, Variable) else str(obj)


__all__ = ["Print", "debugprint", "dprint", "min_informative_str", "pp", "pprint", "pydotprint"]
