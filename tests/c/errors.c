/*
 * errors.c - the text and the fields of an error, for mistakes of the server and of the caller,
 * such as mixed-up options.
 *
 *     errors [IGNORED]
 */
#include "canned.h"
#include "check.h"
#include "json_peek.h"

static const char *const emails[] = {"eric@example.com"};

static int is_member(const aura_error *error, const char *name, const char *value)
{
    const char *member = json_member(aura_error_json(error), name);
    return member && strncmp(member, value, strlen(value)) == 0;
}

static aura_error *create(const char *url, aura_status expected)
{
    aura_client *client = new_client(url, NULL);
    aura_error *error = NULL;
    char *json = NULL;
    CHECK_STATUS(aura_create_user(client, "eric", "password", emails, 1, NULL, &json, &error),
                 expected, error);
    CHECK(json == NULL);
    aura_client_free(client);
    return error;
}

static aura_error *reset(const char *url, aura_status expected)
{
    aura_client *client = new_client(url, NULL);
    aura_error *error = NULL;
    CHECK_STATUS(aura_reset_user_password(client, "eric", NULL, &error), expected, error);
    aura_client_free(client);
    return error;
}

/* Field errors below a path of 40,000 bytes: from 226 kB, the text once became 20 GB. */
static void field_errors_are_bounded(void)
{
    enum { PATH = 40000, FIELDS = 1500, SIZE = 64000 };
    char *body = malloc(SIZE);
    struct canned server;
    if (!body)
        check_give_up("no memory");
    size_t length = (size_t)snprintf(body, SIZE, "{\"message\":\"no\",\"errors\":{\"");
    memset(body + length, 'a', PATH);
    length += PATH;
    length += (size_t)snprintf(body + length, SIZE - length, "\":{");
    for (int i = 0; i < FIELDS; i++)
        length += (size_t)snprintf(body + length, SIZE - length, "%s\"%d\":\"\"", i ? "," : "", i);
    snprintf(body + length, SIZE - length, "}}}");

    canned_start(&server, "422 Unprocessable", "application/json", body);
    aura_error *error = create(server.url, AURA_VALIDATION);
    CHECK(strlen(aura_error_message(error)) <= 64 * 1024);
    CHECK(strlen(aura_error_json(error)) <= 128 * 1024);
    CHECK_HOLDS(aura_error_message(error), "and 1300 more");
    CHECK(is_member(error, "outcome_unknown", "false"));
    aura_error_free(error);
    canned_stop(&server);
    free(body);
}

static void outcome_of_a_post(void)
{
    static const struct {
        const char *status, *type, *body;
        aura_status created, was_reset;
        const char *is_unknown;
    } cases[] = {
        {"503 Gone", "text/html", "<html>", AURA_SERVER, AURA_SERVER, "true"},
        {"500 Broken", "application/json", "{\"message\":\"no\"}", AURA_SERVER, AURA_SERVER, "true"},
        {"200 OK", "text/html", "<html>", AURA_DECODE, AURA_DECODE, "true"},
        {"403 No", "application/json", "{\"message\":\"no\"}", AURA_FORBIDDEN, AURA_FORBIDDEN,
         "false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canned server;
        canned_start(&server, cases[i].status, cases[i].type, cases[i].body);
        aura_error *errors[] = {create(server.url, cases[i].created),
                                reset(server.url, cases[i].was_reset)};
        for (size_t j = 0; j < 2; j++) {
            snprintf(check_subject, sizeof check_subject, "%s", aura_error_message(errors[j]));
            CHECK(is_member(errors[j], "outcome_unknown", cases[i].is_unknown));
            CHECK(is_member(errors[j], "retryable", "false"));
            CHECK(is_member(errors[j], "attempts", "1,"));
            aura_error_free(errors[j]);
        }
        check_subject[0] = '\0';
        canned_stop(&server);
    }

    struct canned server;
    canned_start(&server, "200 OK", "application/json", "{}");
    CHECK(reset(server.url, AURA_OK) == NULL);
    canned_stop(&server);
}

/* A key that was set as the wrong option, or as an option's name. */
static void mixed_up_options(void)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    static const char *const names[] = {"repo_url", "timeout", "max_retries", "rate_limit", "page",
                                        "proxy", "max_body", "cache", "env"};
    aura_options *options = aura_options_new();
    aura_error *error = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_STATUS(aura_options_set(options, names[i], key, &error), AURA_INVALID_ARGUMENT,
                     error);
        CHECK_HOLDS(aura_error_message(error), names[i]);
        CHECK(strstr(aura_error_json(error), key) == NULL);
        aura_error_free(error);
    }
    const char *const values[] = {"api_key", "true", "\xff", NULL};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_STATUS(aura_options_set(options, key, values[i], &error), AURA_INVALID_ARGUMENT,
                     error);
        CHECK_HOLDS(aura_error_message(error), "unknown option");
        CHECK(strstr(aura_error_json(error), key) == NULL);
        aura_error_free(error);
    }
    CHECK_STATUS(aura_options_set(options, "repo_url", "ftp://hex.pm#secret", &error),
                 AURA_INVALID_ARGUMENT, error);
    CHECK(strstr(aura_error_json(error), "secret") == NULL);
    aura_error_free(error);
    aura_options_free(options);
}

int main(void)
{
    field_errors_are_bounded();
    outcome_of_a_post();
    mixed_up_options();
    return check_finish("errors");
}
