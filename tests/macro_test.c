/* SPDX-License-Identifier: MIT
 *
 * macro_test.c - the macros of the interface evaluate their arguments once,
 * take compound literals with commas, and nest.
 */
#include "check.h"

struct pair {
    int a, b;
};

static int adds(void *arg)
{
    struct pair *p = arg;
    note("%d ", p->a + p->b);
    return p->a + p->b;
}

static int counts_from_to(cede_gen *self, void *arg)
{
    struct pair *p = arg, got = {0, 0};
    for (int i = p->a; i < p->b; i++) {
        CEDE_TRY(cede_yield(self, &(struct pair){i, i * i}));
        CEDE_TRY(cede_exchange(self, &(struct pair){i, -i}, &got));
        note("%d,%d ", got.a, got.b);
    }
    return 0;
}

TEST(run_takes_a_compound_literal)
{
    CHECK_EQ(cede_run(adds, &(struct pair){1, 2}), 3);
    CHECK_EQ(cede_run_with(&(cede_options){.poller = "virtual", .name = "x"},
                           adds, &(struct pair){3, 4}),
             7);
}

TASK_TEST(starting_takes_compound_literals)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, adds, &(struct pair){1, 1}));
    CHECK_OK(cede_go_copy(&g, adds, &(struct pair){2, 1}, sizeof(struct pair)));
    (void)cede_spawn(&g, adds, &(struct pair){3, 1});
    CHECK_OK(
        cede_go_with(&g, adds, &(struct pair){4, 1},
                     &(cede_task_options){.name = "x", .stack_size = 65536}));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("2 3 4 5 ");
    CHECK_EQ(cede_within(CEDE_SEC, adds, &(struct pair){5, 1}), 6);
}

TEST(generators_take_compound_literals)
{
    struct pair x;
    cede_gen *g = cede_gen_primed(counts_from_to, &(struct pair){1, 3},
                                  sizeof(struct pair), sizeof(struct pair));
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK(x.a == 1 && x.b == -1);
    CHECK_EQ(cede_send(g, &(struct pair){7, 8}, &x), 1);
    CHECK(x.a == 2 && x.b == 4);
    CHECK_NOTED("7,8 ");
    CHECK_EQ(cede_gen_close(g), 0);

    cede_each (struct pair, p,
               cede_gen_of(struct pair, counts_from_to, &(struct pair){1, 2}))
        note("%d ", p.b);
    CHECK_NOTED("7,8 1 -1 0,0 ");
}

static int tries_a_sum(void)
{
    CEDE_TRY(adds(&(struct pair){-3, 1}));
    return 0;
}

TEST(try_takes_a_compound_literal)
{
    CHECK_EQ(tries_a_sum(), -2);
}

TEST(each_takes_a_compound_literal)
{
    cede_each (
        struct pair, p,
        cede_array((struct pair[]){{1, 2}, {3, 4}}, 2, sizeof(struct pair)))
        note("%d%d ", p.a, p.b);
    CHECK_NOTED("12 34 ");
}

static int evaluated;

static void *once(void *p)
{
    evaluated++;
    return p;
}

TASK_TEST(arguments_are_evaluated_once)
{
    struct pair p = {1, 2}, x;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(once(&g), adds, once(&p)));
    CHECK(cede_spawn(once(&g), adds, once(&p)) != NULL);
    CHECK_OK(cede_go_copy(once(&g), adds, once(&p), sizeof p));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(evaluated, 6);
    cede_gen *gen = cede_gen_of(struct pair, counts_from_to, once(&p));
    CHECK_EQ(cede_next(once(gen), once(&x)), 1);
    CHECK_EQ(cede_next(once(gen), once(&x)), 1);
    CHECK_EQ(evaluated, 11);
    CHECK_EQ(cede_gen_close(gen), 0);
}

TEST(macros_nest_in_one_expression)
{
    int sum = 0;
    cede_each (int64_t, x,
               cede_iter_take(cede_iter_new(cede_range(0, 9, 1)), 3))
        cede_each (char, c, cede_string("ab"))
            sum += (int)x * (c == 'a' ? 1 : 10);
    CHECK_EQ(sum, 33);
}

/* The functions behind the macros are there too, for pointers to them. */
TEST(the_functions_behind_the_macros_can_be_called)
{
    struct pair p = {1, 3}, x;
    int (*run)(cede_fn *, void *) = cede_run;
    int (*next)(cede_gen *, void *) = cede_next;
    CHECK_EQ(run(adds, &p), 4);
    cede_gen *g = (cede_gen_new)(counts_from_to, &p, sizeof p, sizeof p);
    CHECK_EQ((cede_next)(g, &x), 1);
    CHECK_EQ(next(g, &x), 1);
    CHECK_EQ((cede_send)(g, &x, &x), 1);
    CHECK_STR_EQ(cede_gen_name(g), "generator");
    CHECK_EQ(cede_gen_close(g), 0);
}

SUITE("macro")
