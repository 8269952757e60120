/*
 * stream.cpp - the audit log as a range: order, end, pages, and errors.
 *
 *     stream path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <algorithm>
#if __has_include(<ranges>)
#include <ranges>
#endif

namespace {

/* Reads the rest, and checks that it counts down from `first`. Returns the number of rows. */
int count_down(aura::AuditLogs &logs, int first)
{
    int rows = 0;
    for (auto &log : logs)
        if (row_number(log) != first - rows++)
            CHECK_EQ(row_number(log), first - rows + 1);
    return rows;
}

int page_rows(const std::string &page, int first)
{
    int rows = 0;
    for (const json &row : json::parse(page))
        if (row_number(row) != first - rows++)
            CHECK_EQ(row_number(row), first - rows + 1);
    return rows;
}

void a_loop_ends_at_the_end(const Sandbox &sandbox)
{
    for (int prefetch : {0, 4}) {
        for (auto [account, rows] : {std::pair("many", 250), {"even", 200}, {"none", 0}}) {
            check::subject = account + std::string(", prefetch ") + std::to_string(prefetch);
            aura::Client client(sandbox.options(account));
            aura::AuditLogs logs = client.stream_audit_logs({{"prefetch", prefetch}});
            CHECK_EQ(count_down(logs, rows), rows);
            /* It stays at the end. */
            CHECK_EQ(count_down(logs, 0), 0);
            CHECK(!logs.next());
            CHECK(!logs.next_page());
            CHECK_EQ(logs.page(), static_cast<unsigned>(rows > 0 ? (rows + 99) / 100 : 1));
        }
    }
    check::subject.clear();
}

void a_range_is_an_input_range(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("many"));
    aura::AuditLogs logs = client.stream_audit_logs();
    std::vector<std::string> all(logs.begin(), logs.end());
    CHECK_EQ(all.size(), 250U);
    CHECK_EQ(row_number(all.front()), 250);
    CHECK_EQ(row_number(all.back()), 1);

    /* The row belongs to the loop, which keeps it without a copy. */
    std::vector<std::string> kept;
    for (auto &log : client.stream_audit_logs())
        kept.push_back(std::move(log));
    CHECK(kept == all);

    logs = client.stream_audit_logs();
    CHECK_EQ(std::count_if(logs.begin(), logs.end(),
                           [](const std::string &log) { return row_number(log) % 10 == 0; }),
             25);

    /* A loop that ends after five rows has taken five. */
    logs = client.stream_audit_logs();
    std::vector<std::string> five;
    int wanted = 5;
    for (auto row = logs.begin(); wanted > 0; ++row, --wanted)
        five.push_back(*row);
    CHECK_EQ(row_number(five.back()), 246);
    CHECK_EQ(row_number(logs.next().value()), 245);
#ifdef __cpp_lib_ranges
    int next = 244;
    for (auto &row : logs | std::views::take(3))
        CHECK_EQ(row_number(row), next--);
    CHECK_EQ(row_number(logs.next().value()), next);
#endif

    logs = client.stream_audit_logs();
    auto log = logs.begin();
    CHECK(log != logs.end());
    CHECK_EQ(log->front(), '{');
    log++;
    CHECK_EQ(row_number(*log), 249);
    auto copy = log;
    CHECK_EQ(*copy, *log);
    /* An iterator goes on at the stream's new position. */
    aura::AuditLogs moved = std::move(logs);
    CHECK_EQ(row_number(*++log), 248);
    CHECK_EQ(count_down(moved, 247), 247);
}

void pages(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("many"));
    std::vector<int> sizes;
    int left = 250;
    for (auto &page : client.stream_audit_logs().pages()) {
        sizes.push_back(page_rows(page, left));
        left -= sizes.back();
    }
    CHECK(sizes == (std::vector{100, 100, 50}));

    /* Rows and pages in turn: a page is the rest of the current one. */
    aura::AuditLogs logs = client.stream_audit_logs();
    CHECK_EQ(row_number(logs.next().value()), 250);
    CHECK_EQ(page_rows(logs.next_page().value(), 249), 99);
    CHECK_EQ(row_number(*logs.begin()), 150);
    for (auto &page : logs.pages()) {
        CHECK_EQ(page_rows(page, 149), 99);
        break;
    }
    CHECK_EQ(logs.page(), 3U);
    CHECK_EQ(count_down(logs, 50), 50);

    /* Later, from the stored page. */
    logs = client.stream_audit_logs({{"page", logs.page()}});
    CHECK_EQ(count_down(logs, 50), 50);
}

void a_loop_may_be_left(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("many"));
    aura::AuditLogs logs = client.stream_audit_logs();
    for (auto &log : logs)
        if (row_number(log) == 120)
            break;
    CHECK_EQ(count_down(logs, 119), 119);

    for (auto &log : client.stream_audit_logs())
        if (row_number(log) == 120)
            break; /* the stream is destroyed before its end */

    /* A stream is valid after its client was destroyed. */
    auto orphan = [&] {
        aura::Client short_lived(sandbox.options("many"));
        return short_lived.stream_audit_logs();
    }();
    CHECK_EQ(count_down(orphan, 250), 250);
}

