/* SPDX-License-Identifier: MIT
 *
 * task_late_test.c - many tasks started before any of them runs: most get
 * their stack only when their turn has come, and nobody can tell.
 */
#include "check.h"

enum { N = 1000 };

static int order[N], ran;
static const char *stacks[N];

static int notes_its_turn(void *arg)
{
    char here;
    stacks[ran] = &here;
    order[ran++] = *(int *)arg;
    return 0;
}

static int lets_others_run(void *arg)
{
    (void)arg;
    return cede_sleep(0);
}

static int numbers[N];

static int start_all(cede_group *g, cede_fn *fn)
{
    ran = 0;
    for (int i = 0; i < N; i++) {
        numbers[i] = i;
        CEDE_TRY(cede_go(g, fn, &numbers[i]));
    }
    return 0;
}

/* The thread keeps the stacks that a round of waiting tasks has left; a start
 * is put off only if one of them is there for it, so there must be some for
 * those who are started after all N as well. */
static void warm_up(void)
{
    enum { MORE = 8 };
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, lets_others_run));
    for (int i = 0; i < MORE; i++)
        CHECK_OK(cede_go(&g, lets_others_run, NULL));
    CHECK_OK(cede_join(&g));
}

TASK_TEST(many_tasks_run_in_the_order_in_which_they_were_started)
{
    for (int round = 0; round < 2; round++) {
        CEDE_GROUP(g);
        CHECK_OK(start_all(&g, notes_its_turn));
        CHECK_OK(cede_join(&g));
        CHECK_EQ(ran, N);
        for (int i = 0; i < N; i++)
            CHECK_EQ(order[i], i);
        warm_up();
    }
}

static int notes_how_many_ran(void *arg)
{
    *(int *)arg = ran;
    return 0;
}

static int starts_a_later_one(void *arg)
{
    return cede_go(NULL, notes_how_many_ran, arg);
}

TASK_TEST(who_was_put_off_runs_before_those_who_were_started_later)
{
    int before = 0;
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, starts_a_later_one, &before));
    CHECK_OK(start_all(&g, notes_its_turn));
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(before, N);
}

static int by_address(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    return (x > y) - (x < y);
}

TASK_TEST(tasks_that_do_not_wait_run_on_few_stacks_however_many_there_are)
{
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    CHECK_OK(cede_join(&g));
    qsort(stacks, N, sizeof *stacks, by_address);
    int few = 1;
    for (int i = 1; i < N; i++)
        few += stacks[i] - stacks[i - 1] > 4096;
    CHECK(few <= 66 || ON_VALGRIND);
}

static int yields_nothing(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    return 0;
}

TASK_TEST(stacks_that_were_promised_to_tasks_are_nobody_elses)
{
    static cede_gen *gens[2 * N];
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    for (int i = 0; i < 2 * N; i++)
        CHECK(gens[i] = cede_gen_of(int, yields_nothing, NULL));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(ran, N);
    for (int i = 0; i < 2 * N; i++)
        CHECK_OK(cede_gen_close(gens[i]));
}

static int met;

static int meets_its_cancel(void *arg)
{
    (void)arg;
    ran++;
    int rc = cede_sleep(CEDE_SEC);
    met += rc == -ECANCELED;
    return rc;
}

TASK_TEST(a_group_cancelled_before_its_tasks_ran_still_runs_each_once)
{
    warm_up();
    met = 0;
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, meets_its_cancel));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(ran, N);
    CHECK_EQ(met, N);
}

TASK_TEST(a_task_cancelled_before_it_ran_meets_it_at_its_first_wait)
{
    warm_up();
    met = 0;
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    cede_future *f = cede_spawn(&g, meets_its_cancel, NULL);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_result(f), -EAGAIN);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(met, 1);
    CHECK_ERR(cede_cancel(f), -EALREADY);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_future_may_be_given_back_before_its_task_ran)
{
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    static int last = N;
    cede_future *f = cede_spawn(&g, lets_others_run, &last);
    CHECK(f != NULL);
    cede_future_free(f);
    CHECK_OK(cede_join(&g));
}

static int fails(void *arg)
{
    return cede_fail(-EIO, "number %d", *(int *)arg);
}

TASK_TEST(a_task_that_was_put_off_fails_by_its_own_name)
{
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    cede_go_with(&g, fails, &numbers[7], &(cede_task_options){.name = "late"});
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_STR_EQ(cede_message(), "number 7");
    cede_failure f;
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_STR_EQ(f.name, "late");
}

static int starts_another(void *arg)
{
    int n = *(int *)arg;
    ran++;
    return n > 0 ? cede_go(NULL, starts_another, &numbers[n - 1]) : 0;
}

TASK_TEST(tasks_that_were_put_off_start_others)
{
    warm_up();
    CEDE_GROUP(g);
    CHECK_OK(start_all(&g, notes_its_turn));
    cede_go(&g, starts_another, &numbers[100]);
    CHECK_OK(cede_join(&g));
    while (ran < N + 101)
        CHECK_OK(cede_sleep(0));
}

/* ---- who goes first ------------------------------------------------------ */

static int counted;

static int counts(void *arg)
{
    (void)arg;
    counted++;
    return 0;
}

static int answers_the_count(void *q)
{
    CEDE_TRY(cede_get(q, NULL));
    return counted;
}

TASK_TEST(who_is_woken_does_not_wait_until_all_that_were_put_off_have_run)
{
    enum { MANY = 5000 };
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CEDE_GROUP(g);
    for (int i = 0; i < MANY; i++) /* so that there are stacks to promise */
        cede_go(&g, counts, NULL);
    CHECK_OK(cede_sleep(0));
    counted = 0;
    cede_future *f = cede_spawn(&g, answers_the_count, q);
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < MANY; i++)
        cede_go(&g, counts, NULL);
    CHECK_OK(cede_put(q, &(int){1}));
    int before = cede_await(f);
    CHECK(before < 500);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(counted, MANY);
    cede_queue_free(q);
}

TASK_TEST(who_lets_others_run_waits_until_all_that_were_put_off_have_run_once)
{
    enum { MANY = 5000 };
    CEDE_GROUP(g);
    for (int round = 0; round < 2; round++) {
        counted = 0;
        for (int i = 0; i < MANY; i++)
            cede_go(&g, counts, NULL);
        CHECK_OK(cede_sleep(0));
        CHECK_EQ(counted, MANY);
    }
    CHECK_OK(cede_join(&g));
}

/* Two that wake each other for ever keep nobody from starting. */
static int plays(void *arg)
{
    cede_queue **q = arg;
    int ball = 0;
    while (cede_get(q[0], &ball) > 0 && counted < 1000)
        CEDE_TRY(cede_put(q[1], &ball));
    cede_queue_close(q[1]);
    return 0;
}

TASK_TEST(those_who_wake_each_other_keep_nobody_from_starting)
{
    cede_queue *there = cede_queue_new(sizeof(int), 1);
    cede_queue *back = cede_queue_new(sizeof(int), 1);
    cede_queue *one[] = {there, back}, *other[] = {back, there};
    CEDE_GROUP(g);
    for (int i = 0; i < 1000; i++)
        cede_go(&g, counts, NULL);
    CHECK_OK(cede_sleep(0));
    counted = 0;
    cede_go(&g, plays, one);
    cede_go(&g, plays, other);
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 1000; i++)
        cede_go(&g, counts, NULL);
    CHECK_OK(cede_put(there, &(int){1}));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(counted, 1000);
    cede_queue_free(there);
    cede_queue_free(back);
}

SUITE("task_late")
