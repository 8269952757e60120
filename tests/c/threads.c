/*
 * threads.c - one client in many threads.
 *
 *     threads path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <pthread.h>

enum { THREADS = 64, CALLS = 50 };

struct work {
    const aura_client *client;
    int number;
    int good; /* calls with the expected result */
};

/* The five functions in turn, and calls that fail. No call sees another's result. */
static int one_call(const aura_client *client, int thread, int call)
{
    char name[32], *user = NULL;
    aura_error *error = NULL;
    int good;
    if (call % 3 == 0) {
        snprintf(name, sizeof name, "nobody%d-%d", thread, call);
        good = aura_get_user(client, name, NULL, &user, &error) == AURA_NOT_FOUND && !user &&
               aura_error_kind(error) == AURA_NOT_FOUND && aura_error_http_status(error) == 404;
    } else if (call % 3 == 1) {
        snprintf(name, sizeof name, "thread%d", thread);
        good = aura_get_user(client, name, NULL, &user, &error) == AURA_OK && !error &&
               json_is_text(json_member(user, "username"), name);
    } else {
        good = aura_get_current_user(client, NULL, &user, &error) == AURA_OK && !error &&
               json_is_text(json_member(user, "username"), "shared");
    }
    aura_string_free(user);
    aura_error_free(error);
    return good;
}

static void *work(void *argument)
{
    struct work *work = argument;
    for (int call = 0; call < CALLS; call++)
        work->good += one_call(work->client, work->number, call);
    return NULL;
}

static void many_threads(const aura_client *client)
{
    pthread_t threads[THREADS];
    struct work works[THREADS];
    for (int i = 0; i < THREADS; i++) {
        works[i] = (struct work){client, i, 0};
        if (pthread_create(&threads[i], NULL, work, &works[i]) != 0)
            check_give_up("no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(works[i].good, CALLS);
    }
}

/* Many threads may read an error at once, also its first read. */
static void *read_error(void *argument)
{
    const aura_error *error = argument;
    int same = json_is_text(json_member(aura_error_json(error), "kind"), "not_found") &&
               strstr(aura_error_message(error), "not_found") != NULL;
    return same ? argument : NULL;
}

static void shared_error(const aura_client *client)
{
    pthread_t threads[THREADS];
    char *user;
    void *same;
    aura_error *error;
    CHECK_STATUS(aura_get_user(client, "nobody", NULL, &user, &error), AURA_NOT_FOUND, error);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, read_error, error) != 0)
            check_give_up("no thread");
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &same);
        CHECK(same == error);
    }
    aura_error_free(error);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: threads AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "shared", "key-of-shared", 0);
    for (int i = 0; i < THREADS; i++) {
        char name[32], key[40];
        snprintf(name, sizeof name, "thread%d", i);
        snprintf(key, sizeof key, "key-of-%s", name);
        sandbox_account(&sandbox, name, key, 0);
    }
    aura_client *client = new_client(sandbox.api_url, "key-of-shared");

    many_threads(client);
    shared_error(client);

    aura_client_free(client);
    sandbox_stop(&sandbox);
    return check_finish("threads");
}
