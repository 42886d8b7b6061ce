"""Clinical One's planted defects and legal variants."""

from conformance.reference.switch import Defect, Variant


def _defect(
    switch: str, text: str, statements: str, source: str = "documented", level: str = "must"
) -> Defect:
    return Defect(
        switch, "clinicalone", text, tuple(statements.split()), source=source, level=level
    )


def _free(switch: str, text: str) -> Variant:
    return Variant(switch, "clinicalone", text)


_KICKOFF = (
    _defect("c1-kickoff-right-ignored", "a viewer may kick off", "C1-S02"),
    _defect("c1-kickoff-no-token-ok", "a kick-off needs no token", "C1-S10"),
    _defect("c1-kickoff-any-token-ok", "any token may kick off", "C1-S10"),
    _defect("c1-kickoff-right-403", "a missing right gets 403", "C1-S02 C1-S10"),
    _defect("c1-kickoff-mode-unchecked", "a mode outside the set is taken", "C1-S04"),
    _defect("c1-kickoff-mode-capitals", "TRAINING in capitals is taken for a mode", "C1-S04"),
    _defect("c1-kickoff-training-refused", "mode training gets 400", "C1-S04"),
    _defect(
        "c1-kickoff-null-study-refused", "the study id null gets 400", "C1-S05", level="should"
    ),
    _defect("c1-kickoff-tenant-refused", "a tenant report cannot be kicked off", "C1-S05"),
    _defect("c1-kickoff-unknown-ok", "implied: an unknown job gets 202", "C1-S03"),
    _defect("c1-kickoff-other-tenant", "implied: another tenant's job is started", "C1-S03"),
    _defect("c1-kickoff-200", "the kick-off answers 200", "C1-S09"),
    _defect("c1-kickoff-log-list", "the log is a list with one log in it", "C1-S09"),
    _defect("c1-kickoff-log-text", "the log is plain text", "C1-S09"),
    _defect("c1-kickoff-no-body", "the 202 has no body", "C1-S09"),
    _defect("c1-kickoff-nothing", "the job waits for ever after its kick-off", "C1-S01"),
    _defect("c1-kickoff-failed-nothing", "a failed job is not started again", "C1-S01"),
    _defect("c1-kickoff-specs-refused", "fieldSpecsList gets 400", "C1-S07"),
    _defect("c1-kickoff-ext-specs-refused", "extFieldSpecsList gets 400", "C1-S08"),
    _defect(
        "c1-kickoff-text-taken",
        "a body of text/plain is taken",
        "C1-S06",
        level="should",
    ),
    _defect("c1-kickoff-list-taken", "a list is taken as body", "C1-S06", level="should"),
    _defect("c1-kickoff-empty-refused", "an empty object is refused as body", "C1-S06"),
    _defect("c1-crash-failed-job", "implied: kicking a failed job off gives 500", "C1-S01"),
    _defect("c1-crash-second-kickoff", "implied: the second kick-off of a job gives 500", "C1-S01"),
    _defect("c1-crash-date-time-spec", "implied: a date-time field spec gives 500", "C1-S07"),
    _defect("c1-crash-not-utf8", "implied: a body that is not UTF-8 gives 500", "C1-S06"),
    _defect("c1-crash-nested", "implied: a deeply nested body gives 500", "C1-S06"),
    _defect("c1-crash-large-sequence", "implied: a field sequence of 2^31 gives 500", "C1-S07"),
)
_DOWNLOAD = (
    _defect("c1-download-no-token-ok", "a download needs no token", "C1-S28"),
    _defect("c1-download-any-token-ok", "any token may download", "C1-S28"),
    _defect("c1-download-unauthorised-403", "a bad token gets 403", "C1-S28"),
    _defect("c1-download-body-needed", "a download without a body gets 400", "C1-S17"),
    _defect("c1-download-missing-id-ok", "without an id the last report comes", "C1-S18 C1-S27"),
    _defect("c1-download-missing-id-404", "without an id comes 404", "C1-S18 C1-S27"),
    _defect("c1-download-empty-id-ok", "an empty id gets the last report", "C1-S18 C1-S27"),
    _defect("c1-download-mode-unchecked", "a mode outside the set is taken", "C1-S19 C1-S26"),
    _defect(
        "c1-download-date-unchecked",
        "a garbled date-time is taken",
        "C1-S21 C1-S26",
        level="should",
    ),
    _defect("c1-download-unknown-ok", "an unknown job has an empty file", "C1-S29"),
    _defect("c1-download-unknown-400", "an unknown job gets 400", "C1-S29"),
    _defect("c1-download-other-tenant", "implied: another tenant downloads", "C1-S28 C1-S29"),
    _defect(
        "c1-download-null-study-404", "the study id null finds nothing", "C1-S22", level="should"
    ),
    _defect("c1-download-training-404", "reports of mode training are not found", "C1-S19 C1-S23"),
    _defect("c1-download-202", "a file is answered by 202", "C1-S23"),
    _defect("c1-download-second-404", "the second job ever created has no file", "C1-S23"),
    _defect("c1-file-ragged", "implied: one line of the CSV has a cell too many", "C1-S25"),
    _defect("c1-file-open-quote", "implied: a quote of the CSV is never closed", "C1-S25"),
    _defect("c1-file-json-as-csv", "implied: text/csv is announced, JSON is sent", "C1-S25"),
    _defect("c1-file-csv-as-json", "implied: JSON is announced, CSV is sent", "C1-S25"),
    _defect("c1-file-json-job-csv", "a JSON report is made in CSV", "C1-S25"),
    _defect("c1-file-html", "the file is a page", "C1-S23 C1-S25"),
    _defect("c1-file-wrapped", "the file is wrapped in a BaseResponse", "C1-S23"),
    _defect("c1-file-second-page", "the second download of a job is a page", "C1-S23"),
    _defect("c1-file-short", "implied: the file ends before its Content-Length", "C1-S23"),
    _defect("c1-file-bad-gzip", "implied: announced as gzip, but plain", "C1-S23"),
    _defect("c1-crash-bad-calendar", "implied: a 30th of February gives 500", "C1-S26"),
    _defect("c1-crash-report-name", "implied: a report name beyond ASCII gives 500", "C1-S20"),
    _defect("c1-crash-tenant-report", "implied: a tenant report gives 500", "C1-S22"),
    _defect("c1-disposition-inline", "the file is inline", "C1-S24", level="should"),
    _defect("c1-disposition-garbled", "the disposition is garbled", "C1-S24", level="should"),
)
_ERRORS = (
    _defect("c1-error-status-number", "the status is a number", "C1-S11"),
    _defect("c1-error-status-boolean", "the status of a 404 is true or false", "C1-S11 C1-S30"),
    _defect("c1-error-code-number", "the code is a number", "C1-S14"),
    _defect("c1-error-code-null", "the code is null in a 400", "C1-S14"),
    _defect("c1-error-message-object", "the message is an object", "C1-S15"),
    _defect("c1-error-message-list", "the message of a 400 is a list", "C1-S15"),
    _defect("c1-error-object-list", "errorData is a list", "C1-S13"),
    _defect("c1-error-object-string", "errorData of a 401 is a string", "C1-S13 C1-S10"),
    _defect(
        "c1-error-other-spelling",
        "a 401 has the other spelling and a wrong code type",
        "C1-S13 C1-S14",
    ),
    _defect("c1-error-list", "a 400 is a list", "C1-S30"),
    _defect("c1-error-html", "a 404 is a page", "C1-S30"),
    _defect("c1-error-bare-401", "a 401 has no body", "C1-S10 C1-S30"),
    _defect("c1-error-truncated", "implied: a 400 is JSON cut off", "C1-S30"),
)
_BEYOND = (
    _defect("c1-error-details-number", "details is a number", "C1-S16", "vendor"),
    _defect("c1-log-no-format", "the log has no rptFormat", "C1-S09", "vendor"),
    _defect("c1-log-date-number", "the log's date-time is a number", "C1-S09", "vendor"),
    _defect("c1-log-storage-id", "fileStorageId is no UUID", "C1-S09", "vendor"),
    _defect("c1-list-more-boolean", "hasMore is a boolean", "C1-S12", "vendor"),
    _defect("c1-list-other-tenant", "the list shows other tenants' jobs", "C1-S12", "vendor"),
    _defect("c1-create-id-reused", "the second create answers the first id", "C1-S12", "vendor"),
    _defect("c1-file-while-running", "a running job has a file", "C1-S23", "vendor"),
    _defect("c1-file-while-failed", "a failed job has a file", "C1-S23", "vendor"),
)
DEFECTS = _KICKOFF + _DOWNLOAD + _ERRORS + _BEYOND

