/*
 * fork.c - a forked child goes on with its parent's client and stream, and so does the parent.
 *
 *     fork path/to/aura-sandbox
 *
 * The child does not touch the parent's connections and threads and makes its own, so a leak check
 * of the child finds the parent's, once.
 */
#include "check.h"
#include "json_peek.h"
#include "sandbox.h"

enum { ROWS = 950, FORKS = 5 };

/* How many rows are left, or -1 if a row is missing, repeated or an error. */
static int rest_of(aura_audit_logs *logs, int next)
{
    int rows = 0;
    char *row;
    aura_status status;
    while ((status = aura_audit_logs_next(logs, &row, NULL)) == AURA_OK) {
        int number = sandbox_row_number(row);
        aura_string_free(row);
        if (number != next - rows++)
            return -1;
    }
    return status == AURA_END ? rows : -1;
}

static int twenty_calls(const aura_client *client)
{
    int good = 0;
    for (int call = 0; call < 20; call++) {
        char *user = NULL;
        aura_error *error = NULL;
        if (call % 2 == 0)
            good += aura_get_current_user(client, NULL, &user, &error) == AURA_OK && !error &&
                    json_is_text(json_member(user, "username"), "shared");
        else
            good += aura_get_user(client, "nobody", NULL, &user, &error) == AURA_NOT_FOUND && !user;
        aura_string_free(user);
        aura_error_free(error);
    }
    return good;
}

/* In the child, the parent's started calls are cancelled. The child's own calls work. */
static int calls_of_both(const aura_client *client, aura_call *parents)
{
    int good;
    char *user = NULL;
    aura_call *own = NULL;
    aura_error *error = NULL;
    good = aura_call_poll(parents) == AURA_CANCELLED &&
           aura_call_wait(parents, -1, &user, &error) == AURA_CANCELLED && !user &&
           strstr(aura_error_message(error), "before a fork") != NULL;
    aura_error_free(error);
    aura_call_cancel(parents);
    aura_call_free(parents);
    good &= aura_get_current_user_start(client, NULL, &own, NULL) == AURA_OK &&
            aura_call_wait(own, -1, &user, NULL) == AURA_OK;
    aura_string_free(user);
    aura_call_free(own);
    return good;
}

/* The child's exit status is the sum of its faults (WRONG_). A signal ends it if it hangs. */
enum { WRONG_CALLS = 1, WRONG_ROWS = 2, WRONG_PARENTS_CALL = 4 };

static void child(aura_client *client, aura_audit_logs *logs, aura_call *call)
{
    int wrong = 0;
    bound_alarm(120);
    wrong |= calls_of_both(client, call) ? 0 : WRONG_PARENTS_CALL;
    wrong |= twenty_calls(client) == 20 ? 0 : WRONG_CALLS;
    wrong |= rest_of(logs, ROWS - 10) == ROWS - 10 ? 0 : WRONG_ROWS;
    aura_audit_logs_free(logs);
    aura_client_free(client);
    _exit(wrong);
}

static void fork_in_the_middle(aura_client *client)
{
    aura_audit_logs *logs;
    char *row;
    CHECK_STATUS(aura_stream_audit_logs(client, NULL, &logs, NULL), AURA_OK, NULL);
    for (int i = 0; i < 10; i++) {
        /* From here on, the pages requested ahead are under way. */
        CHECK_STATUS(aura_audit_logs_next(logs, &row, NULL), AURA_OK, NULL);
        aura_string_free(row);
    }
    aura_call *call;
    CHECK_STATUS(aura_get_current_user_start(client, NULL, &call, NULL), AURA_OK, NULL);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        child(client, logs, call);
    if (pid < 0)
        check_give_up("no child");
    CHECK_STATUS(aura_call_wait(call, -1, &row, NULL), AURA_OK, NULL);
    aura_string_free(row);
    aura_call_free(call);

    /* Meanwhile the parent goes on with the same client and stream. */
    CHECK_INT(twenty_calls(client), 20);
    CHECK_INT(rest_of(logs, ROWS - 10), ROWS - 10);
    CHECK_INT(child_status(pid), 0);
    CHECK_INT(twenty_calls(client), 20);
    aura_audit_logs_free(logs);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        check_give_up("usage: fork AURA_SANDBOX");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "shared", "key-of-shared", ROWS);
    aura_client *client = new_client(sandbox.api_url, "key-of-shared");

    for (int times = 0; times < FORKS; times++)
        fork_in_the_middle(client);

    aura_client_free(client);
    sandbox_stop(&sandbox);
    return check_finish("fork");
}
