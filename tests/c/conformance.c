/*
 * conformance.c - every recorded exchange, through the C ABI.
 *
 *     conformance path/to/aura-replay
 *
 * The calls come as columns, their field errors, which columns cannot hold, as JSON; see
 * tests/conformance/README.md.
 */
#include "check.h"
#include "json_peek.h"
#include "server.h"

enum { ID, PREFIX, OPERATION, NAME, PASSWORD, EMAIL, API_KEY, OTP, PAGE, OUTCOME, STATUS, MESSAGE,
       REQUEST_ID, BODY, COLUMNS };

/* Out-parameters hold these values before a call, to show that it sets them. */
static char untouched[] = "untouched";

/* Decodes %XX in place. Returns false if that yields a NUL. */
static int decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        unsigned code = (unsigned char)*from;
        if (*from == '%' && sscanf(from + 1, "%2x", &code) == 1)
            from += 2;
        if (code == 0)
            return 0;
        *to++ = (char)code;
    }
    *to = '\0';
    return 1;
}

/* Splits a line at its tabs. An absent value becomes NULL. Returns false if a text holds a NUL. */
static int split(char *line, char *cells[COLUMNS])
{
    int whole = 1;
    line[strcspn(line, "\n")] = '\0';
    for (int column = 0; column < COLUMNS; column++) {
        char *tab = strchr(line, '\t');
        if (!tab != (column == COLUMNS - 1))
            check_give_up("a case has another number of columns");
        if (tab)
            *tab = '\0';
        cells[column] = strcmp(line, "-") == 0 ? NULL : line;
        whole = decode(line) && whole;
        if (tab)
            line = tab + 1;
    }
    return whole;
}

static void check_error(char *cells[], const char *expected_json, aura_status status,
                        const aura_error *error)
{
    const char *json = aura_error_json(error);

    CHECK_INT(aura_error_kind(error), status);
    CHECK_TEXT(aura_status_name(status), cells[OUTCOME]);
    CHECK_INT(aura_error_http_status(error), cells[STATUS] ? atoi(cells[STATUS]) : 0);
    CHECK(*aura_error_message(error) != '\0');
    CHECK(json_is_text(json_member(json, "kind"), cells[OUTCOME]));

    char *request_id = json_text(json_member(json, "request_id"));
    CHECK_TEXT(request_id, cells[REQUEST_ID]);
    free(request_id);

    char *message = json_text(json_member(json, "message"));
    if (cells[MESSAGE])
        CHECK_TEXT(message, cells[MESSAGE]);
    else
        CHECK(message && *message);
    free(message);

    const char *expected = json_member(json_member(json_member(expected_json, "expect"), "error"),
                                       "errors");
    CHECK(json_same(json_member(json, "errors"), expected));
}

/* The end of one expected row at the start of `text`, with its separator. */
static const char *behind_row(const char *text, const char **rows)
{
    size_t length = strcspn(*rows, "\n");
    if (strncmp(text, *rows, length) != 0)
        return NULL;
    *rows += length + ((*rows)[length] == '\n');
    return text + length;
}

/* Reads the stream row by row, or page by page. Returns the status that ended it. */
static aura_status run_stream(const aura_client *client, const aura_options *options, int by_page,
                              const char *rows, aura_error **error)
{
    aura_audit_logs *logs = NULL;
    aura_status status = aura_stream_audit_logs(client, options, &logs, error);
    if (!CHECK_STATUS(status, AURA_OK, *error))
        return status;
    for (;;) {
        char *json = untouched;
        status = by_page ? aura_audit_logs_next_page(logs, &json, error)
                         : aura_audit_logs_next(logs, &json, error);
        if (status != AURA_OK) {
            CHECK(json == NULL);
            break;
        }
        CHECK(*error == NULL);
        const char *at = by_page ? json + (*json == '[') : json;
        while (at && *at && rows && *rows) {
            at = behind_row(at, &rows);
            if (!at || !by_page || *at != ',')
                break;
            at++;
        }
        if (!CHECK(at && strcmp(at, by_page ? "]" : "") == 0))
            printf("    the row or page is %s\n", json);
        aura_string_free(json);
    }
    if (status == AURA_END) {
        CHECK_TEXT(rows, rows ? "" : NULL);
        for (int again = 0; again < 2; again++) {
            char *json = untouched;
            CHECK_STATUS(aura_audit_logs_next(logs, &json, error), AURA_END, *error);
            CHECK(json == NULL && *error == NULL);
            json = untouched;
            CHECK_STATUS(aura_audit_logs_next_page(logs, &json, error), AURA_END, *error);
            CHECK(json == NULL && *error == NULL);
        }
    }
    aura_audit_logs_free(logs);
    return status;
}

