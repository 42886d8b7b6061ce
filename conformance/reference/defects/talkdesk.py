"""Talkdesk's planted defects and legal variants."""

from conformance.reference.defects.model import (
    Variant,
    defect,
    observed_defect,
    should_defect,
    transport_variants,
    vendor_defect,
)

_BODY = (
    defect("td-job-list", "job is a list with one job in it", requirements="TD-JOB-001"),
    defect("td-links-string", "_links is a string", requirements="TD-LINK-001"),
    defect("td-link-self-string", "_links.self is a bare path", requirements="TD-LINK-002"),
    defect(
        "td-link-files-list",
        "_links.files is a list once the job is done",
        requirements="TD-LINK-002",
    ),
    defect("td-id-number", "the id is a number", requirements="TD-JOB-002"),
    defect("td-id-other", "the id is that of another job", requirements="TD-JOB-003"),
    defect("td-name-null", "the name is null", requirements="TD-JOB-004"),
    defect(
        "td-name-default-null",
        "a job created without a name has the name null",
        requirements="TD-JOB-004",
    ),
    defect(
        "td-timezone-offset",
        "the time zone is an offset, not an IANA name",
        requirements="TD-JOB-005",
    ),
    should_defect("td-timezone-unknown", "the zone is on no map", requirements="TD-JOB-006"),
    should_defect("td-name-changes", "a job is renamed once it is done", requirements="TD-JOB-013"),
    defect(
        "td-timezone-number-done", "the time zone is a number once done", requirements="TD-JOB-005"
    ),
    defect("td-status-unknown", "work in progress is called RUNNING", requirements="TD-JOB-007"),
    defect("td-status-mixed-case", "the status is spelled Done", requirements="TD-JOB-007"),
    defect("td-status-number", "the status is a number", requirements="TD-JOB-007"),
    defect("td-status-failed-error", "a failed job reads ERROR", requirements="TD-JOB-007"),
    defect("td-status-deleted-gone", "a deleted job reads REMOVED", requirements="TD-JOB-007"),
    defect(
        "td-format-bulk-unknown", "json_bulk is reported as jsonbulk", requirements="TD-JOB-008"
    ),
    defect("td-format-upper", "the format is in capitals", requirements="TD-JOB-008"),
    defect("td-timespan-list", "the time span is a list of two", requirements="TD-JOB-009"),
    defect(
        "td-timespan-string-early", "the span is a string while queued", requirements="TD-JOB-009"
    ),
)
_LIFECYCLE = (
    defect(
        "td-done-goes-back",
        "implied: the second look at a done job shows it at work",
        requirements="TD-LIFE-003",
    ),
    defect(
        "td-processing-goes-back",
        "implied: work, at the second look, is queued again",
        requirements="TD-LIFE-001",
    ),
    defect(
        "td-failed-recovers",
        "implied: a failed job is done twenty seconds later",
        requirements="TD-LIFE-002",
    ),
    defect(
        "td-failed-to-deleted",
        "implied: a failed job turns into a deleted one",
        requirements="TD-LIFE-002",
    ),
    defect(
        "td-deleted-returns",
        "implied: the second look at a deleted job shows it done",
        requirements="TD-LIFE-004",
    ),
    defect(
        "td-done-fails-later",
        "implied: a job fails after its file was fetched",
        requirements="TD-LIFE-003",
    ),
    should_defect("td-job-never-ends", "a job is at work for ever", requirements="TD-LIFE-005"),
    defect("td-status-203", "a job's status answers 203", requirements="TD-STAT-001"),
    defect(
        "td-status-html", "a job's status is a page until it is done", requirements="TD-JOB-011"
    ),
    defect("td-redirect-early", "a redirect while the work goes on", requirements="TD-REDIR-004"),
    defect(
        "td-redirect-created",
        "a redirect at the first look at a queued job",
        requirements="TD-REDIR-004",
    ),
    defect(
        "td-redirect-failed", "a redirect to the file of a failed job", requirements="TD-REDIR-004"
    ),
    defect("td-redirect-deleted", "a redirect to a deleted file", requirements="TD-REDIR-004"),
    defect(
        "td-redirect-stale-status",
        "the redirect's body still reads PROCESSING",
        requirements="TD-REDIR-004",
    ),
    defect(
        "td-redirect-html", "the redirect carries a page, not the job", requirements="TD-JOB-012"
    ),
    defect("td-redirect-job-list", "the redirect's job is a list", requirements="TD-JOB-001"),
    defect("td-location-other", "the Location is another job's file", requirements="TD-REDIR-002"),
    defect(
        "td-location-dangling",
        "the Location leads to nothing",
        requirements="TD-REDIR-003",
    ),
    defect(
        "td-location-calls",
        "the Location always says calls, whatever the type",
        requirements="TD-REDIR-002",
    ),
    defect(
        "td-location-malformed", "the Location is no URI reference", requirements="TD-REDIR-001"
    ),
    defect("td-location-self", "the Location leads back to the job", requirements="TD-REDIR-002"),
)
_FILES = (
    defect("td-file-while-created", "implied: a queued job has a file", requirements="TD-FILE-002"),
    defect(
        "td-file-while-processing", "implied: a job at work has a file", requirements="TD-FILE-002"
    ),
    defect("td-file-while-failed", "a failed job's file can be read", requirements="TD-FILE-003"),
    defect("td-file-after-delete", "a deleted job's file can be read", requirements="TD-FILE-004"),
    defect(
        "td-file-missing", "a done job has no file", requirements=("TD-REDIR-003", "TD-FILE-001")
    ),
    defect(
        "td-file-missing-second",
        "the second job ever created has no file",
        requirements="TD-FILE-001",
    ),
    defect(
        "td-file-once", "a file can be read only once", requirements=("TD-REDIR-003", "TD-FILE-001")
    ),
    defect(
        "td-file-other-job",
        "the file is another job's, of another format",
        requirements=("TD-FILE-005", "TD-FILE-006"),
    ),
    defect("td-file-csv-is-json", "a CSV job's file holds JSON", requirements="TD-FILE-005"),
    defect(
        "td-file-json-is-csv",
        "a JSON job's file is CSV, and says so",
        requirements=("TD-FILE-006", "TD-FILE-009"),
    ),
    defect(
        "td-file-bulk-is-csv",
        "a json_bulk job's file is CSV",
        requirements=("TD-FILE-007", "TD-FILE-009"),
    ),
    defect("td-file-json-cut", "a JSON file misses its last bracket", requirements="TD-FILE-006"),
    defect(
        "td-file-bulk-cut", "the lines of a json_bulk file are cut off", requirements="TD-FILE-007"
    ),
    defect("td-file-ragged", "one line of the CSV has a cell too many", requirements="TD-FILE-005"),
    defect(
        "td-file-type-wrong", "implied: CSV travels as application/json", requirements="TD-FILE-009"
    ),
    defect(
        "td-file-short",
        "implied: the file ends before its Content-Length",
        requirements="TD-NET-003",
    ),
    defect("td-file-bad-gzip", "implied: announced as gzip, but plain", requirements="TD-NET-003"),
    defect("td-file-json-empty", "a JSON file has no bytes at all", requirements="TD-FILE-006"),
    defect(
        "td-file-circle",
        "the file redirects to itself",
        requirements=("TD-REDIR-003", "TD-FILE-001"),
    ),
    defect(
        "td-file-redirect-lost",
        "the file redirects to nothing",
        requirements=("TD-REDIR-003", "TD-FILE-001"),
    ),
)
_ACCESS = (
    defect("td-no-token-ok", "no token is needed", requirements="TD-AUTH-001"),
    defect("td-any-token-ok", "any token will do", requirements="TD-AUTH-002"),
    vendor_defect(
        "td-scheme-ignored", "the word before the token may be anything", requirements="TD-AUTH-018"
    ),
    defect(
        "td-file-no-token-ok",
        "implied: a file is served without a token",
        requirements="TD-AUTH-010",
    ),
    defect(
        "td-unauthorised-403", "a bad token gets 403", requirements=("TD-AUTH-001", "TD-AUTH-002")
    ),
    defect(
        "td-reader-refused", "the scope to read is not enough to read", requirements="TD-AUTH-004"
    ),
    defect("td-scope-ignored", "a token without the scope may read", requirements="TD-AUTH-003"),
    defect("td-scope-401", "a token without the scope gets 401", requirements="TD-AUTH-003"),
    defect(
        "td-other-account-reads",
        "implied: another account reads the job",
        requirements="TD-AUTH-005",
    ),
    defect(
        "td-other-account-file",
        "implied: another account reads the file",
        requirements="TD-AUTH-012",
    ),
    should_defect("td-foreign-409", "another's job is refused by 409", requirements="TD-STAT-004"),
    defect("td-expired-credential-ok", "a token of long ago is taken", requirements="TD-AUTH-021"),
    defect(
        "td-id-beginning-enough",
        "implied: the last character of an id does not count",
        requirements="TD-STAT-006",
    ),
    defect("td-timezone-posix", "the time zone is a POSIX name", requirements="TD-JOB-016"),
    defect(
        "td-type-beginning", "the beginning of a report type is enough", requirements="TD-STAT-002"
    ),
    defect(
        "td-crash-emoji",
        "implied: a name beyond the characters of 16 bits gives 500",
        requirements="TD-NET-002",
    ),
    defect(
        "td-unknown-type-ok", "an invalid report type is taken for any", requirements="TD-STAT-002"
    ),
    defect("td-unknown-type-404", "an invalid report type gets 404", requirements="TD-STAT-002"),
    defect("td-unknown-job-ok", "an unknown job gets 200 and nothing", requirements="TD-STAT-003"),
    defect("td-unknown-job-400", "an unknown job gets 400", requirements="TD-STAT-003"),
    defect("td-format-unchecked", "a format outside the set is taken", requirements="TD-NEW-011"),
)
_ERRORS = (
    defect("td-error-no-code", "a 404 has no code", requirements="TD-ERR-002"),
    defect("td-error-code-number", "the code is a number", requirements="TD-ERR-003"),
    defect("td-error-no-message", "a 401 has no message", requirements="TD-ERR-004"),
    defect("td-error-message-list", "the message is a list in a 400", requirements="TD-ERR-005"),
    defect(
        "td-error-description-object", "the description is an object", requirements="TD-ERR-006"
    ),
    defect(
        "td-error-fields-no-name", "the items of fields have no name", requirements="TD-ERR-008"
    ),
    defect("td-error-fields-map", "fields is an object", requirements="TD-ERR-007"),
    defect("td-error-field-null", "the description of a field is null", requirements="TD-ERR-009"),
    defect("td-error-html", "a 404 is a page", requirements="TD-ERR-001"),
    defect("td-error-forbidden-bare", "a 403 has no body", requirements="TD-ERR-001"),
    defect(
        "td-crash-not-utf8",
        "implied: a body that is not UTF-8 gives 500",
        requirements="TD-NET-002",
    ),
    defect(
        "td-crash-long-id",
        "implied: an id of over 100 characters gives 500",
        requirements="TD-NET-002",
    ),
    defect(
        "td-crash-failed",
        "implied: the second look at a failed job gives 500",
        requirements="TD-NET-002",
    ),
    defect(
        "td-crash-bulk", "implied: a json_bulk job gives 500 once done", requirements="TD-NET-002"
    ),
    defect(
        "td-crash-deleted-file",
        "implied: the file of a deleted job gives 500",
        requirements="TD-NET-002",
    ),
)
_BEYOND = (
    observed_defect(
        "td-name-not-echoed", "the name asked for is not the job's", requirements="TD-NEW-007"
    ),
    observed_defect(
        "td-timezone-not-echoed", "the zone asked for is lost", requirements="TD-NEW-009"
    ),
    observed_defect(
        "td-timespan-shifted", "the span is not the one asked for", requirements="TD-NEW-010"
    ),
    observed_defect("td-format-not-echoed", "JSON asked for, CSV made", requirements="TD-NEW-008"),
    observed_defect(
        "td-other-type-reads",
        "a job is readable, and its file deleted, under another type",
        requirements=("TD-FILE-011", "TD-NEW-013", "TD-DEL-004"),
    ),
    observed_defect(
        "td-list-all-types", "a list has the jobs of all types", requirements="TD-LIST-006"
    ),
    vendor_defect(
        "td-list-loses-neighbour",
        "the job before a deleted one leaves the list",
        requirements="TD-DEL-005",
    ),
    vendor_defect("td-delete-all", "a deletion deletes all files", requirements="TD-DEL-005"),
    vendor_defect(
        "td-delete-nothing", "a delete answers 204 and deletes nothing", requirements="TD-DEL-002"
    ),
    vendor_defect("td-delete-twice", "a second delete gets 204 again", requirements="TD-DEL-003"),
    observed_defect("td-created-hidden", "a queued job cannot be read", requirements="TD-NEW-006"),
    vendor_defect("td-cancel-nothing", "a cancelled job goes on", requirements="TD-CAN-003"),
    vendor_defect(
        "td-file-json-sparse", "a JSON file has only its entries", requirements="TD-FILE-010"
    ),
    vendor_defect(
        "td-other-account-ends",
        "another account deletes files and cancels jobs",
        requirements=("TD-AUTH-019", "TD-AUTH-020"),
    ),
    vendor_defect(
        "td-token-in-query", "a token is taken from the query, too", requirements="TD-AUTH-018"
    ),
    vendor_defect("td-token-type-mac", "a new token is of another type", requirements="TD-TOK-001"),
    vendor_defect(
        "td-token-no-grant-ok", "a token is issued without a grant", requirements="TD-TOK-004"
    ),
    vendor_defect(
        "td-client-any-secret", "any secret of a client will do", requirements="TD-TOK-003"
    ),
    vendor_defect(
        "td-client-scheme-ignored",
        "the word before the client credentials may be anything",
        requirements="TD-TOK-007",
        level="should",
    ),
    vendor_defect("td-token-useless", "a new token opens nothing", requirements="TD-TOK-001"),
    observed_defect(
        "td-list-too-long", "a page has more jobs than asked for", requirements="TD-LIST-002"
    ),
    vendor_defect(
        "td-cancel-finished", "a finished job can be cancelled", requirements="TD-CAN-002"
    ),
    vendor_defect(
        "td-link-self-other", "_links.self leads to another job", requirements="TD-LINK-004"
    ),
    vendor_defect(
        "td-list-total-string", "the total of a list is a string", requirements="TD-LIST-001"
    ),
    vendor_defect(
        "td-list-total-wrong", "the total of the list is too high", requirements="TD-LIST-005"
    ),
    vendor_defect(
        "td-reader-writes",
        "the read scope is enough to create",
        requirements=("TD-AUTH-007", "TD-AUTH-014"),
    ),
    vendor_defect("td-expired-token-ok", "an expired token is taken", requirements="TD-TOK-005"),
    vendor_defect("td-long-span-ok", "a span of over a month is taken", requirements="TD-NEW-012"),
    defect("td-json-nan", "a done job has a number that is NaN", requirements="TD-JOB-012"),
    defect("td-file-json-latin1", "a JSON file is in Latin-1", requirements="TD-FILE-006"),
    defect("td-empty-token-ok", "an empty token is taken", requirements="TD-AUTH-002"),
    vendor_defect(
        "td-token-without-scheme-ok",
        "a token without a scheme is taken",
        requirements="TD-AUTH-018",
    ),
    defect("td-token-case-ignored", "the case of a token is ignored", requirements="TD-AUTH-002"),
    defect(
        "td-token-prefix",
        "only the beginning of the token is compared",
        requirements=("TD-AUTH-002", "TD-AUTH-010"),
    ),
    defect(
        "td-crash-offset", "implied: an offset in a date-time gives 500", requirements="TD-NET-002"
    ),
    defect(
        "td-crash-long-name",
        "implied: a name of 255 characters gives 500",
        requirements="TD-NET-002",
    ),
    defect(
        "td-crash-unicode-name", "implied: a name beyond ASCII gives 500", requirements="TD-NET-002"
    ),
    observed_defect("td-name-cut", "a long name comes back cut off", requirements="TD-NEW-007"),
    observed_defect(
        "td-name-double-encoded",
        "a name beyond ASCII comes back encoded twice",
        requirements="TD-NEW-007",
    ),
    defect("td-format-case-ignored", "a format in capitals is taken", requirements="TD-NEW-011"),
    vendor_defect(
        "td-list-page-shifted", "the second page begins one job late", requirements="TD-LIST-004"
    ),
    vendor_defect(
        "td-list-page-repeated", "the second page repeats the first", requirements="TD-LIST-004"
    ),
    vendor_defect("td-list-omits-new", "the list lacks the newest job", requirements="TD-LIST-003"),
    defect(
        "td-crossed-jobs",
        "implied: two requests at the same time get each other's job",
        requirements="TD-JOB-003",
    ),
    defect(
        "td-crossed-files",
        "implied: two requests at the same time get each other's file",
        requirements="TD-FILE-014",
    ),
)
DEFECTS = (*_BODY, *_LIFECYCLE, *_FILES, *_ACCESS, *_ERRORS, *_BEYOND)

