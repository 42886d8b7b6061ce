"""Clinical One's planted defects and legal variants."""

from conformance.reference.defects.model import (
    Variant,
    defect,
    should_defect,
    transport_variants,
    vendor_defect,
)

_KICKOFF = (
    defect("c1-kickoff-right-ignored", "a viewer may kick off", requirements="C1-AUTH-003"),
    defect("c1-kickoff-no-token-ok", "a kick-off needs no token", requirements="C1-AUTH-001"),
    defect("c1-kickoff-any-token-ok", "any token may kick off", requirements="C1-AUTH-002"),
    defect("c1-kickoff-right-403", "a missing right gets 403", requirements="C1-AUTH-003"),
    defect(
        "c1-kickoff-mode-unchecked", "a mode outside the set is taken", requirements="C1-KICK-008"
    ),
    defect(
        "c1-mode-design-taken",
        "design, which another page of the product has, is taken for a mode",
        requirements=("C1-KICK-008", "C1-DL-009"),
    ),
    defect(
        "c1-kickoff-mode-capitals",
        "TRAINING in capitals is taken for a mode",
        requirements="C1-KICK-008",
    ),
    defect("c1-kickoff-training-refused", "mode training gets 400", requirements="C1-KICK-007"),
    should_defect(
        "c1-kickoff-null-study-refused", "the study id null gets 400", requirements="C1-KICK-018"
    ),
    defect(
        "c1-kickoff-tenant-refused",
        "a tenant report cannot be kicked off",
        requirements="C1-KICK-009",
    ),
    defect("c1-kickoff-unknown-ok", "implied: an unknown job gets 202", requirements="C1-KICK-006"),
    defect(
        "c1-kickoff-other-tenant",
        "implied: another tenant's job is started",
        requirements="C1-AUTH-007",
    ),
    defect(
        "c1-kickoff-200", "the kick-off answers 200", requirements=("C1-KICK-002", "C1-KICK-017")
    ),
    defect(
        "c1-kickoff-log-list", "the log is a list with one log in it", requirements="C1-KICK-003"
    ),
    defect("c1-kickoff-log-text", "the log is plain text", requirements="C1-KICK-003"),
    defect("c1-kickoff-no-body", "the 202 has no body", requirements="C1-KICK-003"),
    defect(
        "c1-kickoff-nothing",
        "the job waits for ever after its kick-off",
        requirements="C1-KICK-001",
    ),
    defect(
        "c1-kickoff-failed-nothing", "a failed job is not started again", requirements="C1-KICK-016"
    ),
    defect(
        "c1-kickoff-one-of-two",
        "of two kick-offs at the same time the first is lost, and its job waits for ever",
        requirements="C1-KICK-020",
    ),
    should_defect("c1-job-never-ends", "a job runs for ever", requirements="C1-KICK-021"),
    defect(
        "c1-id-beginning-enough",
        "implied: 31 characters of an id are enough, and more are ignored",
        requirements=("C1-KICK-022", "C1-DL-023"),
    ),
    should_defect(
        "c1-kickoff-malformed-taken",
        "a body that is not JSON is taken for none",
        requirements="C1-KICK-023",
    ),
    vendor_defect(
        "c1-kickoff-long-field-refused",
        "a field name of more than 100 characters is refused",
        requirements="C1-KICK-024",
    ),
    vendor_defect(
        "c1-kickoff-sequence-16-bits",
        "a field sequence above 32767 is refused",
        requirements="C1-KICK-024",
    ),
    defect("c1-kickoff-specs-refused", "fieldSpecsList gets 400", requirements="C1-KICK-012"),
    defect(
        "c1-kickoff-ext-specs-refused", "extFieldSpecsList gets 400", requirements="C1-KICK-013"
    ),
    should_defect(
        "c1-kickoff-text-taken", "a body of text/plain is taken", requirements="C1-KICK-019"
    ),
    should_defect("c1-kickoff-list-taken", "a list is taken as body", requirements="C1-KICK-011"),
    defect(
        "c1-kickoff-empty-refused", "an empty object is refused as body", requirements="C1-KICK-010"
    ),
    defect(
        "c1-crash-failed-job",
        "implied: kicking a failed job off gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-second-kickoff",
        "implied: the second kick-off of a job gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-date-time-spec",
        "implied: a date-time field spec gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-not-utf8",
        "implied: a body that is not UTF-8 gives 500",
        requirements="C1-NET-001",
    ),
    defect("c1-crash-nested", "implied: a deeply nested body gives 500", requirements="C1-NET-001"),
    defect(
        "c1-crash-plain-spec",
        "implied: a field spec that is no object gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-other-method",
        "implied: a method that the path does not have gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-repeated-parameter",
        "implied: a query parameter that is there twice gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-query-not-utf8",
        "implied: a query parameter that is not UTF-8 gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-list-limit",
        "implied: a limit of the list that is no number gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-large-sequence",
        "implied: a field sequence of 2^31 gives 500",
        requirements="C1-NET-001",
    ),
)
_DOWNLOAD = (
    defect("c1-download-no-token-ok", "a download needs no token", requirements="C1-AUTH-004"),
    defect("c1-download-any-token-ok", "any token may download", requirements="C1-AUTH-005"),
    defect(
        "c1-download-unauthorised-403",
        "a bad token gets 403",
        requirements=("C1-AUTH-004", "C1-AUTH-005"),
    ),
    defect(
        "c1-download-body-needed", "a download without a body gets 400", requirements="C1-DL-001"
    ),
    defect(
        "c1-download-missing-id-ok", "without an id the last report comes", requirements="C1-DL-006"
    ),
    defect("c1-download-missing-id-404", "without an id comes 404", requirements="C1-DL-006"),
    defect("c1-download-empty-id-ok", "an empty id gets the last report", requirements="C1-DL-007"),
    defect(
        "c1-download-mode-unchecked", "a mode outside the set is taken", requirements="C1-DL-009"
    ),
    should_defect(
        "c1-download-date-unchecked", "a garbled date-time is taken", requirements="C1-DL-012"
    ),
    defect("c1-download-unknown-ok", "an unknown job has an empty file", requirements="C1-DL-014"),
    defect("c1-download-unknown-400", "an unknown job gets 400", requirements="C1-DL-014"),
    defect(
        "c1-download-other-tenant", "implied: another tenant downloads", requirements="C1-AUTH-006"
    ),
    should_defect(
        "c1-download-null-study-404", "the study id null finds nothing", requirements="C1-DL-021"
    ),
    defect(
        "c1-download-training-404",
        "reports of mode training are not found",
        requirements="C1-DL-019",
    ),
    defect("c1-download-202", "a file is answered by 202", requirements=("C1-DL-001", "C1-DL-015")),
    defect(
        "c1-download-second-404",
        "the second job ever created has no file",
        requirements="C1-DL-019",
    ),
    defect(
        "c1-file-ragged",
        "implied: one line of the CSV has a cell too many",
        requirements="C1-DL-002",
    ),
    defect(
        "c1-file-open-quote",
        "implied: a quote of the CSV is never closed",
        requirements="C1-DL-002",
    ),
    defect(
        "c1-file-json-as-csv",
        "implied: text/csv is announced, JSON is sent",
        requirements="C1-DL-002",
    ),
    defect("c1-download-right-ignored", "any user downloads", requirements="C1-AUTH-016"),
    defect(
        "c1-expired-token-ok",
        "a token of long ago is taken",
        requirements=("C1-AUTH-014", "C1-AUTH-015"),
    ),
    defect("c1-file-xport-as-csv", "XPORT is said to be CSV", requirements="C1-DL-004"),
    defect("c1-file-base64", "the CSV comes in Base64", requirements="C1-DL-002"),
    defect(
        "c1-file-csv-as-json", "implied: JSON is announced, CSV is sent", requirements="C1-DL-004"
    ),
    defect(
        "c1-file-json-job-csv",
        "a JSON report is made in CSV",
        requirements=("C1-DL-004", "C1-DL-020"),
    ),
    defect("c1-file-html", "the file is a page", requirements=("C1-DL-002", "C1-DL-004")),
    defect("c1-file-wrapped", "the file is wrapped in a BaseResponse", requirements="C1-DL-002"),
    defect(
        "c1-file-second-page", "the second download of a job is a page", requirements="C1-DL-002"
    ),
    defect(
        "c1-file-short",
        "implied: the file ends before its Content-Length",
        requirements="C1-NET-002",
    ),
    defect("c1-file-bad-gzip", "implied: announced as gzip, but plain", requirements="C1-NET-002"),
    defect(
        "c1-crash-bad-calendar", "implied: a 30th of February gives 500", requirements="C1-NET-001"
    ),
    defect(
        "c1-crash-report-name",
        "implied: a report name beyond ASCII gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-tenant-report", "implied: a tenant report gives 500", requirements="C1-NET-001"
    ),
    defect("c1-download-name-refused", "a report name gets 400", requirements="C1-DL-010"),
    should_defect("c1-disposition-inline", "the file is inline", requirements="C1-DL-003"),
    should_defect("c1-disposition-garbled", "the disposition is garbled", requirements="C1-DL-003"),
)
_ERRORS = (
    defect(
        "c1-error-status-number",
        "the status is a number",
        requirements=("C1-KERR-002", "C1-DERR-002"),
    ),
    defect(
        "c1-error-status-boolean",
        "the status of a 404 is true or false",
        requirements="C1-DERR-002",
    ),
    defect(
        "c1-error-code-number", "the code is a number", requirements=("C1-KERR-004", "C1-DERR-004")
    ),
    defect("c1-error-code-null", "the code is null in a 400", requirements="C1-DERR-004"),
    defect(
        "c1-error-message-object",
        "the message is an object",
        requirements=("C1-KERR-005", "C1-DERR-005"),
    ),
    defect("c1-error-message-list", "the message of a 400 is a list", requirements="C1-DERR-005"),
    defect(
        "c1-error-object-list", "errorData is a list", requirements=("C1-KERR-003", "C1-DERR-003")
    ),
    defect(
        "c1-error-object-string",
        "errorData of a 401 is a string",
        requirements=("C1-KERR-003", "C1-DERR-003"),
    ),
    defect(
        "c1-error-other-spelling",
        "a 401 has the other spelling and a wrong code type",
        requirements=("C1-KERR-004", "C1-DERR-004"),
    ),
    defect("c1-error-list", "a 400 is a list", requirements="C1-DERR-001"),
    defect("c1-error-html", "a 404 is a page", requirements="C1-DERR-001"),
    defect("c1-error-bare-401", "a 401 has no body", requirements=("C1-KERR-001", "C1-DERR-001")),
    defect("c1-error-truncated", "implied: a 400 is JSON cut off", requirements="C1-DERR-001"),
)
_BEYOND = (
    vendor_defect(
        "c1-error-details-number",
        "details is a number",
        requirements=("C1-KERR-006", "C1-DERR-006"),
    ),
    vendor_defect("c1-log-no-format", "the log has no rptFormat", requirements="C1-KICK-004"),
    vendor_defect(
        "c1-log-date-number", "the log's date-time is a number", requirements="C1-KICK-005"
    ),
    vendor_defect("c1-log-storage-id", "fileStorageId is no UUID", requirements="C1-KICK-005"),
    vendor_defect("c1-list-more-boolean", "hasMore is a boolean", requirements="C1-LIST-001"),
    vendor_defect(
        "c1-list-other-tenant", "the list shows other tenants' jobs", requirements="C1-AUTH-011"
    ),
    vendor_defect(
        "c1-create-id-reused", "the second create answers the first id", requirements="C1-NEW-003"
    ),
    vendor_defect("c1-file-while-running", "a running job has a file", requirements="C1-DL-017"),
    vendor_defect("c1-file-while-failed", "a failed job has a file", requirements="C1-DL-018"),
    defect("c1-log-nan", "the log has a number that is NaN", requirements="C1-KICK-003"),
    defect("c1-file-json-latin1", "a JSON file is in Latin-1", requirements="C1-DL-020"),
    defect("c1-kickoff-empty-token-ok", "an empty token may kick off", requirements="C1-AUTH-002"),
    vendor_defect(
        "c1-kickoff-scheme-ignored",
        "the word before the token may be anything",
        requirements="C1-AUTH-013",
    ),
    defect("c1-download-empty-token-ok", "an empty token may download", requirements="C1-AUTH-005"),
    defect(
        "c1-download-token-case-ignored",
        "the case of a token is ignored",
        requirements="C1-AUTH-005",
    ),
    defect(
        "c1-download-mode-capitals",
        "TEST in capitals is taken for a mode",
        requirements="C1-DL-009",
    ),
    defect(
        "c1-crash-offset", "implied: an offset in a date-time gives 500", requirements="C1-NET-001"
    ),
    defect(
        "c1-crash-repeated-specs",
        "implied: a field spec that is there twice gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-many-specs", "implied: over 30 field specs give 500", requirements="C1-NET-001"
    ),
    defect(
        "c1-crash-long-field",
        "implied: a field name of 255 characters gives 500",
        requirements="C1-NET-001",
    ),
    defect(
        "c1-crash-unicode-field",
        "implied: a field name beyond ASCII gives 500",
        requirements="C1-NET-001",
    ),
    vendor_defect(
        "c1-list-page-shifted",
        "the second stretch of the list begins one job late",
        requirements="C1-LIST-005",
    ),
    vendor_defect(
        "c1-list-page-repeated",
        "the second stretch of the list repeats the first",
        requirements="C1-LIST-005",
    ),
    vendor_defect("c1-list-omits-new", "the list lacks the newest job", requirements="C1-LIST-002"),
    defect(
        "c1-crossed-files",
        "implied: two downloads at the same time get each other's file",
        requirements="C1-DL-022",
    ),
)
DEFECTS = (*_KICKOFF, *_DOWNLOAD, *_ERRORS, *_BEYOND)

