# Two commands matter: `make run` and `make test`. Each sets up all it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test test-torch lint format gate cards train evaluate benchmark clean

# The floors are checked on what is here: always on the sample corpus, on the public corpora where they are.
MODELS := fast accurate default
GATE := --no-robustness --resamples 100 --output /dev/null
CORPORA := $(or $(MODERATION_CORPORA),$(wildcard ../shared/corpora))

help:  ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

run: $(VENV)/run.stamp  ## Score the comments of the sample pages with the shipped model
	@echo "Separating the comments of data/samples/pages/ and scoring them:"
	@$(BIN)/moderation score data/samples/pages/*.txt data/samples/pages/*.html --table

test: $(VENV)/dev.stamp  ## Run the tests
	@echo "Running the tests (the first run compiles the kernels, about a minute):"
	@$(BIN)/python -m pytest -q -n 2

test-torch: $(VENV)/torch.stamp  ## Run the tests that need torch, too ($$TORCH names the build: TORCH=torch==2.13.0)
	@$(BIN)/python -m pytest -q -n 2

lint: $(VENV)/dev.stamp  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp  ## Put the code into the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

gate: $(VENV)/dev.stamp  ## Check the shipped models: hashes, golden texts, and the floors of data/floors/
	@for model in $(MODELS); do \
		$(BIN)/moderation model check $$model && for corpora in data/samples/corpus $(CORPORA); do \
			$(BIN)/moderation evaluate $$model --corpora "$$corpora" --gate data/floors/$$model.toml $(GATE) || exit 1; \
		done || exit 1; \
	done

cards: $(VENV)/dev.stamp  ## Write docs/data-cards/ anew, counting the corpora that are here
ifneq ($(CORPORA),)
	@$(BIN)/moderation data count --corpora '$(CORPORA)' --output data/corpora/counts.json
endif
	@$(BIN)/moderation data card --output docs/data-cards

train: $(VENV)/dev.stamp  ## Train on the corpora in $$MODERATION_CORPORA into out/model
	@$(BIN)/moderation train --output out/model

evaluate: $(VENV)/dev.stamp  ## Measure the shipped model on the corpora in $$MODERATION_CORPORA
	@$(BIN)/moderation evaluate

benchmark: $(VENV)/bench.stamp  ## Measure speed, side by side with peers
	@$(BIN)/python benchmarks/speed.py

clean:  ## Remove what was installed and built here
	rm -rf $(VENV) build dist out .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(BIN)/python pyproject.toml
	@echo "Installing moderation (about a minute) ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/dev.stamp: $(BIN)/python pyproject.toml
	@echo "Installing moderation with what its development needs (about two minutes) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp

$(VENV)/torch.stamp: $(VENV)/dev.stamp
	@echo "Installing torch and what its tests need (some gigabytes, where the build is one for GPUs) ..."
	@$(PIP) install $(TORCH) --editable '.[dev,detoxify,train-encoder]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/dev.stamp
	@echo "Installing the peers that the benchmarks run beside ..."
	@$(PIP) install alt-profanity-check
	@touch $@
