"""The tests: tests/README.md says what is proven where."""
