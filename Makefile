# The commands of this repository. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tests that need the real API server are left out, where a sanitizer would only slow it down, and the soak, since
# sanitizers keep what was freed.
FAST_TESTS := --disable-xctest --skip RealClusterTests --skip SoakTests

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 16

.PHONY: test
test: ## everything: set-up, build, all tests (also with a real API server), lint
	@.ci/test

# From scratch the debug build takes about half as long as the release build, and `make test` uses it too.
.PHONY: e2e
e2e: build ## the image on a real node, as root: pods that die in each way, permissions, the chart
	@.ci/python >/dev/null
	Tests/cluster/build-kubernetes --node
	Tests/e2e/run

.PHONY: demo
demo: ## see Remora at work, without a cluster
	@.ci/setup
	@echo "==> building (the first time takes a minute or two)"
	swift build --product remora
	@echo "==> remora demo"
	.build/debug/remora demo

.PHONY: build
build: ## the release program, .build/release/remora, with Swift's libraries in it
	@.ci/setup
	swift build --configuration release --static-swift-stdlib --product remora

.PHONY: format
format: ## format all Swift sources
	swift format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: lint
lint: ## formatting, forbidden constructs, syntax of shell scripts
	@.ci/lint

# Leaks are not looked for: Swift and Glibc keep caches to the end of the process.
.PHONY: sanitize
sanitize: ## the fast tests under ThreadSanitizer and AddressSanitizer
	@.ci/setup
	TSAN_OPTIONS="suppressions='$(CURDIR)/.ci/tsan-suppressions.txt'" \
		swift test --sanitize thread --scratch-path .build-tsan $(FAST_TESTS)
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize address --scratch-path .build-asan $(FAST_TESTS)

.PHONY: bench
bench: ## benchmarks
	@if [ -x Benchmarks/run ]; then Benchmarks/run; else echo "There are no benchmarks yet (Benchmarks/run)."; fi

.PHONY: clean
clean: ## remove what was built; the API server for tests stays in ~/.cache/remora-k8s
	rm -rf .build .build-tsan .build-asan .build-fuzz
