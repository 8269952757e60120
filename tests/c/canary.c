/*
 * canary.c - makes one mistake of each kind that a sanitizer must find. If a sanitizer misses
 * it, its run of the other programs proves nothing.
 *
 *     canary address|undefined|thread
 */
#include <aura_users.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int shared;

static void *write_shared(void *unused)
{
    for (int i = 0; i < 1000; i++)
        shared++;
    return unused;
}

int main(int argc, char **argv)
{
    const char *kind = argc == 2 ? argv[1] : "";
    volatile int number = INT_MAX;
    if (strcmp(kind, "address") == 0) {
        /* Reads one of the library's strings after it was freed. */
        aura_client *client = NULL;
        char *json = NULL;
        if (aura_client_new(NULL, &client, NULL) == AURA_OK &&
            aura_client_rate_limit(client, NULL, &json, NULL) == AURA_OK) {
            aura_string_free(json);
            putchar(json[0]);
        }
        aura_client_free(client);
    } else if (strcmp(kind, "undefined") == 0) {
        number++;
    } else if (strcmp(kind, "thread") == 0) {
        pthread_t first, second;
        if (pthread_create(&first, NULL, write_shared, NULL) == 0 &&
            pthread_create(&second, NULL, write_shared, NULL) == 0)
            pthread_join(second, NULL), pthread_join(first, NULL);
    }
    return 0;
}
