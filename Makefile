# Everything from a fresh clone: `make run`, then `make demo` in another terminal.
# Set-up, supervision and the gate are deploy/local (Python standard library only).

PYTHON ?= python3
NAME ?=
SCALE ?= small
LOCAL = $(PYTHON) -m deploy.local

.DEFAULT_GOAL := help
.PHONY: help run test quick demo bench stop clean shell lock up

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: ## Set everything up and run the whole platform until Ctrl-C
	@$(LOCAL) run

test: ## The one gate: style, types, contracts, schema, documents, all tests
	@$(LOCAL) test

quick: ## The gate without the tests
	@$(LOCAL) quick

demo: ## Drive the running platform through the rent journey, as its clients would
	@$(LOCAL) demo

bench: ## Measure one topic: make bench NAME=search SCALE=small|full
	@$(LOCAL) bench "$(NAME)" --scale "$(SCALE)"

stop: ## Stop what `make run` or `make up` started
	@$(LOCAL) stop

clean: ## Stop, then remove the virtual environment and all local data
	@$(LOCAL) clean

shell: ## A Django shell on the local database
	@$(LOCAL) shell

lock: ## Rewrite requirements.txt and requirements-dev.txt from pyproject.toml
	@$(LOCAL) lock

up: ## Start only the private PostgreSQL and Redis, and leave them up
	@$(LOCAL) up
