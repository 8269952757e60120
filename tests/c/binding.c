/*
 * binding.c - the functions for bindings: fields of an error, ending a call with a reason,
 * interrupts, variables of the host, fetched log lines, and rows without a JSON library.
 *
 *     binding path/to/aura-sandbox
 */
#include "canned.h"
#include "check.h"
#include "json_peek.h"
#include "mute.h"
#include "sandbox.h"

static void fields_of_an_error(void)
{
    struct canned canned;
    canned_start(&canned, "422 No", "application/json",
                 "{\"message\":\"Validation error(s)\",\"errors\":{\"username\":\"is reserved\"}}");
    aura_client *client = new_client(canned.url, NULL);
    const char *emails[] = {"a@example.com"};
    aura_error *error;
    char *json;
    CHECK_STATUS(aura_create_user(client, "a", "b", emails, 1, NULL, &json, &error),
                 AURA_VALIDATION, error);
    CHECK_TEXT(aura_error_server_message(error), "Validation error(s)");
    CHECK_TEXT(aura_error_field_errors_json(error), "{\"username\":\"is reserved\"}");
    CHECK_TEXT(aura_error_method(error), "POST");
    CHECK_TEXT(aura_error_route(error), "/users");
    CHECK(aura_error_request_id(error) == NULL);
    CHECK(aura_error_reason(error) == NULL);
    CHECK_INT(aura_error_attempts(error), 1);
    CHECK_INT(aura_error_outcome_unknown(error), 0);
    CHECK_INT(aura_error_retryable(error), 0);
    char *text;
    CHECK_STATUS(aura_json_get(aura_error_json(error), "/text", &text, NULL), AURA_OK, NULL);
    CHECK_TEXT(text, aura_error_message(error));
    aura_string_free(text);
    CHECK_STATUS(aura_json_get(aura_error_json(error), "/code", &text, NULL), AURA_OK, NULL);
    CHECK_TEXT(text, "26");
    aura_string_free(text);
    aura_error_free(error);
    aura_client_free(client);
    canned_stop(&canned);

    canned_start(&canned, "503 No", "text/plain", "busy");
    client = new_client(canned.url, NULL);
    aura_options *options = aura_options_new();
    set_option(options, "max_retries", "0");
    CHECK_STATUS(aura_create_user(client, "a", "b", emails, 1, options, &json, &error), AURA_SERVER,
                 error);
    CHECK_INT(aura_error_outcome_unknown(error), 1);
    CHECK_INT(aura_error_retryable(error), 0);
    aura_error_free(error);
    CHECK_STATUS(aura_get_user(client, "a", options, &json, &error), AURA_SERVER, error);
    CHECK_INT(aura_error_retryable(error), 1);
    aura_error_free(error);
    aura_options_free(options);
    aura_client_free(client);
    canned_stop(&canned);

    CHECK_STATUS(aura_options_set(NULL, "page", "1", &error), AURA_INVALID_ARGUMENT, error);
    CHECK_HOLDS(aura_error_server_message(error), "options is NULL: it was not created");
    CHECK_INT(aura_error_attempts(error), 0);
    CHECK(aura_error_method(error) == NULL && aura_error_field_errors_json(error) == NULL);
    aura_error_free(error);
    CHECK(aura_error_hint(NULL) == NULL && aura_error_server_message(NULL) == NULL);
    CHECK_INT(aura_error_retryable(NULL) + aura_error_outcome_unknown(NULL), 0);
}

struct interrupt {
    int calls, ends_at, answer;
};

static int32_t answer(void *data)
{
    struct interrupt *interrupt = data;
    return ++interrupt->calls >= interrupt->ends_at ? interrupt->answer : 0;
}

/* A blocking call runs the callback in its own thread, and its result ends the call. A stream
   loses nothing. */
