/*
 * completions.c - one queue for any number of calls: order, wake-ups, freeing, threads, fork.
 *
 *     completions path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "mute.h"
#include "sandbox.h"
#include "waits.h"

#include <dirent.h>

enum { MANY = 2000, AT_ONCE = 100, TOKENS = 64 };

static int is_readable(int descriptor, int timeout_ms)
{
    struct pollfd watched = {descriptor, POLLIN, 0};
    return poll(&watched, 1, timeout_ms) == 1 && watched.revents == POLLIN;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* Takes the results of `count` calls, whose tokens are their positions. Each comes once. */
static void take_all(aura_completions *queue, aura_call **calls, int count, aura_status expected)
{
    uint64_t tokens[TOKENS];
    int taken = 0;
    while (taken < count) {
        int32_t came = aura_completions_wait(queue, bound_seconds(120) * 1000, tokens, TOKENS);
        if (!CHECK(came > 0))
            return;
        for (int32_t i = 0; i < came; i++) {
            char *json;
            aura_error *error;
            if (!CHECK(tokens[i] < (uint64_t)count && calls[tokens[i]]))
                return;
            CHECK_STATUS(aura_call_wait(calls[tokens[i]], 0, &json, &error), expected, error);
            aura_string_free(json);
            aura_error_free(error);
            aura_call_free(calls[tokens[i]]);
            calls[tokens[i]] = NULL;
            taken++;
        }
    }
    CHECK_INT(aura_completions_wait(queue, 0, tokens, TOKENS), 0);
}

static void thousands_of_calls(const struct sandbox *sandbox)
{
    static aura_call *calls[MANY];
    aura_client *client = new_client(sandbox->api_url, NULL);
    aura_completions *queue = aura_completions_new();
    for (int started = 0; started < MANY; started += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &calls[i], NULL), AURA_OK, NULL);
            CHECK_STATUS(aura_call_complete(calls[i], queue, (uint64_t)i, NULL), AURA_OK, NULL);
        }
        take_all(queue, calls, AT_ONCE, AURA_OK);
    }
    aura_completions_free(queue);
    aura_client_free(client);
}

