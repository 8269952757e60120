/*
 * stream.c - the audit log as a stream: order, count, pages, and errors.
 *
 *     stream path/to/aura-sandbox
 */
#include "check.h"
#include "flaky.h"
#include "json_peek.h"
#include "sandbox.h"

static aura_audit_logs *open_logs(const aura_client *client, const char *option, const char *value)
{
    aura_audit_logs *logs = NULL;
    aura_error *error = NULL;
    aura_options *options = aura_options_new();
    if (option)
        set_option(options, option, value);
    if (aura_stream_audit_logs(client, options, &logs, &error) != AURA_OK)
        check_give_up(aura_error_message(error));
    aura_options_free(options);
    return logs;
}

/* The number of the next row, 0 after the last, -1 for an error. */
static int next_number(aura_audit_logs *logs, int (*number_of)(const char *))
{
    char *row = NULL;
    aura_error *error = NULL;
    aura_status status = aura_audit_logs_next(logs, &row, &error);
    int number = status == AURA_OK ? number_of(row) : status == AURA_END ? 0 : -1;
    if (number < 0)
        printf("    %s\n", aura_error_message(error));
    aura_error_free(error);
    aura_string_free(row);
    return number;
}

/* How many rows come that count down from `first`, or -1 if one is out of order. */
static int count_down(aura_audit_logs *logs, int first)
{
    int rows = 0, number;
    while ((number = next_number(logs, sandbox_row_number)) != 0) {
        if (number != first - rows)
            return -1;
        rows++;
    }
    return rows;
}

/* How many rows the next page has, 0 at the end, -1 if it does not count down from `first`. */
static int page_rows(aura_audit_logs *logs, int first)
{
    char *page = NULL;
    aura_error *error = NULL;
    aura_status status = aura_audit_logs_next_page(logs, &page, &error);
    int rows = 0;
    for (const char *row = json_first(page); row; row = json_next(row), rows++)
        if (sandbox_row_number(row) != first - rows)
            return -1;
    CHECK_STATUS(status, rows > 0 ? AURA_OK : AURA_END, error);
    aura_error_free(error);
    aura_string_free(page);
    return rows;
}

static void order_and_count(const struct sandbox *sandbox)
{
    static const char *const prefetches[] = {"0", "1", "4", "100"};
    aura_client *many = new_client(sandbox->api_url, "key-of-many");
    aura_client *even = new_client(sandbox->api_url, "key-of-even");
    aura_client *none = new_client(sandbox->api_url, "key-of-none");

    for (size_t i = 0; i < sizeof prefetches / sizeof *prefetches; i++) {
        snprintf(check_subject, sizeof check_subject, "prefetch %s", prefetches[i]);
        aura_audit_logs *logs = open_logs(many, "prefetch", prefetches[i]);
        CHECK_INT(count_down(logs, 250), 250);
        CHECK_INT(next_number(logs, sandbox_row_number), 0);
        CHECK_INT(aura_audit_logs_page(logs), 3);
        aura_audit_logs_free(logs);

        /* The second page is full, so only the empty third page shows the end. */
        logs = open_logs(even, "prefetch", prefetches[i]);
        CHECK_INT(count_down(logs, 200), 200);
        CHECK_INT(next_number(logs, sandbox_row_number), 0);
        CHECK_INT(aura_audit_logs_page(logs), 2);
        aura_audit_logs_free(logs);

        logs = open_logs(none, "prefetch", prefetches[i]);
        CHECK_INT(count_down(logs, 0), 0);
        CHECK_INT(page_rows(logs, 0), 0);
        CHECK_INT(aura_audit_logs_page(logs), 1);
        aura_audit_logs_free(logs);
    }
    check_subject[0] = '\0';
    aura_client_free(many);
    aura_client_free(even);
    aura_client_free(none);
}

static void pages(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");

    /* The page of the next row, which a program can store for later. */
    aura_audit_logs *logs = open_logs(client, NULL, NULL);
    CHECK_INT(aura_audit_logs_page(logs), 1);
    for (int row = 1; row <= 100; row++) {
        CHECK_INT(next_number(logs, sandbox_row_number), 251 - row);
        CHECK_INT(aura_audit_logs_page(logs), row < 100 ? 1 : 2);
    }
    aura_audit_logs_free(logs);

    logs = open_logs(client, "page", "2");
    CHECK_INT(aura_audit_logs_page(logs), 2);
    CHECK_INT(count_down(logs, 150), 150);
    aura_audit_logs_free(logs);

    logs = open_logs(client, "page", "99");
    CHECK_INT(count_down(logs, 0), 0);
    aura_audit_logs_free(logs);

    logs = open_logs(client, NULL, NULL);
    CHECK_INT(page_rows(logs, 250), 100);
    CHECK_INT(page_rows(logs, 150), 100);
    CHECK_INT(page_rows(logs, 50), 50);
    CHECK_INT(page_rows(logs, 0), 0);
    CHECK_INT(page_rows(logs, 0), 0);
    aura_audit_logs_free(logs);

    /* Rows and pages in turn: a page is the rest of the current one. */
    logs = open_logs(client, NULL, NULL);
    CHECK_INT(next_number(logs, sandbox_row_number), 250);
    CHECK_INT(next_number(logs, sandbox_row_number), 249);
    CHECK_INT(page_rows(logs, 248), 98);
    CHECK_INT(next_number(logs, sandbox_row_number), 150);
    CHECK_INT(page_rows(logs, 149), 99);
    CHECK_INT(page_rows(logs, 50), 50);
    CHECK_INT(next_number(logs, sandbox_row_number), 0);
    aura_audit_logs_free(logs);
    aura_client_free(client);
}

