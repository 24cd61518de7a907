/* SPDX-License-Identifier: MIT
 *
 * standing.c - something to look at from outside.
 *
 *     standing look     calls look_at_me() in a task, then in a generator that
 *                       the task steps
 *     standing wait     prints "standing" in that generator, and waits there
 *     standing burn     has both use the processor, half a second each
 */
#include <cede.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define APART __attribute__((noinline)) /* a frame of its own */

static volatile unsigned sink;

APART static void look_at_me(void)
{
    sink++;
}

static void use_half_a_second(void (*work)(void))
{
    clock_t end = clock() + CLOCKS_PER_SEC / 2;
    while (clock() < end)
        work();
}

APART static void work_of_a_generator(void)
{
    for (int i = 0; i < 100000; i++)
        sink += (unsigned)i;
}

APART static void work_of_a_task(void)
{
    for (int i = 0; i < 100000; i++)
        sink ^= (unsigned)i;
}

APART static void wait_for_ever(void)
{
    printf("standing\n");
    fflush(stdout);
    for (;;)
        pause();
}

APART static int in_a_generator(cede_gen *self, void *arg)
{
    const char *what = arg;
    CEDE_TRY(cede_yield(self, NULL));
    if (strcmp(what, "wait") == 0)
        wait_for_ever();
    else if (strcmp(what, "burn") == 0)
        use_half_a_second(work_of_a_generator);
    else
        look_at_me();
    return cede_yield(self, NULL);
}

APART static int in_a_task(void *arg)
{
    const char *what = arg;
    CEDE_TRY(cede_sleep(0));
    if (strcmp(what, "burn") == 0)
        use_half_a_second(work_of_a_task);
    else if (strcmp(what, "look") == 0)
        look_at_me();
    cede_gen *g = cede_gen_new(in_a_generator, arg, 0, 0);
    int rc = cede_next(g, NULL);
    if (rc > 0)
        rc = cede_next(g, NULL);
    (void)cede_gen_close(g);
    return rc < 0 ? rc : 0;
}

static int starts_a_task(void *arg)
{
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, in_a_task, arg));
    return cede_join(&g);
}

int main(int argc, char **argv)
{
    return argc == 2 ? -cede_run(starts_a_task, argv[1]) : 2;
}
