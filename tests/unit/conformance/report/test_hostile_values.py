"""Whatever a target says: no report breaks its format, obeys it, or shows a secret."""

import html.parser
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import report
from conformance.evaluation import Result
from conformance.http.redaction import Redactor
from conformance.report.ci_formats import render_github, render_sarif
from conformance.report.exchange_text import visible
from tests.unit.conformance._results import exchange, result

COMMANDS = ("::add-mask::x", "##[error]x", "\n::stop-commands::y", "\x1b[2J\x1b]0;t\x07")
SIGNS = ("\x00", "\ud800", "\u202e", "\ufffe", "\x85", "{{ 1 }}", "<!--", "@all", "'\"", "\\")
HOSTILE = st.lists(
    st.sampled_from(
        (*COMMANDS, "</pre><script>", "]]>", "&lt;", "|", "`" * 5, "~~~~", "\r\n", "%0A", *SIGNS)
    )
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cc", "Cs", "Cf", "Co"]), max_size=5),
    max_size=12,
).map("".join)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def saying(text: str) -> Result:
    """Return a result in which the target says `text` wherever it can."""
    base = result()
    body = json.dumps({"id": text, text: [text]}).encode()
    first = exchange(1, "getJob", body)
    assert first.response is not None
    header = {"Content-Type": text, "Location": text}
    response = replace(first.response, headers=header)
    first = replace(first, response=response, together=(text,))
    raw = text.encode("utf-8", "surrogatepass")
    plain = replace(first, number=2, response=replace(response, body=raw))
    sent = replace(first.request, body=raw, headers={"X-A": text})
    plain = replace(plain, request=sent, together=())
    rows = tuple(
        replace(row, reason=text, exchanges=(first, plain) if n % 2 else (plain,))
        for n, row in enumerate(base.requirements)
    )
    return replace(base, requirements=rows, notes=(text,))


class Tags(html.parser.HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)


@settings(max_examples=25)
@given(text=HOSTILE)
def test_no_report_breaks_its_format(text: str):
    base = saying(text)
    data = json.loads(report.RENDERERS["json"](base))
    assert data["vendor"] == "tiny"
    for kind in ("junit", "gitlab"):
        assert len(ET.fromstring(report.RENDERERS[kind](base)).findall(".//testcase")) == 5
    assert len(json.loads(render_sarif(base))["runs"][0]["results"]) == 3
    reader = Tags()
    reader.feed(str(report.RENDERERS["html"](base)))
    assert not reader.tags & {"script", "img", "iframe", "object", "link", "form"}


@settings(max_examples=25)
@given(text=HOSTILE)
def test_no_text_moves_the_cursor_or_commands_a_runner(text: str):
    base = saying(text)
    for kind in ("text", "markdown", "html"):
        content = str(report.RENDERERS[kind](base))
        content.encode()
        assert CONTROL.search(content) is None
    for line in str(report.RENDERERS["text"](base)).splitlines():
        assert not line.strip().startswith("::")
        assert "##[" not in line
    annotations = render_github(base).split("\n")
    assert [line.split(" ")[0] for line in annotations] == [
        "::error",
        "::warning",
        "::warning",
        "::notice",
        "",
    ]


@settings(max_examples=25)
@given(text=HOSTILE)
def test_markdown_keeps_its_table_and_its_code_blocks(text: str):
    lines = str(report.RENDERERS["markdown"](saying(text))).split("\n")
    rows = [line for line in lines if re.match(r"\| \S+ \| \*\*TY", line)]
    assert len(rows) == 3
    for row in rows:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 5
    open_fence = ""
    for line in lines:
        if open_fence:
            open_fence = "" if line == open_fence else open_fence
        elif fence := re.match("`{3,}", line):
            open_fence = fence[0]
        else:
            assert "<script>" not in line
    assert open_fence == ""


@given(text=st.text())
def test_visible_text_is_xml_and_stays_as_it_is(text: str):
    once = visible(text)
    assert visible(once) == once
    assert ET.fromstring(f"<a>{once.replace('&', '').replace('<', '')}</a>") is not None


SECRET = "s3cret+Key/" + "With=Odd&Signs"


@pytest.mark.parametrize("kind", [*report.RENDERERS, "github"])
@settings(max_examples=10)
@given(
    prefix=st.text(max_size=5), spelling=st.sampled_from(["{}", '"{}"', "Bearer {}", "?k={}&x=1"])
)
def test_no_report_shows_a_secret_that_the_target_echoes(kind: str, prefix: str, spelling: str):
    redactor = Redactor()
    redactor.register(SECRET, "$TINY_TOKEN")
    base = saying(prefix + spelling.format(SECRET))
    rows = []
    for row in base.requirements:
        exchanges = []
        for one in row.exchanges:
            assert one.response is not None
            seen = replace(
                one.response,
                body=redactor.redact_bytes(one.response.body),
                headers=redactor.redact_headers(one.response.headers),
            )
            body = redactor.redact_bytes(one.request.body or b"")
            headers = redactor.redact_headers(one.request.headers)
            sent = replace(one.request, body=body, headers=headers)
            beside = tuple(redactor.redact(line) for line in one.together)
            exchanges.append(replace(one, response=seen, request=sent, together=beside))
        reason = redactor.redact(row.reason)
        rows.append(replace(row, reason=reason, exchanges=tuple(exchanges)))
    clean = replace(base, requirements=tuple(rows), notes=(redactor.redact(base.notes[0]),))
    render = render_github if kind == "github" else report.RENDERERS[kind]
    content = render(clean)
    text = content if isinstance(content, str) else content.decode()
    assert SECRET not in text
    assert "s3cret" not in text
