/*
 * threads.cpp - one client, one stream, one error in many threads; and the rate limit.
 *
 *     threads path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <algorithm>
#include <mutex>

namespace {

constexpr int THREADS = 64, CALLS = 12;

template <class Function> void in_many_threads(int count, Function function)
{
    std::vector<std::thread> threads;
    for (int number = 0; number < count; number++)
        threads.emplace_back(function, number);
    for (std::thread &thread : threads)
        thread.join();
}

/* Every form in turn. No call sees another's result. */
void one_client(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("shared"));
    in_many_threads(THREADS, [&client](int thread) {
        std::string name = "user" + std::to_string(thread % 8);
        std::string nobody = "nobody" + std::to_string(thread);
        for (int call = 0; call < CALLS; call++) {
            if (call % 4 == 0)
                CHECK_EQ(json::parse(client.get_user(name))["username"], name);
            else if (call % 4 == 1)
                CHECK_FAILS(client.try_get_user(nobody), AURA_NOT_FOUND);
            else if (call % 4 == 2)
                CHECK_EQ(json::parse(client.start_get_user(name).get())["username"], name);
            else
                CHECK_EQ(json::parse(client.get_current_user())["username"], "shared");
        }
    });
}

/* Each row of a stream goes to one of its threads. */
void one_stream(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("shared"));
    aura::AuditLogs logs = client.stream_audit_logs();
    std::vector<int> numbers;
    std::mutex lock;
    in_many_threads(8, [&](int) {
        int last = 1000;
        for (auto &log : logs) {
            int number = row_number(log);
            CHECK(number < last);
            last = number;
            std::lock_guard<std::mutex> locked(lock);
            numbers.push_back(number);
        }
    });
    std::sort(numbers.begin(), numbers.end());
    CHECK_EQ(numbers.size(), 250U);
    for (std::size_t i = 0; i < numbers.size(); i++)
        CHECK_EQ(numbers[i], static_cast<int>(i) + 1);
}

void one_error(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("shared"));
    aura::Error error = CHECK_FAILS(client.try_get_user("nobody"), AURA_NOT_FOUND);
    in_many_threads(16, [&error](int) {
        aura::Error copy = error;
        CHECK_HOLDS(copy.what(), "not_found");
        CHECK_EQ(json::parse(copy.json())["kind"], "not_found");
    });
}

void the_rate_limit(const char *program)
{
    /* The window is a whole minute, at any time of the run. */
    Sandbox sandbox(program,
                    {"--rate-limit-loopback", "--clock", "2030-01-01T00:00:00Z", "--frozen"});
    sandbox.account("eric");
    sandbox.admin("PUT", "/rate-limits", {{"user", 3}});
    aura::Options options = sandbox.options("eric");
    aura::Client client(options.set("rate_limit", "error"));
    CHECK_EQ(client.rate_limit(), "null");
    CHECK(client.try_get_user("eric"));
    json said = json::parse(client.rate_limit());
    CHECK_EQ(said["limit"], 3);
    CHECK_EQ(said["remaining"], 2);
    CHECK(said["resets_in_ms"] > 0);

    aura::Error error;
    for (int call = 0; call < 4 && error.kind() == AURA_OK; call++)
        error = client.try_get_user("eric").error();
    CHECK_EQ(error.kind(), AURA_RATE_LIMITED);
    CHECK(error.retry_after() > std::chrono::milliseconds(0));
    CHECK_THROWS(client.get_current_user(), AURA_RATE_LIMITED);
    CHECK_THROWS(client.start_get_user("eric").get(), AURA_RATE_LIMITED);
    CHECK_EQ(json::parse(*client.try_rate_limit())["remaining"], 0);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: threads AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("shared", 250);
    for (int user = 0; user < 8; user++)
        sandbox.account("user" + std::to_string(user));

    one_client(sandbox);
    one_stream(sandbox);
    one_error(sandbox);
    the_rate_limit(argv[1]);
    return check::finish("threads");
}
