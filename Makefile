# make demo   a federated round from end to end, on this machine
# make test   every check of the project but the tests that take minutes; make test SLOW=1 runs those too
# make test-services   the same on PostgreSQL, S3 and in a browser; installs what is missing
PYTHON ?= python3
BIN := .venv/bin
OUT ?= federated-demo
DEMO ?=
JOBS ?= 2

export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: demo test test-services lint types unit contracts contracts-test contracts-deep hardhat hardhat-test gas mutants coverage slither halmos abi benchmarks privacy clean

demo: .venv/.demo
	$(BIN)/federated demo --out $(OUT) $(DEMO)

test: lint types contracts-test hardhat-test unit

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev .types
	$(BIN)/mypy

unit: export FEDERATED_REQUIRE_FLOWER := 1
unit: .venv/.dev .venv/flower/.installed
ifdef SLOW
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder --durations 40 -m "not services"
else
	@echo "left out: tests marked slow (whole demos, killed processes, Prefect servers with workers): make test SLOW=1"
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder --durations 40 -m "not slow and not services"
endif
	@echo "left out: tests marked services (PostgreSQL, S3, pages in a browser): make test-services"

# PostgreSQL and Chromium come from the distribution's packages; S3 is served by the tests themselves.
test-services: .venv/.dev
	$(BIN)/python -m tests.services.install
	FEDERATED_REQUIRE_SERVICES=1 $(BIN)/pytest --numprocesses 0 -m services tests

# One compile serves the tests and the comparison of abi/; the check of upgrades has its own, without the tests.
# Contracts need Node; without it their build checks are left out with one line, and the shipped ABI is used.
contracts-test: .venv/.dev
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory contracts; \
	else echo "skipped: contract build checks (no Node on this machine); the shipped artifacts are used"; fi

contracts: contracts/node_modules/.installed
	rm -rf contracts/cache/snapshots
	FOUNDRY_SNAPSHOTS=cache/snapshots $(BIN)/python contracts/checks/forge.py test
	$(BIN)/python contracts/checks/gas_gate.py
	$(BIN)/python contracts/build.py --check
	$(BIN)/python contracts/upgrades.py

# Measures and writes what gas.md shows; commit contracts/snapshots with it.
gas: contracts/node_modules/.installed
	$(BIN)/python contracts/checks/forge.py test --match-contract 'Gas|Cost|Governance'
	$(BIN)/python contracts/checks/gas_page.py
	$(BIN)/python benchmarks/governance.py

# Every small change to the code that moves money must be noticed by a test.
mutants: contracts/node_modules/.installed
	$(BIN)/python contracts/checks/mutants.py

# The same tests with many more numbers: minutes to an hour.
contracts-deep: contracts/node_modules/.installed
	FOUNDRY_PROFILE=deep $(BIN)/python contracts/checks/forge.py test --no-match-contract 'Gas|Cost|TenThousand'

# Every line of the contracts is run by a test, or is listed; some minutes, for it compiles anew without the optimiser.
coverage: contracts/node_modules/.installed
	$(BIN)/python contracts/checks/coverage.py

# Static and symbolic analysis, in an environment of their own.
slither: .venv/analysis/.installed contracts/node_modules/.installed
	$(BIN)/python contracts/checks/static.py

halmos: .venv/analysis/.installed contracts/node_modules/.installed
	cd contracts && FOUNDRY_SRC=test/halmos FOUNDRY_TEST=test/halmos FOUNDRY_OUT=cache/halmos/out \
	FOUNDRY_CACHE_PATH=cache/halmos/cache PATH="$$PWD/node_modules/.bin:$$PATH" \
	../.venv/analysis/bin/halmos --root . --forge-build-out cache/halmos/out --contract PropertiesCheck

abi: contracts/node_modules/.installed
	$(BIN)/python contracts/build.py

# What the pages show, measured here; a goal that is missed is told, and ends nothing. An hour and more.
benchmarks: .venv/.dev privacy
	-$(BIN)/python benchmarks/aggregation.py
	-$(BIN)/python benchmarks/round_overhead.py
	-$(BIN)/python benchmarks/data_checks.py
	-$(BIN)/python benchmarks/simulation.py
	-$(BIN)/python benchmarks/quality.py
	-$(BIN)/python benchmarks/large_update.py
	-$(BIN)/python benchmarks/gpu.py
	-$(BIN)/python benchmarks/robustness.py
	-$(BIN)/python benchmarks/detection.py --seeds 20
	-$(BIN)/python benchmarks/scores.py

# Secure aggregation beside Flower's primitives, differential privacy, encryption; hospitals where FEDERATED_HEARTS says.
privacy: .venv/.dev .venv/flower/.installed
	-$(BIN)/python benchmarks/secure_aggregation.py --cpu-time --flower .venv/flower/bin/python
	-$(BIN)/python benchmarks/masked_groups.py
	-$(BIN)/python benchmarks/privacy.py
	-$(BIN)/python benchmarks/private_utility.py
	-$(BIN)/python benchmarks/membership.py
	-$(BIN)/python benchmarks/encoding.py
	-$(BIN)/python benchmarks/homomorphic.py --cpu-time
	-$(BIN)/python benchmarks/homomorphic.py --words 31 650 --proven --cpu-time
	-$(BIN)/python contracts/checks/gas_page.py --mode masked

contracts/node_modules/.installed: contracts/package-lock.json
	cd contracts && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Hardhat's node asks for a newer Node than many machines have, so that one comes from npm too (290 MB together).
hardhat-test:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory hardhat; \
	else echo "skipped: the round on Hardhat's node (no npm on this machine)"; fi

hardhat: tests/chains/hardhat/node_modules/.installed

tests/chains/node/node_modules/.installed: tests/chains/node/package-lock.json
	cd tests/chains/node && npm ci --no-audit --no-fund --loglevel=error
	touch $@

tests/chains/hardhat/node_modules/.installed: tests/chains/hardhat/package-lock.json tests/chains/node/node_modules/.installed
	cd tests/chains/hardhat && PATH="$(CURDIR)/tests/chains/node/node_modules/node/bin:$$PATH" \
		npm ci --no-audit --no-fund --loglevel=error
	touch $@

# The pip that comes with Python 3.11 takes minutes to find what to install, the pinned one seconds.
.venv/bin/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip

# Flower asks for older protobuf, typer, rich and FastAPI than this project: it has an environment of its own.
.venv/flower/.installed: tests/learning/flower_apps/requirements.txt .venv/bin/pip
	$(PYTHON) -m venv .venv/flower
	.venv/flower/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.venv/analysis/.installed: contracts/checks/requirements.txt
	$(PYTHON) -m venv .venv/analysis
	.venv/analysis/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.venv/.demo: .venv/bin/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[demo]"
	touch $@

.venv/.dev: .venv/bin/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[demo,dev,he,ray]"
	touch .venv/.demo $@

# mypy cannot follow the editable install's folder mapping: these links show it the package as it is imported.
.types:
	mkdir -p .types/prefect_federated
	for part in src/prefect_federated/*; do ln -sfn ../../$$part .types/prefect_federated/; done
	for part in blocks contracts flows tasks; do ln -sfn ../../$$part .types/prefect_federated/$$part; done

clean:
	rm -rf .venv .types contracts/node_modules contracts/out contracts/cache tests/chains/*/node_modules $(OUT)
