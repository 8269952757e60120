/*
 * server.hpp - a server of this project as a child process, and requests to the sandbox's admin
 * API.
 */
#ifndef SERVER_HPP
#define SERVER_HPP

#include "check.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using nlohmann::json;

/* Reads a descriptor up to its end or up to this byte. */
inline std::string read_all(int descriptor, int until = -1)
{
    std::string text;
    char buffer[4096];
    ssize_t count;
    while ((until < 0 || text.find(static_cast<char>(until)) == text.npos) &&
           (count = ::read(descriptor, buffer, sizeof buffer)) > 0)
        text.append(buffer, static_cast<std::size_t>(count));
    return text;
}

/* Prints one line when it is ready, and ends when the pipe that is its standard input closes. */
class Server {
    pid_t pid_;
    int lifeline_;

public:
    json ready; /* the line */

    explicit Server(std::vector<std::string> arguments)
    {
        std::array<int, 2> in, out;
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
            check::give_up("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            std::vector<char *> words;
            for (std::string &argument : arguments)
                words.push_back(argument.data());
            words.push_back(nullptr);
            ::execv(words[0], words.data());
            std::perror(words[0]);
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        lifeline_ = in[1];
        ready = json::parse(read_all(out[0], '\n'), nullptr, false);
        ::close(out[0]);
        if (!ready.is_object())
            check::give_up(arguments[0] + " did not start");
    }

    ~Server()
    {
        ::close(lifeline_);
        ::waitpid(pid_, nullptr, 0);
    }

    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;
};

/* One HTTP/1.1 request to the loopback, which must succeed. Returns the reply's body. */
inline json http(std::uint16_t port, const std::string &method, const std::string &path,
                 const std::string &authorization, const std::string &body)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 ||
        ::connect(connection, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        check::give_up("no connection to the sandbox");

    std::string request = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
                          "Connection: close\r\nContent-Type: application/json\r\n" +
                          "Authorization: " + authorization + "\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body;
    ::send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    std::string reply = read_all(connection);
    ::close(connection);
    std::size_t head = reply.find("\r\n\r\n");
    if (reply.rfind("HTTP/1.1 2", 0) != 0 || head == reply.npos)
        check::give_up(method + " " + path + ": " + reply);
    return json::parse(reply.substr(head + 4), nullptr, false);
}

class Sandbox {
    Server server_;

public:
    const char *const program;

    explicit Sandbox(const char *path, std::vector<std::string> options = {})
        : server_((options.insert(options.begin(), path), std::move(options))), program(path)
    {
    }

    std::string api_url() const { return server_.ready["api_url"]; }
    std::uint16_t port() const { return server_.ready["port"]; }

    /* A request to the admin API. */
    json admin(const std::string &method, const std::string &path, const json &body = {}) const
    {
        std::string token = server_.ready["admin_token"];
        return http(port(), method, "/_sandbox" + path, "Bearer " + token,
                    body.is_null() ? "" : body.dump());
    }

    /* Adds an account with the key "key-of-NAME" and `rows` rows in its audit log: row-1, row-2, …
       */
    void account(const std::string &name, int rows = 0) const
    {
        admin("POST", "/users",
              {{"username", name},
               {"emails", json::array({json::array({name + "@example.com", true, true, true})})}});
        admin("POST", "/keys", {{"username", name}, {"secret", "key-of-" + name}});
        admin("POST", "/audit-logs", {{"username", name}, {"count", rows}});
    }

    void rule(const json &rule) const { admin("POST", "/rules", rule); }

    /* Waits until the first rule has applied so often. If it delays requests, they are waiting
       then. */
    void wait_until_struck(int times = 1) const
    {
        while (admin("GET", "/rules")[0]["struck"] < times)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    /* For a client that ignores the environment and retries nothing. */
    aura::Options options(const std::string &account) const
    {
        return {{"env", false},
                {"repo_url", api_url()},
                {"max_retries", 0},
                {"timeout", bound_seconds(60)},
                {"connect_timeout", bound_seconds(60)},
                {"total_timeout", bound_seconds(60)},
                {"api_key", "key-of-" + account}};
    }
};

/* The number in the name of a row from Sandbox::account(). */
inline int row_number(const json &row)
{
    return std::stoi(row["params"]["name"].get<std::string>().substr(4));
}

inline int row_number(const std::string &row) { return row_number(json::parse(row)); }

#endif
