"""The lifecycles' pictures in the README."""

from specs import picture


def test_pictures_are_as_the_lifecycles_are_now() -> None:
    text = picture.README.read_text(encoding="utf-8")
    assert picture.update(text) == text, "stale: run `python -m specs --write`"


def test_every_vendor_has_its_picture() -> None:
    text = picture.pictures()
    assert text.count("stateDiagram-v2") == text.count("### ") >= 3
    assert "CREATED --> PROCESSING : after 5 s" in text
