"""Requests to Clinical One in which every defect and variant of the vendor shows."""

from collections.abc import Iterator

from conformance.reference.scripts.script import Step

MANAGER = {"Authorization": "Bearer mock-clinicalone-manager"}
VIEWER = {"Authorization": "Bearer mock-clinicalone-viewer"}
OTHER = {"Authorization": "Bearer mock-clinicalone-other"}
NOBODY = {"Authorization": "Bearer nobody"}

ROOT = "/ec-reporting-svc/rest"
STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
REPORT = "B2A4C1D09E7F4A5B8C6D7E8F90A1B2C3"
DATE_SPEC = {"fieldName": "visit", "fieldSequence": 1, "fieldType": "date-time"}
LARGE_SPEC = {"fieldName": "visit", "fieldSequence": 2**31, "fieldType": "string"}
# Five jobs are seeded: {0} succeeded, {1} waiting, {2} running, {3} failed, {4} a tenant report.
# The script creates {5} csv, {6} json, {7} training, {8} of the tenant, {9} another tenant's,
# {10} to fail, {11} that nobody kicks off.


def _wait(seconds: int) -> Step:
    return Step("POST /_mock/clock", json={"advance": f"PT{seconds}S"})


def _make(query: str, headers: dict[str, str] = MANAGER) -> Step:
    return Step(f"POST {ROOT}/v1.0/reports?reportid={REPORT}&{query}", headers, json={})


def _kick(number: int, query: str = "", headers: dict[str, str] = MANAGER, **body: object) -> Step:
    return Step(f"POST {ROOT}/v1.0/report/job/{{{number}}}{query}", headers, json=body)


def _get(query: str, headers: dict[str, str] = VIEWER) -> Step:
    return Step(f"GET {ROOT}/v2.0/reports/download{query}", headers)


def _runs(headers: dict[str, str] = VIEWER) -> Step:
    return Step(f"GET {ROOT}/v2.0/reportmetadata/downloadList?limit=20&offset=0", headers)


def _second_page() -> Step:
    return Step(f"GET {ROOT}/v2.0/reportmetadata/downloadList?limit=2&offset=2", VIEWER)


def _make_all() -> Iterator[Step]:
    yield _make(f"format=CSV&mode=test&studyId={STUDY}")
    yield _make(f"format=JSON&mode=test&studyId={STUDY}")
    yield _make(f"format=CSV&mode=training&studyId={STUDY}")
    yield _make("format=CSV&mode=active&studyId=null")
    yield _make(f"format=CSV&mode=test&studyId={STUDY}", OTHER)
    yield _make(f"format=CSV&mode=test&studyId={STUDY}")
    yield Step("POST /_mock/jobs/clinicalone/{10}/outcome", json={"outcome": "FAILED"})
    yield _make(f"format=CSV&mode=test&studyId={STUDY}")


def _kick_off() -> Iterator[Step]:
    yield from (_kick(5, f"?mode=test&studyId={STUDY}"), _kick(5))
    yield _kick(6, "?studyId=null", fieldSpecsList=[DATE_SPEC], extFieldSpecsList={})
    yield _kick(6, fieldSpecsList=[LARGE_SPEC])
    for name in ("é", "n" * 255):
        yield _kick(6, fieldSpecsList=[DATE_SPEC | {"fieldType": "string", "fieldName": name}])
    for count in (2, 40):
        yield _kick(6, fieldSpecsList=[DATE_SPEC | {"fieldType": "string"}] * count)
    for value in ("Bearer ", "Token mock-clinicalone-manager"):
        yield _kick(6, headers={"Authorization": value})
    yield from (_kick(7, "?mode=training"), _kick(7, "?mode=TRAINING"), _kick(7, "?mode=design"))
    yield from (_kick(8), _kick(10), _kick(3), _kick(0), _runs())
    yield from (_runs(NOBODY), _runs({}))
    yield from (_kick(9), _kick(5, "?verbose=1"))
    yield from (_kick(1, headers=VIEWER), _kick(1, headers=NOBODY), _kick(1, headers={}))
    path = f"POST {ROOT}/v1.0/report/job"
    yield Step(f"{path}/{'0' * 32}", MANAGER, json={})
    yield Step(f"{path}/{{5}}", MANAGER, json=[])
    yield from (
        _kick(5, fieldSpecsList=["visit"]),
        Step(f"{path}/{{5}}0", MANAGER, json={}),
        Step(f"{path}/{{5}}", MANAGER | {"Content-Type": "application/json"}, data=b"{"),
        Step(f"PUT {ROOT}/v1.0/report/job/{{5}}", MANAGER, json={}),
        Step(f"GET {ROOT}/v2.0/reportmetadata/downloadList?limit=all&offset=0", VIEWER),
        _runs({}),
    )
    yield _kick(6, fieldSpecsList=[{"fieldName": "subjectNumber", "fieldSequence": 2**15}])
    text = {"Content-Type": "text/plain"}
    yield from (Step(f"{path}/{{5}}", MANAGER | text, data=b) for b in (b"\xff", b"{}"))
    yield Step(f"{path}/{{5}}", MANAGER | {"Content-Type": "application/json"}, data=b"[" * 900)


def _download() -> Iterator[Step]:
    for number in (0, 2, 3, 5):
        yield _get(f"?id={{{number}}}")
    yield from (_wait(50), _runs(), _wait(50), _runs(), _second_page())
    for number in (4, 5, 5, 6, 7, 8, 9, 10):
        yield _get(f"?id={{{number}}}")
    yield _get(f"?id={{5}}&mode=test&studyId={STUDY}&reportName=x", VIEWER)
    yield from (_get("?id={5}&studyId=null"), _get("?id={5}&studyId=other"))
    yield _get("?id={5}", VIEWER | {"Accept-Encoding": "gzip"})


def _ask_wrongly() -> Iterator[Step]:
    for query in ("", "?id=", "?id=0000", "?id={5}&mode=live", "?id={5}&verbose=1"):
        yield _get(query)
    yield _get("?id={5}&rptKickoffDatetime=yesterday")
    yield _get("?id={5}&rptKickoffDatetime=2025-02-30T00:00:00Z")
    yield _get("?id={5}&reportName=%C3%A9tude")
    yield from (_get("?id={5}&reportName=%FF"), _get("?id={5}&mode=test&mode=test"))
    yield _get("?id=6a7c29dd011241dfbe1b64399283c860")
    yield from (
        _get("?id={5}&mode=TEST"),
        _get("?id={5}&rptKickoffDatetime=2025-02-03T04:05:06%2B02:00"),
    )
    for value in (
        "Bearer ",
        "Bearer MOCK-CLINICALONE-VIEWER",
        "Bearer mock-clinicalone-expired",
        "Bearer mock-clinicalone-guest",
    ):
        yield _get("?id={5}", {"Authorization": value})
    yield from (_make(f"format=XPORT&studyId={STUDY}"), _kick(12), _wait(100), _get("?id={12}"))
    yield from (_get("?id={5}", {}), _get("?id={5}", NOBODY), _get("?id={5}", OTHER))


def script() -> Iterator[Step]:
    """Yield the whole script."""
    for part in (_make_all, _kick_off, _download, _ask_wrongly):
        yield from part()
