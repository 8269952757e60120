# Builds, installs and removes the C library. docs/abi/README.md explains the file names.
#
# PREFIX, LIBDIR, INCLUDEDIR and DESTDIR set the folders; packaging/README.md lists them. After
# `make release`, `make install` only copies files. It then needs no Rust and can run as root.
#
# RUST_TARGET builds for another system: a target of rustc or of cargo-zigbuild, which may end in a
# version of glibc. LD and OBJCOPY are then the tools for that processor. See dist.mk.

PROFILE    ?= release
RUST_TARGET ?=
DESTDIR    ?=
prefix     ?= $(or $(PREFIX),/usr/local)
libdir     ?= $(or $(LIBDIR),$(prefix)/lib)
includedir ?= $(or $(INCLUDEDIR),$(prefix)/include)
docdir     ?= $(prefix)/share/doc/aura_users
INSTALL    ?= install
OBJCOPY    ?= objcopy

# of_cargo KEY: the value of KEY in Cargo.toml.
of_cargo = $(shell sed -n 's/^$(1) = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
VERSION := $(call of_cargo,version)
# Before 1.0, a minor version may change the ABI. From 1.0 on, only a major version may.
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
# nodelete: a thread of the library may run after dlclose(), so its code must stay in memory.
LINK        := -Wl,-soname,$(SONAME) -Wl,-z,nodelete
endif

# build PROFILE,FOLDER: builds both libraries. The file native-static-libs lists the system libraries
# that the static library needs.
define build
@tools/need cargo cc
@mkdir -p $(BUILD)
$(TAKE_TURN) $(CARGO) rustc --lib --features capi --crate-type cdylib,staticlib --profile $(1) \
    $(RUST_TARGET:%=--target %) -- \
    $(LINK:%=-C link-arg=%) --print native-static-libs=$(2)/native-static-libs
ln -sf $(SHARED) $(2)/$(SONAME)
endef

.PHONY: library release folders install uninstall

library: ## build the debug C library into target/debug, for tests
	$(call build,dev,$(DEBUG))

TRIPLE := $(firstword $(subst ., ,$(RUST_TARGET)))
OUT := $(TARGET)/$(TRIPLE:%=%/)$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

release: $(OUT)/aura_users/$(STATIC) ## build the release C library into target/release

$(OUT)/$(STATIC): $(shell find src -name '*.rs') Cargo.toml Cargo.lock
	$(call build,$(PROFILE),$(OUT))
	@touch $@

# Rust's archive exports all of std, so a program with two Rust libraries does not link. This archive
# is one object that exports only aura_*. Its functions keep their sections, for --gc-sections.
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

install: folders release ## install the C library to PREFIX (/usr/local), with headers, pkg-config files and CMake package
	@$(FOLDERS) packaging/install

# Refuses relative folders: they would lie below this folder.
folders:
	$(foreach folder,DESTDIR prefix libdir includedir docdir,$(if $(filter-out /%,$($(folder))),\
	    $(error $(folder) is $($(folder)): it must begin with /)))

uninstall: folders ## remove what `make install` installed
	@REMOVE=yes $(FOLDERS) packaging/install

FOLDERS = FROM='$(OUT)' DESTDIR='$(DESTDIR)' prefix='$(prefix)' libdir='$(libdir)' \
    includedir='$(includedir)' docdir='$(docdir)' INSTALL='$(INSTALL)' VERSION='$(VERSION)' \
    ABI='$(ABI)' SONAME='$(SONAME)' SHARED='$(SHARED)' SHARED_FILE='$(SHARED_FILE)' \
    DESCRIPTION='$(call of_cargo,description)' URL='$(call of_cargo,repository)'
