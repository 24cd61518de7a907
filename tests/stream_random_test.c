/* SPDX-License-Identifier: MIT
 *
 * stream_random_test.c - random writing calls on one side, random reading calls
 * on the other, now and then cancelled; every byte is compared.
 *
 * Byte i of what is written is a function of i, with a newline now and then, so
 * that the reader knows what to expect without being told.
 */
#include "streams.h"

static unsigned long long state;

static size_t below(size_t n)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(state >> 33) % n;
}

/* Mostly little, sometimes a lot. */
static size_t some(void)
{
    static const size_t most[] = {1, 3, 20, 300, 5000, 70000, 400000};
    return 1 + below(most[below(7)]);
}

static char byte_at(size_t i)
{
    size_t x = i * 2654435761u;
    return (x >> 7) % 97 == 0 ? '\n' : (char)('a' + (x >> 11) % 26);
}

static char *bytes_at(size_t from, size_t n)
{
    char *data = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        data[i] = byte_at(from + i);
    data[n] = '\0';
    return data;
}

static bool are_at(const char *data, size_t n, size_t from)
{
    for (size_t i = 0; i < n; i++)
        if (data[i] != byte_at(from + i))
            return false;
    return true;
}

/* ---- writing ----------------------------------------------------------- */

static int write_pieces(char *data, size_t n)
{
    struct iovec v[20];
    int pieces = 0;
    for (size_t at = 0, part; at < n && pieces < 20; at += part) {
        part = pieces == 19 ? n - at : below(n - at + 1);
        v[pieces++] = (struct iovec){data + at, part};
        if (pieces == 20 || at + part == n)
            break;
    }
    size_t all = 0;
    for (int i = 0; i < pieces; i++)
        all += v[i].iov_len;
    CHECK_EQ(all, n);
    return cede_writev(a, v, pieces);
}

static int write_some(size_t at, size_t n)
{
    char *data = bytes_at(at, n);
    int rc;
    switch (below(4)) {
    case 0:
        rc = cede_printf(a, "%s", data);
        break;
    case 1:
        rc = write_pieces(data, n);
        break;
    default:
        rc = cede_write(a, data, n);
    }
    free(data);
    return rc;
}

static int writes(void *total)
{
    size_t at = 0, all = *(size_t *)total;
    while (at < all) {
        size_t n = some();
        n = n < all - at ? n : all - at;
        int rc = write_some(at, n);
        CEDE_TRY(rc);
        CHECK_EQ(rc, n);
        at += n;
        if (below(10) == 0)
            CEDE_TRY(cede_flush(a));
        if (below(10) == 0)
            CEDE_TRY(cede_sleep((cede_time)below(3) * CEDE_US));
    }
    return cede_stream_end(a);
}

/* ---- reading ----------------------------------------------------------- */

static size_t got; /* of all */

static int read_some(void)
{
    size_t n = some();
    char *data = malloc(n);
    int rc = cede_read(b, data, n);
    if (rc > 0) {
        CHECK(are_at(data, (size_t)rc, got));
        got += (size_t)rc;
    }
    free(data);
    return rc;
}

static int read_exact(void)
{
    size_t n = some();
    char *data = malloc(n);
    int rc = cede_read_exactly(b, data, n);
    size_t have = rc > 0 ? (size_t)rc : rc < 0 ? cede_stream_taken(b) : 0;
    CHECK(are_at(data, have, got));
    got += have;
    free(data);
    return rc == CEDE_ESHORT ? read_some() : rc;
}

static int read_a_line(void)
{
    char *line;
    int rc = cede_read_line(b, &line);
    if (rc > 0) {
        size_t n = (size_t)rc - 1;
        CHECK(are_at(line, n, got) && !memchr(line, '\n', n));
        got += n + (byte_at(got + n) == '\n');
    }
    return rc;
}

static int read_to_a_separator(void)
{
    const cede_bytes separators[] = {{"ab", 2}, {"\n", 1}, {"zzz", 3}};
    size_t which = 99;
    char *data;
    int rc = cede_read_until(b, separators, 1 + below(3), &data, &which);
    if (rc > 0) {
        const cede_bytes *s = &separators[which];
        size_t n = (size_t)rc, keep = below(n + 1);
        CHECK(are_at(data, n, got));
        CHECK(memcmp(data + n - s->size, s->data, s->size) == 0);
        CHECK_OK(cede_stream_keep(b, keep));
        got += n - keep;
    }
    return rc == CEDE_ESHORT ? read_some() : rc;
}

static int peek_some(void)
{
    const void *data;
    size_t least = 1 + below(65536);
    int rc = below(2) ? cede_peek(b, &data) : cede_peek_least(b, least, &data);
    if (rc > 0) {
        size_t n = (size_t)rc, keep = below(3) ? 0 : below(n + 1);
        CHECK(are_at(data, n, got));
        CHECK_OK(cede_stream_keep(b, keep));
        CHECK_EQ(cede_stream_buffered(b), keep);
        got += n - keep;
    }
    return rc == CEDE_ESHORT ? read_some() : rc;
}

static int (*const calls[])(void) = {read_some, read_exact, read_a_line,
                                     read_to_a_separator, peek_some};

static int calls_one(void *unused)
{
    (void)unused;
    return calls[below(5)]();
}

static int read_now_and_then(void)
{
    if (below(8) == 0)
        return cede_within((cede_time)below(20) * CEDE_US, calls_one, NULL);
    return calls_one(NULL);
}

/* ---- both -------------------------------------------------------------- */

/* Room of memory: little, much. */
static void try(unsigned long long seed)
{
    size_t total = 1000000, room[] = {1 + seed % 50, 1000 * seed, 0};
    state = seed;
    connect_streams(room[seed % 3]);
    CHECK_OK(cede_stream_limit(b, 400000));
    got = 0;
    if (kind == MEMORY && seed % 3 == 0)
        total = 20000;
    CEDE_GROUP(g);
    starts(&g, writes, &total);
    int rc;
    while ((rc = read_now_and_then()) != 0)
        CHECK(rc > 0 || rc == -ETIMEDOUT || rc == -EMSGSIZE);
    CHECK_EQ(got, total);
    CHECK_EQ(cede_stream_buffered(b), 0);
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(whatever_is_called_every_byte_arrives_once_and_in_order)
{
    int n = rounds(30);
    for (kind = 0; kind < KINDS; kind++)
        for (int seed = 1; seed <= n; seed++)
            try((unsigned long long)seed);
}

SUITE("stream_random")
