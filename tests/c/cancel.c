/*
 * cancel.c - ends blocking calls and streams from another thread, and frees handles during
 * another thread's call.
 *
 *     cancel path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "mute.h"
#include "sandbox.h"

/* A blocking call in a separate thread. */
struct blocked {
    const aura_client *client;
    const aura_options *options;
    aura_audit_logs *logs; /* the call: its next row, or a user of the client if NULL */
    pthread_t thread;
    aura_status status;
    char *json;
    aura_error *error;
};

static void *block(void *argument)
{
    struct blocked *blocked = argument;
    blocked->status =
        blocked->logs ? aura_audit_logs_next(blocked->logs, &blocked->json, &blocked->error)
                      : aura_get_user(blocked->client, "late", blocked->options, &blocked->json,
                                      &blocked->error);
    return NULL;
}

static void begin(struct blocked *blocked)
{
    if (pthread_create(&blocked->thread, NULL, block, blocked) != 0)
        check_give_up("no thread");
}

static void end(struct blocked *blocked, aura_status expected)
{
    pthread_join(blocked->thread, NULL);
    CHECK_STATUS(blocked->status, expected, blocked->error);
    CHECK((blocked->json != NULL) == (expected == AURA_OK));
    aura_string_free(blocked->json);
    aura_error_free(blocked->error);
}

static aura_options *options_with(aura_cancel_token *token, const char *repo_url)
{
    aura_options *options = aura_options_new();
    set_option(options, "repo_url", repo_url);
    set_patience(options);
    CHECK_STATUS(aura_options_set_cancel_token(options, token, NULL), AURA_OK, NULL);
    return options;
}

static void a_call_and_a_stream(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_cancel_token *token = aura_cancel_token_new();
    aura_options *options = options_with(token, mute.url);
    struct blocked call = {.client = client, .options = options}, row = {0};

    set_option(options, "page", "3");
    CHECK_STATUS(aura_stream_audit_logs(client, options, &row.logs, NULL), AURA_OK, NULL);
    begin(&call);
    begin(&row);
    CHECK(mute_wait_for(&mute, 2));
    CHECK_INT(aura_audit_logs_page(row.logs), 3);
    aura_cancel_token_cancel(token);
    end(&call, AURA_CANCELLED);
    end(&row, AURA_CANCELLED);
    CHECK_INT(aura_audit_logs_page(row.logs), 3);
    aura_cancel_token_cancel(token); /* again */

    /* Later calls with this token are not even sent. */
    char *json;
    aura_error *error;
    aura_call *started;
    CHECK_STATUS(aura_get_user(client, "late", options, &json, &error), AURA_CANCELLED, error);
    CHECK_HOLDS(aura_error_message(error), "before anything was sent");
    aura_error_free(error);
    CHECK_STATUS(aura_get_user_start(client, "late", options, &started, NULL), AURA_CANCELLED,
                 NULL);
    CHECK(started == NULL);
    CHECK_STATUS(aura_audit_logs_next(row.logs, &json, NULL), AURA_CANCELLED, NULL);
    CHECK_STATUS(aura_audit_logs_next_page(row.logs, &json, NULL), AURA_CANCELLED, NULL);
    CHECK_INT(mute.asked, 2);

    /* Without the token, the client goes on. */
    CHECK_STATUS(aura_options_set_cancel_token(options, NULL, NULL), AURA_OK, NULL);
    mute_answer(&mute);
    CHECK_STATUS(aura_get_user(client, "late", options, &json, &error), AURA_OK, error);
    aura_string_free(json);
    aura_audit_logs_free(row.logs);
    aura_cancel_token_free(token);
    aura_options_free(options);
    aura_client_free(client);
    mute_stop(&mute);
}

