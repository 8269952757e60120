/*
 * growing.cpp - a log that grows while it is read. Every row that existed at the start comes
 * once and in order, also in a loop that goes on after an error. tests/c/growing.c tests more of
 * it.
 *
 *     growing path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <algorithm>

namespace {

constexpr int ROWS = 467, MOST_ERRORS = 1000;

json insert(const char *when, int at_most)
{
    return {{"when", when}, {"username", "eric"}, {"count", {{"at_most", at_most}}}};
}

/* Delays or fails pages, and writes rows at every moment. */
void misbehave(const Sandbox &sandbox)
{
    const char *path = "/api/users/me/audit-logs";
    sandbox.rule({{"path", path},
                  {"probability", 0.2},
                  {"then", {{"reply", {{"status", 503}}}}},
                  {"insert_audit_rows", json::array({insert("before", 3)})}});
    sandbox.rule({{"path", path},
                  {"probability", 0.3},
                  {"delay_before_ms", 8},
                  {"insert_audit_rows", json::array({insert("before", 3)})}});
    sandbox.rule({{"path", path},
                  {"delay_ms", 3},
                  {"insert_audit_rows", json::array({insert("during", 2), insert("after", 1)})}});
}

/* The numbers of all rows. If an error ends the loop, it starts again. */
std::vector<int> read(aura::AuditLogs logs, bool by_page)
{
    std::vector<int> numbers;
    for (int errors = 0; errors < MOST_ERRORS; errors++) {
        try {
            if (by_page) {
                for (auto &page : logs.pages())
                    for (const json &row : json::parse(page))
                        numbers.push_back(row_number(row));
            } else {
                for (auto &row : logs)
                    numbers.push_back(row_number(row));
            }
            return numbers;
        } catch (const aura::Error &) {
        }
    }
    check::give_up("there is no end of it");
}

/* Rows are numbered by their position in the log. Rows above ROWS are new. */
void check_exact(const std::vector<int> &numbers)
{
    CHECK(numbers.size() >= ROWS);
    bool ordered = true;
    for (std::size_t i = 1; i < numbers.size(); i++)
        ordered = ordered && numbers[i] < numbers[i - 1];
    CHECK(ordered);
    CHECK_EQ(std::count_if(numbers.begin(), numbers.end(), [](int n) { return n <= ROWS; }), ROWS);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: growing AURA_SANDBOX");
    for (int prefetch : {0, 1, 4, 8}) {
        for (bool by_page : {false, true}) {
            check::subject = "prefetch " + std::to_string(prefetch) + (by_page ? ", pages" : "");
            Sandbox sandbox(argv[1], {"--seed", std::to_string(prefetch)});
            sandbox.account("eric", ROWS);
            misbehave(sandbox);
            aura::Client client(sandbox.options("eric"));
            check_exact(read(client.stream_audit_logs({{"prefetch", prefetch}}), by_page));
        }
    }
    check::subject.clear();
    return check::finish("growing");
}
