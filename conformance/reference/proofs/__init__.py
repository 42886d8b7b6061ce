"""Planted defects and the requirements that prove themselves on them."""
