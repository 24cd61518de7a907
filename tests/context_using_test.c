/* SPDX-License-Identifier: MIT
 *
 * context_using_test.c - blocks with a pair of functions: every way out runs
 * exit once, exit says what the outcome becomes, messages stay with codes.
 */
#include "check.h"
#include "things.h"

static struct thing a = {.name = "a"}, b = {.name = "b"};

/* ---- entering -------------------------------------------------------- */

TEST(enter_the_block_exit)
{
    int rc = -1;
    cede_using (rc, &thing_manager, &a)
        note("in %d ", rc);
    CHECK_NOTED("+a in 0 -a 0 ");
    CHECK_EQ(rc, 0);
}

TEST(what_enter_answers_is_the_outcome_to_begin_with)
{
    int rc;
    cede_using (rc, &thing_manager, &((struct thing){"c", 7, NULL, 0}))
        note("%d ", rc);
    CHECK_NOTED("+c 7 -c 7 ");
    CHECK_EQ(rc, 7);
}

TEST(a_failed_enter_skips_the_block_and_exit)
{
    int rc;
    cede_using (rc, &thing_manager, &(struct thing){.name = "c", .entered = -5})
        note("never ");
    CHECK_NOTED("+c ");
    CHECK_ERR(rc, -5);
}

TEST(enter_and_exit_may_be_missing)
{
    int rc = -1;
    cede_using (rc, &(const cede_manager){NULL, thing_exit}, &a)
        rc = -4;
    CHECK_NOTED("-a -4 ");
    CHECK_ERR(rc, -4);
    cede_using (rc, &(const cede_manager){thing_enter, NULL}, &a)
        rc = -6;
    CHECK_NOTED("-a -4 +a ");
    CHECK_ERR(rc, -6);
    cede_using (rc, &cede_manager_null, NULL)
        CHECK_EQ(rc, 0);
}

/* ---- outcomes -------------------------------------------------------- */

TEST(exit_may_let_pass_suppress_or_replace)
{
    int rc;
    cede_using (rc, &thing_manager, &a)
        rc = -EIO;
    CHECK_ERR(rc, -EIO);
    cede_using (rc, &thing_manager, &((struct thing){"s", 0, SUPPRESSES, 0}))
        rc = -EIO;
    CHECK_EQ(rc, 0);
    cede_using (rc, &thing_manager, &((struct thing){"r", 0, REPLACES(-9), 0}))
        rc = -EIO;
    CHECK_ERR(rc, -9);
    cede_using (rc, &thing_manager, &((struct thing){"r", 0, REPLACES(-8), 0}))
        rc = 3;
    CHECK_ERR(rc, -8);
}

TEST(blocks_exit_in_reverse_and_a_suppressed_failure_is_none_further_out)
{
    int rc, inner;
    cede_using (rc, &thing_manager, &a) {
        cede_using (inner, &thing_manager,
                    &((struct thing){"s", 0, SUPPRESSES, 0})) {
            cede_using (inner, &thing_manager, &b)
                inner = -EIO;
        }
        rc = inner;
    }
    CHECK_NOTED("+a +s +b -b -5 -s -5 -a 0 ");
    CHECK_EQ(rc, 0);
}

TEST(nested_blocks_may_share_their_outcome)
{
    int rc;
    cede_using (rc, &thing_manager, &a)
        cede_using (rc, &thing_manager, &b)
            rc = -EIO;
    CHECK_NOTED("+a +b -b -5 -a -5 ");
    CHECK_ERR(rc, -EIO);
}

/* ---- ways out -------------------------------------------------------- */

TEST(break_leaves_the_block_alone)
{
    int rc;
    for (int i = 0; i < 2; i++)
        cede_using (rc, &thing_manager, &a) {
            if (i == 0)
                break;
            note("whole ");
        }
    CHECK_NOTED("+a -a 0 +a whole -a 0 ");
}

