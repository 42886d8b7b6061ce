"""How long a latency lasts."""

from math import log
from random import Random

from mockserver.faults.rule import Fault

_USUAL_DEVIATION = 0.25
_USUAL_SIGMA = 0.5


def draw_delay(fault: Fault, chance: Random, longest: float) -> float:
    """Return the delay of one reply in milliseconds, at most `longest`.

    `ms` is the delay itself, the least of a uniform one, the mean of a normal one, or the median
    of a lognormal one.
    """
    return min(max(_draw(fault, chance), 0.0), longest)


def _draw(fault: Fault, chance: Random) -> float:
    ms = float(fault["ms"])
    match fault["distribution"]:
        case "uniform":
            return chance.uniform(ms, 2 * ms if fault["to_ms"] is None else fault["to_ms"])
        case "normal":
            deviation = fault["deviation_ms"]
            return chance.gauss(ms, ms * _USUAL_DEVIATION if deviation is None else deviation)
        case "lognormal" if ms > 0:
            sigma = fault["sigma"]
            return chance.lognormvariate(log(ms), _USUAL_SIGMA if sigma is None else sigma)
        case _:
            return ms
