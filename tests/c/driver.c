/*
 * driver.c - the driver in C for `aura-replay drive`. It reads a command as a line of JSON from
 * standard input, and writes an answer as a line of JSON to standard output.
 *
 *     aura-replay drive build/c/driver
 */
#include <aura_users.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const OPTIONS[] = {
    "repo_url", "api_key", "otp", "timeout", "total_timeout", "connect_timeout", "max_retries",
    "rate_limit", "prefetch", "page", "proxy", "no_proxy", "ca_file", "user_agent", "client_name",
    "max_body", "max_connections", "cache", "allow_insecure_http", "env"};

/* Set if a text of the command holds a NUL, which C refuses. */
static int has_nul;

/* A value of the command as text, or NULL. */
static char *get(const char *command, const char *pointer)
{
    char *value = NULL;
    has_nul |= aura_json_get(command, pointer, &value, NULL) != AURA_OK;
    return value;
}

static long number(const char *command, const char *pointer, long otherwise)
{
    char *value = get(command, pointer);
    long found = value ? atol(value) : otherwise;
    aura_string_free(value);
    return found;
}

static int is_true(const char *command, const char *pointer)
{
    char *value = get(command, pointer);
    int found = value && strcmp(value, "true") == 0;
    aura_string_free(value);
    return found;
}

static void print_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(out, "\\u%04x", *text);
        else
            putc(*text, out);
    }
    putc('"', out);
}

/* Waits for a started call, and ends it before if the command asks for that. */
static aura_status finish(const char *command, aura_call *call, char **json, aura_error **error)
{
    long cancel = number(command, "/cancel_after_ms", -1), deadline = number(command, "/deadline_ms", -1);
    aura_status status = aura_call_wait(call, cancel >= 0 ? cancel : deadline, json, error);
    if (status == AURA_PENDING) {
        if (cancel >= 0)
            aura_call_cancel(call);
        else
            aura_call_expire(call);
        status = aura_call_wait(call, -1, json, error);
    }
    aura_call_free(call);
    return status;
}

static aura_status start(const char *command, const aura_client *client, aura_call **call,
                         aura_error **error)
{
    char *operation = get(command, "/operation"), *name = get(command, "/args/username_or_email");
    char *username = get(command, "/args/username"), *password = get(command, "/args/password");
    char *email = get(command, "/args/emails/0");
    const char *emails[] = {email};
    aura_status status;
    if (strcmp(operation, "create_user") == 0)
        status = aura_create_user_start(client, username, password, emails, 1, NULL, call, error);
    else if (strcmp(operation, "get_current_user") == 0)
        status = aura_get_current_user_start(client, NULL, call, error);
    else if (strcmp(operation, "get_user") == 0)
        status = aura_get_user_start(client, name, NULL, call, error);
    else
        status = aura_reset_user_password_start(client, name, NULL, call, error);
    aura_string_free(operation);
    aura_string_free(name);
    aura_string_free(username);
    aura_string_free(password);
    aura_string_free(email);
    return status;
}

/* Reads a stream to its end, and prints the rows and errors. */
static void stream(const char *command, const aura_client *client, FILE *out)
{
    aura_audit_logs *logs = NULL;
    aura_error *error = NULL;
    aura_call *call;
    char *row = NULL, *errors = NULL;
    size_t length;
    FILE *failed = open_memstream(&errors, &length);
    int is_first = 1, count = 0, resumes = is_true(command, "/resume");
    aura_status status = aura_stream_audit_logs(client, NULL, &logs, &error);
    fputs("\"ok_rows\":[", out);
    while (status == AURA_OK || (resumes && error && count < 10)) {
        if (error)
            fprintf(failed, "%s%s", count++ ? "," : "", aura_error_json(error));
        aura_error_free(error);
        status = aura_audit_logs_next_at_hand(logs, &row, &error);
        if (status == AURA_PENDING) {
            status = aura_audit_logs_next_start(logs, &call, &error);
            if (status == AURA_OK)
                status = finish(command, call, &row, &error);
        }
        if (status == AURA_OK) {
            if (!is_first)
                putc(',', out);
            print_text(out, row);
            is_first = 0;
        }
        aura_string_free(row);
    }
    fclose(failed);
    fprintf(out, "],\"errors\":[%s]", errors);
    if (error)
        fprintf(out, ",\"error\":%s", aura_error_json(error));
    free(errors);
    aura_error_free(error);
    aura_audit_logs_free(logs);
}

/* Makes one call, and prints its outcome. */
static void once(const char *command, const aura_client *client, FILE *out)
{
    char *operation = get(command, "/operation"), *json = NULL;
    aura_error *error = NULL;
    aura_call *call;
    if (strcmp(operation, "stream_audit_logs") == 0) {
        stream(command, client, out);
    } else {
        aura_status status = start(command, client, &call, &error);
        if (status == AURA_OK)
            finish(command, call, &json, &error);
        if (error) {
            fprintf(out, "\"error\":%s", aura_error_json(error));
        } else if (strcmp(operation, "reset_user_password") == 0) {
            fputs("\"ok_empty\":true", out);
        } else {
            fputs("\"ok\":", out);
            print_text(out, json);
        }
    }
    aura_string_free(operation);
    aura_string_free(json);
    aura_error_free(error);
}

