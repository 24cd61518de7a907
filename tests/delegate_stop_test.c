/* SPDX-License-Identifier: MIT
 *
 * delegate_stop_test.c - ending generators that delegate: who is stopped
 * first, what a clean-up that fails or yields does to the others.
 */
#include "check.h"

/* What a body does when its yield or its delegation point answers < 0. */
enum manner { OBEYS, RETURNS_5, FAILS, YIELDS, DELEGATES_ANEW };

struct plan {
    const char *name;
    enum manner manner;
    struct plan *inner; /* NULL: it yields itself */
    bool forever;       /* DELEGATES_ANEW again and again */
};

static int follows(cede_gen *self, void *arg);

static cede_gen *planned(struct plan *plan)
{
    return cede_gen_of(int, follows, plan);
}

static int react(cede_gen *self, struct plan *p, int rc)
{
    static struct plan anew = {.name = "new", .manner = OBEYS};
    switch (p->manner) {
    case RETURNS_5:
        return 5;
    case FAILS:
        return cede_fail(-EIO, "%s cannot clean up", p->name);
    case YIELDS:
        return cede_yield(self, &(int){99});
    case DELEGATES_ANEW:
        do {
            rc = cede_yield_from(self, planned(&anew));
        } while (p->forever);
        return rc;
    default:
        return rc;
    }
}

static void note_name(void *arg)
{
    note("%s gone; ", ((struct plan *)arg)->name);
}

static int follows(cede_gen *self, void *arg)
{
    struct plan *p = arg;
    CHECK_OK(cede_gen_defer(self, note_name, p));
    int rc = 0;
    while (rc >= 0)
        rc = p->inner ? cede_yield_from(self, planned(p->inner))
                      : cede_yield(self, &(int){1});
    note("%s %s; ", p->name,
         rc == CEDE_EXIT     ? "exit"
         : rc == CEDE_EPROTO ? "protocol"
                             : "error");
    return react(self, p, rc);
}

static cede_gen *suspended(struct plan *plan)
{
    cede_gen *g = planned(plan);
    CHECK_EQ(cede_next(g, NULL), 1);
    return g;
}

TEST(stop_ends_the_inner_one_first_and_then_the_outer)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer", .inner = &inner};
    CHECK_EQ(cede_gen_close(suspended(&outer)), 0);
    CHECK_NOTED("inner exit; inner gone; outer exit; outer gone; ");
}

TEST(what_an_inner_one_returns_when_stopped_does_not_hold_the_stop_up)
{
    struct plan inner = {.name = "inner", .manner = RETURNS_5};
    struct plan outer = {.name = "outer", .inner = &inner};
    CHECK_EQ(cede_gen_close(suspended(&outer)), 0);
    CHECK_NOTED("inner exit; inner gone; outer exit; outer gone; ");
}

TEST(stop_answers_what_the_outer_body_returns)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer", .inner = &inner, .manner = RETURNS_5};
    CHECK_EQ(cede_gen_close(suspended(&outer)), 5);
}

TEST(an_inner_clean_up_that_fails_is_the_outer_ones_answer)
{
    struct plan inner = {.name = "inner", .manner = FAILS};
    struct plan outer = {.name = "outer", .inner = &inner};
    cede_gen *g = suspended(&outer);
    CHECK_ERR(cede_gen_stop(g), -EIO);
    CHECK_STR_EQ(cede_message(), "inner cannot clean up");
    CHECK_NOTED("inner exit; inner gone; outer error; outer gone; ");
    CHECK_EQ(cede_gen_close(g), -EIO);
}

TEST(an_inner_one_that_yields_when_stopped_is_dropped_and_the_outer_goes_on)
{
    struct plan inner = {.name = "inner", .manner = YIELDS};
    struct plan outer = {.name = "outer", .inner = &inner};
    cede_gen *g = suspended(&outer);
    CHECK_ERR(cede_gen_stop(g), CEDE_EPROTO);
    CHECK_STR_EQ(cede_message(),
                 "generator 'follows' yielded after being told to stop");
    CHECK_NOTED("inner exit; inner gone; outer protocol; outer gone; ");
    cede_gen_close(g);
}

TEST(every_one_of_a_chain_that_yields_when_stopped_is_dropped)
{
    struct plan inner = {.name = "inner", .manner = YIELDS};
    struct plan middle = {.name = "middle", .inner = &inner, .manner = YIELDS};
    struct plan outer = {.name = "outer", .inner = &middle, .manner = YIELDS};
    CHECK_ERR(cede_gen_close(suspended(&outer)), CEDE_EPROTO);
    CHECK_NOTED("inner exit; inner gone; middle protocol; middle gone; "
                "outer protocol; outer gone; ");
}

