/* SPDX-License-Identifier: MIT
 *
 * threads_stress_test.c - loops on several threads that talk to each other all
 * the time: what crosses threads, for ThreadSanitizer to look at; and ends that
 * come at any moment.
 */
#include "check.h"
#include <stdatomic.h>

enum { N = 4, RINGS = 8 };

static void free_future(void *f)
{
    cede_future_free(f);
}

/* ---- promises --------------------------------------------------------- */

/* A token goes around: promise i of a ring is kept by the thread before, and
 * awaited by thread i % N. */
struct ring {
    cede_future **promise;
    int length;
};

static struct ring rings[RINGS];

static void make_rings(int length)
{
    for (int r = 0; r < RINGS; r++) {
        rings[r].length = length;
        rings[r].promise = calloc((size_t)length + 1, sizeof(cede_future *));
        for (int i = 0; i <= length; i++)
            CHECK((rings[r].promise[i] = cede_promise()) != NULL);
        CHECK_OK(cede_resolve(rings[r].promise[0], 0));
    }
}

static void free_rings(void)
{
    for (int r = 0; r < RINGS; r++) {
        CHECK_EQ(cede_result(rings[r].promise[rings[r].length]),
                 rings[r].length);
        cede_future_free(rings[r].promise[rings[r].length]);
        free(rings[r].promise);
    }
}

static int passes_on(void *arg)
{
    const struct ring *ring = arg;
    for (int i = (int)cede_thread_index(); i < ring->length; i += N) {
        CEDE_DEFER(free_future, ring->promise[i]);
        CHECK_EQ(cede_await(ring->promise[i]), i);
        CHECK_OK(cede_resolve(ring->promise[i + 1], i + 1));
    }
    return 0;
}

static int passes_tokens(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    for (int r = 0; r < RINGS; r++)
        CEDE_TRY(cede_go(&g, passes_on, &rings[r]));
    return cede_join(&g);
}

TEST(tokens_go_around_between_loops_over_promises)
{
    make_rings(rounds(1000));
    CHECK_EQ(cede_run_threads(N, passes_tokens, NULL), 0);
    free_rings();
}

/* ---- queues ------------------------------------------------------------ */

static cede_queue *inbox[N];
static atomic_long got;

static int serves(void *arg)
{
    const long *n = arg;
    long item;
    for (long i = 0; i < *n; i++) {
        CHECK_EQ(cede_get(inbox[cede_thread_index()], &item), 1);
        got += item;
    }
    return 0;
}

static int sends(void *arg)
{
    const long *n = arg;
    for (long i = 1; i <= *n; i++)
        CEDE_TRY(cede_put(inbox[(cede_thread_index() + 1) % N], &i));
    return 0;
}

static int serves_and_sends(void *n)
{
    CEDE_GROUP(g);
    for (int i = 0; i < RINGS; i++) {
        CEDE_TRY(cede_go(&g, serves, n));
        CEDE_TRY(cede_go(&g, sends, n));
    }
    return cede_join(&g);
}

TEST(no_item_is_lost_between_loops_that_share_queues)
{
    long n = rounds(2000);
    for (int i = 0; i < N; i++)
        CHECK((inbox[i] = cede_queue_new_shared(sizeof(long), 3)) != NULL);
    CHECK_EQ(cede_run_threads(N, serves_and_sends, &n), 0);
    CHECK_EQ(got, N * RINGS * n * (n + 1) / 2);
    for (int i = 0; i < N; i++)
        cede_queue_free(inbox[i]);
}

/* ---- ends at any moment ------------------------------------------------ */

static cede_future *never;

/* Some work that never ends of itself. */
static int toils(void *arg)
{
    (void)arg;
    for (;;) {
        long item = 1;
        unsigned mine = cede_thread_index();
        CEDE_TRY(cede_put(inbox[(mine + 1) % N], &item));
        CEDE_TRY(cede_get(inbox[mine], &item));
    }
}

static int toils_until_one_fails(void *round)
{
    unsigned n = *(unsigned *)round;
    CHECK_OK(cede_go(NULL, toils, NULL));
    CEDE_GROUP(g);
    for (int i = 0; i < RINGS; i++)
        CEDE_TRY(cede_go(&g, toils, NULL));
    if (cede_thread_index() != n % N)
        return cede_join_rc(&g, cede_await(never));
    for (unsigned i = 0; i < n; i++)
        CEDE_TRY(cede_sleep(0));
    return cede_join_rc(&g, cede_fail(-EIO, "in round %u", n));
}

TEST(a_failure_at_any_moment_ends_all_in_good_order)
{
    listen_to_hook();
    never = cede_promise();
    for (int i = 0; i < N; i++)
        CHECK((inbox[i] = cede_queue_new_shared(sizeof(long), 3)) != NULL);
    for (unsigned round = 0; round < (unsigned)rounds(200); round++) {
        char want[32];
        snprintf(want, sizeof want, "in round %u", round);
        CHECK_ERR(cede_run_threads(N, toils_until_one_fails, &round), -EIO);
        CHECK_STR_EQ(cede_message(), want);
        for (long item; cede_try_get(inbox[round % N], &item) == 1;)
            ;
    }
    CHECK_EQ(hooked.count, 0);
    for (int i = 0; i < N; i++)
        cede_queue_free(inbox[i]);
    cede_future_free(never);
}

/* ---- memory ------------------------------------------------------------ */

static long resident_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = atol(line + 6);
    fclose(f);
    return kib;
}

static int touches(void *arg)
{
    volatile char page[16 * 1024];
    (void)arg;
    for (size_t i = 0; i < sizeof page; i += 512)
        page[i] = 1;
    return cede_sleep(0);
}

static int starts_many(void *arg)
{
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CEDE_TRY(cede_go(&g, touches, arg));
    return cede_join(&g);
}

TEST(a_hundred_times_four_threads_leave_no_more_memory_than_one_time)
{
    for (int i = 0; i < 5; i++)
        CHECK_EQ(cede_run_threads(N, starts_many, NULL), 0);
    long before = resident_kib();
    for (int i = 0; i < rounds(100); i++)
        CHECK_EQ(cede_run_threads(N, starts_many, NULL), 0);
    long more = resident_kib() - before;
    printf("resident: %ld KiB, then %ld more\n", before, more);
    /* The sanitizers keep what is freed. */
    CHECK(SANITIZED || ON_VALGRIND || more < 2048);
}

SUITE("threads_stress")
