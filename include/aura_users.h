/**
 * \mainpage
 * aura_users.h - the users API of Hex.pm, and of every Hex-compatible server, for C and C++.
 *
 * This file is made from src/ffi; change it there.
 *
 * INSTALLING AND LINKING
 *
 *     make install PREFIX=/usr/local
 *
 * puts there this header, aura_users.hpp for C++, the library, shared and static, and what
 * pkg-config and CMake ask for. DESTDIR, LIBDIR and INCLUDEDIR are as usual, `make uninstall` takes
 * all of it away. Then it is one of
 *
 *     cc program.c $(pkg-config --cflags --libs aura_users) -o program
 *     cc program.c $(pkg-config --cflags --libs aura_users-static) -o program
 *
 * or in CMake
 *
 *     find_package(aura_users 0.1 REQUIRED)
 *     target_link_libraries(program PRIVATE aura_users::aura_users)   # or ::shared, or ::static
 *
 * or by hand
 *
 *     cc program.c -laura_users -o program
 *     cc program.c libaura_users.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o program
 *
 * Where PREFIX is the system's, run ldconfig once, as root. Where it is your own, it is found with
 * PKG_CONFIG_PATH=PREFIX/lib/pkgconfig or CMAKE_PREFIX_PATH=PREFIX, and a program with the shared
 * library wants -Wl,-rpath,PREFIX/lib. The library brings its own HTTP and TLS.
 *
 * A program runs with every later library of the SONAME it was linked with. Within a SONAME (a
 * minor version before 1.0, a major one from then on) nothing is taken away or comes to mean
 * something else; functions, options and statuses are added. "Since" says in which version a name
 * came. dlclose() is safe, and so are two copies in one process.
 *
 * A FIRST PROGRAM
 *
 *     #include <aura_users.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         aura_client *client = NULL;
 *         aura_error *error = NULL;
 *         char *user = NULL;
 *
 *         if (aura_client_new(NULL, &client, &error) == AURA_OK &&
 *             aura_get_user(client, "ericmj", NULL, &user, &error) == AURA_OK)
 *             puts(user);
 *         else
 *             fprintf(stderr, "%s\n", aura_error_message(error));
 *
 *         int failed = user == NULL;
 *         aura_error_free(error);
 *         aura_string_free(user);
 *         aura_client_free(client);
 *         return failed;
 *     }
 *
 * RESULTS AND ERRORS
 *
 * A function that can fail returns aura_status and takes, last, a place for an error, which may be
 * NULL. On success that place holds NULL, on failure an error to be freed with aura_error_free().
 * Results leave through out-parameters, which hold NULL after a failure. A place that already
 * holds something is overwritten: free what is in it first.
 *
 * Every handle and every string that a function gives is the caller's, who frees it with the
 * function named for it. Every such function takes NULL. A `const char *` that is returned stays
 * with the handle it was asked of.
 *
 * A result is JSON: the server's own object, every field of it, UTF-8, NUL-terminated. Strings
 * that go in are UTF-8 and NUL-terminated too; NULL where a value is needed, and anything that is
 * not UTF-8, is AURA_INVALID_ARGUMENT with a message that names the argument. A text ends at its first
 * NUL, so a binding of a language whose strings may hold one refuses such a string, argument or option,
 * as AURA_INVALID_ARGUMENT: else it would be cut, and an account made for another address. A defect of the
 * library is AURA_INTERNAL and does not end the process. Two things do: the system has no memory
 * left, and a thread has less stack than THREADS says.
 *
 * THE AUDIT LOG
 *
 *     aura_audit_logs *logs = NULL;
 *     char *log = NULL;
 *     aura_status status = aura_stream_audit_logs(client, NULL, &logs, &error);
 *
 *     while (status == AURA_OK && (status = aura_audit_logs_next(logs, &log, &error)) == AURA_OK) {
 *         puts(log);
 *         aura_string_free(log);
 *     }
 *     if (status != AURA_END)
 *         fprintf(stderr, "%s\n", aura_error_message(error));
 *     aura_error_free(error);
 *     aura_audit_logs_free(logs);
 *
 * An error keeps the stream's place: the next call tries the same page again. Nothing is skipped,
 * and a failure is never taken for the end.
 *
 * WITHOUT BLOCKING, AND CANCELLING
 *
 * Each function that waits has a form that ends in _start: it returns at once with an aura_call,
 * which goes on by itself. Wait for it (with a time limit), look at it, or have its descriptor
 * watched by poll(), epoll or an event loop; cancel it; free it in any state. No callback comes.
 *
 *     aura_call *call = NULL;
 *     if (aura_get_user_start(client, "ericmj", NULL, &call, &error) == AURA_OK)
 *         status = aura_call_wait(call, 2000, &user, &error);
 *     aura_error_free(error);
 *     aura_call_free(call);
 *
 * aura_call_wait() gives AURA_PENDING where the two seconds are over first. For many calls, an
 * aura_completions is one place to wait, and one descriptor to watch:
 *
 *     aura_call *call = NULL;
 *     aura_completions *queue = aura_completions_new();
 *     uint64_t tokens[64];
 *     if (aura_get_user_start(client, "ericmj", NULL, &call, &error) == AURA_OK &&
 *         aura_call_complete(call, queue, 7, &error) == AURA_OK &&
 *         aura_completions_wait(queue, -1, tokens, 64) == 1)           // tokens[0] is 7
 *         status = aura_call_wait(call, 0, &user, &error);             // does not wait
 *     aura_error_free(error);
 *     aura_call_free(call);
 *     aura_completions_free(queue);
 *
 * What blocks is ended from another thread by an aura_cancel_token that its options hold, and from its own thread by the
 * question of aura_options_set_interrupt().
 *
 * The words at the end of each function say whether it blocks. "Blocks" is until a reply comes or a
 * time is over; "for a second at most" is for the end of a thread.
 *
 * THREADS
 *
 * Many threads may use one aura_client, aura_audit_logs, aura_call, aura_completions or
 * aura_cancel_token at once, and free one while another thread's call on it is under way: that call
 * goes on. Only beginning a call with a freed handle is wrong. An aura_error does not change, so many may read it.
 * aura_options are for one thread at a time.
 *
 * A blocking call runs in the thread that makes it. What goes on by itself (calls that were
 * started, pages asked for ahead) runs on one thread of the library. It begins when it is first
 * needed and ends when the last client, stream and call that needed it is freed. The function that
 * frees the last one waits for that end, unless the thread is in a log callback. Each host name is
 * looked up on a thread of its own.
 *
 * A thread that makes calls needs 128 kB of stack, however deep the server nests its replies. A
 * library that was built without optimization needs three times as much.
 *
 * pthread_cancel() on a thread within a function of this library takes effect after that function
 * has returned. Do not turn cancellation on in a log callback.
 *
 * SIGNALS AND FORK
 *
 * The library's threads block all signals; it raises no SIGPIPE and changes no signal handler or
 * mask. If all threads of the program have ended and a handle is still open, say after
 * pthread_exit() in main(), the library's thread takes the signals that end a process.
 *
 * After fork() the child may go on with the same client and streams. What was the parent's is left
 * alone there, and a leak checker in the child will mention it. A call or a turn at a stream that was
 * under way in the parent ends in the child as AURA_CANCELLED, also for a thread that forked within
 * it, in a signal handler or a log callback. The parent does not notice. In the child:
 *
 * - aura_call_poll() and aura_call_wait() give AURA_CANCELLED for every call of the parent, and
 *   aura_call_fd() gives a descriptor of the child's own, which is readable.
 * - A stream that another thread of the parent was using gives AURA_CANCELLED for good: open it
 *   anew.
 *
 * A program of several threads must not call fork() from a handler that may interrupt malloc();
 * that is the C library's rule, not this one's.
 *
 * Calls work in atexit() handlers and in destructors of static and thread_local objects. Once every
 * handle is freed, nothing is left that a leak checker could name.
 *
 * OPTIONS
 *
 * Set by name and text with aura_options_set(), on a client or on one call. The call's word wins
 * over the client's, that over the environment's, that over the default. The option "env" = "false"
 * leaves the environment out.
 *
 * - repo_url, default https://hex.pm/api, $HEX_API_URL, $HEX_API:
 *   Base URL of the API. Allowed: an http or https URL without user, query and fragment.
 * - api_key, $HEX_API_KEY:
 *   API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is. Allowed: text
 *   without control characters.
 * - otp, $HEX_OTP:
 *   One-time password, sent as `X-Hex-OTP`. Allowed: text without control characters.
 * - timeout, default 15, $HEX_HTTP_TIMEOUT:
 *   Time for one attempt. Allowed: seconds, from 0.001 to 31536000.
 * - total_timeout, default 120:
 *   Time for the whole call, with its retries and its waits for the rate limit. Allowed:
 *   seconds, from 0.001 to 31536000.
 * - connect_timeout, default 10:
 *   Time to connect, with the TLS handshake. Allowed: seconds, from 0.001 to 31536000.
 * - max_retries, default 2:
 *   How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503
 *   or 504; a POST only if nothing can have reached the server. Allowed: a whole number from 0
 *   to 100.
 * - rate_limit, default wait:
 *   What a call does when the rate limit is reached. Allowed: wait or error.
 * - prefetch, default 4:
 *   Pages of the audit log requested ahead, 0 for none. The number grows while the log is read;
 *   with more than the default, all of them are requested from the second page on. Allowed: a
 *   whole number from 0 to 100.
 * - page, default 1:
 *   First page of the audit log to read. Allowed: a whole number from 1 on.
 * - proxy:
 *   Proxy for every request. Its URL may hold the proxy's user and password. If it is not set,
 *   the environment's `http_proxy`, `https_proxy` and `all_proxy` count, except for the
 *   loopback. Allowed: an http, https, socks5 or socks5h URL.
 * - no_proxy, $no_proxy, $NO_PROXY:
 *   Hosts that are reached without a proxy, separated by commas or blanks: names with all below
 *   them, addresses and networks, each with a port or without; or `*`. Allowed: host names,
 *   .domains, addresses and networks, separated by commas.
 * - ca_file, $HEX_CACERTS_PATH:
 *   PEM file of root certificates to trust in addition to the system's. Allowed: the path of a
 *   PEM file.
 * - user_agent:
 *   Name of the program, which precedes the library's in `User-Agent`. The server keeps 255 code
 *   points of it in every audit row. Allowed: text without control characters.
 * - client_name:
 *   Name and version of what is built on this library, such as a binding and its language. It
 *   stands in `User-Agent` in parentheses behind the library's name. Allowed: text without
 *   control characters, parentheses and backslashes.
 * - max_body, default 16777216:
 *   Largest reply accepted, in bytes after decompression. Allowed: bytes, from 1 on.
 * - max_connections, default 64, $HEX_HTTP_CONCURRENCY:
 *   Connections to one server at once, of started calls, streams and asynchronous clients. More
 *   calls wait for their turn, within their time. Allowed: a whole number from 1 to 100000.
 * - cache, default 0:
 *   How many user records are kept in memory with their ETag. The server answers 304 if such a
 *   record did not change. Allowed: a whole number from 0 to 100000.
 * - allow_insecure_http, default false:
 *   Whether a credential may be sent over plain http beyond the loopback. Allowed: true or
 *   false, also 1 or 0, yes or no, on or off.
 * - env, default true:
 *   Whether options are read from the environment. An option of a client, not of a call.
 *   Allowed: true or false, also 1 or 0, yes or no, on or off.
 */

