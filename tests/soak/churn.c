/* SPDX-License-Identifier: MIT
 *
 * churn.c - clients that come, do something, and leave, for as long as asked.
 *
 *     churn echo|events ADDRESS SECONDS CLIENTS
 *
 * Each client is a task that does one of the things below, chosen at random,
 * again and again: polite ones, ones that break off, that never read, that are
 * slow, that send what makes no sense.  What the server must answer is checked
 * where there is something to check.  At the end: how often each was done.
 */
#include <cede.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *address;
    bool events;
    uint64_t random;
    uint64_t done[8], bytes, failed;
} all = {.random = 1};

static unsigned dice(unsigned n)
{
    all.random = all.random * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(all.random >> 33) % n;
}

/* ---- of an echo server -------------------------------------------------- */

static int exchange(cede_stream *s, size_t size)
{
    char sent[8192], got[8192];
    memset(sent, (int)('a' + dice(26)), size);
    CEDE_TRY(cede_write(s, sent, size));
    CEDE_TRY(cede_read_exactly(s, got, size));
    all.bytes += size;
    return memcmp(sent, got, size) == 0 ? 0 : cede_fail(-EBADMSG, "another");
}

static int polite(cede_stream *s)
{
    for (unsigned i = dice(20); i > 0; i--)
        CEDE_TRY(exchange(s, 1 + dice(8192)));
    return 0;
}

static int half_closes(cede_stream *s)
{
    char *rest;
    CEDE_TRY(cede_printf(s, "the end %u\n", dice(1000)));
    CEDE_TRY(cede_stream_end(s));
    int n = cede_read_all(s, 100, &rest);
    free(rest);
    return n < 0 ? n : n > 8 ? 0 : cede_fail(-EBADMSG, "%d bytes", n);
}

static int pauses(cede_stream *s)
{
    CEDE_TRY(exchange(s, 64));
    CEDE_TRY(cede_sleep(dice(300) * CEDE_MS));
    return exchange(s, 64);
}

static int never_reads(cede_stream *s)
{
    static char megabyte[1 << 20];
    cede_scope limit;
    cede_enter(&limit, cede_in(50 * CEDE_MS));
    int rc = 0;
    for (int i = 0; i < 16 && rc >= 0; i++)
        rc = cede_write(s, megabyte, sizeof megabyte);
    rc = cede_leave(&limit, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int breaks_off(cede_stream *s)
{
    return cede_printf(s, "%*d", (int)dice(4000), 1);
}

/* ---- of a server of events ---------------------------------------------- */

static int ask(cede_stream *s, const char *path)
{
    return cede_printf(s, "GET %s HTTP/1.1\r\nHost: churn\r\n\r\n", path);
}

static int subscribes(cede_stream *s)
{
    CEDE_TRY(ask(s, "/events"));
    cede_scope limit;
    cede_enter(&limit, cede_in((1 + dice(500)) * CEDE_MS));
    char *line;
    int rc;
    while ((rc = cede_read_line(s, &line)) > 0)
        all.bytes += (uint64_t)rc;
    rc = cede_leave(&limit, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int subscribes_and_sleeps(cede_stream *s)
{
    CEDE_TRY(ask(s, "/events"));
    return cede_sleep((1 + dice(3000)) * CEDE_MS);
}

static int gets_the_page(cede_stream *s)
{
    char *line;
    CEDE_TRY(ask(s, "/"));
    int rc = cede_read_line(s, &line);
    return rc <= 0 || strstr(line, "200") ? rc
                                          : cede_fail(-EBADMSG, "%s", line);
}

static int talks_nonsense(cede_stream *s)
{
    CEDE_TRY(cede_printf(s, "%u nonsense\r\n\r\n", dice(1000000)));
    char *line;
    int rc = cede_read_line(s, &line);
    return rc <= 0 || strstr(line, "400") ? 0 : cede_fail(-EBADMSG, "%s", line);
}

/* ---- all of them --------------------------------------------------------- */

static const struct deed {
    const char *name;
    int (*fn)(cede_stream *s);
    bool abort;
} echo_deeds[] = {{"polite", polite, false},
                  {"half closes", half_closes, false},
                  {"pauses", pauses, false},
                  {"never reads", never_reads, true},
                  {"breaks off", breaks_off, true}},
  event_deeds[] = {{"subscribes", subscribes, false},
                   {"sleeps", subscribes_and_sleeps, false},
                   {"breaks off", subscribes_and_sleeps, true},
                   {"gets the page", gets_the_page, false},
                   {"talks nonsense", talks_nonsense, false}};
enum { DEEDS = 5 };

static void once(const struct deed *deeds)
{
    unsigned which = dice(DEEDS);
    cede_stream *s;
    int rc = cede_dial(all.address, &s);
    if (rc == 0) {
        rc = deeds[which].fn(s);
        (void)(deeds[which].abort ? cede_stream_abort(s)
                                  : cede_stream_close(s));
    }
    all.done[which]++;
    if (rc < 0 && rc != -ECANCELED) {
        char why[300];
        cede_explain(rc, why, sizeof why);
        if (all.failed++ < 20)
            fprintf(stderr, "churn: %s: %s\n", deeds[which].name, why);
    }
}

static int client(void *arg)
{
    (void)arg;
    /* At a pace at which the ports of closed connections do not run out. */
    while (cede_sleep(dice(200) * CEDE_MS) == 0)
        once(all.events ? event_deeds : echo_deeds);
    return -ECANCELED;
}

static int amain(void *arg)
{
    char **argv = arg;
    cede_scope limit;
    cede_enter(&limit, cede_in(atoi(argv[3]) * CEDE_SEC));
    CEDE_GROUP(clients);
    for (int i = atoi(argv[4]); i > 0; i--)
        cede_go(&clients, client, NULL);
    int rc = cede_leave(&limit, cede_join(&clients));
    return rc == -ETIMEDOUT ? 0 : rc;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: churn echo|events ADDRESS SECONDS CLIENTS\n");
        return 2;
    }
    all.address = argv[2];
    all.events = strcmp(argv[1], "events") == 0;
    int rc = cede_run(amain, argv);
    for (int i = 0; i < DEEDS; i++)
        printf("%s %llu, ", (all.events ? event_deeds : echo_deeds)[i].name,
               (unsigned long long)all.done[i]);
    printf("%llu bytes, %llu failed\n", (unsigned long long)all.bytes,
           (unsigned long long)all.failed);
    return rc < 0 || all.failed > 0;
}
