"""The seed data: invented identities, and the initial state of each vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

READ, WRITE = "data-reports:read", "data-reports:write"
POSTING, DOWNLOAD = "ReportingPost", "ReportingDownload"


@dataclass(frozen=True, slots=True)
class Caller:
    """The account or tenant of a credential, and its rights."""

    account: str
    rights: frozenset[str]


def _caller(account: str, *rights: str) -> Caller:
    return Caller(account, frozenset(rights))


TALKDESK_TOKENS: Mapping[str, Caller] = MappingProxyType(
    {
        "mock-talkdesk-writer": _caller("acme", READ, WRITE),
        "mock-talkdesk-reader": _caller("acme", READ),
        "mock-talkdesk-noscope": _caller("acme"),
        "mock-talkdesk-other": _caller("globex", READ, WRITE),
    }
)
TALKDESK_CLIENTS: Mapping[str, tuple[str, Caller]] = MappingProxyType(
    {"mock-talkdesk-client": ("mock-talkdesk-secret", _caller("acme", READ, WRITE))}
)
TALKDESK_TYPES = (
    "calls",
    "explore_calls",
    "user_status",
    "contacts",
    "ring_attempts",
    "studio_flow_execution",
    "audit_logs",
    "feedback_flow",
    "interaction_custom_fields",
    "messaging_contacts",
    "adherence",
)
# One job of account acme is held in each of these states.
TALKDESK_HELD = ("CREATED", "PROCESSING", "DONE", "FAILED", "DELETED")

CLINICALONE_TOKENS: Mapping[str, Caller] = MappingProxyType(
    {
        "mock-clinicalone-manager": _caller("acme", POSTING, DOWNLOAD),
        "mock-clinicalone-viewer": _caller("acme", DOWNLOAD),
        "mock-clinicalone-guest": _caller("acme"),
        "mock-clinicalone-other": _caller("globex", POSTING, DOWNLOAD),
    }
)
CLINICALONE_STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
# (job id, state it is held in, study, report)
CLINICALONE_JOBS = (
    ("6A7C29DD011241DFBE1B64399283C860", "SUCCEEDED", CLINICALONE_STUDY, 0),
    ("6A7C29DD011241DFBE1B64399283C861", "WAITING", CLINICALONE_STUDY, 0),
    ("6A7C29DD011241DFBE1B64399283C862", "RUNNING", CLINICALONE_STUDY, 1),
    ("6A7C29DD011241DFBE1B64399283C863", "FAILED", CLINICALONE_STUDY, 1),
    ("6A7C29DD011241DFBE1B64399283C864", "SUCCEEDED", None, 2),
)
# (report id, name); the last is a tenant report
CLINICALONE_REPORTS = (
    ("B2A4C1D09E7F4A5B8C6D7E8F90A1B2C3", "Subject Data Extract"),
    ("C3B5D2E1AF804B6C9D7E8F90A1B2C3D4", "Query Detail"),
    ("D4C6E3F2B0914C7DAE8F90A1B2C3D4E5", "HSL Report"),
)

MANAGE = "Manage"
ENERGYCAP_KEYS: Mapping[str, Caller] = MappingProxyType(
    {
        "mock-energycap-manager": _caller("acme", MANAGE),
        "mock-energycap-viewer": _caller("acme"),
    }
)
ENERGYCAP_USERS: Mapping[int, str] = MappingProxyType(
    {
        1: "Ada Mwangi",
        2: "Bo Larsen",
        3: "Chen Wei",
        4: "Dora Petrova",
        5: "Eli Okafor",
        6: "Fay Andersson",
        7: "Gus Moreau",
        8: "Hana Suzuki",
        9: "Ivo Marić",
        10: "Joy Adeyemi",
        11: "Kai Nguyen",
        12: "Lea Fischer",
        13: "Max Former",
    }
)
ENERGYCAP_INACTIVE = frozenset({13})
ENERGYCAP_USER_GROUPS: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {1: (1, 2, 3, 4), 2: (3, 4, 5, 6), 3: (6, 7, 8, 13), 4: (13,)}
)
ENERGYCAP_REPORTS: Mapping[int, str] = MappingProxyType(
    {
        1: "Monthly Cost Summary",
        2: "Bill Analysis",
        3: "Meter Trend",
        4: "Site Ranking",
        5: "Budget Variance",
        6: "Greenhouse Gas Summary",
        7: "Audit Findings",
        8: "Account Listing",
        9: "Use per Area",
        10: "Weather Comparison",
        11: "Accrual Detail",
        12: "Benchmark Overview",
    }
)
# (id, name, report, user groups, status in which a run with recipients ends)
ENERGYCAP_DISTRIBUTIONS = (
    (1, "Monthly cost to facilities", 1, (1, 2), "Complete"),
    (2, "Budget to nobody", 5, (4,), "Complete"),
    (3, "Audit to everyone", 7, (1, 3), "Some reports not sent"),
)
