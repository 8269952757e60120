/*
 * nlohmann.cpp - results as values, with the adapter for nlohmann::json.
 *
 *     nlohmann path/to/aura-sandbox
 */
#include <aura_users/nlohmann.hpp>

#include "check.hpp"
#include "server.hpp"

namespace {

void values(const aura::Client &client)
{
    json user = aura::parse(client.get_current_user());
    CHECK_EQ(user["username"], "eric");
    CHECK(user["organizations"].empty());

    try {
        client.create_user("jim", "short", {"jim@example.com"});
        CHECK(false);
    } catch (const aura::Error &error) {
        json members = aura::parse(error);
        CHECK_EQ(members["kind"], "validation");
        CHECK_HOLDS(members["errors"]["password"].get<std::string>(), "at least 8");
    }
    CHECK(aura::parse(aura::Error()).is_null());
    CHECK(aura::parse(client.rate_limit()).is_null());
}

void streams(const aura::Client &client)
{
    int left = 250;
    for (auto &log : aura::parsed(client.stream_audit_logs()))
        CHECK_EQ(row_number(log), left--);
    CHECK_EQ(left, 0);

    /* Reads a stream that goes on after it. */
    aura::AuditLogs logs = client.stream_audit_logs();
    for (auto &log : aura::parsed(logs))
        if (row_number(log) == 200)
            break;
    for (auto &page : aura::parsed(logs.pages())) {
        CHECK_EQ(page.size(), 49U);
        CHECK_EQ(row_number(page[0]), 199);
        break;
    }
    auto rest = aura::parsed(logs);
    std::vector<json> all(rest.begin(), rest.end());
    CHECK_EQ(all.size(), 150U);
    CHECK(rest.begin() == rest.end());
    for (auto &page : aura::parsed(client.stream_audit_logs().pages()))
        CHECK(page.size() == 100 || page.size() == 50);
}

/* If nlohmann::json cannot hold a value, its own exception is thrown, and the stream goes on after
   the row. */
void beyond_numbers(const Sandbox &sandbox)
{
    json reply{{"status", 200},
               {"headers", {{"content-type", "application/json"}}},
               {"body", R"([{"action":"a","params":{"n":1e999}},{"action":"b","params":{}}])"}};
    sandbox.rule({{"path", "/api/users/me/audit-logs"}, {"then", {{"reply", reply}}}});
    aura::Client client(sandbox.options("eric"));
    aura::AuditLogs logs = client.stream_audit_logs();
    bool refused = false;
    try {
        for (auto &log : aura::parsed(logs))
            CHECK(log.is_null());
    } catch (const json::exception &) {
        refused = true;
    }
    CHECK(refused);
    CHECK_EQ(aura::parse(logs.next().value())["action"], "b");
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: nlohmann AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("eric", 250);
    aura::Client client(sandbox.options("eric"));

    values(client);
    streams(client);
    beyond_numbers(sandbox);
    return check::finish("nlohmann");
}
