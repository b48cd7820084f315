# Shortcuts for developers. Nobody needs make: README.md has the two commands.
.PHONY: check docs bench clean

check:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy
	python3 manage.py test

docs:
	python3 manage.py test tests/test_docs.py

bench:
	.venv/bin/python -m benchmarks.messages
	.venv/bin/python -m benchmarks.plans

clean:
	rm -rf build dist staticfiles htmlcov .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
