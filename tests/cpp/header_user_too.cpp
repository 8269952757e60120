/* header_user_too.cpp - the second part of header_user.cpp's program. */
#include "aura_users.hpp"

aura::Error other_parts_error();

aura::Error other_parts_error()
{
    return aura::Client::try_make({{"env", false}, {"page", 0}}).error();
}
