"""A mock that is wired and only needs a server."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.gate import Gate
from mockserver.identities import Known
from mockserver.party import Party
from mockserver.sandboxes import Sandboxes
from mockserver.store.base import Store


@dataclass(frozen=True, slots=True)
class Mock:
    """The application, and what there is to tell about it; identities are by vendor."""

    app: Gate
    sandboxes: Sandboxes
    identities: Mapping[str, tuple[Known, ...]]
    parties: tuple[Party, ...]
    store: Store
