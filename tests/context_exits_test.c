/* SPDX-License-Identifier: MIT
 *
 * context_exits_test.c - exit stacks: entries behave as nested blocks, in any
 * number, and can be handed on.
 */
#include "check.h"
#include "things.h"

static struct thing a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};

static int exit_notes(void *name, int rc)
{
    note("-%s %d ", (char *)name, rc);
    return rc;
}

static void callback_notes(void *name)
{
    note("-%s ", (char *)name);
}

static int exit_answers(void *answer, int rc)
{
    note("%d>%d ", rc, *(int *)answer);
    return *(int *)answer;
}

static int once(cede_gen *self, void *item)
{
    note("+g ");
    int rc = cede_yield(self, item);
    note("-g %d ", rc);
    return rc;
}

static int two = 2;

static cede_gen *fresh(void)
{
    return cede_gen_of(int, once, &two);
}

/* ---- adding and closing ---------------------------------------------- */

TEST(an_empty_stack_closes_with_what_it_is_given)
{
    cede_exits x = {0};
    CHECK_EQ(cede_exits_close(&x, 0), 0);
    CHECK_EQ(cede_exits_close(&x, 3), 3);
    CHECK_ERR(cede_exits_close(&x, -EIO), -EIO);
}

TEST(entries_of_all_kinds_exit_last_first)
{
    cede_exits x = {0};
    int item = 0;
    CHECK_EQ(cede_exits_enter(&x, &thing_manager, &a), 0);
    CHECK_OK(cede_exits_push(&x, exit_notes, "push"));
    CHECK_OK(cede_exits_with(&x, fresh(), &item));
    CHECK_OK(cede_exits_callback(&x, callback_notes, "call"));
    CHECK_EQ(cede_exits_enter(&x, &cede_manager_null, NULL), 0);
    CHECK_EQ(item, 2);
    CHECK_EQ(cede_exits_count(&x), 5);
    CHECK_ERR(cede_exits_close(&x, -EIO), -EIO);
    CHECK_NOTED("+a +g -call -g -5 -push -5 -a -5 ");
    CHECK_EQ(cede_exits_count(&x), 0);
}

TEST(enter_answers_what_the_manager_answers)
{
    cede_exits x = {0};
    struct thing opened = {.name = "o", .entered = 7};
    struct thing fails = {.name = "f", .entered = -EIO};
    CHECK_EQ(cede_exits_enter(&x, &thing_manager, &opened), 7);
    CHECK_ERR(cede_exits_enter(&x, &thing_manager, &fails), -EIO);
    CHECK_EQ(cede_exits_close(&x, 0), 0);
    CHECK_NOTED("+o +f -o 0 ");
}

static int does_not_yield(cede_gen *self, void *arg)
{
    (void)self;
    (void)arg;
    return 0;
}

TEST(a_generator_that_does_not_enter_is_closed_and_no_entry)
{
    cede_exits x = {0};
    CHECK_ERR(cede_exits_with(&x, cede_gen_of(int, does_not_yield, NULL), NULL),
              CEDE_EPROTO);
    CHECK_ERR(cede_exits_with(&x, NULL, NULL), -ENOMEM);
    cede_gen *started = fresh();
    CHECK_EQ(cede_next(started, NULL), 1);
    CHECK_ERR(cede_exits_with(&x, started, NULL), -EALREADY);
    CHECK_EQ(cede_exits_count(&x), 0);
}

static int never_stops(cede_gen *self, void *arg)
{
    (void)arg;
    for (;;)
        (void)cede_yield(self, &two);
    return 0;
}

TEST(a_refusal_keeps_its_message_when_the_generator_cannot_be_stopped)
{
    cede_exits x = {0};
    cede_gen *started = cede_gen_of(int, never_stops, NULL);
    CHECK_EQ(cede_next(started, NULL), 1);
    CHECK_ERR(cede_exits_with(&x, started, NULL), -EALREADY);
    CHECK(strstr(cede_message(), "good for one block"));
}

