"""Tests of shrinking: the request that is shown is the smallest that still breaks the rule."""

from dataclasses import replace

import pytest

from conformance.http import Exchange
from conformance.reproduction.replayer import MAX_REQUESTS, Shrinker
from conformance.session import open_session
from conformance.settings import Settings
from conformance.target.client import Client
from tests.unit.conformance._tiny_vendor import TinyServer, contract, target

BODY = {"size": 3, "colour": "red", "name": "wide", "shape": "round"}


@pytest.fixture
def client():
    with TinyServer() as server:
        yield open_session(contract(), target(server.url), Settings())


def create(client: Client) -> Exchange:
    return client.call("createJob", json=BODY, query={"a": "1"}, driver="test")


def test_parts_that_do_not_matter_are_left_out(client: Client):
    smallest = Shrinker(client).shrink(create(client), lambda e: b"name" in (e.request.body or b""))
    assert smallest.request.body == b'{"name":"wide"}'
    assert smallest.request.query == ()
    assert len(client.exchanges) <= 1 + MAX_REQUESTS


def test_what_only_breaks_as_it_is_stays_as_it_is(client: Client):
    exchange = create(client)
    shrinker = Shrinker(client)
    assert shrinker.shrink(exchange, lambda _: False) is exchange
    assert not shrinker.recurred
    assert len(client.exchanges) == 2


def test_what_breaks_again_has_recurred(client: Client):
    shrinker = Shrinker(client)
    shrinker.shrink(create(client), lambda _: True)
    assert shrinker.recurred


def test_nothing_is_sent_again_where_things_are_scarce():
    with TinyServer() as server:
        scarce = replace(target(server.url), max_created=5)
        client = open_session(contract(), scarce, Settings())
        exchange = create(client)
        assert Shrinker(client).shrink(exchange, lambda _: True) is exchange
        assert len(client.exchanges) == 1


def test_a_body_that_is_no_json_object_is_left_alone(client: Client):
    headers = {"Content-Type": "application/json"}
    exchange = client.call("createJob", body=b"[1, 2]", headers=headers, driver="test")
    assert Shrinker(client).shrink(exchange, lambda _: True) is exchange
