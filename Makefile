# make demo    the five functions in C, C++ and Python against a server on this machine, and in
#              each language of bindings/ that needs no download; make demo-go and so on: in one
# make test    every test of every language
# make test-live REPO_URL=http://localhost:4000/api
#              the recorded cases against a server of yours, never hex.pm
# make install PREFIX=/usr/local
#              the C library, its headers, and what pkg-config and CMake need; make uninstall
# make header  writes include/aura_users.h anew from src/ffi
# make bench   ours and its peers on the same jobs, side by side
# make instructions
#              fails where a main path takes more or fewer instructions than is known
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

# The packages for other languages; each brings its own check.
BINDINGS := go java node ruby lua

.PHONY: demo tours test growth test-examples lint msrv deny fuzz test-rust test-c test-cpp sanitize test-install test-python test-sandbox-python test-live header reference bench instructions programs venv clean

# The debug build of the Python module is enough to look at, and made in a third of the time.
demo: programs tours venv
	@echo "building the Python module: a minute or two"
	$(VENV)/bin/pip install -q ./python -C build-args="--profile dev"
	$(RUN_DEMO)
	@$(RUN_TOURS) $(BINDINGS)

RUN_DEMO = $(VENV)/bin/python examples/demo.py $(SANDBOX) $(BUILD)/tour $(BUILD)/tour-cpp \
    $(VENV)/bin/python
RUN_TOURS = $(PYTHON) examples/tours.py $(SANDBOX) $(DEBUG)/libaura_users.so $(BUILD)/tours

# The tour of one language; what it needs is installed first.
.PHONY: $(BINDINGS:%=demo-%)
$(BINDINGS:%=demo-%): demo-%: programs library
	@$(RUN_TOURS) --fetch $*

tours: library
	@tools/need cc g++
	@mkdir -p $(BUILD)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iinclude examples/tour.c \
	    -L$(DEBUG) -laura_users -Wl,-rpath,$(DEBUG) -o $(BUILD)/tour
	$(CXX) -std=c++17 -Wall -Wextra -Werror -Iinclude examples/tour.cpp \
	    -L$(DEBUG) -laura_users -Wl,-rpath,$(DEBUG) -o $(BUILD)/tour-cpp

# Two parts at a time, because one often waits. The longest start first, and a failed part stops no
# other. Each part prints its output when it ends.
PARTS := test-rust sanitize test-python test-cpp test-c lint msrv instructions growth test-install \
    test-examples test-sandbox-python $(BINDINGS:%=test-%)
TEST_LOG := $(BUILD)/test.log
test:
	@tools/need cargo cc curl g++ clang valgrind doxygen cmake pkg-config python3-venv tinyproxy-bin \
	    nlohmann-json3-dev
	@mkdir -p $(BUILD)
	@{ $(MAKE) -k -j2 --output-sync=target TOGETHER=yes $(PARTS) 2>&1; echo $$? >$(TEST_LOG).status; } | \
	    tee $(TEST_LOG)
	@tools/skipped $(TEST_LOG)
	@test "$$(cat $(TEST_LOG).status)" = 0
	@echo "make test: everything passed"

# These share the virtual environment, or the package in it.
ifdef TOGETHER
test-python: lint
test-examples test-sandbox-python: test-python
test-sandbox-python: test-examples
endif

lint: venv deny reference
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --features capi --all-targets -- -D warnings
	$(VENV)/bin/pip install -q $$(sed -n 's/.*"\(ruff==[^"]*\)".*/\1/p' python/pyproject.toml)
	$(VENV)/bin/ruff check python python-sandbox examples fuzz benches
	$(VENV)/bin/ruff format --check python python-sandbox examples fuzz benches

test-rust:
	@tools/need cargo cc curl tinyproxy-bin
	$(CARGO) test --workspace --exclude aura-users-python --features capi

test-c: programs library
	@tools/need cc g++ clang valgrind
	$(MAKE) -C tests/c check memcheck LIBDIR=$(DEBUG) BUILD=$(BUILD)/c

test-cpp: programs library
	@tools/need g++ valgrind nlohmann-json3-dev
	$(MAKE) -C tests/cpp check memcheck LIBDIR=$(DEBUG) BUILD=$(BUILD)/cpp

# What 100,000 calls leave behind, with the library that `make instructions` counts.
growth:
	@tools/need cargo cc g++
	$(CARGO) rustc -q --release --lib --features capi --crate-type cdylib
	$(MAKE) -C tests/c growth LIBDIR=$(TARGET)/release BUILD=$(BUILD)/growth
	$(MAKE) -C tests/cpp growth LIBDIR=$(TARGET)/release BUILD=$(BUILD)/growth

# The C and C++ programs with the sanitizers in, and what of the C ABI can run under Miri.
sanitize: programs library
	@tools/need cc g++ nlohmann-json3-dev
	$(MAKE) -C tests/c sanitize LIBDIR=$(DEBUG) BUILD=$(BUILD)/c
	@if $(CARGO) +nightly miri --version >/dev/null 2>&1; then \
	    MIRIFLAGS=-Zmiri-disable-isolation $(CARGO) +nightly miri test --features capi --lib ffi; \
	else \
	    echo "skipped: Miri is not there (rustup component add miri --toolchain nightly)"; \
	fi

# Installs what `make library` built. TEST_PROFILE=release takes the library as it is shipped.
TEST_PROFILE ?= dev
test-install: programs library
	@tools/need cc g++ cmake pkg-config
	tests/install/run.sh $(SANDBOX) $(BUILD)/install $(TEST_PROFILE)

# The wheel is built out of the source distribution, and is what all the tests run against.
DIST := $(BUILD)/dist
test-python: programs venv
	@echo "building the Python package as it is shipped: a few minutes"
	@# What is unpacked from it bears old dates, by which cargo would think it built already.
	@rm -rf $(DIST) $(TARGET)/release/.fingerprint/aura-users*
	$(VENV)/bin/pip install -q 'maturin>=1.14,<2'
	CARGO_TARGET_DIR=$(TARGET) $(VENV)/bin/maturin build -q --release --locked --sdist \
	    -m python/Cargo.toml -o $(DIST)
	$(VENV)/bin/pip install -q --force-reinstall --no-deps $(DIST)/*.whl
	$(VENV)/bin/pip install -q --no-compile "aura-users[test] @ file://$$(echo $(DIST)/*.whl)"
	cd python && $(VENV)/bin/mypy
	cd python && $(VENV)/bin/basedpyright --pythonpath $(VENV)/bin/python
	cd python && AURA_WHEEL=$$(echo $(DIST)/*.whl) AURA_SDIST=$$(echo $(DIST)/*.tar.gz) \
	    $(VENV)/bin/pytest -q

# What `make demo` shows, with the package that test-python has installed.
test-examples: programs library tours
	$(RUN_DEMO)

.PHONY: $(BINDINGS:%=test-%)
$(BINDINGS:%=test-%): test-%: programs library
	bindings/$*/check.sh $(DEBUG)/libaura_users.so $(SANDBOX) $(REPLAY)

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
	AURA_BLESS=1 $(CARGO) test -q --features capi --test description
	$(PYTHON) tools/generate.py

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

# BENCH="--only user,stream --check" and so on: see benches/README.md.
bench:
	$(PYTHON) benches/compare/compare.py $(BENCH)

# BLESS=1 writes the figures anew.
instructions:
	$(PYTHON) benches/compare/instructions.py $(if $(BLESS),--bless)

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
