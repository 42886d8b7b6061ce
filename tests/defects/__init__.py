"""The suite against the reference app: each planted defect is caught, no freedom is accused."""
