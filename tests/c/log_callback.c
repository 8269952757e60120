/*
 * log_callback.c - a log callback may make calls in its caller's thread, may be slow while
 * handles are freed, and may be removed in a forked child. It may not wait on the library's own
 * thread.
 *
 *     log_callback path/to/aura-sandbox
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

#include <pthread.h>
#include <time.h>

enum { LOGGERS = 3, FORKS = 40, TOO_LONG = 60 };

static struct sandbox sandbox;
static aura_client *client;

static aura_status get(void)
{
    char *user = NULL;
    aura_status status = aura_get_user(client, "eric", NULL, &user, NULL);
    aura_string_free(user);
    return status;
}

/* The outcomes of a callback's attempts, each of which waits. */
struct attempts {
    pthread_t main;
    int lines;                   /* called in the expected thread */
    int wants_library;           /* whether that is the library's thread, or the main one */
    aura_status user, row, page, call, later;
    char message[256];
};

static void attempt(void *user_data, aura_log_level level, const char *line)
{
    struct attempts *attempts = user_data;
    aura_audit_logs *logs = NULL;
    aura_call *call = NULL;
    char *json;
    aura_error *error;

    (void)level, (void)line;
    if (pthread_equal(pthread_self(), attempts->main) == attempts->wants_library ||
        attempts->lines++ > 0)
        return;
    attempts->user = aura_get_user(client, "eric", NULL, &json, &error);
    snprintf(attempts->message, sizeof attempts->message, "%s", aura_error_message(error));
    aura_error_free(error);
    aura_string_free(json);
    aura_stream_audit_logs(client, NULL, &logs, NULL);
    attempts->row = aura_audit_logs_next(logs, &json, NULL);
    aura_string_free(json);
    attempts->page = aura_audit_logs_next_page(logs, &json, NULL);
    aura_string_free(json);
    aura_audit_logs_free(logs);
    aura_get_user_start(client, "eric", NULL, &call, NULL);
    attempts->call = aura_call_wait(call, -1, &json, NULL);
    if (attempts->wants_library)
        attempts->later = aura_call_wait(call, 0, &json, NULL);
    aura_string_free(json);
    aura_call_free(call);
}

static void calls_within_a_callback(void)
{
    struct attempts attempts = {.main = pthread_self()};
    char *json;
    aura_call *call;

    aura_log_set(attempt, &attempts, AURA_LOG_DEBUG);
    CHECK_STATUS(get(), AURA_OK, NULL);
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
    /* One line for the call, and none for the calls of the callback. */
    CHECK_INT(attempts.lines, 1);
    CHECK_INT(attempts.user, AURA_OK);
    CHECK_INT(attempts.row, AURA_OK);
    CHECK_INT(attempts.page, AURA_OK);
    CHECK_INT(attempts.call, AURA_OK);

    attempts = (struct attempts){.main = pthread_self(), .wants_library = 1};
    CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &call, NULL), AURA_OK, NULL);
    aura_log_set(attempt, &attempts, AURA_LOG_DEBUG);
    aura_call *logged;
    CHECK_STATUS(aura_get_user_start(client, "eric", NULL, &logged, NULL), AURA_OK, NULL);
    CHECK_STATUS(aura_call_wait(logged, -1, &json, NULL), AURA_OK, NULL);
    aura_string_free(json);
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
    CHECK(attempts.lines >= 1);
    CHECK_INT(attempts.user, AURA_INVALID_ARGUMENT);
    CHECK_HOLDS(attempts.message, "a log callback on the library's own thread cannot wait");
    CHECK_INT(attempts.row, AURA_INVALID_ARGUMENT);
    CHECK_INT(attempts.page, AURA_INVALID_ARGUMENT);
    CHECK_INT(attempts.call, AURA_INVALID_ARGUMENT);
    CHECK_INT(attempts.later, AURA_PENDING);
    aura_call_free(logged);
    aura_call_free(call);
}

static volatile int stops;

static void sleep_a_little(void *user_data, aura_log_level level, const char *line)
{
    struct timespec a_little = {0, 2000000};
    (void)user_data, (void)level, (void)line;
    nanosleep(&a_little, NULL);
}

static void *log_for_ever(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&stops, __ATOMIC_SEQ_CST))
        get();
    return NULL;
}

/* In the child, no thread finishes the callbacks that ran during the fork. */
static void set_in_a_forked_child(void)
{
    pthread_t loggers[LOGGERS];
    int status, good = 0;

    aura_log_set(sleep_a_little, NULL, AURA_LOG_DEBUG);
    for (int i = 0; i < LOGGERS; i++)
        pthread_create(&loggers[i], NULL, log_for_ever, NULL);
    for (int i = 0; i < FORKS; i++) {
        struct timespec a_little = {0, 3000000};
        nanosleep(&a_little, NULL);
        pid_t child = fork();
        if (child == 0) {
            alarm(TOO_LONG);
            aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
            aura_log_set(sleep_a_little, NULL, AURA_LOG_DEBUG);
            aura_status got = get();
            aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
            _exit(got != AURA_OK);
        }
        good += waitpid(child, &status, 0) == child && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0;
    }
    CHECK_INT(good, FORKS);
    __atomic_store_n(&stops, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < LOGGERS; i++)
        pthread_join(loggers[i], NULL);
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
}

/* A callback that waits for another thread. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int is_in, may_go;
};

static void wait_at_the_gate(void *user_data, aura_log_level level, const char *line)
{
    struct gate *gate = user_data;
    (void)level, (void)line;
    pthread_mutex_lock(&gate->lock);
    gate->is_in = 1;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->may_go)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

/* How often this thread has slept. */
static long sleeps(void)
{
    char line[128];
    long count = -1;
    FILE *status = fopen("/proc/thread-self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    if (status)
        fclose(status);
    return count;
}

/* Frees the last handles while a callback runs that waits for the thread that frees them. */
static void free_while_a_callback_runs(void)
{
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    aura_client *other = new_client(sandbox.api_url, NULL);
    aura_call *call;

    aura_log_set(wait_at_the_gate, &gate, AURA_LOG_DEBUG);
    CHECK_STATUS(aura_get_user_start(other, "eric", NULL, &call, NULL), AURA_OK, NULL);
    pthread_mutex_lock(&gate.lock);
    while (!gate.is_in)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    long before = sleeps();
    aura_call_free(call);
    aura_client_free(other);
    /* Polling for a second would check many thousand times. */
    CHECK(sleeps() - before < 500);
    pthread_mutex_lock(&gate.lock);
    gate.may_go = 1;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    aura_log_set(NULL, NULL, AURA_LOG_DEBUG);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: log_callback path/to/aura-sandbox");
    sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "eric", "key-of-eric", 250);
    client = new_client(sandbox.api_url, "key-of-eric");

    calls_within_a_callback();
    set_in_a_forked_child();
    aura_client_free(client);
    free_while_a_callback_runs();
    sandbox_stop(&sandbox);
    return check_finish("log_callback");
}
