/*
 * process.cpp - the C++ objects during forks and at the end of a process.
 *
 *     process path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <optional>

namespace {

constexpr int ROWS = 250;

/* The exit status of a child of this process that runs `program`. */
template <class Program> int in_a_child(Program program)
{
    std::fflush(stdout);
    pid_t child = ::fork();
    if (child == 0) {
        bound_alarm(120);
        program();
    }
    return child_status(child);
}

/* A child goes on with its parent's client and stream, and so does the parent. */
void a_fork(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::AuditLogs logs = client.stream_audit_logs();
    for (int row = ROWS; row > ROWS - 30; row--)
        CHECK_EQ(row_number(logs.next().value()), row);
    auto rest = [&logs] {
        int next = ROWS - 30;
        for (auto &log : logs)
            if (row_number(log) != next--)
                return 1;
        return next;
    };
    auto call = client.start_get_current_user();
    CHECK_EQ(in_a_child([&] {
                 bool good = client.try_get_user("eric").has_value() && rest() == 0 &&
                             call.try_get().error().kind() == AURA_CANCELLED &&
                             client.start_get_user("eric").try_get().has_value();
                 ::_exit(good ? 0 : 1);
             }),
             0);
    CHECK_EQ(rest(), 0);
    CHECK_EQ(json::parse(call.get())["username"], "eric");
}

/* A call in the destructor of a static object, after main(). */
struct Late {
    std::optional<aura::Client> client;

    ~Late()
    {
        if (!client)
            return;
        aura::AuditLogs logs = client->stream_audit_logs();
        bool good = client->try_get_user("eric").has_value() && logs.try_next().has_value() &&
                    client->start_get_user("eric").try_get().has_value();
        client.reset();
        ::_exit(good ? 7 : 8);
    }
};

Late late;

void an_exit(const Sandbox &sandbox)
{
    CHECK_EQ(in_a_child([&] {
                 late.client.emplace(sandbox.options("eric"));
                 static_cast<void>(late.client->get_user("eric"));
                 std::exit(0);
             }),
             7);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: process path/to/aura-sandbox");
    bound_alarm(300);
    {
        Sandbox sandbox(argv[1]);
        sandbox.account("eric", ROWS);
        a_fork(sandbox);
        an_exit(sandbox);
    }
    return check::finish("process");
}
