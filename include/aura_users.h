/**
 * \mainpage
 * aura_users.h - the users API of Hex.pm and of all Hex-compatible servers, for C and C++.
 *
 * This file is generated from src/ffi. Change it there.
 *
 * AT A GLANCE
 *
 * - Success: AURA_OK is zero. AURA_END (a stream is at its end) and AURA_PENDING (there is no result
 *   yet) are not errors. Every other status is an error.
 * - Errors: you need not set `error` to NULL before a call. A function that takes `error` always sets
 *   it: to NULL on success, to a new aura_error on failure. It does not free the error of an earlier
 *   call: free that first. You may pass NULL for `error`.
 * - Memory: you free every handle and every `char *` that a function returns, with the function that
 *   its documentation names. Every such function accepts NULL. Do not free a `const char *`: it belongs
 *   to its handle. Strings that you pass are copied.
 * - Blocking: the last lines of each function state whether it blocks. Functions that send a request
 *   block, and so do the functions that end in _next, _next_fields, _next_page and _wait. Functions
 *   that end in _start do not.
 * - Threads: any thread may call any function. Several threads may share all handles except
 *   aura_options. See THREADS.
 * - Stack: a thread that makes calls needs 128 kB of stack, or 384 kB with a debug build of the
 *   library.
 * - Fork: a forked child may use the handles of its parent. See SIGNALS AND FORK.
 * - Signals: the library changes no signal handler and no signal mask of your threads, and it raises no
 *   SIGPIPE. Do not call it from a signal handler.
 *
 * INSTALLING AND LINKING
 *
 *     make install PREFIX=/usr/local
 *
 * installs this header, aura_users.hpp for C++, the shared and the static library, and the files for
 * pkg-config and CMake. DESTDIR, LIBDIR and INCLUDEDIR have their usual meaning. `make uninstall`
 * removes all of it. Link with pkg-config, against the shared or the static library
 *
 *     cc program.c $(pkg-config --cflags --libs aura_users) -o program
 *     cc program.c $(pkg-config --cflags --libs aura_users-static) -o program
 *
 * or with CMake
 *
 *     find_package(aura_users 0.1 REQUIRED)
 *     target_link_libraries(program PRIVATE aura_users::aura_users)   # or ::shared, or ::static
 *
 * or directly
 *
 *     cc program.c -laura_users -o program
 *     cc program.c libaura_users.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o program
 *
 * If PREFIX is a system folder, run ldconfig once as root. For another PREFIX, set
 * PKG_CONFIG_PATH=PREFIX/lib/pkgconfig or CMAKE_PREFIX_PATH=PREFIX, and link a program that uses the
 * shared library with -Wl,-rpath,PREFIX/lib. The library contains its own HTTP and TLS.
 *
 * A program runs with every later library of the same SONAME, which changes with each minor version
 * before 1.0 and with each major version from 1.0 on. Within a SONAME, functions, options and statuses
 * are only added. "Since" is the version that added a name. dlclose() is safe, and a process may load
 * two copies of the library.
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
 * A function that can fail returns an aura_status. Its last parameter is `error`. It returns results
 * through out-parameters, which are NULL after a failure. It overwrites the previous value of an
 * out-parameter without freeing it.
 *
 * A result is JSON: the server's own object with all its fields, as UTF-8 with a NUL at the end.
 * aura_json_get() reads one value of it. Strings that you pass must be UTF-8 with a NUL at the end. If a
 * required argument is NULL or not valid UTF-8, the function returns AURA_INVALID_ARGUMENT, and the
 * message names the argument.
 *
 * If your language has strings that can contain a NUL character, reject such a string with
 * AURA_INVALID_ARGUMENT. Otherwise it is cut at the NUL, and an account may get a wrong address.
 *
 * A bug in the library returns AURA_INTERNAL and does not end the process. Only two conditions end it:
 * the system has no memory left, or the stack of a thread is too small.
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
 * After an error the stream keeps its position: the next call requests the same page again. The stream
 * skips nothing, and it never reports a failure as the end.
 *
 * WITHOUT BLOCKING, AND CANCELLING
 *
 * Each function that sends a request has a form that ends in _start. It returns at once with an
 * aura_call, which runs on a thread of the library. You can wait for the call with a time limit, poll
 * it, watch its descriptor with poll(), epoll or an event loop, cancel it, and free it in any state. It
 * invokes no callback.
 *
 *     aura_call *call = NULL;
 *     if (aura_get_user_start(client, "ericmj", NULL, &call, &error) == AURA_OK)
 *         status = aura_call_wait(call, 2000, &user, &error);
 *     aura_error_free(error);
 *     aura_call_free(call);
 *
 * aura_call_wait() returns AURA_PENDING if the call runs longer than two seconds. To wait for many
 * calls, use an aura_completions. It has one descriptor for all of them.
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
 * To end a blocking call from another thread, set an aura_cancel_token in its options. To end it from
 * its own thread, set a callback with aura_options_set_interrupt().
 *
 * A function that "blocks" waits until a reply arrives or a timeout expires. One that "blocks for at
 * most one second" waits for the end of a thread.
 *
 * THREADS
 *
 * Several threads may use one aura_client, aura_audit_logs, aura_call, aura_completions or
 * aura_cancel_token at once. A thread may free such a handle while another thread's call with it runs:
 * that call continues. You must not start a call with a freed handle. An aura_error is immutable, so
 * several threads may read it. Only one thread at a time may use aura_options.
 *
 * A blocking call runs in the calling thread, except through a proxy. Started calls, calls through a
 * proxy and requests for further pages of a stream run on one thread of the library. It starts when it
 * is first needed, and ends when the last client, stream and call that needs it is freed. The function
 * that frees the last one waits for the end of the thread, except while that runs a log callback. Host
 * names are resolved on short-lived threads.
 *
 * A thread that makes calls needs 128 kB of stack, for any reply of a server. A debug build of the
 * library needs 384 kB.
 *
 * If a thread is cancelled with pthread_cancel() inside a function of this library, the cancellation
 * takes effect after the function returns. Do not enable cancellation in a log callback. This holds for
 * the default type, PTHREAD_CANCEL_DEFERRED. A thread with PTHREAD_CANCEL_ASYNCHRONOUS must not call the
 * library, and POSIX permits it almost no other function either: its cancellation can end the process.
 *
 * SIGNALS AND FORK
 *
 * The threads of the library block all signals. The library raises no SIGPIPE, and it changes no signal
 * handler and no signal mask of your threads. If all your threads have ended while a handle is still
 * open, for example after pthread_exit() in main(), a thread of the library accepts the signals that
 * end a process.
 *
 * After fork() the child may use the same client and streams. The resources of the parent stay untouched
 * in the child, where a leak checker reports them. A call or a read of a stream that runs in the parent
 * ends in the child with AURA_CANCELLED, also in a thread that forks inside it, in a signal handler or a
 * log callback. The parent is not affected. In the child:
 *
 * - aura_call_poll() and aura_call_wait() return AURA_CANCELLED for all calls of the parent, and
 *   aura_call_fd() returns a descriptor of the child that is readable.
 * - If another thread of the parent was using a stream, the stream always returns AURA_CANCELLED in the
 *   child. Open it again.
 *
 * A program with several threads must not call fork() from a signal handler that can interrupt
 * malloc(). This is a rule of the C library. The library starts threads of its own, also for a large
 * reply and for the look-up of a name. So if a signal handler forks, block its signal during calls.
 *
 * You may make calls in atexit() handlers and in destructors of static and thread_local objects. If all
 * handles are freed, a leak checker reports nothing.
 *
 * OPTIONS
 *
 * Set options by name and text with aura_options_set(), for a client or for one call. The precedence is:
 * the call, the client, the environment, the default. To ignore the environment, set "env" to "false"
 * on the client. To pass other variables than those of the process, use aura_options_set_environment().
 *
 * - repo_url, default https://hex.pm/api, $HEX_API_URL, $HEX_API:
 *   The base URL of the API. Allowed: an http or https URL without a user, a query and a
 *   fragment.
 * - api_key, $HEX_API_KEY:
 *   The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer
 *   <token>`. Allowed: text without control characters.
 * - otp, $HEX_OTP:
 *   The one-time password. It is sent as `X-Hex-OTP`. Allowed: text without control characters.
 * - timeout, default 15, $HEX_HTTP_TIMEOUT:
 *   The timeout of one attempt. Allowed: seconds from 0.001 to 31536000.
 * - total_timeout, default 120:
 *   The timeout of the whole call. It includes retries and waits for the rate limit. Allowed:
 *   seconds from 0.001 to 31536000.
 * - connect_timeout, default 10:
 *   The timeout of connecting. It includes the TLS handshake. Allowed: seconds from 0.001 to
 *   31536000.
 * - max_retries, default 2:
 *   The maximum number of retries. A GET is retried after a connection failure and after 429,
 *   502, 503 and 504. A POST is retried only if the server cannot have processed it. Allowed: a
 *   whole number from 0 to 100.
 * - rate_limit, default wait:
 *   What a call does if the server's rate limit is reached: wait until it resets, or fail.
 *   Allowed: wait or error.
 * - prefetch, default 4:
 *   The maximum number of audit-log pages to request ahead. The stream starts with few and
 *   requests more while it reads. With a value above the default, it requests all of them from
 *   the second page on. Allowed: a whole number from 0 to 100.
 * - page, default 1:
 *   The first page of the audit log to read. Allowed: a whole number, at least 1.
 * - proxy:
 *   The proxy for all requests. The URL may contain the user and the password of the proxy. If
 *   it is not set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are
 *   used, except for servers on the loopback. Allowed: an http, https, socks5 or socks5h URL.
 * - no_proxy, $no_proxy, $NO_PROXY:
 *   The hosts to connect to without a proxy, separated by commas or spaces: domains, which
 *   include their subdomains, addresses and networks, each with an optional port; or `*` for
 *   all. Allowed: domains, addresses and networks, separated by commas, or *.
 * - ca_file, $HEX_CACERTS_PATH:
 *   A PEM file of root certificates to trust in addition to those of the system. Allowed: the
 *   path of a PEM file.
 * - user_agent:
 *   The name of the program. It precedes the name of the library in `User-Agent`. The server
 *   stores the first 255 code points of `User-Agent` in every audit row. Allowed: text without
 *   control characters.
 * - client_name:
 *   The name and version of a library that uses this one, such as a language binding. It follows
 *   the name of this library in `User-Agent`, in parentheses. Allowed: text without control
 *   characters, parentheses and backslashes.
 * - max_body, default 16777216:
 *   The maximum size of a reply in bytes, after decompression. Allowed: a whole number of bytes,
 *   at least 1.
 * - max_connections, default 64, $HEX_HTTP_CONCURRENCY:
 *   The maximum number of connections to one server for started calls, streams and asynchronous
 *   clients. Further calls wait for a connection, and their timeouts apply. Allowed: a whole
 *   number from 1 to 100000.
 * - cache, default 0:
 *   The maximum number of user records to cache in memory, by ETag. The server answers 304 if a
 *   cached record has not changed. Allowed: a whole number from 0 to 100000.
 * - allow_insecure_http, default false:
 *   Whether to send a credential over plain http to a server that is not on the loopback.
 *   Allowed: true, false, 1, 0, yes, no, on or off.
 * - env, default true:
 *   Whether to read options from the environment. It is an option of a client only. Allowed:
 *   true, false, 1, 0, yes, no, on or off.
 */

