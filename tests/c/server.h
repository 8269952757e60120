/*
 * server.h - a server of this project as a child process.
 *
 * It prints one line when it is ready, and ends when the pipe that is its standard input closes:
 * with server_stop(), or with this program however that ends.
 */
#ifndef SERVER_H
#define SERVER_H

#include "check.h"
#include "json_peek.h"

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
    pid_t pid;
    int lifeline;
    char ready[1024]; /* the line: a JSON object */
    char *url;        /* its "url" */
};

static inline void server_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        check_give_up("no pipe");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

/* `arguments` as for execv(): the program first, NULL last. */
static inline struct server server_start(char *const arguments[])
{
    struct server server = {0};
    int in[2], out[2];

    server_pipe(in);
    server_pipe(out);
    server.pid = fork();
    if (server.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execv(arguments[0], arguments);
        perror(arguments[0]);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server.lifeline = in[1];

    size_t length = 0;
    ssize_t count;
    while (length + 1 < sizeof server.ready && !strchr(server.ready, '\n') &&
           (count = read(out[0], server.ready + length, sizeof server.ready - 1 - length)) > 0)
        length += (size_t)count;
    close(out[0]);
    server.url = json_text(json_member(server.ready, "url"));
    if (!server.url)
        check_give_up(arguments[0]);
    return server;
}

static inline void server_stop(struct server *server)
{
    close(server->lifeline);
    waitpid(server->pid, NULL, 0);
    free(server->url);
    server->url = NULL;
}

#endif
