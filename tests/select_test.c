/* SPDX-License-Identifier: MIT
 *
 * select_test.c - whichever comes first: of several gets and puts one happens,
 * and the others have changed nothing.
 */
#include "check.h"
#include <limits.h>
#include <pthread.h>

static cede_queue *q[3];

static void three_queues(size_t capacity)
{
    for (int i = 0; i < 3; i++)
        q[i] = cede_queue_new(sizeof(int), capacity);
}

static void free_queues(void)
{
    for (int i = 0; i < 3; i++)
        cede_queue_free(q[i]);
}

static void put_now(int i, int x)
{
    CHECK_EQ(cede_try_put(q[i], &x), 0);
}

static int got_now(int i)
{
    int x;
    CHECK_EQ(cede_try_get(q[i], &x), 1);
    return x;
}

/* Waits to get from any of the three, and notes what came of it. */
static int gets_any(void *name)
{
    int x[3] = {-1, -1, -1};
    cede_case c[] = {CEDE_CASE_GET(q[0], &x[0]), CEDE_CASE_GET(q[1], &x[1]),
                     CEDE_CASE_GET(q[2], &x[2])};
    int i = cede_select(c, 3);
    if (i < 0)
        note("%s:%s ", (char *)name, i == -ECANCELED ? "x" : "?");
    else
        note("%s:%d=%d/%d ", (char *)name, i, x[i], c[i].rc);
    return i < 0 ? i : 0;
}

static int puts_any(void *name)
{
    int x[3] = {10, 11, 12};
    cede_case c[] = {CEDE_CASE_PUT(q[0], &x[0]), CEDE_CASE_PUT(q[1], &x[1]),
                     CEDE_CASE_PUT(q[2], &x[2])};
    int i = cede_select(c, 3);
    if (i < 0)
        note("%s:%s ", (char *)name, i == -ECANCELED ? "x" : "?");
    else
        note("%s:%d/%s ", (char *)name, i, c[i].rc ? "closed" : "put");
    return i < 0 ? i : 0;
}

static cede_future *starts(cede_group *g, cede_fn *fn, const char *name)
{
    cede_future *f = cede_spawn(g, fn, (void *)(uintptr_t)name);
    CHECK(f != NULL);
    CHECK_OK(cede_sleep(0));
    return f;
}

/* ---- what can happen at once ------------------------------------------- */

TEST(the_first_that_can_happen_does)
{
    three_queues(1);
    put_now(1, 5);
    put_now(2, 6);
    int x = 0;
    cede_case c[] = {CEDE_CASE_GET(q[0], &x), CEDE_CASE_GET(q[1], &x),
                     CEDE_CASE_GET(q[2], &x)};
    c[0].rc = c[2].rc = 77;
    CHECK_EQ(cede_select(c, 3), 1);
    CHECK_EQ(x, 5);
    CHECK_EQ(c[1].rc, 1);
    CHECK_EQ(c[0].rc, 77);
    CHECK_EQ(c[2].rc, 77);
    CHECK_EQ(cede_queue_count(q[2]), 1);
    free_queues();
}

TEST(gets_and_puts_stand_side_by_side)
{
    three_queues(1);
    put_now(0, 3);
    int in = 8, out = 0;
    cede_case c[] = {CEDE_CASE_PUT(q[0], &in), CEDE_CASE_PUT(q[1], &in),
                     CEDE_CASE_GET(q[0], &out)};
    CHECK_EQ(cede_select(c, 3), 1);
    CHECK_EQ(c[1].rc, 0);
    CHECK_EQ(cede_select(c, 3), 2);
    CHECK_EQ(out, 3);
    CHECK_EQ(got_now(1), 8);
    free_queues();
}

TEST(a_closed_queue_is_a_case_that_happens)
{
    three_queues(1);
    put_now(0, 3);
    cede_queue_close(q[0]);
    cede_queue_close(q[1]);
    int x = 0;
    cede_case put[] = {CEDE_CASE_PUT(q[1], &x), CEDE_CASE_PUT(q[2], &x)};
    CHECK_EQ(cede_select(put, 2), 0);
    CHECK_ERR(put[0].rc, CEDE_ECLOSED);
    cede_case get[] = {CEDE_CASE_GET(q[2], &x), CEDE_CASE_GET(q[0], &x)};
    CHECK_EQ(cede_select(get, 2), 1);
    CHECK_EQ(get[1].rc, 1);
    CHECK_EQ(x, 3);
    CHECK_EQ(cede_select(get, 2), 1);
    CHECK_EQ(get[1].rc, 0);
    free_queues();
}

