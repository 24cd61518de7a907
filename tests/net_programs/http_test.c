/* SPDX-License-Identifier: MIT
 *
 * http_test.c - replies are read whatever pieces they come in, and what is
 * none is refused; over a stream in memory.
 */
#include "../../examples/net/http.h"
#include "../check.h"

/* ---- a peer ---------------------------------------------------------- */

struct peer {
    cede_stream *stream;
    const char *reply;
    size_t size, piece; /* bytes to write at a time; 0: all */
    char asked[4096];
};

static int answer(void *arg)
{
    struct peer *p = arg;
    char *request;
    const cede_bytes blank_line = {"\r\n\r\n", 4};
    int n = cede_read_until(p->stream, &blank_line, 1, &request, NULL);
    CEDE_TRY(n);
    snprintf(p->asked, sizeof p->asked, "%.*s", n, request);
    size_t piece = p->piece ? p->piece : p->size;
    for (size_t at = 0; at < p->size; at += piece) {
        size_t left = p->size - at;
        CEDE_TRY(
            cede_write(p->stream, p->reply + at, left < piece ? left : piece));
        CEDE_TRY(cede_flush(p->stream));
        CEDE_TRY(cede_sleep(0));
    }
    return cede_stream_end(p->stream);
}

static char body[1 << 20];
static size_t body_size;

static int collect(void *fail_with, const char *data, size_t n)
{
    CHECK(body_size + n < sizeof body);
    memcpy(body + body_size, data, n);
    body_size += n;
    body[body_size] = '\0';
    return fail_with ? *(int *)fail_with : 0;
}

/* Get the reply in such pieces; what http_talk answers. */
static int get(struct http *x, const char *reply, size_t size, size_t piece)
{
    struct url url;
    CHECK_OK(url_parse("http://example.org:81/path?query", &url));
    cede_stream *a, *b;
    CHECK_OK(cede_stream_pair(&a, &b, 0));
    struct peer peer = {b, reply, size, piece, ""};
    body_size = 0;
    body[0] = '\0';

    CEDE_GROUP(peers);
    cede_go(&peers, answer, &peer);
    int rc = http_talk(x, a, &url);
    cede_group_cancel(&peers);
    cede_join(&peers);
    CHECK_STR_EQ(peer.asked, "GET /path?query HTTP/1.1\r\n"
                             "Host: example.org:81\r\n"
                             "User-Agent: cede\r\n"
                             "Accept-Encoding: identity\r\n"
                             "Connection: close\r\n\r\n");
    cede_stream_abort(a);
    cede_stream_abort(b);
    return rc;
}

/* In pieces of every size: this status, body and type. */
static void check_reply(const char *reply, int status, const char *want,
                        int64_t length)
{
    size_t size = strlen(reply);
    for (size_t piece = 0; piece <= size; piece++) {
        struct http x = {.on_body = collect};
        CHECK_EQ(get(&x, reply, size, piece), status);
        CHECK_EQ(x.status, status);
        CHECK_EQ(x.length, length);
        CHECK_EQ(x.received, strlen(want));
        CHECK_STR_EQ(body, status / 100 == 2 ? want : "");
    }
}

static void check_failure(const char *reply, int code, const char *message)
{
    size_t size = strlen(reply);
    for (size_t piece = 0; piece <= size; piece++) {
        struct http x = {.on_body = collect};
        CHECK_ERR(get(&x, reply, size, piece), code);
        CHECK_STR_EQ(cede_message(), message);
    }
}

/* ---- replies --------------------------------------------------------- */

TASK_TEST(a_body_has_the_announced_length)
{
    check_reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200,
                "hello", 5);
    check_reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello more", 200,
                "hello", 5);
    check_reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", 0);
}

TASK_TEST(a_body_comes_in_chunks)
{
    check_reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
                200, "hello world", -1);
}

TASK_TEST(a_body_goes_to_the_peers_end)
{
    check_reply("HTTP/1.0 200 OK\r\n\r\nall there is", 200, "all there is", -1);
    check_reply("HTTP/1.1 200 OK\r\n\r\n", 200, "", -1);
}

TASK_TEST(some_replies_have_no_body)
{
    check_reply("HTTP/1.1 204 No Content\r\n\r\n", 204, "", -1);
    check_reply("HTTP/1.1 304 Not Modified\r\n\r\n", 304, "", -1);
}