/* Makes many calls, one after the other or at once, and counts each outcome. */
static void many(const char *command, const aura_client *client, long times, FILE *out)
{
    enum { KINDS = 128 };
    long counts[KINDS] = {0}, started = 0;
    long cancel = number(command, "/cancel_after_ms", -1);
    int at_once = is_true(command, "/at_once"), is_first = 1;
    aura_call **calls = calloc((size_t)times, sizeof *calls);
    aura_completions *queue = aura_completions_new();
    uint64_t tokens[64];
    for (long left = times; left > 0;) {
        while (started < times && (at_once || started + left == times)) {
            aura_status status = start(command, client, &calls[started], NULL);
            if (status == AURA_OK) {
                aura_call_complete(calls[started], queue, (uint64_t)started, NULL);
            } else {
                counts[status % KINDS]++;
                left--;
            }
            started++;
        }
        int32_t came = aura_completions_wait(queue, left == 0 ? 0 : cancel, tokens, 64);
        for (long i = 0; came == 0 && left > 0 && cancel >= 0 && i < started; i++)
            aura_call_cancel(calls[i]);
        for (int32_t i = 0; i < came; i++, left--) {
            char *json;
            aura_status status = aura_call_wait(calls[tokens[i]], -1, &json, NULL);
            counts[status % KINDS]++;
            aura_string_free(json);
            aura_call_free(calls[tokens[i]]);
            calls[tokens[i]] = NULL;
        }
    }
    fputs("\"outcomes\":{", out);
    for (int kind = 0; kind < KINDS; kind++) {
        if (counts[kind]) {
            fprintf(out, "%s\"%s\":%ld", is_first ? "" : ",", aura_status_name((aura_status)kind), counts[kind]);
            is_first = 0;
        }
    }
    putc('}', out);
    aura_completions_free(queue);
    free(calls);
}

static void print_log(FILE *out)
{
    char *log = NULL, pointer[32], *line = NULL;
    aura_log_take(&log, NULL);
    fputs(",\"log\":[", out);
    for (int i = 0; log && i < 1000; i++) {
        snprintf(pointer, sizeof pointer, "/lines/%d/text", i);
        if (!(line = get(log, pointer)))
            break;
        if (i > 0)
            putc(',', out);
        print_text(out, line);
        aura_string_free(line);
    }
    putc(']', out);
    aura_string_free(log);
    aura_log_keep(AURA_LOG_DEBUG, 0);
}

static void answer(const char *command, FILE *out)
{
    aura_options *options = aura_options_new();
    aura_client *client = NULL;
    aura_error *error = NULL;
    char pointer[64];
    const char *texts[] = {"/args/username_or_email", "/args/username", "/args/password", "/args/emails/0"};
    has_nul = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        aura_string_free(get(command, texts[i]));
    for (size_t i = 0; !error && i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        snprintf(pointer, sizeof pointer, "/options/%s", OPTIONS[i]);
        char *value = get(command, pointer);
        if (value)
            aura_options_set(options, OPTIONS[i], value, &error);
        aura_string_free(value);
    }
    if (has_nul) {
        fputs("\"error\":{\"kind\":\"invalid_argument\",\"message\":\"a text holds a NUL\"}", out);
    } else if (error || aura_client_new(options, &client, &error) != AURA_OK) {
        fprintf(out, "\"error\":%s", aura_error_json(error));
    } else {
        long times = number(command, "/times", 0);
        int is_logged = is_true(command, "/log");
        if (is_logged)
            aura_log_keep(AURA_LOG_DEBUG, 1000);
        if (times > 0)
            many(command, client, times, out);
        else
            once(command, client, out);
        if (is_logged)
            print_log(out);
    }
    aura_error_free(error);
    aura_client_free(client);
    aura_options_free(options);
}

int main(void)
{
    char *command = NULL;
    size_t room = 0;
    while (getline(&command, &room, stdin) > 0) {
        /* The child prints the answer that its parent waits for. */
        pid_t child = is_true(command, "/fork") ? fork() : -1;
        if (child > 0) {
            waitpid(child, NULL, 0);
            continue;
        }
        char *id = get(command, "/id");
        fputs("{\"id\":", stdout);
        print_text(stdout, id);
        putc(',', stdout);
        if (child == 0)
            printf("\"pid\":%ld,", (long)getpid());
        answer(command, stdout);
        puts("}");
        fflush(stdout);
        aura_string_free(id);
        if (child == 0)
            _exit(0);
    }
    free(command);
    return 0;
}
