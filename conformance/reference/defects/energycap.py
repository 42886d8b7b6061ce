"""EnergyCAP's planted defects and legal variants."""

from conformance.reference.defects.model import (
    Variant,
    defect,
    should_defect,
    transport_variants,
    vendor_defect,
)

_GROUP = (
    defect("ec-group-id-string", "the group's id is a string", requirements="EC-GRP-005"),
    defect("ec-group-id-overflow", "the group's id is beyond int32", requirements="EC-GRP-005"),
    defect(
        "ec-group-id-float", "the id of a group without reports is 1.5", requirements="EC-GRP-005"
    ),
    defect("ec-group-code-null", "the code is null in the answer", requirements="EC-GRP-004"),
    defect(
        "ec-group-code-number", "a code of digits comes back as a number", requirements="EC-GRP-004"
    ),
    defect("ec-group-info-list", "the info is a list", requirements="EC-GRP-006"),
    defect("ec-group-reports-map", "reports is an object", requirements="EC-GRP-007"),
    defect("ec-group-reports-ids", "reports is a list of ids", requirements="EC-GRP-007"),
    defect(
        "ec-group-reports-null",
        "reports is null where none were asked for",
        requirements="EC-GRP-007",
    ),
    defect("ec-group-201", "the create answers 201", requirements=("EC-GRP-001", "EC-GRP-002")),
    defect("ec-group-html", "the create answers a page", requirements="EC-GRP-003"),
    defect("ec-child-description-object", "a description is an object", requirements="EC-GRP-008"),
    defect("ec-child-updated-number", "lastUpdated is a number", requirements="EC-GRP-008"),
    defect("ec-child-version-number", "the version is a number", requirements="EC-GRP-008"),
    defect(
        "ec-child-code-number", "the second report's code is a number", requirements="EC-GRP-008"
    ),
    defect("ec-child-source-false", "reportSource is false", requirements="EC-GRP-008"),
    defect("ec-child-id-string", "reportId is a string", requirements="EC-GRP-009"),
    defect("ec-child-landscape-string", "isLandscape is a string", requirements="EC-GRP-010"),
    defect("ec-child-preferred-string", "preferred is a string", requirements="EC-GRP-011"),
    defect("ec-child-export-number", "exportFormatInfo is a number", requirements="EC-GRP-011"),
    defect(
        "ec-child-exports-strings", "exportFormats is a list of strings", requirements="EC-GRP-011"
    ),
    defect("ec-child-type-id-string", "reportTypeId is a string", requirements="EC-GRP-012"),
    defect("ec-child-type-list", "reportType is a list", requirements="EC-GRP-012"),
    defect("ec-child-tag-id-string", "tagTypeId is a string", requirements="EC-GRP-013"),
    defect(
        "ec-child-tag-values-string",
        "the values of a tag are one string",
        requirements="EC-GRP-013",
    ),
    defect(
        "ec-child-tags-map",
        "tags is an object on the last report of several",
        requirements="EC-GRP-013",
    ),
    defect("ec-group-key-unneeded", "a group is made without a key", requirements="EC-AUTH-001"),
    defect("ec-group-any-key-ok", "a group is made with any key", requirements="EC-AUTH-002"),
    should_defect(
        "ec-group-text-taken", "a body of text/plain is taken", requirements="EC-GRP-016"
    ),
    should_defect("ec-group-code-unchecked", "a code may be a number", requirements="EC-GRP-027"),
    should_defect("ec-group-info-unchecked", "an info may be a list", requirements="EC-GRP-028"),
    should_defect("ec-group-ids-unchecked", "report ids may be strings", requirements="EC-GRP-014"),
    defect(
        "ec-crash-group-repeated",
        "implied: repeated report ids give 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-group-not-utf8",
        "implied: a body that is not UTF-8 gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-group-large-id",
        "implied: a report id of 2^31 gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-group-no-ids",
        "implied: a group without reports gives 500",
        requirements="EC-NET-001",
    ),
)
_EXEC = (
    defect("ec-exec-right-ignored", "a viewer may run a distribution", requirements="EC-AUTH-005"),
    defect("ec-exec-key-unneeded", "a run needs no key", requirements="EC-AUTH-003"),
    defect("ec-exec-any-key-ok", "any key may run", requirements="EC-AUTH-004"),
    defect(
        "ec-key-in-query",
        "a key is taken from the query, too",
        requirements=("EC-AUTH-002", "EC-AUTH-004"),
    ),
    defect(
        "ec-exec-key-prefix",
        "only the beginning of the key is compared",
        requirements="EC-AUTH-004",
    ),
    defect(
        "ec-exec-json-refused",
        "a run with the Content-Type of JSON gets 415",
        requirements="EC-EXEC-012",
    ),
    defect("ec-exec-202", "a run answers 202", requirements=("EC-EXEC-001", "EC-EXEC-002")),
    defect("ec-exec-html", "a run answers a page", requirements="EC-EXEC-003"),
    defect("ec-exec-list", "the log comes in a list", requirements="EC-EXEC-003"),
    defect("ec-exec-moves-next-run", "a run moves the next one", requirements="EC-EXEC-004"),
    defect(
        "ec-exec-override-moves",
        "a run with override users moves the next one",
        requirements="EC-EXEC-004",
    ),
    defect("ec-exec-disables", "a run turns the schedule off", requirements="EC-EXEC-004"),
    defect(
        "ec-exec-counts-memberships",
        "a member of two groups counts twice",
        requirements="EC-EXEC-011",
    ),
    defect(
        "ec-exec-counts-repeats",
        "a repeated override user counts twice",
        requirements="EC-EXEC-010",
    ),
    defect("ec-exec-override-added", "override users are added", requirements="EC-EXEC-009"),
    defect("ec-exec-override-dropped", "override users are ignored", requirements="EC-EXEC-009"),
    defect(
        "ec-exec-override-refused", "override users are not allowed", requirements="EC-EXEC-007"
    ),
    defect(
        "ec-exec-override-first",
        "only the first override user counts",
        requirements=("EC-EXEC-009", "EC-EXEC-010"),
    ),
    defect(
        "ec-exec-override-sticks",
        "the next run still has the override users",
        requirements="EC-EXEC-008",
    ),
    vendor_defect(
        "ec-exec-override-unchecked", "an override user abc is taken", requirements="EC-EXEC-016"
    ),
    defect(
        "ec-exec-recipients-string",
        "the number of recipients is a string",
        requirements="EC-LOG-005",
    ),
    defect("ec-exec-recipients-none", "no recipients are the word none", requirements="EC-LOG-005"),
    defect("ec-exec-recipients-overflow", "one recipient reads as 2^31", requirements="EC-LOG-005"),
    defect("ec-exec-begin-number", "beginDate is a number", requirements="EC-LOG-001"),
    defect("ec-exec-begin-text", "beginDate is no date-time", requirements="EC-LOG-001"),
    defect("ec-exec-end-word", "endDate is a word", requirements="EC-LOG-002"),
    defect("ec-exec-end-first", "implied: a run ends before it begins", requirements="EC-LOG-004"),
    defect(
        "ec-exec-log-reused", "implied: every run has the same log id", requirements="EC-LOG-013"
    ),
    defect(
        "ec-exec-log-reused-third",
        "implied: the third run has the second's id",
        requirements="EC-LOG-013",
    ),
    defect("ec-exec-log-string", "the log id is a string", requirements="EC-LOG-012"),
    defect("ec-exec-log-overflow", "the log id is beyond int32", requirements="EC-LOG-012"),
    defect("ec-exec-status-unknown", "the status is Running", requirements="EC-LOG-014"),
    defect("ec-exec-status-lower", "the status is in lower case", requirements="EC-LOG-014"),
    defect(
        "ec-exec-status-empty",
        "the status of a run without recipients is empty",
        requirements="EC-LOG-014",
    ),
    defect(
        "ec-exec-other-distribution",
        "implied: the answer is about another",
        requirements="EC-LOG-010",
    ),
    defect(
        "ec-exec-distribution-string", "reportDistributionId is a string", requirements="EC-LOG-009"
    ),
    defect("ec-exec-distribution-list", "reportDistribution is a list", requirements="EC-LOG-006"),
    defect("ec-exec-user-id-string", "userId is a string", requirements="EC-LOG-007"),
    defect("ec-exec-user-name-number", "fullName is a number", requirements="EC-LOG-007"),
    defect("ec-exec-user-code-list", "userCode is a list", requirements="EC-LOG-007"),
    defect("ec-exec-report-code-number", "reportCode is a number", requirements="EC-LOG-008"),
    defect("ec-exec-name-object", "reportDistributionName is an object", requirements="EC-LOG-011"),
    defect(
        "ec-exec-unknown-ok", "implied: an unknown distribution runs", requirements="EC-EXEC-005"
    ),
    defect("ec-exec-large-id-ok", "an id of 2^31 runs", requirements="EC-EXEC-006"),
    defect("ec-crash-exec-large-id", "implied: an id of 2^31 gives 500", requirements="EC-NET-001"),
    defect(
        "ec-crash-exec-word", "implied: an id that is a word gives 500", requirements="EC-NET-001"
    ),
    defect(
        "ec-crash-exec-override",
        "implied: an override user abc gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-exec-repeat",
        "implied: a repeated override user gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-exec-again", "implied: a run during a run gives 500", requirements="EC-NET-001"
    ),
    defect(
        "ec-crash-exec-nobody",
        "implied: a run without recipients gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-logs-short",
        "implied: the list of logs ends before its Content-Length",
        requirements="EC-NET-002",
    ),
    defect("ec-exec-bad-gzip", "implied: announced as gzip, but plain", requirements="EC-NET-002"),
    defect(
        "ec-error-mislabelled", "implied: a 404 says JSON and is a page", requirements="EC-NET-003"
    ),
)
_BEYOND = (
    vendor_defect(
        "ec-group-reports-none", "every second group lacks its reports", requirements="EC-GRP-017"
    ),
    vendor_defect(
        "ec-group-reports-last",
        "every second group lacks its last report",
        requirements="EC-GRP-017",
    ),
    vendor_defect(
        "ec-group-info-lost", "the info asked for is not the group's", requirements="EC-GRP-018"
    ),
    vendor_defect("ec-group-viewer", "a viewer may make groups", requirements="EC-AUTH-009"),
    vendor_defect(
        "ec-group-code-case", "the code is put into lower case", requirements="EC-GRP-019"
    ),
    vendor_defect("ec-group-code-twice", "a code can be used twice", requirements="EC-GRP-020"),
    vendor_defect(
        "ec-group-delete-nothing", "a deleted group is still there", requirements="EC-GRP-022"
    ),
    vendor_defect(
        "ec-filter-equals-like", "equals finds a part of a name", requirements="EC-DIST-018"
    ),
    vendor_defect("ec-filter-not-unread", "a filter's not is not read", requirements="EC-DIST-018"),
    vendor_defect(
        "ec-filter-one-of-first", "one of knows its first value alone", requirements="EC-DIST-018"
    ),
    vendor_defect(
        "ec-filter-less-equal", "less than has the bound itself", requirements="EC-DIST-018"
    ),
    vendor_defect(
        "ec-filter-between-from", "between has its first value alone", requirements="EC-DIST-018"
    ),
    vendor_defect(
        "ec-group-delete-before",
        "the group before a deleted one goes with it",
        requirements="EC-GRP-022",
    ),
    vendor_defect(
        "ec-exec-strangers-counted",
        "users who do not exist are counted",
        requirements="EC-EXEC-015",
    ),
    vendor_defect(
        "ec-group-reads-other", "a group reads otherwise than answered", requirements="EC-GRP-021"
    ),
    vendor_defect("ec-list-no-paging", "a list does not tell its pages", requirements="EC-GRP-024"),
    vendor_defect(
        "ec-group-charset-refused", "JSON with a charset gets 415", requirements="EC-GRP-029"
    ),
    vendor_defect(
        "ec-log-lost", "a run with override users leaves no log", requirements="EC-LOG-017"
    ),
    vendor_defect(
        "ec-log-status-partial",
        "a partial failure reads Partial",
        requirements="EC-LOG-016",
    ),
    vendor_defect(
        "ec-log-end-first", "a log that is over ended before it began", requirements="EC-LOG-020"
    ),
    vendor_defect(
        "ec-log-goes-back",
        "a log that is over reads In Progress at the second look",
        requirements="EC-LOG-015",
    ),
    defect("ec-group-nan", "a group has a number that is NaN", requirements="EC-GRP-003"),
    defect("ec-exec-nan", "a log has a number that is NaN", requirements="EC-EXEC-003"),
    defect(
        "ec-group-empty-key-ok", "a group is made with an empty key", requirements="EC-AUTH-002"
    ),
    defect("ec-exec-empty-key-ok", "a run takes an empty key", requirements="EC-AUTH-004"),
    defect("ec-exec-key-case-ignored", "the case of a key is ignored", requirements="EC-AUTH-004"),
    defect(
        "ec-exec-id-wraps", "the id 2^32 + n runs the distribution n", requirements="EC-EXEC-017"
    ),
    defect(
        "ec-exec-override-three", "the fourth override user is dropped", requirements="EC-EXEC-009"
    ),
    defect("ec-exec-other-name", "the log names another distribution", requirements="EC-LOG-021"),
    defect(
        "ec-crossed-runs",
        "implied: two runs at the same time get each other's log",
        requirements="EC-LOG-010",
    ),
    defect(
        "ec-crash-group-unicode",
        "implied: an information beyond ASCII gives 500",
        requirements="EC-NET-001",
    ),
    defect(
        "ec-crash-group-long",
        "implied: an information of over 1000 characters gives 500",
        requirements="EC-NET-001",
    ),
    defect("ec-crash-group-many", "implied: over 8 reports give 500", requirements="EC-NET-001"),
    vendor_defect(
        "ec-group-info-cut", "a long information comes back cut off", requirements="EC-GRP-018"
    ),
    vendor_defect(
        "ec-group-info-double-encoded",
        "an information beyond ASCII comes back encoded twice",
        requirements="EC-GRP-018",
    ),
    vendor_defect(
        "ec-list-page-shifted",
        "the second page of the groups begins one late",
        requirements="EC-GRP-030",
    ),
    vendor_defect(
        "ec-list-page-repeated",
        "the second page of the groups repeats the first",
        requirements="EC-GRP-030",
    ),
    vendor_defect(
        "ec-list-omits-new", "the list of groups lacks the newest", requirements="EC-GRP-030"
    ),
    vendor_defect(
        "ec-log-page-shifted",
        "the second page of the logs begins one late",
        requirements="EC-LOG-022",
    ),
    vendor_defect(
        "ec-dist-viewer",
        "distributions and logs are read without the Manage right",
        requirements=tuple(f"EC-AUTH-{number:03}" for number in range(12, 17)),
    ),
    vendor_defect(
        "ec-group-update-lost", "a change leaves the information", requirements="EC-GRP-034"
    ),
    vendor_defect(
        "ec-dist-update-enables",
        "a change switches a distribution on, whatever it asks for",
        requirements="EC-DIST-019",
    ),
    vendor_defect(
        "ec-list-keeps-deleted", "a deleted group is still listed", requirements="EC-GRP-022"
    ),
    vendor_defect(
        "ec-list-loses-neighbour",
        "the group before a deleted one leaves the list",
        requirements="EC-GRP-022",
    ),
    vendor_defect(
        "ec-list-pages-floored", "the last, partial page is not counted", requirements="EC-GRP-037"
    ),
    should_defect("ec-exec-text", "a run's JSON is said to be text", requirements="EC-EXEC-018"),
    vendor_defect(
        "ec-dist-day-number",
        "the day of a schedule is a number, not an object",
        requirements=("EC-DIST-001", "EC-DIST-002", "EC-DIST-003"),
    ),
    vendor_defect(
        "ec-dist-day-unchecked",
        "a day that the schedule has not is taken",
        requirements="EC-DIST-013",
    ),
    vendor_defect(
        "ec-dist-schedule-lost", "every schedule reads quarterly", requirements="EC-DIST-010"
    ),
    vendor_defect(
        "ec-dist-format-lost",
        "every distribution sends Word",
        requirements="EC-DIST-009",
    ),
    vendor_defect(
        "ec-dist-filter-refused",
        "a filter of two statements is refused",
        requirements="EC-DIST-017",
    ),
    vendor_defect(
        "ec-list-large-page-refused",
        "a page size above 1000 is refused",
        requirements="EC-GRP-035",
    ),
    vendor_defect(
        "ec-dist-filter-lets-all",
        "a filter lets everything through",
        requirements="EC-DIST-018",
    ),
    vendor_defect(
        "ec-dist-filter-empty", "a filter lets nothing through", requirements="EC-DIST-018"
    ),
    vendor_defect(
        "ec-list-total-wrong", "the total of a list is too high", requirements="EC-GRP-031"
    ),
    vendor_defect(
        "ec-list-default-short", "without a size a page has three items", requirements="EC-GRP-032"
    ),
    vendor_defect("ec-group-id-twice", "two groups in a row get one id", requirements="EC-GRP-033"),
    vendor_defect(
        "ec-group-reports-first", "a group has but its first report", requirements="EC-GRP-017"
    ),
    vendor_defect(
        "ec-group-reports-twice", "a group has its first report twice", requirements="EC-GRP-017"
    ),
    vendor_defect(
        "ec-logs-unasked", "runs in progress are listed unasked", requirements="EC-LOG-023"
    ),
    vendor_defect(
        "ec-log-detail-other", "every detail is that of the first run", requirements="EC-LOG-024"
    ),
    vendor_defect("ec-logs-delete-all", "deleting old logs deletes all", requirements="EC-LOG-025"),
    vendor_defect(
        "ec-log-detail-viewer",
        "the detail of a log is read without the Manage right",
        requirements="EC-AUTH-016",
    ),
    vendor_defect(
        "ec-list-manager-only",
        "report groups are listed for managers alone",
        requirements="EC-GRP-036",
    ),
)
DEFECTS = (*_GROUP, *_EXEC, *_BEYOND)

