/*
 * host.c - the promises to a program that uses the library: calls work until the very end,
 * signals stay the program's, threads end with the handles, and errors name limits.
 *
 *     host path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

enum { LATE_CALLS = 3 };

static struct sandbox sandbox;
static aura_client *of_this_process;
static pthread_key_t at_threads_end;

static int get(aura_client *client)
{
    char *user = NULL;
    aura_error *error = NULL;
    aura_status status = aura_get_user(client, "eric", NULL, &user, &error);

    if (status != AURA_OK)
        printf("%s\n", aura_error_message(error));
    aura_string_free(user);
    aura_error_free(error);
    return status == AURA_OK;
}

/* A call in each way: blocking, on a stream, and started. */
static int late_calls(void)
{
    aura_audit_logs *logs = NULL;
    aura_call *call = NULL;
    char *row = NULL, *user = NULL;
    int good = get(of_this_process);

    good += aura_stream_audit_logs(of_this_process, NULL, &logs, NULL) == AURA_OK &&
            aura_audit_logs_next(logs, &row, NULL) == AURA_OK;
    good += aura_get_user_start(of_this_process, "eric", NULL, &call, NULL) == AURA_OK &&
            aura_call_wait(call, -1, &user, NULL) == AURA_OK;
    aura_string_free(row);
    aura_string_free(user);
    aura_call_free(call);
    aura_audit_logs_free(logs);
    aura_client_free(of_this_process);
    return good;
}

static void in_an_exit_handler(void)
{
    int good = late_calls();
    fflush(stdout);
    _exit(good);
}

static void exit_after_use(void)
{
    atexit(in_an_exit_handler);
    of_this_process = new_client(sandbox.api_url, "key-of-eric");
    get(of_this_process);
    exit(0);
}

/* After the destructors of C++ and of Rust, because those of keys run last. */
static void in_a_threads_destructor(void *good)
{
    *(int *)good = late_calls();
}

static void *use_and_end(void *good)
{
    pthread_setspecific(at_threads_end, good);
    get(of_this_process);
    return NULL;
}

static void end_a_thread_after_use(void)
{
    pthread_t thread;
    int good = 0;
    of_this_process = new_client(sandbox.api_url, "key-of-eric");
    pthread_key_create(&at_threads_end, in_a_threads_destructor);
    pthread_create(&thread, NULL, use_and_end, &good);
    pthread_join(thread, NULL);
    fflush(stdout);
    _exit(good);
}

/* A signal that the host's only thread has blocked stays pending, because the library takes none.
   */
static void block_a_signal_and_send_it(void)
{
    aura_client *client = new_client(sandbox.api_url, "key-of-eric");
    aura_call *call = NULL;
    char *user = NULL;
    sigset_t terminate;
    struct timespec now = {0, 0};

    /* The library's thread exists before the host blocks a signal. */
    int good = aura_get_user_start(client, "eric", NULL, &call, NULL) == AURA_OK;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &terminate, NULL);
    kill(getpid(), SIGTERM);
    good += aura_call_wait(call, -1, &user, NULL) == AURA_OK;
    /* Waiting for a signal looks only at the signals of this thread and of the process. */
    while (sigpending(&terminate) == 0 && !sigismember(&terminate, SIGTERM))
        nanosleep(&now, NULL);
    good += sigismember(&terminate, SIGTERM) == 1;
    aura_string_free(user);
    aura_call_free(call);
    aura_client_free(client);
    _exit(good);
}

/* Only the library's thread is left. A signal still ends the process. */
static void end_the_main_thread(void)
{
    aura_call *call = NULL;
    char *user = NULL;
    aura_client *client = new_client(sandbox.api_url, "key-of-eric");

    aura_get_user_start(client, "eric", NULL, &call, NULL);
    if (aura_call_wait(call, -1, &user, NULL) != AURA_OK)
        _exit(1);
    aura_string_free(user);
    pthread_exit(NULL);
}

/* The state of a process's first thread: Z once it has ended. */
static char state_of(pid_t process)
{
    char path[64], line[256] = "", *end;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *stat = fopen(path, "r");
    if (stat && !fgets(line, sizeof line, stat))
        line[0] = '\0';
    if (stat)
        fclose(stat);
    end = strrchr(line, ')');
    return end && end[1] == ' ' ? end[2] : '?';
}

