"""Imports Connexion and uvicorn without what they load for others: a third of the start.

They bring an HTTP client, a second framework, templates, test clients and two more servers, none of
which a running mock uses. While they are imported these are kept away; whoever wants one later gets
the real one, through Connexion too, but for its Flask application and two checks of formats: these
are kept away only where the process is the mock and nothing else.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_ABSENT = ("flask", "idna", "rfc3339_validator")
"""What Connexion, and jsonschema within it, does without if it is not installed."""

_LATER = ("httpx", "jinja2", "logging.config", "requests")
"""What is used within functions alone."""

_LATER_NAMES = (
    "connexion.middleware.server_error",
    "connexion.middleware.swagger_ui",
    "starlette.testclient",
    "uvicorn.supervisors",
    "werkzeug.serving",
    "werkzeug.test",
    "werkzeug.wrappers",
    "werkzeug.wsgi",
)
"""Modules of which names are imported for something that the mock does in another way or not."""


class _Later(ModuleType):
    """A module that is loaded by the first use of one of its names."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks
            raise AttributeError(name)
        return _load(self.__name__, name)


class _LaterNames(_Later):
    """A module each of whose names is loaded by its first use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _LaterName(self.__name__, name)


class _LaterName:
    """A class or function that is loaded when it is called, derived from or asked for a member."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _load(*self._place)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what an enumeration asks of its members
            raise AttributeError(name)
        return getattr(_load(*self._place), name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_load(*self._place),)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, _load(*self._place))


def _load(module: str, name: str) -> Any:
    if isinstance(sys.modules.get(module), _Later):  # something that is imported needs it at once
        del sys.modules[module]
    return getattr(import_module(module), name)


@contextmanager
def lean_imports(*, is_alone: bool = False) -> Iterator[None]:
    """Keep such modules away from what is imported within, as far as nobody has loaded them.

    `is_alone` if nothing but the mock will ever use Connexion in this process.
    """
    stand_ins: dict[str, ModuleType | None] = {}
    if is_alone:
        stand_ins |= dict.fromkeys(_ABSENT)  # None: is not installed
    stand_ins |= {name: _Later(name) for name in _LATER}
    stand_ins |= {name: _LaterNames(name) for name in _LATER_NAMES}
    put = {name: it for name, it in stand_ins.items() if name not in sys.modules}
    sys.modules.update(put)  # type: ignore[arg-type]
    for name in _LATER:  # a module that was imported by its full name is asked of its package
        package, _, child = name.rpartition(".")
        if package and name in put:
            setattr(import_module(package), child, put[name])
    is_collecting = gc.isenabled()
    gc.disable()  # nothing that an import loads is garbage
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()
        for name, stand_in in put.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
