/* SPDX-License-Identifier: MIT
 *
 * S004-4, S004-11 and S004-12 - waiting is for tasks.
 *
 * Python's compiler refuses `await` outside of a coroutine.  C's cannot; so
 * what would have to wait says so when it is called, does nothing, and the
 * program goes on: here outside of any loop, where CALLS are tried one by one.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static cede_queue *queue; /* empty */

static int try_get(void)
{
    int item;
    return cede_get(queue, &item);
}

static int try_put(void)
{
    cede_queue *full = cede_queue_new(sizeof(int), 0);
    int rc = cede_put(full, &(int){1});
    cede_queue_free(full);
    return rc;
}

static int try_gather(void)
{
    return cede_gather(CEDE_CALLS({nothing, NULL}), NULL);
}

static int try_join(void)
{
    CEDE_GROUP(g);
    return cede_join(&g);
}

static int try_go(void)
{
    return cede_go(NULL, nothing, NULL);
}

/* A body may wait only where whoever steps it may. */
static int gets(cede_gen *self, void *arg)
{
    (void)self;
    int item;
    return cede_get(arg, &item);
}

static int try_body(void)
{
    cede_gen *g = cede_gen_new(gets, queue, 0, 0);
    int rc = cede_next(g, NULL);
    cede_gen_close(g);
    return rc;
}

static const struct {
    const char *name;
    int (*call)(void);
} calls[] = {{"get", try_get},   {"put", try_put}, {"gather", try_gather},
             {"join", try_join}, {"go", try_go},   {"body", try_body}};

static void try_call(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, name) != 0)
            continue;
        printf("%s ", name);
        seed_print_error(SEED_OUTSIDE, calls[i].call());
        return;
    }
    seed_refuse("no such call", name);
}

static int in_a_task(void *arg)
{
    return cede_put(queue, arg);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "ITEM CALLS");
    seed_value item = seed_parse(argv[1]);
    size_t n;
    const char *const *name = seed_texts(argv[2], &n);
    queue = cede_queue_new(sizeof item, 1);
    for (size_t i = 0; i < n; i++)
        try_call(name[i]);
    int rc = cede_run(in_a_task, &item);
    if (rc == 0 && (rc = cede_try_get(queue, &item)) > 0) {
        printf("put in a task: ");
        seed_print(item);
        putchar('\n');
    }
    cede_queue_free(queue);
    return rc < 0;
}
