/*
 * mute.h - a server in a thread that takes requests and answers only after mute_answer(). Then
 * every request gets the same reply: a user, unless the test sets another.
 */
#ifndef MUTE_H
#define MUTE_H

#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MUTE_CONNECTIONS = 512 };

struct mute {
    char url[64];
    int listener, connections[MUTE_CONNECTIONS], open;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int asked;   /* complete requests */
    int answers; /* whether requests are answered from now on */
    int status;  /* the reply: set it before the first request */
    const char *json;
};

#define MUTE_USER "{\"username\":\"late\"}"

static inline void mute_answer_one(const struct mute *mute, int connection)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %d Words\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                          mute->status, strlen(mute->json));
    send(connection, head, (size_t)length, MSG_NOSIGNAL);
    send(connection, mute->json, strlen(mute->json), MSG_NOSIGNAL);
    shutdown(connection, SHUT_WR);
}

/* One thread for all connections. Each brings one request, which ends with an empty line. */
static inline void *mute_serve(void *argument)
{
    struct mute *mute = argument;
    int connection;
    while ((connection = accept(mute->listener, NULL, NULL)) >= 0 || errno == EINTR) {
        char request[4096] = "";
        size_t length = 0;
        ssize_t count = 1;
        while (!strstr(request, "\r\n\r\n") && count > 0 && length + 1 < sizeof request) {
            count = recv(connection, request + length, sizeof request - 1 - length, 0);
            length += count > 0 ? (size_t)count : 0;
            request[length] = '\0';
        }
        pthread_mutex_lock(&mute->lock);
        if (mute->open == MUTE_CONNECTIONS)
            check_give_up("too many connections");
        mute->connections[mute->open++] = connection;
        mute->asked++;
        if (mute->answers)
            mute_answer_one(mute, connection);
        pthread_cond_broadcast(&mute->changed);
        pthread_mutex_unlock(&mute->lock);
    }
    return NULL;
}

static inline void mute_start(struct mute *mute)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    memset(mute, 0, sizeof *mute);
    mute->status = 200;
    mute->json = MUTE_USER;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    mute->listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_mutex_init(&mute->lock, NULL);
    pthread_cond_init(&mute->changed, NULL);
    if (mute->listener < 0 ||
        bind(mute->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(mute->listener, MUTE_CONNECTIONS) != 0 ||
        getsockname(mute->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&mute->thread, NULL, mute_serve, mute) != 0)
        check_give_up("no server");
    snprintf(mute->url, sizeof mute->url, "http://127.0.0.1:%u/api",
             (unsigned)ntohs(address.sin_port));
}

/* Waits until `count` requests have come. Returns false after a minute. */
static inline int mute_wait_for(struct mute *mute, int count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += bound_seconds(60);
    pthread_mutex_lock(&mute->lock);
    while (mute->asked < count &&
           pthread_cond_timedwait(&mute->changed, &mute->lock, &until) == 0)
        continue;
    int enough = mute->asked >= count;
    pthread_mutex_unlock(&mute->lock);
    return enough;
}

/* Answers all requests so far, and all later ones. */
static inline void mute_answer(struct mute *mute)
{
    pthread_mutex_lock(&mute->lock);
    for (int i = 0; i < mute->open; i++)
        mute_answer_one(mute, mute->connections[i]);
    mute->answers = 1;
    pthread_mutex_unlock(&mute->lock);
}

static inline void mute_stop(struct mute *mute)
{
    shutdown(mute->listener, SHUT_RDWR); /* ends accept() */
    pthread_join(mute->thread, NULL);
    for (int i = 0; i < mute->open; i++)
        close(mute->connections[i]);
    close(mute->listener);
    pthread_cond_destroy(&mute->changed);
    pthread_mutex_destroy(&mute->lock);
}

#endif
