/*
 * sigpipe.c - a host that does not handle SIGPIPE, and servers that close during a request: the
 * call fails, and the host goes on. Its own handling of the signal stays.
 *
 *     sigpipe path/to/aura-sandbox        (the sandbox is not used)
 */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Accepts connections, reads a few bytes, and closes without reading the rest. */
static void *close_early(void *argument)
{
    int listener = *(int *)argument, connection;
    char some[16];
    struct linger at_once = {1, 0};
    while ((connection = accept(listener, NULL, NULL)) >= 0 || errno == EINTR) {
        if (recv(connection, some, sizeof some, 0) < 0)
            continue;
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(connection);
    }
    return NULL;
}

static int sigpipe_is_blocked(void)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, SIGPIPE);
}

static int sigpipe_is_pending(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE);
}

/* Requests that are too large for one write: an account with a password of 256 kB, and a page
   requested with a key of that size. The server closes while they are written. This thread writes
   blocking requests, the library's thread writes the others. */
static void write_to_a_closing_server(const aura_client *client, const char *password)
{
    const char *emails[] = {"new@example.com"};
    for (int round = 0; round < 5; round++) {
        char *json;
        aura_call *call;
        aura_error *error;
        CHECK_STATUS(aura_create_user(client, "new", password, emails, 1, NULL, &json, &error),
                     AURA_CONNECT, error);
        CHECK(strstr(aura_error_message(error), "xxxx") == NULL);
        aura_error_free(error);
        CHECK_STATUS(aura_create_user_start(client, "new", password, emails, 1, NULL, &call, NULL),
                     AURA_OK, NULL);
        CHECK_STATUS(aura_call_wait(call, -1, &json, NULL), AURA_CONNECT, NULL);
        aura_call_free(call);
        aura_audit_logs *logs;
        CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
        CHECK_STATUS(aura_audit_logs_next(logs, &json, &error), AURA_CONNECT, error);
        aura_error_free(error);
        CHECK_STATUS(aura_audit_logs_next_start(logs, &call, NULL), AURA_OK, NULL);
        CHECK_STATUS(aura_call_wait(call, -1, &json, NULL), AURA_CONNECT, NULL);
        aura_call_free(call);
        aura_audit_logs_free(logs);
    }
}

/* A client that sends this key, directly or to a proxy. */
static aura_client *client_with(const char *url, const char *key, const char *proxy)
{
    aura_options *options = aura_options_new();
    aura_client *client;
    set_option(options, "env", "false");
    set_option(options, "repo_url", url);
    set_option(options, "api_key", key);
    set_option(options, "max_retries", "0");
    set_option(options, "proxy", proxy);
    set_patience(options);
    CHECK_STATUS(aura_client_new(options, &client, NULL), AURA_OK, NULL);
    aura_options_free(options);
    return client;
}

/* Checks that SIGPIPE still ends a process that uses the default action. */
static void check_default_action(void)
{
    int ends[2];
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (pipe(ends) == 0 && close(ends[0]) == 0 && write(ends[1], "x", 1) != 1)
            _exit(1);
        _exit(0);
    }
    CHECK_INT(child_status(child), -SIGPIPE);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: sigpipe AURA_SANDBOX");
    (void)argv;
    bound_alarm(300);
    signal(SIGPIPE, SIG_DFL); /* independent of the state at the start */

    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), little = 1024;
    pthread_t thread;
    /* With these buffers, the client's kernel takes about 40 kB of a request at once, not 4 MB. */
    if (listener < 0 ||
        setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &little, sizeof little) != 0 ||
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof little) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&thread, NULL, close_early, &listener) != 0)
        check_give_up("no server");
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/api", (unsigned)ntohs(address.sin_port));
    size_t size = 256u << 10;
    char *password = malloc(size + 1);
    if (!password)
        check_give_up("no memory");
    memset(password, 'x', size);
    password[size] = '\0';
    /* The calling thread writes direct requests. The library's thread writes requests to a proxy. */
    aura_client *client = client_with(url, password, NULL);
    aura_client *proxied = client_with("http://localhost:1/api", password, url);

    CHECK(!sigpipe_is_blocked());
    write_to_a_closing_server(client, password);
    write_to_a_closing_server(proxied, password);
    CHECK(!sigpipe_is_blocked());
    CHECK(!sigpipe_is_pending());
    if (getenv("AURA_MEMORY_IS_WATCHED"))
        check_skip("the default of SIGPIPE", "the child that it ends has leaks of its parent's threads");
    else
        check_default_action();

    /* A host that blocks the signal itself finds its mask unchanged. */
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only, NULL);
    write_to_a_closing_server(client, password);
    CHECK(sigpipe_is_blocked());

    free(password);
    aura_client_free(client);
    aura_client_free(proxied);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    return check_finish("sigpipe");
}
