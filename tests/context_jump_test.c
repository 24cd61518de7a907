/* SPDX-License-Identifier: MIT
 *
 * context_jump_test.c - blocks left by longjmp, which runs no exit: noticed at
 * the end of the block around, of the task, of the generator's body.  Counting
 * is on where the program is compiled without NDEBUG, as here always.
 */
#undef NDEBUG
#include "check.h"
#include "things.h"
#include <setjmp.h>

static struct thing a = {.name = "a"}, b = {.name = "b"};
static jmp_buf back;

static void jumps_out(void)
{
    int rc;
    cede_using (rc, &thing_manager, &a)
        longjmp(back, 1);
}

static int once(cede_gen *self, void *unused)
{
    (void)unused;
    return cede_yield(self, &(int){1});
}

static void jumps_out_of_a_generators_block(void)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, once, NULL))
        longjmp(back, x);
}

static void jumps_out_of_a_declaration(void)
{
    int rc = 0;
    CEDE_EXITS(x, rc);
    CEDE_USE(rc, &thing_manager, &a);
    longjmp(back, 1);
}

typedef void jump_fn(void);
struct jump {
    jump_fn *fn;
};

static int jumps(void *jump)
{
    if (setjmp(back) == 0)
        ((struct jump *)jump)->fn();
    return 0;
}

static int body_jumps(cede_gen *self, void *jump)
{
    (void)self;
    return jumps(jump);
}

static void a_task_jumps(void *jump)
{
    cede_run(jumps, jump);
}

static void a_generator_jumps(void *jump)
{
    cede_gen *g = cede_gen_of(int, body_jumps, jump);
    cede_next(g, NULL);
}

static void a_block_contains_a_jump(void *jump)
{
    int rc;
    cede_using (rc, &thing_manager, &b)
        rc = jumps(jump);
}

/* ---- noticed --------------------------------------------------------- */

static struct jump all[] = {{jumps_out},
                            {jumps_out_of_a_generators_block},
                            {jumps_out_of_a_declaration}};

TEST(the_end_of_a_task_notices)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CHECK_ABORTS(a_task_jumps, &all[i], "task 'jumps'", "longjmp",
                     "exit did not run");
}

TEST(the_end_of_a_body_notices)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CHECK_ABORTS(a_generator_jumps, &all[i], "generator 'body_jumps'",
                     "longjmp");
}

TEST(the_end_of_the_block_around_notices)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CHECK_ABORTS(a_block_contains_a_jump, &all[i], "thread", "longjmp");
}

/* ---- not mistaken for one -------------------------------------------- */

static int leaves_in_every_way(void *n)
{
    int rc = 0;
    for (int i = 0; i < 4; i++)
        cede_using (rc, &thing_manager, &a)
            cede_with (rc, int, x, cede_gen_of(int, once, NULL)) {
                CEDE_EXITS(exits, rc);
                if (i == x)
                    break;
                if (i == 2)
                    continue;
                if (i == 3)
                    return *(int *)n;
            }
    return rc;
}

static int body_leaves(cede_gen *self, void *n)
{
    int rc;
    cede_using (rc, &thing_manager, &a)
        rc = cede_yield(self, n);
    return rc < 0 ? rc : leaves_in_every_way(n);
}

TASK_TEST(blocks_left_properly_are_no_jumps)
{
    int x, four = 4;
    CHECK_EQ(leaves_in_every_way(&four), 4);
    cede_gen *g = cede_gen_of(int, body_leaves, &four);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(leaves_in_every_way(&four), 4);
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(cede_gen_close(g), 4);
}

static int ignores_its_stop(cede_gen *self, void *unused)
{
    (void)unused;
    int rc;
    cede_using (rc, &thing_manager, &a)
        for (;;)
            rc = cede_yield(self, NULL);
    return rc;
}

TEST(a_body_that_is_dropped_inside_a_block_is_no_jump)
{
    cede_gen *g = cede_gen_new(ignores_its_stop, NULL, 0, 0);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
}

SUITE("context_jump")
