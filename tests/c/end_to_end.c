/*
 * end_to_end.c - the life of an account, with the five functions, on both kinds of server.
 *
 *     end_to_end path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#define PASSWORD "correct horse battery"

/* A member of a member of the error's JSON. */
static const char *field_error(const aura_error *error, const char *field)
{
    return json_member(json_member(aura_error_json(error), "errors"), field);
}

/* A member of the newest mail to an address, to be freed; NULL if there is none. */
static char *mail(const struct sandbox *sandbox, const char *address, const char *member)
{
    char path[128], *found = NULL;
    snprintf(path, sizeof path, "/mailbox?to=%s", address);
    char *mails = sandbox_admin(sandbox, "GET", path, NULL);
    for (const char *each = json_first(mails); each; each = json_next(each)) {
        free(found);
        found = json_text(json_member(each, member));
    }
    free(mails);
    return found;
}

/* Makes a key, as a person does on the web site. To be freed. */
static char *make_key(const struct sandbox *sandbox, const char *username)
{
    char json[128];
    snprintf(json, sizeof json, "{\"username\":\"%s\",\"permissions\":[\"api\"]}", username);
    char *reply = sandbox_admin(sandbox, "POST", "/keys", json);
    char *secret = json_text(json_member(reply, "secret"));
    free(reply);
    if (!secret)
        check_give_up("no key");
    return secret;
}

static void create(const aura_client *client, const char *json_key)
{
    const char *emails[] = {"joe@example.com"}, *bad[] = {"joe at example"};
    char *user = NULL;
    aura_error *error = NULL;
    aura_options *with_key = aura_options_new();

    /* create_user sends no key, because the server fails on a creator with a credential. */
    set_option(with_key, "api_key", json_key);
    CHECK_STATUS(aura_create_user(client, "Joe", PASSWORD, emails, 1, with_key, &user, &error),
                 AURA_OK, error);
    CHECK(error == NULL);
    CHECK(json_is_text(json_member(user, "username"), "joe"));
    CHECK(json_member(user, "inserted_at") && json_member(user, "updated_at"));
    aura_string_free(user);
    aura_options_free(with_key);

    CHECK_STATUS(aura_create_user(client, "joe", PASSWORD, emails, 1, NULL, &user, &error),
                 AURA_VALIDATION, error);
    CHECK(user == NULL);
    CHECK_INT(aura_error_http_status(error), 422);
    CHECK(json_is_text(field_error(error, "username"), "has already been taken"));
    CHECK_HOLDS(aura_error_message(error), "username has already been taken");
    CHECK(!json_is_null(json_member(aura_error_json(error), "request_id")));
    CHECK(strstr(aura_error_json(error), PASSWORD) == NULL);
    aura_error_free(error);

    CHECK_STATUS(aura_create_user(client, "jim", "short", bad, 1, NULL, &user, &error),
                 AURA_VALIDATION, error);
    char *complaint = json_text(field_error(error, "password"));
    CHECK_HOLDS(complaint, "at least 8");
    free(complaint);
    CHECK(!json_is_null(field_error(error, "emails")));
    CHECK(json_is_null(field_error(error, "username")));
    aura_error_free(error);

    CHECK_STATUS(aura_create_user(client, "jim", PASSWORD, NULL, 0, NULL, &user, &error),
                 AURA_VALIDATION, error);
    CHECK(!json_is_null(field_error(error, "emails")));
    aura_error_free(error);
}

/* Before and after the link in the mail is followed. */
static void verify(const struct sandbox *sandbox, const aura_client *client,
                   const aura_client *signed_in)
{
    char *user = NULL, *row = NULL;
    aura_error *error = NULL;
    aura_audit_logs *logs = NULL;

    CHECK_STATUS(aura_get_current_user(signed_in, NULL, &user, &error), AURA_FORBIDDEN, error);
    CHECK(user == NULL);
    CHECK(json_is_text(json_member(aura_error_json(error), "reason"), "email_not_verified"));
    CHECK_HOLDS(aura_error_message(error), "email not verified");
    aura_error_free(error);
    CHECK_STATUS(aura_stream_audit_logs(signed_in, NULL, &logs, &error), AURA_OK, error);
    CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), AURA_FORBIDDEN, error);
    aura_error_free(error);

    char *link = mail(sandbox, "joe@example.com", "link");
    if (CHECK(link != NULL))
        CHECK_INT(http_request("GET", link, NULL, NULL, NULL), 302);
    free(link);

    CHECK_STATUS(aura_get_current_user(signed_in, NULL, &user, &error), AURA_OK, error);
    CHECK(json_is_text(json_member(user, "username"), "joe"));
    CHECK(json_first(json_member(user, "organizations")) == NULL);
    aura_string_free(user);
    CHECK_STATUS(aura_get_current_user(client, NULL, &user, &error), AURA_UNAUTHENTICATED, error);
    CHECK(json_is_text(json_member(aura_error_json(error), "reason"), "missing_credential"));
    aura_error_free(error);

    /* The refused stream goes on at its position: the account's first row. */
    CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), AURA_OK, error);
    CHECK(json_member(row, "action") != NULL);
    aura_string_free(row);
    aura_audit_logs_free(logs);
}