/* Rows and pages of a stream arrive in the queue like any call, in the order of their start. */
static void rows_and_pages(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_completions *queue = aura_completions_new();
    aura_audit_logs *logs;
    aura_call *calls[3];
    uint64_t token;
    char *json;
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_start(logs, &calls[0], NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_page_start(logs, &calls[1], NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_audit_logs_next_start(logs, &calls[2], NULL), AURA_OK, NULL);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(aura_call_complete(calls[i], queue, (uint64_t)i, NULL), AURA_OK, NULL);
    static const int first_row[] = {250, 249, 150};
    for (int i = 0; i < 3; i++) {
        CHECK_INT(aura_completions_wait(queue, -1, &token, 1), 1);
        CHECK_INT(token, i);
        CHECK_STATUS(aura_call_wait(calls[token], 0, &json, NULL), AURA_OK, NULL);
        CHECK_INT(sandbox_row_number(i == 1 ? json_first(json) : json), first_row[i]);
        aura_string_free(json);
        aura_call_free(calls[token]);
    }
    aura_audit_logs_free(logs);
    aura_completions_free(queue);
    aura_client_free(client);
}

/* A descriptor for all calls. It is readable while there is something to take, even if a host reads
   from it. */
static void one_descriptor(void)
{
    struct mute mute;
    mute_start(&mute);
    /* A client has 64 connections by default, and the server answers only after all have arrived.
       */
    aura_options *options = aura_options_new();
    set_option(options, "max_connections", "100");
    aura_client *client = new_client(mute.url, NULL);
    aura_completions *queue = aura_completions_new();
    aura_call *calls[AT_ONCE];
    uint64_t tokens[TOKENS];
    char bytes[16];

    int before = open_descriptors();
    int descriptor = aura_completions_fd(queue);
    CHECK(descriptor >= 0);
    CHECK_INT(aura_completions_fd(queue), descriptor);
    CHECK_INT(open_descriptors() - before, 2);
    for (int i = 0; i < AT_ONCE; i++) {
        CHECK_STATUS(aura_get_user_start(client, "late", options, &calls[i], NULL), AURA_OK, NULL);
        aura_call_complete(calls[i], queue, (uint64_t)i, NULL);
    }
    CHECK(mute_wait_for(&mute, AT_ONCE));
    CHECK(!is_readable(descriptor, 0));
    CHECK_INT(aura_completions_wait(queue, 20, tokens, TOKENS), 0);
    mute_answer(&mute);
    for (int i = 0; i < AT_ONCE; i++) {
        char *json;
        CHECK_STATUS(aura_call_wait(calls[i], -1, &json, NULL), AURA_OK, NULL);
        aura_string_free(json);
    }

    CHECK(is_readable(descriptor, 60000));
    CHECK_INT(aura_completions_wait(queue, 0, tokens, 3), 3);
    CHECK(is_readable(descriptor, 0));
    CHECK(read(descriptor, bytes, sizeof bytes) > 0);
    CHECK_INT(aura_completions_wait(queue, 0, tokens, TOKENS), TOKENS);
    CHECK(is_readable(descriptor, 0));
    /* A token may come a moment after its call has ended. */
    for (int left = AT_ONCE - 3 - TOKENS, came = 1; left > 0 && CHECK(came > 0); left -= came)
        came = aura_completions_wait(queue, 60000, tokens, TOKENS);
    CHECK(!is_readable(descriptor, 0));

    aura_completions_wake(queue);
    CHECK(is_readable(descriptor, 0));
    CHECK_INT(aura_completions_wait(queue, -1, tokens, TOKENS), 0);
    CHECK(!is_readable(descriptor, 0));
    for (int i = 0; i < AT_ONCE; i++)
        aura_call_free(calls[i]);
    aura_options_free(options);
    aura_completions_free(queue);
    aura_client_free(client);
    mute_stop(&mute);
}

/* The token comes however the call ends, also for a call that has already ended. */
static void cancelled_freed_and_ended_calls(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_completions *queue = aura_completions_new();
    aura_call *call;
    uint64_t tokens[TOKENS];

    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_call_complete(call, queue, 1, NULL), AURA_OK, NULL);
    aura_call_cancel(call);
    CHECK_INT(aura_completions_wait(queue, -1, tokens, TOKENS), 1);
    CHECK_STATUS(aura_call_complete(call, queue, UINT64_MAX, NULL), AURA_OK, NULL);
    CHECK_INT(aura_completions_wait(queue, 0, tokens, TOKENS), 1);
    CHECK(tokens[0] == UINT64_MAX);
    aura_call_free(call);

    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    aura_call_complete(call, queue, 2, NULL);
    aura_call_free(call);
    CHECK_INT(aura_completions_wait(queue, -1, tokens, TOKENS), 1);
    CHECK_INT(tokens[0], 2);

    /* A queue that is freed first does not affect its calls. */
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    aura_call_complete(call, queue, 3, NULL);
    aura_completions_free(queue);
    mute_answer(&mute);
    char *json;
    CHECK_STATUS(aura_call_wait(call, -1, &json, NULL), AURA_OK, NULL);
    aura_string_free(json);
    aura_call_free(call);
    aura_client_free(client);
    mute_stop(&mute);
}

static void *wait_once(void *queue)
{
    uint64_t token;
    int32_t *came = malloc(sizeof *came);
    *came = aura_completions_wait(queue, -1, &token, 1);
    return came;
}

struct waiter {
    aura_completions *queue;
    int waiting[2]; /* a pipe: written just before it waits */
    char thread[WAITS_THREAD];
};

static void *wait_for_ever(void *argument)
{
    struct waiter *waiter = argument;
    if (!waits_this_thread(waiter->thread) || write(waiter->waiting[1], "", 1) != 1)
        check_give_up("an unknown thread");
    return wait_once(waiter->queue);
}

static void wakes_and_threads(void)
{
    struct waiter waiters[4];
    aura_completions *queue = aura_completions_new();
    pthread_t threads[4];
    int32_t *came;
    uint64_t token;

    aura_completions_wake(queue);
    aura_completions_wake(queue);
    CHECK_INT(aura_completions_wait(queue, -1, &token, 1), 0);
    CHECK_INT(aura_completions_wait(queue, 0, &token, 1), 0);

    pthread_create(&threads[0], NULL, wait_once, queue);
    aura_completions_wake(queue);
    pthread_join(threads[0], (void **)&came);
    CHECK_INT(*came, 0);
    free(came);

    /* Freed while threads wait. */
    for (int i = 0; i < 4; i++) {
        waiters[i].queue = queue;
        if (pipe(waiters[i].waiting) != 0 ||
            pthread_create(&threads[i], NULL, wait_for_ever, &waiters[i]) != 0 ||
            read(waiters[i].waiting[0], &(char){0}, 1) != 1)
            check_give_up("no thread");
        waits_until_it_waits(waiters[i].thread);
    }
    aura_completions_free(queue);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], (void **)&came);
        CHECK_INT(*came, -1);
        free(came);
        close(waiters[i].waiting[0]);
        close(waiters[i].waiting[1]);
    }
}