VARIANTS = (
    Variant("td-free-ok-at-done", "a done job gets 200, never a redirect"),
    Variant("td-free-no-location", "the redirect has no Location"),
    Variant("td-free-absolute-location", "the Location is absolute, on the same host"),
    Variant("td-free-absolute-links", "the links are absolute, on the same host"),
    Variant("td-free-skip-processing", "a job goes from CREATED straight to DONE"),
    Variant("td-free-instant", "a job is DONE at the first look"),
    Variant("td-free-slow", "a job takes 105 seconds"),
    Variant("td-free-sometimes-fails", "every second job fails"),
    Variant("td-free-no-links", "the body has no _links"),
    Variant("td-free-sparse-job", "the job shows id and status alone"),
    Variant("td-free-empty-body", "the status body is an empty object"),
    Variant("td-free-plain-ids", "ids are not UUIDs"),
    Variant("td-free-error-bare", "errors have code and message alone"),
    Variant("td-free-error-full", "every error has a description and fields"),
    Variant("td-free-error-codes", "errors have other codes"),
    Variant("td-free-create-200", "a create gets 200"),
    Variant("td-free-create-201", "a create gets 201 and a Location of the job"),
    Variant("td-free-unknown-query", "unknown query parameters are ignored"),
    Variant("td-free-file-elsewhere", "the file answers 303 to a storage on the same host"),
    Variant("td-free-no-disposition", "the file has no Content-Disposition"),
    Variant("td-free-bare-filename", "the file name is not quoted"),
    Variant("td-free-filename-star", "the file name is an extended parameter"),
    Variant("td-free-media-parameters", "media types without, or with other, parameters"),
    Variant("td-free-byte-order-mark", "CSV begins with a byte order mark"),
    Variant("td-free-no-rows", "nothing to report: files have no rows"),
    Variant("td-free-location-ticket", "only a signed path of the same host has the file"),
    Variant("td-free-location-other-host", "only a signed URL of another host has the file"),
    Variant("td-free-file-302", "the file answers 302 to a storage on the same host"),
    Variant("td-free-file-hops", "the file is four redirects away on the same host"),
    Variant("td-free-file-unsigned", "the file answers 303 to a storage that takes no token"),
    Variant("td-free-file-later", "the file of a job at work is a 202 without one"),
    Variant("td-free-file-other-host", "the file answers 303 to a storage on another host"),
    Variant("td-free-create-flat", "a create is answered by the members of the job, unwrapped"),
    Variant("td-free-create-429", "every second create gets 429 without Retry-After"),
    Variant("td-free-create-503", "every second create gets 503 without Retry-After or message"),
    Variant("td-free-create-no-message", "the errors of a create have no message"),
    Variant("td-free-no-token-endpoint", "tokens come from another host"),
    Variant("td-free-opaque-ids", "ids have reserved characters"),
    Variant("td-free-digit-ids", "ids are strings of digits"),
    Variant("td-free-long-ids", "ids have 200 characters"),
    Variant("td-free-more-types", "there are more report types"),
    Variant("td-free-sparse-file", "a JSON file has only entries and total"),
    Variant(
        "td-free-minimal",
        "every optional member and header is absent",
        includes=(
            "td-free-sparse-job",
            "td-free-no-links",
            "td-free-no-location",
            "td-free-error-bare",
            "td-free-no-disposition",
        ),
    ),
    *transport_variants("td"),
)
