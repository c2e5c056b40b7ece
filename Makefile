# Every command that the project needs. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Variables that may be set on the command line.
PYTHON ?= python3
ARCH ?= arm64
ENVIRONMENT ?= default
SECONDS ?= 60

VENV := .local/venv
TOOLS := .local/tools
LOGS := .local/logs
IN_VENV := $(VENV)/bin/python
OPENAPI := .local/openapi
CHECKOV := .local/checkov
WORKFLOWS := .local/workflows
STACK := PYTHONPATH=infra $(IN_VENV) infra/local/stack.py
RELEASE := PYTHONPATH=infra:infra/local $(IN_VENV) -m release
MAVEN := mvn --batch-mode --no-transfer-progress -Dmaven.repo.local="$(CURDIR)/.local/m2" -Dcurlew.stack="$(CURDIR)/.local/stack.json"
CONSOLE := functions/serve-console/ui
FIREBASE := tests/bench/firebase
CARGO_TARGET := $(or $(CARGO_TARGET_DIR),target)
HOST = $(shell rustc --print host-tuple)
RUST_TARGET = $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu
# Architectures of a release: both, or the one that ARCH= names.
RELEASED = $(if $(filter command,$(origin ARCH)),$(ARCH),arm64 x86_64)
CARGO_DENY := $(TOOLS)/bin/cargo-deny
CARGO_DENY_VERSION := 0.20.2

# Runs a command on the local stack, and takes the stack down afterwards, also after a failure.
define on_stack
@set -o pipefail; status=0; { $(STACK) up && $(1); } || status=$$?; $(STACK) down; exit $$status
endef

# Prints which step is skipped for lack of a tool, and stores it for `totals`.
skipped = echo 'skipped: $(1), needs $(2)' | tee $(LOGS)/skipped-$(1)

# Versions of Node that run the console's tools.
NODE_FITS := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(+(a == 20 ? b < 19 : a == 22 ? b < 13 : a < 24))'

export SAM_CLI_TELEMETRY := 0

##@ Run

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Variables'
	@echo '  ARCH=arm64|x86_64        architecture of build and deploy ($(ARCH))'
	@echo '  FROM=dist/curlew-..      release that deploy and up take, in place of a build'
	@echo '  ENVIRONMENT=default|prod environment of deploy, from samconfig.toml ($(ENVIRONMENT))'
	@echo '  VENDOR_BASE_URL=<url>    vendor server to use in place of the simulators'
	@echo '  VENDOR_CA_PEM=<pem>      certificate authority of that server, if it is your own'
	@echo '  CURLEW_AWS_PORT=4566     port of the emulator'
	@echo '  CURLEW_VENDOR_PORT=4700  port of the vendor simulators'
	@echo '  CURLEW_API_PORT=4600     port of the HTTP API and the WebSocket API'
	@echo '  CURLEW_AWS_FAULTS_PORT=4570 port of the proxy that lets AWS calls of functions fail; without it there is none but in e2e'
	@echo '  CURLEW_CHROMIUM=<path>   Chromium of console-test, or none; else one is looked for, and installed if root may'
	@echo '  KEEP=1                   lets demo leave the local stack up, to look at its app in the console'
	@echo '  PYTHON=python3           Python 3.11 or newer'
	@echo '  SECONDS=60 TARGET=<name> time and target of fuzz; INPUT=<file> calls the target once; MERGE=1 keeps what reaches new code'
	@echo '  PARTS="start message"    parts of bench to measure; REPEAT=3 runs each part so often, and shows how much the runs differ'
	@echo '  SAME_TOOLS=1             lets bench fail where the tools are not those of its baseline'
	@echo '  APPLY=1                  lets import-easemob write to Curlew, and redrive move records'

.PHONY: demo
demo: $(VENV)/.ready binaries ## Deploy locally, play a story, and take the stack down; KEEP=1 and a stack that runs already leave it up.
ifneq ($(filter 1 yes true,$(KEEP))$(wildcard .local/stack.json),)
	@$(STACK) up && CURLEW_KEEP=1 $(CARGO_TARGET)/debug/demo
else
	$(call on_stack,$(CARGO_TARGET)/debug/demo)
endif

.PHONY: up
up: export CURLEW_RELEASE = $(FROM)
up: $(VENV)/.ready binaries ## Deploy the real template locally, or the release FROM=dist/..; describes it in .local/stack.json.
	@$(STACK) up

