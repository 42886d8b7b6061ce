"""Generate a client from each contract, and take a job of each vendor through its life with them.

`openapi_python_client_job.py DOCUMENTS PROFILE BASE_URL`: in DOCUMENTS is <vendor>-<profile>.json;
the packages are written beside it.
"""

import importlib
import json
import sys
from pathlib import Path

from openapi_python_client.cli import app

FOLDER, PROFILE, BASE_URL = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
NAMES = ("control", "talkdesk", "energycap", "clinicalone")


def generate(name):
    document, package = FOLDER / f"{name}-{PROFILE}.json", FOLDER / f"{name}_{PROFILE}"
    options = ["--meta", "none", "--fail-on-warning", "--path", document, "--output-path", package]
    app(["generate", *map(str, options)], standalone_mode=False)


def load(name, module):
    return importlib.import_module(f"{name}_{PROFILE}.{module}")


def call(name, operation, *arguments, client, **options):
    return load(name, f"api.{operation}").sync_detailed(*arguments, client=client, **options)


def advance(sandbox, duration):
    models, client = load("control", "models"), load("control", "client").Client(BASE_URL)
    move = models.ClockMove.from_dict({"advance": duration})
    call("control", "clock.move_mock_clock", client=client, body=move, x_mock_sandbox=sandbox.id)


def credentials(sandbox, name, role, **options):
    secret = sandbox.credentials[name][role]
    return load(name, "client").AuthenticatedClient(BASE_URL, secret, **options)


def talkdesk(sandbox):
    models, client = load("talkdesk", "models"), credentials(sandbox, "talkdesk", "writer")
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    job = models.JobRequest.from_dict({"format": "csv", "timespan": span})
    calls = "calls"
    created = call("talkdesk", "jobs.create_report_job", calls, client=client, body=job)
    name = created.parsed.job.id
    waiting = call("talkdesk", "jobs.get_report_job", calls, name, client=client)
    advance(sandbox, "PT1M")
    done = call("talkdesk", "jobs.get_report_job", calls, name, client=client)
    file = call("talkdesk", "files.get_report_file", calls, name, client=client)
    states = [waiting.parsed.job.status.value, done.parsed.job.status.value]
    return {"states": states, "redirect": done.status_code, "file": file.content[:8].decode()}


def energycap(sandbox):
    options = {"auth_header_name": "ECI-ApiKey", "prefix": ""}
    models, client = (
        load("energycap", "models"),
        credentials(sandbox, "energycap", "manager", **options),
    )
    document = json.loads((FOLDER / f"energycap-{PROFILE}.json").read_text("utf-8"))
    body = document["paths"]["/api/v202106/reportdistribution"]["post"]["requestBody"]
    wish = body["content"]["application/json"]["examples"]["monthly"]["value"]
    request = models.ReportDistributionRequest.from_dict(wish)
    where = "distributions.create_report_distribution"
    made = call("energycap", where, client=client, body=request).parsed.report_distribution_id
    run = call("energycap", "distributions.execute_report_distribution", made, client=client).parsed
    advance(sandbox, "PT1H")
    logs = call("energycap", "logs.list_report_distribution_logs", client=client).parsed
    number = run.report_distribution_log_id
    ended = next(log for log in logs if log.report_distribution_log_id == number)
    detail = call("energycap", "logs.get_report_distribution_log_detail", number, client=client)
    return {"states": [run.status.value, ended.status.value], "errors": detail.parsed.errors}


def clinicalone(sandbox):
    models, client = load("clinicalone", "models"), credentials(sandbox, "clinicalone", "manager")
    fields, lower_case = models.ReportFields(), models.ReportFormat.CSV_LOWER_CASE
    options = {"client": client, "body": fields}
    created = call("clinicalone", "jobs.create_report", format_=lower_case, **options)
    name = created.parsed.result.job_id
    call("clinicalone", "jobs.kick_off_report_job", name, **options)
    advance(sandbox, "PT1H")
    found = call("clinicalone", "metadata.list_downloads", client=client, limit=1, offset=0).parsed
    file = call("clinicalone", "files.download_report", client=client, id=name)
    states = [run.run_status.value for run in found.result.report_run_status]
    return {"states": states, "file": file.content[:7].decode()}


for each in NAMES:
    generate(each)
sys.path.insert(0, str(FOLDER))
server = load("control", "client").Client(BASE_URL)
world = load("control", "models").SandboxRequest()
made = call("control", "sandboxes.create_mock_sandbox", client=server, body=world).parsed
print(json.dumps({job.__name__: job(made) for job in (talkdesk, energycap, clinicalone)}))
