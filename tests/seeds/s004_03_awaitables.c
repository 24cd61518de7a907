/* SPDX-License-Identifier: MIT
 *
 * S004-3 - what can be awaited: a function, by calling it; a task; a future
 * that something else resolves; and anything that takes its time, by waiting
 * inside.
 *
 * Results are numbers; here they are places in a table of texts.
 */
#include "seed.h"

#include <stdio.h>

enum { COROUTINE, FUTURE, CUSTOM, TEXTS };

static const char *text[TEXTS];

static const char *text_of(int rc)
{
    return rc >= 0 && rc < TEXTS ? text[rc] : cede_strerror(rc);
}

static int coroutine(void *arg)
{
    (void)arg;
    return COROUTINE;
}

static int resolve_soon(void *future)
{
    return cede_resolve(future, FUTURE);
}

static int custom(void)
{
    CEDE_TRY(cede_sleep(0));
    return CUSTOM;
}

static int amain(void *again)
{
    CEDE_GROUP(g);
    cede_future *future = cede_promise();
    CEDE_TRY(cede_go(&g, resolve_soon, future));
    cede_future *task = cede_spawn(&g, coroutine, NULL);
    int awaited[] = {coroutine(NULL), cede_await(task), cede_await(future),
                     custom()};
    for (int i = 0; i < 4; i++)
        printf("%s%s", i > 0 ? " " : "", text_of(awaited[i]));
    printf("\n%s - %s\n", text_of(cede_await(future)), (char *)again);
    cede_future_free(future);
    return cede_join(&g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6,
               "--clock virtual|real COROUTINE FUTURE CUSTOM "
               "AGAIN");
    for (int i = 0; i < TEXTS; i++)
        text[i] = argv[3 + i];
    return seed_run(argv, amain, argv[6]) < 0;
}
