/*
 * log.c - the library's log lines.
 *
 *     log path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

struct lines {
    int count;
    aura_log_level last_level;
    char last[256];
};

/* This program makes its calls in one thread and reads no stream, so it needs no lock. */
static void remember(void *user_data, aura_log_level level, const char *message)
{
    struct lines *lines = user_data;
    lines->count++;
    lines->last_level = level;
    snprintf(lines->last, sizeof lines->last, "%s", message);
}

static void get(const aura_client *client, const char *name)
{
    char *user = NULL;
    CHECK_INT(aura_get_user(client, name, NULL, &user, NULL), AURA_OK);
    aura_string_free(user);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: log path/to/aura-sandbox");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "secret-key", 0);
    aura_client *client = new_client(sandbox.api_url, "secret-key");
    struct lines lines = {0};

    aura_log_set(remember, &lines, AURA_LOG_DEBUG);
    get(client, "eric");
    CHECK_INT(lines.count, 1);
    CHECK_INT(lines.last_level, AURA_LOG_DEBUG);
    CHECK_HOLDS(lines.last, "GET /users/{username_or_email}: request (attempt 1, status 200, ");
    CHECK_HOLDS(lines.last, "request id ");
    CHECK(!strstr(lines.last, "eric") && !strstr(lines.last, "secret"));

    aura_log_set(remember, &lines, AURA_LOG_WARN);
    get(client, "eric");
    CHECK_INT(lines.count, 1);

    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
    get(client, "eric");
    CHECK_INT(lines.count, 1);

    aura_client_free(client);
    sandbox_stop(&sandbox);
    return check_finish("log");
}
