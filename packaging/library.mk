# The C library: built, named, installed and removed. docs/abi says why it is named so.
#
#     make library      the debug build, for tests: in target/debug
#     make release      the one to install: in target/release
#     make install      to PREFIX, LIBDIR, INCLUDEDIR (GNU's lower case counts too) under DESTDIR
#     make uninstall    with the same variables
#
# After `make release`, `make install` only copies: it needs no Rust, and may run as root.
#
# RUST_TARGET builds for another system: a target of rustc's, or of cargo-zigbuild's, which may end
# in a version of glibc. LD and OBJCOPY are then those for its processor. See dist.mk.

PROFILE    ?= release
RUST_TARGET ?=
DESTDIR    ?=
prefix     ?= $(or $(PREFIX),/usr/local)
libdir     ?= $(or $(LIBDIR),$(prefix)/lib)
includedir ?= $(or $(INCLUDEDIR),$(prefix)/include)
docdir     ?= $(prefix)/share/doc/aura_users
INSTALL    ?= install
OBJCOPY    ?= objcopy

# of_cargo KEY: what Cargo.toml says.
of_cargo = $(shell sed -n 's/^$(1) = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
VERSION := $(call of_cargo,version)
# Before 1.0 a minor version may change the ABI, after it only a major one.
MAJOR   := $(word 1,$(subst ., ,$(VERSION)))
ABI     := $(if $(filter 0,$(MAJOR)),0.$(word 2,$(subst ., ,$(VERSION))),$(MAJOR))
SYMBOLS := docs/abi/$(ABI).txt

STATIC := libaura_users.a
ifeq ($(shell uname -s),Darwin)
SHARED      := libaura_users.dylib
SHARED_FILE := libaura_users.$(VERSION).dylib
SONAME      := libaura_users.$(ABI).dylib
LINK        := -Wl,-install_name,@rpath/$(SONAME)
else
SHARED      := libaura_users.so
SHARED_FILE := $(SHARED).$(VERSION)
SONAME      := $(SHARED).$(ABI)
# nodelete: the library has a thread that outlives dlclose(), so its code must, too.
LINK        := -Wl,-soname,$(SONAME) -Wl,-z,nodelete
endif

# build PROFILE,FOLDER: what rustc says that the static library needs is kept beside it.
define build
@tools/need cargo cc
$(CARGO) rustc --lib --features capi --crate-type cdylib,staticlib --profile $(1) \
    $(RUST_TARGET:%=--target %) -- \
    $(LINK:%=-C link-arg=%) --print native-static-libs=$(2)/native-static-libs
ln -sf $(SHARED) $(2)/$(SONAME)
endef

.PHONY: library release places install uninstall

library:
	$(call build,dev,$(DEBUG))

TRIPLE := $(firstword $(subst ., ,$(RUST_TARGET)))
OUT := $(TARGET)/$(TRIPLE:%=%/)$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

release: $(OUT)/aura_users/$(STATIC)

$(OUT)/$(STATIC): $(shell find src -name '*.rs') Cargo.toml Cargo.lock
	$(call build,$(PROFILE),$(OUT))
	@touch $@

# Rust's archive shows all of std, so that a program with two Rust libraries does not link. This one
# is a single object that shows aura_ alone; its functions keep their sections, for --gc-sections.
$(OUT)/aura_users/$(STATIC): $(OUT)/$(STATIC) $(SYMBOLS)
	@mkdir -p $(@D)
ifeq ($(shell uname -s),Darwin)
	cp $< $@
else
	$(LD) -r --force-group-allocation -o $(@D)/aura_users.o \
	    $$(sed -n 's/.*[ *]\(aura_[a-z0-9_]*\)(.*/-u \1/p' $(SYMBOLS)) $<
	$(OBJCOPY) --wildcard --keep-global-symbol='aura_*' --strip-debug \
	    --remove-section=.llvmbc --remove-section=.llvmcmd $(@D)/aura_users.o
	rm -f $@ && $(AR) rcs $@ $(@D)/aura_users.o && rm $(@D)/aura_users.o
endif

install: places release
	@$(PLACES) packaging/install

# A relative place would be one below this folder.
places:
	$(foreach place,DESTDIR prefix libdir includedir docdir,$(if $(filter-out /%,$($(place))),\
	    $(error $(place) is $($(place)): it must begin with /)))

uninstall: places
	@REMOVE=yes $(PLACES) packaging/install

PLACES = FROM='$(OUT)' DESTDIR='$(DESTDIR)' prefix='$(prefix)' libdir='$(libdir)' \
    includedir='$(includedir)' docdir='$(docdir)' INSTALL='$(INSTALL)' VERSION='$(VERSION)' \
    ABI='$(ABI)' SONAME='$(SONAME)' SHARED='$(SHARED)' SHARED_FILE='$(SHARED_FILE)' \
    DESCRIPTION='$(call of_cargo,description)' URL='$(call of_cargo,repository)'
