"""The records: users, rows, packages and organizations."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from fake_server import FakeServer, Reply, Request

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient

RICH = """{"email":"r@example.com","full_name":"Rich \\"The\\" \u00dcser",
 "future":{"a":[12345678901234567890]},
 "handles":{"GitHub":"https://github.com/rich","Bluesky":"https://bsky.app/profile/rich"},
 "inserted_at":"2026-11-23T11:50:45.977004Z","organizations":[{"name":"zeta","role":"admin"}],
 "owned_packages":{"a":"http://localhost/api/packages/a"},
 "packages":[{"html_url":"h","name":"a","repository":"hexpm","url":"u"}],
 "updated_at":"2026-11-23T11:50:46","url":"http://localhost/api/users/rich","username":"rich"}"""
ROWS = """[ {"action":"key.generate", "params":{"big":12345678901234567890,"s":"\\ud83d\\ude00"},
 "user_agent":null,"new":1}, {"action":"a\\nb","params":null,"user_agent":""}, {"action":"old"}]"""


def user(text: str = RICH) -> aura_users.User:
    with FakeServer(lambda _: Reply(text.encode())) as server:
        return aura_users.get_user("rich", repo_url=server.url)


def rows() -> list[aura_users.AuditLog]:
    with FakeServer(lambda _: Reply(ROWS.encode())) as server:
        return list(aura_users.stream_audit_logs(repo_url=server.url, api_key="k"))


def test_a_user_has_every_field() -> None:
    rich = user()
    assert rich.username == "rich"
    assert rich.full_name == 'Rich "The" \u00dcser'
    assert rich.email == "r@example.com"
    assert rich.url == "http://localhost/api/users/rich"
    assert list(rich.handles) == ["GitHub", "Bluesky"]
    assert rich.owned_packages == {"a": "http://localhost/api/packages/a"}
    assert rich.inserted_at == datetime(2026, 11, 23, 11, 50, 45, 977004, timezone.utc)
    assert rich.updated_at == datetime(2026, 11, 23, 11, 50, 46, tzinfo=timezone.utc)
    assert rich.packages == (aura_users.Package("a", "hexpm", "u", "h"),)
    assert rich.organizations == (aura_users.Organization("zeta", "admin"),)
    assert rich.raw_json == RICH
    assert rich.to_dict() == json.loads(RICH)
    assert dict(rich.extra) == {"future": {"a": [12345678901234567890]}}


def test_only_the_username_is_required() -> None:
    bare = user('{"username":"rich","full_name":null,"inserted_at":"1969-12-31T23:59:59.5Z"}')
    assert (bare.full_name, bare.url, bare.email, bare.updated_at) == (None, None, None, None)
    assert (bare.packages, bare.organizations) == (None, None)
    assert (dict(bare.handles), dict(bare.owned_packages), dict(bare.extra)) == ({}, {}, {})
    assert bare.inserted_at == datetime(1969, 12, 31, 23, 59, 59, 500000, timezone.utc)


def test_records_cannot_be_changed_or_constructed() -> None:
    rich, row = user(), rows()[0]
    for thing, name in ((rich, "username"), (row, "action"), (aura_users.Package("a"), "name")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "other")
    for mapping in (rich.handles, rich.owned_packages, rich.extra):
        with pytest.raises(TypeError):
            mapping["GitHub"] = "other"  # type: ignore[index]
    rich.to_dict()["username"] = "other"
    assert rich.to_dict()["username"] == "rich"
    for cls in (aura_users.User, aura_users.AuditLog, aura_users.AuditLogs):
        with pytest.raises(TypeError):
            cls()


def test_users_are_compared_by_value() -> None:
    one, same = user(), user()
    other = user('{"username":"rich"}')
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "rich"
    assert len({one, same, other}) == 2
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert again.packages == one.packages
        assert again.organizations == one.organizations
        assert again.inserted_at == one.inserted_at
        assert again.handles == one.handles
        assert (again.username, again.full_name, again.email) == ("rich", one.full_name, one.email)
        assert again.to_dict() == one.to_dict()
    assert pickle.loads(pickle.dumps(other)).packages is None


def test_from_json_restores_a_record() -> None:
    one = user()
    assert aura_users.User.from_json(one.raw_json) == one
    for row in rows():
        again = aura_users.AuditLog.from_json(row.raw_json)
        assert again == row
        assert (again.action, again.user_agent) == (row.action, row.user_agent)
        assert again.params == row.params
    for cls in (aura_users.User, aura_users.AuditLog):
        for bad in ("", "[]", "{}", "[" * 200):
            with pytest.raises(aura_users.InvalidArgumentError, match="json is not"):
                cls.from_json(bad)
        with pytest.raises(aura_users.InvalidArgumentError, match="raw_json must be a str"):
            cls.from_json(b"{}")  # type: ignore[arg-type]


def test_a_repr_shows_the_main_fields() -> None:
    assert repr(user()) == "<User 'rich' full_name='Rich \"The\" \u00dcser' email='r@example.com'>"
    assert repr(user('{"username":"a\\u001b"}')) == r"<User 'a\x1b'>"
    long = aura_users.User.from_json(json.dumps({"username": "a", "full_name": "b" * 200}))
    assert repr(long) == f"<User 'a' full_name='{'b' * 79}\u2026>"
    row = aura_users.AuditLog.from_json(
        '{"action":"a","user_agent":"Hex/2\u009b","params":{"name":"\u2028","n":1}}'
    )
    assert repr(row) == (r"<AuditLog 'a' user_agent='Hex/2\x9b' params={'name': '\u2028', 'n': 1}>")
    assert repr(aura_users.AuditLog.from_json('{"action":"a"}')) == "<AuditLog 'a'>"
    big = aura_users.AuditLog.from_json('{"action":"a","params":[' + "1," * 10_000 + "1]}")
    assert len(repr(big)) < 110
    package = aura_users.Package("a", "hexpm", "u", "h")
    for value in (package, aura_users.Package("a"), aura_users.Organization("zeta", "admin")):
        assert eval(repr(value), dict(vars(aura_users))) == value


def test_a_row_has_every_field() -> None:
    first, second, third = rows()
    assert first.action == "key.generate"
    assert first.user_agent is None
    assert first.params == {"big": 12345678901234567890, "s": "\U0001f600"}
    assert first.params is first.params
    assert first.to_dict()["new"] == 1
    assert dict(first.extra) == {"new": 1}
    with pytest.raises(TypeError):
        first.extra["new"] = 2  # type: ignore[index]
    assert first.raw_json == ROWS[2 : ROWS.index("}, {") + 1]
    assert (second.action, second.user_agent, second.params) == ("a\nb", "", None)
    assert (third.action, third.user_agent, third.params) == ("old", None, None)
    assert third.to_dict() == {"action": "old"}
    assert dict(third.extra) == {}
    match first, user():
        case aura_users.AuditLog("key.generate", None, {"big": number}), aura_users.User("rich"):
            assert number == 12345678901234567890
        case _:
            pytest.fail("the records do not match")


def test_rows_are_compared_by_value() -> None:
    one, same = rows()[0], rows()[0]
    assert one == same
    assert hash(one) == hash(same)
    assert one != rows()[1]
    assert one != one.raw_json
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert hash(again) == hash(one)
        assert (again.action, again.user_agent) == (one.action, one.user_agent)
        assert again.params == one.params
        assert again.raw_json == one.raw_json
    copy.deepcopy(one).params["big"] = 0
    assert one.params["big"] == 12345678901234567890
    assert [repr(row) for row in rows()] == [
        "<AuditLog 'key.generate' params={'big': 12345678901234567890, 's': '\U0001f600'}>",
        "<AuditLog 'a\\nb' user_agent=''>",
        "<AuditLog 'old'>",
    ]


def test_a_change_of_params_does_not_change_the_row() -> None:
    """The change stays in this object, as documented."""
    row = aura_users.AuditLog.from_json('{"action":"a","params":{"name":"laptop"}}')
    same = aura_users.AuditLog.from_json(row.raw_json)
    assert json.dumps(row.params) == '{"name": "laptop"}'
    row.params["name"] = "other"
    assert row.params == {"name": "other"}
    assert row.to_dict()["params"] == {"name": "laptop"}
    assert row == same
    assert hash(row) == hash(same)
    assert pickle.loads(pickle.dumps(row)).params == {"name": "laptop"}


def test_packages_and_organizations_are_compared_by_value() -> None:
    package = aura_users.Package("a", "hexpm", url="u", html_url="h")
    organization = aura_users.Organization("zeta", role="admin")
    for thing in (package, organization):
        for again in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
            assert again == thing
            assert hash(again) == hash(thing)
    assert package != aura_users.Package("a", "zeta", url="u", html_url="h")
    assert package.__replace__(repository="zeta") == aura_users.Package("a", "zeta", "u", "h")
    assert organization.__replace__() == organization
    with pytest.raises(TypeError):
        organization.__replace__(colour="red")
    assert organization != aura_users.Organization("zeta")
    assert (repr(package), repr(organization)) == (
        "Package(name='a', repository='hexpm', url='u', html_url='h')",
        "Organization(name='zeta', role='admin')",
    )
    fields = package.to_dict()
    assert fields == {"name": "a", "repository": "hexpm", "url": "u", "html_url": "h"}
    assert aura_users.Package(**fields) == package  # type: ignore[arg-type]
    assert organization.to_dict() == {"name": "zeta", "role": "admin"}
    assert aura_users.Organization("b").to_dict() == {"name": "b", "role": None}
    fields["name"] = "b"
    assert package.to_dict()["name"] == "a"
    match package:
        case aura_users.Package(name, repository):
            assert (name, repository) == ("a", "hexpm")


LIMITS = {
    "x-request-id": "req-1",
    "x-ratelimit-limit": "500",
    "x-ratelimit-remaining": "499",
    "x-ratelimit-reset": "99999999999",
}


def test_a_record_has_the_request_id_and_the_rate_limit_of_its_reply(
    make_client: MakeClient,
) -> None:
    def answer(request: Request) -> Reply:
        body = [{"action": "a"}] if request.path.endswith("/audit-logs") else {"username": "rich"}
        return Reply(body, headers=LIMITS | {"x-request-id": f"req-{len(server.requests)}"})

    with FakeServer(answer) as server:
        client = make_client(repo_url=server.url)
        first, second = client.get_user("rich"), client.get_current_user()
        [row] = client.stream_audit_logs()
    for record, request_id in ((first, "req-1"), (second, "req-2"), (row, "req-3")):
        response = record.response
        assert response is not None
        assert response.request_id == request_id
        assert response.rate_limit is not None
        assert (response.rate_limit.limit, response.rate_limit.remaining) == (500, 499)
        assert response.rate_limit.resets_in == 60
        assert response.to_dict() == {
            "request_id": request_id,
            "rate_limit": {"limit": 500, "remaining": 499, "resets_in": 60},
        }
        assert repr(response) == (
            f"<Response request_id='{request_id}' "
            "rate_limit=<RateLimitState 499 of 500 left, 60.0 s to go>>"
        )
        assert response == record.response
        assert pickle.loads(pickle.dumps(record)).response is None
        assert type(record).from_json(record.raw_json).response is None
    # The response does not count in comparisons.
    assert first == second
    assert hash(first) == hash(second)
    assert first.response != second.response


def test_a_response_has_none_for_missing_headers() -> None:
    response = user().response
    assert response is not None
    assert response.to_dict() == {"request_id": None, "rate_limit": None}
    assert repr(response) == "<Response request_id=None rate_limit=None>"


def test_the_other_type_can_decide_a_comparison() -> None:
    row = aura_users.AuditLog.from_json('{"action":"key.generate"}')
    for record in (aura_users.User.from_json(RICH), row, aura_users.Package("a")):
        assert record.__eq__(1) is NotImplemented
        assert record == mock.ANY
        assert record == mock.ANY
        assert record != 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_works(protocol: int) -> None:
    rich = aura_users.User.from_json(RICH)
    row = aura_users.AuditLog.from_json('{"action":"key.generate"}')
    for record in (rich, row, *(rich.packages or ()), *(rich.organizations or ())):
        assert pickle.loads(pickle.dumps(record, protocol)) == record


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("0000-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("0001-01-01T00:00:00Z", 1),
        ("9999-12-31T23:59:59.999999Z", 9999),
        ("9999-12-31T23:59:59-00:01", None),
    ],
)
def test_a_time_that_datetime_cannot_hold_is_none(text: str, year: int | None) -> None:
    user = aura_users.User.from_json(f'{{"username": "a", "inserted_at": "{text}"}}')
    assert (user.inserted_at and user.inserted_at.year) == year
    assert user.to_dict()["inserted_at"] == text


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ('"2026-11-23T11:50:45.977004Z"', datetime(2026, 11, 23, 11, 50, 45, 977004, timezone.utc)),
        ('"2026-11-23T11:50:45"', datetime(2026, 11, 23, 11, 50, 45, 0, timezone.utc)),
        ('"0000-01-01T00:00:00Z"', None),
        ('"yesterday"', None),
        ("null", None),
        ("5", None),
    ],
)
def test_a_row_has_a_time_if_the_server_sends_one(text: str, time: datetime | None) -> None:
    row = aura_users.AuditLog.from_json(
        f'{{"params": {{}}, "action": "a", "inserted_at": {text}, "future": 1}}'
    )
    assert row.inserted_at == time
    assert row.extra == {"future": 1}
    assert row.to_dict()["inserted_at"] == json.loads(text)
    assert repr(row) == "<AuditLog 'a' params={}>"
    assert aura_users.AuditLog.from_json('{"action": "a"}').inserted_at is None


def test_times_are_equal_to_those_of_datetime() -> None:
    between = (datetime.max - datetime.min) // 4_999
    times = [datetime.min + between * n for n in range(5_000)]
    for time in [*times, datetime.max, datetime(1969, 12, 31, 23, 59, 59, 999_999)]:
        raw = json.dumps({"action": "a", "inserted_at": f"{time.isoformat()}Z"})
        row = aura_users.AuditLog.from_json(raw)
        assert row.inserted_at == time.replace(tzinfo=timezone.utc)