static void bad_arguments(void)
{
    aura_completions *queue = aura_completions_new();
    aura_error *error;
    uint64_t token;
    CHECK_INT(aura_completions_wait(NULL, -1, &token, 1), -1);
    CHECK_INT(aura_completions_wait(queue, -1, NULL, 1), -1);
    CHECK_INT(aura_completions_wait(queue, -1, &token, 0), -1);
    CHECK_INT(aura_completions_fd(NULL), -1);
    aura_completions_wake(NULL);
    aura_completions_free(NULL);
    CHECK_STATUS(aura_call_complete(NULL, queue, 1, &error), AURA_INVALID_ARGUMENT, error);
    CHECK_HOLDS(aura_error_message(error), "call is NULL");
    aura_error_free(error);
    aura_completions_free(queue);
}

/* The child's exit status is the number of the fault that it found; 0 is good. */
static int child(const aura_client *client, aura_completions *queue, aura_call *parents, int watched)
{
    uint64_t tokens[TOKENS];
    aura_call *own;
    char *json;
    bound_alarm(60);
    if (aura_completions_wait(queue, 0, tokens, TOKENS) != 0)
        return 1;
    int descriptor = aura_completions_fd(queue);
    if (descriptor < 0 || descriptor == watched)
        return 2;
    if (aura_call_complete(parents, queue, 9, NULL) != AURA_OK || !is_readable(descriptor, 0) ||
        aura_completions_wait(queue, 0, tokens, TOKENS) != 1 || tokens[0] != 9)
        return 3;
    if (aura_call_wait(parents, 0, &json, NULL) != AURA_CANCELLED)
        return 4;
    if (!is_readable(aura_call_fd(parents), 0))
        return 5;
    if (aura_get_user_start(client, "eric", NULL, &own, NULL) != AURA_OK ||
        aura_call_complete(own, queue, 10, NULL) != AURA_OK ||
        aura_completions_wait(queue, -1, tokens, TOKENS) != 1 || tokens[0] != 10 ||
        aura_call_wait(own, 0, &json, NULL) != AURA_OK)
        return 6;
    aura_string_free(json);
    aura_call_free(own);
    aura_call_free(parents);
    aura_completions_free(queue);
    return 0;
}

static void fork_with_attached_calls(const struct sandbox *sandbox)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_client *other = new_client(sandbox->api_url, NULL);
    aura_completions *queue = aura_completions_new();
    uint64_t tokens[TOKENS];
    aura_call *call;
    char *json;
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    aura_call_complete(call, queue, 1, NULL);
    int watched = aura_completions_fd(queue), of_call = aura_call_fd(call);
    aura_completions_wake(queue);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(other, queue, call, watched));
    CHECK_INT(child_status(pid), 0);

    /* The parent's queue is unchanged. */
    CHECK_INT(aura_completions_wait(queue, 0, tokens, TOKENS), 0);
    CHECK(!is_readable(watched, 0));
    CHECK(!is_readable(of_call, 0));
    mute_answer(&mute);
    CHECK(is_readable(watched, 60000));
    CHECK(is_readable(of_call, 60000));
    CHECK_INT(aura_completions_wait(queue, 0, tokens, TOKENS), 1);
    CHECK_STATUS(aura_call_wait(call, 0, &json, NULL), AURA_OK, NULL);
    aura_string_free(json);
    aura_call_free(call);
    aura_completions_free(queue);
    aura_client_free(client);
    aura_client_free(other);
    mute_stop(&mute);
}

/* A call has one descriptor. A duplicate of it is valid after the call. */
static void the_descriptor_of_a_call(void)
{
    struct mute mute;
    mute_start(&mute);
    aura_client *client = new_client(mute.url, NULL);
    aura_call *call;
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    CHECK(mute_wait_for(&mute, 1));
    int before = open_descriptors();
    int descriptor = aura_call_fd(call);
#ifdef __linux__
    CHECK_INT(open_descriptors() - before, 1);
#endif
    int duplicate = dup(descriptor);
    CHECK(!is_readable(duplicate, 0));
    aura_call_free(call);
    CHECK(is_readable(duplicate, 60000));
    close(duplicate);
    aura_client_free(client);
    mute_stop(&mute);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: completions AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 1);
    sandbox_account(&sandbox, "many", "key-of-many", 250);

    bad_arguments();
    wakes_and_threads();
    rows_and_pages(&sandbox);
    one_descriptor();
    cancelled_freed_and_ended_calls();
    the_descriptor_of_a_call();
    fork_with_attached_calls(&sandbox);
    thousands_of_calls(&sandbox);

    sandbox_stop(&sandbox);
    return check_finish("completions");
}
