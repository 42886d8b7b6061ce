"""What a sandbox has been asked and has answered: the last of it, bounded, without secrets."""

from mockserver.journal.budget import Budget
from mockserver.journal.entry import Entry, Fault, Touch, Verdict
from mockserver.journal.ring import Bounds, Journal

__all__ = ["Bounds", "Budget", "Entry", "Fault", "Journal", "Touch", "Verdict"]
