"""HTTP: requests, recorded exchanges, and the one transport to the target."""
