"""What the acceptance tests share."""

from pathlib import Path

import pytest

SHARED = ["sqlite", "postgresql"]


@pytest.fixture(params=SHARED)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database that several processes can share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    url: str = request.getfixturevalue("postgres_database")
    return url
