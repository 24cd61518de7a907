/* SPDX-License-Identifier: MIT
 *
 * planted.c - one bug of each kind, for the tools that are to find it.
 *
 *     planted BUG generator|task
 *
 * commits the bug in a generator's body or in a task, on a stack of its own
 * after a switch.  The line that a report must name is marked "planted: BUG";
 * run.sh looks it up, and expects to read the body's name as well.  Ends with
 * status 0 if no tool ended it otherwise.
 */
#include <cede.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline)) /* a frame of its own in reports */

/* Keep the compiler from knowing what is there. */
static void *opaque(void *memory)
{
    __asm__ volatile("" : "+r"(memory) : : "memory");
    return memory;
}

static _Thread_local volatile int sink;
static int shared; /* between threads, without anything that orders them */
static pthread_barrier_t both_here;

APART static void uaf(void)
{
    int *number = opaque(malloc(sizeof *number));
    int *stale = opaque(number); /* gcc warns where it sees through */
    *number = 1;
    free(number);
    sink = *(volatile int *)stale; /* planted: uaf */
}

APART static void heap(void)
{
    char *bytes = opaque(malloc(10));
    bytes[10] = 1; /* planted: heap */
    free(opaque(bytes));
}

APART static void stack(void)
{
    char bytes[10];
    char *at = opaque(bytes);
    at[10] = 1; /* planted: stack */
}

APART static void uninit(void)
{
    int number;
    if (*(int *)opaque(&number) == 7) /* planted: uninit */
        sink = 1;
}

APART static void undefined(void)
{
    int number = 0x7fffffff;
    number = *(int *)opaque(&number) + 1; /* planted: undefined */
    sink = number;
}

APART static void leak(void)
{
    sink = opaque(malloc(100)) != NULL; /* planted: leak */
}

APART static void race(void)
{
    /* Met here, neither can be ordered by what the other does afterwards. */
    pthread_barrier_wait(&both_here);
    shared++; /* planted: race */
}

static void forgets_its_generator(void);

static const struct bug {
    const char *name;
    void (*commit)(void);
} bugs[] = {{"uaf", uaf},
            {"heap", heap},
            {"stack", stack},
            {"uninit", uninit},
            {"leak", leak},
            {"race", race},
            {"undefined", undefined},
            {"suspended", forgets_its_generator}};

/* ---- where it is committed --------------------------------------------- */

APART static int in_a_generator(cede_gen *self, void *arg)
{
    const struct bug *bug = arg;
    CEDE_TRY(cede_yield(self, NULL));
    bug->commit();
    return cede_yield(self, NULL);
}

static int steps(void *arg)
{
    cede_gen *g = cede_gen_new(in_a_generator, arg, 0, 0);
    int rc = cede_next(g, NULL);
    if (rc > 0)
        rc = cede_next(g, NULL);
    (void)cede_gen_close(g);
    return rc;
}

APART static int in_a_task(void *arg)
{
    const struct bug *bug = arg;
    CEDE_TRY(cede_sleep(0));
    bug->commit();
    return cede_sleep(0);
}

/* ---- a generator that is suspended, and that nobody knows any more ------ */

APART static int owns_memory(cede_gen *self, void *arg)
{
    char *mine = opaque(malloc(100));
    int rc = cede_yield(self, arg);
    free(mine);
    return rc;
}

APART static void forgets_its_generator(void)
{
    cede_gen *g =
        cede_gen_new(owns_memory, NULL, 0, 0); /* planted: suspended */
    sink = cede_next(g, NULL);
    g = opaque(NULL);
    sink = g != NULL;
}

/* ---- running ------------------------------------------------------------ */

static int starts_a_task(void *arg)
{
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, in_a_task, arg));
    return cede_join(&g);
}

struct plan {
    const struct bug *bug;
    bool task;
};

static void *carry_out(void *arg)
{
    const struct plan *p = arg;
    void *bug = (void *)(uintptr_t)p->bug;
    sink = p->task ? cede_run(starts_a_task, bug) : steps(bug);
    return NULL;
}

/* Words of frames that are over may look like pointers. */
APART static void wipe(void)
{
    char bytes[8192];
    memset(opaque(bytes), 0, sizeof bytes);
    (void)opaque(bytes);
}

static int run_plan(struct plan *p)
{
    pthread_t other;
    bool two = strcmp(p->bug->name, "race") == 0;
    pthread_barrier_init(&both_here, NULL, 2);
    if (two && pthread_create(&other, NULL, carry_out, p) != 0)
        return 2;
    carry_out(p);
    wipe();
    if (two)
        pthread_join(other, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof bugs / sizeof *bugs; i++)
        if (strcmp(bugs[i].name, argv[1]) == 0)
            return run_plan(
                &(struct plan){&bugs[i], strcmp(argv[2], "task") == 0});
    fprintf(stderr, "usage: %s BUG generator|task\n", argv[0]);
    return 2;
}
