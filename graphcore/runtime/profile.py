"""Where the time of a program goes: per step, and per line of the user's code."""

from graphcore.lower.text import describe_step, nodes_of


class Profile:
    """Times of the steps of one program; printing it gives a table.

    Attributes
    ----------
    seconds : list of float
        Per step, measured by repeating the step alone on warm caches.
    lines : dict of (str, int) to float
        Seconds per file and line that made the nodes; a step's time is shared by its nodes.
    calls, total : int, float
        Calls of a function in the mode "profile" so far, and their seconds; 0 in other modes.
    """

    def __init__(self, program, buffers, seconds, calls=0, total=0.0):
        self.calls, self.total = calls, total
        self.spec = program.spec
        self.seconds = program.times(buffers, seconds)
        self.lines = {}
        for step, spent in zip(self.spec.steps, self.seconds, strict=True):
            places = [n.where for n in nodes_of(step) if n is not None and n.where]
            for where in places:
                self.lines[where] = self.lines.get(where, 0.0) + spent / len(places)

    def __str__(self):
        total = sum(self.seconds)
        rows = [f"{self.calls} calls in {self.total:.6f} s"] if self.calls else []
        rows += [f"{'time us':>10s} {'share':>6s}  step"]
        for number, (step, spent) in enumerate(zip(self.spec.steps, self.seconds, strict=True)):
            what = describe_step(step)
            rows.append(f"{1e6 * spent:10.3f} {spent / total:6.1%}  {number:3d} {what}")
        rows.append(f"{1e6 * total:10.3f}         all steps, each alone")
        if self.lines:
            rows.append(f"{'time us':>10s} {'share':>6s}  line")
        for (file, line), spent in sorted(self.lines.items(), key=lambda item: -item[1]):
            rows.append(f"{1e6 * spent:10.3f} {spent / total:6.1%}  {file}:{line}")
        return "\n".join(rows)

    __repr__ = __str__
