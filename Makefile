# SPDX-License-Identifier: MIT
#
# The front door.  The build itself is described in CMakeLists.txt, its
# variants in CMakePresets.json; this file gives the usual words for them.

PREFIX ?= /usr/local
QUOTES := build/release/cede-quotes
DEMO   := $(QUOTES) --watch examples/quotes/stocks.csv && $(QUOTES) --waits

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

run: ## build the demonstration and run it
	@tools/setup run
	@tools/build release cede-quotes
	@$(DEMO)

live: ## build, and serve a live page of the demonstration
	@tools/setup live
	@tools/build release cede-quotes
	@$(QUOTES) --serve http://127.0.0.1:0 --watch --speed 0.05 --repeat \
	    examples/quotes/stocks.csv

programs: ## build net-echo, net-proxy, net-fetch and net-crawl
	@tools/setup live
	@tools/build release net-programs
	@ls build/release/examples/net/net-*

test: ## build and test the usual variants: gcc, sanitizers, clang if present
	@tools/setup test
	@tools/test

test-all: ## every variant this machine has the compiler for
	@tools/setup test-all
	@tools/test --all

test-cross: ## ARM and RISC-V under an emulator, and the C library musl
	@tools/setup cross
	@tools/test --cross

soak: ## half an hour (SOAK_SECONDS) of clients that come and go
	@tools/setup test
	@tools/build release churn net-echo cede-quotes
	@tests/soak/run build/release/tests/soak/churn \
	    build/release/examples/net/net-echo build/release/cede-quotes \
	    $${SOAK_SECONDS:-1800}

bench: ## build the benchmarks, and run them beside the peers that are there
	@tools/setup bench
	@tools/build release bench
	@bench/peers/build
	@bench/run

bench-net: ## ... those of sockets alone, kept beside the others' results
	@tools/setup bench
	@tools/build release bench
	@bench/peers/build
	@bench/net/run

bench-deps: ## install the peers: Boost, Go, tokio, Python's loops, ...
	@tools/setup bench-deps

docs-performance: ## write what docs say of figures from the last make bench
	@bench/report >build/performance.md
	@mv build/performance.md docs/performance.md
	@bench/report_models docs/which-concurrency.md

lint: ## floors, format, clang-tidy
	@tools/setup lint
	@mkdir -p build
	@tools/lint

format: ## format all C in place
	find include src tests examples bench -name '*.[ch]' | \
	    xargs clang-format -i

install: ## build for PREFIX (/usr/local), install there, below DESTDIR if set
	@tools/setup run
	@tools/build release installed
	cmake --install build/release --prefix "$(PREFIX)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

clean: ## remove everything built
	rm -rf build

.PHONY: help run live programs test test-all test-cross soak bench bench-net \
    bench-deps docs-performance lint format install clean