TEST(a_case_of_nothing_is_left_out)
{
    three_queues(1);
    int x = 1;
    cede_case c[] = {CEDE_CASE_PUT(q[0], &x), CEDE_CASE_PUT(q[1], &x)};
    c[0].kind = CEDE_NOTHING;
    c[0].queue = NULL;
    CHECK_EQ(cede_try_select(c, 2), 1);
    CHECK_ERR(cede_try_select(c, 2), -EAGAIN);
    free_queues();
}

TEST(an_item_that_nobody_wants_is_dropped_by_a_select)
{
    three_queues(1);
    put_now(0, 3);
    CHECK_EQ(cede_select((cede_case[]){CEDE_CASE_GET(q[0], NULL)}, 1), 0);
    CHECK_EQ(cede_queue_count(q[0]), 0);
    free_queues();
}

TEST(a_select_of_no_case_or_an_unknown_kind_is_invalid)
{
    three_queues(1);
    cede_case c[] = {CEDE_CASE_GET(q[0], NULL), CEDE_CASE_PUT(q[0], "item")};
    CHECK_ERR(cede_select(NULL, 0), -EINVAL);
    CHECK_STR_EQ(cede_message(), "a select of 0 cases");
    CHECK_ERR(cede_try_select(c, 0), -EINVAL);
    c[0].kind = (enum cede_case_kind)9;
    CHECK_ERR(cede_select(c, 2), -EINVAL);
    CHECK_STR_EQ(cede_message(), "case 0 of a select is of kind 9");
    c[0].kind = c[1].kind = CEDE_NOTHING;
    CHECK_ERR(cede_select(c, 2), -EINVAL);
    c[0].kind = CEDE_GET;
    CHECK_ERR(cede_select(c, (size_t)INT_MAX + 1), -EINVAL);
    CHECK_STR_EQ(cede_message(), "a select of 2147483648 cases");
    free_queues();
}

TEST(a_select_given_no_queue_has_no_memory_and_changes_nothing)
{
    three_queues(1);
    cede_case c[] = {CEDE_CASE_PUT(q[0], &(int){1}), CEDE_CASE_GET(NULL, NULL)};
    CHECK_ERR(cede_select(c, 2), -ENOMEM);
    CHECK_ERR(cede_try_select(c, 2), -ENOMEM);
    CHECK_EQ(cede_queue_count(q[0]), 0);
    free_queues();
}

TEST(a_select_outside_of_a_task_must_not_wait)
{
    three_queues(1);
    cede_case c[] = {CEDE_CASE_GET(q[0], NULL), CEDE_CASE_GET(q[1], NULL)};
    CHECK_ERR(cede_select(c, 2), -EPERM);
    CHECK_STR_EQ(cede_message(), "cede_select of what cannot happen yet would "
                                 "have to wait, and was called outside a task");
    put_now(1, 3);
    CHECK_EQ(cede_select(c, 2), 1);
    free_queues();
}

TASK_TEST(a_select_in_a_cancelled_scope_does_nothing_but_try)
{
    three_queues(1);
    put_now(0, 3);
    cede_scope s;
    cede_enter(&s, 0);
    cede_case c[] = {CEDE_CASE_GET(q[0], NULL)};
    CHECK_ERR(cede_select(c, 1), -ECANCELED);
    CHECK_EQ(cede_queue_count(q[0]), 1);
    CHECK_EQ(cede_try_select(c, 1), 0);
    CHECK_ERR(cede_leave(&s, 0), 0);
    free_queues();
}

/* ---- waiting ----------------------------------------------------------- */

TASK_TEST(a_select_waits_for_the_first_item_of_any_queue)
{
    three_queues(4);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    put_now(2, 7);
    put_now(0, 8);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:2=7/1 ");
    CHECK_EQ(got_now(0), 8);
    CHECK_EQ(cede_queue_count(q[2]), 0);
    free_queues();
}

