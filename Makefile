# `make` lists the targets. The list comes from the comments that start with `##`.
# Every target installs what it needs, or prints the command that does (tools/need). Build output goes
# to target/ and build/.

CARGO  ?= cargo
PYTHON ?= python3
CC     ?= cc

TARGET  := $(abspath $(or $(CARGO_TARGET_DIR),target))
DEBUG   := $(TARGET)/debug
BUILD   := $(abspath build)
VENV    := $(BUILD)/venv
# Copies, because cargo removes a program while it builds it again, and parts of `make test` do that.
SANDBOX := $(BUILD)/bin/aura-sandbox
REPLAY  := $(BUILD)/bin/aura-replay

export AURA_SANDBOX_BIN := $(SANDBOX)
export AURA_REPLAY_BIN := $(REPLAY)
# The extension module does not link against libpython, because a machine may not have it.
export PYO3_BUILD_EXTENSION_MODULE := 1

# The packages for other languages. Each has its own check.sh.
BINDINGS := java node go php perl ruby lua

# Parts of `make test` build the same programs, and take turns. Two builds at a time once ended with
# "failed to remove file target/debug/aura-sandbox".
TAKE_TURN := $(if $(shell command -v flock),flock $(BUILD)/target.lock)

# A script's background job, such as `make test &`, ignores SIGINT, and so would every test of Ctrl-C.
ifeq ($(shell env --default-signal=INT,QUIT echo yes 2>/dev/null),yes)
SHELL := $(shell command -v env)
.SHELLFLAGS := --default-signal=INT,QUIT sh -c
endif

.DEFAULT_GOAL := help
.PHONY: help demo tours test check growth test-examples lint msrv deny fuzz test-rust test-c test-cpp \
    sanitize memcheck test-install test-python test-sandbox-python test-live header reference bench \
    instructions programs venv clean

help: ## list these targets
	@sed -n -e 's/^## //p' -e 's/^\([a-z-]*\):.* ## /\1: /p' $(MAKEFILE_LIST) | \
	    awk -F ': ' '{ printf "make %-20s  %s\n", $$1, $$2 }'

# The debug build of the Python module is fast enough here, and takes a third of the time to build.
demo: programs tours venv ## run all five functions in C, C++, Python and the installed languages
	@echo "building the Python module; this takes a minute or two"
	$(VENV)/bin/pip install -q ./python -C build-args="--profile dev"
	$(RUN_DEMO)
	@$(RUN_TOURS) $(BINDINGS)

RUN_DEMO = $(VENV)/bin/python examples/demo.py $(SANDBOX) $(BUILD)/tour $(BUILD)/tour-cpp \
    $(VENV)/bin/python
RUN_TOURS = $(PYTHON) examples/tours.py $(SANDBOX) $(DEBUG)/libaura_users.so $(BUILD)/tours

## demo-LANGUAGE: run the tour of one package, such as go; installs what it needs
.PHONY: $(BINDINGS:%=demo-%)
$(BINDINGS:%=demo-%): demo-%: programs library
	@$(RUN_TOURS) --fetch $*

tours: library ## build examples/tour.c and examples/tour.cpp
	@tools/need cc g++
	@mkdir -p $(BUILD)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iinclude examples/tour.c \
	    -L$(DEBUG) -laura_users -Wl,-rpath,$(DEBUG) -o $(BUILD)/tour
	$(CXX) -std=c++17 -Wall -Wextra -Werror -Iinclude examples/tour.cpp \
	    -L$(DEBUG) -laura_users -Wl,-rpath,$(DEBUG) -o $(BUILD)/tour-cpp

# `make test` needs only the usual builds. The parts of `make check` need others, or repeat tests under
# another program. Three parts run at a time, because some of them wait most of the time. The longest
# start first. If a part fails, the others go on. The parts of a group run one after another:
# test-sandbox-python builds the sandbox again, which test-rust starts; test-python and test-examples use
# the same virtual environment; msrv may replace Debian's Rust, with which sanitize builds; and growth and
# instructions build the same library. Each part or group prints its output when it ends.
GROUPS          := sandboxes in-venv debians-rust release-library
sandboxes       := test-rust test-sandbox-python
in-venv         := test-python test-examples
debians-rust    := sanitize msrv
release-library := growth instructions
ALONE           := test-java test-node test-cpp test-c test-install memcheck lint \
    $(filter-out test-java test-node,$(BINDINGS:%=test-%))
PARTS           := $(ALONE) $(foreach group,$(GROUPS),$($(group)))
PARTS_OF_test   := sandboxes in-venv $(patsubst %,timed-%,$(filter test-%,$(ALONE)))
PARTS_OF_check  := debians-rust timed-memcheck release-library timed-lint
NEEDS_OF_test   := cargo cc curl g++ clang cmake pkg-config python3-venv tinyproxy-bin nlohmann-json3-dev
NEEDS_OF_check  := cargo cc g++ valgrind doxygen python3-venv nlohmann-json3-dev

