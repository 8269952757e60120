/*
 * http.h - one HTTP/1.1 request over a socket, without the library: for the sandbox's admin API,
 * the links in its mail, and making a key. Loopback only.
 */
#ifndef HTTP_H
#define HTTP_H

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Sends a request and returns the reply's status, or 0 if no reply came. `authorization` and
 * `json` may be NULL. The reply's body goes to `*body`, to be freed, unless `body` is NULL.
 */
static inline int http_request(const char *method, const char *url, const char *authorization,
                               const char *json, char **body)
{
    unsigned port = 0;
    int path_at = 0, status = 0;
    if (body)
        *body = NULL;
    if (sscanf(url, "http://127.0.0.1:%u%n", &port, &path_at) != 1)
        return 0;

    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (socket_fd < 0 || connect(socket_fd, (struct sockaddr *)&address, sizeof address) != 0)
        check_give_up(url);

    char head[2048];
    int length = snprintf(head, sizeof head,
                          "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                          "User-Agent: a person\r\n%s%s%sContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          method, url[path_at] ? url + path_at : "/", port,
                          authorization ? "Authorization: " : "", authorization ? authorization : "",
                          authorization ? "\r\n" : "", json ? strlen(json) : 0);
    if (length < 0 || (size_t)length >= sizeof head)
        check_give_up("a request's head is too long");
    send(socket_fd, head, (size_t)length, MSG_NOSIGNAL);
    if (json)
        send(socket_fd, json, strlen(json), MSG_NOSIGNAL);

    char *reply = NULL;
    size_t filled = 0, room = 0;
    ssize_t count;
    do {
        if (filled + 1 >= room)
            reply = realloc(reply, room = room * 2 + 4096);
        if (!reply)
            check_give_up("no memory");
        count = recv(socket_fd, reply + filled, room - filled - 1, 0);
        filled += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    reply[filled] = '\0';
    close(socket_fd);

    const char *text = strstr(reply, "\r\n\r\n");
    if (!text || sscanf(reply, "HTTP/1.1 %d", &status) != 1)
        status = 0;
    else if (body)
        *body = strdup(text + 4);
    free(reply);
    return status;
}

#endif
