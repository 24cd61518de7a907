/* SPDX-License-Identifier: MIT
 *
 * surprise_promise_test.c - promises and fork: the child has a copy of every
 * promise, which it may use on its own; tasks and callbacks of the parent's
 * loop that wait for one are the parent's business.
 */
#include "check.h"
#include "children.h"

static cede_future *promise, *after;

static int awaits(void *arg)
{
    (void)arg;
    SAY("parent's %d; ", cede_await(promise));
    return 0;
}

static void tells(cede_future *f, void *where)
{
    SAY("%s %d; ", (char *)where, cede_result(f));
}

/* With a task and a callback that wait for the promise. */
static int forks_with_a_promise(void *arg)
{
    promise = cede_promise();
    after = cede_after(CEDE_SEC * 1000, 9);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, awaits, NULL));
    CEDE_TRY(cede_on_done(promise, tells, "parent's callback"));
    int rc = forks(arg);
    SAY("%d; ", cede_resolve(promise, 7));
    if (rc == 0)
        rc = cede_join(&g);
    cede_future_free(promise);
    cede_future_free(after);
    return rc;
}

static void run_forks_with_a_promise(void *arg)
{
    SAY("run %d", cede_run(forks_with_a_promise, arg));
}

#define CHILD_AND_PARENT_SAY(fn, want)                                         \
    do {                                                                       \
        void (*child_)(void) = (fn);                                           \
        const struct output *o_ =                                              \
            OUTPUT_OF(run_forks_with_a_promise, &child_);                      \
        CHECK_STR_EQ(o_->text,                                                 \
                     want "child ended 7; tick; 0; parent's callback 7; "      \
                          "parent's 7; run 0");                                \
    } while (0)

static void resolves(void)
{
    SAY("child %d; ", cede_resolve(promise, 8));
    SAY("%d; ", cede_await(promise));
}

TEST(a_child_may_resolve_its_copy_and_the_parent_has_its_own)
{
    CHILD_AND_PARENT_SAY(resolves, "child 0; 8; ");
}

static void watches(void)
{
    SAY("%d; ", cede_on_done(promise, tells, "child's callback"));
    SAY("%d; ", cede_cancel(promise));
    cede_future_free(promise);
}

TEST(a_childs_callbacks_are_told_in_the_child_and_the_parents_are_not)
{
    CHILD_AND_PARENT_SAY(watches, "0; child's callback -125; 0; ");
}

static void looks_at_the_clock(void)
{
    cede_future *mine = cede_after(CEDE_SEC, 7);
    SAY("%d %d; ", cede_await(mine) == -EPERM,
        strstr(cede_message(), "forked") != NULL);
    cede_future_free(mine);
    SAY("%d %d; ", cede_await(after) == -EPERM, cede_done(after));
    cede_future_free(after);
}

TEST(a_child_has_no_time_of_the_parents_to_wait_for)
{
    CHILD_AND_PARENT_SAY(looks_at_the_clock, "1 1; 1 0; ");
}

static int awaits_in_the_child(void *arg)
{
    cede_future *f = cede_after(CEDE_MS, 8);
    int rc = cede_await(f);
    cede_future_free(f);
    return rc + cede_resolve(promise, 1) + *(int *)arg;
}

static void runs_anew(void)
{
    SAY("anew %d; ", cede_run(awaits_in_the_child, &(int){1}));
    SAY("%d; ", cede_result(promise));
}

TEST(a_run_of_the_childs_own_may_use_its_copies)
{
    CHILD_AND_PARENT_SAY(runs_anew, "anew 9; 1; ");
}

SUITE_OF_FORKS("surprise_promise")
