# Two commands for a fresh clone: `make run` and `make test`. Everything else is CMake's.

CONFIG ?= configs/flip_flop.toml
ARGS ?=
BUILD ?= build
CMAKE_ARGS ?=

# One compiler per core, but each may need 2 GB.
JOBS ?= $(shell awk -v cores=$$(nproc) '/MemAvailable/ {n = int($$2 / 2e6)} \
  END {print n < 1 ? 1 : n < cores ? n : cores}' /proc/meminfo)
GENERATOR := $(if $(wildcard $(BUILD)/CMakeCache.txt),,$(if $(shell command -v ninja),-G Ninja))

MAKEFLAGS += --no-print-directory

.PHONY: run test build configure deps clean

run: configure
	cmake --build $(BUILD) --parallel $(JOBS) --target mrnn plugins
	$(BUILD)/mrnn run $(CONFIG) $(ARGS)

test: CMAKE_ARGS += -DMRNN_TESTS=ON
test: DEPS = tests
test: build
	cd $(BUILD) && ctest --parallel $(JOBS) --output-on-failure --no-label-summary

build: configure
	cmake --build $(BUILD) --parallel $(JOBS)

configure: deps
	cmake -S . -B $(BUILD) $(GENERATOR) $(CMAKE_ARGS)

deps:
	@.ci/deps $(DEPS)

clean:
	rm -rf $(BUILD)