TASK_TEST(a_select_waits_for_the_first_room_in_any_queue)
{
    three_queues(1);
    for (int i = 0; i < 3; i++)
        put_now(i, i);
    CEDE_GROUP(g);
    (void)starts(&g, puts_any, "a");
    CHECK_EQ(got_now(1), 1);
    CHECK_EQ(got_now(0), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:1/put ");
    CHECK_EQ(got_now(1), 11);
    CHECK_EQ(cede_queue_count(q[0]), 0);
    free_queues();
}

static int gets_plain(void *i)
{
    int x, rc = cede_get(q[*(int *)i], &x);
    note("plain=%d ", x);
    return rc;
}

TASK_TEST(selects_and_others_are_served_in_the_order_they_came)
{
    three_queues(4);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_plain, &(int){1}));
    (void)starts(&g, gets_any, "a");
    CHECK_OK(cede_go(&g, gets_plain, &(int){1}));
    (void)starts(&g, gets_any, "b");
    for (int i = 0; i < 5; i++)
        put_now(1, i);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("plain=0 a:1=1/1 plain=2 b:1=3/1 ");
    CHECK_EQ(got_now(1), 4);
    free_queues();
}

TASK_TEST(nobody_takes_what_a_select_was_promised)
{
    three_queues(4);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    put_now(1, 7);
    CHECK_ERR(cede_try_get(q[1], NULL), -EAGAIN);
    put_now(1, 8);
    CHECK_EQ(got_now(1), 8);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:1=7/1 ");
    free_queues();
}

TASK_TEST(a_select_that_puts_meets_a_select_that_gets)
{
    three_queues(0);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    (void)starts(&g, puts_any, "b");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("b:0/put a:0=10/1 ");
    noted[0] = '\0';
    free_queues();
}

TASK_TEST(a_select_that_gets_meets_a_select_that_puts)
{
    three_queues(0);
    CEDE_GROUP(g);
    (void)starts(&g, puts_any, "a");
    (void)starts(&g, gets_any, "b");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("b:0=10/1 a:0/put ");
    free_queues();
}

static int meets_itself(void *arg)
{
    (void)arg;
    int in = 5, out = 0;
    cede_case c[] = {CEDE_CASE_GET(q[0], &out), CEDE_CASE_PUT(q[0], &in)};
    int i = cede_select(c, 2);
    note("%d:%d/%d ", i, out, i < 0 ? 0 : c[i].rc);
    return 0;
}

TASK_TEST(nobody_meets_himself_in_a_rendezvous)
{
    three_queues(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, meets_itself, "a");
    CHECK(!cede_done(f));
    (void)starts(&g, meets_itself, "b");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0:5/1 1:0/0 ");
    CHECK_ERR(cede_try_get(q[0], NULL), -EAGAIN);
    CHECK_ERR(cede_try_put(q[0], &(int){1}), -EAGAIN);
    free_queues();
}

TASK_TEST(a_queue_may_occur_more_than_once)
{
    three_queues(1);
    q[2] = (cede_queue_free(q[2]), q[1]);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    (void)starts(&g, gets_any, "b");
    put_now(1, 7);
    put_now(2, 8);
    put_now(1, 9);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:1=7/1 b:1=8/1 ");
    CHECK_EQ(got_now(1), 9);
    q[2] = NULL;
    free_queues();
}

TASK_TEST(closing_any_of_its_queues_ends_a_select)
{
    three_queues(0);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    cede_queue_close(q[1]);
    CHECK_OK(cede_join(&g));
    CEDE_GROUP(h);
    q[1] = (cede_queue_free(q[1]), cede_queue_new(sizeof(int), 0));
    (void)starts(&h, puts_any, "b");
    cede_queue_close(q[2]);
    CHECK_OK(cede_join(&h));
    CHECK_NOTED("a:1=-1/0 b:2/closed ");
    free_queues();
}

TASK_TEST(a_batch_serves_selects)
{
    three_queues(2);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    (void)starts(&g, gets_any, "b");
    int x[3] = {1, 2, 3};
    CHECK_EQ(cede_put_many(q[1], x, 3), 3);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:1=1/1 b:1=2/1 ");
    free_queues();
}

