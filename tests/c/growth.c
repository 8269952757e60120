/*
 * growth.c - a process that makes 100,000 calls has no more at the end than early on: no more
 * memory, descriptors and threads.
 *
 *     growth path/to/aura-sandbox        (the sandbox is not used: it would take minutes)
 */
#include "check.h"
#include "json_peek.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS = 100000, EARLY = 20000 };

static const char found[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "Content-Length: 19\r\n\r\n{\"username\":\"eric\"}";
static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                              "Content-Length: 38\r\n\r\n{\"message\":\"Page not found\",\"status\":4}";
static const char logs[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Content-Length: 57\r\n\r\n[{\"action\":\"a\",\"params\":{}},"
                           "{\"action\":\"b\",\"params\":null}]";

/* One kept-alive connection: requests come one at a time. */
static void *answer(void *argument)
{
    int connection = *(int *)argument;
    char request[4096];
    size_t length = 0;
    ssize_t count;
    free(argument);
    while ((count = recv(connection, request + length, sizeof request - 1 - length, 0)) > 0) {
        request[length += (size_t)count] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        const char *reply = strstr(request, "nobody") ? missing
                            : strstr(request, "audit-logs") ? logs : found;
        send(connection, reply, strlen(reply), MSG_NOSIGNAL);
        length = 0;
    }
    close(connection);
    return NULL;
}

static void *serve(void *argument)
{
    int listener = *(int *)argument, connection, yes = 1;
    while ((connection = accept(listener, NULL, NULL)) >= 0 || errno == EINTR) {
        pthread_t thread;
        int *kept = malloc(sizeof *kept);
        if (!kept)
            check_give_up("no memory");
        *kept = connection;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (pthread_create(&thread, NULL, answer, kept) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

/* A number in /proc/self/status, such as VmRSS in kB. */
static long process(const char *name)
{
    char line[256], format[64];
    long value = -1;
    FILE *status = fopen("/proc/self/status", "r");
    snprintf(format, sizeof format, "%s: %%ld", name);
    while (status && value < 0 && fgets(line, sizeof line, status))
        if (sscanf(line, format, &value) != 1)
            value = -1;
    if (status)
        fclose(status);
    return value;
}

static int descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

/* Calls of every kind. Every result is freed. */
static int one_call(aura_client *client, int number)
{
    char *json = NULL;
    aura_error *error = NULL;
    aura_call *call = NULL;
    aura_audit_logs *stream = NULL;
    aura_options *options = NULL;
    aura_status status, expected = AURA_OK;

    switch (number % 8) {
    case 0:
        status = aura_get_user(client, "nobody", NULL, &json, &error);
        expected = AURA_NOT_FOUND;
        if (error && !strstr(aura_error_json(error), "not_found"))
            expected = AURA_INTERNAL;
        break;
    case 1:
        options = aura_options_new();
        set_option(options, "timeout", "20");
        status = aura_get_user(client, "eric", options, &json, &error);
        break;
    case 2:
        status = aura_get_user_start(client, "eric", NULL, &call, &error);
        if (status == AURA_OK && aura_call_fd(call) >= 0)
            status = aura_call_wait(call, -1, &json, &error);
        break;
    case 3:
        status = aura_stream_audit_logs(client, NULL, &stream, &error);
        if (status == AURA_OK)
            status = aura_audit_logs_next(stream, &json, &error);
        break;
    default:
        status = aura_get_user(client, "eric", NULL, &json, &error);
    }
    aura_options_free(options);
    aura_audit_logs_free(stream);
    aura_call_free(call);
    aura_string_free(json);
    aura_error_free(error);
    return status == expected;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: growth AURA_SANDBOX");
    (void)argv;
    bound_alarm(300);
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    pthread_t thread;
    char url[64];
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&thread, NULL, serve, &listener) != 0)
        check_give_up("no server");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/api", (unsigned)ntohs(address.sin_port));
    aura_client *client = new_client(url, "key");

    long memory = 0, threads = 0;
    int good = 0, open = 0;
    for (int call = 0; call < CALLS; call++) {
        if (call == EARLY)
            memory = process("VmRSS");
        /* A freed stream drops the connection of a requested page, and the next call opens another.
           So take the maximum of many moments. The server of this program has threads too. */
        if (call > EARLY / 2 && call <= EARLY && call % 100 == 0) {
            threads = process("Threads") > threads ? process("Threads") : threads;
            open = descriptors() > open ? descriptors() : open;
        }
        good += one_call(client, call);
    }
    CHECK_INT(good, CALLS);
    printf("after %d calls %ld kB, after %d calls %ld kB\n", EARLY, memory, CALLS,
           process("VmRSS"));
    CHECK(memory > 0 && process("VmRSS") <= memory + 256);
    /* The server may still have to close the last dropped connection. */
    for (unsigned second = 0; second < bound_seconds(60); second++) {
        if (process("Threads") <= threads && descriptors() <= open)
            break;
        sleep(1);
    }
    CHECK(process("Threads") <= threads);
    CHECK(descriptors() <= open);

    aura_client_free(client);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    return check_finish("growth");
}
