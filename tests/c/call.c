/*
 * call.c - started calls: waiting, watching, cancelling and freeing them.
 *
 *     call path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "mute.h"
#include "sandbox.h"
#include "waits.h"

#include <dirent.h>

enum { AT_ONCE = 100, RACES = 300 };

/* Waits for a call's end and frees the call. The caller owns the result. */
static aura_status finish(aura_call *call, char **json, aura_error **error)
{
    aura_status status = aura_call_wait(call, -1, json, error);
    CHECK_INT(aura_call_poll(call), status);
    aura_call_free(call);
    return status;
}

/* Frees a call's JSON after a check that it holds the user. */
static void check_user(char *json, const char *username)
{
    CHECK(json_is_text(json_member(json, "username"), username));
    aura_string_free(json);
}

static void every_operation(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-eric");
    const char *emails[] = {"new@example.com"};
    aura_call *call;
    char *json;
    aura_error *error;

    CHECK_STATUS(aura_create_user_start(client, "new", "password", emails, 1, NULL, &call, &error),
                 AURA_OK, error);
    CHECK_STATUS(finish(call, &json, &error), AURA_OK, error);
    check_user(json, "new");

    CHECK_STATUS(aura_get_current_user_start(client, NULL, &call, &error), AURA_OK, error);
    CHECK_STATUS(finish(call, &json, &error), AURA_OK, error);
    check_user(json, "eric");

    CHECK_STATUS(aura_get_user_start(client, "new", NULL, &call, &error), AURA_OK, error);
    CHECK_STATUS(finish(call, &json, &error), AURA_OK, error);
    check_user(json, "new");

    CHECK_STATUS(aura_get_user_start(client, "nobody", NULL, &call, &error), AURA_OK, error);
    CHECK_STATUS(finish(call, &json, &error), AURA_NOT_FOUND, error);
    CHECK(json == NULL);
    CHECK_INT(aura_error_http_status(error), 404);
    aura_error_free(error);

    CHECK_STATUS(aura_reset_user_password_start(client, "new", NULL, &call, &error), AURA_OK,
                 error);
    CHECK_STATUS(finish(call, &json, &error), AURA_OK, error);
    CHECK_TEXT(json, "null");
    aura_string_free(json);

    aura_client_free(client);
}

/* Calls on one stream are served in the order of their start. */
static void rows_and_pages(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_call *call, *calls[3];
    aura_audit_logs *logs;
    char *json;
    aura_error *error;
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, &error), AURA_OK, error);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(aura_audit_logs_next_start(logs, &calls[i], &error), AURA_OK, error);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(finish(calls[i], &json, &error), AURA_OK, error);
        CHECK_INT(sandbox_row_number(json), 250 - i);
        aura_string_free(json);
    }
    static const int rows[] = {97, 100, 50};
    for (int i = 0; i < 3; i++) {
        int count = 0;
        CHECK_STATUS(aura_audit_logs_next_page_start(logs, &call, &error), AURA_OK, error);
        CHECK_STATUS(finish(call, &json, &error), AURA_OK, error);
        for (const char *row = json_first(json); row; row = json_next(row))
            count++;
        CHECK_INT(count, rows[i]);
        aura_string_free(json);
    }
    CHECK_STATUS(aura_audit_logs_next_start(logs, &call, &error), AURA_OK, error);
    CHECK_STATUS(finish(call, &json, &error), AURA_END, error);
    CHECK(json == NULL);
    aura_audit_logs_free(logs);
    aura_client_free(client);
}

static int is_readable(int descriptor, int timeout_ms)
{
    struct pollfd watched = {descriptor, POLLIN, 0};
    return poll(&watched, 1, timeout_ms) == 1 && watched.revents == POLLIN;
}

/* In milliseconds, as poll() takes it: only stops a hang. */
static int patience(void)
{
    return (int)bound_seconds(60) * 1000;
}

