# make demo    the five functions in C and Python against a server on this machine
# make test    every test of every language
# make test-live REPO_URL=http://localhost:4000/api
#              the recorded cases against a server of yours, never hex.pm
# make install PREFIX=/usr/local
#              the C library, its headers, and what pkg-config and CMake need; make uninstall
# make header  writes include/aura_users.h anew from src/ffi
# make reference
#              reference pages from the headers: build/reference/html/index.html
#
# Both demo and test set up what they need. Everything is built once, into target/ and build/.

CARGO  ?= cargo
PYTHON ?= python3
CC     ?= cc

TARGET  := $(abspath $(or $(CARGO_TARGET_DIR),target))
DEBUG   := $(TARGET)/debug
BUILD   := $(abspath build)
VENV    := $(BUILD)/venv
SANDBOX := $(DEBUG)/aura-sandbox
REPLAY  := $(DEBUG)/aura-replay

export AURA_SANDBOX_BIN := $(SANDBOX)
export AURA_REPLAY_BIN := $(REPLAY)
# The extension module links against no libpython, which a machine may not have.
export PYO3_BUILD_EXTENSION_MODULE := 1

.PHONY: demo test lint msrv deny fuzz test-rust test-c test-install test-python test-sandbox-python test-live header reference programs venv clean

# The debug build of the Python module is enough to look at, and made in a third of the time.
demo: programs library venv
	@echo "building the Python module: a minute or two"
	$(VENV)/bin/pip install -q ./python -C build-args="--profile dev"
	@mkdir -p $(BUILD)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iinclude examples/tour.c \
	    -L$(DEBUG) -laura_users -Wl,-rpath,$(DEBUG) -o $(BUILD)/tour
	$(VENV)/bin/python examples/demo.py $(SANDBOX) $(BUILD)/tour $(VENV)/bin/python

test: lint msrv test-rust test-c test-install test-python test-sandbox-python
	@echo "make test: everything passed"

lint: venv deny reference
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --features capi --all-targets -- -D warnings
	$(VENV)/bin/pip install -q ruff mypy
	$(VENV)/bin/ruff check python python-sandbox examples fuzz
	$(VENV)/bin/ruff format --check python python-sandbox examples fuzz

test-rust:
	@tools/need cargo cc tinyproxy-bin
	$(CARGO) test --workspace --exclude aura-users-python --features capi

test-c: programs library
	@tools/need cc g++ clang valgrind
	$(MAKE) -C tests/c check memcheck LIBDIR=$(DEBUG) BUILD=$(BUILD)/c

# Installs what `make library` built. TEST_PROFILE=release takes the library as it is shipped.
TEST_PROFILE ?= dev
test-install: programs library
	@tools/need cc g++ cmake pkg-config
	tests/install/run.sh $(SANDBOX) $(BUILD)/install $(TEST_PROFILE)

test-python: programs venv
	@echo "building the Python package as it is shipped: a few minutes"
	$(VENV)/bin/pip install -q './python[test]'
	cd python && $(VENV)/bin/mypy
	cd python && $(VENV)/bin/pytest -q

# With the program out of the wheel itself.
test-sandbox-python: venv
	MATURIN_PEP517_ARGS="--profile dev" $(VENV)/bin/pip install -q './python-sandbox[test]'
	cd python-sandbox && $(VENV)/bin/mypy
	cd python-sandbox && AURA_SANDBOX_BIN= $(VENV)/bin/pytest -q

test-live:
	@test -n "$(REPO_URL)" || \
	    { echo "usage: make test-live REPO_URL=http://localhost:4000/api"; exit 2; }
	AURA_LIVE_URL=$(REPO_URL) $(CARGO) test -p aura-sandbox --test live -- --nocapture

# The oldest Rust that Cargo.toml promises.
msrv:
	@tools/msrv

header:
	AURA_BLESS=1 $(CARGO) test -q --features capi --test header
	AURA_BLESS=1 $(CARGO) test -q --features capi --test abi

# Also checks that everything in the headers is documented.
reference:
	@tools/need doxygen
	@mkdir -p $(BUILD)/reference
	@(cat docs/Doxyfile; echo OUTPUT_DIRECTORY=$(BUILD)/reference; echo PROJECT_NUMBER=$(VERSION)) | doxygen -
	@echo "reference pages: $(BUILD)/reference/html/index.html"

# Licences, sources, duplicates and advisories of everything that comes in with a dependency.
deny:
	@tools/deny

# Every target of fuzz/, FUZZ_SECONDS each. Needs a nightly Rust and cargo-fuzz; see fuzz/README.md.
FUZZ_SECONDS ?= 60
fuzz:
	$(PYTHON) fuzz/seeds.py
	cd fuzz && for target in $$($(CARGO) fuzz list); do \
	    $(CARGO) +nightly fuzz run $$target -- -dict=fuzz.dict -max_len=16384 \
	        -max_total_time=$(FUZZ_SECONDS) || exit 1; done

include packaging/library.mk

# The sandbox, and the replayed server of the tests.
programs:
	@tools/need cargo cc
	$(CARGO) build -p aura-sandbox -p aura-replay

venv:
	@tools/need python3-venv
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)

clean:
	$(CARGO) clean
	rm -rf $(BUILD)
