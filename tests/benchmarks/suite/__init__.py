"""The suite beside stock Schemathesis and Specmatic's test mode, on planted defects."""
