/* SPDX-License-Identifier: MIT
 *
 * agen_close_test.c - closing generators whose clean-up waits, behind a shield
 * and with a deadline: cede_gen_close_within, CEDE_CLOSING.
 */
#include "base/memory.h"
#include "check.h"

/* Yields once, and then takes `takes` to clean up. */
struct cleaner {
    cede_time takes;
    int slept; /* how that went */
    int rc;    /* what it returns then; 1: slept */
};

static int cleans_up(cede_gen *self, void *arg)
{
    struct cleaner *c = arg;
    (void)cede_yield(self, &(int){1});
    c->slept = cede_sleep(c->takes);
    note("cleaned ");
    if (c->rc == 1)
        return c->slept;
    return c->rc < 0 ? cede_fail(c->rc, "the clean-up's text") : c->rc;
}

static cede_gen *stepped(struct cleaner *c)
{
    cede_gen *g = cede_gen_of(int, cleans_up, c);
    CHECK_EQ(cede_next(g, NULL), 1);
    return g;
}

/* ---- cede_gen_close_within ------------------------------------------- */

VIRTUAL_TEST(closed_within_a_time_clean_up_waits_in_a_cancelled_scope_too)
{
    struct cleaner c = {.takes = CEDE_SEC, .rc = 5};
    cede_gen *g = stepped(&c);
    cede_time start = cede_now();
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_EQ(cede_gen_close_within(2 * CEDE_SEC, g), 5);
    CHECK_EQ(c.slept, 0);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK(cede_cancelled());
}

VIRTUAL_TEST(clean_up_that_takes_longer_is_cancelled_and_that_is_a_time_out)
{
    struct cleaner c = {.takes = CEDE_NEVER, .rc = 1};
    cede_time start = cede_now();
    CHECK_ERR(cede_gen_close_within(CEDE_SEC, stepped(&c)), -ETIMEDOUT);
    CHECK_ERR(c.slept, -ECANCELED);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
}

VIRTUAL_TEST(clean_up_that_takes_longer_may_end_with_what_it_wants)
{
    struct cleaner c = {.takes = CEDE_NEVER, .rc = -EIO};
    CHECK_ERR(cede_gen_close_within(CEDE_SEC, stepped(&c)), -EIO);
    CHECK_STR_EQ(cede_message(), "the clean-up's text");
    c = (struct cleaner){.takes = CEDE_NEVER, .rc = 4};
    CHECK_EQ(cede_gen_close_within(0, stepped(&c)), 4);
    CHECK_ERR(c.slept, -ECANCELED);
}

TASK_TEST(without_memory_for_the_shield_clean_up_cannot_wait_and_that_is_said)
{
    struct cleaner c = {.takes = CEDE_SEC, .rc = 1};
    cede_gen *g = stepped(&c);
    cd_refuse_in = 1;
    CHECK_ERR(cede_gen_close_within(CEDE_SEC, g), -ENOMEM);
    CHECK_EQ(cd_refuse_in, 0);
    CHECK_ERR(c.slept, -ECANCELED);
}

static int fails_cancelled(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    return -ECANCELED;
}

TASK_TEST(what_it_ended_with_before_is_no_time_out)
{
    cede_gen *g = cede_gen_of(int, fails_cancelled, NULL);
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    CHECK_ERR(cede_gen_close_within(0, g), -ECANCELED);
}

static int cannot_close(void *g)
{
    CHECK_ERR(cede_gen_close_within(CEDE_SEC, g), -EBUSY);
    note("refused");
    return 0;
}

static int naps(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    return cede_sleep(CEDE_MS);
}

TASK_TEST(one_that_is_running_is_not_closed_within_a_time_either)
{
    cede_gen *g = cede_gen_of(int, naps, NULL);
    CEDE_GROUP(group);
    CHECK_OK(cede_go(&group, cannot_close, g));
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_OK(cede_join(&group));
    CHECK_NOTED("refused");
    CHECK_EQ(cede_gen_close_within(CEDE_SEC, g), 0);
    CHECK_ERR(cede_gen_close_within(CEDE_SEC, NULL), -ENOMEM);
}

TEST(outside_a_task_closing_within_a_time_is_closing)
{
    struct cleaner c = {.takes = CEDE_MS, .rc = 1};
    CHECK_EQ(cede_gen_close_within(0, stepped(&c)), 0);
    CHECK_EQ(c.slept, 0);
}

/* ---- CEDE_CLOSING ---------------------------------------------------- */

static int leaves(struct cleaner *c, int how)
{
    do {
        CEDE_CLOSING(g, cede_gen_of(int, cleans_up, c));
        CHECK_EQ(cede_next(g, NULL), 1);
        if (how == 0)
            break;
        if (how == 1)
            return cede_fail(-EDOM, "why it was left");
        if (how == 2)
            goto out;
    } while (0);
out:
    note("after ");
    return 0;
}

VIRTUAL_TEST(a_block_closes_it_on_every_way_out)
{
    for (int how = 0; how < 4; how++) {
        struct cleaner c = {.takes = CEDE_SEC, .slept = 7};
        int rc = leaves(&c, how);
        CHECK_EQ(rc, how == 1 ? -EDOM : 0);
        CHECK_EQ(c.slept, 0);
    }
    CHECK_NOTED("cleaned after cleaned cleaned after cleaned after ");
}

VIRTUAL_TEST(the_end_of_the_block_is_shielded_and_gives_it_ten_seconds)
{
    struct cleaner c = {.takes = CEDE_NEVER};
    cede_time start = cede_now();
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_EQ(leaves(&c, 0), 0);
    CHECK_ERR(c.slept, -ECANCELED);
    CHECK_EQ(cede_now() - start, 10 * CEDE_SEC);
}

TASK_TEST(a_failure_at_the_end_of_the_block_goes_to_the_hook)
{
    struct cleaner c = {.rc = -EIO};
    listen_to_hook();
    CHECK_ERR(leaves(&c, 1), -EDOM);
    CHECK_EQ(hooked.count, 1);
    CHECK_ERR(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.what,
                 "generator 'cleans_up' failed when it was closed");
    CHECK_STR_EQ(hooked.message, "the clean-up's text");
    CHECK_STR_EQ(cede_message(), "why it was left");
}

static int fails(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    return cede_fail(-EIO, "in the step");
}

TASK_TEST(a_failure_that_a_step_has_answered_is_not_told_again)
{
    listen_to_hook();
    {
        CEDE_CLOSING(g, cede_gen_of(int, fails, NULL));
        CHECK_ERR(cede_next(g, NULL), -EIO);
    }
    CHECK_EQ(hooked.count, 0);
    {
        CEDE_CLOSING(g, cede_gen_primed(fails, NULL, sizeof(int), 0));
        CHECK_EQ(cede_gen_state(g), CEDE_CLOSED); /* and nobody was told */
    }
    CHECK_EQ(hooked.count, 1);
}

TASK_TEST(one_that_was_given_away_or_is_null_is_not_closed)
{
    struct cleaner c = {0};
    listen_to_hook();
    {
        CEDE_CLOSING(g, stepped(&c));
        CHECK_EQ(cede_gen_close(g), 0);
        g = NULL;
    }
    CHECK_NOTED("cleaned ");
    CHECK_EQ(hooked.count, 0);
}

TEST(outside_a_task_the_block_closes_it_as_well)
{
    struct cleaner c = {.takes = CEDE_MS};
    CHECK_ERR(leaves(&c, 1), -EDOM);
    CHECK_NOTED("cleaned ");
}

SUITE("agen_close")
