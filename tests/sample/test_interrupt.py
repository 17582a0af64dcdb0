"""Ctrl-C, sent to a process that samples."""

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import signal, sys, time
import numpy as np
from graphcore._testdensity import Density
from graphcore.sample.nuts import sample_flat
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs start without it
density = Density("slow", 3, b={work})
print("ready", flush=True)
try:
    run = sample_flat(density.address, density.user_data, np.zeros((4, 3)), random_seed=1,
                      tune={tune}, draws=10_000_000, cores=2)
    print("kept", run.interrupted, run.positions.shape[0], run.positions.shape[1], flush=True)
except KeyboardInterrupt as stop:
    print("stopped", stop, flush=True)
again = sample_flat(density.address, density.user_data, np.zeros((1, 3)), tune=20, draws=5)
print("again", again.positions.shape)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("work", "tune", "answer"),
    [(100, 100, "kept True"), (100_000, 1_000_000, "stopped interrupted before the first draw")],
)
def test_ctrl_c_returns_what_was_drawn(work, tune, answer):
    command = [sys.executable, "-c", PROGRAM.format(work=work, tune=tune)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline().strip() == "ready"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    first, second = out.strip().splitlines()
    assert first.startswith(answer)
    assert second == "again (1, 5, 3)"
    assert process.returncode == 0