test: ## run every test of every language
check: ## run the lints, sanitizers and valgrind, and check growth, instructions and the oldest Rust
test check:
	@tools/need $(NEEDS_OF_$@)
	@mkdir -p $(BUILD)
	@{ $(MAKE) -k -j3 --output-sync=recurse $(PARTS_OF_$@) 2>&1; \
	    echo $$? >$(BUILD)/$@.status; } | tee $(BUILD)/$@.log
	@tools/skipped $@ $(BUILD)/$@.log
	@echo "make $@: the time of each part, and its CPU time:"
	@sed -n 's/^part \([^ ]*\) took \([0-9]* s, [0-9]* s of CPU\)$$/    \2: \1/p' $(BUILD)/$@.log | sort -rn
	@test "$$(cat $(BUILD)/$@.status)" = 0
	@echo "make $@: everything passed"

.PHONY: $(PARTS:%=timed-%)
$(PARTS:%=timed-%): timed-%:
	@start=$$(date +%s); status=0; $(MAKE) --no-print-directory $* || status=$$?; \
	    times >$(BUILD)/times.$*; \
	    cpu=$$(awk -F '[ms ]+' 'END { printf "%d", 60 * ($$1 + $$3) + $$2 + $$4 }' $(BUILD)/times.$*); \
	    echo "part $* took $$(($$(date +%s) - start)) s, $$cpu s of CPU"; exit $$status

.PHONY: $(GROUPS)
$(GROUPS):
	@status=0; for part in $($@); do $(MAKE) --no-print-directory timed-$$part || status=$$?; done; \
	    exit $$status

# ruff has an environment of its own, because another part may be changing build/venv.
RUFF := $(BUILD)/ruff/bin
PYTHON_CODE := python python-sandbox examples fuzz benches bindings packaging tests tools
lint: deny reference $(RUFF)/pip ## check formatting, lints, dependencies and the reference pages
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --features capi --all-targets -- -D warnings
	$(RUFF)/pip install -q $$(sed -n 's/.*"\(ruff==[^"]*\)".*/\1/p' python/pyproject.toml)
	$(RUFF)/ruff check $(PYTHON_CODE)
	$(RUFF)/ruff format --check $(PYTHON_CODE)

RUST_TESTS := --workspace --exclude aura-users-python --features capi
test-rust: ## test the Rust crates
	@tools/need cargo cc curl tinyproxy-bin
	@mkdir -p $(BUILD)
	@# Without MAKEFLAGS, because rustdoc warns that it cannot use make's job server.
	$(TAKE_TURN) env -u MAKEFLAGS $(CARGO) test --no-run $(RUST_TESTS)
	env -u MAKEFLAGS $(CARGO) test --no-fail-fast $(RUST_TESTS)

test-c: programs library ## test the C ABI
	@tools/need cc g++ clang
	@# Without these, the tests of aura_users.cdef are skipped.
	-@tools/need luajit php
	$(MAKE) -C tests/c check LIBDIR=$(DEBUG) BUILD=$(BUILD)/c

test-cpp: programs library ## test the C++ header
	@tools/need g++ nlohmann-json3-dev
	@# Without these, the test of the header with LLVM's library is skipped.
	-@tools/need clang libc++-dev libc++abi-dev
	$(MAKE) -C tests/cpp check LIBDIR=$(DEBUG) BUILD=$(BUILD)/cpp

memcheck: programs library ## run the C and C++ tests under valgrind
	@tools/need cc g++ valgrind nlohmann-json3-dev
	$(MAKE) -C tests/c memcheck LIBDIR=$(DEBUG) BUILD=$(BUILD)/c
	$(MAKE) -C tests/cpp memcheck LIBDIR=$(DEBUG) BUILD=$(BUILD)/cpp

# Builds the same release library as `make instructions`.
growth: programs ## check that 100,000 calls leave no memory behind
	@tools/need cargo cc g++
	$(CARGO) rustc -q --release --lib --features capi --crate-type cdylib
	$(MAKE) -C tests/c growth LIBDIR=$(TARGET)/release BUILD=$(BUILD)/growth
	$(MAKE) -C tests/cpp growth LIBDIR=$(TARGET)/release BUILD=$(BUILD)/growth

sanitize: programs library ## run the C and C++ tests with sanitizers, and the tests of src/ffi under Miri
	@tools/need cc g++ nlohmann-json3-dev
	$(MAKE) -C tests/c sanitize LIBDIR=$(DEBUG) BUILD=$(BUILD)/c
	@if $(CARGO) +nightly miri --version >/dev/null 2>&1; then \
	    MIRIFLAGS=-Zmiri-disable-isolation $(CARGO) +nightly miri test --features capi --lib ffi; \
	else \
	    echo "skipped: Miri is not installed (rustup component add miri --toolchain nightly)"; \
	fi

