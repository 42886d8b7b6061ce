"""Leads jobs through their lives, as a client would."""
