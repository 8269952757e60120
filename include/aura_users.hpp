/**
 * \file
 * aura_users.hpp - the users API of Hex.pm, and of every Hex-compatible server, for C++17 and on.
 *
 *     c++ -std=c++17 program.cpp -laura_users -o program
 *
 * Header only, over aura_users.h, which lists the options (its first page) and the kinds of error
 * (aura_status). A result is JSON, the server's own object, as a std::string of UTF-8; with
 * aura_users/nlohmann.hpp it becomes a value of nlohmann::json. All of this is since 0.1.0.
 *
 * A FIRST PROGRAM
 *
 *     #include <aura_users.hpp>
 *     #include <iostream>
 *
 *     int main()
 *     try {
 *         aura::Client client;
 *         std::cout << client.get_user("ericmj") << '\n';
 *     } catch (const aura::Error &error) {
 *         std::cerr << error.what() << '\n';
 *         return 1;
 *     }
 *
 * OPTIONS, of a client and again of one call, whose word wins; 5s is of std::chrono_literals
 *
 *     aura::Client client{{"api_key", key}, {"timeout", 5s}};
 *     std::string user = client.get_user("ericmj", {{"max_retries", 0}});
 *
 * ERRORS. A plain function throws aura::Error. Its twin try_... throws nothing and gives an
 * aura::Result, the value or the error; with -fno-exceptions the twins are all there is.
 *
 *     try {
 *         client.reset_user_password("ericmj");
 *     } catch (const aura::Error &error) {
 *         if (error.kind() != AURA_UNSUPPORTED)
 *             throw;
 *     }
 *
 *     if (auto user = client.try_get_user("ericmj"))
 *         std::cout << *user << '\n';
 *     else if (user.error().kind() != AURA_NOT_FOUND)
 *         std::cerr << user.error().what() << '\n';
 *
 * THE AUDIT LOG, row by row, newest first. A failed page throws and is never taken for the end; the
 * stream keeps its place, and another loop over it goes on there.
 *
 *     for (auto &log : client.stream_audit_logs())
 *         std::cout << log << '\n';
 *
 * CALLS THAT GO ON BY THEMSELVES. start_... gives a future; no thread of yours is kept busy.
 *
 *     auto one = client.start_get_user("ericmj"), other = client.start_get_user("josevalim");
 *     while (!one.wait_for(100ms))
 *         std::cout << '.' << std::flush;
 *     std::cout << one.get() << other.get() << '\n';
 *
 * CANCELLING a call that blocks, from another thread
 *
 *     aura::CancelToken token;
 *     std::thread impatient([token] { std::cin.get(); token.cancel(); });
 *     auto user = client.try_get_user("ericmj", aura::Options().set_cancel_token(token));
 *     impatient.join();
 *
 * OWNERSHIP. Client, AuditLogs, Call and Options own what they stand for: they move and are not
 * copied. Streams and calls outlive their client if need be. A handle that was moved from may be
 * destroyed and assigned to; a call on it is AURA_INVALID_ARGUMENT. What goes in is copied.
 *
 * THREADS. Many threads may use one Client, AuditLogs or CancelToken at once. Every other object is
 * for one thread at a time, but any thread may cancel() a Call, and read an Error.
 *
 * What is noexcept never throws; memory that runs out there ends the process, as in the library.
 * What the library tells while it works goes to aura_log_set().
 */

#ifndef AURA_USERS_HPP
#define AURA_USERS_HPP

#if !(__cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "aura_users.hpp wants C++17: compile with -std=c++17 or later"
#endif

#include "aura_users/audit_logs.hpp"
#include "aura_users/call.hpp"
#include "aura_users/error.hpp"
#include "aura_users/options.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

/// The users API of Hex.pm and of every Hex-compatible server.
namespace aura {

/// A client: options, connections, and what is known of the server's rate limit. Make one and keep
/// it: connections are kept alive between calls.
///
/// A function has up to three forms: plain, which throws Error; try_..., which gives a Result;
/// start_..., which gives a Call. What is said of one holds for all.
class Client {
    detail::Handle<aura_client, aura_client_free> handle_;

public:
#ifdef __cpp_exceptions
    /// A client with these options; for the rest the environment and the defaults count. Nothing is
    /// sent yet. AURA_INVALID_ARGUMENT names a bad option or variable.
    explicit Client(const Options &options = {}) : Client(try_make(options).value()) {}

    /// The same with `{{"api_key", key}, {"timeout", 5s}}`.
    Client(std::initializer_list<Option> options) : Client(Options(options)) {}

    /// Makes an account and gives the new user. No credential is sent. `emails` is a list of one.
    /// Making an account on hex.pm means accepting https://hex.pm/policies/termsofservice
    ///
    /// The json() of AURA_VALIDATION has a word for each refused field. After an error with
    /// "outcome_unknown" in it, the account may exist.
    std::string create_user(const Text &username, const Text &password,
                            const std::vector<std::string> &emails,
                            const Options &options = {}) const
    {
        return try_create_user(username, password, emails, options).value();
    }

    /// Gets the user the credential belongs to, with the organizations they are a member of.
    [[nodiscard]] std::string get_current_user(const Options &options = {}) const
    {
        return try_get_current_user(options).value();
    }