TEST(an_outer_one_that_handles_a_dropped_inner_one_ends_well)
{
    struct plan inner = {.name = "inner", .manner = YIELDS};
    struct plan outer = {.name = "outer", .inner = &inner, .manner = RETURNS_5};
    CHECK_EQ(cede_gen_close(suspended(&outer)), 5);
}

TEST(one_that_delegates_anew_when_stopped_is_dropped_after_its_new_delegate)
{
    struct plan inner = {.name = "inner"};
    struct plan middle = {
        .name = "middle", .inner = &inner, .manner = DELEGATES_ANEW};
    struct plan outer = {.name = "outer", .inner = &middle};
    CHECK_ERR(cede_gen_close(suspended(&outer)), CEDE_EPROTO);
    CHECK_NOTED("inner exit; inner gone; middle exit; new exit; new gone; "
                "middle gone; outer protocol; outer gone; ");
}

TEST(delegating_anew_for_ever_does_not_hold_the_stop_up)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer",
                         .inner = &inner,
                         .manner = DELEGATES_ANEW,
                         .forever = true};
    CHECK_ERR(cede_gen_close(suspended(&outer)), CEDE_EPROTO);
    CHECK_NOTED("inner exit; inner gone; outer exit; new exit; new gone; "
                "outer gone; ");
}

TEST(throwing_the_exit_stops_the_inner_one_and_surfaces_in_the_outer)
{
    struct plan inner = {.name = "inner", .manner = RETURNS_5};
    struct plan middle = {.name = "middle", .inner = &inner};
    struct plan outer = {.name = "outer", .inner = &middle};
    cede_gen *g = suspended(&outer);
    CHECK_ERR(cede_throw(g, CEDE_EXIT, NULL), CEDE_EXIT);
    CHECK_NOTED("inner exit; inner gone; middle exit; middle gone; "
                "outer exit; outer gone; ");
    cede_gen_close(g);
}

TEST(throwing_the_exit_answers_with_the_inner_ones_failure_to_clean_up)
{
    struct plan inner = {.name = "inner", .manner = FAILS};
    struct plan outer = {.name = "outer", .inner = &inner};
    cede_gen *g = suspended(&outer);
    CHECK_ERR(cede_throw(g, CEDE_EXIT, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "inner cannot clean up");
    CHECK_NOTED("inner exit; inner gone; outer error; outer gone; ");
    cede_gen_close(g);
}

TEST(an_outer_one_may_go_on_after_the_exit_was_thrown)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer", .inner = &inner, .manner = YIELDS};
    cede_gen *g = suspended(&outer);
    int x = 0;
    CHECK_EQ(cede_throw(g, CEDE_EXIT, &x), 1);
    CHECK_EQ(x, 99);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_OK(cede_gen_close(g));
}

TEST(a_loop_that_is_left_early_stops_the_whole_chain)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer", .inner = &inner};
    cede_each (int, x, planned(&outer)) {
        CHECK_EQ(x, 1);
        break;
    }
    CHECK_OK(cede_each_error());
    CHECK_NOTED("inner exit; inner gone; outer exit; outer gone; ");
}

static int ended;

static int level(cede_gen *self, void *depth)
{
    intptr_t d = (intptr_t)depth;
    int rc = d == 0 ? cede_yield(self, &(int){1})
                    : cede_yield_from(self,
                                      cede_gen_of(int, level, (void *)(d - 1)));
    ended += rc == CEDE_EXIT;
    return rc;
}

enum { DEPTH = SANITIZED ? 3000 : 20000 };

TEST(a_chain_of_thousands_is_stopped_in_one_step)
{
    cede_gen *g = cede_gen_of(int, level, (void *)(intptr_t)DEPTH);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_OK(cede_gen_close(g));
    CHECK_EQ(ended, DEPTH + 1);
}

TEST(a_chain_whose_task_is_cancelled_cleans_up_like_any_body)
{
    struct plan inner = {.name = "inner"};
    struct plan outer = {.name = "outer", .inner = &inner};
    cede_gen *g = suspended(&outer);
    CHECK_ERR(cede_throw(g, -ECANCELED, NULL), -ECANCELED);
    CHECK_NOTED("inner error; inner gone; outer error; outer gone; ");
    cede_gen_close(g);
}

SUITE("delegate_stop")
