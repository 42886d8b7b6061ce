"""The reference app: the three vendors by hand, with a switch for each planted defect."""
