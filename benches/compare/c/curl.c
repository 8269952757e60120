/* The peer in C: libcurl and yyjson, as an expert in both would write it. */
#include "bench.h"
#include "yyjson.h"

#include <curl/curl.h>

/* Requests in flight of the job "ahead". */
#define AHEAD 8

typedef struct {
    CURL *easy;
    char *body;
    size_t length, room;
} request;

typedef struct {
    request request;
    const char *base;
    struct curl_slist *headers;
} client;

static size_t append(char *data, size_t size, size_t count, void *context)
{
    request *r = context;
    size *= count;
    if (r->length + size > r->room) {
        r->room = (r->length + size) * 2;
        r->body = realloc(r->body, r->room);
        if (!r->body)
            return 0;
    }
    memcpy(r->body + r->length, data, size);
    r->length += size;
    return size;
}

static void request_init(request *r, struct curl_slist *headers, const char *ca_file)
{
    r->easy = curl_easy_init();
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(r->easy, CURLOPT_USERAGENT, "curl-peer");
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->easy, CURLOPT_TIMEOUT, 15L);
    if (ca_file)
        curl_easy_setopt(r->easy, CURLOPT_CAINFO, ca_file);
}

static void check(request *r, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK || status != 200)
        fail(curl_easy_strerror(result));
}

static void user(void *context, bench *b)
{
    client *c = context;
    char url[256];
    snprintf(url, sizeof url, "%s/users/orguser", c->base);
    curl_easy_setopt(c->request.easy, CURLOPT_URL, url);
    c->request.length = 0;
    check(&c->request, curl_easy_perform(c->request.easy));
    yyjson_doc *doc = yyjson_read(c->request.body, c->request.length, 0);
    yyjson_val *name = yyjson_obj_get(yyjson_doc_get_root(doc), "username");
    if (!name)
        fail("no username");
    b->checksum += yyjson_get_len(name);
    yyjson_doc_free(doc);
}

static void page_url(client *c, request *r, long page)
{
    char url[256];
    snprintf(url, sizeof url, "%s/users/me/audit-logs?page=%ld", c->base, page);
    curl_easy_setopt(r->easy, CURLOPT_URL, url);
    r->length = 0;
}

/* Reads `action` of every row, and returns the number of rows. */
static size_t read_page(request *r, bench *b)
{
    yyjson_doc *doc = yyjson_read(r->body, r->length, 0);
    size_t index, rows;
    yyjson_val *row;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), index, rows, row)
    {
        b->checksum += yyjson_get_len(yyjson_obj_get(row, "action"));
        b->rows++;
    }
    yyjson_doc_free(doc);
    return rows;
}

static void stream(void *context, bench *b)
{
    client *c = context;
    long page = 1;
    do {
        page_url(c, &c->request, page++);
        check(&c->request, curl_easy_perform(c->request.easy));
    } while (read_page(&c->request, b) > 0);
}

/* The stream with AHEAD pages in flight. The pages, and so the rows, arrive in any order. */
static void ahead(void *context, bench *b)
{
    client *c = context;
    static request requests[AHEAD];
    CURLM *multi = curl_multi_init();
    long page = 1;
    int running = AHEAD, left, ended = 0;
    for (int i = 0; i < AHEAD; i++) {
        if (!requests[i].easy)
            request_init(&requests[i], c->headers, NULL);
        page_url(c, &requests[i], page++);
        curl_multi_add_handle(multi, requests[i].easy);
    }
    while (running > 0) {
        int active;
        CURLMsg *message;
        curl_multi_perform(multi, &active);
        while ((message = curl_multi_info_read(multi, &left))) {
            request *r;
            CURL *easy = message->easy_handle;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &r);
            check(r, message->data.result);
            curl_multi_remove_handle(multi, easy);
            ended |= read_page(r, b) == 0;
            if (ended) {
                running--;
            } else {
                page_url(c, r, page++);
                curl_multi_add_handle(multi, easy);
            }
        }
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    curl_multi_cleanup(multi);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        fail("usage: curl JOB URL COUNT WARM_UP [CA_FILE]");
    curl_global_init(CURL_GLOBAL_ALL);
    long count = atol(argv[3]), warm_up = atol(argv[4]);
    const char *job = argv[1], *ca_file = argc > 5 ? argv[5] : NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    headers = curl_slist_append(headers, "Authorization: key");
    static client clients[THREADS];
    void *contexts[THREADS];
    int threads = strcmp(job, "threads") == 0 ? THREADS : 1;
    for (int i = 0; i < threads; i++) {
        clients[i].base = argv[2];
        clients[i].headers = headers;
        request_init(&clients[i].request, headers, ca_file);
        contexts[i] = &clients[i];
    }
    if (strcmp(job, "threads") == 0)
        bench_run_threads(count, warm_up, user, contexts);
    else if (strcmp(job, "user") == 0)
        bench_run(count, warm_up, user, clients);
    else if (strcmp(job, "stream") == 0)
        bench_run(count, warm_up, stream, clients);
    else if (strcmp(job, "ahead") == 0)
        bench_run(count, warm_up, ahead, clients);
    else
        fail("no such job");
    return 0;
}