TEST(continue_leaves_the_block_alone)
{
    int rc, n = 0;
    while (n++ < 2) {
        cede_using (rc, &thing_manager, &a) {
            if (n == 1)
                continue;
            note("whole ");
        }
        note("after ");
    }
    CHECK_NOTED("+a -a 0 after +a whole -a 0 after ");
}

TEST(break_out_of_a_switch_leaves_the_block_by_its_end)
{
    int rc;
    switch (1) {
    case 1:
        cede_using (rc, &thing_manager, &a) {
            switch (2) {
            case 2:
                break;
            default:
                note("never ");
            }
            note("still in ");
        }
        note("still in case ");
        break;
    default:
        note("never ");
    }
    CHECK_NOTED("+a still in -a 0 still in case ");
}

static int returns_from_within(int *outcome, int code)
{
    cede_using (*outcome, &thing_manager, &a) {
        *outcome = code;
        return *outcome;
    }
    note("never ");
    return 0;
}

TEST(return_runs_exit_with_the_outcome_set_before)
{
    int rc = 0;
    CHECK_EQ(returns_from_within(&rc, -3), -3);
    CHECK_NOTED("+a -a -3 ");
}

TEST(what_is_returned_was_evaluated_before_exit)
{
    int rc = 0;
    a.answer = SUPPRESSES;
    CHECK_EQ(returns_from_within(&rc, -3), -3);
    CHECK_EQ(rc, 0);
}

TEST(return_out_of_a_nest_runs_all_exits)
{
    int rc = 0;
    cede_using (rc, &thing_manager, &b)
        CHECK_EQ(returns_from_within(&rc, -3), -3);
    CHECK_NOTED("+b +a -a -3 -b -3 ");
}

TEST(goto_runs_exit)
{
    int rc;
    for (;;)
        cede_using (rc, &thing_manager, &a)
            cede_using (rc, &thing_manager, &b) {
                rc = -2;
                goto out;
            }
out:
    CHECK_NOTED("+a +b -b -2 -a -2 ");
}

static int tries(int *rc)
{
    cede_using (*rc, &thing_manager, &a)
        CEDE_TRY(*rc = -EIO);
    return 0;
}

TEST(a_try_inside_a_block_runs_exit)
{
    int rc = 0;
    CHECK_ERR(tries(&rc), -EIO);
    CHECK_NOTED("+a -a -5 ");
}

TEST(a_block_is_one_statement_between_if_and_else)
{
    int rc;
    for (int i = 0; i < 2; i++)
        if (i == 0)
            cede_using (rc, &thing_manager, &a)
                note("if ");
        else
            note("else ");
    CHECK_NOTED("+a if -a 0 else ");
}

/* ---- arguments ------------------------------------------------------- */

TEST(arguments_are_evaluated_once_and_may_be_literals_with_commas)
{
    int rcs[2] = {1, 1}, *rc = rcs;
    struct thing things[] = {{.name = "x"}, {.name = "y"}}, *thing = things;
    cede_using (*rc++, &thing_manager, thing++)
        note("in ");
    CHECK(rc == rcs + 1 && thing == things + 1);
    CHECK_EQ(rcs[0], 0);
    cede_using (rcs[1], &thing_manager,
                &(struct thing){.name = "z", .entered = 2})
        note("in ");
    CHECK_EQ(rcs[1], 2);
    CHECK_NOTED("+x in -x 0 +z in -z 2 ");
}

/* ---- as a declaration ------------------------------------------------ */

static int uses(int *rc, struct thing *first, struct thing *second)
{
    CEDE_USE(*rc, &thing_manager, first);
    CEDE_TRY(*rc);
    CEDE_USE(*rc, &thing_manager, second);
    CEDE_TRY(*rc);
    note("in ");
    return *rc = -7;
}

TEST(use_exits_at_the_end_of_the_enclosing_block_last_first)
{
    int rc;
    CHECK_ERR(uses(&rc, &a, &b), -7);
    CHECK_NOTED("+a +b in -b -7 -a -7 ");
}

