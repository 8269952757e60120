# Packages for systems older than this one; packaging/README.md describes them.

DIST_TARGETS ?= x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
SHA256SUM    ?= sha256sum
PACKAGES     := $(BUILD)/packages
ZIG          := $(BUILD)/zig
# zig is the C compiler and linker, and knows the symbols of every version of glibc.
ZIG_PACKAGES := cargo-zigbuild==0.24.1 ziglang==0.17.1

.PHONY: dist test-dist

$(ZIG)/ready: packaging/dist.mk
	@tools/need python3-venv
	@rm -rf $(ZIG)
	$(PYTHON) -m venv $(ZIG)
	$(ZIG)/bin/pip install -q $(ZIG_PACKAGES)
	@touch $@

dist: $(ZIG)/ready ## build packages of the C library and the sandbox for old systems
	@rm -rf $(PACKAGES)
	@mkdir -p $(PACKAGES)
	@for target in $(DIST_TARGETS); do \
	    PATH="$(ZIG)/bin:$$PATH" TAR="$(TAR)" MAKE="$(MAKE)" packaging/dist $$target $(PACKAGES) $(TARGET) || exit; done
	@cd $(PACKAGES) && set -- *.tar.gz && test -f "$$1" || { echo "make dist: nothing was built" >&2; exit 1; }
	cd $(PACKAGES) && $(SHA256SUM) *.tar.gz >SHA256SUMS

test-dist: ## test the packages of make dist here and on an old Debian
	@test -f $(PACKAGES)/SHA256SUMS || { echo "there are no packages; run first: make dist" >&2; exit 2; }
	@tools/need cc cmake pkg-config objdump debootstrap wget
	tests/install/packages.sh $(PACKAGES) $(BUILD)/packages-test
	tests/install/old_system.sh $(PACKAGES) $(BUILD)/old-system $(ZIG)
