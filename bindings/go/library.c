#include "aura_go.h"

#ifdef AURA_STATIC

const char *aura_go_version(void *library)
{
    (void)library;
    return aura_version();
}

const char *aura_go_load(void *library)
{
    (void)library;
    return NULL;
}

#else

#include <dlfcn.h>
#include <string.h>

struct aura_functions aura_loaded;

// POSIX allows a conversion of void * to a function pointer, but ISO C does not: so it is copied.

const char *aura_go_version(void *library)
{
    const char *(*version)(void);
    void *symbol = dlsym(library, "aura_version");
    if (!symbol)
        return NULL;
    memcpy(&version, &symbol, sizeof symbol);
    return version();
}

#define LOAD(name)                                                     \
    symbol = dlsym(library, #name);                                    \
    if (!symbol)                                                       \
        return #name;                                                  \
    memcpy(&found.name, &symbol, sizeof symbol);

const char *aura_go_load(void *library)
{
    struct aura_functions found;
    void *symbol;
    AURA_EACH_FUNCTION(LOAD)
    aura_loaded = found;
    return NULL;
}

#endif

aura_status aura_go_request(enum aura_go_operation operation, const aura_client *client, const char *name,
                            const char *password, const char *const *emails, size_t emails_len,
                            const aura_options *options, char **json, aura_call **call, aura_error **error)
{
    switch (operation) {
    case AURA_GO_CREATE:
        return call ? aura_create_user_start(client, name, password, emails, emails_len, options, call, error)
                    : aura_create_user(client, name, password, emails, emails_len, options, json, error);
    case AURA_GO_CURRENT:
        return call ? aura_get_current_user_start(client, options, call, error)
                    : aura_get_current_user(client, options, json, error);
    case AURA_GO_GET:
        return call ? aura_get_user_start(client, name, options, call, error)
                    : aura_get_user(client, name, options, json, error);
    case AURA_GO_RESET:
        return call ? aura_reset_user_password_start(client, name, options, call, error)
                    : aura_reset_user_password(client, name, options, error);
    }
    return AURA_INTERNAL;
}