TEST(no_function_is_refused)
{
    cede_exits x = {0};
    CHECK_ERR(cede_exits_push(&x, NULL, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(), "cede_exits_push without a function");
    CHECK_ERR(cede_exits_callback(&x, NULL, NULL), -EINVAL);
    CHECK_ERR(cede_exits_enter(&x, NULL, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(), "cede_exits_enter without a manager");
    CHECK_EQ(cede_exits_count(&x), 0);
}

TEST(a_closed_stack_may_be_used_again)
{
    cede_exits x = {0};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(cede_exits_callback(&x, callback_notes, "c"));
        CHECK_EQ(cede_exits_close(&x, 0), 0);
        CHECK_EQ(cede_exits_close(&x, 0), 0);
    }
    CHECK_NOTED("-c -c ");
}

/* ---- outcomes -------------------------------------------------------- */

TEST(an_exit_may_suppress_and_those_further_out_see_no_failure)
{
    cede_exits x = {0};
    cede_exits_push(&x, exit_notes, "out");
    cede_exits_push(&x, exit_answers, &(int){0});
    cede_exits_push(&x, exit_notes, "in");
    CHECK_EQ(cede_exits_close(&x, -EIO), 0);
    CHECK_NOTED("-in -5 -5>0 -out 0 ");
}

TEST(a_failure_of_an_exit_replaces_and_those_further_out_still_run)
{
    cede_exits x = {0};
    cede_exits_push(&x, exit_notes, "out");
    cede_exits_push(&x, exit_answers, &(int){-3});
    cede_exits_push(&x, exit_answers, &(int){0});
    cede_exits_push(&x, exit_answers, &(int){-2});
    cede_exits_callback(&x, callback_notes, "call");
    cede_exits_push(&x, exit_answers, &(int){-1});
    CHECK_ERR(cede_exits_close(&x, 0), -3);
    CHECK_NOTED("0>-1 -call -1>-2 -2>0 0>-3 -out -3 ");
}

static int exit_recovers(void *unused, int rc)
{
    (void)unused;
    cede_fail(-EPERM, "dealt with");
    return rc;
}

static int exit_explains(void *text, int rc)
{
    (void)rc;
    return cede_fail(-EPIPE, "%s", (const char *)text);
}

TEST(messages_belong_to_the_final_outcome)
{
    cede_exits x = {0};
    cede_exits_push(&x, exit_recovers, NULL);
    cede_exits_push(&x, exit_recovers, NULL);
    CHECK_ERR(cede_exits_close(&x, cede_fail(-EIO, "bad block")), -EIO);
    CHECK_STR_EQ(cede_message(), "bad block");
    cede_exits_push(&x, exit_recovers, NULL);
    cede_exits_push(&x, exit_explains, "no reader");
    CHECK_ERR(cede_exits_close(&x, cede_fail(-EIO, "bad block")), -EPIPE);
    CHECK_STR_EQ(cede_message(), "no reader");
}

static void callback_recovers(void *unused)
{
    (void)unused;
    cede_fail(-EPERM, "dealt with");
}

TEST(a_callback_leaves_the_message_of_a_failure_alone)
{
    cede_exits x = {0};
    cede_exits_callback(&x, callback_recovers, NULL);
    CHECK_ERR(cede_exits_close(&x, cede_fail(-EIO, "bad block")), -EIO);
    CHECK_STR_EQ(cede_message(), "bad block");
}

/* ---- at the end of a block ------------------------------------------- */

static int fills(int *rc, int n)
{
    CEDE_EXITS(x, *rc);
    for (int i = 0; i < n; i++) {
        CEDE_TRY(*rc = cede_exits_enter(&x, &thing_manager,
                                        i == 2   ? &c
                                        : i == 1 ? &b
                                                 : &a));
    }
    return *rc = -9;
}

TEST(the_end_of_the_block_closes_the_stack_however_it_is_left)
{
    int rc = 77;
    CHECK_ERR(fills(&rc, 3), -9);
    CHECK_NOTED("+a +b +c -c -9 -b -9 -a -9 ");
    noted[0] = '\0';
    b.entered = -4;
    CHECK_ERR(fills(&rc, 3), -4);
    CHECK_NOTED("+a +b -a -4 ");
    CHECK_ERR(rc, -4);
}

TEST(the_outcome_is_what_the_exits_make_of_it)
{
    int rc = 77;
    {
        CEDE_EXITS(x, rc);
        CHECK_EQ(rc, 0);
        CHECK_OK(cede_exits_push(&x, exit_answers, &(int){0}));
        rc = -EIO;
    }
    CHECK_EQ(rc, 0);
}

TEST(a_stack_closed_by_hand_has_nothing_left_at_the_end_of_the_block)
{
    int rc;
    {
        CEDE_EXITS(x, rc);
        CHECK_OK(cede_exits_callback(&x, callback_notes, "c"));
        rc = cede_exits_close(&x, 5);
        note("end ");
    }
    CHECK_NOTED("-c end ");
    CHECK_EQ(rc, 5);
}

/* ---- handing on ------------------------------------------------------ */

static int opens_all_or_none(cede_exits *out, struct thing *second)
{
    int rc;
    CEDE_EXITS(x, rc);
    CEDE_TRY(rc = cede_exits_enter(&x, &thing_manager, &a));
    CEDE_TRY(rc = cede_exits_enter(&x, &thing_manager, second));
    cede_exits_pop_all(&x, out);
    CHECK_EQ(cede_exits_count(&x), 0);
    return rc;
}

TEST(pop_all_moves_the_entries_to_their_new_owner)
{
    cede_exits all = {0};
    struct thing fails = {.name = "f", .entered = -EIO};
    CHECK_ERR(opens_all_or_none(&all, &fails), -EIO);
    CHECK_NOTED("+a +f -a -5 ");
    CHECK_OK(opens_all_or_none(&all, &b));
    CHECK_EQ(cede_exits_count(&all), 2);
    CHECK_NOTED("+a +f -a -5 +a +b ");
    CHECK_EQ(cede_exits_close(&all, 0), 0);
    CHECK_NOTED("+a +f -a -5 +a +b -b 0 -a 0 ");
}

TEST(what_is_moved_comes_on_top_of_what_is_there)
{
    cede_exits x = {0}, out = {0};
    cede_exits_callback(&out, callback_notes, "1");
    cede_exits_callback(&x, callback_notes, "2");
    cede_exits_callback(&x, callback_notes, "3");
    cede_exits_pop_all(&x, &out);
    cede_exits_pop_all(&x, &out);
    cede_exits_pop_all(&out, &out);
    cede_exits_callback(&x, callback_notes, "x");
    CHECK_EQ(cede_exits_count(&out), 3);
    CHECK_EQ(cede_exits_close(&out, 0), 0);
    CHECK_NOTED("-3 -2 -1 ");
    CHECK_EQ(cede_exits_close(&x, 0), 0);
    CHECK_NOTED("-3 -2 -1 -x ");
}

static void uses_a_copy(void *unused)
{
    (void)unused;
    cede_exits x = {0};
    cede_exits_callback(&x, callback_notes, "c");
    cede_exits copy = x;
    cede_exits_close(&copy, 0);
}

TEST(a_copied_stack_aborts_by_name)
{
    CHECK_ABORTS(uses_a_copy, NULL, "exit stack", "copied",
                 "cede_exits_pop_all");
}

TEST(an_emptied_stack_may_be_copied)
{
    cede_exits x = {0};
    cede_exits_callback(&x, callback_notes, "x");
    cede_exits_close(&x, 0);
    cede_exits copy = x;
    cede_exits_callback(&copy, callback_notes, "copy");
    CHECK_EQ(cede_exits_close(&copy, 0), 0);
    CHECK_NOTED("-x -copy ");
}

/* ---- exits that use the stack ---------------------------------------- */

static void adds_another(void *x)
{
    note("add ");
    CHECK_OK(cede_exits_callback(x, callback_notes, "added"));
}

TEST(what_an_exit_adds_runs_next)
{
    cede_exits x = {0};
    cede_exits_callback(&x, callback_notes, "1");
    cede_exits_callback(&x, adds_another, &x);
    CHECK_EQ(cede_exits_close(&x, 0), 0);
    CHECK_NOTED("add -added -1 ");
}

static int closes_the_rest(void *x, int rc)
{
    note("( ");
    rc = cede_exits_close(x, rc);
    note(") ");
    return rc;
}

TEST(an_exit_may_close_the_rest)
{
    cede_exits x = {0};
    cede_exits_push(&x, exit_notes, "1");
    cede_exits_push(&x, closes_the_rest, &x);
    cede_exits_push(&x, exit_notes, "2");
    CHECK_ERR(cede_exits_close(&x, -EIO), -EIO);
    CHECK_NOTED("-2 -5 ( -1 -5 ) ");
}

static int fills_while_entering(void *x)
{
    CHECK_OK(cede_exits_callback(x, callback_notes, "inner"));
    return 0;
}

TEST(an_enter_may_add_entries_itself)
{
    cede_exits x = {0};
    const cede_manager fills = {fills_while_entering, NULL};
    CHECK_EQ(cede_exits_enter(&x, &fills, &x), 0);
    CHECK_EQ(cede_exits_count(&x), 2);
    CHECK_EQ(cede_exits_close(&x, 0), 0);
    CHECK_NOTED("-inner ");
}

/* ---- many ------------------------------------------------------------ */

static int counts_down(void *n, int rc)
{
    CHECK_EQ(rc, --*(int *)n % 2 ? -2 : -1);
    return rc == -1 ? -2 : -1;
}

static int ten_thousand_entries(void *unused)
{
    (void)unused;
    int n = 10000;
    cede_exits x = {0};
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_exits_push(&x, counts_down, &n));
    CHECK_ERR(cede_exits_close(&x, -2), -2);
    return n;
}

TEST(ten_thousand_entries_need_no_deep_stack)
{
    CHECK_EQ(cede_run(ten_thousand_entries, NULL), 0);
}

SUITE("context_exits")
