"""Report files written as a whole: XLSX, DOCX, PDF and SAS transport.

The formats are published (ECMA-376, ISO 32000, SAS TS-140) and a table needs little of them. The
bytes are the same for the same job, unlike those of libraries that write the current time.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import BytesIO
from random import Random
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from mockserver.reports.content import (
    END,
    ID,
    TIMESTAMP,
    FileContent,
    Format,
    ReportTable,
    RowValues,
)

Table = Sequence[Sequence[str]]

_OFFICE = "application/vnd.openxmlformats-officedocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org"
_PAGE_LINES = 60
_LINE_LENGTH = 100
_XPORT_WIDTH = 200
_XPORT_RECORD = 80
_XPORT_CREATED = "01JAN70:00:00:00"


def _write(encode: Callable[[Table], bytes], report: ReportTable, rng: Random) -> FileContent:
    """Return the file; it is built in memory, so the report should be small."""
    values = RowValues(report, rng.getrandbits(48))
    table = [[column.name for column in report.columns]]
    for number in range(report.rows):
        ends = values.timestamp(number + 1)
        final = {ID: values.id(number), TIMESTAMP: values.timestamp(number), END: ends}
        row_values = [column.draw(rng) for column in report.columns]
        table.append([str(final.get(value, value)) for value in row_values])
    data = encode(table)
    return len(data), lambda: iter((data,))


def _xlsx(table: Table) -> bytes:
    space = f"{_MAIN}/spreadsheetml/2006/main"
    rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in table)
    relations = f"{_MAIN}/officeDocument/2006/relationships"
    return _package(
        "xl/workbook.xml",
        f"{_OFFICE}.spreadsheetml.sheet.main+xml",
        f'<workbook xmlns="{space}" xmlns:r="{relations}"><sheets>'
        '<sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>',
        {
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{rows}'
            "</sheetData></worksheet>",
        },
        {"/xl/worksheets/sheet1.xml": f"{_OFFICE}.spreadsheetml.worksheet+xml"},
    )


def _cell(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _docx(table: Table) -> bytes:
    space = f"{_MAIN}/wordprocessingml/2006/main"
    rows = "".join(f"<w:tr>{''.join(map(_paragraph, row))}</w:tr>" for row in table)
    return _package(
        "word/document.xml",
        f"{_OFFICE}.wordprocessingml.document.main+xml",
        f'<w:document xmlns:w="{space}"><w:body><w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>'
        "<w:p/></w:body></w:document>",
        {},
        {},
    )


def _paragraph(value: str) -> str:
    return f"<w:tc><w:p><w:r><w:t>{escape(value)}</w:t></w:r></w:p></w:tc>"


def _package(
    main: str, kind: str, content: str, extra_parts: dict[str, str], content_types: dict[str, str]
) -> bytes:
    """Return an Open Packaging file with a main part, extra parts and their content types."""
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{media}"/>'
        for name, media in {f"/{main}": kind, **content_types}.items()
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": _relations("officeDocument", main),
        main: content,
        **extra_parts,
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # An explicit ZipInfo has a fixed date, so the bytes are reproducible.
            info = ZipInfo(name)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def _relations(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_MAIN}/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
        "</Relationships>"
    )


def _pdf(table: Table) -> bytes:
    lines = ["  ".join(row).replace("\n", " ")[:_LINE_LENGTH] for row in table]
    pages = [lines[first : first + _PAGE_LINES] for first in range(0, len(lines), _PAGE_LINES)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]/Resources<</Font<</F 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (5 + 2 * number)
        )
        text = b"BT/F 8 Tf 9 TL 36 560 Td " + b"".join(map(_pdf_line, page)) + b"ET"
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(text), text))
    return _pdf_file(objects)


def _pdf_line(line: str) -> bytes:
    text = line.encode("cp1252", "replace")
    for letter in (b"\\", b"(", b")"):
        text = text.replace(letter, b"\\" + letter)
    return b"(%s)'" % text


def _pdf_file(objects: Iterable[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, content)
    start, size = len(out), len(offsets) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)


def _transport(table: Table) -> bytes:
    """Return a SAS transport file, version 5 (SAS Institute, TS-140), of text variables."""
    names, rows = table[0], [[value.encode() for value in row] for row in table[1:]]
    widths = [
        min(max([1, *(len(row[index]) for row in rows)]), _XPORT_WIDTH)
        for index in range(len(names))
    ]
    variables = b"".join(
        struct.pack(
            ">4h8s40s8s3h2s8s2hi52s",
            *(2, 0, width, number + 1, _padded(name[:8], 8), _padded(name, 40), b" " * 8),
            *(0, 0, 0, b"\0\0", b" " * 8, 0, 0, sum(widths[:number]), b"\0" * 52),
        )
        for number, (name, width) in enumerate(zip(names, widths, strict=True))
    )
    observations = b"".join(
        value[:width].ljust(width) for row in rows for value, width in zip(row, widths, strict=True)
    )
    system = "9.4     X64     " + " " * 24 + _XPORT_CREATED
    header = [
        _header("LIBRARY", "0" * 30),
        _record(f"SAS     SAS     SASLIB  {system}"),
        _record(_XPORT_CREATED),
        _header("MEMBER ", "000000000000000001600000000140"),
        _header("DSCRPTR", "0" * 30),
        _record(f"SAS     REPORT  SASDATA {system}"),
        _record(_XPORT_CREATED),
        _header("NAMESTR", f"000000{len(names):04}{'0' * 20}"),
        _record(variables),
        _header("OBS    ", "0" * 30),
    ]
    return b"".join(header) + _record(observations)


def _header(kind: str, digits: str) -> bytes:
    return _record(f"HEADER RECORD*******{kind} HEADER RECORD!!!!!!!{digits}")


def _padded(text: str, width: int) -> bytes:
    return text.encode()[:width].ljust(width)


def _record(content: str | bytes) -> bytes:
    """Return content, padded with blanks to whole records."""
    data = content.encode() if isinstance(content, str) else content
    return data + b" " * (-len(data) % _XPORT_RECORD)


XLSX = Format(f"{_OFFICE}.spreadsheetml.sheet", "xlsx", partial(_write, _xlsx))
DOCX = Format(f"{_OFFICE}.wordprocessingml.document", "docx", partial(_write, _docx))
PDF = Format("application/pdf", "pdf", partial(_write, _pdf))
TRANSPORT = Format("application/octet-stream", "xpt", partial(_write, _transport))