static void run_case(const aura_client *client, const char *server_url, char *cells[],
                     const char *expected_json)
{
    char url[512];
    snprintf(url, sizeof url, "%s%s", server_url, cells[PREFIX]);
    aura_options *options = aura_options_new();
    set_option(options, "repo_url", url);
    set_option(options, "api_key", cells[API_KEY]);
    set_option(options, "otp", cells[OTP]);
    set_option(options, "page", cells[PAGE]);

    char *user = untouched;
    aura_error *error = NULL;
    aura_status status;
    int is_stream = strcmp(cells[OPERATION], "stream_audit_logs") == 0;
    if (is_stream) {
        user = NULL;
        status = run_stream(client, options, 0, cells[BODY], &error);
    } else if (strcmp(cells[OPERATION], "create_user") == 0) {
        const char *emails[] = {cells[EMAIL]};
        status = aura_create_user(client, cells[NAME], cells[PASSWORD], emails, 1, options, &user,
                                  &error);
    } else if (strcmp(cells[OPERATION], "get_current_user") == 0) {
        status = aura_get_current_user(client, options, &user, &error);
    } else if (strcmp(cells[OPERATION], "get_user") == 0) {
        status = aura_get_user(client, cells[NAME], options, &user, &error);
    } else {
        CHECK_TEXT(cells[OPERATION], "reset_user_password");
        user = NULL;
        status = aura_reset_user_password(client, cells[NAME], options, &error);
    }

    if (strcmp(cells[OUTCOME], "ok") == 0) {
        if (CHECK_STATUS(status, AURA_OK, error))
            CHECK_TEXT(user, cells[BODY]);
    } else if (strcmp(cells[OUTCOME], "ok_empty") == 0) {
        CHECK_STATUS(status, AURA_OK, error);
    } else if (strcmp(cells[OUTCOME], "ok_rows") == 0) {
        CHECK_STATUS(status, AURA_END, error);
    } else if (CHECK(error != NULL)) {
        check_error(cells, expected_json, status, error);
    }
    if (status != AURA_OK)
        CHECK(user == NULL);
    else
        CHECK(error == NULL);

    if (is_stream) {
        aura_error *paged = NULL;
        CHECK_INT(run_stream(client, options, 1, cells[BODY], &paged), status);
        CHECK_INT(aura_error_http_status(paged), aura_error_http_status(error));
        aura_error_free(paged);
    }
    if (user != untouched)
        aura_string_free(user);
    aura_error_free(error);
    aura_options_free(options);
}

static FILE *cases(const char *program, const char *options)
{
    char command[1024];
    snprintf(command, sizeof command, "'%s' cases %s", program, options);
    FILE *file = popen(command, "r");
    if (!file)
        check_give_up(command);
    return file;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: conformance AURA_REPLAY");
    bound_alarm(300);
    char *arguments[] = {argv[1], (char *)"serve", NULL};
    struct server server = server_start(arguments);

    aura_options *options = aura_options_new();
    aura_client *client = NULL;
    set_option(options, "env", "false");
    set_option(options, "max_retries", "0");
    set_option(options, "rate_limit", "error");
    set_patience(options);
    CHECK_STATUS(aura_client_new(options, &client, NULL), AURA_OK, NULL);
    aura_options_free(options);

    FILE *columns = cases(argv[1], "--format tsv"), *objects = cases(argv[1], "");
    char *line = NULL, *object = NULL, *cells[COLUMNS];
    size_t line_room = 0, object_room = 0;
    long count = 0, ran = 0;
    while (getline(&line, &line_room, columns) > 0) {
        count++;
        if (getline(&object, &object_room, objects) <= 0)
            check_give_up("there are more cases as columns than as JSON");
        int whole = split(line, cells);
        snprintf(check_subject, sizeof check_subject, "%s", cells[ID]);
        CHECK(json_is_text(json_member(object, "id"), cells[ID]));
        if (whole) {
            run_case(client, server.url, cells, object);
            ran++;
        } else {
            check_skip(cells[ID], "a C string cannot hold its NUL");
        }
        check_subject[0] = '\0';
    }
    CHECK(getline(&object, &object_room, objects) < 0);
    CHECK_INT(pclose(columns), 0);
    CHECK_INT(pclose(objects), 0);
    CHECK(count > 0);
    CHECK_INT(ran + check_skipped, count);
    printf("%ld of %ld recorded cases ran\n", ran, count);

    free(line);
    free(object);
    aura_client_free(client);
    server_stop(&server);
    return check_finish("conformance");
}
