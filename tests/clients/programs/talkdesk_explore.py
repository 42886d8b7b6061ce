"""Reads report streams with a published client of Talkdesk Explore; only its base URL is changed.

    python talkdesk_explore.py BASE_URL CLIENT_ID:CLIENT_SECRET STREAM...

Writes a JSON object: what the client's own check of the connection says, and for each stream how
many rows came, the first one, and the state from which the client would go on.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from airbyte_cdk.logger import AirbyteLogger
from airbyte_cdk.models import SyncMode
from source_talkdesk_explore import streams
from source_talkdesk_explore.source import SourceTalkdeskExplore

base_url, api_key, *wanted = sys.argv[1:]
for base in (streams.GenerateReportStream, streams.ReadReportStream):
    base.url_base = f"{base_url}/data/"
config = {
    "auth_url": f"{base_url}/oauth/token?grant_type=client_credentials",
    "api_key": api_key,
    "timezone": "Europe/Lisbon",
    # The client reads until now, and no report covers more than a month.
    "start_date": (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT00:00:00"),
}
source = SourceTalkdeskExplore()
read: dict[str, Any] = {}
for stream in source.streams(config):
    if stream.name in wanted:
        rows = list(stream.read_records(SyncMode.full_refresh, stream_state={}))
        state: dict[str, Any] = {}
        for row in rows:
            state = stream.get_updated_state(state, row)
        read[stream.name] = {"rows": len(rows), "first": rows[0], "state": state}
ready, _ = source.check_connection(AirbyteLogger(), config)
sys.stdout.write("\n" + json.dumps({"ready": ready, "streams": read}))
