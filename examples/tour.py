"""A tour of the five functions, in Python. tour.c is the same in C, tour.cpp in C++.

    pip install ./python
    TOUR_PASSWORD=... python examples/tour.py REPO_URL USERNAME EMAIL

It creates an account that stays. Use your own server, such as aura-sandbox.
"""

import os
import sys
from collections import Counter

import aura_users


def make_account(client, username, password, email):
    user = client.create_user(username, password, [email])
    print("create_user:", user.raw_json)

    user = client.get_user(username)
    print("get_user:", user.raw_json)

    # The name is taken now. The server refuses a second account, and names the field.
    try:
        client.create_user(username, password, [email])
    except aura_users.ValidationError as error:
        print("create_user again:", error)


def ask_for_key(email):
    """Read a line. The user creates a key on the server's web site and pastes it."""
    print(f"Follow the link in the mail to {email}, make an API key, ", end="")
    key = input("and paste it here: ")
    print()
    return key


def reset_password(client, username):
    try:
        client.reset_user_password(username)
        print("reset_user_password: a mail is on its way")
    except aura_users.UnsupportedError as error:
        print("reset_user_password:", error)


def read_audit_log(client):
    actions = Counter(log.action for log in client.stream_audit_logs())
    print(f"stream_audit_logs: {actions.total()} rows")
    for action, rows in sorted(actions.items(), key=lambda item: (-item[1], item[0])):
        print(f"{rows:6} {action}")


def main():
    password = os.environ.get("TOUR_PASSWORD")
    if len(sys.argv) != 4 or password is None:
        sys.exit("usage: TOUR_PASSWORD=... tour.py REPO_URL USERNAME EMAIL")
    repo_url, username, email = sys.argv[1:]
    try:
        make_account(aura_users.Client(repo_url=repo_url), username, password, email)

        # The other functions need the account's key.
        client = aura_users.Client(repo_url=repo_url, api_key=ask_for_key(email))
        print("get_current_user:", client.get_current_user().raw_json)
        reset_password(client, username)
        read_audit_log(client)
    except aura_users.AuraError as error:
        sys.exit(f"tour: {error}")


if __name__ == "__main__":
    main()
