"""All five operations against the sandbox, with its current and its legacy profile."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient

EMAIL = "eric@example.com"


def sign_up(client: aura_users.Client) -> aura_users.User:
    return client.create_user("eric", "correct horse", [EMAIL])


def test_a_new_account_can_read_its_record_and_log(
    sandbox: programs.Sandbox, make_client: MakeClient
) -> None:
    made = sign_up(make_client(repo_url=sandbox.url))
    assert (made.username, made.packages, made.organizations) == ("eric", None, None)

    [mail] = sandbox.mailbox(EMAIL)
    assert mail["kind"] == "email-verification"
    with urllib.request.urlopen(mail["link"]):
        pass

    with make_client(repo_url=sandbox.url, api_key=sandbox.add_key("eric")) as client:
        me = client.get_current_user()
        assert me.username == "eric"
        assert me.organizations == ()
        assert me.packages == ()
        assert client.get_user("ERIC").username == "eric"
        assert [log.action for log in client.stream_audit_logs()][-1] == "user.create"


def test_an_unverified_account_is_refused(
    sandbox: programs.Sandbox, make_client: MakeClient
) -> None:
    sign_up(make_client(repo_url=sandbox.url))
    with pytest.raises(aura_users.PermissionDeniedError) as caught:
        make_client(repo_url=sandbox.url, api_key=sandbox.add_key("eric")).get_current_user()
    assert caught.value.reason == "email_not_verified"


def test_a_taken_name_is_a_validation_error(
    sandbox: programs.Sandbox, make_client: MakeClient
) -> None:
    sign_up(make_client(repo_url=sandbox.url))
    with pytest.raises(aura_users.ValidationError) as caught:
        sign_up(make_client(repo_url=sandbox.url))
    assert caught.value.errors == {"username": "has already been taken"}


def test_the_stream_returns_the_whole_log(
    sandbox: programs.Sandbox, make_client: MakeClient
) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [[EMAIL, True, True, True]]})
    sandbox.admin("audit-logs", {"username": "eric", "count": 250})
    with make_client(repo_url=sandbox.url, api_key=sandbox.add_key("eric")) as client:
        ids = [log.params["id"] for log in client.stream_audit_logs()]
        assert ids == list(range(250, 0, -1))
        assert [len(page) for page in client.stream_audit_logs().pages()] == [100, 100, 50]
        assert len(list(client.stream_audit_logs(page=3))) == 50
        assert client.get_user(EMAIL).username == "eric"


def test_a_password_reset_depends_on_the_server(
    sandbox: programs.Sandbox, make_client: MakeClient, profile: str
) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [[EMAIL, True, True, True]]})
    if profile == "current":
        with pytest.raises(aura_users.UnsupportedError) as caught:
            make_client(repo_url=sandbox.url).reset_user_password("eric")
        assert caught.value.status == 404
        assert caught.value.hint
        assert sandbox.mailbox(EMAIL) == []
    else:
        make_client(repo_url=sandbox.url).reset_user_password("eric")
        [mail] = sandbox.mailbox(EMAIL)
        assert mail["kind"] == "password-reset"


def test_a_missing_user_and_a_missing_key_are_errors(
    sandbox: programs.Sandbox, make_client: MakeClient
) -> None:
    with pytest.raises(aura_users.NotFoundError):
        make_client(repo_url=sandbox.url).get_user("nobody")
    with pytest.raises(aura_users.AuthenticationError) as caught:
        make_client(repo_url=sandbox.url).get_current_user()
    assert caught.value.reason == "missing_credential"