VARIANTS = (
    _free("c1-free-other-spelling", "the error object is ErrorResponseData"),
    _free("c1-free-both-spellings", "the error object comes in both spellings"),
    _free("c1-free-details-object", "details is an object"),
    _free("c1-free-no-details", "errors have no details"),
    _free("c1-free-status-success", "the status of an error reads success"),
    _free("c1-free-status-alone", "an error body has only its status"),
    _free("c1-free-error-codes", "errors have other codes"),
    _free("c1-free-result-empty", "an error body has an empty result"),
    _free("c1-free-kickoff-finished-409", "a kick-off of a job started before gets 409"),
    _free("c1-free-kickoff-unknown-400", "a kick-off of an unknown job gets 400"),
    _free("c1-free-log-id", "the log has an id of its own, which is not the job's"),
    _free("c1-free-empty-log", "the log is an empty object"),
    _free("c1-free-kickoff-location", "the 202 has a Location"),
    _free("c1-free-study-ignored", "the study id is not compared with the job's"),
    _free("c1-free-instant", "a job is done when it was kicked off"),
    _free("c1-free-slow", "a job runs for 95 seconds"),
    _free("c1-free-sometimes-fails", "every second job fails"),
    _free("c1-free-no-disposition", "the file has no Content-Disposition"),
    _free("c1-free-bare-filename", "the file is called report.csv, without quotes"),
    _free("c1-free-filename-star", "the file name is an extended parameter"),
    _free("c1-free-no-filename", "an attachment without a name"),
    _free("c1-free-media-parameters", "text/csv with other parameters"),
    _free("c1-free-json-charset", "JSON is announced with a charset"),
    _free("c1-free-byte-order-mark", "CSV begins with a byte order mark"),
    _free("c1-free-no-rows", "nothing to report: CSV of one line"),
    _free("c1-free-unknown-query", "unknown query parameters are ignored"),
    _free("c1-free-busy", "one request in twenty gets 429 and Retry-After"),
    _free("c1-free-down", "one request in twenty gets 503 and Retry-After"),
    _free("c1-free-gzip", "bodies are compressed for those who accept it"),
    _free("c1-free-chunked", "bodies are chunked, without a Content-Length"),
    _free("c1-free-whitespace", "JSON has generous white space"),
    _free("c1-free-more-fields", "every object has an unknown field"),
    _free("c1-free-more-headers", "answers have further headers"),
)
