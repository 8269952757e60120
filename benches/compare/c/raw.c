/* The limit: a request made beforehand, a socket, and the bytes of the reply counted. */
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int socket;
    char host[64];
    char buffer[1 << 17];
} client;

/* The length of the reply's body. */
static long get(client *c, const char *path)
{
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nhost: %s\r\nuser-agent: raw\r\n"
                          "accept: application/json\r\nauthorization: key\r\n\r\n",
                          path, c->host);
    if (write(c->socket, request, length) != length)
        fail("write");
    long filled = 0, body = -1, head = 0;
    while (body < 0 || filled < head + body) {
        ssize_t count = read(c->socket, c->buffer + filled, sizeof c->buffer - 1 - filled);
        if (count <= 0)
            fail("read");
        filled += count;
        c->buffer[filled] = 0;
        if (body < 0) {
            char *end = strstr(c->buffer, "\r\n\r\n");
            char *field = strstr(c->buffer, "content-length: ");
            if (!end || !field)
                continue;
            head = end + 4 - c->buffer;
            body = atol(field + 16);
        }
    }
    return body;
}

static void user(void *context, bench *b)
{
    b->checksum += get(context, "/api/users/orguser");
}

static void stream(void *context, bench *b)
{
    char path[64];
    long length = 0, page = 1;
    do {
        snprintf(path, sizeof path, "/api/users/me/audit-logs?page=%ld", page++);
        length = get(context, path);
        b->checksum += length;
    } while (length > 2);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        fail("usage: raw JOB URL COUNT WARM_UP");
    static client c;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int port, one = 1;
    if (sscanf(argv[2], "http://127.0.0.1:%d", &port) != 1)
        fail("URL");
    snprintf(c.host, sizeof c.host, "127.0.0.1:%d", port);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c.socket = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c.socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    void (*operation)(void *, bench *) = strcmp(argv[1], "user") == 0 ? user : stream;
    bench_run(atol(argv[3]), atol(argv[4]), operation, &c);
    return 0;
}
