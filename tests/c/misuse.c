/*
 * misuse.c - mistakes of a careless caller. Every such call is refused with a message that names
 * the argument, and none ends the process.
 *
 *     misuse path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <time.h>

/* A byte that starts no UTF-8 text. */
#define NOT_UTF8 "a\xff" "b"

static char untouched[] = "untouched";

/* Checks that a call was refused before anything was sent, with `word` in its message. */
#define REFUSED(call, word)                                      \
    do {                                                         \
        aura_error *error = (aura_error *)(void *)untouched;     \
        CHECK_STATUS(call, AURA_INVALID_ARGUMENT, error);        \
        check_refusal(error, word, __LINE__);                    \
    } while (0)

static void check_refusal(aura_error *error, const char *word, int line)
{
    snprintf(check_subject, sizeof check_subject, "call in line %d", line);
    if (CHECK(error && error != (aura_error *)(void *)untouched)) {
        CHECK_INT(aura_error_kind(error), AURA_INVALID_ARGUMENT);
        CHECK_INT(aura_error_http_status(error), 0);
        CHECK_HOLDS(aura_error_message(error), word);
        CHECK(strncmp(json_member(aura_error_json(error), "attempts"), "0", 1) == 0);
        aura_error_free(error);
    }
    check_subject[0] = '\0';
}

static void null_handles_to_read_and_free(void)
{
    aura_error_free(NULL);
    aura_string_free(NULL);
    aura_options_free(NULL);
    aura_client_free(NULL);
    aura_audit_logs_free(NULL);
    aura_cancel_token_free(NULL);
    aura_cancel_token_cancel(NULL);
    aura_call_free(NULL);
    aura_call_cancel(NULL);

    CHECK_INT(aura_call_poll(NULL), AURA_INVALID_ARGUMENT);
    CHECK_INT(aura_call_fd(NULL), -1);
    CHECK_INT(aura_error_kind(NULL), AURA_OK);
    CHECK_TEXT(aura_error_message(NULL), "");
    CHECK_INT(aura_error_http_status(NULL), 0);
    CHECK_INT(aura_error_retry_after_ms(NULL), -1);
    CHECK(aura_error_json(NULL) == NULL);
    CHECK_INT(aura_audit_logs_page(NULL), 0);

    CHECK_TEXT(aura_status_name(AURA_OK), "ok");
    CHECK_TEXT(aura_status_name(AURA_INTERNAL), "internal");
    CHECK_TEXT(aura_status_name(3), "unknown");
    CHECK_TEXT(aura_status_name(INT32_MIN), "unknown");
    CHECK_TEXT(aura_version(), AURA_USERS_VERSION);
}

