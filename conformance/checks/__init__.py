"""The checks, one registered function each; `registry.load_checks` imports every module here."""
