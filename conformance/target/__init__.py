"""The target under test: configuration, credentials, write policy, client, clean-up."""