static void waiting_and_watching(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_call *call;
    char *json;
    aura_error *error;

    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, &error), AURA_OK, error);
    aura_client_free(client); /* the call goes on */
    CHECK(mute_wait_for(&mute, 1));
    CHECK_INT(aura_call_poll(call), AURA_PENDING);
    CHECK_STATUS(aura_call_wait(call, 0, &json, &error), AURA_PENDING, error);
    CHECK(json == NULL && error == NULL);
    CHECK_STATUS(aura_call_wait(call, 20, &json, NULL), AURA_PENDING, NULL);
    int descriptor = aura_call_fd(call);
    CHECK(descriptor >= 0);
    CHECK_INT(aura_call_fd(call), descriptor);
    CHECK(!is_readable(descriptor, 0));

    mute_answer(&mute);
    CHECK(is_readable(descriptor, patience()));
    CHECK_INT(aura_call_poll(call), AURA_OK);
    aura_call_cancel(call); /* too late */
    CHECK_STATUS(aura_call_wait(call, 0, &json, &error), AURA_OK, error);
    CHECK_TEXT(json, MUTE_USER);
    aura_string_free(json);

    /* The result can be taken once. The status and the descriptor stay. */
    CHECK_STATUS(aura_call_wait(call, -1, &json, &error), AURA_INVALID_ARGUMENT, error);
    CHECK_HOLDS(aura_error_message(error), "taken before");
    CHECK(json == NULL);
    aura_error_free(error);
    CHECK_INT(aura_call_poll(call), AURA_OK);
    CHECK(is_readable(descriptor, 0));
    aura_call_free(call);

    /* A descriptor that is created after the end is readable at once. */
    client = new_client(mute.url, NULL);
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, &error), AURA_OK, error);
    CHECK_STATUS(aura_call_wait(call, INT64_MAX, &json, &error), AURA_OK, error);
    aura_string_free(json);
    CHECK(is_readable(aura_call_fd(call), 0));
    aura_call_free(call);
    aura_client_free(client);
    mute_stop(&mute);
}

static void many_at_once(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-eric");
    aura_call *calls[AT_ONCE];
    struct pollfd watched[AT_ONCE];
    int left = AT_ONCE;

    for (int i = 0; i < AT_ONCE; i++) {
        CHECK_STATUS(aura_get_user_start(client, i % 2 ? "eric" : "nobody", NULL, &calls[i], NULL),
                     AURA_OK, NULL);
        watched[i] = (struct pollfd){aura_call_fd(calls[i]), POLLIN, 0};
    }
    while (left > 0 && poll(watched, AT_ONCE, patience()) > 0)
        for (int i = 0; i < AT_ONCE; i++)
            if (watched[i].fd >= 0 && watched[i].revents) {
                char *json;
                CHECK_STATUS(aura_call_wait(calls[i], 0, &json, NULL),
                             i % 2 ? AURA_OK : AURA_NOT_FOUND, NULL);
                aura_string_free(json);
                aura_call_free(calls[i]);
                watched[i].fd = -1;
                left--;
            }
    CHECK_INT(left, 0);
    aura_client_free(client);
}

static void cancelling(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    const char *emails[] = {"new@example.com"};
    aura_call *call;
    char *json;
    aura_error *error;

    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, &error), AURA_OK, error);
    CHECK(mute_wait_for(&mute, 1));
    int descriptor = aura_call_fd(call);
    aura_call_cancel(call);
    aura_call_cancel(call);
    CHECK(is_readable(descriptor, patience()));
    CHECK_STATUS(finish(call, &json, &error), AURA_CANCELLED, error);
    CHECK(json == NULL);
    CHECK(json_is_text(json_member(aura_error_json(error), "route"), "/users/{username_or_email}"));
    CHECK(strncmp(json_member(aura_error_json(error), "outcome_unknown"), "false", 5) == 0);
    aura_error_free(error);

    /* The account may exist: the server had the request. */
    CHECK_STATUS(aura_create_user_start(client, "new", "pw", emails, 1, NULL, &call, &error),
                 AURA_OK, error);
    CHECK(mute_wait_for(&mute, 2));
    aura_call_cancel(call);
    CHECK_STATUS(finish(call, &json, &error), AURA_CANCELLED, error);
    CHECK(strncmp(json_member(aura_error_json(error), "outcome_unknown"), "true", 4) == 0);
    aura_error_free(error);

    /* A stream loses nothing. */
    aura_audit_logs *logs;
    aura_options *options = aura_options_new();
    set_option(options, "page", "7");
    CHECK_STATUS(aura_stream_audit_logs(client, options, &logs, &error), AURA_OK, error);
    CHECK_STATUS(aura_audit_logs_next_start(logs, &call, &error), AURA_OK, error);
    CHECK(mute_wait_for(&mute, 3));
    CHECK_INT(aura_audit_logs_page(logs), 7);
    aura_call_cancel(call);
    CHECK_STATUS(finish(call, &json, &error), AURA_CANCELLED, error);
    aura_error_free(error);
    CHECK_INT(aura_audit_logs_page(logs), 7);
    aura_audit_logs_free(logs);
    aura_options_free(options);
    aura_client_free(client);
    mute_stop(&mute);
}

