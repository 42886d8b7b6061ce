"""From recorded exchanges to a verdict for each requirement."""
