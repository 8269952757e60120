#include "aura_go.h"

#ifdef AURA_STATIC

const char *aura_go_load(void *library)
{
    (void)library;
    return NULL;
}

#else

#include <dlfcn.h>
#include <string.h>

struct aura_functions aura_loaded;

// POSIX lets a function's address pass through a void *; ISO C does not, so it is copied.
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