/* A client's token ends all its calls, also started ones, except those with their own token. */
static void a_whole_client(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_cancel_token *token = aura_cancel_token_new(), *own = aura_cancel_token_new();
    aura_options *options = options_with(token, mute.url), *other = options_with(own, NULL);
    aura_client *client = NULL;
    aura_call *started;
    char *json;

    set_option(options, "env", "false");
    CHECK_STATUS(aura_client_new(options, &client, NULL), AURA_OK, NULL);
    struct blocked first = {.client = client}, second = {.client = client},
                   third = {.client = client, .options = other};
    begin(&first);
    begin(&second);
    begin(&third);
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &started, NULL), AURA_OK, NULL);
    CHECK(mute_wait_for(&mute, 4));
    aura_options_free(options);
    aura_cancel_token_cancel(token);
    aura_cancel_token_free(token); /* every user of the token keeps its own reference */
    end(&first, AURA_CANCELLED);
    end(&second, AURA_CANCELLED);
    CHECK_STATUS(aura_call_wait(started, -1, &json, NULL), AURA_CANCELLED, NULL);
    mute_answer(&mute);
    end(&third, AURA_OK);
    CHECK_STATUS(aura_get_user(client, "late", NULL, &json, NULL), AURA_CANCELLED, NULL);

    aura_call_free(started);
    aura_cancel_token_free(own);
    aura_options_free(other);
    aura_client_free(client);
    mute_stop(&mute);
}

static void *cancel(void *token)
{
    aura_cancel_token_cancel(token);
    return NULL;
}

static void races(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-eric");
    for (int race = 0; race < 200; race++) {
        aura_cancel_token *token = aura_cancel_token_new();
        aura_options *options = options_with(token, sandbox->api_url);
        pthread_t thread;
        char *json;
        if (pthread_create(&thread, NULL, cancel, token) != 0)
            check_give_up("no thread");
        aura_status status = aura_get_user(client, "eric", options, &json, NULL);
        pthread_join(thread, NULL);
        CHECK(status == AURA_OK || status == AURA_CANCELLED);
        CHECK((json != NULL) == (status == AURA_OK));
        aura_string_free(json);
        aura_options_free(options);
        aura_cancel_token_free(token);
    }
    char *json;
    CHECK_STATUS(aura_get_user(client, "eric", NULL, &json, NULL), AURA_OK, NULL);
    aura_string_free(json);
    aura_client_free(client);
}

/* The call was started, so it continues as if nothing had been freed. */
static void freeing_while_a_call_runs(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_options *options = aura_options_new();
    set_patience(options);
    struct blocked call = {.client = client, .options = options}, row = {0};
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &row.logs, NULL), AURA_OK, NULL);
    begin(&call);
    begin(&row);
    CHECK(mute_wait_for(&mute, 2));
    aura_options_free(options);
    aura_audit_logs_free(row.logs);
    aura_client_free(client);
    mute_answer(&mute);
    end(&call, AURA_OK);
    end(&row, AURA_DECODE); /* a user is no page */
    mute_stop(&mute);
}

struct cancelled_thread {
    struct blocked blocked;
    int came_back;
};

static void *block_and_be_cancelled(void *argument)
{
    struct cancelled_thread *thread = argument;
    block(&thread->blocked);
    thread->came_back = 1;
    pthread_testcancel();
    return NULL;
}

/* pthread_cancel() takes effect after the call, not during it. */
static void a_thread_that_is_cancelled(int of_a_stream)
{
    struct mute mute;
    struct cancelled_thread thread = {0};
    pthread_t id;
    void *ended = NULL;

    mute_start(&mute);
    mute.json = of_a_stream ? "[{\"action\":\"late\",\"params\":{}}]" : MUTE_USER;
    aura_client *client = new_client(mute.url, NULL);
    thread.blocked.client = client;
    if (of_a_stream)
        CHECK_STATUS(aura_stream_audit_logs(client, NULL, &thread.blocked.logs, NULL), AURA_OK,
                     NULL);
    if (pthread_create(&id, NULL, block_and_be_cancelled, &thread) != 0)
        check_give_up("no thread");
    CHECK(mute_wait_for(&mute, 1));
    CHECK_INT(pthread_cancel(id), 0);
    mute_answer(&mute);
    CHECK_INT(pthread_join(id, &ended), 0);
    CHECK(ended == PTHREAD_CANCELED);
    CHECK_INT(thread.came_back, 1);
    CHECK_STATUS(thread.blocked.status, AURA_OK, thread.blocked.error);
    aura_string_free(thread.blocked.json);
    aura_audit_logs_free(thread.blocked.logs);
    aura_client_free(client);
    mute_stop(&mute);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: cancel AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 0);

    a_call_and_a_stream();
    a_whole_client();
    races(&sandbox);
    freeing_while_a_call_runs();

    a_thread_that_is_cancelled(0);
    a_thread_that_is_cancelled(1);
    sandbox_stop(&sandbox);
    return check_finish("cancel");
}
