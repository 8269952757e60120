/*
 * unload.c - dlclose() while the library's own thread runs, and calls after it.
 *
 *     unload path/to/aura-sandbox path/to/libaura_users.so
 */
#include "loaded.h"

#include <pthread.h>

enum { ROUNDS = 5 };

struct outliving {
    const struct loaded *library;
    const aura_client *client;
    int good;
    int called[2], closed[2]; /* pipes: each end is closed after its event */
};

static void wait_for(int pipe)
{
    char byte;
    while (read(pipe, &byte, 1) > 0)
        ;
}

/* Ends after the library was closed, with the library's values of this thread. */
static void *outlive(void *argument)
{
    struct outliving *thread = argument;
    thread->good = loaded_call(thread->library, thread->client);
    close(thread->called[1]);
    wait_for(thread->closed[0]);
    return NULL;
}

static void load_use_unload(const char *sandbox_program, const char *path)
{
    struct sandbox sandbox = sandbox_start(sandbox_program, "current", "0");
    sandbox_account(&sandbox, "many", "key-of-many", 500);
    struct loaded library = loaded_open(path);
    aura_client *client = loaded_client(&library, sandbox.api_url);
    aura_audit_logs *logs = NULL;
    CHECK_INT(library.stream_audit_logs(client, NULL, &logs, NULL), AURA_OK);
    for (int row = 500; row > 350; row--)
        CHECK_INT(loaded_row(&library, logs), row);

    pthread_t thread;
    struct outliving outliving = {.library = &library, .client = client};
    server_pipe(outliving.called);
    server_pipe(outliving.closed);
    if (pthread_create(&thread, NULL, outlive, &outliving) != 0)
        check_give_up("no thread");
    wait_for(outliving.called[0]);

    /* Still running when the library is closed, so its own thread still exists. */
    aura_call *call = NULL;
    CHECK_INT(library.get_user_start(client, "many", NULL, &call, NULL), AURA_OK);
    library.audit_logs_free(logs);
    library.client_free(client);
    CHECK_INT(dlclose(library.handle), 0);
    /* The library's thread wakes up for each connection that the server closes. */
    sandbox_stop(&sandbox);
    close(outliving.closed[1]);
    pthread_join(thread, NULL);
    CHECK(outliving.good);
    library.call_free(call);
    close(outliving.called[0]);
    close(outliving.closed[0]);
}

/* The code of a closed library stays in memory, so it is safe to close it. */
static void the_code_stays_in_memory(const char *path)
{
    struct loaded library = loaded_open(path);
    CHECK_INT(dlclose(library.handle), 0);
    void *still_there = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (CHECK(still_there != NULL))
        dlclose(still_there);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        check_give_up("usage: unload path/to/aura-sandbox path/to/libaura_users.so");
    bound_alarm(300);
    the_code_stays_in_memory(argv[2]);
    for (int round = 0; round < ROUNDS; round++)
        load_use_unload(argv[1], argv[2]);
    return check_finish("unload");
}
