PYTHON ?= python

.PHONY: help dev test lint bench patterns docs dist clean

help:           ## this list
	@grep -E '^[a-z]+:' Makefile | sed 's/:[^#]*##/\t/' | expand -t 10

dev:            ## compile the extensions in place
	$(PYTHON) setup.py -q build_ext --inplace

test: dev       ## the default test run; everything: make test ARGS="-m ''"
	$(PYTHON) -m pytest $(ARGS)

lint:           ## style of Python and Cython
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check build_tools setup.py
	cython-lint src/graphcore

bench:          ## the benchmark tables
	$(PYTHON) bench/run.py $(ARGS)

patterns:       ## the normal forms of the stable pairs, after a change of these or of rules
	$(PYTHON) -m graphcore.rewrite.deriving > normal_forms.tmp
	mv normal_forms.tmp graphcore/rewrite/normal_forms.py

docs:           ## run the code of the documentation pages, fill in what it prints
	$(PYTHON) docs/run.py

dist:           ## sdist, and the wheel built from it
	$(PYTHON) -m build

clean:          ## remove what builds leave behind
	rm -rf build dist *.egg-info graphcore/*.so graphcore/*.pyd
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