static void look_up(const aura_client *client)
{
    static const char *const names[] = {"joe", "JOE", "we ird/../na?me#1", "%2e%2e", "j\xc3\xb6"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *user = NULL;
        aura_error *error = NULL;
        CHECK_STATUS(aura_get_user(client, names[i], NULL, &user, &error),
                     i < 2 ? AURA_OK : AURA_NOT_FOUND, error);
        CHECK((user == NULL) == (error != NULL));
        if (user)
            CHECK(json_is_text(json_member(user, "username"), "joe"));
        aura_string_free(user);
        aura_error_free(error);
    }
}

static void read_log(const struct sandbox *sandbox, const aura_client *signed_in)
{
    aura_audit_logs *logs = NULL;
    aura_error *error = NULL;
    aura_status status;
    char *row = NULL, *oldest = NULL;
    int made = 0;
    free(sandbox_admin(sandbox, "POST", "/audit-logs", "{\"username\":\"joe\",\"count\":120}"));
    CHECK_STATUS(aura_stream_audit_logs(signed_in, NULL, &logs, &error), AURA_OK, error);
    while ((status = aura_audit_logs_next(logs, &row, &error)) == AURA_OK) {
        made += made < 120 && sandbox_row_number(row) == 120 - made;
        free(oldest);
        oldest = json_text(json_member(row, "action"));
        aura_string_free(row);
    }
    CHECK_STATUS(status, AURA_END, error);
    CHECK_INT(made, 120);
    CHECK_INT(aura_audit_logs_page(logs), 2);
    CHECK(oldest && strcmp(oldest, "key.generate") != 0);
    free(oldest);
    aura_audit_logs_free(logs);
}

static void reset(const struct sandbox *sandbox, const aura_client *client, int supported)
{
    aura_error *error = NULL;
    aura_status expected = supported ? AURA_OK : AURA_UNSUPPORTED;
    CHECK_STATUS(aura_reset_user_password(client, "joe", NULL, &error), expected, error);
    CHECK_INT(aura_error_http_status(error), supported ? 0 : 404);
    CHECK_INT(error == NULL, supported);
    if (!supported)
        CHECK_HOLDS(aura_error_message(error), "password");
    aura_error_free(error);

    char *kind = mail(sandbox, "joe@example.com", "kind");
    CHECK_TEXT(kind, supported ? "password-reset" : "email-verification");
    free(kind);

    /* The server does not reveal whether there is such a user. */
    CHECK_STATUS(aura_reset_user_password(client, "nobody", NULL, &error), expected, error);
    aura_error_free(error);
}

static void life_of_an_account(const char *program, const char *profile, int reset_is_supported)
{
    snprintf(check_subject, sizeof check_subject, "%s", profile);
    struct sandbox sandbox = sandbox_start(program, profile, "0");
    aura_client *client = new_client(sandbox.api_url, NULL);

    create(client, "0123456789abcdef");
    char *key = make_key(&sandbox, "joe");
    aura_client *signed_in = new_client(sandbox.api_url, key);
    verify(&sandbox, client, signed_in);
    look_up(client);
    read_log(&sandbox, signed_in);
    reset(&sandbox, client, reset_is_supported);

    aura_client_free(signed_in);
    aura_client_free(client);
    free(key);
    sandbox_stop(&sandbox);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: end_to_end AURA_SANDBOX");
    bound_alarm(300);
    life_of_an_account(argv[1], "current", 0);
    life_of_an_account(argv[1], "legacy", 1);
    check_subject[0] = '\0';
    return check_finish("end_to_end");
}
