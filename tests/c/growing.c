/*
 * growing.c - a log that grows while it is read. Every row that existed at the start comes once
 * and in order, while rows are written, requests fail and replies are late. New rows come at
 * most once.
 *
 *     growing path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

enum { ROWS = 467, MOST_ERRORS = 1000 };

/* A log with equal rows across the ends of pages, and one without. */
#define NUMBERED "{\"username\":\"eric\",\"count\":467}"
#define ALIKE(count) \
    "{\"username\":\"eric\",\"count\":" #count ",\"action\":\"same\",\"params\":{}}"
#define SOME_ALIKE \
    "{\"username\":\"eric\",\"count\":95}," ALIKE(3) "," \
    "{\"username\":\"eric\",\"count\":170,\"first\":99}," ALIKE(40) "," \
    "{\"username\":\"eric\",\"count\":159,\"first\":309}"

#define LOG "\"path\":\"/api/users/me/audit-logs\","
#define INSERT(when, rest) "{\"when\":\"" when "\",\"username\":\"eric\"" rest "}"
#define SAME ",\"action\":\"same\",\"params\":{}"
#define AT_MOST(count) ",\"count\":{\"at_most\":" #count "}"

/* Delays pages, so that a later one is read first and rows are written at every moment. */
#define AT_RANDOM \
    "{" LOG "\"probability\":0.3,\"delay_before_ms\":8," \
    "\"insert_audit_rows\":[" INSERT("before", AT_MOST(3)) "]}," \
    "{" LOG "\"probability\":0.4,\"delay_ms\":5," \
    "\"insert_audit_rows\":[" INSERT("during", AT_MOST(2)) "," INSERT("after", SAME) "]}"
#define FAILURES \
    "{" LOG "\"probability\":0.2,\"then\":{\"reply\":{\"status\":503}}," \
    "\"insert_audit_rows\":[" INSERT("before", AT_MOST(3)) "]}," \
    "{" LOG "\"probability\":0.1,\"then\":{\"close\":{\"at\":\"in_body\"}}," \
    "\"insert_audit_rows\":[" INSERT("during", ",\"count\":2") "]}"
static const struct scenario {
    const char *name, *log, *rules;
    int is_written; /* by a program, continuously */
} scenarios[] = {
    {"a log that stands still", SOME_ALIKE, "", 0},
    {"a row before each page is read", NUMBERED,
     "{" LOG "\"insert_audit_rows\":[" INSERT("before", "") "]}", 0},
    {"a row after each page is read", NUMBERED,
     "{" LOG "\"delay_ms\":5,\"insert_audit_rows\":[" INSERT("during", "") "]}", 0},
    {"rows at random", SOME_ALIKE, AT_RANDOM, 0},
    {"failures", NUMBERED, FAILURES, 0},
    {"failures and rows at random", SOME_ALIKE, FAILURES "," AT_RANDOM, 0},
    {"a program that writes", SOME_ALIKE, "{" LOG "\"delay_ms\":4}", 1},
};

struct rows {
    char **json;
    size_t count, room;
};

static void add_row(struct rows *rows, const char *json, size_t length)
{
    if (rows->count == rows->room)
        rows->json = realloc(rows->json, (rows->room = rows->room * 2 + 64) * sizeof *rows->json);
    char *copy = malloc(length + 1);
    if (!rows->json || !copy)
        check_give_up("no memory");
    memcpy(copy, json, length);
    copy[length] = '\0';
    rows->json[rows->count++] = copy;
}

/* Adds the rows of a JSON array, and returns their number. */
static size_t add_rows(struct rows *rows, const char *array)
{
    size_t before = rows->count;
    for (const char *row = json_first(array); row; row = json_next(row))
        add_row(rows, row, (size_t)(json_end(row) - row));
    return rows->count - before;
}

static void free_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->json[i]);
    free(rows->json);
}

/* The world of one reading: eric, his key, his log, and its rules. */
static void build_world(const struct sandbox *sandbox, const struct scenario *scenario, int seed)
{
    char json[4096];
    snprintf(json, sizeof json,
             "{\"seed\":%d,\"users\":[{\"username\":\"eric\",\"emails\":"
             "[[\"eric@example.com\",true,true,true]]}],"
             "\"keys\":[{\"username\":\"eric\",\"secret\":\"his\"}],\"audit_logs\":[%s]}",
             seed, scenario->log);
    free(sandbox_admin(sandbox, "POST", "/restore", json));
}

/* A program that writes rows. It writes few rows for each request of this program, however slow
   this is, and it ends. */
static void start_writer(const struct sandbox *sandbox)
{
    char writer[96];
    snprintf(writer, sizeof writer, "{\"username\":\"eric\",\"every_ms\":%u,\"count\":500}",
             40 * bound_slowness());
    free(sandbox_admin(sandbox, "POST", "/audit-writers", writer));
}