    /// Gets a user's public record, by name in any letter case, or by an address that is verified
    /// and public. AURA_NOT_FOUND where there is no such user.
    [[nodiscard]] std::string get_user(const Text &username_or_email,
                                       const Options &options = {}) const
    {
        return try_get_user(username_or_email, options).value();
    }

    /// Asks the server to mail its user a link for a new password. AURA_UNSUPPORTED where it does
    /// not offer that, as hex.pm since July 2026.
    void reset_user_password(const Text &username_or_email, const Options &options = {}) const
    {
        try_reset_user_password(username_or_email, options).value();
    }

    /// Opens the audit log of the credential's user, newest row first, from the page of the option
    /// "page". Nothing is sent before the first row is asked for.
    [[nodiscard]] AuditLogs stream_audit_logs(const Options &options = {}) const
    {
        return try_stream_audit_logs(options).value();
    }

    /// What the server last said of its rate limit to the credential, or "null"; see
    /// aura_client_rate_limit(). Sends nothing.
    [[nodiscard]] std::string rate_limit(const Options &options = {}) const
    {
        return try_rate_limit(options).value();
    }
#endif

    /// A client, or what is wrong with its options.
    static Result<Client> try_make(const Options &options = {}) noexcept
    {
        return made<Client, aura_client>(options, aura_client_new);
    }

    /// create_user(), or its error.
    Result<std::string> try_create_user(const Text &username, const Text &password,
                                        const std::vector<std::string> &emails,
                                        const Options &options = {}) const noexcept
    {
        detail::Texts texts(emails);
        return asked(options, aura_create_user, username.c_str(), password.c_str(), texts.data(),
                     texts.size());
    }

    /// get_current_user(), or its error.
    Result<std::string> try_get_current_user(const Options &options = {}) const noexcept
    {
        return asked(options, aura_get_current_user);
    }

    /// get_user(), or its error.
    Result<std::string> try_get_user(const Text &username_or_email,
                                     const Options &options = {}) const noexcept
    {
        return asked(options, aura_get_user, username_or_email.c_str());
    }

    /// reset_user_password(), or its error.
    Result<void> try_reset_user_password(const Text &username_or_email,
                                         const Options &options = {}) const noexcept
    {
        aura_error *error = nullptr;
        if (options.error().kind() != AURA_OK)
            return options.error();
        if (aura_reset_user_password(get(), username_or_email.c_str(), options.get(), &error))
            return Error(error);
        return {};
    }

    /// stream_audit_logs(), or its error.
    Result<AuditLogs> try_stream_audit_logs(const Options &options = {}) const noexcept
    {
        return made<AuditLogs, aura_audit_logs>(options, aura_stream_audit_logs, get());
    }

    /// rate_limit(), or its error.
    Result<std::string> try_rate_limit(const Options &options = {}) const noexcept
    {
        return asked(options, aura_client_rate_limit);
    }

    /// create_user(), begun and not waited for.
    Call<std::string> start_create_user(const Text &username, const Text &password,
                                        const std::vector<std::string> &emails,
                                        const Options &options = {}) const noexcept
    {
        detail::Texts texts(emails);
        return started<std::string>(options, aura_create_user_start, username.c_str(),
                                    password.c_str(), texts.data(), texts.size());
    }

    /// get_current_user(), begun and not waited for.
    Call<std::string> start_get_current_user(const Options &options = {}) const noexcept
    {
        return started<std::string>(options, aura_get_current_user_start);
    }

    /// get_user(), begun and not waited for.
    Call<std::string> start_get_user(const Text &username_or_email,
                                     const Options &options = {}) const noexcept
    {
        return started<std::string>(options, aura_get_user_start, username_or_email.c_str());
    }

    /// reset_user_password(), begun and not waited for.
    Call<void> start_reset_user_password(const Text &username_or_email,
                                         const Options &options = {}) const noexcept
    {
        return started<void>(options, aura_reset_user_password_start, username_or_email.c_str());
    }

    /// Takes over a client that a function of the C ABI gave.
    explicit Client(aura_client *owned) noexcept : handle_(owned) {}

    /// The handle of the C ABI, which this object keeps.
    [[nodiscard]] aura_client *get() const noexcept { return handle_.get(); }

private:
    /// Calls a function of the C ABI that takes options and places for a handle and an error last.
    template <class Owner, class Handle, class Function, class... Arguments>
    static Result<Owner> made(const Options &options, Function function,
                              Arguments... arguments) noexcept
    {
        Handle *handle = nullptr;
        aura_error *error = nullptr;
        if (options.error().kind() != AURA_OK)
            return options.error();
        if (function(arguments..., options.get(), &handle, &error) != AURA_OK)
            return Error(error);
        return Owner(handle);
    }

    template <class Function, class... Arguments>
    Result<std::string> asked(const Options &options, Function function,
                              Arguments... arguments) const noexcept
    {
        auto json = made<detail::String, char>(options, function, get(), arguments...);
        return json ? Result<std::string>(json->get()) : Result<std::string>(json.error());
    }

    template <class T, class Function, class... Arguments>
    Call<T> started(const Options &options, Function function,
                    Arguments... arguments) const noexcept
    {
        auto call = made<Call<T>, aura_call>(options, function, get(), arguments...);
        return call ? *std::move(call) : Call<T>(call.error());
    }
};

} // namespace aura

#endif
