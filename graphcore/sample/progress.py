"""One progress bar over all chains, in a terminal or a notebook, when tqdm is installed."""

import warnings


def make_bar(wanted, total):
    """A bar for ``total`` transitions, or one that shows nothing."""
    if wanted:
        try:
            # Half the import time of tqdm.auto, which adds asyncio; the price is a warning.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from tqdm.autonotebook import tqdm
        except ImportError:
            return _NoBar()
        return _Bar(tqdm(total=total, unit="draw", dynamic_ncols=True, leave=True))
    return _NoBar()


class _NoBar:
    def show(self, chains):
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
