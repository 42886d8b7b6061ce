"""The way to a finding: found, made smaller, written down, and gone again."""
