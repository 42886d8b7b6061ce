"""Report files: generated content in text and binary formats."""
