"""The version, read by the build: asking the installed distribution would slow the start."""

VERSION = "0.1.0"
