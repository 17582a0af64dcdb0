"""One progress bar over all chains, in a terminal or a notebook, when tqdm is installed."""

import time
import warnings

PATIENCE = 1.0  # seconds before a counter shows anything


def make_bar(wanted, total):
    """A bar for ``total`` transitions, or one that shows nothing."""
    made = _tqdm(total=total, unit="draw") if wanted else None
    return _NoBar() if made is None else _Bar(made)


def make_counter(wanted, unit):
    """A counter of steps whose number is not known; it shows nothing before ``PATIENCE``."""
    return _Counter(unit) if wanted else _NoBar()


def _tqdm(**options):
    """A bar of tqdm's, or None where it is not installed."""
    try:
        # Half the import time of tqdm.auto, which adds asyncio; the price is a warning.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from tqdm.autonotebook import tqdm
    except ImportError:
        return None
    return tqdm(dynamic_ncols=True, leave=True, **options)


class _NoBar:
    def show(self, *progress):
        pass

    def close(self):
        pass


class _Bar:
    """Transitions done; in the text behind, the phase, divergences and mean step size."""

    def __init__(self, bar):
        self.bar = bar

    def show(self, chains):
        started = [c for c in chains if c.done] or chains[:1]
        tuning = any(c.done < c.tune for c in chains)
        divergences = sum(c.divergences for c in chains)
        step_size = sum(c.step_size for c in started) / len(started)
        self.bar.set_description("Tuning" if tuning else "Sampling", refresh=False)
        text = f"{divergences} divergences, step size {step_size:.2g}"
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update(sum(c.done for c in chains) - self.bar.n)

    def close(self):
        self.bar.refresh()
        self.bar.close()


class _Counter:
    """Steps done, and a text behind."""

    def __init__(self, unit):
        self.unit, self.bar, self.begin = unit, None, time.monotonic()

    def show(self, count, text):
        if self.bar is None and time.monotonic() - self.begin > PATIENCE:
            self.bar = _tqdm(unit=self.unit) or _NoBar()
        if isinstance(self.bar, _NoBar | None):
            return
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update(count - self.bar.n)

    def close(self):
        if self.bar is not None:
            self.bar.close()
