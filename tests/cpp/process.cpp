/*
 * process.cpp - the C++ objects over the life of a process: forks, its end, and 100,000 calls that
 * leave nothing behind.
 *
 *     process path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

#include <netinet/tcp.h>

#include <cstring>
#include <fstream>
#include <optional>

namespace {

constexpr int CALLS = 100000, EARLY = 20000, ROWS = 250;

/* What a child of this process, which runs `program`, ends with. */
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

/* Answers at once, and always the same: a sandbox would take minutes. */
class Instant {
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::vector<std::thread> threads_;

    static void answer(int connection)
    {
        std::string request;
        char buffer[4096];
        ssize_t count;
        while ((count = ::recv(connection, buffer, sizeof buffer, 0)) > 0) {
            request.append(buffer, static_cast<std::size_t>(count));
            if (request.find("\r\n\r\n") == request.npos)
                continue;
            std::string body = R"({"username":"eric"})", status = "200 OK";
            if (request.find("nobody") != request.npos)
                status = "404 Not Found", body = R"({"message":"Page not found","status":404})";
            else if (request.find("audit-logs") != request.npos)
                body = R"([{"action":"a","params":{}},{"action":"b","params":null}])";
            std::string reply = "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                body;
            ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
            request.clear();
        }
        ::close(connection);
    }

public:
    std::string url;

    Instant()
    {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto *place = reinterpret_cast<sockaddr *>(&address);
        if (::bind(listener_, place, length) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, place, &length) != 0)
            check::give_up("no server");
        url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/api";
        threads_.emplace_back([this] {
            int connection, yes = 1;
            while ((connection = ::accept(listener_, nullptr, nullptr)) >= 0) {
                ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                std::thread(answer, connection).detach();
            }
        });
    }

    ~Instant()
    {
        ::shutdown(listener_, SHUT_RDWR);
        threads_[0].join();
        ::close(listener_);
    }
};

/* Resident memory in kB. */
long memory()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (long kb; word == "VmRSS:" && status >> kb)
            return kb;
    return -1;
}

void a_hundred_thousand_calls()
{
    Instant server;
    aura::Client client{{"env", false}, {"repo_url", server.url}};
    long early = 0;
    int good = 0;
    for (int call = 0; call < CALLS; call++) {
        if (call == EARLY)
            early = memory();
        if (call % 8 == 0)
            good += client.try_get_user("nobody").error().kind() == AURA_NOT_FOUND;
        else if (call % 8 == 1)
            good += client.start_get_user("eric").get() == R"({"username":"eric"})";
        else if (call % 8 == 2)
            for (auto &log : client.stream_audit_logs())
                good += log.find("\"b\"") != log.npos;
        else
            good += client.get_user("eric", {{"timeout", 20}}) == R"({"username":"eric"})";
    }
    CHECK_EQ(good, CALLS);
    std::printf("after %d calls %ld kB, after %d calls %ld kB\n", EARLY, early, CALLS, memory());
    CHECK(early > 0 && memory() <= early + 256);
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
    /* Valgrind would take half an hour, and a sanitizer keeps what is freed. */
    if (std::getenv("AURA_MEMORY_IS_WATCHED"))
        check::skip("100,000 calls", "the watcher of memory keeps what is freed");
    else
        a_hundred_thousand_calls();
    return check::finish("process");
}