TASK_TEST(a_select_fills_stacks_and_sorted_queues_too)
{
    three_queues(1);
    q[0] = (cede_queue_free(q[0]), cede_queue_new_lifo(sizeof(int), 1));
    for (int i = 0; i < 3; i++)
        put_now(i, i);
    CEDE_GROUP(g);
    (void)starts(&g, puts_any, "a");
    CHECK_EQ(got_now(0), 0);
    CHECK_EQ(got_now(0), 10);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:0/put ");
    free_queues();
}

TASK_TEST(what_a_select_puts_and_gets_counts_as_unfinished)
{
    three_queues(0);
    CEDE_GROUP(g);
    (void)starts(&g, puts_any, "a");
    (void)starts(&g, gets_any, "b");
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_queue_done(q[0]), 0);
    CHECK_ERR(cede_queue_done(q[0]), -EINVAL);
    CHECK_ERR(cede_queue_done(q[1]), -EINVAL);
    free_queues();
}

/* ---- cancelling -------------------------------------------------------- */

TASK_TEST(a_cancelled_select_has_done_nothing_and_stands_nowhere)
{
    three_queues(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, gets_any, "a");
    CHECK_OK(cede_cancel(f));
    for (int i = 0; i < 3; i++)
        CHECK_ERR(cede_try_put(q[i], &i), -EAGAIN);
    free_queues();
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_NOTED("a:x ");
    (void)cede_join(&g);
}

TASK_TEST(a_select_served_and_cancelled_in_one_turn_has_happened)
{
    three_queues(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, gets_any, "a");
    put_now(1, 7);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_await(f));
    CHECK_NOTED("a:1=7/1 ");
    (void)cede_join(&g);
    free_queues();
}

TASK_TEST(the_queues_of_a_select_that_was_served_may_be_freed_at_once)
{
    three_queues(0);
    CEDE_GROUP(g);
    (void)starts(&g, gets_any, "a");
    put_now(1, 7);
    free_queues();
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a:1=7/1 ");
}

static int times_out(void *arg)
{
    (void)arg;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    return cede_leave(&s, cede_select((cede_case[]){CEDE_CASE_GET(q[0], NULL),
                                                    CEDE_CASE_GET(q[1], NULL)},
                                      2));
}

VIRTUAL_TEST(a_select_may_have_a_deadline)
{
    three_queues(0);
    CHECK_ERR(times_out(NULL), -ETIMEDOUT);
    free_queues();
}

/* ---- misuse ------------------------------------------------------------ */

static int selects_for_ever(void *arg)
{
    (void)arg;
    return cede_select(
        (cede_case[]){CEDE_CASE_GET(q[0], NULL), CEDE_CASE_GET(q[1], NULL)}, 2);
}

static int frees_too_early(void *arg)
{
    (void)arg;
    three_queues(1);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, selects_for_ever, NULL));
    CEDE_TRY(cede_sleep(0));
    cede_queue_free(q[1]);
    return 0;
}

static void run_frees_too_early(void *arg)
{
    (void)cede_run(frees_too_early, arg);
}

TEST(freeing_a_queue_in_which_a_select_waits_aborts_by_its_name)
{
    CHECK_ABORTS(run_frees_too_early, NULL, "cede_queue_free",
                 "task 'selects_for_ever'");
}

static void *puts_from_here(void *arg)
{
    (void)arg;
    (void)cede_try_put(q[1], &(int){1});
    return NULL;
}

static int is_served_by_a_thread(void *arg)
{
    three_queues(1);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, selects_for_ever, NULL));
    CEDE_TRY(cede_sleep(0));
    pthread_t t;
    CHECK(pthread_create(&t, NULL, puts_from_here, arg) == 0);
    pthread_join(t, NULL);
    return 0;
}

static void run_is_served_by_a_thread(void *arg)
{
    (void)cede_run(is_served_by_a_thread, arg);
}

TEST(serving_a_select_from_another_thread_aborts_by_its_name)
{
    CHECK_ABORTS(run_is_served_by_a_thread, NULL, "used by two threads",
                 "task 'selects_for_ever'");
}

/* ---- dumps ------------------------------------------------------------- */

TASK_TEST(a_dump_says_that_it_selects)
{
    three_queues(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, gets_any, "a");
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cede_dump(out);
    fclose(out);
    CHECK(strstr(text, "select of 3 cases, ") != NULL);
    free(text);
    CHECK_OK(cede_cancel(f));
    (void)cede_join(&g);
    free_queues();
}

SUITE("select")
