/* SPDX-License-Identifier: MIT
 *
 * stack_limit_test.c - as many stacks as the kernel allows, and the message
 * where it allows no more.
 *
 * Where guards need mappings (kernels before 6.13; the portable preset builds
 * the library so), vm.max_map_count ends it at some 32,000; elsewhere nothing
 * does.
 */
#include "check.h"
#include <stdlib.h>
#include <string.h>

enum { MANY = 40000 };

static int yields_once(cede_gen *self, void *arg)
{
    return cede_yield(self, arg);
}

static size_t open_many(cede_gen **gens)
{
    cede_gen_options small = {.name = "many", .stack_size = 16384};
    size_t n = 0;
    while (n < MANY &&
           (gens[n] = cede_gen_new_with(&small, yields_once, &n, 8, 0)))
        n++;
    return n;
}

TEST(stacks_end_where_the_kernel_says_and_the_message_names_the_limit)
{
    cede_gen **gens = calloc(MANY, sizeof(cede_gen *));
    CHECK(gens != NULL);
    size_t n = open_many(gens);
    if (n < MANY) {
        CHECK(n > 20000);
        CHECK(strstr(cede_message(), "vm.max_map_count") != NULL);
        CHECK_ERR(cede_next(gens[n], NULL), -ENOMEM);
    }
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(cede_next(gens[i], NULL), 1);
        CHECK_EQ(cede_gen_close(gens[i]), 0);
    }
    /* What was given back is there to be taken again. */
    CHECK_EQ(open_many(gens), n);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(cede_gen_close(gens[i]), 0);
    free(gens);
}

static int waits_for_ever(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_NEVER);
}

static int starts_too_many(void *arg)
{
    cede_task_options small = {.stack_size = 16384};
    CEDE_GROUP(g);
    int rc = 0;
    for (int i = 0; i < MANY && rc == 0; i++)
        rc = cede_go_with(&g, waits_for_ever, arg, &small);
    if (rc == 0)
        cede_group_cancel(&g);
    return cede_join(&g);
}

TEST(a_group_that_runs_out_of_stacks_fails_and_says_why)
{
    int rc = cede_run(starts_too_many, NULL);
    if (rc == 0)
        return; /* this kernel has no such limit */
    CHECK_ERR(rc, -ENOMEM);
    CHECK(strstr(cede_message(), "vm.max_map_count") != NULL);
}

SUITE("stack_limit")
