"""Talkdesk Explore: jobs, their files, and tokens, written from the documents by hand."""
