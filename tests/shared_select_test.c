/* SPDX-License-Identifier: MIT
 *
 * shared_select_test.c - selects whose queues other threads use: each happens
 * once, whoever comes to two of its cases at a time.
 */
#include "check.h"
#include "threads.h"

#include <sched.h>
#include <stdatomic.h>

static cede_queue *q[3];

static void three_shared_queues(size_t capacity)
{
    for (int i = 0; i < 3; i++)
        q[i] = cede_queue_new_shared(sizeof(int), capacity);
}

static void free_queues(void)
{
    for (int i = 0; i < 3; i++)
        cede_queue_free(q[i]);
}

static int gets_any(void *unused)
{
    (void)unused;
    int x = -1;
    cede_case c[] = {CEDE_CASE_GET(q[0], &x), CEDE_CASE_GET(q[1], &x),
                     CEDE_CASE_GET(q[2], &x)};
    int i = cede_select(c, 3);
    note("%d=%d ", i, x);
    return i < 0 ? i : 0;
}

static void *puts_in_thread(void *i)
{
    return (void *)(intptr_t)cede_put(q[(intptr_t)i], &(int){7});
}

static void *gets_any_in_thread(void *unused)
{
    (void)unused;
    int x = -1;
    cede_case c[] = {CEDE_CASE_GET(q[0], &x), CEDE_CASE_GET(q[1], &x),
                     CEDE_CASE_GET(q[2], &x)};
    int i = cede_select(c, 3);
    return (void *)(intptr_t)(i < 0 ? i : 100 * i + x);
}

static void *puts_any_in_thread(void *item)
{
    cede_case c[] = {CEDE_CASE_PUT(q[0], item), CEDE_CASE_PUT(q[1], item)};
    return (void *)(intptr_t)cede_select(c, 2);
}

/* ---- one by one -------------------------------------------------------- */

TASK_TEST(a_thread_serves_a_select_that_waits)
{
    three_shared_queues(1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_any, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(puts_in_thread, (void *)1), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1=7 ");
    free_queues();
}

TASK_TEST(what_a_thread_has_served_is_served_no_more)
{
    three_shared_queues(1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_any, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(puts_in_thread, (void *)1), 0);
    CHECK_EQ(by_thread(puts_in_thread, (void *)2), 0);
    CHECK_EQ(cede_try_put(q[0], &(int){9}), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1=7 ");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_queue_count(q[i]), i == 1 ? 0 : 1);
    free_queues();
}

TASK_TEST(a_select_on_its_way_is_not_cancelled)
{
    three_shared_queues(0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_any, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(puts_in_thread, (void *)2), 0);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_await(f));
    CHECK_NOTED("2=7 ");
    (void)cede_join(&g);
    free_queues();
}

TASK_TEST(a_cancelled_select_stands_in_no_shared_queue)
{
    three_shared_queues(0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_any, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    for (int i = 0; i < 3; i++)
        CHECK_ERR(cede_try_put(q[i], &i), -EAGAIN);
    free_queues();
    CHECK_ERR(cede_await(f), -ECANCELED);
    (void)cede_join(&g);
}

TASK_TEST(a_select_waits_in_queues_of_both_kinds)
{
    for (int served = 0; served < 2; served++) {
        three_shared_queues(1);
        cede_queue_free(q[1]);
        q[1] = cede_queue_new(sizeof(int), 1);
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, gets_any, NULL));
        CHECK_OK(cede_sleep(0));
        if (served == 0)
            CHECK_EQ(by_thread(puts_in_thread, (void *)0), 0);
        CHECK_EQ(cede_try_put(q[1], &(int){5}), 0);
        if (served == 1)
            CHECK_EQ(by_thread(puts_in_thread, (void *)0), 0);
        CHECK_OK(cede_join(&g));
        CHECK_EQ(cede_queue_count(q[0]), served);
        CHECK_EQ(cede_queue_count(q[1]), !served);
        free_queues();
    }
    CHECK_NOTED("0=7 1=5 ");
}

TASK_TEST(a_queue_of_the_loop_is_freed_once_a_thread_has_served_the_select)
{
    three_shared_queues(1);
    cede_queue_free(q[1]);
    q[1] = cede_queue_new(sizeof(int), 1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_any, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(puts_in_thread, (void *)0), 0);
    cede_queue_free(q[1]);
    q[1] = NULL;
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0=7 ");
    free_queues();
}