#ifndef AURA_USERS_H
#define AURA_USERS_H

#include <stddef.h>
#include <stdint.h>

/** \file */

/**
 * The version of this header; aura_version() gives the library's.
 *
 * Since 0.1.0.
 */
#define AURA_USERS_VERSION "0.1.0"

/**
 * What became of a call: AURA_OK, AURA_END, AURA_PENDING, or the kind of its error.
 *
 * The numbers are part of the ABI: none is ever changed or used again. New ones may be added,
 * so have a default branch.
 *
 * Since 0.1.0.
 */
typedef enum {
    /**
     * It worked.
     */
    AURA_OK = 0,
    /**
     * The stream is over: there is no further row.
     */
    AURA_END = 1,
    /**
     * The call is still under way; only aura_call_wait() and aura_call_poll() return it.
     */
    AURA_PENDING = 2,
    /**
     * The caller's mistake; nothing was sent.
     */
    AURA_INVALID_ARGUMENT = 10,
    /**
     * 401: no credential, or one the server does not take.
     */
    AURA_UNAUTHENTICATED = 20,
    /**
     * 401: the account asks for a one-time password (option "otp").
     */
    AURA_OTP_REQUIRED = 21,
    /**
     * 401: the one-time password is wrong or was used before.
     */
    AURA_OTP_INVALID = 22,
    /**
     * 403: the credential is known but may not do this.
     */
    AURA_FORBIDDEN = 23,
    /**
     * 404: no such user.
     */
    AURA_NOT_FOUND = 24,
    /**
     * This server has no such endpoint.
     */
    AURA_UNSUPPORTED = 25,
    /**
     * 422: the server refused the fields; "errors" in the error's JSON says which and why.
     */
    AURA_VALIDATION = 26,
    /**
     * 429, or the rate limit's window is longer than the call may wait.
     */
    AURA_RATE_LIMITED = 27,
    /**
     * 5xx.
     */
    AURA_SERVER = 28,
    /**
     * Any other status.
     */
    AURA_UNEXPECTED_STATUS = 29,
    /**
     * No connection, or it broke before a whole reply came.
     */
    AURA_CONNECT = 40,
    /**
     * The server's certificate was refused, or the TLS handshake failed.
     */
    AURA_TLS = 41,
    /**
     * The time allowed ran out.
     */
    AURA_TIMEOUT = 42,
    /**
     * The caller ended the call.
     */
    AURA_CANCELLED = 43,
    /**
     * The reply is not what this endpoint gives.
     */
    AURA_DECODE = 60,
    /**
     * A defect of this library, caught at its boundary.
     */
    AURA_INTERNAL = 70,
} aura_status;