TASK_TEST(informational_replies_are_passed_over)
{
    check_reply("HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                200, "ok", 2);
}

TASK_TEST(what_they_say_is_not_the_replys)
{
    static const char reply[] =
        "HTTP/1.1 103 Early Hints\r\nLocation: /no\r\nContent-Type: no\r\n\r\n"
        "HTTP/1.1 300 Multiple Choices\r\nContent-Length: 0\r\n\r\n";
    struct http x = {.status = 0};
    CHECK_EQ(get(&x, reply, strlen(reply), 0), 300);
    CHECK_STR_EQ(x.location, "");
    CHECK_STR_EQ(x.type, "");
}

TASK_TEST(the_body_of_a_failure_is_only_counted)
{
    check_reply("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry", 404,
                "sorry", 5);
}

TASK_TEST(type_and_location_are_kept)
{
    static const char reply[] =
        "HTTP/1.1 302 Found\r\nX-Location: no\r\nLocation: /there\r\n"
        "Content-Type: text/html; charset=utf-8\r\nLocations: no\r\n"
        "Content-Length: 0\r\n\r\n";
    for (size_t piece = 0; piece < sizeof reply; piece++) {
        struct http x = {.on_body = NULL};
        CHECK_EQ(get(&x, reply, strlen(reply), piece), 302);
        CHECK_STR_EQ(x.location, "/there");
        CHECK_STR_EQ(x.type, "text/html; charset=utf-8");
        CHECK(http_is_redirect(&x));
    }
}

/* ---- what is refused ------------------------------------------------- */

TASK_TEST(what_is_no_http_is_refused)
{
    check_failure("SSH-2.0-x\r\n", -EBADMSG, "not HTTP: Expected HTTP/");
    check_failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz",
                  -EBADMSG, "not HTTP: Invalid character in chunk size");
    check_failure("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", -EBADMSG,
                  "not HTTP: Invalid character in Content-Length");
}

TASK_TEST(another_protocol_is_refused)
{
    check_failure("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                  "Connection: upgrade\r\n\r\n",
                  -EBADMSG, "it changes to another protocol");
}

TASK_TEST(replies_that_end_early_say_where)
{
    check_failure("", CEDE_ESHORT, "it closed without an answer");
    check_failure("HTTP/1.1 200 OK\r\nConte", CEDE_ESHORT,
                  "it ended within the head");
    check_failure("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                  CEDE_ESHORT, "it ended after 5 of 9 bytes");
    check_failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\n",
                  CEDE_ESHORT, "it ended within the body");
    check_failure("HTTP/1.1 100 Continue\r\n\r\n", CEDE_ESHORT,
                  "it closed without an answer");
}

/* A reply whose only field is that long. */
static char *with_field(const char *name, size_t size)
{
    static char reply[200000];
    int n = snprintf(reply, sizeof reply, "HTTP/1.1 302 Found\r\n%s: ", name);
    CHECK((size_t)n + size + 4 < sizeof reply);
    memset(reply + n, 'x', size);
    strcpy(reply + (size_t)n + size, "\r\n\r\n");
    return reply;
}

TASK_TEST(a_head_has_a_limit)
{
    struct http x = {.on_body = NULL};
    char *reply = with_field("X", 65000);
    CHECK_EQ(get(&x, reply, strlen(reply), 1000), 302);
    reply = with_field("X", 150000);
    CHECK_ERR(get(&x, reply, strlen(reply), 1000), -EBADMSG);
    CHECK_STR_EQ(cede_message(), "a head of more than 65536 bytes");
}

TASK_TEST(a_location_is_never_cut)
{
    struct http x = {.on_body = NULL};
    char *reply = with_field("Location", URL_SIZE - 2);
    CHECK_EQ(get(&x, reply, strlen(reply), 0), 302);
    CHECK_EQ(strlen(x.location), URL_SIZE - 2);
    reply = with_field("Location", URL_SIZE - 1);
    CHECK_ERR(get(&x, reply, strlen(reply), 0), -ENAMETOOLONG);
}

TASK_TEST(a_body_may_be_limited)
{
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    struct http x = {.on_body = collect, .most = 5};
    CHECK_EQ(get(&x, reply, strlen(reply), 0), 200);
    x.most = 4;
    CHECK_ERR(get(&x, reply, strlen(reply), 0), -EFBIG);
    CHECK_STR_EQ(body, "");
}

TASK_TEST(who_takes_the_body_may_end_it)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\n\r\nhello";
    struct http x = {.on_body = collect, .arg = &(int){-ENOSPC}};
    CHECK_ERR(get(&x, reply, strlen(reply), 0), -ENOSPC);
    CHECK_STR_EQ(body, "hello");
}

static int get_silence(void *unused)
{
    (void)unused;
    struct url url;
    CHECK_OK(url_parse("http://h/", &url));
    cede_stream *a, *b;
    CHECK_OK(cede_stream_pair(&a, &b, 0));
    struct http x = {.on_body = NULL};
    int rc = http_talk(&x, a, &url);
    cede_stream_abort(a);
    cede_stream_abort(b);
    return rc;
}

VIRTUAL_TEST(a_peer_that_says_nothing_is_left_to_the_deadline)
{
    cede_time start = cede_clock();
    CHECK_ERR(cede_within(CEDE_SEC, get_silence, NULL), -ETIMEDOUT);
    CHECK_EQ(cede_clock() - start, CEDE_SEC);
}

SUITE("http")
