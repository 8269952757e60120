/*
 * header_user.c - includes only the header, as C and as C++, in every standard. With
 * header_user_too.c it makes a program of two files that both include it.
 */
#include "aura_users.h"
#include "aura_users.h" /* twice does no harm */

const char *other_parts_version(void);

static aura_log_level last_level;

static void listen(void *user_data, aura_log_level level, const char *message)
{
    if (user_data && *message)
        last_level = level;
}

int main(void)
{
    const char *version = aura_version();
    const char *expected = other_parts_version();
    aura_options *options = aura_options_new();
    aura_client *client;
    aura_error *error;
    aura_status status = aura_options_set(options, "page", "0", &error);

    if (status != AURA_INVALID_ARGUMENT || aura_error_kind(error) != status)
        return 1;
    aura_error_free(error);
    if (!*aura_status_name(status))
        return 1;
    aura_log_set(listen, &status, AURA_LOG_WARN);
    if (aura_client_new(options, &client, &error) != AURA_OK || !client)
        return 2;
    aura_client_free(client);
    aura_options_free(options);
    for (; *version && *version == *expected; version++)
        expected++;
    return *version == *expected ? 0 : 3;
}