/**
 * How much a log line matters.
 *
 * Since 0.1.0.
 */
typedef enum {
    /**
     * Every request, and every decision to repeat one.
     */
    AURA_LOG_DEBUG = 1,
    /**
     * Remarks of the server.
     */
    AURA_LOG_INFO = 2,
    /**
     * What a person should see: the server's warnings, terms of service, options not honoured.
     */
    AURA_LOG_WARN = 3,
} aura_log_level;

/**
 * A stream of audit-log rows, newest first.
 *
 * The caller owns it and frees it with aura_audit_logs_free(), also before its end: that cancels
 * its requests. It may outlive its client. Many threads may use one stream at once; their calls
 * take turns.
 *
 * Every row that existed when the reading began comes exactly once, in order, also if other rows
 * are written meanwhile. Rows that are written during the reading may come or not, but never
 * twice. The server pages by offset and rows have no id, so there are limits that no client can
 * see. If the server deletes rows meanwhile, the stream can skip others. Rows that look alike can
 * come too often, and very rarely be missing, if they lie at the ends of pages while rows are
 * written. If more than half a page of rows is written between two requests, rows can come twice.
 *
 * To be exact, the stream reads one page again now and then: on long logs once for every four
 * pages with the default "prefetch". A log of one page costs one request, a log of two pages two.
 *
 * Since 0.1.0.
 */
typedef struct aura_audit_logs aura_audit_logs;

