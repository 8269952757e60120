# make demo    the five functions in C and Python against a server on this machine
# make test    every test of every language
# make header  writes include/aura_users.h anew from src/ffi
#
# Both demo and test set up what they need. Everything is built once, into target/ and build/.

CARGO  ?= cargo
PYTHON ?= python3
CC     ?= cc

LIBDIR  := $(abspath $(or $(CARGO_TARGET_DIR),target)/debug)
BUILD   := $(abspath build)
VENV    := $(BUILD)/venv
SANDBOX := $(LIBDIR)/aura-sandbox
REPLAY  := $(LIBDIR)/aura-replay

export AURA_SANDBOX_BIN := $(SANDBOX)
export AURA_REPLAY_BIN := $(REPLAY)

.PHONY: demo test lint msrv test-rust test-c test-python header library programs venv python clean

demo: programs library python
	@mkdir -p $(BUILD)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iinclude examples/tour.c \
	    -L$(LIBDIR) -laura_users -Wl,-rpath,$(LIBDIR) -o $(BUILD)/tour
	$(VENV)/bin/python examples/demo.py $(SANDBOX) $(BUILD)/tour $(VENV)/bin/python

test: lint msrv test-rust test-c test-python
	@echo "make test: everything passed"

lint: venv
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --features capi --all-targets -- -D warnings
	$(VENV)/bin/pip install -q ruff mypy
	$(VENV)/bin/ruff check python examples
	$(VENV)/bin/ruff format --check python examples

test-rust:
	@tools/need cargo cc tinyproxy-bin
	$(CARGO) test --workspace --features capi

test-c: programs library
	@tools/need cc g++ valgrind
	$(MAKE) -C tests/c check memcheck LIBDIR=$(LIBDIR) BUILD=$(BUILD)/c

test-python: programs python
	$(VENV)/bin/pip install -q './python[test]'
	cd python && $(VENV)/bin/mypy
	cd python && $(VENV)/bin/python -m pytest -q

# The oldest Rust that Cargo.toml promises.
msrv:
	@tools/msrv

header:
	AURA_BLESS=1 $(CARGO) test -q --features capi --test header

# The C ABI, shared and static.
library:
	@tools/need cargo cc
	$(CARGO) rustc -q --lib --features capi --crate-type cdylib,staticlib

# The sandbox, and the replayed server of the tests.
programs:
	@tools/need cargo cc
	$(CARGO) build -q -p aura-sandbox -p aura-replay

venv:
	@tools/need python3-venv
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)

python: venv
	@tools/need cargo cc
	$(VENV)/bin/pip install -q ./python

clean:
	$(CARGO) clean
	rm -rf $(BUILD)
