/**
 * \file
 * aura_users.hpp - the users API of Hex.pm and of all Hex-compatible servers, for C++17 and later.
 *
 *     c++ -std=c++17 program.cpp -laura_users -o program
 *
 * Header only, on top of aura_users.h, whose first page lists the options. A result is JSON: the
 * server's own object, as a std::string of UTF-8. aura_users/nlohmann.hpp converts it to
 * nlohmann::json. Everything here is since 0.1.0.
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
 * OPTIONS of a client or of one call. Those of the call take precedence. Write one option as
 * {name, value}, and several as a list of these. 5s is of std::chrono_literals.
 *
 *     aura::Client client{{"api_key", key}, {"timeout", 5s}};
 *     std::string user = client.get_user("ericmj", {"max_retries", 0});
 *     std::string other = client.get_user("josevalim", {{"max_retries", 0}, {"timeout", 2s}});
 *
 * ERRORS. A function throws aura::Error. Its form try_... does not throw: it returns an
 * aura::Result, which contains the value or the error. With -fno-exceptions, only the forms try_...
 * and start_... exist.
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
 * THE AUDIT LOG, row by row, newest first. The loop throws if a page fails. The stream keeps its
 * position: another loop continues there.
 *
 *     for (auto &log : client.stream_audit_logs())
 *         std::cout << log << '\n';
 *
 * WITHOUT BLOCKING. The form start_... returns a future. The call runs on a thread of the library.
 *
 *     auto one = client.start_get_user("ericmj"), other = client.start_get_user("josevalim");
 *     while (!one.wait_for(100ms))
 *         std::cout << '.' << std::flush;
 *     std::cout << one.get() << other.get() << '\n';
 *
 * CANCELLING a blocking call from another thread
 *
 *     aura::CancelToken token;
 *     std::thread canceller([token] { std::cin.get(); token.cancel(); });
 *     auto user = client.try_get_user("ericmj", aura::Options().set_cancel_token(token));
 *     canceller.join();
 *
 * OWNERSHIP. Client, AuditLogs, Call and Options own their handles. You can move them, but not copy
 * them. Streams and calls stay valid after their client is destroyed. You may destroy an object that
 * was moved from, and assign to it. Every other use of it is AURA_INVALID_ARGUMENT. Arguments are
 * copied.
 *
 * THREADS. Several threads may use one Client, AuditLogs or CancelToken at once. Only one thread at a
 * time may use any other object, except that any thread may call Call::cancel() and read an Error.
 *
 * A noexcept function never throws. If memory runs out there, the process ends, as in the library.
 * aura_log_set() sets a log callback.
 */

#ifndef AURA_USERS_HPP
#define AURA_USERS_HPP

#if !(__cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "aura_users.hpp requires C++17: compile with -std=c++17 or later"
#endif

#include "aura_users/audit_logs.hpp"
#include "aura_users/call.hpp"
#include "aura_users/error.hpp"
#include "aura_users/options.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

/// The users API of Hex.pm and of all Hex-compatible servers.
namespace aura {

/// A client: options, connections, and the state of the server's rate limit. Create one and keep it,
/// because it keeps connections open between calls.
///
/// A function has up to three forms: the plain one throws Error, try_... returns a Result, and
/// start_... returns a Call. The documentation of the plain one applies to all.
class Client {
    detail::Handle<aura_client, aura_client_free> handle_;

public:
#ifdef __cpp_exceptions
    /// Creates a client with these options. Other options come from the environment and the defaults.
    /// It sends nothing. AURA_INVALID_ARGUMENT names an invalid option or environment variable.
    explicit Client(const Options &options = {}) : Client(try_make(options).value()) {}

    /// Creates a client with a list of options: `{{"api_key", key}, {"timeout", 5s}}`.
    Client(std::initializer_list<Option> options) : Client(Options(options)) {}

    /// Creates a client with one option: `{"api_key", key}`.
    Client(const Text &name, const Value &value) : Client(Options(name, value)) {}

    /// Creates a user account and returns the new user. It sends no credential. `emails` contains
    /// exactly one e-mail address. By creating an account on hex.pm you accept its terms of service,
    /// https://hex.pm/policies/termsofservice
    ///
    /// AURA_VALIDATION: Error::field_errors_json() has the rejected fields. AURA_UNSUPPORTED if the
    /// server does not support it, such as hex.pm since September 2026. If Error::outcome_unknown()
    /// is true, the account may exist.
    std::string create_user(const Text &username, const Text &password,
                            const std::vector<std::string> &emails,
                            const Options &options = {}) const
    {
        return try_create_user(username, password, emails, options).value();
    }

    /// Gets the user that the credential belongs to, with the user's organizations.
    [[nodiscard]] std::string get_current_user(const Options &options = {}) const
    {
        return try_get_current_user(options).value();
    }