/* The second page fails once. */
void the_stream_resumes_after_an_error(const char *program, const json &failure,
                                       aura_status kind, int prefetch)
{
    Sandbox sandbox(program);
    sandbox.account("many", 250);
    json rule{{"path", "/api/users/me/audit-logs"}, {"nth", 2}, {"times", 1}, {"then", failure}};
    check::subject = failure.dump();
    aura::Client client(sandbox.options("many"));

    /* In a loop, which throws. */
    sandbox.rule(rule);
    aura::AuditLogs logs = client.stream_audit_logs({{"prefetch", prefetch}});
    int rows = 0;
    try {
        for (auto &log : logs)
            CHECK_EQ(row_number(log), 250 - rows++);
        CHECK(false);
    } catch (const aura::Error &error) {
        CHECK_EQ(error.kind(), kind);
    }
    CHECK_EQ(rows, 100);
    CHECK_EQ(logs.page(), 2U);
    CHECK_EQ(count_down(logs, 150), 150);

    /* Without exceptions. */
    sandbox.admin("DELETE", "/rules");
    sandbox.rule(rule);
    logs = client.stream_audit_logs({{"prefetch", prefetch}});
    rows = 0;
    auto log = logs.try_next();
    for (; log && *log; log = logs.try_next())
        CHECK_EQ(row_number(**log), 250 - rows++);
    CHECK_FAILS(log, kind);
    CHECK_EQ(rows, 100);
    for (log = logs.try_next(); log && *log; log = logs.try_next())
        CHECK_EQ(row_number(**log), 250 - rows++);
    CHECK(log);
    CHECK_EQ(rows, 250);

    /* An iterator that threw can be used again too. */
    sandbox.admin("DELETE", "/rules");
    sandbox.rule(rule);
    logs = client.stream_audit_logs({{"prefetch", prefetch}});
    auto at = logs.begin();
    for (rows = 1; rows <= 100; rows++)
        ++at;
    CHECK_THROWS(*at, kind);
    CHECK_EQ(row_number(*at), 150);
    check::subject.clear();
}

void an_error_comes_as_long_as_it_lasts(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("nobody-yet"));
    aura::AuditLogs logs = client.stream_audit_logs();
    CHECK_THROWS(logs.begin(), AURA_UNAUTHENTICATED);
    CHECK_THROWS(logs.next(), AURA_UNAUTHENTICATED);
    CHECK_THROWS(logs.next_page(), AURA_UNAUTHENTICATED);
    CHECK_THROWS(logs.pages().begin(), AURA_UNAUTHENTICATED);
    CHECK_FAILS(logs.start_next().try_get(), AURA_UNAUTHENTICATED);
    sandbox.account("nobody-yet", 3);
    CHECK_EQ(count_down(logs, 3), 3);
}

void rows_and_pages_by_calls(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("many"));
    aura::AuditLogs logs = client.stream_audit_logs();

    /* Served in the order of their start. */
    std::vector<aura::Call<std::optional<std::string>>> calls;
    for (int number = 250; number > 90; number--)
        calls.push_back(logs.start_next());
    calls.push_back(logs.start_next_page());
    calls.push_back(logs.start_next());
    for (int number = 250; number > 90; number--)
        CHECK_EQ(row_number(calls[static_cast<std::size_t>(250 - number)].get().value()), number);
    CHECK_EQ(page_rows(calls[160].get().value(), 90), 40);
    CHECK_EQ(row_number(calls[161].get().value()), 50);
    CHECK_EQ(page_rows(logs.start_next_page().get().value(), 49), 49);
    CHECK(!logs.start_next().get());
    CHECK(!logs.start_next_page().get());
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: stream AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("many", 250);
    sandbox.account("even", 200);
    sandbox.account("none");

    a_loop_ends_at_the_end(sandbox);
    a_range_is_an_input_range(sandbox);
    pages(sandbox);
    a_loop_may_be_left(sandbox);
    the_stream_resumes_after_an_error(argv[1], {{"reply", {{"status", 500}}}}, AURA_SERVER, 0);
    the_stream_resumes_after_an_error(argv[1], {{"reply", {{"status", 500}}}}, AURA_SERVER, 4);
    the_stream_resumes_after_an_error(argv[1], {{"close", {{"at", "in_body"}}}}, AURA_CONNECT, 0);
    the_stream_resumes_after_an_error(argv[1], "bad_json", AURA_DECODE, 0);
    an_error_comes_as_long_as_it_lasts(sandbox);
    rows_and_pages_by_calls(sandbox);
    return check::finish("stream");
}
