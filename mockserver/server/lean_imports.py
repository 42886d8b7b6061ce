"""Imports Connexion and uvicorn without what they load for others: a third of the start.

They bring an HTTP client, a second framework, templates, test clients and two more servers, none of
which a running mock uses. While they are imported these are kept away; whoever wants one later gets
the real one. That is for a process that is the mock and nothing else: in another one Connexion may
be wanted whole.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_ABSENT = ("flask",)
"""What Connexion does without, if it is not installed."""

_LATER = ("httpx", "jinja2", "logging.config", "requests")
"""What is used within functions alone."""

_NAMED = {
    "connexion.middleware.swagger_ui": ("SwaggerUIMiddleware",),
    "starlette.testclient": ("TestClient",),
    "uvicorn.supervisors": ("ChangeReload", "Multiprocess"),
    "werkzeug.serving": ("run_simple",),
    "werkzeug.test": ("Client",),
}
"""Modules of which names are imported for something that the mock does in another way or not."""


class _Later(ModuleType):
    """A module that is loaded by the first use of one of its names."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def lean_imports() -> Iterator[None]:
    """Keep such modules away from what is imported within, as far as nobody has loaded them."""
    stand_ins: dict[str, ModuleType | None] = dict.fromkeys(_ABSENT)  # None: is not installed
    stand_ins |= {name: _Later(name) for name in _LATER}
    stand_ins |= {module: _with(module, names) for module, names in _NAMED.items()}
    put = {name: it for name, it in stand_ins.items() if name not in sys.modules}
    sys.modules.update(put)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, stand_in in put.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _with(module: str, names: Iterable[str]) -> ModuleType:
    made = ModuleType(module)
    for name in names:
        setattr(made, name, type(name, (), {}))
    return made