static void interrupts(void)
{
    static const struct {
        int32_t answer;
        aura_status status;
    } ends[] = {{1, AURA_CANCELLED}, {-1, AURA_CANCELLED}, {AURA_TIMEOUT, AURA_TIMEOUT}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct mute mute;
        mute_start(&mute);
        aura_client *client = new_client(mute.url, "key");
        aura_options *options = aura_options_new();
        struct interrupt interrupt = {0, 3, ends[i].answer};
        aura_audit_logs *logs;
        aura_error *error;
        char *json;
        CHECK_STATUS(aura_options_set_interrupt(options, answer, &interrupt, &error), AURA_OK,
                     error);
        CHECK_STATUS(aura_get_user(client, "late", options, &json, &error), ends[i].status, error);
        CHECK_INT(interrupt.calls, 3);
        aura_error_free(error);

        interrupt.calls = 0;
        CHECK_STATUS(aura_stream_audit_logs(client, options, &logs, NULL), AURA_OK, NULL);
        CHECK_STATUS(aura_audit_logs_next(logs, &json, &error), ends[i].status, error);
        CHECK_INT(interrupt.calls, 3);
        aura_error_free(error);
        aura_audit_logs_free(logs);

        /* After the callback is removed, the library does not call it. */
        interrupt.calls = 0;
        CHECK_STATUS(aura_options_set_interrupt(options, NULL, NULL, NULL), AURA_OK, NULL);
        mute_answer(&mute);
        CHECK_STATUS(aura_get_user(client, "late", options, &json, &error), AURA_OK, error);
        aura_string_free(json);
        CHECK_INT(interrupt.calls, 0);
        aura_options_free(options);
        aura_client_free(client);
        mute_stop(&mute);
    }
    aura_error *error;
    CHECK_STATUS(aura_options_set_interrupt(NULL, answer, NULL, &error), AURA_INVALID_ARGUMENT,
                 error);
    aura_error_free(error);
}

/* A client uses the variables that the host passes, and none of the process. */
static void variables_of_the_host(void)
{
    struct mute mute;
    mute_start(&mute);
    mute_answer(&mute);
    char url[128];
    snprintf(url, sizeof url, "HEX_API_URL=%s", mute.url);
    const char *environment[] = {"HEX_API_URL=", url, "UNKNOWN=7"};
    CHECK_INT(setenv("HEX_HTTP_TIMEOUT", "nonsense", 1), 0);
    aura_options *options = aura_options_new();
    aura_client *client;
    aura_error *error;
    char *json;
    CHECK_STATUS(aura_client_new(options, &client, &error), AURA_INVALID_ARGUMENT, error);
    aura_error_free(error);
    CHECK_STATUS(aura_options_set_environment(options, environment, 3, &error), AURA_OK, error);
    CHECK_STATUS(aura_client_new(options, &client, &error), AURA_OK, error);
    CHECK_STATUS(aura_get_user(client, "eric", NULL, &json, &error), AURA_OK, error);
    aura_string_free(json);
    CHECK_STATUS(aura_get_user(client, "eric", options, &json, &error), AURA_INVALID_ARGUMENT,
                 error);
    CHECK_HOLDS(aura_error_message(error), "environment is an option of a client");
    aura_error_free(error);
    aura_client_free(client);

    CHECK_STATUS(aura_options_set_environment(options, NULL, 0, &error), AURA_OK, error);
    CHECK_STATUS(aura_client_new(options, &client, &error), AURA_OK, error);
    aura_client_free(client);
    environment[2] = "secret";
    CHECK_STATUS(aura_options_set_environment(options, environment, 3, &error),
                 AURA_INVALID_ARGUMENT, error);
    CHECK_TEXT(aura_error_server_message(error), "environment[2] has no =");
    aura_error_free(error);
    aura_options_free(options);
    CHECK_INT(unsetenv("HEX_HTTP_TIMEOUT"), 0);
    mute_stop(&mute);
}