#ifndef AURA_USERS_H
#define AURA_USERS_H

#include <stddef.h>
#include <stdint.h>

/** \file */

/**
 * The version of this header. aura_version() returns the version of the library.
 *
 * Since 0.1.0.
 */
#define AURA_USERS_VERSION "0.1.0"

/**
 * The result of a function: AURA_OK, AURA_END, AURA_PENDING, or the kind of its error.
 *
 * AURA_OK is zero. The numbers are part of the ABI and never change. Later versions may add numbers,
 * so a switch needs a default branch.
 *
 * Since 0.1.0.
 */
typedef enum {
    /**
     * Success. It is zero.
     */
    AURA_OK = 0,
    /**
     * The end of a stream: there are no more rows. It is not an error.
     */
    AURA_END = 1,
    /**
     * The result has not arrived yet. It is not an error. Only aura_call_wait(), aura_call_poll() and
     * the functions that end in _at_hand return it.
     */
    AURA_PENDING = 2,
    /**
     * An argument or an option is invalid. Nothing was sent.
     */
    AURA_INVALID_ARGUMENT = 10,
    /**
     * 401: the credential is missing, or the server rejected it.
     */
    AURA_UNAUTHENTICATED = 20,
    /**
     * 401: the account requires a one-time password (option "otp").
     */
    AURA_OTP_REQUIRED = 21,
    /**
     * 401: the one-time password is wrong or was used before.
     */
    AURA_OTP_INVALID = 22,
    /**
     * 403: the credential is valid, but it does not permit this call.
     */
    AURA_FORBIDDEN = 23,
    /**
     * 404: the user does not exist.
     */
    AURA_NOT_FOUND = 24,
    /**
     * The server does not have this endpoint.
     */
    AURA_UNSUPPORTED = 25,
    /**
     * 422: the server rejected some fields. The field errors name them.
     */
    AURA_VALIDATION = 26,
    /**
     * 429, or the rate limit resets later than the timeouts of the call allow.
     */
    AURA_RATE_LIMITED = 27,
    /**
     * 5xx: the server failed.
     */
    AURA_SERVER = 28,
    /**
     * Any other HTTP status.
     */
    AURA_UNEXPECTED_STATUS = 29,
    /**
     * The connection failed, or it was lost before the whole reply arrived.
     */
    AURA_CONNECT = 40,
    /**
     * The server's certificate was rejected, or the TLS handshake failed.
     */
    AURA_TLS = 41,
    /**
     * A timeout expired.
     */
    AURA_TIMEOUT = 42,
    /**
     * The program cancelled the call.
     */
    AURA_CANCELLED = 43,
    /**
     * The reply is not a valid reply of this endpoint.
     */
    AURA_DECODE = 60,
    /**
     * A bug in this library. It was caught, and the process continues.
     */
    AURA_INTERNAL = 70,
} aura_status;

