"""The reference in `specs/README.md`: the generated sections are fresh, the example is valid."""

import re
from pathlib import Path

import pytest

import specs
from conformance.checks.lint import requirement_issues
from specs import readme
from specs.lint import check_vendor

EXAMPLE = re.compile(
    r"^`(acme/\w+\.yaml)`:\n\n<!-- [^>]+ -->\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE
)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The root of the example's three files."""
    for name, text in EXAMPLE.findall(readme.README.read_text(encoding="utf-8")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_generated_sections_are_fresh() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.update(text) == text, "stale: run `python -m specs --write`"
    assert {name for _, name, _ in readme.SECTION.findall(text)} == {
        "lifecycle",
        "requirements",
        "openapi",
        "diagrams",
    }


def test_example_passes_the_lint(example: Path) -> None:
    assert specs.vendors(example) == ("acme",)
    assert check_vendor("acme", example) == []


@pytest.mark.parametrize("profile", specs.PROFILES)
def test_example_loads_and_its_checks_exist(example: Path, profile: str) -> None:
    contract = specs.load("acme", profile, example)
    assert contract.lifecycle.states_named("Done") == {"DONE"}
    assert [row.check is None for row in contract.requirements] == [False, True]
    assert list(requirement_issues(contract)) == []


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("lifecycle", "| `actions.<action>.allowed` | list | The states in which"),
        ("lifecycle", "| `states.<name>.source` | `documented`, `vendor`, `observed`"),
        ("lifecycle", "| **`edges[].from`** | string | The state that"),
        ("lifecycle", "| `states.<name>.wire` | string or number or boolean or mapping |"),
        ("requirements", "| **`requirements[].check.name`** | string |"),
        ("openapi", "| `x-profiles` | mapping |"),
    ],
)
def test_tables_show_path_value_and_meaning(key: str, row: str) -> None:
    text = readme.update(f"<!-- {key}: written by a test -->\n<!-- end -->\n")
    assert f"\n{row}" in text
