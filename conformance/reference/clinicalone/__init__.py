"""Oracle Clinical One's reporting service, written from the documents by hand."""
