# Reads the same for GNU make and BSD make: only what POSIX make has, and ?=.
#
#   make venv            the environment of a release and role, from its hash-locked requirements
#   make patch           that environment with the series on it, verified
#   make test            lint, types, our own tests, the checks of the patched modules
#   make lint            the first part of make test; CI runs the four side by side
#   make types
#   make test-port       the series, its locks, the checks and upstream's fast tests
#   make test-tool       our own tests
#   make test-demo       the guide, followed as a test; skipped without a broker and a database
#   make test-long       the proofs of ours that take minutes: what make test leaves out
#   make verify-upstream upstream's own tests, unpatched and patched: not one pass may be lost
#   make verify-options  each optional patch: applied, and its checks run
#   make verify-releases every release: environment, series, checks; makes what is not there
#   make services        start the patched services against a real broker and database
#   make demo-image      the environment as an OCI image, unpacked, and nova's services from it
#   make demo            a host from nothing to verified, here; everything is undone again;
#                        VIRT_TYPE=qemu: with a real libvirtd and QEMU;
#                        IPAM=reserving: a neutron-server with our IPAM driver, in VENV
#   make bare-machine    README's commands on a new Debian with only what README installs; as root
#   make check           series, files, headers, locks and pins agree
#   make pop             take every patch off again
#   make bench           speed and memory against quilt, git and patch
#   make bench-weigher   how evenly nova's weighers and ours place guests
#   make fuzz            random histories and damaged patches against GNU patch, git and quilt
#   make mutants         small mistakes in the added lines, and which no check notices
#   make compare-quilt   Debian's real series, byte for byte against quilt (downloads them)
#   make compare-rebase  Debian's real series, hunk by hunk against git rebase (downloads them)
#   make prove-rebase    real releases and refactorings, rebased and judged (downloads wheels)
#   make tox             our own tests on every Python from 3.11 to 3.13
#   make docs            the documentation as a site, in build/docs/html
#   make docs-check      the same, failing on a broken link, a stale table or a bad man page
#   make man             the man pages, in build/man
#   make tables          write the tables of the documents that follow from the code
#   make dist            build the sdist and the wheel, check them and try the wheel
#   make hooks           run lint and types at every git commit
#   make clean           remove what was made here; the user's cache stays

RELEASE ?= 2026.2
ROLE ?=
PYTHON ?=
DASHED = $(ROLE:%=-%)
SUFFIX = $(DASHED:-compute=)
VENV ?= .venvs/$(RELEASE)$(SUFFIX)
BOOTSTRAP ?= python3
VERSION ?=
IPAM ?=
VIRT_TYPE ?= bhyve

TOOL = .venv/bin/freebsd-port
MADE = $(VENV)/.freebsd-port.json

.PHONY: help venv patch test lint types test-port test-tool test-demo test-long verify-upstream \
	verify-options verify-releases services demo demo-image bare-machine check pop bench bench-weigher fuzz mutants compare-quilt compare-rebase \
	prove-rebase tox docs \
	docs-check man tables dist hooks clean

help:
	@sed -n 's/^#   //p' Makefile
	@echo "with RELEASE=$(RELEASE) ROLE=$(ROLE) VENV=$(VENV) PYTHON=$(PYTHON) BOOTSTRAP=$(BOOTSTRAP)"

.venv/ready: pyproject.toml scripts/bootstrap
	@scripts/bootstrap "$(BOOTSTRAP)" .venv

.venv/ready-to-test: .venv/ready
	@echo "... adding what the tests need" >&2
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch .venv/ready-to-test

.venv/ready-to-document: .venv/ready
	@echo "... adding what the documentation needs" >&2
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch .venv/ready-to-document

.venv/ready-to-publish: .venv/ready
	@echo "... adding what building and checking need" >&2
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --group publish
	@touch .venv/ready-to-publish

$(MADE): .venv/ready releases/$(RELEASE)/requirements$(SUFFIX).txt
	@$(TOOL) venv --release $(RELEASE) --venv $(VENV) $(ROLE:%=--role %) $(PYTHON:%=--python %)
	@touch $(MADE)

venv: $(MADE)

patch: $(MADE)
	@$(TOOL) apply --release $(RELEASE) --venv $(VENV) --verify

test: .venv/ready-to-test $(MADE)
	@scripts/test $(RELEASE) $(VENV)

lint: .venv/ready-to-test
	@scripts/test $(RELEASE) $(VENV) lint

types: .venv/ready-to-test
	@scripts/test $(RELEASE) $(VENV) types

test-port: .venv/ready-to-test $(MADE)
	@scripts/test $(RELEASE) $(VENV) port

test-tool: .venv/ready-to-test $(MADE)
	@scripts/test $(RELEASE) $(VENV) tool

test-demo: .venv/ready-to-test $(MADE)
	@scripts/test $(RELEASE) $(VENV) demo

test-long: .venv/ready-to-test $(MADE)
	@scripts/test-long $(RELEASE) $(VENV)

verify-upstream: patch
	@$(TOOL) verify upstream --release $(RELEASE) --venv $(VENV)

verify-releases: .venv/ready
	@$(TOOL) rebase --all --verify

verify-options: $(MADE)
	@.venv/bin/python scripts/verify_options.py --release $(RELEASE) --venv $(VENV)

services: $(MADE)
	@$(TOOL) apply --release $(RELEASE) --venv $(VENV)
	@.venv/bin/python scripts/services.py --venv $(VENV)

demo: $(MADE)
	@[ -n "$(IPAM)" ] || $(TOOL) apply --release $(RELEASE) --venv $(VENV)
	@[ -z "$(IPAM)" ] || .venv/bin/python scripts/ipam_demo.py --venv $(VENV)
	@[ -n "$(IPAM)" ] || .venv/bin/python scripts/demo.py --venv $(VENV) --virt-type $(VIRT_TYPE)

demo-image: $(MADE)
	@scripts/image_demo $(RELEASE) $(VENV)

bare-machine:
	@scripts/bare_machine

check: .venv/ready
	@$(TOOL) check

pop: .venv/ready
	@$(TOOL) pop -a --release $(RELEASE) --venv $(VENV)

bench: .venv/ready
	@.venv/bin/python -m bench

bench-weigher: $(MADE)
	@PYTHONPATH=extras $(VENV)/bin/python -W ignore scripts/place_guests.py

fuzz: .venv/ready-to-test
	@.venv/bin/python tests/fuzz

mutants: .venv/ready-to-test $(MADE)
	@$(TOOL) apply --quiet --release $(RELEASE) --venv $(VENV)
	@.venv/bin/python tests/mutants --release $(RELEASE) --venv $(VENV)

compare-quilt: .venv/ready
	@.venv/bin/python scripts/compare_quilt.py

compare-rebase: .venv/ready
	@.venv/bin/python scripts/compare_rebase.py

prove-rebase: .venv/ready-to-test
	@.venv/bin/python scripts/prove_rebase.py

tox: .venv/ready-to-test
	@.venv/bin/tox

docs: .venv/ready-to-document
	@.venv/bin/python scripts/manual site build/docs
	@echo "build/docs/html/index.html"

docs-check: .venv/ready-to-document
	@.venv/bin/python scripts/manual check build/docs

man: .venv/ready
	@.venv/bin/python scripts/manual man build/man

tables: .venv/ready
	@.venv/bin/python scripts/tables.py

# VERSION=0.1.0 demands that version, and its section in CHANGELOG.md.
dist: .venv/ready-to-publish
	@scripts/dist $(VERSION)

hooks: .venv/ready-to-test
	@.venv/bin/pre-commit install

clean:
	rm -rf .venv .venvs .tox build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