    /// Gets the public record of a user, by username in any letter case, or by an e-mail address that
    /// is verified and public. AURA_NOT_FOUND if the user does not exist.
    [[nodiscard]] std::string get_user(const Text &username_or_email,
                                       const Options &options = {}) const
    {
        return try_get_user(username_or_email, options).value();
    }

    /// Asks the server to send the user an e-mail with a link to reset the password.
    /// AURA_UNSUPPORTED if the server does not support it, such as hex.pm since July 2026.
    void reset_user_password(const Text &username_or_email, const Options &options = {}) const
    {
        try_reset_user_password(username_or_email, options).value();
    }

    /// Opens the audit log of the credential's user as a stream, newest row first, from the page in
    /// the option "page". The first request is sent when you ask for the first row.
    [[nodiscard]] AuditLogs stream_audit_logs(const Options &options = {}) const
    {
        return try_stream_audit_logs(options).value();
    }

    /// Returns the latest state of the server's rate limit as JSON, or "null" if it is not known. It
    /// sends nothing. See aura_client_rate_limit().
    [[nodiscard]] std::string rate_limit(const Options &options = {}) const
    {
        return try_rate_limit(options).value();
    }
#endif

    /// Creates a client, or returns what is wrong with its options.
    static Result<Client> try_make(const Options &options = {}) noexcept
    {
        return create<Client, aura_client>(options, aura_client_new);
    }

    /// create_user() without exceptions.
    Result<std::string> try_create_user(const Text &username, const Text &password,
                                        const std::vector<std::string> &emails,
                                        const Options &options = {}) const noexcept
    {
        detail::Texts texts(emails);
        return get_json(options, aura_create_user, username.c_str(), password.c_str(), texts.data(),
                     texts.size());
    }

    /// get_current_user() without exceptions.
    Result<std::string> try_get_current_user(const Options &options = {}) const noexcept
    {
        return get_json(options, aura_get_current_user);
    }

    /// get_user() without exceptions.
    Result<std::string> try_get_user(const Text &username_or_email,
                                     const Options &options = {}) const noexcept
    {
        return get_json(options, aura_get_user, username_or_email.c_str());
    }

    /// reset_user_password() without exceptions.
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

    /// stream_audit_logs() without exceptions.
    Result<AuditLogs> try_stream_audit_logs(const Options &options = {}) const noexcept
    {
        return create<AuditLogs, aura_audit_logs>(options, aura_stream_audit_logs, get());
    }

    /// rate_limit() without exceptions.
    Result<std::string> try_rate_limit(const Options &options = {}) const noexcept
    {
        return get_json(options, aura_client_rate_limit);
    }

    /// Starts create_user() without waiting for its result.
    Call<std::string> start_create_user(const Text &username, const Text &password,
                                        const std::vector<std::string> &emails,
                                        const Options &options = {}) const noexcept
    {
        detail::Texts texts(emails);
        return start<std::string>(options, aura_create_user_start, username.c_str(),
                                    password.c_str(), texts.data(), texts.size());
    }

    /// Starts get_current_user() without waiting for its result.
    Call<std::string> start_get_current_user(const Options &options = {}) const noexcept
    {
        return start<std::string>(options, aura_get_current_user_start);
    }

    /// Starts get_user() without waiting for its result.
    Call<std::string> start_get_user(const Text &username_or_email,
                                     const Options &options = {}) const noexcept
    {
        return start<std::string>(options, aura_get_user_start, username_or_email.c_str());
    }

    /// Starts reset_user_password() without waiting for its result.
    Call<void> start_reset_user_password(const Text &username_or_email,
                                         const Options &options = {}) const noexcept
    {
        return start<void>(options, aura_reset_user_password_start, username_or_email.c_str());
    }

    /// Takes ownership of a client of the C ABI.
    explicit Client(aura_client *owned) noexcept : handle_(owned) {}

    /// The handle of the C ABI. This object keeps ownership. NULL if it was moved from.
    [[nodiscard]] aura_client *get() const noexcept { return handle_.get(); }

private:
    /// Calls a function of the C ABI whose last parameters are options, a result and an error.
    template <class Owner, class Handle, class Function, class... Arguments>
    static Result<Owner> create(const Options &options, Function function,
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
    Result<std::string> get_json(const Options &options, Function function,
                              Arguments... arguments) const noexcept
    {
        auto json = create<detail::String, char>(options, function, get(), arguments...);
        return json ? Result<std::string>(json->get()) : Result<std::string>(json.error());
    }

    template <class T, class Function, class... Arguments>
    Call<T> start(const Options &options, Function function,
                    Arguments... arguments) const noexcept
    {
        auto call = create<Call<T>, aura_call>(options, function, get(), arguments...);
        return call ? *std::move(call) : Call<T>(call.error());
    }
};

} // namespace aura

#endif
