# Two commands for everybody: `make dataset` and `make test`. `make check` is for maintainers.
PYTHON ?= python3
BIN := .venv/bin/python
READY := .venv/ready
SERVER := .label-studio/ready

.PHONY: dataset test check baselines benchmark format lock clean
.DELETE_ON_ERROR:

dataset: $(READY)
	@$(BIN) scripts/build.py
	@$(BIN) scripts/show.py

test: $(READY) $(SERVER)
	@$(BIN) -m pytest -n auto --dist loadgroup -q

check: $(READY)
	@$(BIN) -m ruff check .
	@$(BIN) -m ruff format --check .
	@$(BIN) -m mypy
	@$(BIN) -m chipstance validate .
	@$(BIN) scripts/build.py --check
	@$(BIN) scripts/rules.py --check
	@$(BIN) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN) -m check_jsonschema --builtin-schema vendor.github-actions action.yml
	@$(BIN) -m pre_commit validate-manifest .pre-commit-hooks.yaml

# For maintainers: predictions in benchmarks/baselines/ and what README and card say of them.
baselines: $(READY)
	@$(BIN) scripts/baselines.py

# For maintainers, on a machine with nothing else to do: rates and ratios against peers.
benchmark: $(READY)
	@for name in validation rules scoring; do echo "== $$name"; $(BIN) benchmarks/$$name.py || exit 1; done

format: $(READY)
	@$(BIN) -m ruff check --fix .
	@$(BIN) -m ruff format .

# Versions only: a lock file would record the addresses of a package registry.
lock: $(READY)
	@$(BIN) -m uv pip compile -q --universal --all-extras --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --upgrade pyproject.toml -o constraints.txt
	@sed -i "s/ ; python_full_version < '3.14'$$//; s/python_full_version < '3.14' and //" constraints.txt

# An environment of its own: Label Studio needs older versions of what we use.
$(SERVER): constraints-label-studio.txt | $(READY)
	@$(BIN) scripts/label_studio.py prepare
	@touch $(SERVER)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo 'ChipStance needs Python 3.11, 3.12 or 3.13: call make PYTHON=python3.12, say' >&2; exit 2; }
	@test -x $(BIN) || $(PYTHON) -m venv .venv
	@$(BIN) -m pip install -q --disable-pip-version-check -c constraints.txt uv
	@$(BIN) -m uv pip install -q --python $(BIN) -c constraints.txt -b constraints.txt -e '.[dev]'
	@touch $(READY)

# .label-studio/data and accounts stay: they hold labels.
clean:
	rm -rf .venv .label-studio/venv .label-studio/template .label-studio/ready .mypy_cache .ruff_cache .pytest_cache .hypothesis
