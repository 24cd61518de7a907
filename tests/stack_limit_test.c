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
#include "tasks.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int wanted(void)
{
    return many(40000);
}

static int yields_once(cede_gen *self, void *arg)
{
    return cede_yield(self, arg);
}

static size_t open_many(cede_gen **gens)
{
    cede_gen_options small = {.name = "many", .stack_size = 16384};
    size_t n = 0, all = (size_t)wanted();
    while (n < all &&
           (gens[n] = cede_gen_new_with(&small, yields_once, &n, 8, 0)))
        n++;
    return n;
}

TEST(stacks_end_where_the_kernel_says_and_the_message_names_the_limit)
{
    size_t all = (size_t)wanted();
    cede_gen **gens = calloc(all, sizeof(cede_gen *));
    CHECK(gens != NULL);
    size_t n = open_many(gens);
    if (n < all) {
        CHECK(n > 20000);
        CHECK(strstr(cede_message(), "vm.max_map_count=") != NULL);
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

static void *a_thread(void *arg)
{
    return arg;
}

/* What takes mappings in a program: large blocks, threads, files. */
static void go_on(void)
{
    void *block[20];
    pthread_t thread;
    for (int i = 0; i < 20; i++)
        CHECK((block[i] = malloc((size_t)1 << 20)) != NULL);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(pthread_create(&thread, NULL, a_thread, NULL), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        free(block[i]);
    }
    FILE *file = tmpfile();
    CHECK(file != NULL);
    CHECK(fprintf(file, "%99999d", 1) > 0);
    CHECK_EQ(fclose(file), 0);
}

TEST(what_stacks_leave_is_enough_for_the_program_to_go_on)
{
    cede_gen **gens = calloc((size_t)wanted(), sizeof(cede_gen *));
    CHECK(gens != NULL);
    size_t n = open_many(gens);
    for (int i = 0; i < 3; i++) {
        go_on();
        if (n < (size_t)wanted())
            CHECK(!cede_gen_new(yields_once, &n, 8, 0));
    }
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
    for (int i = 0; i < wanted() && rc == 0; i++)
        rc = cede_go_with(&g, waits_for_ever, arg, &small);
    if (rc == 0)
        cede_group_cancel(&g);
    return cede_join(&g);
}

static int starts_some(void *arg)
{
    cede_task_options small = {.stack_size = 16384};
    CEDE_GROUP(g);
    for (int i = 0; i < many(10000); i++)
        CHECK_OK(cede_go_with(&g, returns_later, arg, &small));
    return cede_join(&g);
}

/* 0 on kernels that have no such limit. */
static int fails_and_goes_on(void *arg)
{
    int rc = starts_too_many(arg);
    if (rc < 0) {
        CHECK_ERR(rc, -ENOMEM);
        CHECK(strstr(cede_message(), "vm.max_map_count=") != NULL);
    }
    CHECK_OK(starts_some(&(int){0}));
    return rc;
}

TEST(a_group_that_runs_out_of_stacks_fails_and_the_run_goes_on)
{
    int rc = cede_run(fails_and_goes_on, NULL);
    CHECK_EQ(cede_run(fails_and_goes_on, NULL), rc);
}

SUITE_UNLESS("stack_limit",
             emulated() ? "an emulator needs the mappings itself" : NULL)
