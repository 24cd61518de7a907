/* SPDX-License-Identifier: MIT
 *
 * group_late_test.c - children that start when their group seems to be over,
 * tasks that overlook that they are cancelled, and messages on the way out.
 */
#include "check.h"
#include <string.h>

static bool late_is_over;

static int late(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++)
        CEDE_TRY(cede_sleep(0));
    late_is_over = true;
    return 0;
}

static int returns_at_once(void *arg)
{
    (void)arg;
    return 0;
}

struct stranger {
    cede_group *group;
    cede_future *awaited;
};

/* Starts a child right after the group's last one is over, before the owner,
 * whose join was granted by that, has run. */
static int starts_late(void *arg)
{
    struct stranger *s = arg;
    cede_await(s->awaited);
    return cede_go(s->group, late, NULL);
}

TASK_TEST(a_child_started_after_the_last_one_ended_is_joined_too)
{
    late_is_over = false;
    CEDE_GROUP(outer);
    {
        CEDE_GROUP(inner);
        struct stranger s = {.group = &inner};
        s.awaited = cede_spawn(&inner, returns_at_once, NULL);
        cede_go(&outer, starts_late, &s);
        CHECK_EQ(cede_join(&inner), 0);
        CHECK(late_is_over);
    }
    CHECK_EQ(cede_join(&outer), 0);
}

static int starts_now(void *group)
{
    return cede_go(group, late, NULL);
}

TASK_TEST(a_child_started_while_an_empty_join_lets_others_run_is_joined_too)
{
    for (int spent = 120; spent < 130; spent++) {
        late_is_over = true;
        CEDE_GROUP(outer);
        CEDE_GROUP(inner);
        cede_sleep(0); /* a fresh budget, */
        cede_queue *q = cede_queue_new(1, SIZE_MAX);
        for (int i = 0; i < spent; i++) /* some of it spent */
            CHECK_EQ(cede_put(q, ""), 0);
        cede_go(&outer, starts_now, &inner);
        late_is_over = false;
        CHECK_EQ(cede_join(&inner), 0);
        bool started = cede_queue_count(q) && late_is_over;
        cede_queue_free(q);
        /* Either it came in time and is over, or the group was joined. */
        int rc = cede_join(&outer);
        CHECK(started ? rc == 0 : rc == CEDE_ECLOSED);
    }
}

static int overlooks_it(void *flag)
{
    while (!*(volatile bool *)flag)
        (void)cede_sleep(CEDE_SEC);
    return 0;
}

static int sets(void *flag)
{
    *(bool *)flag = true;
    return 0;
}

TASK_TEST(a_cancelled_task_that_overlooks_it_does_not_hang_the_thread)
{
    bool flag = false;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, overlooks_it, &flag);
    CHECK_EQ(cede_sleep(0), 0);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_EQ(cede_sleep(0), 0);
    cede_go(&g, sets, &flag);
    CHECK_EQ(cede_join(&g), 0);
}

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "the child's");
}

static int leaves_a_group_with_an_error(void *arg)
{
    CEDE_GROUP(g);
    cede_go(&g, fails, arg);
    cede_sleep(0);
    return cede_fail(-EINVAL, "the owner's");
}

TASK_TEST(leaving_a_group_by_an_error_keeps_its_message)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_go(&g, leaves_a_group_with_an_error, NULL);
    CHECK_ERR(cede_join(&g), -EINVAL);
    CHECK_STR_EQ(cede_message(), "the owner's");
    CHECK_STR_EQ(hooked.message, "the child's");
}

static int returns_out_of_a_scope(void *arg)
{
    CEDE_SCOPE(s, cede_in(CEDE_SEC));
    CEDE_TRY(*(int *)arg);
    return cede_leave(&s, cede_sleep(CEDE_NEVER));
}

TASK_TEST(a_declared_scope_is_left_with_its_block)
{
    CHECK_ERR(returns_out_of_a_scope(&(int){-EIO}), -EIO);
    CHECK(!cede_cancelled());
    CHECK_ERR(returns_out_of_a_scope(&(int){0}), -ETIMEDOUT);
}

static int yields(cede_gen *self, void *arg)
{
    *(cede_gen **)arg = self;
    return cede_yield(self, NULL);
}

static int yields_for_another(cede_gen *self, void *other)
{
    (void)self;
    return cede_yield(other, NULL);
}

static void misuses_a_closed_generator(void *arg)
{
    cede_gen *self;
    cede_gen *a = cede_gen_new(yields, &self, 0, 0);
    cede_next(a, NULL);
    cede_gen_stop(a);
    cede_gen *b = cede_gen_new(yields_for_another, a, 0, 0);
    (void)arg;
    cede_next(b, NULL); /* on the stack that was a's */
}

TEST(a_yield_of_a_closed_generator_aborts_by_name)
{
    CHECK_ABORTS(misuses_a_closed_generator, NULL, "'yields'");
}

static int takes_200_mib(void *arg)
{
    (void)arg;
    return 7;
}

TASK_TEST(a_stack_may_be_larger_than_a_first_reservation)
{
    cede_task_options large = {.stack_size = (size_t)512 << 20};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn_with(&g, takes_200_mib, NULL, &large);
    CHECK_EQ(cede_await(f), 7);
    CHECK_EQ(cede_join(&g), 0);
}

static void loops_over_the_wrong_size(void *arg)
{
    cede_each (int, i, cede_range(0, 10, 1))
        *(int *)arg += i;
    exit(0);
}

TEST(a_failure_of_the_main_threads_last_loop_is_told_when_it_ends)
{
    const struct output *o = OUTPUT_OF(loops_over_the_wrong_size, &(int){0});
    CHECK(strstr(o->text, "for-each") != NULL);
    CHECK(strstr(o->text, "4 bytes over items of 8") != NULL);
}

SUITE("group_late")
