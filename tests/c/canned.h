/*
 * canned.h - a server in a thread that sends the same reply to every request.
 */
#ifndef CANNED_H
#define CANNED_H

#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct canned {
    const char *status, *type, *body; /* the reply */
    char url[64];
    int listener;
    pthread_t thread;
};

static inline void canned_send(int connection, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = send(connection, text, length, MSG_NOSIGNAL);
        if (count <= 0)
            return; /* the client has disconnected */
        text += count;
        length -= (size_t)count;
    }
}

/* A connection brings one request, which ends with an empty line. */
static inline void *canned_serve(void *argument)
{
    struct canned *canned = argument;
    int connection;
    while ((connection = accept(canned->listener, NULL, NULL)) >= 0 || errno == EINTR) {
        char request[4096] = "", head[256];
        size_t length = 0;
        ssize_t count = 1;
        while (!strstr(request, "\r\n\r\n") && count > 0 && length + 1 < sizeof request) {
            count = recv(connection, request + length, sizeof request - 1 - length, 0);
            length += count > 0 ? (size_t)count : 0;
            request[length] = '\0';
        }
        snprintf(head, sizeof head,
                 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                 "Connection: close\r\n\r\n",
                 canned->status, canned->type, strlen(canned->body));
        canned_send(connection, head, strlen(head));
        canned_send(connection, canned->body, strlen(canned->body));
        shutdown(connection, SHUT_WR);
        /* Read to the end, because a reset would overtake the reply. */
        while (recv(connection, request, sizeof request, 0) > 0)
            ;
        close(connection);
    }
    return NULL;
}

static inline void canned_start(struct canned *canned, const char *status, const char *type,
                                const char *body)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    memset(canned, 0, sizeof *canned);
    canned->status = status;
    canned->type = type;
    canned->body = body;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    canned->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (canned->listener < 0 ||
        bind(canned->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(canned->listener, 16) != 0 ||
        getsockname(canned->listener, (struct sockaddr *)&address, &length) != 0)
        check_give_up("no port");
    snprintf(canned->url, sizeof canned->url, "http://127.0.0.1:%u/api",
             (unsigned)ntohs(address.sin_port));
    if (pthread_create(&canned->thread, NULL, canned_serve, canned) != 0)
        check_give_up("no thread");
}

static inline void canned_stop(struct canned *canned)
{
    shutdown(canned->listener, SHUT_RDWR);
    pthread_join(canned->thread, NULL);
    close(canned->listener);
}

#endif
