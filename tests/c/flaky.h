/*
 * flaky.h - a server of one audit log in a thread. It can fail a page once, and counts the
 * requests.
 */
#ifndef FLAKY_H
#define FLAKY_H

#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FLAKY_PAGES = 16 };

struct flaky {
    int rows;          /* in the whole log; the nth has {"n": n} in its params */
    int failing_page;  /* its first request fails; 0 for none */
    int failure;       /* how: an HTTP status, or 0 to close within the body */
    char url[64];
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked_changed;
    int asked[FLAKY_PAGES]; /* requests for each page */
};

static inline void flaky_reply(struct flaky *flaky, int connection, int page)
{
    static char body[100 * 64], head[128];
    size_t filled = 0;
    int first = (page - 1) * 100 + 1, last = page * 100 < flaky->rows ? page * 100 : flaky->rows;

    for (int n = first; n <= last; n++)
        filled += (size_t)snprintf(body + filled, sizeof body - filled,
                                   "%c{\"action\":\"test\",\"params\":{\"n\":%d}}",
                                   n == first ? '[' : ',', n);
    snprintf(body + filled, sizeof body - filled, "%s", filled ? "]" : "[]");
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n", strlen(body));
    send(connection, head, strlen(head), MSG_NOSIGNAL);
    send(connection, body, strlen(body), MSG_NOSIGNAL);
}

static inline void flaky_fail(struct flaky *flaky, int connection)
{
    char reply[128];
    snprintf(reply, sizeof reply,
             "HTTP/1.1 %d Words\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
             "Connection: close\r\n\r\n[{",
             flaky->failure ? flaky->failure : 200, flaky->failure ? 2 : 100);
    send(connection, reply, strlen(reply), MSG_NOSIGNAL);
}

static inline void *flaky_serve(void *argument)
{
    struct flaky *flaky = argument;
    int connection;
    while ((connection = accept(flaky->listener, NULL, NULL)) >= 0 || errno == EINTR) {
        char request[4096] = "";
        size_t length = 0;
        ssize_t count = 1;
        int page = 0;
        while (!strstr(request, "\r\n\r\n") && count > 0 && length + 1 < sizeof request) {
            count = recv(connection, request + length, sizeof request - 1 - length, 0);
            length += count > 0 ? (size_t)count : 0;
            request[length] = '\0';
        }
        if (sscanf(request, "GET /api/users/me/audit-logs?page=%d ", &page) == 1 && page > 0 &&
            page < FLAKY_PAGES) {
            pthread_mutex_lock(&flaky->lock);
            int fails = flaky->asked[page]++ == 0 && page == flaky->failing_page;
            pthread_cond_broadcast(&flaky->asked_changed);
            pthread_mutex_unlock(&flaky->lock);
            if (fails)
                flaky_fail(flaky, connection);
            else
                flaky_reply(flaky, connection, page);
        }
        close(connection);
    }
    return NULL;
}

/* The caller sets `rows`, `failing_page` and `failure`. */
static inline void flaky_start(struct flaky *flaky)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    flaky->listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_mutex_init(&flaky->lock, NULL);
    pthread_cond_init(&flaky->asked_changed, NULL);
    if (flaky->listener < 0 ||
        bind(flaky->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(flaky->listener, 64) != 0 ||
        getsockname(flaky->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&flaky->thread, NULL, flaky_serve, flaky) != 0)
        check_give_up("no server");
    snprintf(flaky->url, sizeof flaky->url, "http://127.0.0.1:%u/api",
             (unsigned)ntohs(address.sin_port));
}

static inline int flaky_asked(struct flaky *flaky, int page)
{
    pthread_mutex_lock(&flaky->lock);
    int asked = flaky->asked[page];
    pthread_mutex_unlock(&flaky->lock);
    return asked;
}

/* Waits until a page is requested. Returns false after a minute without a request. */
static inline int flaky_wait_for(struct flaky *flaky, int page)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += bound_seconds(60);
    pthread_mutex_lock(&flaky->lock);
    while (flaky->asked[page] == 0 &&
           pthread_cond_timedwait(&flaky->asked_changed, &flaky->lock, &until) == 0)
        continue;
    int asked = flaky->asked[page] > 0;
    pthread_mutex_unlock(&flaky->lock);
    return asked;
}

static inline void flaky_stop(struct flaky *flaky)
{
    shutdown(flaky->listener, SHUT_RDWR); /* ends accept() */
    pthread_join(flaky->thread, NULL);
    close(flaky->listener);
    pthread_cond_destroy(&flaky->asked_changed);
    pthread_mutex_destroy(&flaky->lock);
}

#endif