/* Splits rows of aura_audit_logs_next_rows() in place, and returns their number. */
static int split_rows(char *rows, int first)
{
    int count = 0;
    for (char *row; (row = strchr(rows, '\x1e')) != NULL; count++) {
        char *end = strchr(++row, '\x1e');
        CHECK(end != NULL);
        row[-1] = *end = '\0';
        char *action = json_text(rows);
        CHECK(json_is_text(json_member(row, "action"), action));
        CHECK_INT(sandbox_row_number(row), first - count);
        free(action);
        rows = end + 1;
    }
    CHECK(*rows == '\0');
    return count;
}

/* The rows of a page as a text to split: all rows of the stream, also after single rows. */
static void rows_to_split(const struct sandbox *sandbox)
{
    static const int counts[] = {98, 100, 50};
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_audit_logs *logs = open_logs(client, NULL, NULL);
    int number = 248;
    char *rows = NULL;
    aura_error *error = NULL;

    CHECK_INT(next_number(logs, sandbox_row_number), 250);
    CHECK_INT(next_number(logs, sandbox_row_number), 249);
    for (int page = 0; page < 3; page++) {
        if (page % 2 == 0) {
            CHECK_STATUS(aura_audit_logs_next_rows(logs, &rows, &error), AURA_OK, error);
        } else {
            aura_call *call = NULL;
            CHECK_STATUS(aura_audit_logs_next_rows_start(logs, &call, &error), AURA_OK, error);
            CHECK_STATUS(aura_call_wait(call, -1, &rows, &error), AURA_OK, error);
            aura_call_free(call);
        }
        CHECK_INT(split_rows(rows, number), counts[page]);
        number -= counts[page];
        aura_string_free(rows);
    }
    CHECK_STATUS(aura_audit_logs_next_rows(logs, &rows, &error), AURA_END, error);
    CHECK(rows == NULL);
    aura_call *call = NULL;
    CHECK_STATUS(aura_audit_logs_next_rows_start(logs, &call, &error), AURA_OK, error);
    CHECK_STATUS(aura_call_wait(call, -1, &rows, &error), AURA_END, error);
    CHECK(rows == NULL);
    aura_call_free(call);
    aura_audit_logs_free(logs);
    aura_client_free(client);
}

static void freed_early(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-of-many");
    aura_audit_logs *never_read = open_logs(client, NULL, NULL);
    aura_audit_logs *half_read = open_logs(client, NULL, NULL);
    aura_audit_logs *orphan = open_logs(client, NULL, NULL);
    aura_audit_logs *unread_orphan = open_logs(client, NULL, NULL);

    aura_audit_logs_free(never_read);
    for (int row = 0; row < 120; row++)
        CHECK_INT(next_number(half_read, sandbox_row_number), 250 - row);
    aura_audit_logs_free(half_read);

    /* A stream is valid after its client was freed. */
    CHECK_INT(next_number(orphan, sandbox_row_number), 250);
    aura_client_free(client);
    CHECK_INT(count_down(orphan, 249), 249);
    CHECK_INT(count_down(unread_orphan, 250), 250);
    aura_audit_logs_free(orphan);
    aura_audit_logs_free(unread_orphan);
}

static void a_refused_key_keeps_the_position(const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, "key-made-later");
    aura_audit_logs *logs = open_logs(client, NULL, NULL);
    char *row = NULL;
    aura_error *error = NULL;

    for (int times = 0; times < 2; times++) {
        CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), AURA_UNAUTHENTICATED, error);
        CHECK(row == NULL);
        CHECK_INT(aura_audit_logs_page(logs), 1);
        aura_error_free(error);
    }
    free(sandbox_admin(sandbox, "POST", "/keys",
                       "{\"username\":\"many\",\"secret\":\"key-made-later\"}"));
    CHECK_INT(count_down(logs, 250), 250);
    aura_audit_logs_free(logs);
    aura_client_free(client);
}