.PHONY: down
down: $(VENV)/.ready ## Stop the local stack.
	@$(STACK) down

.PHONY: capture
capture: $(VENV)/.ready ## Capture what this version writes, on a fresh local stack: NAME=<month and letter> (tests/fixtures/upgrade).
	$(IN_VENV) infra/local/capture.py $(NAME)

.PHONY: binaries
# A release has its functions with it.
up release-smoke: BUILT = $(if $(FROM),--package curlew-tests,--workspace)
binaries:
	cargo build $(or $(BUILT),--workspace) --bins

##@ Check

# Cheap steps come first, so that a mistake shows early.
.PHONY: test
test: | $(LOGS) ## Run every check and test that needs no other machine; the local stack is used and taken down.
	@rm -f $(LOGS)/test-*.log $(LOGS)/skipped-*
	@$(MAKE) lint deny template-lint workflow-lint
	@$(MAKE) unit
	@$(MAKE) e2e
	@$(MAKE) console-test-where-node
	@$(MAKE) totals

# Modules that a macro declares. cargo fmt does not find them.
DECLARED_BY_MACRO = $(wildcard shared/vendors/src/*/mod.rs tests/src/simulators/*/mod.rs)

.PHONY: lint
lint: ## Check formatting, run clippy with warnings as errors, and prove that the domain needs no AWS.
	cargo fmt --all --check
	rustfmt --edition 2024 --check $(DECLARED_BY_MACRO)
	cargo clippy --workspace --exclude curlew-fuzz --all-targets --all-features -- -D warnings
	cargo clippy --package curlew-fuzz --all-targets -- -D warnings
	cargo check -p shared --no-default-features

.PHONY: deny
deny: $(CARGO_DENY) ## Check the dependencies' licences, sources and bans.
	$(CARGO_DENY) --log-level warn check --hide-inclusion-graph bans licenses sources

.PHONY: advisories
advisories: $(CARGO_DENY) ## Check the dependencies against the advisory database, which is fetched.
	$(CARGO_DENY) check advisories

.PHONY: template-lint
template-lint: $(VENV)/.ready $(OPENAPI)/.ready $(CHECKOV)/.ready
	AWS_DEFAULT_REGION=us-east-1 $(VENV)/bin/sam validate --lint --template infra/template.yaml
	$(VENV)/bin/cfn-lint --regions us-east-1 eu-central-1 cn-north-1 cn-northwest-1 -- infra/template.yaml
	CKV_SKIP_PACKAGE_UPDATE_CHECK=true $(CHECKOV)/bin/checkov --config-file infra/local/checkov.yaml
	$(OPENAPI)/bin/python infra/local/openapi_lint.py

