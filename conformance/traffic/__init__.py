"""What goes over the wire: requests, answers, and the one road between suite and target."""