VARIANTS = (
    Variant("ec-free-complete-at-once", "a run is over when it is answered"),
    Variant("ec-free-no-end", "a run in progress has no endDate"),
    Variant("ec-free-slow", "a run takes 100 seconds"),
    Variant("ec-free-partly", "every second run ends with some reports not sent"),
    Variant("ec-free-403", "a missing right gets 403"),
    Variant("ec-free-date-only", "dates have no time"),
    Variant("ec-free-offset", "date-times have an offset, not a Z"),
    Variant("ec-free-long-fraction", "date-times have seven digits of a second"),
    Variant("ec-free-empty-log", "the log is an empty object"),
    Variant("ec-free-sparse-log", "the log has id, status and recipients alone"),
    Variant("ec-free-empty-group", "a new group is answered with an empty object"),
    Variant("ec-free-sparse-child", "a report has only its id"),
    Variant("ec-free-null-members", "what a report, group or distribution does not have is null"),
    Variant("ec-free-id-reused", "a group gets the id of one that was deleted"),
    Variant("ec-free-error-text", "errors are plain text"),
    Variant("ec-free-error-empty", "errors have no body"),
    Variant("ec-free-error-problem", "errors are problem documents"),
    Variant("ec-free-duplicate-409", "a code used before gets 409"),
    Variant("ec-free-unknown-report-404", "an unknown report id gets 404"),
    Variant("ec-free-unknown-user-dropped", "an unknown override user is left out"),
    Variant("ec-free-media-type-strict", "a run needs a Content-Type, as the page says"),
    Variant("ec-free-large-ids", "ids begin close to the end of int32"),
    Variant("ec-free-unknown-query", "unknown query parameters are ignored"),
    Variant("ec-free-no-offset", "date-times have no offset"),
    Variant("ec-free-bad-key-403", "an invalid key gets 403"),
    Variant("ec-free-code-kept", "the code of a group keeps its case"),
    Variant("ec-free-null-creator", "the creator and the report's code in a log are null"),
    Variant("ec-free-small-pages", "a page has ten items at most, and says so"),
    Variant("ec-free-oldest-first", "logs are listed from the oldest on"),
    Variant(
        "ec-free-minimal",
        "every optional member is absent, and errors have no body",
        includes=("ec-free-empty-log", "ec-free-empty-group", "ec-free-error-empty"),
    ),
    *transport_variants("ec"),
)
