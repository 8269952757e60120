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
static_assert(std::movable<aura::AuditLogsPages<aura::AuditLogs &>>);
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
    /* One option, or a list of options: both with one meaning in every standard. */
    aura::Options one{"page", 0}, same = {"page", 0}, list{{"page", 0}, {"timeout", "5"}};
    for (const aura::Options *options : {&one, &same, &list})
        if (options->error().kind() != error.kind())
            return 8;
    if (client->try_get_user("eric", {"timeout", "soon"}).error().kind() != error.kind() ||
        client->try_get_user("eric", {{"timeout", "soon"}}).error().kind() != error.kind() ||
        client->try_rate_limit({"timeout", "5"}).error().kind() != AURA_OK ||
        client->try_create_user("e", "p", {"a@b.c", "d@e.f"}, {"page", 1}).error().kind() !=
            error.kind() ||
        aura::Client::try_make({"page", 0}).error().kind() != error.kind())
        return 9;
#ifdef __cpp_exceptions
    aura::Client plain{"timeout", "5"}, listed{{"timeout", "5"}};
    if (!plain.get() || !listed.get())
        return 10;
    try {
        for (auto &log : client->stream_audit_logs({{"repo_url", "http://127.0.0.1"}, {"page", 0}}))
            return log.empty() ? 4 : 5;
        return 6;
    } catch (const aura::Error &thrown) {
        return thrown.kind() == error.kind() ? 0 : 7;
    }
#endif
}
