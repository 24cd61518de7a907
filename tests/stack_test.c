/* SPDX-License-Identifier: MIT
 *
 * stack_test.c - stacks: sizes are honored, there may be many, and they are
 * used again.
 */
#include "check.h"
#include "deep.h"
#include <sys/resource.h>

static int step_with_stack(size_t stack_size, size_t kib)
{
    cede_gen_options o = {.name = "body_recurses", .stack_size = stack_size};
    cede_gen *g = cede_gen_new_with(&o, body_recurses, &kib, 4, 0);
    int rc = cede_next(g, NULL);
    (void)cede_gen_close(g);
    return rc;
}

/* ---- sizes ----------------------------------------------------------- */

TEST(a_generators_stack_has_the_size_it_asked_for)
{
    CHECK_EQ(step_with_stack(512 * KIB, 200), 0);
    CHECK_EQ(step_with_stack(8192 * KIB, 4000), 0);
}

static void two_hundred_in_64(void *arg)
{
    (void)arg;
    (void)step_with_stack(64 * KIB, 200);
}

TEST(a_generators_stack_is_no_larger_than_it_asked_for)
{
    CHECK_ABORTS(two_hundred_in_64, NULL, "body_recurses", "stack overflow");
}

struct sizes {
    size_t run, task, kib;
    bool spawn, gen;
};

static int starts_recurses(void *arg)
{
    struct sizes *s = arg;
    if (s->gen)
        return step_with_stack(s->task, s->kib);
    CEDE_GROUP(g);
    cede_task_options o = {.stack_size = s->task};
    if (s->spawn)
        (void)cede_spawn_with(&g, recurses, &s->kib, &o);
    else
        (void)cede_go_with(&g, recurses, &s->kib, &o);
    return cede_join(&g);
}

static void run_sizes(void *arg)
{
    struct sizes *s = arg;
    cede_options o = {.stack_size = s->run};
    CHECK_EQ(cede_run_with(&o, starts_recurses, s), 0);
}

TEST(a_tasks_stack_has_the_size_it_asked_for)
{
    run_sizes(&(struct sizes){.task = 512 * KIB, .kib = 200});
    run_sizes(&(struct sizes){.task = 512 * KIB, .kib = 200, .spawn = true});
    CHECK_ABORTS(run_sizes, (&(struct sizes){.task = 64 * KIB, .kib = 200}),
                 "recurses", "stack overflow");
}

TEST(the_runs_stack_size_is_that_of_tasks_that_do_not_say)
{
    run_sizes(&(struct sizes){.run = 512 * KIB, .kib = 200});
    CHECK_ABORTS(run_sizes, (&(struct sizes){.run = 64 * KIB, .kib = 200}),
                 "recurses", "stack overflow");
}

TEST(the_runs_stack_size_is_that_of_generators_that_do_not_say)
{
    run_sizes(&(struct sizes){.run = 512 * KIB, .kib = 200, .gen = true});
    CHECK_ABORTS(run_sizes,
                 (&(struct sizes){.run = 64 * KIB, .kib = 200, .gen = true}),
                 "body_recurses", "stack overflow");
}

TEST(the_runs_stack_size_is_that_of_the_main_task)
{
    size_t kib = 200;
    cede_options o = {.stack_size = 512 * KIB};
    CHECK_EQ(cede_run_with(&o, recurses, &kib), 0);
}

TEST(a_generator_for_which_no_stack_is_large_enough_is_null)
{
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2 + 1};
    for (int i = 0; i < 3; i++) {
        cede_gen_options o = {.stack_size = sizes[i]};
        CHECK(!cede_gen_new_with(&o, body_recurses, NULL, 4, 0));
    }
}

TASK_TEST(a_task_for_which_no_stack_is_large_enough_is_not_started)
{
    CEDE_GROUP(g);
    cede_task_options o = {.stack_size = SIZE_MAX};
    CHECK_ERR(cede_go_with(&g, recurses, NULL, &o), -ENOMEM);
    CHECK_ERR(cede_join(&g), -ENOMEM);
}

/* ---- use ------------------------------------------------------------- */

static int notes_its_use(cede_gen *self, void *arg)
{
    size_t *used = arg;
    used[0] = cede_stack_used();
    CEDE_TRY(cede_yield(self, NULL));
    used[1] = recurse(100) ? cede_stack_used() : 0;
    CEDE_TRY(cede_yield(self, NULL));
    used[2] = cede_stack_used();
    return 0;
}

