"""All five functions against a whole server, as it is today and as it was."""

from __future__ import annotations

import urllib.request

import programs
import pytest

import aura_users

EMAIL = "eric@example.com"


def sign_up(sandbox: programs.Sandbox) -> aura_users.User:
    return aura_users.create_user("eric", "correct horse", [EMAIL], repo_url=sandbox.url)


def test_from_the_account_to_its_audit_log(sandbox: programs.Sandbox) -> None:
    made = sign_up(sandbox)
    assert (made.username, made.packages, made.organizations) == ("eric", None, None)

    [mail] = sandbox.mailbox(EMAIL)
    assert mail["kind"] == "email-verification"
    with urllib.request.urlopen(mail["link"]):
        pass

    with aura_users.Client(repo_url=sandbox.url, api_key=sandbox.key("eric")) as client:
        me = client.get_current_user()
        assert me.username == "eric"
        assert me.organizations == ()
        assert me.packages == ()
        assert client.get_user("ERIC").username == "eric"
        assert [log.action for log in client.stream_audit_logs()][-1] == "user.create"


def test_an_unverified_account_may_not_act(sandbox: programs.Sandbox) -> None:
    sign_up(sandbox)
    with pytest.raises(aura_users.PermissionDeniedError) as caught:
        aura_users.get_current_user(repo_url=sandbox.url, api_key=sandbox.key("eric"))
    assert caught.value.reason == "email_not_verified"


def test_a_name_that_is_taken(sandbox: programs.Sandbox) -> None:
    sign_up(sandbox)
    with pytest.raises(aura_users.ValidationError) as caught:
        sign_up(sandbox)
    assert caught.value.errors == {"username": "has already been taken"}


def test_the_whole_log(sandbox: programs.Sandbox) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [[EMAIL, True, True, True]]})
    sandbox.admin("audit-logs", {"username": "eric", "count": 250})
    with aura_users.Client(repo_url=sandbox.url, api_key=sandbox.key("eric")) as client:
        ids = [log.params["id"] for log in client.stream_audit_logs()]
        assert ids == list(range(250, 0, -1))
        assert [len(page) for page in client.stream_audit_logs().pages()] == [100, 100, 50]
        assert len(list(client.stream_audit_logs(page=3))) == 50
        assert client.get_user(EMAIL).username == "eric"


def test_a_reset(sandbox: programs.Sandbox, profile: str) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [[EMAIL, True, True, True]]})
    if profile == "current":
        with pytest.raises(aura_users.UnsupportedError) as caught:
            aura_users.reset_user_password("eric", repo_url=sandbox.url)
        assert caught.value.status == 404
        assert caught.value.hint
        assert sandbox.mailbox(EMAIL) == []
    else:
        aura_users.reset_user_password("eric", repo_url=sandbox.url)
        [mail] = sandbox.mailbox(EMAIL)
        assert mail["kind"] == "password-reset"


def test_nobody(sandbox: programs.Sandbox) -> None:
    with pytest.raises(aura_users.NotFoundError):
        aura_users.get_user("nobody", repo_url=sandbox.url)
    with pytest.raises(aura_users.AuthenticationError) as caught:
        aura_users.get_current_user(repo_url=sandbox.url)
    assert caught.value.reason == "missing_credential"
