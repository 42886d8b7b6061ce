"""The jobs of all vendors: their facts, their states over time, and their files."""