/**
 * The level of a log line.
 *
 * Since 0.1.0.
 */
typedef enum {
    /**
     * Every request, and every retry.
     */
    AURA_LOG_DEBUG = 1,
    /**
     * Messages of the server.
     */
    AURA_LOG_INFO = 2,
    /**
     * Warnings that a user should see: of the server, terms of service, ignored options.
     */
    AURA_LOG_WARN = 3,
} aura_log_level;

/**
 * A stream of the rows of an audit log, newest first.
 *
 * You own it. Free it with aura_audit_logs_free(), before its end or after it: that cancels its
 * requests. It stays valid after its client is freed. Several threads may use one stream at once.
 * Their calls are served one after another.
 *
 * The stream returns every row that existed at its start exactly once and in order, even if the
 * server writes rows meanwhile. It may return rows that are written later, but none twice. The
 * server pages by offset, and rows have no id, so this has limits: for example, if the server deletes
 * rows meanwhile, the stream can skip rows. All of them, and how many requests a stream makes:
 * https://github.com/aura-users/aura-users/blob/main/docs/audit-log.md
 *
 * Since 0.1.0.
 */
typedef struct aura_audit_logs aura_audit_logs;

/**
 * A call that runs on a thread of the library. The functions that end in _start return it.
 *
 * You own it. Free it with aura_call_free() at any time. It stays valid after its client or its
 * stream is freed. Several threads may use one call at once. It invokes no callback: wait for it,
 * poll it, or watch aura_call_fd(). In a forked child the calls of the parent have ended with
 * AURA_CANCELLED.
 *
 * Over HTTP/1.1 each running call has its own connection, and so a descriptor; at most
 * `max_connections` run at once, and the others wait. A connection without a call stays open for
 * up to a minute. If the limit of descriptors (ulimit -n) is too low for all of them, calls fail with
 * AURA_CONNECT.
 *
 * Since 0.1.0.
 */
typedef struct aura_call aura_call;

/**
 * Cancels blocking calls and streams from another thread.
 *
 * You own it. Free it with aura_cancel_token_free(). Options, calls and streams that use the token
 * keep a reference of their own. Several threads may use one token at once.
 *
 * Since 0.1.0.
 */
typedef struct aura_cancel_token aura_cancel_token;

/**
 * A client: options, connections, and the state of the server's rate limit.
 *
 * You own it. Free it with aura_client_free(). Create one and keep it, because it keeps connections
 * open between calls. Several threads may use one client at once, and their calls run in parallel.
 * A forked child may use it too.
 *
 * Since 0.1.0.
 */
typedef struct aura_client aura_client;

/**
 * A completion queue: calls put a token into it when they end, so that you can wait for many calls
 * at once.
 *
 * You own it. Free it with aura_completions_free(). Several threads may use one queue at once. Wait
 * in a thread with aura_completions_wait(), or let an event loop watch aura_completions_fd() and call
 * aura_completions_wait() with a `timeout_ms` of 0.
 *
 * In a forked child the queue is empty and usable: attach the child's calls to it. Calls of the
 * parent put no token into it. If you attach such a call again, its token is there at once, and the
 * call is AURA_CANCELLED.
 *
 * Since 0.1.0.
 */
