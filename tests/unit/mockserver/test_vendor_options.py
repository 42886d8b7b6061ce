"""Options of one vendor: what the contract lists, and nothing else."""

import pytest

import specs
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.vendors.registry import load_vendors, parse_options
from tests.unit.mockserver._played import contract_of

CONTRACTS = {name: contract_of(name) for name in specs.vendors()}


def test_options_have_the_defaults_of_the_contract() -> None:
    options = parse_options((), CONTRACTS)
    assert options == {
        "clinicalone": {},
        "energycap": {},
        "talkdesk": {"create": "wrapped", "types": ""},
    }


def test_the_last_of_an_option_counts() -> None:
    texts = ["talkdesk.create=flat", "talkdesk.types=a", "talkdesk.types=b=c"]
    assert parse_options(texts, CONTRACTS)["talkdesk"] == {"create": "flat", "types": "b=c"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("talkdesk", "write VENDOR.NAME=VALUE"),
        ("talkdesk.create", "write VENDOR.NAME=VALUE"),
        ("create=flat", "write VENDOR.NAME=VALUE"),
        ("talkdesc.create=flat", "unknown vendor; choose clinicalone, energycap, talkdesk"),
        ("talkdesk.creat=flat", "unknown option; talkdesk has create, types"),
        ("energycap.create=flat", "unknown option; energycap has none"),
        ("talkdesk.create=round", "choose wrapped or flat"),
        ("talkdesk.types=good,Bad Type", "'Bad Type' must be lower-case"),
    ],
)
def test_what_is_no_option_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_vendors(Settings(vendor_option=(text,)))
    assert str(caught.value).startswith(f"--vendor-option {text}: ")
    assert reason in str(caught.value)