/**
 * A call under way on a thread of the library: what the functions that end in _start give.
 *
 * Owned by the caller, who frees it with aura_call_free(), in any state. It outlives its client
 * and its stream if need be. Many threads may use one call at once. No callback ever comes from
 * it: wait for it, look at it, or have aura_call_fd() watched. In a forked child a call of the
 * parent has ended, as AURA_CANCELLED.
 *
 * Over HTTP/1.1 each call under way has a connection, so a descriptor, of its own: a thousand at
 * once may need a higher limit (ulimit -n), and fail with AURA_CONNECT without it.
 *
 * Since 0.1.0.
 */
typedef struct aura_call aura_call;

/**
 * Ends blocking calls, and all that waits for a stream, from another thread.
 *
 * Owned by the caller, who frees it with aura_cancel_token_free(); options, calls and streams
 * that were given it keep a hold of their own. Many threads may use one token at once.
 *
 * Since 0.1.0.
 */
typedef struct aura_cancel_token aura_cancel_token;

/**
 * A client: options, connections, and what is known of the server's rate limit.
 *
 * Owned by the caller, who frees it with aura_client_free(). Many threads may use one client at
 * once; their calls do not wait for each other. After a fork the child may use it too. Make one
 * and keep it: connections are kept alive between calls.
 *
 * Since 0.1.0.
 */
typedef struct aura_client aura_client;

/**
 * A queue in which calls leave a token when they end: one place to wait for any number of calls.
 *
 * Owned by the caller, who frees it with aura_completions_free(). Many threads may use one queue at
 * once. A program waits in one thread with aura_completions_wait(), or has an event loop watch
 * aura_completions_fd() and then takes with a `timeout_ms` of 0.
 *
 * In a forked child the queue is empty and works: attach the child's calls to it. A call of the
 * parent does not come there by itself; attached again, it comes at once, as AURA_CANCELLED.
 *
 * Since 0.1.0.
 */
typedef struct aura_completions aura_completions;

/**
 * Why a call failed.
 *
 * You own it; free it with aura_error_free(). It does not change, so several threads may read it
 * at once. Every function that reads one accepts NULL, which means no error.
 *
 * An error is bounded, whatever the server sends: its text is at most 64 kB long, and its JSON at
 * most 256 kB. Each text in it, such as the server's message, is at most 8 kB, and a text that is
 * cut ends in "…". Control characters are escaped.
 *
 * Since 0.1.0.
 */
typedef struct aura_error aura_error;

/**
 * Options of a client or of one call, set by name.
 *
 * Owned by the caller, who frees them with aura_options_free(). They are copied where they are
 * used, so they may be changed or freed at once. For one thread at a time.
 *
 * Since 0.1.0.
 */
typedef struct aura_options aura_options;

/**
 * Whether a blocking call is to end: `data` as it was given to aura_options_set_interrupt(). Returns 0
 * to go on. AURA_TIMEOUT ends the call with AURA_TIMEOUT, any other number with AURA_CANCELLED.
 *
 * It is called in the thread that waits, while no lock of the library is held, so it may run the
 * host's signal handlers and make calls. It must return: no exception and no longjmp() may leave it.
 *
 * Since 0.1.0.
 */
typedef int32_t (*aura_interrupt)(void *data);

/**
 * Takes a log line: `user_data` as it was given to aura_log_set(), and a line of UTF-8 without a
 * newline, valid until the callback returns. No secret, name or address stands in it.
 *
 * The library calls it from any thread, from many at once, and from a thread of its own. It must not
 * throw. Keep it short.
 *
 * It is for hosts that may be called from any thread: C, C++, Rust, Go, Java. Others (PHP, Perl, Lua,
 * Node.js, Ruby and the like) use aura_log_keep() and aura_log_take().
 *
 * It may make calls; their lines are not told. On the library's own thread, which runs started
 * calls and fetches a stream's pages, it cannot wait: there a blocking call, the next row of a
 * stream and aura_call_wait() return AURA_INVALID_ARGUMENT at once.
 *
 * It may fork. If it returns in the child, the call it was told of ends there as AURA_CANCELLED. If
 * it returns in a child that it forked on the library's own thread, the child ends with exit(0):
 * it has no other thread.
 *
 * Since 0.1.0.
 */