typedef struct aura_completions aura_completions;

/**
 * An error: why a call failed.
 *
 * You own it. Free it with aura_error_free(). It is immutable, so several threads may read it at
 * once. Every function that reads an error accepts NULL, which means no error.
 *
 * The size of an error is limited. Its text is at most 64 kB long, and its JSON at most 256 kB. Each
 * string in it, such as the server's message, is at most 8 kB long; a longer one is cut and ends in
 * "…". Control characters are escaped.
 *
 * Since 0.1.0.
 */
typedef struct aura_error aura_error;

/**
 * Options of a client or of one call, set by name.
 *
 * You own them. Free them with aura_options_free(). A client or a call copies them, so you may change
 * or free them right afterwards. Only one thread at a time may use them.
 *
 * Since 0.1.0.
 */
typedef struct aura_options aura_options;

/**
 * A callback that decides whether a blocking call ends. `data` is the pointer that you passed to
 * aura_options_set_interrupt(). Return 0 to continue. Return AURA_TIMEOUT to end the call with
 * AURA_TIMEOUT, or any other number to end it with AURA_CANCELLED.
 *
 * The library calls it in the thread that waits, and holds no lock meanwhile. So it may run signal
 * handlers of the host and make calls. It must return: no exception and no longjmp() may leave it.
 *
 * Since 0.1.0.
 */
typedef int32_t (*aura_interrupt)(void *data);

/**
 * A callback for log lines. `user_data` is the pointer that you passed to aura_log_set(). `message` is
 * a line of UTF-8 without a newline, which is valid until the callback returns. It contains no secret,
 * username or address.
 *
 * The library calls it from any thread, from several threads at once, and from a thread of its own.
 * It must not throw an exception. Keep it short.
 *
 * It is for languages whose functions can run on any thread: C, C++, Rust, Go, Java. Other languages,
 * such as Lua, Node.js, Perl, PHP and Ruby, use aura_log_keep() and aura_log_take().
 *
 * It may make calls, whose lines are not logged. On the library's own thread, which runs started
 * calls and fetches pages, it must not wait: there a blocking call, the next row of a stream and
 * aura_call_wait() return AURA_INVALID_ARGUMENT at once.
 *
 * It may fork. If it returns in the child, the logged call ends there with AURA_CANCELLED. If it forks
 * on the library's own thread and returns in the child, the child ends with exit(0), because it has no
 * other thread.
 *
 * Since 0.1.0.
 */
