"""EnergyCAP's report groups and distributions, written from the documents by hand."""