typedef void (*aura_log_callback)(void *user_data, aura_log_level level, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status in lower case: "ok", "end", "not_found". A number that is no status is
 * "unknown". Never NULL; static, not to be freed. Any thread.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_status_name(aura_status status);

/**
 * The error's kind, or AURA_OK for NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_error_kind(const aura_error *error);

/**
 * The whole error in a sentence for a person or a log: the request's method and route, the kind,
 * the server's message, its field errors, what to do next, the request id. It contains no secret,
 * and no name or address except those that the server's message repeats.
 *
 * UTF-8, owned by the error and valid until it is freed; "" for NULL. Never NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_message(const aura_error *error);

/**
 * The HTTP status of the reply, or 0 if no reply came.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_http_status(const aura_error *error);

/**
 * How long the server asks you to wait before you try again, in milliseconds, or -1 if it does
 * not say.
 *
 * Does not block. Since 0.1.0.
 */
int64_t aura_error_retry_after_ms(const aura_error *error);

/**
 * The member "message" of aura_error_json(): the server's own message if it sent
 * one, else the library's words for what went wrong.
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_server_message(const aura_error *error);

/**
 * The member "hint" of aura_error_json(): what to do next, if the library knows more
 * than the message says.
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_hint(const aura_error *error);

/**
 * The member "reason" of aura_error_json(): why the server refused a credential or an
 * account, one of the words in aura_users.json, such as "revoked_credential".
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_reason(const aura_error *error);

/**
 * The member "request_id" of aura_error_json(): the reply's x-request-id, by which the
 * server's operators find the call.
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_request_id(const aura_error *error);

/**
 * The member "method" of aura_error_json(): the request's method, such as "GET".
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_method(const aura_error *error);

/**
 * The member "route" of aura_error_json(): the request's route without its parameters,
 * such as "/users/{username_or_email}".
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_route(const aura_error *error);

/**
 * The member "errors" of aura_error_json(): a JSON object of what the server refused,
 * by field.
 *
 * UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_field_errors_json(const aura_error *error);

/**
 * How many times the request was sent; 0 if nothing was sent, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_attempts(const aura_error *error);

/**
 * 1 if the server may have carried out an aura_create_user() or an aura_reset_user_password() that
 * failed, else 0. aura_error_json() says more.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_outcome_unknown(const aura_error *error);

/**
 * 1 if the same call may succeed later and repeating it is safe, else 0.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_retryable(const aura_error *error);

/**
 * The whole error as one JSON object: "kind" (as aura_status_name() returns it), "code" (as
 * aura_error_kind() returns it), "text" (as aura_error_message() returns it), "status" (of HTTP),
 * "message" (the server's own if it sent one), "hint", "reason", "errors" (by field),
 * "request_id", "retry_after_ms", "attempts", "method", "route", "outcome_unknown", "retryable".
 * A field that is not known is null. aura_error_http_status() and the like give one field each.
 *
 * "errors" has at most 200 errors and 32 kB of them, names of at most 256 bytes included. If some
 * are left out, the last field is called "…" and says how many. "request_id" is at most 256 bytes.
 *
 * "attempts" is how many times the request was sent. Redirects that were followed do not count. It is
 * 0 if nothing was sent, for example because no connection was established.
 *
 * "outcome_unknown" is true if the server may have carried out an aura_create_user() or an
 * aura_reset_user_password() that failed: no reply came, or a 5xx, or a success that cannot be
 * read. Then check before you repeat the call, and "retryable" is false.
 *
 * Owned by the error and valid until it is freed; NULL for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_json(const aura_error *error);

/**
 * Frees an error. NULL is fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_error_free(aura_error *error);

/**
 * Frees a string that this library gave through an out-parameter. NULL is fine. Any thread.
 *
 * Does not block. Since 0.1.0.
 */
void aura_string_free(char *string);

/**
 * The version of the library that is running, such as "0.1.0". Static, not to be freed. Any
 * thread. The header's own is AURA_USERS_VERSION.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_version(void);

/**
 * New options, none of them set. What is not set falls through: from the call to the client,
 * from the client to the environment, from there to the default. Never NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_options *aura_options_new(void);

/**
 * Sets the option `name` to `value`, or unsets it if `value` is NULL. Both are copied. The head of
 * this header lists the options with their values and defaults.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT if the name is unknown or the option does not accept
 * the value. The error's message names the option and the values allowed. It does not repeat a
 * name or a value that may be a secret.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set(aura_options *options,
                             const char *name,
                             const char *value,
                             aura_error **error);

/**
 * Has `ask` called about twenty times a second while a blocking call with these options waits, so
 * that a signal or a timeout of the host can end it. Where they are a client's, that is so for all
 * of its calls and streams. NULL for `ask` takes it off again; `data` may be NULL.
 *
 * It counts for what blocks until a reply comes: aura_create_user() and the like, and
 * aura_audit_logs_next() and the like. Wait for calls that were started in slices of your own.
 * `data` must live as long as the client, the streams and the calls that were made with it. In a
 * program that is itself within a tokio runtime the question comes from another thread.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT if `options` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set_interrupt(aura_options *options,
                                       aura_interrupt ask,
                                       void *data,
                                       aura_error **error);

/**
 * Frees options. NULL is fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_options_free(aura_options *options);

/**
 * A token that has not been cancelled. Never NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_cancel_token *aura_cancel_token_new(void);

/**
 * Ends what waits with this token, within moments, and whatever begins with it later: they
 * return AURA_CANCELLED, and a stream keeps its place. For good. NULL is fine.
 *
 * Any thread; not a signal handler.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_cancel(aura_cancel_token *token);

/**
 * As aura_cancel_token_cancel(), because a deadline of yours has passed: what the token ends returns
 * AURA_TIMEOUT. The first of the two counts. NULL is fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_expire(aura_cancel_token *token);

/**
 * Frees a token. It is not cancelled by that. NULL is fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_free(aura_cancel_token *token);

/**
 * Has `token` end what is called with these options: one call or stream, or, where they are a
 * client's, all of its calls and streams that have no token of their own. NULL for `token` takes
 * it off again.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT where `options` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set_cancel_token(aura_options *options,
                                          const aura_cancel_token *token,
                                          aura_error **error);

/**
 * Makes a client. `options` may be NULL: then the environment and the defaults count. Nothing is
 * sent yet.
 *
 * Returns AURA_OK and a client to be freed with aura_client_free(), or AURA_INVALID_ARGUMENT
 * for a bad option or environment variable, which the error names.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_client_new(const aura_options *options, aura_client **client, aura_error **error);

/**
 * Frees a client. NULL is fine. Calls of other threads that have begun, and streams and calls
 * made from it, live on. If nothing else needs the library's thread, it waits for the thread's end,
 * a second at most, but not for a log callback.
 *
 * Blocks for a second at most. Since 0.1.0.
 */
void aura_client_free(aura_client *client);

/**
 * Makes an account. No credential is sent, for the server refuses a creator who is signed in.
 *
 * `emails` holds `emails_len` addresses: one. Without any the server refuses; more are refused
 * here, for the server would fail on them. Until its owner follows the link in the mail, the
 * address is unverified and the account's credentials get AURA_FORBIDDEN. Making an account on
 * hex.pm means accepting its terms of service, https://hex.pm/policies/termsofservice
 *
 * `options` may be NULL. Returns AURA_OK with the new user's JSON in `user_json`, to be freed
 * with aura_string_free(); AURA_VALIDATION with a word for each refused field; or another error,
 * and then NULL in `user_json`. After an error with "outcome_unknown" the account may exist.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_create_user(const aura_client *client,
                             const char *username,
                             const char *password,
                             const char *const *emails,
                             size_t emails_len,
                             const aura_options *options,
                             char **user_json,
                             aura_error **error);

/**
 * aura_create_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
 * arguments are told at once.
 *
 * Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
 * AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_create_user_start(const aura_client *client,
                                   const char *username,
                                   const char *password,
                                   const char *const *emails,
                                   size_t emails_len,
                                   const aura_options *options,
                                   aura_call **call,
                                   aura_error **error);

/**
 * Gets the user the credential belongs to, with the organizations they are a member of.
 *
 * `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
 * aura_string_free(), or an error, and then NULL in `user_json`.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_get_current_user(const aura_client *client,
                                  const aura_options *options,
                                  char **user_json,
                                  aura_error **error);

/**
 * aura_get_current_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
 * arguments are told at once.
 *
 * Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
 * AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_get_current_user_start(const aura_client *client,
                                        const aura_options *options,
                                        aura_call **call,
                                        aura_error **error);

/**
 * Gets a user's public record, by name in any letter case, or by an address that is verified and
 * public. "", ".", ".." and "me" are refused; any other name is one path segment.
 *
 * `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
 * aura_string_free(); AURA_NOT_FOUND where there is no such user; or another error. On every
 * error `user_json` is NULL.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_get_user(const aura_client *client,
                          const char *username_or_email,
                          const aura_options *options,
                          char **user_json,
                          aura_error **error);

/**
 * aura_get_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
 * arguments are told at once.
 *
 * Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
 * AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_get_user_start(const aura_client *client,
                                const char *username_or_email,
                                const aura_options *options,
                                aura_call **call,
                                aura_error **error);

/**
 * Asks the server to mail its user a link for a new password. Servers that offer this say yes
 * whether or not there is such a user.
 *
 * `options` may be NULL. Returns AURA_OK; AURA_UNSUPPORTED where the server does not offer it,
 * as hex.pm since July 2026; or another error.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_reset_user_password(const aura_client *client,
                                     const char *username_or_email,
                                     const aura_options *options,
                                     aura_error **error);

/**
 * aura_reset_user_password(), begun and not waited for: aura_call_wait() gives what that
 * returns. Bad arguments are told at once.
 *
 * Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
 * AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_reset_user_password_start(const aura_client *client,
                                           const char *username_or_email,
                                           const aura_options *options,
                                           aura_call **call,
                                           aura_error **error);

/**
 * Opens the audit log of the credential's user, newest row first, from the page of the option
 * "page". Nothing is sent before the first row is asked for.
 *
 * `options` may be NULL. Returns AURA_OK with a stream in `logs`, to be freed with
 * aura_audit_logs_free(), or AURA_INVALID_ARGUMENT for a bad option.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_stream_audit_logs(const aura_client *client,
                                   const aura_options *options,
                                   aura_audit_logs **logs,
                                   aura_error **error);

/**
 * What the server last said of its rate limit to this client's credential, or with other options
 * to theirs. Sends nothing.
 *
 * `options` may be NULL. Returns AURA_OK with JSON in `rate_limit_json`, to be freed with
 * aura_string_free(): {"limit":500,"remaining":499,"resets_in_ms":42000}, requests in a window,
 * those left in this one, and how long until the next; or "null" where nothing is known, as
 * before the first reply, after the window's end, and on the loopback, which servers exempt.
 * AURA_INVALID_ARGUMENT for a bad option.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_client_rate_limit(const aura_client *client,
                                   const aura_options *options,
                                   char **rate_limit_json,
                                   aura_error **error);

/**
 * Takes the next row, waiting for its page where necessary.
 *
 * Returns AURA_OK with the row's JSON in `audit_log_json`, to be freed with aura_string_free();
 * AURA_END after the last row, as often as it is asked; or an error. After AURA_END and after an
 * error `audit_log_json` is NULL. An error keeps the place: the next call tries the same page
 * again. Nothing is skipped, and a failure is never taken for the end.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next(aura_audit_logs *logs, char **audit_log_json, aura_error **error);

/**
 * Takes the next row if it is at hand, without waiting: for event loops, which begin
 * aura_audit_logs_next_start() only if it is not.
 *
 * Returns AURA_OK with the row as aura_audit_logs_next() gives it; AURA_PENDING if the row has to be
 * waited for, if the stream is over, and while another thread has its turn; or an error. Except
 * after AURA_OK `audit_log_json` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_at_hand(aura_audit_logs *logs,
                                         char **audit_log_json,
                                         aura_error **error);

/**
 * Takes the next row as aura_audit_logs_next() does, and gives its fields: a program that reads them
 * needs no JSON library, and no second look at the JSON.
 *
 * `action` gets what was done, `user_agent` the program that did it (NULL if the server recorded
 * none), `params_json` the details as JSON ("null" if there are none), `audit_log_json` the whole row
 * as JSON. Each of the four may be NULL: what is not wanted is not copied. The texts belong to the
 * stream and are valid until the next aura_audit_logs_next_fields() on it or its end: one thread at a
 * time may use this function on a stream. A NUL in a text, which a C string cannot hold, is U+FFFD
 * there.
 *
 * Returns AURA_OK, AURA_END or an error as aura_audit_logs_next(); except after AURA_OK, every place
 * holds NULL.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next_fields(aura_audit_logs *logs,
                                        const char **action,
                                        const char **user_agent,
                                        const char **params_json,
                                        const char **audit_log_json,
                                        aura_error **error);

/**
 * Takes the next page at once: the rest of the one at hand, or the one after it.
 *
 * Returns AURA_OK with a JSON array of at least one row in `audit_logs_json`, to be freed with
 * aura_string_free(); AURA_END after the last page; or an error, as aura_audit_logs_next().
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next_page(aura_audit_logs *logs,
                                      char **audit_logs_json,
                                      aura_error **error);

/**
 * aura_audit_logs_next(), begun and not waited for: aura_call_wait() gives what that returns.
 * Calls on one stream are served in the order they were begun.
 *
 * Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
 * AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_start(aura_audit_logs *logs, aura_call **call, aura_error **error);

/**
 * aura_audit_logs_next_page(), begun and not waited for: as aura_audit_logs_next_start().
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_page_start(aura_audit_logs *logs,
                                            aura_call **call,
                                            aura_error **error);

/**
 * The page the next row is on, counted from 1: to go on another day, give it as the option "page".
 * After the end it is the last page that had rows, or where none had the first one asked for. While
 * another thread waits for a page, it is where the stream stood when that began. 0 for NULL.
 *
 * Does not block. Since 0.1.0.
 */
uint64_t aura_audit_logs_page(const aura_audit_logs *logs);

/**
 * Frees a stream, wherever it stands. NULL is fine. Calls that have begun go on.
 *
 * Blocks for a second at most. Since 0.1.0.
 */
void aura_audit_logs_free(aura_audit_logs *logs);

/**
 * Waits until the call has ended, `timeout_ms` milliseconds at most, and takes its result, once.
 * A negative `timeout_ms` waits for as long as it takes, 0 does not wait.
 *
 * Returns AURA_PENDING where the time is over first: then `json` and `error` hold NULL, and the
 * call goes on. Else what the blocking form returns: AURA_OK with the JSON in `json`, to be freed
 * with aura_string_free() (the JSON is "null" for a call that gives nothing); AURA_END where a
 * stream is over; or the call's error. AURA_INVALID_ARGUMENT where the result was taken before.
 * `json` must not be NULL, whatever the call gives: no result is lost for want of a place.
 *
 * In a forked child a call of the parent is AURA_CANCELLED. A log callback on the library's own
 * thread cannot wait: AURA_INVALID_ARGUMENT, unless `timeout_ms` is 0 or the call has ended.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_call_wait(aura_call *call, int64_t timeout_ms, char **json, aura_error **error);

/**
 * AURA_PENDING while the call is under way, then for good the status it ended with. Takes
 * nothing and does not wait. AURA_INVALID_ARGUMENT for NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_call_poll(const aura_call *call);

/**
 * A descriptor that is readable from the call's end on, for poll(), epoll, kqueue and the like. It is
 * made when it is first asked for, and is the same one from then on. It belongs to the call, which
 * closes it when it is freed. For many calls at once, an aura_completions takes one descriptor for
 * all of them.
 *
 * It is an eventfd on Linux and a socket elsewhere. You may duplicate it, for hosts that close what
 * they watch: the duplicate is readable from the call's end on too, also after the call is freed.
 * Do not read from it, or it is no longer readable.
 *
 * In a forked child a call of the parent gets another descriptor, which is readable at once.
 *
 * -1 if none can be had: for NULL, on Windows, and while the process has no descriptor left.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_call_fd(aura_call *call);

/**
 * Asks the call to end, and does not wait for that: aura_call_wait() then gives AURA_CANCELLED,
 * or the result where that came first. A stream keeps its place. "outcome_unknown" in the error's
 * JSON says whether the server may have carried a request out all the same.
 *
 * NULL and a call that has ended are fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_call_cancel(aura_call *call);

/**
 * As aura_call_cancel(), because a deadline of yours has passed: aura_call_wait() then gives
 * AURA_TIMEOUT, or the result where that came first. NULL and a call that has ended are fine.
 *
 * Does not block. Since 0.1.0.
 */
void aura_call_expire(aura_call *call);

/**
 * Frees a call in any state: one under way is cancelled, also for a thread that waits for it; a
 * result that was not taken is dropped, and a row or page with it. NULL is fine.
 *
 * Blocks for a second at most. Since 0.1.0.
 */
void aura_call_free(aura_call *call);

/**
 * An empty queue. It takes no descriptor before aura_completions_fd() is called. Never NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_completions *aura_completions_new(void);

/**
 * Has `token` come into `queue` when `call` ends; at once if it has ended. The token comes once for
 * each time that the call is attached, also if the call is cancelled or freed before its end. Any
 * number may be a token, also one that another call has.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT if `call` or `queue` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_call_complete(aura_call *call,
                               aura_completions *queue,
                               uint64_t token,
                               aura_error **error);

/**
 * Waits until a call has ended, `timeout_ms` milliseconds at most, and writes the tokens of up to
 * `capacity` calls to `tokens`, in the order in which they ended. A negative `timeout_ms` waits for
 * as long as it takes, 0 does not wait. Take the result of such a call with aura_call_wait().
 *
 * Returns how many tokens it wrote: 0 if the time is over first, after aura_completions_wake(), and
 * in the child of a thread that forked within it. Returns -1 if the queue is freed meanwhile, and
 * at once for NULL and a `capacity` of 0.
 *
 * A log callback on the library's own thread does not wait here.
 *
 * Blocks. Since 0.1.0.
 */
int32_t aura_completions_wait(aura_completions *queue,
                              int64_t timeout_ms,
                              uint64_t *tokens,
                              size_t capacity);

/**
 * Ends one aura_completions_wait(): the one under way, or else the next one. Several wakes that
 * nobody waited for are one. The descriptor is readable until then. NULL is fine. Any thread.
 *
 * Does not block. Since 0.1.0.
 */
void aura_completions_wake(aura_completions *queue);

/**
 * A descriptor that is readable while aura_completions_wait() would not wait, for poll(), epoll,
 * kqueue, libuv and the like. It is made when it is first asked for, and is the same one from then
 * on. It belongs to the queue, which closes it when it is freed.
 *
 * It is a socket. You may duplicate it, and close the duplicate. You may read from it, as event
 * loops do that watch streams: its bytes mean nothing. Call aura_completions_wait() with a
 * `timeout_ms` of 0 whenever it was readable, until it writes fewer tokens than `capacity`.
 *
 * In a forked child the queue has another descriptor.
 *
 * -1 if none can be had: for NULL, on Windows, and while the process has no descriptor left.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_completions_fd(aura_completions *queue);

/**
 * Frees a queue. NULL is fine. Calls that are attached go on, and their tokens come to nobody.
 *
 * A thread that waits in aura_completions_wait() comes back with -1, and must not use the queue
 * again. Before you free it, end such threads: tell them to stop, call aura_completions_wake(), and
 * join them.
 *
 * Does not block. Since 0.1.0.
 */
void aura_completions_free(aura_completions *queue);

/**
 * Gets the value at `pointer`, a JSON pointer (RFC 6901) such as "/username" or "/emails/0", out of
 * `json`, any JSON text. "" is the whole text; "~1" in a name stands for "/", "~0" for "~".
 *
 * Returns AURA_OK with the value as text in `value`, to be freed with aura_string_free(): a string
 * decoded, a number, true, false, an object or a list as it stands in the JSON. `value` is NULL if
 * there is no such value, and if it is null. AURA_INVALID_ARGUMENT if `json` is no JSON, if `pointer`
 * is no JSON pointer, and if the string holds a NUL, which a C string cannot.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_json_get(const char *json,
                          const char *pointer,
                          char **value,
                          aura_error **error);

/**
 * Sets the callback that gets every line of level `lowest` and above, in the whole process. It
 * replaces the callback before it. NULL for `callback` ends logging.
 *
 * Returns once no thread is within the callback before it, so that you may free its `user_data`.
 * It waits for that a second at most: if you hold a lock that the callback waits for, it returns
 * although the callback still runs, and then `user_data` has to live on. Called from within a callback, it returns
 * without waiting. In a forked child it waits for the threads of the child alone.
 *
 * Blocks for a second at most. Since 0.1.0.
 */
void aura_log_set(aura_log_callback callback,
                  void *user_data,
                  aura_log_level lowest);

/**
 * Keeps the newest `most` lines of level `lowest` and above, in the whole process, until
 * aura_log_take() fetches them; 65536 lines at most. 0 for `most` ends that and drops what is kept.
 * A callback of aura_log_set() gets its lines all the same.
 *
 * A forked child keeps lines as its parent does, and begins with none.
 *
 * Does not block. Since 0.1.0.
 */
void aura_log_keep(aura_log_level lowest, size_t most);

/**
 * Fetches the lines that were kept since the last time, in the order they came.
 *
 * Returns AURA_OK with a JSON object in `json`, to be freed with aura_string_free():
 * {"dropped":0,"lines":[{"level":"debug","text":"GET /users/me: request (attempt 1, status 200,
 * 12 ms)","time_ms":1795434645977,"message":"request","method":"GET","route":"/users/me",
 * "attempt":1,"status":200,"kind":null,"elapsed_ms":12.3,"request_id":null}]}. "dropped" counts the
 * lines for which there was no room. "text" is the line as a callback gets it, "time_ms" is when it
 * came, in milliseconds since 1970. AURA_END if there is nothing to fetch, with NULL in `json`.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_log_take(char **json, aura_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AURA_USERS_H */