.PHONY: workflow-lint
workflow-lint: $(WORKFLOWS)/.ready
	PATH="$(CURDIR)/$(WORKFLOWS)/bin:$$PATH" $(WORKFLOWS)/bin/jactionlint --strict-exit .github/workflows/*.yml

# `totals` reads the logs.
.PHONY: unit
unit: | $(LOGS)
	@for package in import_easemob dead_letters smoke scaling release bench; do \
		PYTHONPATH=infra:infra/local $(PYTHON) -m unittest discover --start-directory infra/$$package/tests --top-level-directory infra || exit 1; done
	set -o pipefail; cargo test --workspace 2>&1 | tee $(LOGS)/test-unit.log

.PHONY: simulate
simulate: ## Play seeded stories against the whole product in one process: SEEDS=<n> from FROM=<n> on, MINUTES=<n>, or SEED=<n> to replay one.
	CURLEW_SEEDS=$(SEEDS) CURLEW_MINUTES=$(MINUTES) CURLEW_SEED=$(SEED) CURLEW_FIRST_SEED=$(FROM) \
		cargo test -p curlew-tests --test it -- simulation::stories --nocapture

.PHONY: e2e
# Functions call AWS through the proxy that lets calls fail. It does so only in the test that asks for it.
e2e: export CURLEW_AWS_FAULTS_PORT := $(or $(CURLEW_AWS_FAULTS_PORT),4570)
e2e: $(VENV)/.ready $(OPENAPI)/.ready binaries | $(LOGS)
	LOG_LEVEL=ERROR $(IN_VENV) -m unittest discover --start-directory infra/local
	$(call on_stack,CURLEW_PYTHON="$(PYTHON)" cargo test -p curlew-tests --features e2e --test e2e 2>&1 | tee $(LOGS)/test-e2e.log \
		&& $(OPENAPI)/bin/python infra/local/openapi.py 2>&1 | tee $(LOGS)/openapi.log \
		&& cargo test -p curlew-tests --features e2e --test e2e whole_run::no_secret 2>&1 | tee $(LOGS)/canaries.log)

.PHONY: conformance
conformance: $(VENV)/.ready | $(LOGS) ## Run the store's contract suite on AWS's own DynamoDB Local (needs Java 17 and npm).
	set -o pipefail; $(IN_VENV) infra/local/dynamodb.py cargo test -p curlew-tests --features conformance --test conformance 2>&1 \
		| tee $(LOGS)/test-conformance.log

# One run of Maven. Its story needs the stack; the unit tests do not.
.PHONY: client-test
client-test: $(VENV)/.ready binaries | $(LOGS) ## Test the client for phones, and play its story on the local stack (needs Java 17 and Maven).
	$(call on_stack,$(MAVEN) --file tests/clients/java/pom.xml test 2>&1 | tee $(LOGS)/test-client.log)

.PHONY: compat
compat: $(VENV)/.ready binaries | $(LOGS) ## Call the local stack with Easemob's published server SDK (needs Java 17 and Maven).
	$(call on_stack,$(MAVEN) --file tests/compat/pom.xml test 2>&1 | tee $(LOGS)/test-compat.log)

# The built files are committed, so deploying needs no Node. They must equal the build of the sources.
.PHONY: console-test
console-test: $(CONSOLE)/node_modules/.package-lock.json | $(LOGS) ## Test the console and its committed files, and in Chromium on the local stack (needs Node 20.19, 22.13 or 24).
	set -o pipefail; export NO_COLOR=1; cd $(CONSOLE) && { npm run --silent check && npm test --silent; } 2>&1 | tee $(CURDIR)/$(LOGS)/test-console.log
	cd $(CONSOLE) && npm run --silent api -- $(CURDIR)/.local/console-schema.d.ts >/dev/null && \
		npx vite build --logLevel warn --outDir $(CURDIR)/.local/console --emptyOutDir
	{ diff .local/console-schema.d.ts $(CONSOLE)/src/api/schema.d.ts && diff --recursive .local/console functions/serve-console/dist; } || { echo 'stale: run `make console` and commit what it builds'; exit 1; }
	@rm -f $(LOGS)/skipped-console-browser-test
	@chromium="$$($(PYTHON) infra/local/chromium.py)" && if [ -n "$$chromium" ]; then $(MAKE) console-browser-test CURLEW_CHROMIUM="$$chromium"; \
		else $(call skipped,console-browser-test,chromium); fi

.PHONY: console-test-where-node
console-test-where-node: | $(LOGS)
	@rm -f $(LOGS)/skipped-console-test
	@if command -v npm >/dev/null && $(NODE_FITS) 2>/dev/null; then $(MAKE) console-test; \
		else $(call skipped,console-test,node 20.19 with npm); fi

# Shows the console of the local stack in the browser that CURLEW_CHROMIUM names.
.PHONY: console-browser-test
console-browser-test: $(CONSOLE)/node_modules/.package-lock.json $(VENV)/.ready binaries | $(LOGS)
	$(call on_stack,{ cd $(CONSOLE) && NO_COLOR=1 npm run --silent test:browser; } 2>&1 | tee $(LOGS)/test-console-browser.log)

.PHONY: totals
totals:
	@$(PYTHON) infra/local/totals.py $(LOGS)/test-*.log
	@cat $(LOGS)/skipped-* 2>/dev/null || true

.PHONY: fuzz
fuzz: ## Fuzz each parser of untrusted bytes for SECONDS, or one TARGET (needs a C++ compiler). `make unit` replays the stored inputs.
	@$(PYTHON) infra/local/fuzz.py --seconds $(SECONDS) --target "$(TARGET)" --input "$(INPUT)" $(if $(filter 1 yes true,$(MERGE)),--merge)

.PHONY: bench
# The functions run in release builds, and the stack around them as in other tests.
bench: $(VENV)/.ready $(FIREBASE)/node_modules/.package-lock.json binaries ## Measure all budgets on the release binaries and the local stack, and compare with tests/fixtures/bench.json (needs valgrind and Node 20). ACCEPT=1 writes it anew.
	PUSH_COST=1 infra/local/compile.sh $(HOST) cargo
	$(call on_stack,$(if $(or $(if $(PARTS),,all),$(filter cost,$(PARTS))),$(CARGO_TARGET)/debug/stack-cost > .local/cost.json &&) PYTHONPATH=infra:infra/local $(IN_VENV) -m bench \
		$(CARGO_TARGET)/$(HOST)/release $(CARGO_TARGET)/debug/vendor-simulators --parts "$(PARTS)" --repeat $(or $(REPEAT),1) $(if $(filter 1 yes true,$(ACCEPT)),--accept) $(if $(filter 1 yes true,$(SAME_TOOLS)),--same-tools))

.PHONY: cost
cost: $(VENV)/.ready binaries ## Count what pushes use on the local stack, and price it.
	$(call on_stack,$(CARGO_TARGET)/debug/stack-cost > .local/cost.json && $(PYTHON) infra/local/costs.py .local/cost.json)

.PHONY: waits
waits: ## Model what a receiver waits for a push, and what Lambda costs, by release build and memory size (infra/local/waits.toml).
	@$(PYTHON) infra/local/waits.py

.PHONY: template
template: ## Generate the other vendors' parts of infra/template.yaml from FCM's; the result is committed.
	cargo run --quiet --package curlew-tests --bin template

.PHONY: fmt
fmt: ## Format the Rust code.
	cargo fmt --all
	rustfmt --edition 2024 $(DECLARED_BY_MACRO)

##@ Write

# The tests of the documents compare their tables with the code, or write them.
.PHONY: docs
docs: $(OPENAPI)/.ready ## Write the tables of the documents and the lists of vendors from the code, those of scaling from its model, and build the API's reference: .local/docs/reference.html.
	@PYTHONPATH=infra $(PYTHON) -m scaling
	CURLEW_WRITE_DOCUMENTS=1 cargo test --quiet -p curlew-tests --test it -- documents::
	@$(OPENAPI)/bin/python infra/local/reference.py .local/docs/reference.html

##@ Ship

.PHONY: console
console: $(CONSOLE)/node_modules/.package-lock.json ## Build the files of the console, which are committed (needs Node 20.19, 22.13 or 24).
	cd $(CONSOLE) && npm run --silent api -- src/api/schema.d.ts >/dev/null && npm run --silent build

.PHONY: build
# Binaries name paths of their sources, as panics do. These are the same wherever somebody builds.
build: export RUSTFLAGS := $(RUSTFLAGS) --remap-path-prefix=$(CURDIR)=/curlew --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo
build: $(VENV)/.ready ## Compile every function for Lambda and lay out what `make deploy` uploads.
	@rustup target list --installed | grep -qx $(RUST_TARGET) || rustup target add $(RUST_TARGET)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" infra/local/compile.sh $(RUST_TARGET) cargo-lambda lambda
	@$(IN_VENV) infra/local/artifacts.py $(CARGO_TARGET)/lambda .aws-sam/build

.PHONY: deploy
# A release needs no compiler: its functions are in it.
deploy: $(if $(FROM),$(VENV)/.ready,build) ## Deploy what was built, or the release FROM=dist/.., with the chosen environment of samconfig.toml.
	$(if $(FROM),$(RELEASE) deploy --environment $(ENVIRONMENT) "$(FROM)",$(VENV)/bin/sam deploy --template-file .aws-sam/build/template.yaml \
		--config-file "$(CURDIR)/samconfig.toml" --config-env $(ENVIRONMENT))

.PHONY: release
release: $(VENV)/.ready ## Write archives of the commit for both architectures, or for ARCH=.., into dist, with checksums and a bill of materials.
	@$(RELEASE) build $(RELEASED)

.PHONY: release-check
release-check: $(VENV)/.ready ## Make the archives of dist once more from other paths, and compare them byte by byte.
	@$(RELEASE) check $(RELEASED)

.PHONY: release-smoke
release-smoke: export CURLEW_RELEASE = $(FROM)
release-smoke: $(VENV)/.ready binaries ## Deploy the release FROM=dist/.. for this machine's architecture locally, check it by a push, and take the stack down.
	$(if $(FROM),,$(error name a release: FROM=dist/..))
	$(call on_stack,PYTHONPATH=infra $(IN_VENV) -m smoke --local)

.PHONY: backfill
backfill: $(VENV)/.ready ## After an upgrade: complete memberships and heads of groups of earlier versions, then list their users and groups. ARGS=--help shows more.
	@$(IN_VENV) infra/backfill.py --environment $(ENVIRONMENT) $(ARGS)
	@$(IN_VENV) infra/backfill_directory.py --environment $(ENVIRONMENT) $(filter --local --help,$(ARGS))

.PHONY: smoke
smoke: $(VENV)/.ready ## After a deployment: check by an app of its own what works. VENDOR=.. CREDENTIAL=<file>, and TOKEN in the environment, for a real phone. ARGS=--help shows more.
	@PYTHONPATH=infra $(IN_VENV) -m smoke --environment $(ENVIRONMENT) $(if $(VENDOR),--vendor "$(VENDOR)") $(if $(CREDENTIAL),--credential "$(CREDENTIAL)") $(ARGS)

.PHONY: dead-letters
dead-letters: $(VENV)/.ready ## List the dead letters of all queues, or of QUEUE=<dispatch, push-fcm, ..>, with their reasons. ARGS=--help shows more.
	@PYTHONPATH=infra $(IN_VENV) -m dead_letters list --environment $(ENVIRONMENT) $(if $(QUEUE),--queue "$(QUEUE)") $(ARGS)

.PHONY: redrive
redrive: $(VENV)/.ready ## Move the dead letters of QUEUE=.. back to it, RATE=<20> a second: a dry run, or APPLY=1. ARGS=--help shows more.
	@PYTHONPATH=infra $(IN_VENV) -m dead_letters redrive --environment $(ENVIRONMENT) --queue "$(QUEUE)" $(if $(RATE),--rate "$(RATE)") \
		$(if $(filter 1 yes true,$(APPLY)),--apply) $(ARGS)

.PHONY: import-easemob
import-easemob: ## Move an app from Easemob to Curlew (docs/migrating.md): a dry run, or APPLY=1. ARGS=--help shows more.
	@PYTHONPATH=infra $(PYTHON) -m import_easemob $(if $(filter 1 yes true,$(APPLY)),--apply) $(ARGS)

.PHONY: clean
clean: ## Stop the local stack and remove everything that was built or fetched.
	@if [ -x $(IN_VENV) ]; then $(STACK) down; fi
	rm -rf .local .aws-sam dist target $(FIREBASE)/node_modules tests/clients/java/target tests/compat/target

# ---- tools, installed into the project when missing ----

$(LOGS):
	@mkdir -p $@

$(VENV)/.ready: infra/local/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed; name one with make PYTHON=<path>' >&2; exit 1; }
	@echo 'Installing the tools of the local stack into $(VENV)'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(IN_VENV) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(OPENAPI)/.ready: infra/local/openapi-requirements.txt
	@echo 'Installing what reads docs/openapi.yaml into $(OPENAPI)'
	@rm -rf $(OPENAPI)
	@$(PYTHON) -m venv $(OPENAPI)
	@$(OPENAPI)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

$(CHECKOV)/.ready: infra/local/checkov-requirements.txt
	@echo 'Installing checkov, which judges infra/template.yaml, into $(CHECKOV)'
	@rm -rf $(CHECKOV)
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(WORKFLOWS)/.ready: infra/local/workflows-requirements.txt
	@echo 'Installing what judges the workflows into $(WORKFLOWS)'
	@rm -rf $(WORKFLOWS)
	@$(PYTHON) -m venv $(WORKFLOWS)
	@$(WORKFLOWS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(CARGO_DENY):
	cargo install --locked --root $(TOOLS) cargo-deny@$(CARGO_DENY_VERSION)

$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package.json $(CONSOLE)/package-lock.json
	cd $(CONSOLE) && npm ci --no-fund --no-audit
	@touch $@

# Its optional dependencies are clients of other services.
$(FIREBASE)/node_modules/.package-lock.json: $(FIREBASE)/package.json $(FIREBASE)/package-lock.json
	cd $(FIREBASE) && npm ci --no-fund --no-audit --omit=optional --ignore-scripts
	@touch $@
