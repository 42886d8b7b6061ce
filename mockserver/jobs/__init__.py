"""The jobs of all vendors: stored facts, states derived over time, and administration."""