# Installs the debug build of `make library`. TEST_PROFILE=release installs the release build.
TEST_PROFILE ?= dev
test-install: programs library ## test `make install`, with pkg-config, CMake, static and shared linking
	@tools/need cc g++ cmake pkg-config
	tests/install/run.sh $(SANDBOX) $(BUILD)/install $(TEST_PROFILE)

# Builds the wheel from the source distribution, installs it, and runs the tests against it.
DIST := $(BUILD)/dist
test-python: programs venv ## build, install and test the Python package
	@# Without these shells, the tests of their completion are skipped.
	-@tools/need fish zsh
	@echo "building the release wheel of the Python package; this takes a few minutes"
	@# The unpacked files have old dates. cargo would think that they are built already.
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

# `make demo` with the package that test-python installed.
test-examples: programs library tours ## run the tours of C, C++ and Python
	$(RUN_DEMO)

## test-LANGUAGE: test the package of one language, such as go
.PHONY: $(BINDINGS:%=test-%)
$(BINDINGS:%=test-%): test-%: programs library
	bindings/$*/check.sh $(DEBUG)/libaura_users.so $(SANDBOX) $(REPLAY)

# Tests the program in the wheel, not the one in target/. It has a virtual environment of its own,
# because it runs beside test-python.
SANDBOX_VENV := $(BUILD)/sandbox-venv
test-sandbox-python: $(SANDBOX_VENV)/bin/pip ## build, install and test the Python package of the sandbox
	@tools/need cargo cc
	MATURIN_PEP517_ARGS="--profile dev" $(TAKE_TURN) \
	    $(SANDBOX_VENV)/bin/pip install -q './python-sandbox[test]'
	cd python-sandbox && $(SANDBOX_VENV)/bin/mypy
	cd python-sandbox && AURA_SANDBOX_BIN= $(SANDBOX_VENV)/bin/pytest -q

test-live: ## run the recorded cases against your server at REPO_URL; never use hex.pm
	@test -n "$(REPO_URL)" || \
	    { echo "usage: make test-live REPO_URL=http://localhost:4000/api"; exit 2; }
	AURA_LIVE_URL=$(REPO_URL) $(CARGO) test -p aura-sandbox --test live -- --nocapture

msrv: ## check that the library compiles with the oldest Rust that Cargo.toml promises
	@tools/msrv

header: ## regenerate the C header, docs/abi and the generated parts of the bindings
	AURA_BLESS=1 $(CARGO) test -q --features capi --test header
	AURA_BLESS=1 $(CARGO) test -q --features capi --test abi
	AURA_BLESS=1 $(CARGO) test -q --features capi --test description
	$(PYTHON) tools/generate.py

# Fails if something in the headers has no documentation.
reference: ## build HTML pages from the C and C++ headers
	@tools/need doxygen
	@mkdir -p $(BUILD)/reference
	@(cat docs/Doxyfile; echo OUTPUT_DIRECTORY=$(BUILD)/reference; echo PROJECT_NUMBER=$(VERSION)) | doxygen -
	@echo "reference pages: $(BUILD)/reference/html/index.html"

deny: ## check licences, sources, duplicates and advisories of all dependencies
	@tools/deny

FUZZ_SECONDS ?= 60
fuzz: ## run every fuzz target for FUZZ_SECONDS (60); needs nightly Rust and cargo-fuzz
	$(PYTHON) fuzz/seeds.py
	cd fuzz && for target in $$($(CARGO) fuzz list); do \
	    $(CARGO) +nightly fuzz run $$target -- -dict=fuzz.dict -max_len=16384 \
	        -max_total_time=$(FUZZ_SECONDS) || exit 1; done

# BENCH passes arguments, such as BENCH="--only user,stream --check": see benches/README.md.
bench: ## measure the library and its peers on the same jobs
	$(PYTHON) benches/compare/compare.py $(BENCH)

# BLESS=1 writes the new counts to benches/compare/instructions.json.
instructions: ## fail if the main paths take more or fewer instructions than recorded
	$(PYTHON) benches/compare/instructions.py $(if $(BLESS),--bless)

include packaging/library.mk
include packaging/dist.mk

programs: ## build the sandbox and aura-replay, the server that replays the recordings
	@tools/need cargo cc
	@mkdir -p $(BUILD)/bin
	$(TAKE_TURN) sh -c '$(CARGO) build -p aura-sandbox -p aura-replay && \
	    for program in aura-sandbox aura-replay; do \
	        cmp -s $(DEBUG)/$$program $(BUILD)/bin/$$program || { \
	            cp $(DEBUG)/$$program $(BUILD)/bin/$$program.new && \
	            mv $(BUILD)/bin/$$program.new $(BUILD)/bin/$$program; } || exit 1; \
	    done'

venv: $(VENV)/bin/pip ## create the virtual environment build/venv

$(BUILD)/%/bin/pip:
	@tools/need python3-venv
	$(PYTHON) -m venv $(BUILD)/$*

clean: ## delete target/ and build/
	$(CARGO) clean
	rm -rf $(BUILD)
