"""The version. The distribution takes it from here: to ask it would take too long at a start."""

VERSION = "0.1.0"
