"""A short run of the fuzzer."""

import fuzz
import pytest


@pytest.mark.parametrize("start", [10**6, 2 * 10**6])
def test_random_graphs_have_one_value(start, capsys):
    assert fuzz.main(["15", "--seed", str(start)]) == 0, capsys.readouterr().out


def test_the_fuzzer_sees_a_wrong_rule(monkeypatch, capsys):
    monkeypatch.setattr(fuzz, "rewrite", lambda outputs, **options: [v * 1.001 for v in outputs])
    assert fuzz.main(["8", "--seed", "3"]) == 1
    assert "rewriting without" in capsys.readouterr().out
