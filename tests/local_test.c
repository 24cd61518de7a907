/* SPDX-License-Identifier: MIT
 *
 * local_test.c - task-local values.
 */
#include "check.h"
#include "colors.h"

/* Writes down what it sees, then what it sees after a turn of the others. */
static int looks_twice(void *arg)
{
    note("%s%s ", (char *)arg, color_here());
    CEDE_TRY(cede_sleep(0));
    note("%s%s ", (char *)arg, color_here());
    return 0;
}

static int looks(void *arg)
{
    note("%s%s ", (char *)arg, color_here());
    return 0;
}

/* ---- values ------------------------------------------------------------ */

TASK_TEST(a_local_that_nobody_set_has_its_initial_value)
{
    CHECK(cede_local_get(&color) == NULL);
    CHECK_STR_EQ(cede_local_get(&size), "medium");
    paint("red");
    CHECK_STR_EQ(cede_local_get(&size), "medium");
}

TASK_TEST(null_is_a_value_like_any_other)
{
    CHECK_EQ(cede_local_set(&size, NULL), 0);
    CHECK(cede_local_get(&size) == NULL);
}

TASK_TEST(a_value_set_before_can_be_set_again)
{
    paint("red");
    void *before = cede_local_get(&color);
    paint("blue");
    CHECK_STR_EQ(color_here(), "blue");
    paint(before);
    CHECK_STR_EQ(color_here(), "red");
}

enum { MANY = 100 };
static cede_local locals[MANY];

static int reads_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < MANY; i++)
        CHECK(cede_local_get(&locals[i]) == &locals[i / 2]);
    return 0;
}

TASK_TEST(there_can_be_many_locals)
{
    CEDE_GROUP(g);
    for (int i = 0; i < MANY; i++) {
        CHECK(cede_local_get(&locals[i]) == NULL);
        CHECK_EQ(cede_local_set(&locals[i], &locals[i / 2]), 0);
    }
    CHECK_EQ(cede_go(&g, reads_all, NULL), 0);
    CHECK_EQ(cede_join(&g), 0);
}

/* ---- inheriting -------------------------------------------------------- */

TASK_TEST(a_task_begins_with_its_starters_values_of_that_moment)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_go(&g, looks, "a:"), 0);
    paint("red");
    CHECK_EQ(cede_go(&g, looks, "b:"), 0);
    paint("blue");
    CHECK_EQ(cede_go(&g, looks, "c:"), 0);
    paint("green");
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("a:- b:red c:blue ");
}

TASK_TEST(a_task_does_not_see_what_its_starter_sets_later)
{
    CEDE_GROUP(g);
    paint("red");
    CHECK_EQ(cede_go(&g, looks_twice, ""), 0);
    CHECK_EQ(cede_sleep(0), 0);
    paint("blue");
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("red red ");
}

static int paints(void *arg)
{
    paint(arg);
    note("%s ", color_here());
    return 0;
}

TASK_TEST(what_a_task_sets_its_starter_and_siblings_do_not_see)
{
    CEDE_GROUP(g);
    paint("red");
    CHECK_EQ(cede_go(&g, paints, "blue"), 0);
    CHECK_EQ(cede_go(&g, looks, ""), 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("blue red ");
    CHECK_STR_EQ(color_here(), "red");
}

static int starts_one(void *arg)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_go(&g, looks, arg), 0);
    return cede_join(&g);
}

