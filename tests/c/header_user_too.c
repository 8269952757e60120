/* header_user_too.c - the second part of header_user.c's program. */
#include "aura_users.h"

const char *other_parts_version(void);

const char *other_parts_version(void)
{
    return AURA_USERS_VERSION;
}