static void a_signal_after_the_main_thread(int number)
{
    struct timespec moment = {0, 1000000};
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        /* A script's background job ignores SIGINT. */
        signal(number, SIG_DFL);
        end_the_main_thread();
    }
    while (state_of(child) != 'Z' && state_of(child) != '?')
        nanosleep(&moment, NULL);
    kill(child, number);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == number);
}

/* The exit status of a child of this process that runs `program`. */
static int in_a_child(void (*program)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        bound_alarm(60);
        program();
        _exit(99);
    }
    return child_status(child);
}

/* By their names, because a sanitizer has a thread of its own. */
static int threads_of_the_library(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *comm = fopen(path, "r");
        if (comm && fgets(name, sizeof name, comm))
            count += strncmp(name, "aura-users", 10) == 0;
        if (comm)
            fclose(comm);
    }
    closedir(tasks);
    return count;
}

/* The kernel shows a thread for a moment after it was joined. */
static int threads_become(int wanted)
{
    struct timespec moment = {0, 1000000};
    unsigned tries = bound_seconds(60) * 1000;
    while (threads_of_the_library() != wanted && tries-- > 0)
        nanosleep(&moment, NULL);
    return threads_of_the_library();
}

static void threads_end_with_the_handles(void)
{
    for (int round = 0; round < 3; round++) {
        aura_client *client = new_client(sandbox.api_url, "key-of-eric");
        aura_audit_logs *logs;
        aura_call *call;
        char *row;
        aura_error *error;

        CHECK(get(client));
        CHECK_INT(threads_become(0), 0);
        CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, &error), AURA_OK, error);
        CHECK_STATUS(aura_audit_logs_next(logs, &row, &error), AURA_OK, error);
        aura_string_free(row);
        CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &call, &error), AURA_OK, error);
        CHECK_INT(threads_become(1), 1);
        aura_client_free(client);
        aura_audit_logs_free(logs);
        CHECK_INT(threads_become(1), 1);
        aura_call_free(call);
        CHECK_INT(threads_become(0), 0);
    }
}

/* Without descriptors a call fails with advice, and works again after some are free. */
static void descriptors_that_run_out(void)
{
    struct rlimit limit, tight;
    aura_client *client = new_client(sandbox.api_url, "key-of-eric");
    aura_error *error;
    aura_call *call;
    char *user;

    CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &call, &error), AURA_OK, error);
    getrlimit(RLIMIT_NOFILE, &limit);
    tight = limit;
    tight.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &tight);

    CHECK_STATUS(aura_get_user(client, "eric", NULL, &user, &error), AURA_CONNECT, error);
    CHECK_HOLDS(aura_error_message(error), "Too many open files");
    CHECK_HOLDS(aura_error_message(error), "ulimit -n");
    aura_error_free(error);
    CHECK_INT(aura_call_fd(call), -1);

    setrlimit(RLIMIT_NOFILE, &limit);
    CHECK(aura_call_fd(call) >= 0);
    /* Started before: it has failed or succeeded, but it has ended. */
    aura_call_wait(call, -1, &user, &error);
    aura_string_free(user);
    aura_error_free(error);
    aura_call_free(call);
    CHECK(get(client));
    aura_client_free(client);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: host path/to/aura-sandbox");
    bound_alarm(300);
    sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 250);

    CHECK_INT(in_a_child(exit_after_use), LATE_CALLS);
    CHECK_INT(in_a_child(end_a_thread_after_use), LATE_CALLS);
    CHECK_INT(in_a_child(block_a_signal_and_send_it), 3);
    a_signal_after_the_main_thread(SIGTERM);
    a_signal_after_the_main_thread(SIGINT);
    threads_end_with_the_handles();
    /* Valgrind treats descriptors above the limit as closed. */
    if (getenv("AURA_MEMORY_IS_WATCHED"))
        check_skip("descriptors that run out", "the watcher of memory minds the limit");
    else
        descriptors_that_run_out();
    sandbox_stop(&sandbox);
    return check_finish("host");
}