static void a_stopped_server_keeps_the_position(const char *program)
{
    struct sandbox sandbox = sandbox_start(program, "current", "0");
    char port[16], *row = NULL;
    aura_error *error = NULL;
    snprintf(port, sizeof port, "%ld", strtol(json_member(sandbox.server.ready, "port"), NULL, 10));
    aura_client *client = new_client(sandbox.api_url, "key-of-many");
    aura_options *options = aura_options_new();
    aura_audit_logs *logs = NULL;
    set_option(options, "max_retries", "0");
    CHECK_STATUS(aura_stream_audit_logs(client, options, &logs, &error), AURA_OK, error);
    aura_options_free(options);

    sandbox_stop(&sandbox);
    CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), AURA_CONNECT, error);
    aura_error_free(error);
    CHECK_STATUS(aura_audit_logs_next_page(logs, &row, &error), AURA_CONNECT, error);
    aura_error_free(error);
    sandbox = sandbox_start(program, "current", port);
    sandbox_account(&sandbox, "many", "key-of-many", 250);
    CHECK_INT(count_down(logs, 250), 250);

    aura_audit_logs_free(logs);
    aura_client_free(client);
    sandbox_stop(&sandbox);
}

static int flaky_number(const char *row)
{
    return atoi(json_member(json_member(row, "params"), "n"));
}

/* Reads 250 rows from a server whose second page fails once. */
static void a_failed_page_keeps_the_position(int failure, aura_status expected,
                                             const char *prefetch)
{
    struct flaky flaky = {.rows = 250, .failing_page = 2, .failure = failure};
    char *row = NULL;
    aura_error *error = NULL;
    flaky_start(&flaky);
    snprintf(check_subject, sizeof check_subject, "failure %d, prefetch %s", failure, prefetch);
    aura_client *client = new_client(flaky.url, "0123456789abcdef");
    aura_options *options = aura_options_new();
    aura_audit_logs *logs = NULL;
    set_option(options, "max_retries", "0");
    set_option(options, "prefetch", prefetch);
    CHECK_STATUS(aura_stream_audit_logs(client, options, &logs, &error), AURA_OK, error);

    for (int number = 1; number <= 100; number++)
        CHECK_INT(next_number(logs, flaky_number), number);
    CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), expected, error);
    CHECK(row == NULL);
    if (failure != 0)
        CHECK_INT(aura_error_http_status(error), failure);
    CHECK_INT(aura_audit_logs_page(logs), 2);
    aura_error_free(error);
    for (int number = 101; number <= 250; number++)
        CHECK_INT(next_number(logs, flaky_number), number);
    CHECK_INT(next_number(logs, flaky_number), 0);

    aura_options_free(options);
    aura_audit_logs_free(logs);
    aura_client_free(client);
    flaky_stop(&flaky);
    /* The stream reads page 1 again to check for new rows, so its count is not fixed. */
    CHECK_INT(flaky.asked[2], 2);
    CHECK_INT(flaky.asked[3], 1);
    check_subject[0] = '\0';
}

/* The server answers in order, so earlier requests are counted after these. */
static void other_requests(const aura_client *client)
{
    for (int times = 0; times < 20; times++) {
        aura_audit_logs *logs = open_logs(client, "page", "13");
        CHECK_INT(next_number(logs, flaky_number), 0);
        aura_audit_logs_free(logs);
    }
}

static void asking_ahead(void)
{
    struct flaky flaky = {.rows = 1200};
    flaky_start(&flaky);
    aura_client *client = new_client(flaky.url, "0123456789abcdef");
    aura_audit_logs *logs = open_logs(client, "prefetch", "7");

    /* A prefetch above the default starts at once. While the caller looks at the first row, seven
       more pages are under way, and no eighth. */
    CHECK_INT(next_number(logs, flaky_number), 1);
    for (int page = 2; page <= 8; page++)
        CHECK(flaky_wait_for(&flaky, page));
    other_requests(client);
    CHECK_INT(flaky_asked(&flaky, 9), 0);
    aura_audit_logs_free(logs);
    aura_client_free(client);
    flaky_stop(&flaky);
}

static void not_asking_ahead(void)
{
    struct flaky flaky = {.rows = 1200};
    flaky_start(&flaky);
    aura_client *client = new_client(flaky.url, "0123456789abcdef");

    /* A page is requested when its first row is. */
    aura_audit_logs *logs = open_logs(client, "prefetch", "0");
    for (int number = 1; number <= 401; number++)
        CHECK_INT(next_number(logs, flaky_number), number);
    other_requests(client);
    CHECK_INT(flaky_asked(&flaky, 5), 1);
    CHECK_INT(flaky_asked(&flaky, 6), 0);
    aura_audit_logs_free(logs);
    aura_client_free(client);
    flaky_stop(&flaky);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: stream AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "many", "key-of-many", 250);
    sandbox_account(&sandbox, "even", "key-of-even", 200);
    sandbox_account(&sandbox, "none", "key-of-none", 0);

    order_and_count(&sandbox);
    pages(&sandbox);
    rows_to_split(&sandbox);
    freed_early(&sandbox);
    a_refused_key_keeps_the_position(&sandbox);
    sandbox_stop(&sandbox);
    a_stopped_server_keeps_the_position(argv[1]);
    a_failed_page_keeps_the_position(500, AURA_SERVER, "0");
    a_failed_page_keeps_the_position(500, AURA_SERVER, "4");
    a_failed_page_keeps_the_position(0, AURA_CONNECT, "4");
    asking_ahead();
    not_asking_ahead();
    return check_finish("stream");
}
