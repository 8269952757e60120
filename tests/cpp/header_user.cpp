/*
 * header_user.cpp - includes only the header, in every standard and with every compiler. With
 * header_user_too.cpp it makes a program of two files that both include it.
 */
#include "aura_users.hpp"
#include "aura_users.hpp" /* twice does no harm */

#ifdef __cpp_lib_ranges
#include <ranges>

static_assert(std::input_iterator<aura::AuditLogs::iterator>);
static_assert(std::ranges::input_range<aura::AuditLogs>);
static_assert(std::ranges::input_range<aura::AuditLogsPages<aura::AuditLogs &>>);
static_assert(std::ranges::viewable_range<aura::AuditLogs &>);
#endif

aura::Error other_parts_error();

int main()
{
    aura::Error error = other_parts_error();
    if (error.kind() != AURA_INVALID_ARGUMENT || error.http_status() || error.retry_after())
        return 1;
    aura::Result<aura::Client> client = aura::Client::try_make({{"env", false}});
    if (!client || client->try_get_user("").error().kind() != error.kind())
        return 2;
    if (client->start_get_user("me").try_get().error().kind() != error.kind())
        return 3;
#ifdef __cpp_exceptions
    try {
        for (auto &log : client->stream_audit_logs({{"repo_url", "http://127.0.0.1"}, {"page", 0}}))
            return log.empty() ? 4 : 5;
        return 6;
    } catch (const aura::Error &thrown) {
        return thrown.kind() == error.kind() ? 0 : 7;
    }
#endif
}
