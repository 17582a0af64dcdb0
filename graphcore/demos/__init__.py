"""Ready models on shipped data: what ``graphcore demo`` samples.

>>> from graphcore.demos import DEMOS
>>> sorted(DEMOS)
['eight_schools', 'kidiq', 'varying_slopes', 'wells']
"""

from __future__ import annotations

from graphcore.demos.models import DEMOS, Demo

__all__ = ["DEMOS", "Demo"]
