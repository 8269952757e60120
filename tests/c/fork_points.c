/*
 * fork_points.c - a signal handler forks exactly when a blocking call takes a connection: when it
 * checks an idle one, when a new one is there, and when the call starts. The child leaves the
 * connection to its parent, and the parent's next calls get their own replies.
 *
 *     fork_points path/to/aura-sandbox
 */
#define _DEFAULT_SOURCE /* syscall() */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char *const POINTS[] = {
    "the check of an idle connection",
    "the end of connect()",
    "the creation of the wake-up, before it",
    "the creation of the wake-up, after it",
};
enum { IDLE_CHECK, CONNECTED, BEFORE_WAKEUP, AFTER_WAKEUP };

static int armed = -1; /* the point of the next signal */
static volatile sig_atomic_t child = -1;

static void fork_now(int number)
{
    (void)number;
    child = (sig_atomic_t)fork();
}

static void strike(int point)
{
    if (armed == point) {
        armed = -1;
        raise(SIGUSR1);
    }
}

/* These stand in for those of the C library. */
ssize_t recv(int socket, void *buffer, size_t length, int flags)
{
    long result = syscall(SYS_recvfrom, socket, buffer, length, flags, NULL, NULL);
    int before = errno;
    strike(IDLE_CHECK);
    errno = before;
    return result;
}

int getsockopt(int socket, int level, int name, void *value, socklen_t *length)
{
    long result = syscall(SYS_getsockopt, socket, level, name, value, length);
    strike(CONNECTED);
    return (int)result;
}

int eventfd(unsigned initial, int flags);
int eventfd(unsigned initial, int flags)
{
    strike(BEFORE_WAKEUP);
    long result = syscall(SYS_eventfd2, initial, flags);
    strike(AFTER_WAKEUP);
    return (int)result;
}

static int is_record(const aura_client *client, const char *name)
{
    char *json = NULL;
    int good = aura_get_user(client, name, NULL, &json, NULL) == AURA_OK &&
               json_is_text(json_member(json, "username"), name);
    aura_string_free(json);
    return good;
}

static void fork_at(int point, const struct sandbox *sandbox)
{
    aura_client *client = new_client(sandbox->api_url, NULL);
    char *json = NULL;
    aura_error *error = NULL;
    if (point == IDLE_CHECK)
        CHECK(is_record(client, "first"));
    fflush(stdout);
    child = -1;
    armed = point;
    aura_status status = aura_get_user(client, "second", NULL, &json, &error);
    if (child == 0) {
        int good = status == AURA_CANCELLED && !json && is_record(client, "third");
        _exit(good ? 0 : 1);
    }
    if (child == -1) {
        printf("no fork at %s\n", POINTS[point]);
        CHECK(child != -1);
    }
    CHECK_STATUS(status, AURA_OK, error);
    CHECK(json_is_text(json_member(json, "username"), "second"));
    aura_string_free(json);
    CHECK(is_record(client, "third"));
    CHECK(is_record(client, "first"));
    CHECK_INT(child_status((pid_t)child), 0);
    CHECK(is_record(client, "second"));
    aura_client_free(client);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: fork_points AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "first", "key-of-first", 1);
    sandbox_account(&sandbox, "second", "key-of-second", 1);
    sandbox_account(&sandbox, "third", "key-of-third", 1);
    signal(SIGUSR1, fork_now);
    for (int times = 0; times < 5; times++)
        for (int point = IDLE_CHECK; point <= AFTER_WAKEUP; point++)
            fork_at(point, &sandbox);
    sandbox_stop(&sandbox);
    return check_finish("fork_points");
}