TASK_TEST(shared_queues_are_freed_once_a_task_of_the_loop_has_served_the_select)
{
    three_shared_queues(1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_any, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_try_put(q[1], &(int){5}), 0);
    free_queues();
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1=5 ");
}

TASK_TEST(the_queue_from_which_a_thread_has_served_a_select_may_be_freed)
{
    three_shared_queues(1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_any, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(puts_in_thread, (void *)1), 0);
    cede_queue_free(q[1]);
    q[1] = NULL;
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1=7 ");
    free_queues();
}

static int frees_while_it_is_on_its_way(void *unused)
{
    (void)unused;
    three_shared_queues(1);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, gets_any, NULL));
    CEDE_TRY(cede_sleep(0));
    (void)by_thread(puts_in_thread, (void *)1);
    cede_queue_free(q[2]);
    return 0;
}

static void run_frees_while_it_is_on_its_way(void *arg)
{
    (void)cede_run(frees_while_it_is_on_its_way, arg);
}

TEST(a_select_that_another_thread_has_served_still_stands_in_shared_queues)
{
    CHECK_ABORTS(run_frees_while_it_is_on_its_way, NULL, "cede_queue_free",
                 "task 'gets_any'");
}

TEST(a_thread_may_select_where_all_queues_are_shared)
{
    three_shared_queues(0);
    pthread_t t = in_thread(gets_any_in_thread, NULL);
    CHECK_EQ(cede_put(q[2], &(int){7}), 0);
    CHECK_EQ(ends_with(t), 207);
    t = in_thread(gets_any_in_thread, NULL);
    CHECK_OK((int)(intptr_t)puts_any_in_thread(&(int){8}));
    CHECK_EQ(ends_with(t) % 100, 8);
    cede_queue_free(q[2]);
    q[2] = cede_queue_new(sizeof(int), 0);
    CHECK_ERR((intptr_t)gets_any_in_thread(NULL), -EPERM);
    free_queues();
}

TEST(closing_a_shared_queue_ends_the_selects_of_threads)
{
    three_shared_queues(0);
    pthread_t t = in_thread(gets_any_in_thread, NULL);
    cede_queue_close(q[1]);
    CHECK_EQ(ends_with(t), 99);
    free_queues();
}

static int meets_itself(void *unused)
{
    (void)unused;
    int in = 5, out = 0;
    cede_case c[] = {CEDE_CASE_GET(q[0], &out), CEDE_CASE_PUT(q[0], &in),
                     CEDE_CASE_GET(q[1], &out)};
    int i = cede_select(c, 3);
    note("%d:%d ", i, out);
    return 0;
}

TASK_TEST(nobody_meets_himself_in_a_shared_rendezvous)
{
    three_shared_queues(0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, meets_itself, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    CHECK_OK(cede_go(&g, meets_itself, NULL));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0:5 1:0 ");
    free_queues();
}

/* ---- all at a time ----------------------------------------------------- */

/* Every player puts its own items and gets those of others, until all items are
 * through; by selects that do either, in random order, on queues that meet or
 * hold a few.  Each item must arrive once. */
enum { PLAYERS = 6, MOST_ROUNDS = 2000 };

static atomic_int arrived[PLAYERS * MOST_ROUNDS];
static atomic_int left; /* items that nobody has got yet */
static int n_rounds;
static cede_queue *over;

struct player {
    int number, sent;
    unsigned seed;
};

static unsigned dice(struct player *p, unsigned sides)
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return (p->seed >> 16) % sides;
}

static void arrives(int item)
{
    atomic_fetch_add(&arrived[item], 1);
    if (atomic_fetch_sub(&left, 1) == 1)
        cede_queue_close(over);
}

/* The cases of one move, the first of which waits for the end. */
static int arrange(struct player *p, cede_case *c, int *in, int *out)
{
    int n = 0;
    c[n++] = (cede_case)CEDE_CASE_GET(over, NULL);
    *in = p->number * n_rounds + p->sent;
    for (int i = 0, first = (int)dice(p, 3); i < 3; i++) {
        cede_queue *at = q[(first + i) % 3];
        if ((i == 0 || dice(p, 2)) && p->sent < n_rounds)
            c[n++] = (cede_case)CEDE_CASE_PUT(at, in);
        c[n++] = (cede_case)CEDE_CASE_GET(at, out);
    }
    return n;
}

static int plays(void *player)
{
    struct player *p = player;
    for (;;) {
        cede_case c[7];
        int in, out = -1, n = arrange(p, c, &in, &out);
        int i = cede_select(c, (size_t)n);
        if (i <= 0)
            return i;
        if (c[i].kind == CEDE_PUT)
            p->sent++;
        else
            arrives(out);
        CHECK_EQ(c[i].rc, c[i].kind == CEDE_GET);
    }
}

