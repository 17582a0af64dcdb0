"""From graphs to better graphs of the same value."""

from graphcore.rewrite.engine import Step
from graphcore.rewrite.pipeline import rewrite, rewrite_graph
from graphcore.rewrite.stages import rule_names

__all__ = ["Step", "rewrite", "rewrite_graph", "rule_names"]