typedef void (*aura_log_callback)(void *user_data, aura_log_level level, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the name of a status in lower case, such as "ok", "end" or "not_found", and "unknown" for
 * other numbers. Never returns NULL. The string is static: do not free it. Any thread may call it.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_status_name(aura_status status);

/**
 * Returns the kind of the error, or AURA_OK for NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_error_kind(const aura_error *error);

/**
 * Returns the error as one line of text, for a user or a log: the method and route of the request,
 * the kind, the server's message, the field errors, what to do next, and the request id. It contains
 * no secret, and no username or address except those that the server's message repeats.
 *
 * The error owns the string, which is valid until you free the error. Returns "" for NULL. Never
 * returns NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_message(const aura_error *error);

/**
 * Returns the HTTP status of the reply, or 0 if no reply arrived.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_http_status(const aura_error *error);

/**
 * Returns how many milliseconds the server asks you to wait before you try again, or -1 if it does
 * not say.
 *
 * Does not block. Since 0.1.0.
 */
int64_t aura_error_retry_after_ms(const aura_error *error);

/**
 * Returns "message" of aura_error_json(): the server's own message if it sent one, otherwise the
 * library's.
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_server_message(const aura_error *error);

/**
 * Returns "hint" of aura_error_json(): what to do next, if the library knows more than the message.
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_hint(const aura_error *error);

/**
 * Returns "reason" of aura_error_json(): why the server rejected a credential or an account, such as
 * "revoked_credential". aura_users.json lists all reasons.
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_reason(const aura_error *error);

/**
 * Returns "request_id" of aura_error_json(): the x-request-id of the reply, for the server's
 * operators.
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_request_id(const aura_error *error);

/**
 * Returns "method" of aura_error_json(): the method of the request, such as "GET".
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_method(const aura_error *error);

/**
 * Returns "route" of aura_error_json(): the route of the request with its parameters unfilled, such
 * as "/users/{username_or_email}".
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_route(const aura_error *error);

/**
 * Returns "errors" of aura_error_json(): a JSON object with the fields that the server rejected, and
 * why.
 *
 * The error owns the string, which is valid until you free the error. NULL if there is none, and for
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_field_errors_json(const aura_error *error);

/**
 * Returns how many times the request was sent. It is 0 if nothing was sent, and for NULL.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_attempts(const aura_error *error);

/**
 * Returns 1 if the server may have completed an aura_create_user() or an aura_reset_user_password()
 * that failed, otherwise 0. See "outcome_unknown" in aura_error_json().
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_outcome_unknown(const aura_error *error);

/**
 * Returns 1 if the same call may succeed later and is safe to repeat, otherwise 0.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_error_retryable(const aura_error *error);

/**
 * Returns the error as a JSON object with these members: "kind" (the name of the kind, see
 * aura_status_name()), "code" (its number, see aura_error_kind()), "text" (see aura_error_message()),
 * "status" (the HTTP status), "message" (the server's own message if it sent one), "hint", "reason",
 * "errors" (by field), "request_id", "retry_after_ms", "attempts", "method", "route",
 * "outcome_unknown", "retryable". A member without a value is null. Other functions, such as
 * aura_error_http_status(), return single members.
 *
 * "errors" contains at most 200 errors and 32 kB, and names of at most 256 bytes. If errors are
 * omitted, the last member is named "…" and contains their number. "request_id" is at most 256 bytes
 * long.
 *
 * "attempts" is how many times the request was sent, without redirects. It is 0 if nothing was sent,
 * for example because the connection failed.
 *
 * "outcome_unknown" is true if the server may have completed an aura_create_user() or an
 * aura_reset_user_password() that failed: no reply arrived, its status is 303 or at least 500, or it
 * is a success that cannot be read. Then "retryable" is false. Check before you repeat the call.
 *
 * The error owns the string, which is valid until you free the error. NULL for NULL.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_error_json(const aura_error *error);

/**
 * Frees an error. `error` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
void aura_error_free(aura_error *error);

/**
 * Frees a string that this library returned through an out-parameter. `string` may be NULL. Any thread
 * may call it.
 *
 * Does not block. Since 0.1.0.
 */
void aura_string_free(char *string);

/**
 * Returns the version of the loaded library, such as "0.1.0". AURA_USERS_VERSION is the version of the
 * header. The string is static: do not free it. Any thread may call it.
 *
 * Does not block. Since 0.1.0.
 */
const char *aura_version(void);

/**
 * Creates options, none of them set. The value of an option that is not set comes from the next in this
 * order: the call, the client, the environment, the default. Never returns NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_options *aura_options_new(void);

/**
 * Sets the option `name` to `value`. `value` may be NULL, which unsets the option. Both are copied.
 * OPTIONS at the top of this header lists the options with their values and defaults.
 *
 * Returns AURA_OK. Returns AURA_INVALID_ARGUMENT if the option does not exist or does not accept the
 * value. The message names the option and the allowed values. It does not repeat a name or a value
 * that may be a secret. The option "env" is for a client only: a call with it returns
 * AURA_INVALID_ARGUMENT.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set(aura_options *options,
                             const char *name,
                             const char *value,
                             aura_error **error);

/**
 * Sets the environment variables that a client with these options reads, instead of those of the
 * process. `environment` is an array of `environment_len` texts NAME=VALUE, as in environ. It may be
 * NULL if it is empty. Then the client reads no variable. All texts are copied. Variables that the
 * library does not read are ignored. It is an option of a client only: a call with it returns
 * AURA_INVALID_ARGUMENT.
 *
 * This is for hosts that have their own variables, such as worker threads of Node.js. The trusted roots
 * do not depend on it: SSL_CERT_FILE and SSL_CERT_DIR are always those of the process.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT if a text has no `=`. The error does not repeat it.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set_environment(aura_options *options,
                                         const char *const *environment,
                                         size_t environment_len,
                                         aura_error **error);

/**
 * Sets a callback that can end blocking calls with these options, for example after a signal or a
 * timeout of the host. The library calls it about twenty times a second while such a call waits. The
 * options of a client apply to all its calls and streams. `ask` may be NULL, which removes the
 * callback. `data` may be NULL.
 *
 * It applies to functions that wait for a reply, such as aura_get_user() and aura_audit_logs_next().
 * It does not apply to aura_call_wait(): pass a short `timeout_ms` there. `data` must stay valid as
 * long as the client, the streams and the calls that use it. In a program that runs inside a tokio
 * runtime, another thread calls it.
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
 * Frees options. `options` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
void aura_options_free(aura_options *options);

/**
 * Creates a token that is not cancelled. Never returns NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_cancel_token *aura_cancel_token_new(void);

/**
 * Cancels the token. Calls that wait with this token end within milliseconds, and later calls end at
 * once. They return AURA_CANCELLED. A stream keeps its position. You cannot undo it. `token` may be
 * NULL.
 *
 * Any thread may call it, but a signal handler must not.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_cancel(aura_cancel_token *token);

/**
 * Cancels the token because a deadline of yours has expired: calls return AURA_TIMEOUT instead of
 * AURA_CANCELLED. Only the first cancellation of a token counts. `token` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_expire(aura_cancel_token *token);

/**
 * Frees a token without cancelling it. `token` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
void aura_cancel_token_free(aura_cancel_token *token);

/**
 * Sets the token that cancels calls with these options. The options of a call apply to that call or
 * stream. The options of a client apply to its calls and streams that have no token of their own.
 * `token` may be NULL, which removes the token.
 *
 * Returns AURA_OK, or AURA_INVALID_ARGUMENT if `options` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_options_set_cancel_token(aura_options *options,
                                          const aura_cancel_token *token,
                                          aura_error **error);

/**
 * Creates a client. `options` may be NULL: then the client uses the environment and the defaults. It
 * sends nothing.
 *
 * Returns AURA_OK and sets `client`; free it with aura_client_free(). Returns AURA_INVALID_ARGUMENT
 * if an option or an environment variable is invalid. The error names it.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_client_new(const aura_options *options,
                            aura_client **client,
                            aura_error **error);

/**
 * Frees a client. `client` may be NULL. Running calls of other threads, streams and started calls
 * continue. If nothing else needs the library's thread, it waits up to one second for the end of the
 * thread, except while that runs a log callback.
 *
 * Blocks for at most one second. Since 0.1.0.
 */
void aura_client_free(aura_client *client);

/**
 * Creates a user account. It sends no credential, because the server rejects authenticated requests.
 *
 * `emails` is an array of `emails_len` e-mail addresses. Pass exactly one: the server rejects an
 * account without an address, and this function rejects several. The address is unverified until the
 * user follows the link in the e-mail. Until then calls with the account's credentials return
 * AURA_FORBIDDEN. By creating an account on hex.pm you accept its terms of service,
 * https://hex.pm/policies/termsofservice
 *
 * `options` may be NULL. Returns AURA_OK and sets `user_json` to the new user as JSON; free it with
 * aura_string_free(). Returns AURA_VALIDATION if the server rejects a field:
 * aura_error_field_errors_json() has the reasons. Returns AURA_UNSUPPORTED if the server does not
 * support it, such as hex.pm since September 2026. On every error `user_json` is NULL. If
 * aura_error_outcome_unknown() is 1, the account may exist.
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
 * Starts aura_create_user() without waiting for its result: aura_call_wait() returns it. An invalid
 * argument is reported at once.
 *
 * Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
 * AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
 * `call` is NULL. `options` may be NULL.
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
 * Gets the user that the credential belongs to, with the user's organizations.
 *
 * `options` may be NULL. Returns AURA_OK and sets `user_json` to the user as JSON; free it with
 * aura_string_free(). On an error `user_json` is NULL.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_get_current_user(const aura_client *client,
                                  const aura_options *options,
                                  char **user_json,
                                  aura_error **error);

/**
 * Starts aura_get_current_user() without waiting for its result: aura_call_wait() returns it. An invalid
 * argument is reported at once.
 *
 * Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
 * AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
 * `call` is NULL. `options` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_get_current_user_start(const aura_client *client,
                                        const aura_options *options,
                                        aura_call **call,
                                        aura_error **error);

/**
 * Gets the public record of a user, by username in any letter case, or by an e-mail address that is
 * verified and public. The names "", ".", ".." and "me" are rejected. Any other name is sent as one
 * path segment.
 *
 * `options` may be NULL. Returns AURA_OK and sets `user_json` to the user as JSON; free it with
 * aura_string_free(). Returns AURA_NOT_FOUND if the user does not exist. On every error `user_json`
 * is NULL.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_get_user(const aura_client *client,
                          const char *username_or_email,
                          const aura_options *options,
                          char **user_json,
                          aura_error **error);

/**
 * Starts aura_get_user() without waiting for its result: aura_call_wait() returns it. An invalid
 * argument is reported at once.
 *
 * Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
 * AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
 * `call` is NULL. `options` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_get_user_start(const aura_client *client,
                                const char *username_or_email,
                                const aura_options *options,
                                aura_call **call,
                                aura_error **error);

/**
 * Asks the server to send the user an e-mail with a link to reset the password. Servers that support
 * this return success even if the user does not exist.
 *
 * `options` may be NULL. Returns AURA_OK if the server answers 204, or 200 or 202 with JSON or without a
 * body. Returns AURA_UNSUPPORTED if the server does not support it, such as hex.pm since July 2026.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_reset_user_password(const aura_client *client,
                                     const char *username_or_email,
                                     const aura_options *options,
                                     aura_error **error);

/**
 * Starts aura_reset_user_password() without waiting for its result: aura_call_wait() returns it. An invalid
 * argument is reported at once.
 *
 * Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
 * AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
 * `call` is NULL. `options` may be NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_reset_user_password_start(const aura_client *client,
                                           const char *username_or_email,
                                           const aura_options *options,
                                           aura_call **call,
                                           aura_error **error);

/**
 * Opens the audit log of the credential's user as a stream, newest row first. It starts at the page
 * in the option "page". The first request is sent when you ask for the first row.
 *
 * `options` may be NULL. Returns AURA_OK and sets `logs`; free it with aura_audit_logs_free(). Returns
 * AURA_INVALID_ARGUMENT for an invalid option.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_stream_audit_logs(const aura_client *client,
                                   const aura_options *options,
                                   aura_audit_logs **logs,
                                   aura_error **error);

/**
 * Returns the latest state of the server's rate limit, for the client's credential or the one in
 * `options`. It sends nothing.
 *
 * `options` may be NULL. Returns AURA_OK and sets `rate_limit_json`; free it with aura_string_free().
 * It is {"limit":500,"remaining":499,"resets_in_ms":42000}: the requests allowed in a window, the
 * requests left in this window, and the time until the next window. It is "null" if the state is not
 * known: before the first reply, after the end of the window, and for a server that has no limit, as
 * hexpm has none for clients on its own machine. Returns AURA_INVALID_ARGUMENT for an invalid option.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_client_rate_limit(const aura_client *client,
                                   const aura_options *options,
                                   char **rate_limit_json,
                                   aura_error **error);

/**
 * Returns the next row of the stream, and waits for its page if necessary.
 *
 * Returns AURA_OK and sets `audit_log_json` to the row as JSON; free it with aura_string_free().
 * Returns AURA_END after the last row, also if you call it again. After AURA_END and after an error
 * `audit_log_json` is NULL. After an error the stream keeps its position: the next call requests the
 * same page again. The stream skips nothing, and it never reports a failure as the end.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next(aura_audit_logs *logs,
                                 char **audit_log_json,
                                 aura_error **error);

/**
 * Returns the next row of the stream if its page has arrived. It does not wait. An event loop calls
 * it first, and aura_audit_logs_next_start() if it returns AURA_PENDING.
 *
 * Returns AURA_OK and sets `audit_log_json` as aura_audit_logs_next() does. Returns AURA_PENDING if
 * the row has not arrived, if the stream is at its end, and while another thread uses the stream.
 * Otherwise it returns an error. `audit_log_json` is NULL unless it returns AURA_OK.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_at_hand(aura_audit_logs *logs,
                                         char **audit_log_json,
                                         aura_error **error);

/**
 * Returns the next row of the stream as aura_audit_logs_next() does, as separate fields. You need no
 * JSON library.
 *
 * `action` is what was done. `user_agent` is the program that did it, or NULL if the server recorded
 * none. `params_json` is the details as JSON, "null" if there are none. `audit_log_json` is the whole
 * row as JSON. Each of these four may be NULL: a field is copied only if its pointer is not NULL. The
 * stream owns the strings. They are valid until the next aura_audit_logs_next_fields() on the stream
 * or until you free it, so only one thread at a time may call this function on a stream. A NUL
 * character in a string is replaced by U+FFFD.
 *
 * Returns AURA_OK, AURA_END or an error, as aura_audit_logs_next() does. The four pointers are set to
 * NULL unless it returns AURA_OK.
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
 * Returns the next page of the stream: the rest of the current page, or the page after it.
 *
 * Returns AURA_OK and sets `audit_logs_json` to a JSON array of at least one row; free it with
 * aura_string_free(). Returns AURA_END after the last page. Errors are those of
 * aura_audit_logs_next().
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next_page(aura_audit_logs *logs,
                                      char **audit_logs_json,
                                      aura_error **error);

/**
 * Returns the same rows as aura_audit_logs_next_page(), as a text that you can split without a JSON
 * parser. Most programs look at the action of a row, and decode only the rows that they need.
 *
 * Each row consists of two texts: its action as a JSON string, and the whole row as JSON. The
 * character U+001E follows each text. No JSON contains this character, because JSON escapes it.
 *
 * Returns AURA_OK and sets `rows` to at least one row; free it with aura_string_free(). Returns
 * AURA_END after the last page. Errors are those of aura_audit_logs_next().
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_audit_logs_next_rows(aura_audit_logs *logs, char **rows, aura_error **error);

/**
 * Returns the next page of the stream if it has arrived. It does not wait. An event loop calls it
 * first, and aura_audit_logs_next_page_start() if it returns AURA_PENDING.
 *
 * Returns AURA_OK and sets `audit_logs_json` as aura_audit_logs_next_page() does. Returns
 * AURA_PENDING if the page has not arrived, if the stream is at its end, and while another thread
 * uses the stream. Otherwise it returns an error. `audit_logs_json` is NULL unless it returns
 * AURA_OK.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_page_at_hand(aura_audit_logs *logs,
                                              char **audit_logs_json,
                                              aura_error **error);

/**
 * Starts aura_audit_logs_next() without waiting for its result: aura_call_wait() returns it. Calls
 * on one stream are served in the order in which they were started.
 *
 * Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
 * AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
 * `call` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_start(aura_audit_logs *logs,
                                       aura_call **call,
                                       aura_error **error);

/**
 * Starts aura_audit_logs_next_page() without waiting for its result, like
 * aura_audit_logs_next_start().
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_page_start(aura_audit_logs *logs,
                                            aura_call **call,
                                            aura_error **error);

/**
 * Starts aura_audit_logs_next_rows() without waiting for its result, like
 * aura_audit_logs_next_start().
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_audit_logs_next_rows_start(aura_audit_logs *logs,
                                            aura_call **call,
                                            aura_error **error);

/**
 * Returns the page of the next row, counted from 1. To continue later, pass it as the option "page".
 *
 * After the end, it is the last page with rows, or the first page requested if none had rows. While
 * another thread waits for a page, it is the page at which that call started. It is 0 for NULL.
 *
 * Does not block. Since 0.1.0.
 */
uint64_t aura_audit_logs_page(const aura_audit_logs *logs);

/**
 * Frees a stream at any position. `logs` may be NULL. Calls that were started continue.
 *
 * Blocks for at most one second. Since 0.1.0.
 */
void aura_audit_logs_free(aura_audit_logs *logs);

/**
 * Waits up to `timeout_ms` milliseconds until the call ends, and takes its result. A negative
 * `timeout_ms` waits without a limit, and 0 does not wait.
 *
 * Returns AURA_PENDING if the time expires first. Then `json` and `error` are NULL, and the call
 * continues. Otherwise it returns what the blocking function returns: AURA_OK with the JSON in `json`
 * ("null" for a call without a result); free it with aura_string_free(). AURA_END at the end of a
 * stream. Or the error of the call. You can take a result only once: the next time it returns
 * AURA_INVALID_ARGUMENT. `json` must not be NULL, also for a call without a result.
 *
 * In a forked child it returns AURA_CANCELLED for a call of the parent. A log callback on the
 * library's own thread must not wait: it gets AURA_INVALID_ARGUMENT, unless `timeout_ms` is 0 or the
 * call has ended.
 *
 * Blocks. Since 0.1.0.
 */
aura_status aura_call_wait(aura_call *call,
                           int64_t timeout_ms,
                           char **json,
                           aura_error **error);

/**
 * Returns AURA_PENDING while the call runs, and its final status afterwards. It does not wait and
 * does not take the result. Returns AURA_INVALID_ARGUMENT for NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_call_poll(const aura_call *call);

/**
 * Returns a descriptor that becomes readable when the call ends. Watch it with poll(), epoll or
 * kqueue. The first call opens it, and later calls return the same one. The call owns it, and closes
 * it when you free the call. For many calls at once, an aura_completions needs only one descriptor.
 *
 * It is an eventfd on Linux and a socket elsewhere. You may duplicate it, for event loops that close
 * their descriptors. The duplicate becomes readable too, also after the call is freed. Do not read
 * from it, because it is not readable afterwards.
 *
 * In a forked child a call of the parent gets another descriptor, which is readable at once.
 *
 * Returns -1 for NULL, on Windows, and if the process has no free descriptor.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_call_fd(aura_call *call);

/**
 * Cancels the call without waiting for its end. aura_call_wait() then returns AURA_CANCELLED, or the
 * result if that arrived first. A stream keeps its position. aura_error_outcome_unknown() returns
 * whether the server may have completed the request.
 *
 * `call` may be NULL, and it may have ended.
 *
 * Does not block. Since 0.1.0.
 */
void aura_call_cancel(aura_call *call);

/**
 * Cancels the call because a deadline of yours has expired: aura_call_wait() then returns
 * AURA_TIMEOUT, or the result if that arrived first. `call` may be NULL, and it may have ended.
 *
 * Does not block. Since 0.1.0.
 */
void aura_call_expire(aura_call *call);

/**
 * Frees a call in any state. `call` may be NULL. A running call is cancelled, also for a thread that
 * waits for it. A result that was not taken is lost, and so is its row or page of a stream.
 *
 * Blocks for at most one second. Since 0.1.0.
 */
void aura_call_free(aura_call *call);

/**
 * Creates an empty queue. It opens no descriptor before you call aura_completions_fd(). Never returns
 * NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_completions *aura_completions_new(void);

/**
 * Attaches a call to a queue: when `call` ends, `token` is put into `queue`; at once if it has ended.
 *
 * The queue gets one token for each time that you attach the call, also if the call is cancelled or
 * freed before its end. A token is any number. Several calls may have the same token.
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
 * Waits up to `timeout_ms` milliseconds until a call ends, and writes the tokens of up to `capacity`
 * calls to `tokens`, in the order in which they ended. A negative `timeout_ms` waits without a limit,
 * and 0 does not wait. Get the result of each call with aura_call_wait().
 *
 * Returns the number of tokens. It is 0 if the time expires, after aura_completions_wake(), and in
 * the child of a thread that forks inside this function. Returns -1 if the queue is freed meanwhile,
 * and at once if `queue` or `tokens` is NULL or `capacity` is 0.
 *
 * It does not wait if a log callback calls it on the library's own thread.
 *
 * Blocks. Since 0.1.0.
 */
int32_t aura_completions_wait(aura_completions *queue,
                              int64_t timeout_ms,
                              uint64_t *tokens,
                              size_t capacity);

/**
 * Ends one aura_completions_wait(): the current one, or else the next one. Several calls before that
 * count as one. The descriptor is readable until then. `queue` may be NULL. Any thread may call it.
 *
 * Does not block. Since 0.1.0.
 */
void aura_completions_wake(aura_completions *queue);

/**
 * Returns a descriptor that is readable while aura_completions_wait() would return at once. Watch it
 * with poll(), epoll, kqueue or libuv. The first call opens it, and later calls return the same one.
 * The queue owns it, and closes it when you free the queue.
 *
 * It is a socket. You may duplicate it, and close the duplicate. You may read from it, as event loops
 * for streams do: its bytes have no meaning. When it is readable, call aura_completions_wait() with a
 * `timeout_ms` of 0 until it returns fewer tokens than `capacity`.
 *
 * In a forked child the queue has another descriptor.
 *
 * Returns -1 for NULL, on Windows, and if the process has no free descriptor.
 *
 * Does not block. Since 0.1.0.
 */
int32_t aura_completions_fd(aura_completions *queue);

/**
 * Frees a queue. `queue` may be NULL. Attached calls continue, and their tokens are dropped.
 *
 * If a thread waits in aura_completions_wait(), it returns -1, and the thread must not use the queue
 * again. To end such threads first: set a flag of your own, call aura_completions_wake(), and join
 * them.
 *
 * Does not block. Since 0.1.0.
 */
void aura_completions_free(aura_completions *queue);

/**
 * Gets one value of a JSON text. `pointer` is a JSON pointer (RFC 6901), such as "/username" or
 * "/packages/0/name". "" is the whole text. In a name, write "~1" for "/" and "~0" for "~".
 *
 * Returns AURA_OK and sets `value` to the value as text; free it with aura_string_free(). A string is
 * decoded. A number, true, false, an object or an array is copied as it is in the JSON. `value` is
 * NULL if the value does not exist or is null. Returns AURA_INVALID_ARGUMENT if `json` or `pointer` is
 * not valid, or if the string contains a NUL character.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_json_get(const char *json,
                          const char *pointer,
                          char **value,
                          aura_error **error);

/**
 * Sets the log callback of the process. It gets all lines of the level `lowest` and above. It
 * replaces the previous callback. `callback` may be NULL, which disables the callback.
 *
 * It returns when no thread runs the previous callback, so that you may free its `user_data`. It waits
 * for at most one second. If you hold a lock that the callback needs, it returns while the callback
 * still runs, and `user_data` must stay valid. If a callback calls it, it returns without waiting. In
 * a forked child it waits only for threads of the child.
 *
 * Blocks for at most one second. Since 0.1.0.
 */
void aura_log_set(aura_log_callback callback,
                  void *user_data,
                  aura_log_level lowest);

/**
 * Stores the log lines of the process for aura_log_take(): the newest `most` lines of the level
 * `lowest` and above, 65536 lines at most. A `most` of 0 drops the stored lines and stops storing.
 * The callback of aura_log_set() gets its lines in any case.
 *
 * A forked child stores lines too, and starts without any.
 *
 * Does not block. Since 0.1.0.
 */
void aura_log_keep(aura_log_level lowest, size_t most);

/**
 * Returns the stored log lines, oldest first, and removes them from the store of aura_log_keep().
 *
 * Returns AURA_OK and sets `json` to a JSON object; free it with aura_string_free():
 * {"dropped":0,"lines":[{"level":"debug","text":"GET /users/me: request (attempt 1, status 200,
 * 12 ms)","time_ms":1795434645977,"message":"request","method":"GET","route":"/users/me",
 * "attempt":1,"status":200,"kind":null,"elapsed_ms":12.3,"request_id":null}]}. "dropped" is the
 * number of lines that were dropped because the store was full. "text" is the line that a callback
 * gets. "time_ms" is its time, in milliseconds since 1970. Returns AURA_END if there is no line. Then
 * `json` is NULL.
 *
 * Does not block. Since 0.1.0.
 */
aura_status aura_log_take(char **json,
                          aura_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AURA_USERS_H */