/* A deadline of the caller is a timeout, not a cancellation. */
static void deadlines_of_the_caller(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_options *options = aura_options_new();
    aura_cancel_token *token = aura_cancel_token_new();
    aura_error *error;
    aura_call *call;
    char *json;

    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    aura_call_expire(call);
    CHECK_STATUS(aura_call_wait(call, -1, &json, &error), AURA_TIMEOUT, error);
    CHECK_HOLDS(aura_error_message(error), "the caller's deadline passed");
    aura_error_free(error);
    aura_call_free(call);

    CHECK_STATUS(aura_options_set_cancel_token(options, token, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_get_user_start(client, "late", options, &call, NULL), AURA_OK, NULL);
    aura_cancel_token_expire(token);
    aura_cancel_token_cancel(token); /* the first one counts */
    CHECK_STATUS(aura_call_wait(call, -1, &json, &error), AURA_TIMEOUT, error);
    aura_error_free(error);
    aura_call_free(call);
    CHECK_STATUS(aura_get_user(client, "late", options, &json, &error), AURA_TIMEOUT, error);
    CHECK_HOLDS(aura_error_message(error), "before anything was sent");
    CHECK_INT(aura_error_retryable(error), 1);
    aura_error_free(error);
    aura_call_expire(NULL);
    aura_cancel_token_expire(NULL);

    aura_cancel_token_free(token);
    aura_options_free(options);
    aura_client_free(client);
    mute_stop(&mute);
}

static char *taken_log(void)
{
    char *json;
    aura_error *error;
    aura_status status = aura_log_take(&json, &error);
    CHECK(status == AURA_OK || (status == AURA_END && !json && !error));
    return json;
}

static void get(const aura_client *client, const char *name)
{
    char *user = NULL;
    CHECK_INT(aura_get_user(client, name, NULL, &user, NULL), AURA_OK);
    aura_string_free(user);
}

/* Lines wait until they are fetched. Their number is bounded, and dropped lines are counted. */
static void fetched_log_lines(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, NULL);
    CHECK(taken_log() == NULL);
    aura_log_keep(AURA_LOG_DEBUG, 3);
    get(client, "eric");
    char *json = taken_log(), *text;
    CHECK(json_is_text(json_member(json_first(json_member(json, "lines")), "level"), "debug"));
    CHECK_STATUS(aura_json_get(json, "/lines/0/status", &text, NULL), AURA_OK, NULL);
    CHECK_TEXT(text, "200");
    aura_string_free(text);
    CHECK_STATUS(aura_json_get(json, "/lines/0/text", &text, NULL), AURA_OK, NULL);
    CHECK_HOLDS(text, "GET /users/{username_or_email}: request (attempt 1, status 200, ");
    aura_string_free(text);
    CHECK_STATUS(aura_json_get(json, "/lines/1", &text, NULL), AURA_OK, NULL);
    CHECK(text == NULL);
    aura_string_free(json);
    CHECK(taken_log() == NULL);

    for (int i = 0; i < 5; i++)
        get(client, "eric");
    json = taken_log();
    CHECK_STATUS(aura_json_get(json, "/dropped", &text, NULL), AURA_OK, NULL);
    CHECK_TEXT(text, "2");
    aura_string_free(text);
    aura_string_free(json);

    /* A child starts without lines. */
    get(client, "eric");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char *own;
        int good = aura_log_take(&own, NULL) == AURA_END;
        get(client, "eric");
        good &= aura_log_take(&own, NULL) == AURA_OK;
        _exit(good ? 0 : 1);
    }
    CHECK_INT(child_status(pid), 0);
    aura_string_free(taken_log());

    aura_log_keep(AURA_LOG_WARN, 100);
    get(client, "eric");
    CHECK(taken_log() == NULL);
    aura_log_keep(AURA_LOG_DEBUG, 0);
    get(client, "eric");
    CHECK(taken_log() == NULL);
    CHECK_STATUS(aura_log_take(NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    aura_client_free(client);
}

/* A callback that waits for a lock, while the lock's holder removes the callback. */
static pthread_mutex_t hosts_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int is_waiting;

static void lock_the_host(void *data, aura_log_level level, const char *message)
{
    (void)data, (void)level, (void)message;
    is_waiting = 1;
    pthread_mutex_lock(&hosts_lock);
    pthread_mutex_unlock(&hosts_lock);
}

static void *get_eric(void *client)
{
    get(client, "eric");
    return NULL;
}

static void a_callback_that_waits_for_the_hosts_lock(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, NULL);
    pthread_t thread;
    pthread_mutex_lock(&hosts_lock);
    aura_log_set(lock_the_host, NULL, AURA_LOG_DEBUG);
    pthread_create(&thread, NULL, get_eric, client);
    while (!is_waiting)
        nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG); /* it returns */
    pthread_mutex_unlock(&hosts_lock);
    pthread_join(thread, NULL);
    aura_client_free(client);
}

/* Counts the rows of a page, and frees it. */
static int rows_of(char *page)
{
    int rows = 0;
    for (const char *at = page; (at = strstr(at, "\"action\"")) != NULL; at++)
        rows++;
    aura_string_free(page);
    return rows;
}

/* Pages that have arrived: none at the start, the rest of the current page, and pages that were
 * requested ahead. With the pages that a call waits for, every row comes once. */
