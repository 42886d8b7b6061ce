"""Client credentials by requests-oauthlib: `python oauth_session.py BASE_URL ID SECRET`.

The session asks for a token, uses it until it has expired, and asks again; what is refused for a
while is sent again by urllib3.
"""

import sys
from typing import Any

import requests
from _tasks import CALLS, ORDER, Report
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from urllib3.util import Retry

base_url, client_id, secret = sys.argv[1:]
jobs = base_url + CALLS
report = Report()
session = OAuth2Session(client=BackendApplicationClient(client_id=client_id))
session.mount(base_url, HTTPAdapter(max_retries=Retry(2, status_forcelist=[429, 503])))


def fetch_token(password: str = secret, **options: Any) -> Any:
    basic = HTTPBasicAuth(client_id, password)
    return session.fetch_token(f"{base_url}/oauth/token", auth=basic, **options)


@report.task
def refused() -> Any:
    try:
        return fetch_token("wrong")
    except OAuth2Error as error:
        return error.error


@report.task
def narrowed() -> Any:
    scope = fetch_token(scope=["data-reports:read"])["scope"]
    created = session.post(jobs, json=ORDER)
    return {"scope": scope, "list": session.get(jobs).status_code, "create": created.status_code}


@report.task
def job() -> Any:
    token = fetch_token()
    created = session.post(jobs, json=ORDER)
    known = {name: token[name] for name in ("token_type", "expires_in", "scope")}
    return {**known, "status": created.status_code, "name": created.json()["job"]["name"]}


@report.task
def retried() -> Any:
    return session.get(f"{base_url}/data/reports/ring_attempts/jobs").status_code


@report.task
def expired() -> Any:
    sandbox = {"X-Mock-Sandbox": client_id.partition(".")[2]}
    requests.post(f"{base_url}/_mock/clock", headers=sandbox, json={"advance": "PT11M"})
    late = session.get(jobs).status_code
    fetch_token()
    return [late, session.get(jobs).status_code]


report.write()
