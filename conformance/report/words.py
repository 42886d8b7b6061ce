"""What verdicts mean, in the words of every report."""

from conformance.outcome import Verdict

WHOLE = {
    Verdict.PASS: "conforms",
    Verdict.FAIL: "does not conform",
    Verdict.ERROR: "could not be judged",
}
"""Of a whole run."""

MEANINGS = {
    Verdict.FAIL: "breaks what the vendor's document promises",
    Verdict.ERROR: "could not be judged: the network or the suite failed",
    Verdict.WARN: "departs from a should, or from a weaker source",
    Verdict.SKIP: "not tried",
    Verdict.PASS: "kept",
}
"""Of a requirement."""
