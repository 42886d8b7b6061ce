"""The checks, one small registered function each; `base.load` imports every module here."""
