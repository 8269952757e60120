/*
 * check.h - checks that count themselves and print the values they saw.
 *
 * A program calls CHECK and the similar macros, and ends with `return check_finish("name");`, which
 * prints `name: N passed, N failed, N skipped`. For the program's first thread alone.
 */
#ifndef CHECK_H
#define CHECK_H

#include "bound.h"

#include <aura_users.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long check_passed, check_failed, check_skipped;

#define CHECK(condition) check_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) \
    check_integers((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_texts((actual), (expected), #actual, __FILE__, __LINE__)
/* That `text` contains `part`. */
#define CHECK_HOLDS(text, part) check_holds((text), (part), #text, __FILE__, __LINE__)
/* Checks a call's status. The call's error may be NULL, and is evaluated after the call. */
#define CHECK_STATUS(call, expected, error) \
    (check_status = (call), check_statuses((expected), (error), #call, __FILE__, __LINE__))

/* The subject of the checks, for the line of a failure; "" for none. */
static char check_subject[256];
static aura_status check_status;

static inline int check_count(int good, const char *what, const char *file, int line)
{
    if (good) {
        check_passed++;
    } else {
        check_failed++;
        printf("%s:%d: %s%s%s: ", file, line, check_subject, *check_subject ? ": " : "", what);
    }
    return good;
}

static inline int check_true(int good, const char *what, const char *file, int line)
{
    if (!check_count(good, what, file, line))
        puts("is false");
    return good;
}

static inline int check_integers(long long actual, long long expected, const char *what,
                                 const char *file, int line)
{
    int good = check_count(actual == expected, what, file, line);
    if (!good)
        printf("is %lld, not %lld\n", actual, expected);
    return good;
}

static inline int check_texts(const char *actual, const char *expected, const char *what,
                              const char *file, int line)
{
    int same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
    if (!check_count(same, what, file, line))
        printf("is `%s`, not `%s`\n", actual ? actual : "NULL", expected ? expected : "NULL");
    return same;
}

static inline int check_holds(const char *text, const char *part, const char *what,
                              const char *file, int line)
{
    int good = check_count(text && strstr(text, part), what, file, line);
    if (!good)
        printf("is `%s`, without `%s`\n", text ? text : "NULL", part);
    return good;
}

static inline int check_statuses(aura_status expected, const aura_error *error, const char *what,
                                 const char *file, int line)
{
    int good = check_count(check_status == expected, what, file, line);
    if (!good)
        printf("is %s, not %s: %s\n", aura_status_name(check_status),
               aura_status_name(expected), aura_error_message(error));
    return good;
}

static inline void check_skip(const char *subject, const char *reason)
{
    check_skipped++;
    printf("skipped: %s: %s\n", subject, reason);
}

static inline int check_finish(const char *program)
{
    printf("%s: %ld passed, %ld failed, %ld skipped\n", program, check_passed, check_failed,
           check_skipped);
    return check_failed == 0 && check_passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* For a condition that a test needs to go on. */
static inline void check_give_up(const char *why)
{
    fflush(stdout);
    fprintf(stderr, "cannot go on: %s\n", why);
    exit(2);
}

/* Sets an option to a valid value. */
static inline void set_option(aura_options *options, const char *name, const char *value)
{
    aura_error *error = NULL;
    if (aura_options_set(options, name, value, &error) != AURA_OK)
        check_give_up(aura_error_message(error));
}

/* Timeouts that only stop a hang, for a server that answers. */
static inline void set_patience(aura_options *options)
{
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", bound_seconds(60));
    set_option(options, "timeout", seconds);
    set_option(options, "connect_timeout", seconds);
    set_option(options, "total_timeout", seconds);
}

/* A client that ignores the environment. `api_key` may be NULL. */
static inline aura_client *new_client(const char *repo_url, const char *api_key)
{
    aura_client *client = NULL;
    aura_error *error = NULL;
    aura_options *options = aura_options_new();

    set_option(options, "env", "false");
    set_option(options, "repo_url", repo_url);
    set_option(options, "api_key", api_key);
    set_patience(options);
    if (aura_client_new(options, &client, &error) != AURA_OK)
        check_give_up(aura_error_message(error));
    aura_options_free(options);
    return client;
}

#endif
