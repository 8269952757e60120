/*
 * stack.c - calls in a thread with a small stack, to a server that sends deeply nested JSON.
 *
 *     stack path/to/aura-sandbox        (the sandbox is not used)
 */
#include "check.h"
#include "mute.h"

/* The header promises that this is enough. A library that is not optimized needs more. */
#ifndef STACK_KB
#define STACK_KB 384
#endif

enum { DEEPEST = 20000 };

static struct mute mute;
static aura_client *client;

static void *every_way(void *argument)
{
    const char *emails[] = {"new@example.com"};
    aura_audit_logs *logs = NULL;
    char *json = NULL;
    aura_error *error = NULL;

    (void)argument;
    aura_get_user(client, "late", NULL, &json, &error);
    aura_error_json(error);
    aura_error_free(error);
    aura_string_free(json);
    aura_create_user(client, "late", "password", emails, 1, NULL, &json, &error);
    aura_error_json(error);
    aura_error_free(error);
    aura_string_free(json);
    aura_stream_audit_logs(client, NULL, &logs, NULL);
    aura_audit_logs_next(logs, &json, &error);
    aura_error_json(error);
    aura_error_free(error);
    aura_string_free(json);
    aura_audit_logs_free(logs);
    return &mute;
}

/* `around` with nested arrays or objects, `depth` deep, in place of its %s. */
static void nested(int status, const char *around, char bracket, int depth)
{
    static char nest[DEEPEST * 8], json[sizeof nest + 128];
    size_t filled = 0;
    pthread_t thread;
    pthread_attr_t attributes;
    void *ended = NULL;

    for (int level = 0; level < depth; level++)
        filled += (size_t)sprintf(nest + filled, bracket == '{' ? "{\"a\":" : "[");
    nest[filled++] = '1';
    for (int level = 0; level < depth; level++)
        nest[filled++] = bracket == '{' ? '}' : ']';
    nest[filled] = '\0';
    snprintf(json, sizeof json, around, nest);

    mute_start(&mute);
    mute.status = status;
    mute.json = json;
    mute_answer(&mute);
    client = new_client(mute.url, NULL);
    pthread_attr_init(&attributes);
    CHECK_INT(pthread_attr_setstacksize(&attributes, STACK_KB * 1024), 0);
    CHECK_INT(pthread_create(&thread, &attributes, every_way, NULL), 0);
    CHECK_INT(pthread_join(thread, &ended), 0);
    CHECK(ended == &mute); /* a stack that is too small ends the process */
    pthread_attr_destroy(&attributes);
    aura_client_free(client);
    mute_stop(&mute);
}

int main(int argc, char **argv)
{
    static const int depths[] = {1, 60, 120, 127, 128, DEEPEST};
    (void)argv;
    if (argc != 2)
        check_give_up("usage: stack path/to/aura-sandbox");
    if (getenv("AURA_MEMORY_IS_WATCHED")) {
        check_skip("small stacks", "the watcher of memory needs room of its own");
        CHECK(1);
        return check_finish("stack");
    }
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        for (const char *bracket = "[{"; *bracket; bracket++) {
            nested(200, "{\"username\":\"late\",\"handles\":%s}", *bracket, depths[i]);
            nested(200, "[{\"action\":\"late\",\"params\":%s}]", *bracket, depths[i]);
            nested(404, "{\"status\":404,\"message\":%s}", *bracket, depths[i]);
            nested(422, "{\"status\":422,\"errors\":{\"name\":%s}}", *bracket, depths[i]);
        }
    return check_finish("stack");
}