static struct player players[PLAYERS];

static int plays_with_another(void *player)
{
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, plays, player));
    CEDE_TRY(cede_go(&g, plays, (struct player *)player + 1));
    return cede_join(&g);
}

/* Players 0 and 1 are tasks of a loop, so are 2 and 3; 4 and 5 are threads. */
static void *plays_in_a_loop(void *player)
{
    return (void *)(intptr_t)cede_run(plays_with_another, player);
}

static void *plays_in_thread(void *player)
{
    return (void *)(intptr_t)plays(player);
}

static void match(unsigned seed, const size_t *capacity)
{
    memset(arrived, 0, sizeof arrived);
    atomic_store(&left, PLAYERS * n_rounds);
    over = cede_queue_new_shared(1, 0);
    for (int i = 0; i < 3; i++)
        q[i] = cede_queue_new_shared(sizeof(int), capacity[i]);
    for (int i = 0; i < PLAYERS; i++)
        players[i] = (struct player){i, 0, seed + (unsigned)i};
    pthread_t t[] = {in_thread(plays_in_a_loop, &players[0]),
                     in_thread(plays_in_a_loop, &players[2]),
                     in_thread(plays_in_thread, &players[4]),
                     in_thread(plays_in_thread, &players[5])};
    for (int i = 0; i < 4; i++)
        CHECK_EQ(ends_with(t[i]), 0);
    for (int i = 0; i < PLAYERS * n_rounds; i++)
        CHECK_EQ(atomic_load(&arrived[i]), 1);
    free_queues();
    cede_queue_free(over);
}

TEST(every_item_arrives_once_however_many_select)
{
    n_rounds = ON_VALGRIND ? 50 : 400;
    for (unsigned seed = 0; seed < 6; seed++)
        match(seed, (size_t[]){seed % 3, (seed + 1) % 3, (seed + 2) % 3});
}

TEST(every_item_arrives_once_where_selects_meet)
{
    n_rounds = ON_VALGRIND ? 50 : 400;
    for (unsigned seed = 0; seed < 6; seed++)
        match(seed, (size_t[]){0, 0, 0});
}

/* ---- and are cancelled meanwhile --------------------------------------- */

static atomic_int put_count, got_count;
static atomic_bool stop;

static int gets_with_time_outs(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        cede_scope s;
        cede_enter(&s, cede_in(20 * CEDE_US));
        int x;
        cede_case c[] = {CEDE_CASE_GET(q[0], &x), CEDE_CASE_GET(q[1], &x)};
        int i = cede_select(c, 2);
        if (i >= 0 && c[i].rc == 1)
            atomic_fetch_add(&got_count, 1);
        int rc = cede_leave(&s, i < 0 ? i : 0);
        CHECK(rc == 0 || rc == -ETIMEDOUT);
    }
    return 0;
}

static void *tries_to_put(void *at)
{
    while (!atomic_load(&stop)) {
        if (cede_try_put(q[(intptr_t)at], &(int){1}) == 0)
            atomic_fetch_add(&put_count, 1);
        sched_yield();
    }
    return NULL;
}

static int stops_after(void *ms)
{
    CEDE_TRY(cede_sleep(*(int *)ms * CEDE_MS));
    atomic_store(&stop, true);
    return 0;
}

static int selects_under_fire(void *unused)
{
    (void)unused;
    CEDE_GROUP(g);
    for (int i = 0; i < 4; i++)
        CHECK_OK(cede_go(&g, gets_with_time_outs, NULL));
    CHECK_OK(cede_go(&g, stops_after, &(int){200}));
    return cede_join(&g);
}

TEST(what_is_put_into_a_rendezvous_has_been_got_whatever_is_cancelled)
{
    three_shared_queues(0);
    pthread_t t[] = {in_thread(tries_to_put, (void *)0),
                     in_thread(tries_to_put, (void *)1)};
    CHECK_OK(cede_run(selects_under_fire, NULL));
    for (int i = 0; i < 2; i++)
        CHECK_EQ(ends_with(t[i]), 0);
    printf("%d items\n", atomic_load(&put_count));
    CHECK_EQ(atomic_load(&got_count), atomic_load(&put_count));
    CHECK(atomic_load(&got_count) > 0);
    free_queues();
}

SUITE("shared_select")
