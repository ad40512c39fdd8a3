PYTHON ?= python3
FUZZ_SECONDS ?= 60
BIN := .venv/bin
export VIRTUAL_ENV := $(abspath .venv)
unexport CONDA_PREFIX
unexport CARGO_TARGET_DIR
MATURIN := $(BIN)/maturin develop --quiet --target-dir target/maturin

.PHONY: help build demo test lint types doctest sdist wheel check release fmt bench fuzz hostile clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' 'maturin>=1.16,<2' && touch $@

.venv/.tools: .venv/.ready
	$(BIN)/python -m pip install --quiet --group tools && touch $@

.venv/.bench: .venv/.tools
	$(BIN)/python -m pip install --quiet --group bench && touch $@

build: .venv/.ready ## the extension, dev profile
	rm -f python/wikigrove/_core*.so && $(MATURIN) --extras quantum

demo: build ## the shortest tour, offline: dump in, proved training set and report out
	$(BIN)/wikigrove demo --into demo-output

test: build .venv/.tools ## all tests, both languages
	cargo test
	$(BIN)/pytest

lint: build .venv/.tools ## formatting, lints, import diagram
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --features python --target-dir target/clippy-python -- -D warnings
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

types: build .venv/.tools ## mypy, also of the second verifier, and the stub against the built extension
	$(BIN)/mypy && $(BIN)/mypy audit/verify.py && $(BIN)/python -m mypy.stubtest wikigrove._core

sdist: .venv/.ready ## build the sdist and install it into a fresh environment
	rm -rf target/sdist && $(BIN)/maturin sdist --out target/sdist && $(PYTHON) -m venv target/sdist/venv
	target/sdist/venv/bin/pip install --quiet target/sdist/wikigrove-*.tar.gz
	cd target/sdist && venv/bin/python -c 'import wikigrove; print(wikigrove.__version__)'

wheel: .venv/.ready ## a release wheel in target/wheels
	$(BIN)/maturin build --release --target-dir target/maturin --out target/wheels

check: lint types test ## what CI runs

release: .venv/.ready ## the extension, release profile, for measuring
	rm -f python/wikigrove/_core*.so && $(MATURIN) --extras quantum --release

bench: release .venv/.bench ## speed against the peers, in one run
	$(BIN)/pytest benches --benchmark-only

fuzz: build ## every fuzz target for FUZZ_SECONDS each; needs nightly Rust and cargo-fuzz
	$(BIN)/python fuzz/seeds.py fuzz/corpus
	cargo +nightly fuzz build
	for target in xml ndjson bzip2 scanner; do \
		dictionary=fuzz/dictionaries/$$target.dict; test -f $$dictionary || dictionary=/dev/null; \
		cargo +nightly fuzz run $$target -- -dict=$$dictionary -max_len=8192 -timeout=60 -rss_limit_mb=2048 \
			-detect_leaks=0 -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done
	$(BIN)/python fuzz/index.py fuzz/corpus/index --plain $(FUZZ_SECONDS)

hostile: release ## bombs, floods and lies through the public API, as a table
	$(BIN)/python benches/hostile --vectors ../shared/vectors --data ../shared/data

fmt: .venv/.tools ## format both languages
	cargo fmt && $(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## forget everything that was built
	rm -rf target .venv demo-output python/wikigrove/_core*.so
