/*
 * loaded.h - the library in a program that opens it with dlopen(), such as a plug-in's host.
 * Such a program is not linked with the library.
 */
#ifndef LOADED_H
#define LOADED_H

#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <dlfcn.h>

#define LOADED_FUNCTIONS(EACH) \
    EACH(options_new) EACH(options_set) EACH(options_free) EACH(client_new) EACH(client_free) \
    EACH(get_user) EACH(stream_audit_logs) EACH(audit_logs_next) EACH(audit_logs_free) \
    EACH(get_user_start) EACH(call_free) EACH(string_free) EACH(log_set)

struct loaded {
    void *handle;
#define EACH(name) __typeof__(aura_##name) *name;
    LOADED_FUNCTIONS(EACH)
#undef EACH
};

static inline struct loaded loaded_open(const char *path)
{
    struct loaded library = {0};
    library.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library.handle)
        check_give_up(dlerror());
    /* ISO C has no conversion from an object to a function. This one is from POSIX. */
#define EACH(name) \
    if (!(*(void **)&library.name = dlsym(library.handle, "aura_" #name))) \
        check_give_up(dlerror());
    LOADED_FUNCTIONS(EACH)
#undef EACH
    return library;
}

static inline aura_client *loaded_client(const struct loaded *library, const char *url)
{
    aura_client *client = NULL;
    aura_options *options = library->options_new();
    CHECK_INT(library->options_set(options, "env", "false", NULL), AURA_OK);
    CHECK_INT(library->options_set(options, "repo_url", url, NULL), AURA_OK);
    CHECK_INT(library->options_set(options, "api_key", "key-of-many", NULL), AURA_OK);
    CHECK_INT(library->client_new(options, &client, NULL), AURA_OK);
    library->options_free(options);
    return client;
}

/* Makes a blocking call. Returns whether it returned the user. */
static inline int loaded_call(const struct loaded *library, const aura_client *client)
{
    char *user = NULL;
    int good = library->get_user(client, "many", NULL, &user, NULL) == AURA_OK &&
               json_is_text(json_member(user, "username"), "many");
    library->string_free(user);
    return good;
}

/* The number in the stream's next row. From the second page on, rows come from the library's own
   thread, which still requests pages when this returns. */
static inline int loaded_row(const struct loaded *library, aura_audit_logs *logs)
{
    char *row = NULL;
    int number = 0;
    if (library->audit_logs_next(logs, &row, NULL) == AURA_OK)
        number = sandbox_row_number(row);
    library->string_free(row);
    return number;
}

#endif