TASK_TEST(grandchildren_inherit_too)
{
    CEDE_GROUP(g);
    paint("red");
    CHECK_EQ(cede_go(&g, starts_one, ""), 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("red ");
}

TASK_TEST(values_outlive_the_task_that_set_them_in_those_it_started)
{
    CEDE_GROUP(g);
    CEDE_GROUP(inner);
    CHECK_EQ(cede_go(&inner, paints, "blue"), 0);
    CHECK_EQ(cede_join(&inner), 0);
    paint("red");
    CHECK_EQ(cede_go(&g, looks_twice, ""), 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("blue red red ");
}

static int is_its_number(void *arg)
{
    CHECK(cede_local_get(&color) == arg);
    return 0;
}

static void start_many(void)
{
    static char numbers[500];
    CEDE_GROUP(g);
    for (size_t i = 0; i < sizeof numbers; i++) {
        paint(&numbers[i]);
        CHECK_EQ(cede_go(&g, is_its_number, &numbers[i]), 0);
    }
    CHECK_EQ(cede_join(&g), 0);
}

/* From a cold pool of stacks none is put off. */
TASK_TEST(starts_that_are_put_off_keep_the_values_of_their_moment)
{
    start_many();
    start_many();
}

TASK_TEST(the_calls_of_a_gather_and_copied_arguments_inherit)
{
    paint("red");
    CHECK_EQ(cede_gather(CEDE_CALLS({looks, "a:"}, {looks, "b:"}), NULL), 0);
    CEDE_GROUP(g);
    CHECK_EQ(cede_go_copy(&g, looks, "c:", 3), 0);
    CHECK_EQ(cede_go_with(&g, looks,
                          "d:", &(cede_task_options){.stack_size = 256 * 1024}),
             0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("a:red b:red c:red d:red ");
}

TASK_TEST(a_call_within_the_task_shares_its_values)
{
    CHECK_EQ(cede_within(CEDE_SEC, paints, "red"), 0);
    CHECK_STR_EQ(color_here(), "red");
}

static int paints_and_sleeps(void *arg)
{
    paint(arg);
    return cede_sleep(CEDE_NEVER);
}

/* What is not given back, the sanitizers find. */
TASK_TEST(cancelled_tasks_give_their_values_back)
{
    CEDE_GROUP(g);
    paint("red");
    for (int i = 0; i < 200; i++)
        CHECK_EQ(cede_go(&g, paints_and_sleeps, "blue"), 0);
    CHECK_EQ(cede_sleep(CEDE_MS), 0);
    for (int i = 0; i < 200; i++)
        CHECK_EQ(cede_go(&g, looks_twice, ""), 0);
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_STR_EQ(color_here(), "red");
}

/* ---- generators -------------------------------------------------------- */

static int hands_out_color(cede_gen *self, void *arg)
{
    (void)arg;
    for (;;) {
        const char *value = color_here();
        CEDE_TRY(cede_yield(self, &value));
    }
}

static int steps_in(void *arg)
{
    const char *value;
    paint("blue");
    CHECK_EQ(cede_next(arg, &value), 1);
    CHECK_STR_EQ(value, "blue");
    return 0;
}

TASK_TEST(a_body_sees_the_values_of_whoever_steps_it)
{
    const char *value;
    paint("red");
    cede_gen *colors = cede_gen_of(const char *, hands_out_color, NULL);
    CHECK_EQ(cede_next(colors, &value), 1);
    CHECK_STR_EQ(value, "red");
    CHECK_EQ(cede_gather(CEDE_CALLS({steps_in, colors}), NULL), 0);
    CHECK_EQ(cede_next(colors, &value), 1);
    CHECK_STR_EQ(value, "red");
    cede_gen_close(colors);
}

static int paints_in_a_body(cede_gen *self, void *arg)
{
    paint(arg);
    CEDE_TRY(cede_sleep(CEDE_MS));
    CHECK_STR_EQ(color_here(), arg);
    return cede_yield(self, NULL);
}

TASK_TEST(what_a_body_sets_whoever_steps_it_sees)
{
    cede_gen *painter = cede_gen_new(paints_in_a_body, "red", 0, 0);
    CHECK_EQ(cede_next(painter, NULL), 1);
    CHECK_STR_EQ(color_here(), "red");
    cede_gen_close(painter);
}

static int starts_in_a_body(cede_gen *self, void *arg)
{
    (void)self;
    CHECK_EQ(cede_go(arg, looks, ""), 0);
    return 0;
}

TASK_TEST(a_task_started_in_a_body_begins_with_the_steppers_values)
{
    CEDE_GROUP(g);
    cede_gen *starter = cede_gen_new(starts_in_a_body, &g, 0, 0);
    paint("red");
    CHECK_EQ(cede_next(starter, NULL), 0);
    cede_gen_close(starter);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("red ");
}

TEST(a_body_stepped_outside_of_tasks_sees_the_threads)
{
    const char *value;
    paint("red");
    cede_gen *colors = cede_gen_of(const char *, hands_out_color, NULL);
    CHECK_EQ(cede_next(colors, &value), 1);
    CHECK_STR_EQ(value, "red");
    cede_gen_close(colors);
}

SUITE("local")
