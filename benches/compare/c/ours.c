/*
 * Ours in C. A job whose name ends in "_text" returns the JSON and reads nothing in it. "stream" does
 * so for each row; in "action" yyjson reads `action` of each row.
 */
#include "bench.h"
#include "yyjson.h"

#include <aura_users.h>

typedef struct {
    aura_client *client;
} context;

static void check(aura_status status, aura_error *error)
{
    if (status != AURA_OK && status != AURA_END)
        fail(aura_error_message(error));
}

static void user(void *argument, bench *b)
{
    context *c = argument;
    aura_error *error = NULL;
    char *json = NULL;
    check(aura_get_user(c->client, "orguser", NULL, &json, &error), error);
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    b->checksum += yyjson_get_len(yyjson_obj_get(yyjson_doc_get_root(doc), "username"));
    yyjson_doc_free(doc);
    aura_string_free(json);
}

static void user_text(void *argument, bench *b)
{
    (void)b;
    context *c = argument;
    aura_error *error = NULL;
    char *json = NULL;
    check(aura_get_user(c->client, "orguser", NULL, &json, &error), error);
    aura_string_free(json);
}

static void read_rows(context *c, bench *b, int read_action)
{
    aura_error *error = NULL;
    aura_audit_logs *logs = NULL;
    char *json = NULL;
    aura_status status;
    check(aura_stream_audit_logs(c->client, NULL, &logs, &error), error);
    while ((status = aura_audit_logs_next(logs, &json, &error)) == AURA_OK) {
        b->rows++;
        if (read_action) {
            yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
            b->checksum += yyjson_get_len(yyjson_obj_get(yyjson_doc_get_root(doc), "action"));
            yyjson_doc_free(doc);
        }
        aura_string_free(json);
    }
    check(status, error);
    aura_audit_logs_free(logs);
}

static void stream(void *argument, bench *b)
{
    read_rows(argument, b, 0);
}

static void action(void *argument, bench *b)
{
    read_rows(argument, b, 1);
}

/* Reads `action` from the library, without JSON. */
static void fields(void *argument, bench *b)
{
    context *c = argument;
    aura_error *error = NULL;
    aura_audit_logs *logs = NULL;
    const char *action = NULL;
    aura_status status;
    check(aura_stream_audit_logs(c->client, NULL, &logs, &error), error);
    while ((status = aura_audit_logs_next_fields(logs, &action, NULL, NULL, NULL, &error)) ==
           AURA_OK) {
        b->rows++;
        b->checksum += strlen(action);
    }
    check(status, error);
    aura_audit_logs_free(logs);
}

static void read_pages(context *c, bench *b, int read_action)
{
    aura_error *error = NULL;
    aura_audit_logs *logs = NULL;
    char *json = NULL;
    aura_status status;
    check(aura_stream_audit_logs(c->client, NULL, &logs, &error), error);
    while ((status = aura_audit_logs_next_page(logs, &json, &error)) == AURA_OK) {
        if (read_action) {
            yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
            size_t index, rows;
            yyjson_val *row;
            yyjson_arr_foreach(yyjson_doc_get_root(doc), index, rows, row)
            {
                b->checksum += yyjson_get_len(yyjson_obj_get(row, "action"));
                b->rows++;
            }
            yyjson_doc_free(doc);
        }
        aura_string_free(json);
    }
    check(status, error);
    aura_audit_logs_free(logs);
}

static void pages(void *argument, bench *b)
{
    read_pages(argument, b, 1);
}

static void pages_text(void *argument, bench *b)
{
    read_pages(argument, b, 0);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        fail("usage: ours JOB URL COUNT WARM_UP [OPTION VALUE]...");
    aura_error *error = NULL;
    aura_options *options = aura_options_new();
    check(aura_options_set(options, "env", "false", &error), error);
    check(aura_options_set(options, "repo_url", argv[2], &error), error);
    check(aura_options_set(options, "api_key", "key", &error), error);
    for (int i = 5; i + 1 < argc; i += 2)
        check(aura_options_set(options, argv[i], argv[i + 1], &error), error);
    context c = {0};
    check(aura_client_new(options, &c.client, &error), error);
    aura_options_free(options);

    long count = atol(argv[3]), warm_up = atol(argv[4]);
    const char *job = argv[1];
    if (strcmp(job, "threads") == 0) {
        void *contexts[THREADS];
        for (int i = 0; i < THREADS; i++)
            contexts[i] = &c;
        bench_run_threads(count, warm_up, user, contexts);
    } else {
        static const struct {
            const char *name;
            void (*operation)(void *, bench *);
        } jobs[] = {
            {"user", user},     {"user_text", user_text}, {"stream", stream},
            {"action", action}, {"pages", pages},         {"pages_text", pages_text},
            {"fields", fields},
        };
        size_t i = 0;
        while (i < sizeof jobs / sizeof *jobs && strcmp(job, jobs[i].name) != 0)
            i++;
        if (i == sizeof jobs / sizeof *jobs)
            fail("no such job");
        bench_run(count, warm_up, jobs[i].operation, &c);
    }
    aura_client_free(c.client);
    return 0;
}