static void *cancel(void *call)
{
    aura_call_cancel(call);
    return NULL;
}

/* Each call ends in one of the two ways, and a stream loses nothing. */
static void cancellation_races(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_audit_logs *logs;
    int finished = 0, cancelled = 0, next = 250;

    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    for (int race = 0; race < RACES && next > 0; race++) {
        aura_call *call;
        pthread_t thread;
        char *json;
        CHECK_STATUS(aura_audit_logs_next_start(logs, &call, NULL), AURA_OK, NULL);
        if (pthread_create(&thread, NULL, cancel, call) != 0)
            check_give_up("no thread");
        aura_status status = aura_call_wait(call, -1, &json, NULL);
        pthread_join(thread, NULL);
        if (status == AURA_OK)
            finished += sandbox_row_number(json) == next--;
        else
            cancelled += status == AURA_CANCELLED;
        aura_string_free(json);
        aura_call_free(call);
    }
    CHECK(finished + cancelled == RACES || next == 0);
    char *json;
    while (next > 0 && aura_audit_logs_next(logs, &json, NULL) == AURA_OK) {
        CHECK_INT(sandbox_row_number(json), next--);
        aura_string_free(json);
    }
    CHECK_STATUS(aura_audit_logs_next(logs, &json, NULL), AURA_END, NULL);
    CHECK_INT(next, 0);
    aura_audit_logs_free(logs);
    aura_client_free(client);
}

struct waiter {
    aura_call *call;
    int waiting[2]; /* a pipe: written just before it waits */
    char thread[WAITS_THREAD];
    aura_status status;
};

static void *wait_for_ever(void *argument)
{
    struct waiter *waiter = argument;
    char *json;
    if (waits_this_thread(waiter->thread) && write(waiter->waiting[1], "", 1) == 1)
        waiter->status = aura_call_wait(waiter->call, -1, &json, NULL);
    return NULL;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static void freeing_in_every_state(const struct sandbox *sandbox)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *silent = new_client(mute.url, NULL);
    aura_client *client = new_client(sandbox->api_url, "key-of-eric");
    aura_call *call;
    char *json;
    int before = open_descriptors();

    /* Still running, also while a thread waits for it. */
    CHECK_STATUS(aura_get_user_start(silent, "late", NULL, &call, NULL), AURA_OK, NULL);
    CHECK(aura_call_fd(call) >= 0);
    aura_call_free(call);
    struct waiter waiter = {NULL, {-1, -1}, "", AURA_INTERNAL};
    pthread_t thread;
    CHECK_STATUS(aura_get_user_start(silent, "late", NULL, &waiter.call, NULL), AURA_OK, NULL);
    if (pipe(waiter.waiting) != 0 ||
        pthread_create(&thread, NULL, wait_for_ever, &waiter) != 0 ||
        read(waiter.waiting[0], &(char){0}, 1) != 1)
        check_give_up("no thread");
    waits_until_it_waits(waiter.thread);
    aura_call_free(waiter.call);
    pthread_join(thread, NULL);
    CHECK_INT(waiter.status, AURA_CANCELLED);
    close(waiter.waiting[0]);
    close(waiter.waiting[1]);

    /* Ended and not taken, taken, failed, cancelled. */
    for (int state = 0; state < 4; state++) {
        const char *name = state == 2 ? "nobody" : "eric";
        CHECK_STATUS(aura_get_user_start(client, name, NULL, &call, NULL), AURA_OK, NULL);
        CHECK(is_readable(aura_call_fd(call), patience()));
        if (state == 1) {
            CHECK_STATUS(aura_call_wait(call, 0, &json, NULL), AURA_OK, NULL);
            aura_string_free(json);
        }
        if (state == 3)
            aura_call_cancel(call);
        aura_call_free(call);
    }
    /* The rest belongs to the runtime and to connections. Cancelled calls close theirs a little
     * later. The six pairs of sockets are closed. */
    while (open_descriptors() > before + 8)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    aura_client_free(client);
    aura_client_free(silent);
    mute_stop(&mute);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: call AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "legacy", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 0);
    sandbox_account(&sandbox, "many", "key-of-many", 250);

    every_operation(&sandbox);
    rows_and_pages(&sandbox);
    waiting_and_watching();
    many_at_once(&sandbox);
    cancelling();
    cancellation_races(&sandbox);
    freeing_in_every_state(&sandbox);

    sandbox_stop(&sandbox);
    return check_finish("call");
}
