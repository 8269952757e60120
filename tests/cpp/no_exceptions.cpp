/*
 * no_exceptions.cpp - the forms that do not throw, in a program compiled without exceptions and
 * without RTTI.
 *
 *     no_exceptions path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#ifdef __cpp_exceptions
#error "compile this with -fno-exceptions"
#endif

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: no_exceptions AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("eric", 250);

    CHECK_FAILS(aura::Client::try_make({{"page", 0}}), AURA_INVALID_ARGUMENT);
    aura::Result<aura::Client> made = aura::Client::try_make(sandbox.options("eric"));
    if (!made)
        check::give_up(made.error().what());
    aura::Client client = *std::move(made);

    CHECK(client.try_create_user("newcomer", "correct horse", {"newcomer@example.com"}));
    CHECK(client.try_get_current_user());
    CHECK(client.try_get_user("eric"));
    CHECK_FAILS(client.try_get_user("nobody"), AURA_NOT_FOUND);
    CHECK_FAILS(client.try_reset_user_password("eric"), AURA_UNSUPPORTED);
    CHECK(client.start_get_user("eric").try_get());
    CHECK_FAILS(client.start_reset_user_password("eric").try_get(), AURA_UNSUPPORTED);
    CHECK_EQ(*client.try_rate_limit(), "null");

    aura::Result<aura::AuditLogs> logs = client.try_stream_audit_logs();
    if (!CHECK(logs))
        return check::finish("no_exceptions");
    int rows = 0;
    auto log = logs->try_next();
    for (; log && *log; log = logs->try_next())
        CHECK_EQ(row_number(**log), 250 - rows++);
    CHECK(log);
    CHECK_EQ(rows, 250);
    return check::finish("no_exceptions");
}
