"""Talkdesk's planted defects and legal variants."""

from conformance.reference.switch import Defect, Variant


def _defect(
    switch: str, text: str, statements: str, source: str = "documented", level: str = "must"
) -> Defect:
    return Defect(switch, "talkdesk", text, tuple(statements.split()), source=source, level=level)


def _free(switch: str, text: str) -> Variant:
    return Variant(switch, "talkdesk", text)


_BODY = (
    _defect("td-job-list", "job is a list with one job in it", "TD-S08"),
    _defect("td-links-string", "_links is a string", "TD-S15"),
    _defect("td-link-self-string", "_links.self is a bare path", "TD-S15"),
    _defect("td-link-files-list", "_links.files is a list once the job is done", "TD-S15"),
    _defect("td-id-number", "the id is a number", "TD-S09"),
    _defect("td-id-other", "the id is that of another job", "TD-S09"),
    _defect("td-name-null", "the name is null", "TD-S10"),
    _defect("td-name-default-null", "a job created without a name has the name null", "TD-S10"),
    _defect("td-timezone-offset", "the time zone is an offset, not an IANA name", "TD-S11"),
    _defect("td-timezone-unknown", "the zone is on no map", "TD-S11", level="should"),
    _defect("td-name-changes", "a job is renamed once it is done", "TD-S18", level="should"),
    _defect("td-timezone-number-done", "the time zone is a number once done", "TD-S11 TD-S18"),
    _defect("td-status-unknown", "work in progress is called RUNNING", "TD-S04 TD-S12"),
    _defect("td-status-mixed-case", "the status is spelled Done", "TD-S05 TD-S12"),
    _defect("td-status-number", "the status is a number", "TD-S12"),
    _defect("td-status-failed-error", "a failed job reads ERROR", "TD-S06 TD-S12"),
    _defect("td-status-deleted-gone", "a deleted job reads REMOVED", "TD-S07 TD-S12"),
    _defect("td-format-bulk-unknown", "json_bulk is reported as jsonbulk", "TD-S13"),
    _defect("td-format-upper", "the format is in capitals", "TD-S13"),
    _defect("td-timespan-list", "the time span is a list of two", "TD-S14"),
    _defect("td-timespan-string-early", "the span is a string while queued", "TD-S14"),
)
_LIFECYCLE = (
    _defect(
        "td-done-goes-back", "implied: the second look at a done job shows it at work", "TD-S05"
    ),
    _defect(
        "td-processing-goes-back",
        "implied: work, at the second look, is queued again",
        "TD-S03 TD-S04",
    ),
    _defect("td-failed-recovers", "implied: a failed job is done twenty seconds later", "TD-S06"),
    _defect("td-failed-to-deleted", "implied: a failed job turns into a deleted one", "TD-S06"),
    _defect(
        "td-deleted-returns", "implied: the second look at a deleted job shows it done", "TD-S07"
    ),
    _defect("td-done-fails-later", "implied: a job fails after its file was fetched", "TD-S05"),
    _defect("td-status-203", "a job's status answers 203", "TD-S08"),
    _defect("td-status-html", "a job's status is a page until it is done", "TD-S08"),
    _defect("td-redirect-early", "a redirect while the work goes on", "TD-S16 TD-S04"),
    _defect("td-redirect-created", "a redirect at the first look at a queued job", "TD-S16 TD-S03"),
    _defect("td-redirect-failed", "a redirect to the file of a failed job", "TD-S16 TD-S06"),
    _defect("td-redirect-deleted", "a redirect to a deleted file", "TD-S16 TD-S07"),
    _defect(
        "td-redirect-stale-status", "the redirect's body still reads PROCESSING", "TD-S16 TD-S18"
    ),
    _defect("td-redirect-html", "the redirect carries a page, not the job", "TD-S18"),
    _defect("td-redirect-job-list", "the redirect's job is a list", "TD-S18"),
    _defect("td-location-other", "the Location is another job's file", "TD-S17"),
    _defect("td-location-dangling", "the Location leads to nothing", "TD-S16 TD-S17"),
    _defect("td-location-calls", "the Location always says calls, whatever the type", "TD-S17"),
    _defect("td-location-malformed", "the Location is no URI reference", "TD-S17"),
    _defect("td-location-self", "the Location leads back to the job", "TD-S16 TD-S17"),
)
_FILES = (
    _defect("td-file-while-created", "implied: a queued job has a file", "TD-S03 TD-S05"),
    _defect("td-file-while-processing", "implied: a job at work has a file", "TD-S04 TD-S05"),
    _defect("td-file-while-failed", "a failed job's file can be read", "TD-S06"),
    _defect("td-file-after-delete", "a deleted job's file can be read", "TD-S07"),
    _defect("td-file-missing", "a done job has no file", "TD-S05"),
    _defect("td-file-missing-second", "the second job ever created has no file", "TD-S05"),
    _defect("td-file-once", "a file can be read only once", "TD-S05"),
    _defect("td-file-other-job", "the file is another job's, of another format", "TD-S13"),
    _defect("td-file-csv-is-json", "a CSV job's file holds JSON", "TD-S13"),
    _defect("td-file-json-is-csv", "a JSON job's file is CSV, and says so", "TD-S13"),
    _defect("td-file-bulk-is-csv", "a json_bulk job's file is CSV", "TD-S13"),
    _defect("td-file-json-cut", "a JSON file misses its last bracket", "TD-S13"),
    _defect("td-file-bulk-cut", "the lines of a json_bulk file are cut off", "TD-S13"),
    _defect("td-file-ragged", "one line of the CSV has a cell too many", "TD-S13"),
    _defect("td-file-type-wrong", "implied: CSV travels as application/json", "TD-S13"),
    _defect("td-file-short", "implied: the file ends before its Content-Length", "TD-S05"),
    _defect("td-file-bad-gzip", "implied: announced as gzip, but plain", "TD-S05"),
    _defect("td-file-json-empty", "a JSON file has no bytes at all", "TD-S13"),
)
_ACCESS = (
    _defect("td-no-token-ok", "no token is needed", "TD-S20"),
    _defect("td-any-token-ok", "any token will do", "TD-S20"),
    _defect("td-scheme-ignored", "the word before the token may be anything", "TD-S20", "vendor"),
    _defect("td-file-no-token-ok", "implied: a file is served without a token", "TD-S20"),
    _defect("td-unauthorised-403", "a bad token gets 403", "TD-S20"),
    _defect("td-reader-refused", "the scope to read is not enough to read", "TD-S02"),
    _defect("td-scope-ignored", "a token without the scope may read", "TD-S02 TD-S21"),
    _defect("td-scope-401", "a token without the scope gets 401", "TD-S21"),
    _defect("td-other-account-reads", "implied: another account reads the job", "TD-S22"),
    _defect("td-other-account-file", "implied: another account reads the file", "TD-S22"),
    _defect("td-foreign-409", "another's job is refused by 409", "TD-S22", level="should"),
    _defect("td-unknown-type-ok", "an invalid report type is taken for any", "TD-S19"),
    _defect("td-unknown-type-404", "an invalid report type gets 404", "TD-S19"),
    _defect("td-unknown-job-ok", "an unknown job gets 200 and nothing", "TD-S22"),
    _defect("td-unknown-job-400", "an unknown job gets 400", "TD-S22"),
    _defect("td-format-unchecked", "a format outside the set is taken", "TD-S13"),
)
_ERRORS = (
    _defect("td-error-no-code", "a 404 has no code", "TD-S23"),
    _defect("td-error-code-number", "the code is a number", "TD-S23"),
    _defect("td-error-no-message", "a 401 has no message", "TD-S24"),
    _defect("td-error-message-list", "the message is a list in a 400", "TD-S24"),
    _defect("td-error-description-object", "the description is an object", "TD-S25"),
    _defect("td-error-fields-no-name", "the items of fields have no name", "TD-S26"),
    _defect("td-error-fields-map", "fields is an object", "TD-S26"),
    _defect("td-error-field-null", "the description of a field is null", "TD-S26"),
    _defect("td-error-html", "a 404 is a page", "TD-S23 TD-S24"),
    _defect("td-error-forbidden-bare", "a 403 has no body", "TD-S21 TD-S23"),
    _defect("td-crash-not-utf8", "implied: a body that is not UTF-8 gives 500", "TD-S23"),
    _defect("td-crash-long-id", "implied: an id of over 100 characters gives 500", "TD-S22"),
    _defect("td-crash-failed", "implied: the second look at a failed job gives 500", "TD-S06"),
    _defect("td-crash-bulk", "implied: a json_bulk job gives 500 once done", "TD-S13"),
    _defect("td-crash-deleted-file", "implied: the file of a deleted job gives 500", "TD-S07"),
)
_BEYOND = (
    _defect("td-name-not-echoed", "the name asked for is not the job's", "TD-S10", "observed"),
    _defect("td-timezone-not-echoed", "the zone asked for is lost", "TD-S11", "observed"),
    _defect("td-timespan-shifted", "the span is not the one asked for", "TD-S14", "observed"),
    _defect("td-format-not-echoed", "JSON asked for, CSV made", "TD-S13", "observed"),
    _defect("td-other-type-reads", "a job is readable under another type", "TD-S19", "observed"),
    _defect("td-delete-nothing", "a delete answers 204 and deletes nothing", "TD-S07", "vendor"),
    _defect("td-delete-twice", "a second delete gets 204 again", "TD-S07", "vendor"),
    _defect("td-created-hidden", "a queued job cannot be read", "TD-S22", "observed"),
    _defect("td-cancel-nothing", "a cancelled job goes on", "TD-S05", "vendor"),
    _defect("td-file-json-sparse", "a JSON file has only its entries", "TD-S13", "vendor"),
    _defect("td-token-useless", "a new token opens nothing", "TD-S20", "vendor"),
    _defect("td-list-too-long", "a page has more jobs than asked for", "TD-S08", "observed"),
    _defect("td-cancel-finished", "a finished job can be cancelled", "TD-S05", "vendor"),
    _defect("td-link-self-other", "_links.self leads to another job", "TD-S15", "vendor"),
    _defect("td-list-total-string", "the total of a list is a string", "TD-S08", "vendor"),
    _defect("td-reader-writes", "the read scope is enough to create", "TD-S02", "vendor"),
    _defect("td-expired-token-ok", "an expired token is taken", "TD-S20", "vendor"),
    _defect("td-long-span-ok", "a span of over a month is taken", "TD-S14", "vendor"),
)
DEFECTS = _BODY + _LIFECYCLE + _FILES + _ACCESS + _ERRORS + _BEYOND

