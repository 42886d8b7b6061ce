"""The compiled OpenAPI contract: request parsing, response validation and examples."""
