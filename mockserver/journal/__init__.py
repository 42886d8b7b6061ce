"""What a sandbox has been asked and has answered: the last of it, bounded, without secrets."""

from mockserver.journal.bounds import Bounds
from mockserver.journal.budget import Budget
from mockserver.journal.diary import Diary
from mockserver.journal.entry import Entry, Fault, Touch, Verdict
from mockserver.journal.ring import Journal

__all__ = ["Bounds", "Budget", "Diary", "Entry", "Fault", "Journal", "Touch", "Verdict"]
