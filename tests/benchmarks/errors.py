"""What can go wrong in a benchmark.

BenchmarkError
├── UnavailableError   a contender cannot be had on this machine
└── UnhealthyError     a contender ended, did not answer in time, or answered with errors
"""


class BenchmarkError(Exception):
    """The measurement could not be made; the message says why."""


class UnavailableError(BenchmarkError):
    """A contender cannot be had here; the message says what to install."""


class UnhealthyError(BenchmarkError):
    """A contender did not do what was to be measured."""