TEST(the_use_of_a_stack_is_its_high_water_mark)
{
    size_t used[3], page = (size_t)sysconf(_SC_PAGESIZE);
    cede_gen_options o = {.stack_size = 512 * KIB};
    cede_gen *g = cede_gen_new_with(&o, notes_its_use, used, 4, 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_next(g, NULL), i < 2);
    CHECK(used[0] >= page && used[0] < 100 * KIB);
    CHECK(used[1] >= 100 * KIB && used[1] <= 512 * KIB);
    CHECK_EQ(used[0] % page, 0);
    CHECK_EQ(used[2], used[1]);
    CHECK_EQ(cede_stack_used(), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

TASK_TEST(a_task_knows_the_use_of_its_stack)
{
    size_t before = cede_stack_used();
    CHECK(before > 0 && before <= cede_stack_default());
    CHECK_EQ(recurse(30), 30);
    CHECK(cede_stack_used() >= 30 * KIB);
}

/* ---- many ------------------------------------------------------------ */

static int yields_its_argument(cede_gen *self, void *arg)
{
    char local[64];
    snprintf(local, sizeof local, "%d", *(int *)arg);
    CEDE_TRY(cede_yield(self, arg));
    int back = atoi(local);
    return cede_yield(self, &back);
}

TEST(many_generators_live_at_once)
{
    static cede_gen *g[10000];
    static int n[10000];
    const int all = many(10000);
    int x;
    for (int i = 0; i < all; i++) {
        n[i] = i;
        g[i] = cede_gen_of(int, yields_its_argument, &n[i]);
        CHECK_EQ(cede_next(g[i], &x), 1);
        CHECK_EQ(x, i);
    }
    for (int i = all - 1; i >= 0; i--) {
        CHECK_EQ(cede_next(g[i], &x), 1);
        CHECK_EQ(x, i);
    }
    for (int i = 0; i < all; i++)
        CHECK_EQ(cede_gen_close(g[i]), 0);
}

TEST(a_stack_that_cannot_be_had_names_the_limit_and_harms_nobody)
{
    static cede_gen *g[20000];
    const struct rlimit limit = {(rlim_t)600 << 20, (rlim_t)600 << 20};
    int n = 0, one = 1;
    if (SANITIZED || ON_VALGRIND || emulated() ||
        setrlimit(RLIMIT_AS, &limit) != 0)
        return;
    while (n < 20000 && (g[n] = cede_gen_of(int, yields_its_argument, &one)))
        n++;
    CHECK(n > 1000 && n < 20000);
    CHECK(strstr(cede_message(), "ulimit") ||
          strstr(cede_message(), "max_map_count"));
    for (int i = 0; i < n; i++)
        CHECK_EQ(cede_next(g[i], NULL), 1);
    CHECK_EQ(cede_gen_close(g[--n]), 0);
    CHECK((g[n] = cede_gen_of(int, yields_its_argument, &one)) != NULL);
    for (n++; n > 0; n--)
        CHECK_EQ(cede_gen_close(g[n - 1]), 0);
}

static int yields_where_it_lives(cede_gen *self, void *arg)
{
    char local;
    (void)arg;
    uintptr_t at = (uintptr_t)&local;
    return cede_yield(self, &at);
}

TEST(a_stack_that_was_given_back_is_used_again)
{
    uintptr_t first = 0, at;
    for (int i = 0; i < 1000; i++) {
        cede_gen *g = cede_gen_of(uintptr_t, yields_where_it_lives, NULL);
        CHECK_EQ(cede_next(g, &at), 1);
        CHECK_EQ(cede_gen_close(g), 0);
        if (i == 0)
            first = at;
        CHECK_EQ(at, first);
    }
}

TEST(a_body_that_ended_has_given_its_stack_back_before_close)
{
    cede_gen *ended[1000];
    uintptr_t first = 0, at;
    for (int i = 0; i < 1000; i++) {
        ended[i] = cede_gen_of(uintptr_t, yields_where_it_lives, NULL);
        CHECK_EQ(cede_next(ended[i], &at), 1);
        CHECK_EQ(cede_next(ended[i], NULL), 0);
        if (i == 0)
            first = at;
        CHECK_EQ(at, first);
    }
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(cede_gen_close(ended[i]), 0);
}

TEST(stacks_of_many_sizes_do_not_get_mixed_up)
{
    for (size_t i = 0; i < 200; i++) {
        size_t size = (i % 7 + 1) * 64 * KIB;
        CHECK_EQ(step_with_stack(size, (i % 7 + 1) * 40), 0);
    }
}

SUITE("stack")