VARIANTS = (
    Variant("c1-free-other-spelling", "the error object is ErrorResponseData"),
    Variant("c1-free-both-spellings", "the error object comes in both spellings"),
    Variant("c1-free-details-object", "details is an object"),
    Variant("c1-free-no-details", "errors have no details"),
    Variant("c1-free-status-success", "the status of an error reads success"),
    Variant("c1-free-status-alone", "an error body has only its status"),
    Variant("c1-free-error-codes", "errors have other codes"),
    Variant("c1-free-result-empty", "an error body has an empty result"),
    Variant("c1-free-kickoff-finished-409", "a kick-off of a job started before gets 409"),
    Variant("c1-free-kickoff-unknown-400", "a kick-off of an unknown job gets 400"),
    Variant("c1-free-log-id", "the log has an id of its own, which is not the job's"),
    Variant("c1-free-empty-log", "the log is an empty object"),
    Variant("c1-free-kickoff-location", "the 202 has a Location"),
    Variant("c1-free-study-ignored", "the study id is not compared with the job's"),
    Variant("c1-free-instant", "a job is done when it was kicked off"),
    Variant("c1-free-slow", "a job runs for 95 seconds"),
    Variant("c1-free-sometimes-fails", "every second job fails"),
    Variant("c1-free-no-disposition", "the file has no Content-Disposition"),
    Variant("c1-free-bare-filename", "the file is called report.csv, without quotes"),
    Variant("c1-free-filename-star", "the file name is an extended parameter"),
    Variant("c1-free-no-filename", "an attachment without a name"),
    Variant("c1-free-media-parameters", "text/csv with other parameters"),
    Variant("c1-free-byte-order-mark", "CSV begins with a byte order mark"),
    Variant("c1-free-no-rows", "nothing to report: CSV of one line"),
    Variant("c1-free-unknown-query", "unknown query parameters are ignored"),
    Variant("c1-free-create-flat-id", "a create is answered by jobId, outside of any result"),
    Variant("c1-free-create-plain-id", "a create is answered by id, outside of any result"),
    Variant("c1-free-opaque-ids", "job ids are not hexadecimal"),
    Variant("c1-free-octet-stream", "the file is announced as application/octet-stream"),
    Variant("c1-free-state-elsewhere", "the list calls the state of a job status"),
    Variant("c1-free-list-403", "who may not see the list of jobs gets 403, as its page says"),
    Variant("c1-free-result-null", "the result of an error is null"),
    Variant("c1-free-method-501", "a method that the path does not have is answered 501"),
    Variant("c1-free-malformed-422", "a body that is not JSON gets 422"),
    Variant("c1-free-id-case", "the case of a job id does not matter"),
    Variant("c1-free-known-fields", "a field that the report does not have gets 400"),
    Variant("c1-free-started-by-kickoff-alone", "a job waits until it is kicked off"),
    Variant("c1-free-queued", "a kick-off takes effect 15 seconds later"),
    Variant("c1-free-all-fail", "every job fails"),
    Variant(
        "c1-free-fails-silently",
        "every job fails, and the list does not tell where it tells the state",
        includes=("c1-free-all-fail", "c1-free-state-elsewhere"),
    ),
    Variant(
        "c1-free-minimal",
        "every optional member and header is absent",
        includes=("c1-free-status-alone", "c1-free-empty-log", "c1-free-no-disposition"),
    ),
    *transport_variants("c1"),
)