TEST(use_does_not_exit_what_was_not_entered)
{
    int rc;
    CHECK_ERR(uses(&rc, &a, &(struct thing){.name = "c", .entered = -5}), -5);
    CHECK_NOTED("+a +c -a -5 ");
    CHECK_ERR(uses(&rc, &(struct thing){.name = "c", .entered = -6}, &b), -6);
    CHECK_NOTED("+a +c -a -5 +c ");
}

TEST(use_in_a_loop_exits_each_time)
{
    int rc = 0;
    for (int i = 0; i < 3; i++) {
        CEDE_USE(rc, &thing_manager, &a);
        CHECK_OK(rc);
        if (i == 0)
            continue;
        if (i == 1)
            break;
    }
    CHECK_NOTED("+a -a 0 +a -a 0 ");
}

/* ---- messages -------------------------------------------------------- */

/* Fails inside and deals with it. */
static int exit_recovers(void *self, int rc)
{
    (void)self;
    note("\"%s\" ", cede_message());
    cede_fail(-EPERM, "no business of the caller's");
    return rc;
}

TEST(a_failure_that_passes_keeps_its_message_whatever_exit_recovered_from)
{
    int rc;
    cede_using (rc, &(const cede_manager){NULL, exit_recovers}, NULL)
        rc = cede_fail(-EIO, "bad block %d", 12);
    CHECK_NOTED("\"bad block 12\" ");
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "bad block 12");
}

TEST(a_failure_without_a_message_gets_none_from_exit)
{
    int rc;
    cede_using (rc, &(const cede_manager){NULL, exit_recovers}, NULL)
        rc = -EIO;
    CHECK_STR_EQ(cede_message(), "");
}

/* The same with the code of the failure that is on its way. */
static int exit_recovers_from_the_same(void *self, int rc)
{
    (void)self;
    cede_fail(rc, "no business of the caller's");
    return rc;
}

TEST(a_failure_that_passes_keeps_its_message_if_exit_recovered_from_its_like)
{
    int rc;
    const cede_manager m = {NULL, exit_recovers_from_the_same};
    cede_using (rc, &m, NULL)
        rc = cede_fail(-EIO, "bad block");
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "bad block");
}

TEST(a_failure_without_a_message_gets_none_from_its_like)
{
    int rc;
    const cede_manager m = {NULL, exit_recovers_from_the_same};
    cede_using (rc, &m, NULL)
        rc = -EIO;
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "");
}

static int exit_says_more(void *self, int rc)
{
    (void)self;
    return cede_fail_from(rc, rc, "no page, as of a %s", cede_message());
}

TEST(exit_says_more_of_a_failure_by_naming_it_as_the_cause)
{
    int rc;
    char text[512];
    const cede_manager m = {NULL, exit_says_more};
    cede_using (rc, &m, NULL)
        rc = cede_fail(-EIO, "bad block");
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "no page, as of a bad block");
    cede_explain(rc, text, sizeof text);
    CHECK(strstr(text, "because of") && strstr(text, ": bad block"));
}

TEST(exit_says_more_of_a_failure_that_had_no_message)
{
    int rc;
    const cede_manager m = {NULL, exit_says_more};
    cede_using (rc, &m, NULL)
        rc = -EIO;
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "no page, as of a ");
}

static int exit_explains(void *code, int rc)
{
    (void)rc;
    return cede_fail(*(int *)code, "explained");
}

static int exit_fails_silently(void *code, int rc)
{
    (void)rc;
    return *(int *)code;
}

TEST(a_failure_that_replaces_another_has_its_own_message_or_none)
{
    int rc;
    cede_using (rc, &(const cede_manager){NULL, exit_explains}, &(int){-EPIPE})
        rc = cede_fail(-EIO, "bad block");
    CHECK_ERR(rc, -EPIPE);
    CHECK_STR_EQ(cede_message(), "explained");
    cede_using (rc, &(const cede_manager){NULL, exit_fails_silently},
                &(int){-EPIPE})
        rc = cede_fail(-EIO, "bad block");
    CHECK_ERR(rc, -EPIPE);
    CHECK_STR_EQ(cede_message(), "");
}

SUITE("context_using")
