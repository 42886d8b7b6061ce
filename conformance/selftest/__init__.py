"""The suite judges itself: each planted defect must be caught, no legal variant accused."""