static void pages_at_hand(const aura_client *client)
{
    aura_audit_logs *logs;
    aura_error *error;
    aura_status status;
    char *text;
    int rows = 1, waits = 0;
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_page_at_hand(logs, &text, &error), AURA_PENDING, error);
    CHECK(text == NULL && error == NULL);
    CHECK_STATUS(aura_audit_logs_next(logs, &text, &error), AURA_OK, error);
    aura_string_free(text);
    CHECK_STATUS(aura_audit_logs_next_page_at_hand(logs, &text, &error), AURA_OK, error);
    CHECK_INT(rows += rows_of(text), 100);
    for (;;) {
        status = aura_audit_logs_next_page_at_hand(logs, &text, &error);
        if (status == AURA_PENDING) {
            CHECK(text == NULL && error == NULL);
            status = aura_audit_logs_next_page(logs, &text, &error);
            waits++;
        }
        if (status != AURA_OK)
            break;
        rows += rows_of(text);
    }
    CHECK_STATUS(status, AURA_END, error);
    CHECK_INT(rows, 250);
    CHECK(waits >= 1 && waits <= 3);
    CHECK_STATUS(aura_audit_logs_next_page_at_hand(logs, &text, &error), AURA_PENDING, error);
    CHECK_STATUS(aura_audit_logs_next_page_at_hand(logs, NULL, NULL), AURA_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(aura_audit_logs_next_page_at_hand(NULL, &text, &error), AURA_INVALID_ARGUMENT,
                 NULL);
    aura_error_free(error);
    aura_audit_logs_free(logs);
}

static void rows_without_json(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_audit_logs *logs;
    aura_error *error;
    aura_status status;
    const char *action, *user_agent, *params, *json;
    char *text;
    int rows = 0;
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    while ((status = aura_audit_logs_next_fields(logs, &action, &user_agent, &params, &json,
                                                 &error)) == AURA_OK) {
        CHECK(json_is_text(json_member(json, "action"), action));
        CHECK_INT(sandbox_row_number(json), 250 - rows++);
        CHECK(json_same(json_member(json, "params"), params));
    }
    CHECK_STATUS(status, AURA_END, error);
    CHECK_INT(rows, 250);
    CHECK(!action && !user_agent && !params && !json);
    CHECK_STATUS(aura_audit_logs_next_fields(logs, NULL, NULL, NULL, NULL, NULL), AURA_END, NULL);
    aura_audit_logs_free(logs);

    /* Rows at hand: none before the first page, then the rest of it. */
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_at_hand(logs, &text, &error), AURA_PENDING, error);
    CHECK(text == NULL && error == NULL);
    CHECK_STATUS(aura_audit_logs_next_fields(logs, &action, NULL, NULL, NULL, &error), AURA_OK,
                 error);
    for (int row = 249; row > 150; row--) {
        CHECK_STATUS(aura_audit_logs_next_at_hand(logs, &text, &error), AURA_OK, error);
        CHECK_INT(sandbox_row_number(text), row);
        aura_string_free(text);
    }
    CHECK_STATUS(aura_audit_logs_next_at_hand(logs, &text, &error), AURA_PENDING, error);
    aura_audit_logs_free(logs);
    pages_at_hand(client);
    aura_client_free(client);

    struct canned canned;
    canned_start(&canned, "200 OK", "application/json",
                 "[{\"action\":\"a\\u0000b\",\"user_agent\":null}]");
    client = new_client(canned.url, "key");
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_fields(logs, &action, &user_agent, &params, &json, &error),
                 AURA_OK, error);
    CHECK_TEXT(action, "a\xef\xbf\xbd" "b");
    CHECK(user_agent == NULL);
    CHECK_TEXT(params, "null");
    CHECK_STATUS(aura_json_get(json, "/action", &text, &error), AURA_INVALID_ARGUMENT, error);
    CHECK_HOLDS(aura_error_message(error), "contains a NUL character");
    aura_error_free(error);
    aura_audit_logs_free(logs);
    aura_client_free(client);
    canned_stop(&canned);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: binding AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 1);
    sandbox_account(&sandbox, "many", "key-of-many", 250);

    fields_of_an_error();
    interrupts();
    variables_of_the_host();
    deadlines_of_the_caller();
    fetched_log_lines(&sandbox);
    a_callback_that_waits_for_the_hosts_lock(&sandbox);
    rows_without_json(&sandbox);

    sandbox_stop(&sandbox);
    return check_finish("binding");
}
