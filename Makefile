# fgl-sim: `make run` for a newcomer, `make test` for a developer, `make build` for the binary alone,
# `make install` for all users of a machine, `make dist` for packages.
# Whatever is missing on a Debian or Ubuntu machine is installed first; `LIBTORCH=/path` brings a libtorch of your own.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: run test test-all python-test engine-test package-test fidelity fidelity-federation wheel results build docs \
    dependencies install uninstall dist gpu-bundle format clean

SWIFT ?= swift
# Without debug information the compiler has a tenth less to do and the program is half as large; a crash still
# names its functions. BUILDFLAGS= builds with it.
BUILDFLAGS ?= -debug-info-format none
BINARY := .build/release/fgl-sim

# The slow reference BLAS would be linked without OpenBLAS; sqlite3 is for looking at results.
PACKAGES := libopenblas0-pthread libsqlite3-dev sqlite3 libturbojpeg0-dev libspng-dev libzstd-dev libssl-dev pkg-config
ifndef LIBTORCH
PACKAGES += libtorch-dev
endif

# Fixtures of the project's workplace are used where they exist; otherwise the copies in Tests.
ifneq ($(wildcard ../shared/fixtures),)
export FGL_FIXTURES ?= $(abspath ../shared/fixtures)
endif
ifneq ($(wildcard ../shared/data),)
export FGL_DATA ?= $(abspath ../shared/data)
endif

# Builds, runs the quickstart and prints its comparison.
run: build
	$(BINARY) run scenarios/quickstart.yaml

# All experiments of the paper and the check of its claims, overnight; stop it and call it again as you like.
results: build
	scenarios/paper/run-all.sh

# All tests but the long ones, in release mode: real training is in them. No test imports with @testable, so that
# what is tested is the very build that users run, and nothing is compiled twice.
test: build
	$(SWIFT) test -c release $(BUILDFLAGS) --disable-testable-imports $(TESTFLAGS)

# The long ones too: accuracies, statistics, full-size models.
test-all: export FGL_TEST_ALL := 1
test-all: test

# Tests of the Python package, in an environment of their own with packages from PyPI: types, pytest, the notebooks.
# FGL_SIM=/path/to/fgl-sim tests with a program that is built already.
PYTHON ?= python3
PYTHON_ENVIRONMENT := .build/python
python-test: $(if $(FGL_SIM),,build)
	$(PYTHON) -m venv $(PYTHON_ENVIRONMENT)
	$(PYTHON_ENVIRONMENT)/bin/pip install --quiet --disable-pip-version-check --editable 'python[test]'
	cd python && ../$(PYTHON_ENVIRONMENT)/bin/mypy
	cd python && FGL_SIM=$(abspath $(or $(FGL_SIM),$(BINARY))) ../$(PYTHON_ENVIRONMENT)/bin/pytest $(PYTESTFLAGS)

# Tests of --engine with real Dask processes, in an environment of their own with Dask from PyPI. ENGINE_TESTS chooses;
# ENGINE_SCRIPTS='faults.py' ENGINE_TESTS=--long tries every fault (root for some), equality.py every way to the same bits.
ENGINE_SCRIPTS := engine_test.py faults.py
ENGINE_ENVIRONMENT := .build/dask
engine-test: $(if $(FGL_SIM),,build)
	$(PYTHON) -m venv $(ENGINE_ENVIRONMENT)
	$(ENGINE_ENVIRONMENT)/bin/pip install --quiet --disable-pip-version-check distributed
	for script in $(ENGINE_SCRIPTS); do \
	    FGL_SIM=$(abspath $(or $(FGL_SIM),$(BINARY))) FGL_PYTHON=$(abspath $(ENGINE_ENVIRONMENT))/bin/python \
	        $(ENGINE_ENVIRONMENT)/bin/python Tests/engine/$$script $(ENGINE_TESTS) || exit 1; \
	done

# Real TCP between network namespaces beside `fgl-sim network`: five transfers, 15 s. Needs root; says where not.
fidelity: $(if $(FGL_SIM),,build)
	$(PYTHON) Tests/fidelity/emulate.py $(or $(FGL_SIM),$(BINARY)) --short

# Real processes that train with PyTorch and send over TCP beside the same scenario in fgl-sim: 7 min. Needs root and
# PyTorch, numpy and Pillow in PYTHON; says where not. FEDERATION=--busy also shows times of a busy machine.
fidelity-federation: $(if $(FGL_SIM),,build)
	$(PYTHON) Tests/fidelity/federation.py $(or $(FGL_SIM),$(BINARY)) $(FEDERATION)

# The Python package as a wheel: .build/wheel/fgl_sim-….whl, for every Linux and macOS.
wheel:
	rm -rf .build/wheel python/build
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir .build/wheel ./python

build: dependencies
	$(SWIFT) build -c release $(BUILDFLAGS)

# Installs what the build needs, where apt-get is.
dependencies:
	@command -v $(SWIFT) >/dev/null || { echo "fgl-sim needs Swift 6.1 or later: https://www.swift.org/install" >&2; exit 69; }
	@missing=""; \
	if command -v dpkg-query >/dev/null; then \
	    for package in $(PACKAGES); do \
	        dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	    done; \
	elif [ -z "$${LIBTORCH:-}" ] && [ ! -e /usr/include/ATen/ATen.h ]; then \
	    missing=" $(PACKAGES)"; \
	fi; \
	if [ -n "$$missing" ]; then \
	    command -v apt-get >/dev/null || { \
	        echo "fgl-sim needs libtorch, OpenBLAS, SQLite, TurboJPEG, libspng, Zstandard and OpenSSL with their headers, and there is no apt-get" \
	            "to install them with. Install them, and name libtorch's folder: make LIBTORCH=/path/to/libtorch" >&2; exit 69; }; \
	    sudo=""; \
	    if [ "$$(id -u)" != 0 ]; then \
	        command -v sudo >/dev/null || { \
	            echo "fgl-sim needs these packages; as root: apt-get install$$missing" >&2; exit 69; }; \
	        sudo=sudo; \
	    fi; \
	    echo "installing$$missing"; \
	    $$sudo apt-get update -qq; \
	    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi

# Installs the program, its models, manual, completions and scenarios; DESTDIR is for those who make packages.
# The tree does not need the toolchain afterwards.
PREFIX ?= /usr/local
install: build
	packaging/lay-out.sh .build/release $(DESTDIR)$(PREFIX)

uninstall:
	packaging/uninstall.sh $(DESTDIR)$(PREFIX)

# Packages into .build/packages: a tarball that runs where it is unpacked, a .deb, the Python wheel.
dist: dependencies
	SWIFT=$(SWIFT) packaging/dist.sh

# What a machine with a GPU and no network needs for Tests/gpu/check.sh: .build/gpu/fgl-sim-gpu.tar.xz, at most 60 MB.
gpu-bundle: dependencies
	SWIFT=$(SWIFT) packaging/gpu-bundle.sh

# The packages in an empty Debian without Swift, as a user without rights. Needs root, debootstrap and `make dist`.
package-test:
	Tests/packages.sh

# Documentation of the libraries into .build/documentation; warnings are errors.
docs: build
	SWIFT=$(SWIFT) docs/build.sh

# Formats the sources by .swift-format.
format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

clean:
	rm -rf .build
