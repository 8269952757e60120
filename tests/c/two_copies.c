/*
 * two_copies.c - the library twice in one process, as two plug-ins load it. The copies are
 * independent, and one goes on after the other is closed.
 *
 *     two_copies path/to/aura-sandbox path/to/libaura_users.so path/to/a-copy-of-it.so
 */
#include "loaded.h"

static void count_line(void *user_data, aura_log_level level, const char *message)
{
    (void)level, (void)message;
    ++*(int *)user_data;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        check_give_up("usage: two_copies path/to/aura-sandbox LIBRARY COPY");
    bound_alarm(300);
    struct sandbox sandbox = sandbox_start(argv[1], "current", "0");
    sandbox_account(&sandbox, "many", "key-of-many", 500);
    struct loaded copies[] = {loaded_open(argv[2]), loaded_open(argv[3])};
    aura_client *clients[2];
    aura_audit_logs *logs[2];
    int lines = 0;

    CHECK(copies[0].get_user != copies[1].get_user);
    copies[0].log_set(count_line, &lines, AURA_LOG_DEBUG);
    for (int i = 0; i < 2; i++) {
        clients[i] = loaded_client(&copies[i], sandbox.api_url);
        CHECK_INT(copies[i].stream_audit_logs(clients[i], NULL, &logs[i], NULL), AURA_OK);
    }
    /* The hook belongs to the first copy only. */
    CHECK(loaded_call(&copies[1], clients[1]));
    CHECK_INT(lines, 0);
    CHECK(loaded_call(&copies[0], clients[0]));
    CHECK_INT(lines, 1);
    copies[0].log_set(NULL, NULL, AURA_LOG_DEBUG);

    for (int row = 500; row > 300; row--)
        for (int i = 0; i < 2; i++)
            CHECK_INT(loaded_row(&copies[i], logs[i]), row);

    copies[0].audit_logs_free(logs[0]);
    copies[0].client_free(clients[0]);
    CHECK_INT(dlclose(copies[0].handle), 0);
    for (int row = 300; row > 0; row--)
        CHECK_INT(loaded_row(&copies[1], logs[1]), row);
    CHECK(loaded_call(&copies[1], clients[1]));

    copies[1].audit_logs_free(logs[1]);
    copies[1].client_free(clients[1]);
    CHECK_INT(dlclose(copies[1].handle), 0);
    sandbox_stop(&sandbox);
    return check_finish("two_copies");
}
