/*
 * calls.cpp - started calls: waiting for them, polling, cancelling, and dropping them.
 *
 *     calls path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <poll.h>

using namespace std::chrono_literals;

namespace {

/* Requests for the user "slow" get no reply while a test lasts. */
const json NEVER{{"path", "/api/users/slow"}, {"delay_ms", 600'000}};

void results(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::Call<std::string> created =
        client.start_create_user("newcomer", "correct horse", {"newcomer@example.com"});
    CHECK_EQ(json::parse(created.get())["username"], "newcomer");
    CHECK_EQ(json::parse(client.start_get_current_user().get())["username"], "eric");
    CHECK_EQ(json::parse(client.start_get_user("ERIC").get())["username"], "eric");
    aura::Call<void> reset = client.start_reset_user_password("eric");
    CHECK_EQ(CHECK_THROWS(reset.get(), AURA_UNSUPPORTED).http_status(), 404);
    CHECK_THROWS(client.start_get_user("nobody").get(), AURA_NOT_FOUND);
    CHECK_FAILS(client.start_get_user("nobody").try_get(), AURA_NOT_FOUND);

    Sandbox legacy(sandbox.program, {"--profile", "legacy"});
    aura::Client there{{"env", false}, {"repo_url", legacy.api_url()}};
    there.start_reset_user_password("eric").get();
    CHECK(there.start_reset_user_password("eric").try_get());

    /* Many at once, and one client that is destroyed before they end. */
    std::vector<aura::Call<std::string>> calls;
    {
        aura::Client short_lived(sandbox.options("eric"));
        for (int i = 0; i < 64; i++)
            calls.push_back(short_lived.start_get_user(i % 2 == 0 ? "eric" : "nobody"));
    }
    for (std::size_t i = 0; i < calls.size(); i++)
        CHECK_EQ(calls[i].try_get().error().kind(), i % 2 == 0 ? AURA_OK : AURA_NOT_FOUND);
}

void a_result_comes_once(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::Call<std::string> call = client.start_get_user("eric");
    CHECK(call.valid());
    call.wait();
    CHECK(call.done() && call.valid());
    CHECK(call.wait_for(std::chrono::hours::max()));
    CHECK(call.wait_for(-1s));
    CHECK_EQ(json::parse(call.get())["username"], "eric");
    CHECK(!call.valid());
    CHECK(call.done());
    CHECK_HOLDS(CHECK_THROWS(call.get(), AURA_INVALID_ARGUMENT).what(), "taken before");
    CHECK_FAILS(call.try_get(), AURA_INVALID_ARGUMENT);
    call.cancel();

    /* A moved call is the same call, and the source is empty. */
    aura::Call<std::string> first = client.start_get_user("eric");
    aura::Call<std::string> second = std::move(first);
    CHECK(!first.valid() && second.valid());
    CHECK_EQ(first.fd(), -1);
    first.cancel();
    CHECK_HOLDS(CHECK_FAILS(first.try_get(), AURA_INVALID_ARGUMENT).what(), "call is NULL");
    first = std::move(second);
    CHECK_EQ(json::parse(first.get())["username"], "eric");
    CHECK_FAILS(aura::Call<void>().try_get(), AURA_INVALID_ARGUMENT);
}

void mistakes_are_reported_at_once(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::Call<std::string> call = client.start_get_user("me");
    CHECK(call.valid() && call.done() && call.wait_for(0s));
    CHECK_EQ(call.fd(), -1);
    CHECK_HOLDS(CHECK_THROWS(call.get(), AURA_INVALID_ARGUMENT).what(), "username_or_email");
    CHECK(!call.valid());
    CHECK_FAILS(client.start_get_user("eric", {{"timeout", "soon"}}).try_get(),
                AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.start_reset_user_password(nullptr).try_get(), AURA_INVALID_ARGUMENT);
}

void under_way(const Sandbox &sandbox)
{
    sandbox.rule(NEVER);
    aura::Client client(sandbox.options("eric"));
    aura::Call<std::string> call = client.start_get_user("slow");
    sandbox.wait_until_struck();
    CHECK(!call.done());
    CHECK(!call.wait_for(0s));
    CHECK(!call.wait_for(1ms));
    CHECK(!call.wait_for(std::chrono::duration<double>(0.001)));
    CHECK(call.valid());

    /* It does not delay other calls. */
    CHECK_EQ(json::parse(client.start_get_user("eric").get())["username"], "eric");

    /* Cancelled from here, and while another thread waits. */
    call.cancel();
    CHECK_THROWS(call.get(), AURA_CANCELLED);
    call = client.start_get_user("slow");
    std::thread waiting([&call] { CHECK_THROWS(call.get(), AURA_CANCELLED); });
    sandbox.wait_until_struck(2);
    call.cancel();
    waiting.join();

    /* Destroyed and assigned to while it runs. */
    for (int i = 0; i < 100; i++)
        call = client.start_get_user("slow");
    CHECK(!call.done());
    sandbox.admin("DELETE", "/rules");
}

void a_cancelled_creation_may_have_happened(const Sandbox &sandbox)
{
    sandbox.rule({{"method", "POST"}, {"path", "/api/users"}, {"delay_ms", 600'000}});
    aura::Client client(sandbox.options("eric"));
    auto call = client.start_create_user("undecided", "correct horse", {"undecided@example.com"});
    sandbox.wait_until_struck();
    call.cancel();
    aura::Error error = CHECK_FAILS(call.try_get(), AURA_CANCELLED);
    CHECK_EQ(json::parse(error.json())["outcome_unknown"], true);
    sandbox.admin("DELETE", "/rules");
}

/* For a program that watches many descriptors. */
void a_descriptor(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::Call<std::string> ends = client.start_get_user("eric");
    pollfd watched{ends.fd(), POLLIN, 0};
    CHECK(watched.fd >= 0);
    CHECK_EQ(ends.fd(), watched.fd);
    CHECK_EQ(::poll(&watched, 1, 60'000), 1);
    CHECK(ends.done());
    CHECK_EQ(::poll(&watched, 1, 0), 1); /* and it stays readable */
    CHECK_EQ(json::parse(ends.get())["username"], "eric");

    sandbox.rule(NEVER);
    aura::Call<std::string> never = client.start_get_user("slow");
    watched.fd = never.fd();
    CHECK_EQ(::poll(&watched, 1, 0), 0);
    never.cancel();
    CHECK_EQ(::poll(&watched, 1, 60'000), 1);
    CHECK_THROWS(never.get(), AURA_CANCELLED);
    sandbox.admin("DELETE", "/rules");
}

/* A token from another thread ends blocking calls. */
void tokens(const Sandbox &sandbox)
{
    sandbox.rule(NEVER);
    aura::Client client(sandbox.options("eric"));
    aura::CancelToken token;
    std::thread impatient([token, &sandbox] {
        sandbox.wait_until_struck();
        token.cancel();
    });
    CHECK_THROWS(client.get_user("slow", aura::Options().set_cancel_token(token)), AURA_CANCELLED);
    impatient.join();

    /* Permanently, also for copies, and only for calls with the token. */
    aura::CancelToken same = token;
    aura::CancelToken moved = std::move(token);
    aura::Options cancelled;
    cancelled.set_cancel_token(same);
    CHECK_FAILS(client.try_get_user("eric", cancelled), AURA_CANCELLED);
    CHECK_FAILS(client.start_get_user("eric", cancelled).try_get(), AURA_CANCELLED);
    cancelled.set_cancel_token(moved);
    CHECK_FAILS(client.try_get_user("eric", cancelled), AURA_CANCELLED);
    CHECK(client.try_get_user("eric"));
    cancelled.set_cancel_token(aura::CancelToken());
    CHECK(client.try_get_user("eric", cancelled));

    /* On a client: all its calls, in many threads. */
    aura::CancelToken all;
    aura::Client ended(sandbox.options("eric").set_cancel_token(all));
    CHECK(ended.try_get_user("eric"));
    sandbox.admin("DELETE", "/rules");
    sandbox.rule(NEVER);
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; i++)
        threads.emplace_back([&ended] { CHECK_FAILS(ended.try_get_user("slow"), AURA_CANCELLED); });
    sandbox.wait_until_struck(16);
    all.cancel();
    for (std::thread &thread : threads)
        thread.join();
    CHECK_THROWS(ended.get_current_user(), AURA_CANCELLED);
    sandbox.admin("DELETE", "/rules");
}

void a_cancelled_stream_loses_nothing(const Sandbox &sandbox)
{
    sandbox.rule({{"path", "/api/users/me/audit-logs"}, {"nth", 2}, {"delay_ms", 600'000}});
    aura::Client client(sandbox.options("eric"));
    aura::CancelToken token;
    aura::Options options{{"prefetch", 0}};
    aura::AuditLogs logs = client.stream_audit_logs(options.set_cancel_token(token));
    std::thread impatient([token, &sandbox] {
        sandbox.wait_until_struck();
        token.cancel();
    });
    int rows = 0;
    try {
        for (auto &log : logs)
            CHECK_EQ(row_number(log), 250 - rows++);
        CHECK(false);
    } catch (const aura::Error &error) {
        CHECK_EQ(error.kind(), AURA_CANCELLED);
    }
    impatient.join();
    CHECK_EQ(rows, 100);
    CHECK_THROWS(logs.next(), AURA_CANCELLED);
    CHECK_EQ(logs.page(), 2U);
    for (auto &log : client.stream_audit_logs({{"page", logs.page()}}))
        CHECK_EQ(row_number(log), 250 - rows++);
    CHECK_EQ(rows, 250);

    /* Cancels one call on a stream. */
    sandbox.admin("DELETE", "/rules");
    sandbox.rule({{"path", "/api/users/me/audit-logs"}, {"nth", 1}, {"delay_ms", 600'000}});
    logs = client.stream_audit_logs();
    auto row = logs.start_next();
    sandbox.wait_until_struck();
    row.cancel();
    CHECK_THROWS(row.get(), AURA_CANCELLED);
    CHECK_EQ(logs.page(), 1U);
    sandbox.admin("DELETE", "/rules");
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: calls AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("eric", 250);

    results(sandbox);
    a_result_comes_once(sandbox);
    mistakes_are_reported_at_once(sandbox);
    under_way(sandbox);
    a_cancelled_creation_may_have_happened(sandbox);
    a_descriptor(sandbox);
    tokens(sandbox);
    a_cancelled_stream_loses_nothing(sandbox);
    return check::finish("calls");
}
