"""Named dimensions of a model: their labels and lengths."""

RESERVED = ("chain", "draw", "__sample__")  # what results call the axes of draws


class Coords:
    """Dimensions by name; labels are optional, lengths are not."""

    def __init__(self, coords):
        self.labels, self.lengths = {}, {}
        for name, values in coords.items():
            self.add(name, values)

    def add(self, name, values=None, length=None):
        """A dimension with labels, with a length, or both."""
        if not isinstance(name, str) or not name:
            raise TypeError(f"the name of a dimension must be a non-empty string, got {name!r}")
        if name in RESERVED:
            raise ValueError(
                f"a dimension cannot be called {name!r}: results have one of that name"
            )
        if values is None and length is None:
            raise ValueError(f"dimension {name!r}: give its labels or its length")
        labels = None if values is None else tuple(values)
        n = len(labels) if labels is not None else int(length)
        if length is not None and n != int(length):
            raise ValueError(f"dimension {name!r} has {n} labels, but length {length} was given")
        if name in self.lengths and (self.labels[name], self.lengths[name]) != (labels, n):
            raise ValueError(f"the model already has a dimension {name!r} with other labels")
        self.labels[name], self.lengths[name] = labels, n

    def change(self, name, length, labels=None):
        """Another length of a dimension, with its labels if it has some."""
        if name not in self.lengths:
            raise KeyError(f"the model has no dimension {name!r}")
        length = int(length)
        if labels is None and self.labels[name] is not None and length != self.lengths[name]:
            raise ValueError(
                f"dimension {name!r} has {self.lengths[name]} labels; give those of its new length "
                f"{length} with coords={{{name!r}: [...]}}"
            )
        if labels is not None:
            labels = tuple(labels)
            if len(labels) != length:
                raise ValueError(
                    f"dimension {name!r} gets length {length}, but {len(labels)} labels were given"
                )
            self.labels[name] = labels
        self.lengths[name] = length

    def follow(self, dims, shapes, labels):
        """Give dims the lengths of new data; whether anything changed.

        ``dims`` and ``shapes`` are those of the data, by name.
        """
        found = {}
        for name, own in dims.items():
            for d, n in zip(own, shapes[name], strict=True):
                if d is not None and found.setdefault(d, n) != n:
                    raise ValueError(f"dimension {d!r} would have the lengths {found[d]} and {n}")
        unused = set(labels) - set(found)
        if unused:
            raise ValueError(
                f"coords of {', '.join(sorted(unused))}: no data that are set have that dimension"
            )
        changed = False
        for d, n in found.items():
            if n != self.lengths[d] or d in labels:
                self.change(d, n, labels.get(d))
                changed = True
        return changed

    def names(self, dims, what):
        """``dims=`` as a tuple of names, or None; an axis without a name is None in it."""
        if dims is None:
            return None
        dims = (dims,) if isinstance(dims, str) else dims
        if not isinstance(dims, tuple | list) or not all(isinstance(d, str | None) for d in dims):
            raise TypeError(f"{what}: dims must be names of dimensions, got {dims!r}")
        if what in dims:
            raise ValueError(f"{what}: a variable cannot have the name of one of its dims, {dims}")
        return tuple(dims)

    def place(self, dims, index):
        """The labels of one element: ``("year", "kind"), (1, 0)`` makes ``year=1962, kind=...``."""
        found = [(d, self.labels.get(d), i) for d, i in zip(dims or (), index, strict=False)]
        return ", ".join(f"{d}={labels[i]}" for d, labels, i in found if labels is not None)

    def shape(self, dims, what):
        """The shape that dims ask for; None when one of them has no name."""
        unknown = [d for d in dims if d is not None and d not in self.lengths]
        if unknown:
            raise KeyError(
                f"{what}: the model has no dimension {', '.join(map(repr, unknown))}; declare it "
                "with Model(coords={...}) or model.add_coord(...), or give shape="
            )
        return None if None in dims else tuple(self.lengths[d] for d in dims)

    def check(self, dims, shape, what, new=False):
        """Compare dims with the shape of a variable; ``new`` ones get their length from it."""
        if not new:
            self.shape(dims, what)
        if len(dims) != len(shape):
            raise ValueError(
                f"{what}: {len(dims)} dims {dims} were given for a variable of shape {shape}"
            )
        for d, n in zip(dims, shape, strict=True):
            if d in self.lengths and self.lengths[d] != n:
                raise ValueError(
                    f"{what}: dimension {d!r} has length {self.lengths[d]}, "
                    f"but the variable has shape {shape}"
                )
        for d, n in zip(dims, shape, strict=True):
            if d is not None and d not in self.lengths:
                self.add(d, length=n)
