"""Data of PyMC's example gallery."""

import io

GALLERY = "https://raw.githubusercontent.com/pymc-devs/pymc-examples/main/examples/data/"


def get_data(filename, base=GALLERY):
    """Read a data file of PyMC's example gallery over the network.

    Parameters
    ----------
    filename : str
        For example ``"radon.csv"``.
    base : str
        Address of the folder.

    Returns
    -------
    io.BytesIO
        For ``pandas.read_csv`` and the like.

    Raises
    ------
    OSError
        If the file cannot be read from there.

    Examples
    --------
    >>> get_data("nothing.csv", base="file:///nowhere/")
    Traceback (most recent call last):
    OSError: cannot read nothing.csv from file:///nowhere/: give your own file to pandas.read_csv
    """
    from urllib.error import URLError  # takes a while, and few need it
    from urllib.request import urlopen

    try:
        with urlopen(base + filename) as source:
            return io.BytesIO(source.read())
    except URLError as error:
        raise OSError(
            f"cannot read {filename} from {base}: give your own file to pandas.read_csv"
        ) from error