VARIANTS = (
    _free("td-free-ok-at-done", "a done job gets 200, never a redirect"),
    _free("td-free-no-location", "the redirect has no Location"),
    _free("td-free-absolute-location", "the Location is absolute, on the same host"),
    _free("td-free-absolute-links", "the links are absolute, on the same host"),
    _free("td-free-skip-processing", "a job goes from CREATED straight to DONE"),
    _free("td-free-instant", "a job is DONE at the first look"),
    _free("td-free-slow", "a job takes 105 seconds"),
    _free("td-free-sometimes-fails", "every second job fails"),
    _free("td-free-no-links", "the body has no _links"),
    _free("td-free-sparse-job", "the job shows id and status alone"),
    _free("td-free-empty-body", "the status body is an empty object"),
    _free("td-free-plain-ids", "ids are not UUIDs"),
    _free("td-free-error-bare", "errors have code and message alone"),
    _free("td-free-error-full", "every error has a description and fields"),
    _free("td-free-error-codes", "errors have other codes"),
    _free("td-free-create-200", "a create gets 200"),
    _free("td-free-create-201", "a create gets 201 and a Location of the job"),
    _free("td-free-unknown-query", "unknown query parameters are ignored"),
    _free("td-free-file-elsewhere", "the file answers 303 to a storage on the same host"),
    _free("td-free-no-disposition", "the file has no Content-Disposition"),
    _free("td-free-bare-filename", "the file name is not quoted"),
    _free("td-free-filename-star", "the file name is an extended parameter"),
    _free("td-free-media-parameters", "media types without, or with other, parameters"),
    _free("td-free-byte-order-mark", "CSV begins with a byte order mark"),
    _free("td-free-no-rows", "nothing to report: files have no rows"),
    _free("td-free-busy", "one request in twenty gets 429 and Retry-After"),
    _free("td-free-down", "one request in twenty gets 503 and Retry-After"),
    _free("td-free-gzip", "bodies are compressed for those who accept it"),
    _free("td-free-chunked", "bodies are chunked, without a Content-Length"),
    _free("td-free-whitespace", "JSON has generous white space"),
    _free("td-free-more-fields", "every object has an unknown field"),
    _free("td-free-more-headers", "answers have further headers"),
)