static void options(void)
{
    aura_options *options = aura_options_new();

    REFUSED(aura_options_set(NULL, "page", "1", &error), "options");
    REFUSED(aura_options_set(options, NULL, "1", &error), "name");
    REFUSED(aura_options_set(options, NOT_UTF8, "1", &error), "name is not valid UTF-8");
    REFUSED(aura_options_set(options, "user_agent", NOT_UTF8, &error),
            "user_agent is not valid UTF-8");
    CHECK_STATUS(aura_options_set(NULL, NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    const char *const variables[] = {NULL, NOT_UTF8};
    REFUSED(aura_options_set_environment(NULL, NULL, 0, &error), "options");
    REFUSED(aura_options_set_environment(options, NULL, 1, &error), "environment");
    REFUSED(aura_options_set_environment(options, variables, 1, &error), "environment[0]");
    REFUSED(aura_options_set_environment(options, variables + 1, 1, &error),
            "environment[0] is not valid UTF-8");

    /* The error of an unknown name lists all names. */
    REFUSED(aura_options_set(options, "repo-url", "http://localhost/api", &error), "\"repo-url\"");
    REFUSED(aura_options_set(options, "", "", &error), "repo_url");
    REFUSED(aura_options_set(options, "pages", NULL, &error), "\"pages\"");
    REFUSED(aura_options_set(options, "tiemout", "5", &error), "Did you mean `timeout`?");

    static const char *const bad[][2] = {
        {"repo_url", "hex.pm"}, {"repo_url", "ftp://hex.pm/api"}, {"repo_url", ""},
        {"repo_url", "https://eric:pw@hex.pm/api"}, {"repo_url", "https://hex.pm/api?a=b"},
        {"api_key", "key\r\nX-Evil: 1"}, {"api_key", "key\n"}, {"api_key", ""},
        {"otp", "123\n456"}, {"user_agent", "program\r\nX-Evil: 1"}, {"user_agent", "\x7f"},
        {"timeout", "0"}, {"timeout", "-1"}, {"timeout", "soon"}, {"total_timeout", "inf"},
        {"connect_timeout", "nan"}, {"max_retries", "-1"}, {"max_retries", "101"},
        {"rate_limit", "ignore"}, {"prefetch", "101"}, {"page", "0"}, {"page", "-1"},
        {"page", "1.5"}, {"page", "18446744073709551616"}, {"proxy", "socks4://localhost:1080"},
        {"ca_file", ""}, {"max_body", "0"}, {"allow_insecure_http", "maybe"}, {"env", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        aura_error *error = NULL;
        CHECK_STATUS(aura_options_set(options, bad[i][0], bad[i][1], &error),
                     AURA_INVALID_ARGUMENT, error);
        CHECK_HOLDS(aura_error_message(error), bad[i][0]);
        CHECK_HOLDS(aura_error_message(error), "allowed:");
        CHECK(strstr(aura_error_message(error), "Evil") == NULL);
        aura_error_free(error);
    }

    /* A refused value does not change the option. NULL unsets it. */
    CHECK_STATUS(aura_options_set(options, "page", "7", NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_options_set(options, "page", NULL, NULL), AURA_OK, NULL);
    aura_error *error = (aura_error *)(void *)untouched;
    CHECK_STATUS(aura_options_set(options, "page", "8", &error), AURA_OK, NULL);
    CHECK(error == NULL);
    aura_options_free(options);
}

static void null_and_bad_text_in_every_place(const aura_client *client)
{
    const char *emails[] = {"eric@example.com"}, *no_email[] = {NULL}, *bad_email[] = {NOT_UTF8};
    char *json;
    aura_client *made;
    aura_audit_logs *logs, *none;

    REFUSED(aura_client_new(NULL, NULL, &error), "client");
    CHECK_STATUS(aura_client_new(NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_client_new(NULL, &made, NULL), AURA_OK, NULL);
    aura_client_free(made);

/* Out-parameters are NULL after a failure. They held other values before. */
#define REFUSED_WITHOUT(call, word) \
    do {                            \
        json = untouched;           \
        REFUSED(call, word);        \
        CHECK(json == NULL);        \
    } while (0)

    REFUSED_WITHOUT(aura_create_user(NULL, "eric", "pw", emails, 1, NULL, &json, &error), "client");
    REFUSED_WITHOUT(aura_create_user(client, NULL, "pw", emails, 1, NULL, &json, &error),
                    "username");
    REFUSED_WITHOUT(aura_create_user(client, NOT_UTF8, "pw", emails, 1, NULL, &json, &error),
                    "username");
    REFUSED_WITHOUT(aura_create_user(client, "eric", NULL, emails, 1, NULL, &json, &error),
                    "password");
    REFUSED_WITHOUT(aura_create_user(client, "eric", NOT_UTF8, emails, 1, NULL, &json, &error),
                    "password");
    REFUSED_WITHOUT(aura_create_user(client, "eric", "pw", NULL, 1, NULL, &json, &error), "emails");
    REFUSED_WITHOUT(aura_create_user(client, "eric", "pw", emails, SIZE_MAX, NULL, &json, &error),
                    "emails_len");
    REFUSED_WITHOUT(aura_create_user(client, "eric", "pw", no_email, 1, NULL, &json, &error),
                    "emails[0]");
    REFUSED_WITHOUT(aura_create_user(client, "eric", "pw", bad_email, 1, NULL, &json, &error),
                    "emails[0]");
    REFUSED(aura_create_user(client, "eric", "pw", emails, 1, NULL, NULL, &error), "user_json");
    REFUSED_WITHOUT(aura_get_current_user(NULL, NULL, &json, &error), "client");
    REFUSED(aura_get_current_user(client, NULL, NULL, &error), "user_json");
    REFUSED_WITHOUT(aura_get_user(NULL, "eric", NULL, &json, &error), "client");
    REFUSED_WITHOUT(aura_get_user(client, NULL, NULL, &json, &error), "username_or_email");
    REFUSED_WITHOUT(aura_get_user(client, NOT_UTF8, NULL, &json, &error), "username_or_email");
    REFUSED(aura_get_user(client, "eric", NULL, NULL, &error), "user_json");
    REFUSED(aura_reset_user_password(NULL, "eric", NULL, &error), "client");
    REFUSED(aura_reset_user_password(client, NULL, NULL, &error), "username_or_email");
    REFUSED(aura_reset_user_password(client, NOT_UTF8, NULL, &error), "username_or_email");

    REFUSED(aura_stream_audit_logs(client, NULL, NULL, &error), "logs");
    none = (aura_audit_logs *)(void *)untouched;
    REFUSED(aura_stream_audit_logs(NULL, NULL, &none, &error), "client");
    CHECK(none == NULL);
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    REFUSED_WITHOUT(aura_audit_logs_next(NULL, &json, &error), "logs");
    REFUSED_WITHOUT(aura_audit_logs_next_page(NULL, &json, &error), "logs");
    REFUSED_WITHOUT(aura_audit_logs_next_rows(NULL, &json, &error), "logs");
    REFUSED(aura_audit_logs_next(logs, NULL, &error), "audit_log_json");
    REFUSED(aura_audit_logs_next_page(logs, NULL, &error), "audit_logs_json");
    REFUSED(aura_audit_logs_next_rows(logs, NULL, &error), "rows");
    CHECK_INT(aura_audit_logs_page(logs), 1);
    aura_audit_logs_free(logs);

    /* Functions that start a call refuse the same at once. */
    aura_call *call;
#define NOT_STARTED(function_call, word)        \
    do {                                        \
        call = (aura_call *)(void *)untouched;  \
        REFUSED(function_call, word);           \
        CHECK(call == NULL);                    \
    } while (0)
    NOT_STARTED(aura_create_user_start(NULL, "eric", "pw", emails, 1, NULL, &call, &error),
                "client");
    NOT_STARTED(aura_create_user_start(client, NULL, "pw", emails, 1, NULL, &call, &error),
                "username");
    NOT_STARTED(aura_create_user_start(client, "eric", NOT_UTF8, emails, 1, NULL, &call, &error),
                "password");
    NOT_STARTED(aura_create_user_start(client, "eric", "pw", bad_email, 1, NULL, &call, &error),
                "emails[0]");
    REFUSED(aura_create_user_start(client, "eric", "pw", emails, 1, NULL, NULL, &error), "call");
    NOT_STARTED(aura_get_current_user_start(NULL, NULL, &call, &error), "client");
    REFUSED(aura_get_current_user_start(client, NULL, NULL, &error), "call");
    NOT_STARTED(aura_get_user_start(NULL, "eric", NULL, &call, &error), "client");
    NOT_STARTED(aura_get_user_start(client, NULL, NULL, &call, &error), "username_or_email");
    NOT_STARTED(aura_get_user_start(client, "..", NULL, &call, &error), "username_or_email");
    REFUSED(aura_get_user_start(client, "eric", NULL, NULL, &error), "call");
    NOT_STARTED(aura_reset_user_password_start(NULL, "eric", NULL, &call, &error), "client");
    NOT_STARTED(aura_reset_user_password_start(client, NULL, NULL, &call, &error),
                "username_or_email");
    REFUSED(aura_reset_user_password_start(client, "eric", NULL, NULL, &error), "call");
    NOT_STARTED(aura_audit_logs_next_start(NULL, &call, &error), "logs");
    NOT_STARTED(aura_audit_logs_next_page_start(NULL, &call, &error), "logs");
    NOT_STARTED(aura_audit_logs_next_rows_start(NULL, &call, &error), "logs");
    REFUSED_WITHOUT(aura_call_wait(NULL, -1, &json, &error), "call");
    REFUSED_WITHOUT(aura_client_rate_limit(NULL, NULL, &json, &error), "client");
    REFUSED(aura_client_rate_limit(client, NULL, NULL, &error), "rate_limit_json");
    aura_cancel_token *token = aura_cancel_token_new();
    REFUSED(aura_options_set_cancel_token(NULL, token, &error), "options");
    aura_cancel_token_free(token);

    /* If there is no out-parameter for the result, the result is not lost. */
    CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &call, NULL), AURA_OK, NULL);
    REFUSED(aura_call_wait(call, -1, NULL, &error), "json");
    CHECK_STATUS(aura_call_wait(call, -1, &json, NULL), AURA_CONNECT, NULL);
    aura_call_free(call);

    /* Without an out-parameter for the error. */
    CHECK_STATUS(aura_create_user(NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL),
                 AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_get_current_user(NULL, NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_get_user(NULL, NULL, NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_reset_user_password(NULL, NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_stream_audit_logs(NULL, NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_audit_logs_next(NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_audit_logs_next_page(NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_audit_logs_next_rows(NULL, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
}

static int warnings;

static void count_warning(void *text, aura_log_level level, const char *message)
{
    warnings += level == AURA_LOG_WARN && strstr(message, text) != NULL;
}

/* If a handle is freed or used again while its memory is unused, the library detects that. It
   leaves the handle alone and logs it. The allocator decides how long that works. valgrind and the
   sanitizers report the mistake themselves. */
static void freed_and_used_again(void)
{
    if (getenv("AURA_MEMORY_IS_WATCHED")) {
        check_skip("freeing twice", "the watcher of memory tells of it, and ends the program");
        return;
    }
    aura_options *volatile options = aura_options_new();
    aura_client *volatile client = new_client("http://127.0.0.1:9/api", NULL);
    char *json;

    aura_log_set(count_warning, (void *)"freed before", AURA_LOG_WARN);
    aura_options_free(options);
    aura_options_free(options);
    CHECK_INT(warnings, 1);
    REFUSED(aura_options_set(options, "page", "1", &error), "options is not a valid aura_options");
    aura_client_free(client);
    aura_client_free(client);
    CHECK_INT(warnings, 2);
    REFUSED_WITHOUT(aura_get_user(client, "eric", NULL, &json, &error), "may have been freed before");
    aura_log_set(NULL, NULL, AURA_LOG_WARN);
}

/* Options of a client fail a call, and nothing is sent. */
static void options_of_a_client(const aura_client *client)
{
    aura_options *options = aura_options_new();
    aura_audit_logs *logs;
    aura_call *call;
    char *json;
    CHECK_STATUS(aura_options_set(options, "env", "true", NULL), AURA_OK, NULL);
    REFUSED_WITHOUT(aura_get_user(client, "eric", options, &json, &error),
                    "env is an option of a client, not of a call");
    REFUSED(aura_reset_user_password(client, "eric", options, &error), "env is an option");
    REFUSED(aura_get_user_start(client, "eric", options, &call, &error), "env is an option");
    REFUSED(aura_stream_audit_logs(client, options, &logs, &error), "env is an option");
    aura_options_free(options);
}

static void refused_before_sending(const aura_client *client)
{
    const char *two[] = {"eric@example.com", "eric@example.org"};
    char *json;
    REFUSED_WITHOUT(aura_create_user(client, "eric", "pw", two, 2, NULL, &json, &error),
                    "emails contains 2 addresses");

    static const char *const names[] = {"", ".", "..", "me"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        REFUSED_WITHOUT(aura_get_user(client, names[i], NULL, &json, &error), "username_or_email");
        REFUSED(aura_reset_user_password(client, names[i], NULL, &error), "username_or_email");
    }

    /* No proxy and no route leads there, so an answer within the second came before sending. */
    time_t start = time(NULL);
    aura_client *plain = new_client("http://10.255.255.1/api", "0123456789abcdef");
    REFUSED_WITHOUT(aura_get_current_user(plain, NULL, &json, &error), "http");
    REFUSED(aura_reset_user_password(plain, "eric", NULL, &error), "allow_insecure_http");
    aura_audit_logs *logs;
    aura_error *error = NULL;
    aura_status status = aura_stream_audit_logs(plain, NULL, &logs, &error);
    if (status == AURA_OK)
        status = aura_audit_logs_next(logs, &json, &error);
    CHECK_STATUS(status, AURA_INVALID_ARGUMENT, error);
    CHECK(strstr(aura_error_json(error), "0123456789abcdef") == NULL);
    aura_error_free(error);
    aura_audit_logs_free(logs);
    CHECK(difftime(time(NULL), start) < 5);
    aura_client_free(plain);
}

/* A port without a listener. No program can listen there while the socket is open. */
static int silent_port(char *url, size_t size)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int holder = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (holder < 0 || bind(holder, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(holder, (struct sockaddr *)&address, &length) != 0)
        check_give_up("no port");
    snprintf(url, size, "http://127.0.0.1:%u/api", (unsigned)ntohs(address.sin_port));
    return holder;
}

static void unreachable_and_who_wins(const char *sandbox_program)
{
    char url[64];
    int holder = silent_port(url, sizeof url);
    aura_client *client = new_client(url, NULL);
    aura_options *once = aura_options_new(), *there = aura_options_new();
    const char *emails[] = {"eric@example.com"};
    char *json = untouched;
    aura_error *error = NULL;

    set_option(once, "max_retries", "1");
    CHECK_STATUS(aura_get_user(client, "eric", once, &json, &error), AURA_CONNECT, error);
    CHECK(json == NULL);
    CHECK(strncmp(json_member(aura_error_json(error), "attempts"), "0,", 2) == 0);
    CHECK(json_is_text(json_member(aura_error_json(error), "method"), "GET"));
    CHECK(json_is_text(json_member(aura_error_json(error), "route"), "/users/{username_or_email}"));
    CHECK(strncmp(json_member(aura_error_json(error), "retryable"), "true", 4) == 0);
    CHECK(json_is_null(json_member(aura_error_json(error), "status")));
    aura_error_free(error);

    /* Nothing can have reached the server, so there is no account. */
    set_option(once, "max_retries", "0");
    CHECK_STATUS(aura_create_user(client, "eric", "pw", emails, 1, once, &json, &error),
                 AURA_CONNECT, error);
    CHECK(strncmp(json_member(aura_error_json(error), "outcome_unknown"), "false", 5) == 0);
    CHECK(strncmp(json_member(aura_error_json(error), "attempts"), "0,", 2) == 0);
    aura_error_free(error);

    /* The call's option takes precedence over the client's, only for this call. NULL removes it. */
    struct sandbox sandbox = sandbox_start(sandbox_program, "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 0);
    set_option(there, "max_retries", "0");
    set_option(there, "repo_url", sandbox.api_url);
    set_option(there, "api_key", "key-of-eric");
    CHECK_STATUS(aura_get_current_user(client, there, &json, &error), AURA_OK, error);
    CHECK(json_is_text(json_member(json, "username"), "eric"));
    aura_string_free(json);
    set_option(there, "api_key", "another-key");
    CHECK_STATUS(aura_get_current_user(client, there, &json, &error), AURA_UNAUTHENTICATED, error);
    aura_error_free(error);
    set_option(there, "repo_url", NULL);
    CHECK_STATUS(aura_get_current_user(client, there, &json, &error), AURA_CONNECT, error);
    aura_error_free(error);

    sandbox_stop(&sandbox);
    aura_options_free(once);
    aura_options_free(there);
    aura_client_free(client);
    close(holder);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: misuse AURA_SANDBOX");
    bound_alarm(300);
    aura_client *client = new_client("http://127.0.0.1:9/api", NULL);

    null_handles_to_read_and_free();
    options();
    freed_and_used_again();
    null_and_bad_text_in_every_place(client);
    options_of_a_client(client);
    refused_before_sending(client);
    unreachable_and_who_wins(argv[1]);

    aura_client_free(client);
    return check_finish("misuse");
}
