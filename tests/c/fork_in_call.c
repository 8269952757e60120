/*
 * fork_in_call.c - a process forks during a call, in a signal handler or a log callback. The
 * child returns into the call, which ends there as cancelled. In the parent the call goes on,
 * with its deadline and its reply.
 *
 *     fork_in_call path/to/aura-sandbox
 */
#include "check.h"
#include "mute.h"
#include "sandbox.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { STORM = 100, TOO_LONG = 60 };

static struct mute mute;
static int answers; /* whether the server will answer */
static aura_client *client;
static volatile sig_atomic_t child; /* its pid; 0 in the child itself, -1 before the fork */

/* A signal ends the child if it hangs. */
static void bound(void)
{
    signal(SIGALRM, SIG_DFL);
    alarm(TOO_LONG);
}

static void fork_now(void)
{
    child = (sig_atomic_t)fork();
    if (child == 0)
        bound();
}

static void fork_at_signal(int number)
{
    int before = errno;
    (void)number;
    fork_now();
    errno = before;
}

static int ends_well(pid_t pid)
{
    int status = -1;
    int ended = waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ended)
        printf("a child: %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return ended;
}

static int is_cancelled_by_the_fork(aura_status status, char *json, aura_error *error)
{
    return status == AURA_CANCELLED && !json && strstr(aura_error_message(error), "fork");
}

/* A way to wait: returns the status, and the result. */
typedef aura_status waiting(const aura_options *options, char **json, aura_error **error);

static aura_status for_a_user(const aura_options *options, char **json, aura_error **error)
{
    return aura_get_user(client, "late", options, json, error);
}

static aura_status for_a_row(const aura_options *options, char **json, aura_error **error)
{
    aura_audit_logs *logs = NULL;
    aura_status status = aura_stream_audit_logs(client, options, &logs, error);
    if (status == AURA_OK)
        status = aura_audit_logs_next(logs, json, error);
    if (child == 0 && answers && is_cancelled_by_the_fork(status, *json, *error)) {
        /* The stream loses nothing: the child may go on with it. */
        aura_error_free(*error);
        if (aura_audit_logs_next(logs, json, error) == AURA_OK)
            _exit(0);
    }
    aura_audit_logs_free(logs);
    return status;
}

static aura_status for_a_started_call(const aura_options *options, char **json, aura_error **error)
{
    aura_call *call = NULL;
    aura_status status = aura_get_user_start(client, "late", options, &call, error);
    if (status == AURA_OK)
        status = aura_call_wait(call, -1, json, error);
    if (child == 0 && aura_call_poll(call) != AURA_CANCELLED)
        status = AURA_INTERNAL;
    aura_call_free(call);
    return status;
}

/* Sends this process a signal after the server has the request. If the server is to answer, it
   answers after the end of the child. */
struct helper {
    pthread_t thread, target;
    int requests; /* of this process and of the child */
    int child_ended_well;
};

static void *help(void *argument)
{
    struct helper *helper = argument;
    struct timespec moment = {0, 1000000};
    CHECK(mute_wait_for(&mute, 1));
    pthread_kill(helper->target, SIGUSR1);
    while (child == -1)
        nanosleep(&moment, NULL);
    if (helper->requests > 1) {
        CHECK(mute_wait_for(&mute, helper->requests));
        mute_answer(&mute);
    }
    helper->child_ended_well = ends_well(child);
    if (answers && helper->requests == 1)
        mute_answer(&mute);
    return NULL;
}

static void fork_while(waiting *wait, const char *what, const char *json_of_server)
{
    struct helper helper = {.target = pthread_self(), .requests = 1};
    char *json = NULL;
    aura_error *error = NULL;

    snprintf(check_subject, sizeof check_subject, "%s, %s", what,
             answers ? "answered" : "not answered");
    if (wait == for_a_row && answers)
        helper.requests = 2;
    mute_start(&mute);
    mute.json = json_of_server;
    child = -1;
    client = new_client(mute.url, NULL);
    aura_options *options = aura_options_new();
    /* The request has to come before, and the child has to end. */
    if (!answers)
        set_option(options, "timeout", "3");
    pthread_create(&helper.thread, NULL, help, &helper);
    aura_status status = wait(options, &json, &error);
    if (child == 0)
        _exit(is_cancelled_by_the_fork(status, json, error) ? 0 : 1);
    pthread_join(helper.thread, NULL);
    CHECK(helper.child_ended_well);
    CHECK_STATUS(status, answers ? AURA_OK : AURA_TIMEOUT, error);
    CHECK((json != NULL) == answers);
    aura_string_free(json);
    aura_error_free(error);
    aura_options_free(options);
    aura_client_free(client);
    mute_stop(&mute);
    check_subject[0] = '\0';
}

static void fork_at_first_line(void *lines, aura_log_level level, const char *line)
{
    (void)level, (void)line;
    if (__sync_fetch_and_add((int *)lines, 1) == 0)
        fork_now();
}

