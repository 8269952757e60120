/*
 * growth.cpp - 100,000 calls leave no memory behind.
 *
 *     growth path/to/aura-sandbox        (the sandbox is not used: it would take minutes)
 */
#include "check.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>
#include <vector>

namespace {

constexpr int CALLS = 100000, EARLY = 20000;

/* Answers at once, and always the same. The sandbox would take minutes. */
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
            else if (request.find("audit-logs?page=1 ") == request.npos &&
                     request.find("audit-logs") != request.npos)
                body = "[]"; /* an empty page ends the log */
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

int main(int argc, char **)
{
    if (argc != 2)
        check::give_up("usage: growth AURA_SANDBOX");
    bound_alarm(600);
    a_hundred_thousand_calls();
    return check::finish("growth");
}
