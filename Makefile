# Jobwright: every command of the project. `make help` lists them.
# All of them run on the Node that package.json pins (node_modules/.bin comes first on PATH), whatever Node the machine has.

# What Node compiles is kept beside what is installed: a server that starts from it takes half the time and a fifth less memory.
export NODE_COMPILE_CACHE := $(CURDIR)/node_modules/.cache/compiled
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help run test types lint generated unit-and-behaviour demo bench interop soak model job-model gen format build clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The stamp carries the lock file's time: nothing is fetched again until the lock file changes.
node_modules/.installed: package-lock.json
	npm ci --no-audit --no-fund
	@node --input-type=module --eval "await import('./src/cli/serve.ts')"
	@touch $@

# One heap of the C library for all threads of a server: heaps of their own keep some 15 MB for nothing.
run bench: export MALLOC_ARENA_MAX := 1

run: node_modules/.installed ## install what is missing, then serve on 127.0.0.1:9090 with data under ./data
	@exec node src/main.ts serve

test: types lint generated unit-and-behaviour ## everything: types, lint, generated code, the suite on SQLite and PostgreSQL

types: node_modules/.installed ## type check
	tsc

lint: node_modules/.installed ## lint and format check
	biome check .

generated: node_modules/.installed ## prove that gen-ts/ is what idl/ generates (needs the Thrift compiler; says so where it is not)
	node idl/generate.js --check

unit-and-behaviour: node_modules/.installed ## the Jest suite
	node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js

demo: node_modules/.installed ## real procedures end to end on a server of its own
	@node src/main.ts demo

bench: node_modules/.installed ## what calls cost beside a bare server, what size and the wire cost: tables, and JSON in bench/result.json
	@node bench/bench.ts bench/result.json

interop: node_modules/.installed ## clients in seven languages, made by the stock Thrift compiler, against a server (LANGUAGES="go ruby": these)
	@node interop/run.ts $(LANGUAGES)

soak: node_modules/.installed ## half an hour of mixed calls, then an hour of broken messages
	node test/fuzz/soak.ts --minutes 30 --rate 2000 --connections 16
	node test/fuzz/run.ts --seconds 3600

model: node_modules/.installed ## versions, reviews and locks against a model: 2,000 runs on SQLite, then on PostgreSQL (half an hour)
	JOBWRIGHT_MODEL_RUNS=1000 $(MAKE) --no-print-directory model-of-sqlite model-of-postgres

model-of-%:
	node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js --selectProjects $* -- test/services/job-templates/model

job-model: node_modules/.installed ## the running of jobs against a model: 2,000 runs on SQLite, then on PostgreSQL (half an hour)
	JOBWRIGHT_MODEL_RUNS=2000 $(MAKE) --no-print-directory job-model-of-sqlite job-model-of-postgres

job-model-of-%:
	node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js --selectProjects $* -- test/services/jobs/model

gen: node_modules/.installed ## regenerate gen-ts/ from idl/ (needs the Thrift compiler 0.17), and the pages that are made from code
	node idl/generate.js
	node docs/generate.ts

format: node_modules/.installed ## format and fix what the linter can fix
	biome check --write .

build: node_modules/.installed ## compile src/ to dist/ for the published package
	rm -rf dist && tsc -p tsconfig.build.json

clean: ## remove what was installed and built (never ./data)
	rm -rf node_modules dist