/* A callback in the caller's thread: the child neither takes the reply nor tries again. */
static void fork_in_a_callback(int status_of_server, aura_status expected)
{
    int lines = 0;
    char *json;
    aura_error *error;

    snprintf(check_subject, sizeof check_subject, "a callback, %d", status_of_server);
    mute_start(&mute);
    mute.status = status_of_server;
    mute_answer(&mute);
    child = -1;
    client = new_client(mute.url, NULL);
    aura_options *options = aura_options_new();
    set_option(options, "max_retries", "1");
    aura_log_set(fork_at_first_line, &lines, AURA_LOG_DEBUG);
    aura_status status = aura_get_user(client, "late", options, &json, &error);
    if (child == 0)
        _exit(is_cancelled_by_the_fork(status, json, error) ? 0 : 1);
    CHECK_STATUS(status, expected, error);
    CHECK(ends_well(child));
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
    pthread_mutex_lock(&mute.lock);
    CHECK_INT(mute.asked, status_of_server == 200 ? 1 : 2);
    pthread_mutex_unlock(&mute.lock);
    aura_string_free(json);
    aura_error_free(error);
    aura_options_free(options);
    aura_client_free(client);
    mute_stop(&mute);
    check_subject[0] = '\0';
}

/* A callback in the library's thread, which is the child's only thread. The child ends with the
   callback, and does not go on with its parent's work. */
static void fork_in_a_callback_of_the_library(void)
{
    int lines = 0;
    char *json;
    aura_error *error;
    aura_call *calls[8];

    mute_start(&mute);
    mute_answer(&mute);
    child = -1;
    client = new_client(mute.url, NULL);
    aura_log_set(fork_at_first_line, &lines, AURA_LOG_DEBUG);
    for (int i = 0; i < 8; i++)
        CHECK_STATUS(aura_get_user_start(client, "late", NULL, &calls[i], NULL), AURA_OK, NULL);
    for (int i = 0; i < 8; i++) {
        CHECK_STATUS(aura_call_wait(calls[i], -1, &json, &error), AURA_OK, error);
        aura_string_free(json);
        aura_error_free(error);
        aura_call_free(calls[i]);
    }
    CHECK(ends_well(child));
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
    aura_client_free(client);
    mute_stop(&mute);
}

/* In the child, the parent's calls are cancelled, in every function, although they had succeeded
   and had been read before. */
static void all_ways_agree(void)
{
    aura_call *call;
    char *json;
    mute_start(&mute);
    mute_answer(&mute);
    client = new_client(mute.url, NULL);
    CHECK_STATUS(aura_get_user_start(client, "late", NULL, &call, NULL), AURA_OK, NULL);
    struct pollfd watched = {.fd = aura_call_fd(call), .events = POLLIN};
    CHECK_INT(poll(&watched, 1, TOO_LONG * 1000), 1);
    CHECK_INT(aura_call_poll(call), AURA_OK);
    pid_t pid = fork();
    if (pid == 0) {
        bound();
        watched.fd = aura_call_fd(call);
        int good = aura_call_poll(call) == AURA_CANCELLED && poll(&watched, 1, 0) == 1 &&
                   aura_call_wait(call, -1, &json, NULL) == AURA_CANCELLED && !json &&
                   aura_call_poll(call) == AURA_CANCELLED;
        aura_call_free(call);
        aura_client_free(client);
        _exit(!good);
    }
    CHECK(ends_well(pid));
    CHECK_STATUS(aura_call_wait(call, -1, &json, NULL), AURA_OK, NULL);
    aura_string_free(json);
    aura_call_free(call);
    aura_client_free(client);
    mute_stop(&mute);
}

static volatile sig_atomic_t forks;

static void fork_in_the_storm(int number)
{
    int before = errno;
    (void)number;
    if (child != 0 && forks < STORM) {
        fork_now();
        if (child != 0)
            forks++;
    }
    errno = before;
}

/* Forks at every moment of a call. Each child ends, and the parent loses no
   reply. Only for a process with one thread: with more threads, fork() in a handler waits for the
   lock that its own thread may hold in malloc(). */
static void storm(const char *url)
{
    struct itimerval often = {{0, 1700}, {0, 1700}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = fork_in_the_storm, .sa_flags = SA_RESTART};
    int reaped = 0, good = 0, status;

    client = new_client(url, "key-of-late");
    forks = 0;
    child = -1;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (forks < STORM) {
        char *json = NULL;
        aura_error *error = NULL;
        aura_status got = for_a_user(NULL, &json, &error);
        if (child == 0)
            _exit(got == AURA_OK || is_cancelled_by_the_fork(got, json, error) ? 0 : 1);
        CHECK_STATUS(got, AURA_OK, error);
        aura_string_free(json);
        aura_error_free(error);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN);
    for (; reaped < forks && waitpid(-1, &status, 0) > 0; reaped++) {
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status))
            printf("a child: %x\n", (unsigned)status);
    }
    CHECK_INT(good, forks);
    aura_client_free(client);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: fork_in_call path/to/aura-sandbox");
    struct sigaction action = {.sa_handler = fork_at_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "late", "key-of-late", 0);
    storm(sandbox.api_url);
    sandbox_stop(&sandbox);

    for (answers = 1; answers >= 0; answers--) {
        fork_while(for_a_user, "a call", MUTE_USER);
        fork_while(for_a_row, "a stream", "[{\"action\":\"late\",\"params\":{}}]");
        fork_while(for_a_started_call, "a started call", MUTE_USER);
    }
    answers = 0;
    fork_in_a_callback(200, AURA_OK);
    fork_in_a_callback(503, AURA_SERVER);
    fork_in_a_callback_of_the_library();
    all_ways_agree();
    return check_finish("fork_in_call");
}