/* Adds the rules of a list, one by one. */
static void start_rules(const struct sandbox *sandbox, const char *list)
{
    char array[4096];
    snprintf(array, sizeof array, "[%s]", list);
    for (const char *each = json_first(array); each; each = json_next(each)) {
        char json[1024];
        snprintf(json, sizeof json, "%.*s", (int)(json_end(each) - each), each);
        free(sandbox_admin(sandbox, "POST", "/rules", json));
    }
}

static struct rows read_by_hand(const struct sandbox *sandbox)
{
    struct rows rows = {0};
    size_t added = 1;
    for (int page = 1; added > 0; page++) {
        char url[256], *body = NULL;
        snprintf(url, sizeof url, "%s/users/me/audit-logs?page=%d", sandbox->api_url, page);
        if (http_request("GET", url, "his", NULL, &body) != 200)
            check_give_up(url);
        added = add_rows(&rows, body);
        free(body);
    }
    return rows;
}

/* Reads the stream, row by row or page by page, and goes on after an error. */
static struct rows read_stream(const struct sandbox *sandbox, const char *prefetch, int by_page)
{
    struct rows rows = {0};
    aura_client *client = new_client(sandbox->api_url, "his");
    aura_options *options = aura_options_new();
    aura_audit_logs *logs = NULL;
    aura_error *error = NULL;
    int errors = 0;

    set_option(options, "prefetch", prefetch);
    set_option(options, "max_retries", "0");
    if (aura_stream_audit_logs(client, options, &logs, &error) != AURA_OK)
        check_give_up(aura_error_message(error));
    for (;;) {
        char *json = NULL;
        aura_status status = by_page ? aura_audit_logs_next_page(logs, &json, &error)
                                     : aura_audit_logs_next(logs, &json, &error);
        if (status == AURA_END)
            break;
        if (status != AURA_OK) {
            if (++errors > MOST_ERRORS)
                check_give_up(aura_error_message(error));
            aura_error_free(error);
        } else if (by_page) {
            add_rows(&rows, json);
        } else {
            add_row(&rows, json, strlen(json));
        }
        aura_string_free(json);
    }
    aura_audit_logs_free(logs);
    aura_options_free(options);
    aura_client_free(client);
    return rows;
}

/* Whether `read` ends with the rows of `before`, and starts with some of the newer ones. */
static int is_exact(const struct rows *before, const struct rows *read, const struct rows *after)
{
    if (read->count < before->count) {
        printf("%zu of %zu rows came\n", read->count, before->count);
        return 0;
    }
    size_t extra = read->count - before->count, newer = after->count - before->count;
    for (size_t i = 0; i < before->count; i++) {
        if (strcmp(read->json[extra + i], before->json[i]) != 0) {
            printf("%zu more came; of the old ones the %zuth is %.60s, not %.60s\n", extra, i,
                   read->json[extra + i], before->json[i]);
            return 0;
        }
    }
    for (size_t i = 0, at = 0; i < extra; i++, at++) {
        while (at < newer && strcmp(read->json[i], after->json[at]) != 0)
            at++;
        if (at == newer) {
            printf("doubled or out of order: %.60s\n", read->json[i]);
            return 0;
        }
    }
    return 1;
}

static void read_exactly(const struct sandbox *sandbox, const struct scenario *scenario,
                         const char *prefetch, int by_page)
{
    snprintf(check_subject, sizeof check_subject, "%s, prefetch %s, by %s", scenario->name,
             prefetch, by_page ? "page" : "row");
    build_world(sandbox, scenario, by_page);
    struct rows before = read_by_hand(sandbox);
    CHECK_INT(before.count, ROWS);
    start_rules(sandbox, scenario->rules);
    if (scenario->is_written)
        start_writer(sandbox);

    struct rows read = read_stream(sandbox, prefetch, by_page);

    free(sandbox_admin(sandbox, "DELETE", "/audit-writers", NULL));
    free(sandbox_admin(sandbox, "DELETE", "/rules", NULL));
    struct rows after = read_by_hand(sandbox);
    CHECK(is_exact(&before, &read, &after));
    free_rows(&before);
    free_rows(&read);
    free_rows(&after);
}

int main(int argc, char **argv)
{
    static const char *const prefetches[] = {"0", "1", "4", "8"};
    if (argc != 2)
        check_give_up("usage: growing AURA_SANDBOX");
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        for (size_t j = 0; j < sizeof prefetches / sizeof *prefetches; j++)
            for (int by_page = 0; by_page < 2; by_page++)
                read_exactly(&sandbox, &scenarios[i], prefetches[j], by_page);
    check_subject[0] = '\0';
    sandbox_stop(&sandbox);
    return check_finish("growing");
}
