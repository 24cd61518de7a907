/* SPDX-License-Identifier: MIT
 *
 * items_ahead.h - generators that tests have run ahead.  Include check.h first.
 */
#ifndef CEDE_TESTS_ITEMS_AHEAD_H
#define CEDE_TESTS_ITEMS_AHEAD_H

/* Yields 0, 1, 2, ..., so many, one each second. */
static inline int ticks(cede_gen *self, void *n)
{
    for (int i = 0; i < *(int *)n; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_yield(self, &i));
    }
    return 7;
}

static inline cede_gen *ticks_of(int n)
{
    static int many_enough[10];
    many_enough[n] = n;
    return cede_gen_of(int, ticks, &many_enough[n]);
}

/* Yields 0, 1, 2, ... and notes what becomes of it. */
static inline int counts(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int i = 0; rc >= 0; i++) {
        note("%d", i);
        rc = cede_yield(self, &i);
    }
    note("%s", rc == CEDE_EXIT ? "x" : "?");
    return rc;
}

static inline int next_of(cede_gen *g)
{
    int x = -1;
    CHECK_EQ(cede_next(g, &x), 1);
    return x;
}

/* A main task that leaves one behind, which has run so far ahead. */
static cede_gen *kept;

static inline int keeps(void *ahead)
{
    kept =
        cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), *(size_t *)ahead);
    return cede_sleep(0);
}

static inline void run_it(void *fn)
{
    (void)cede_run(*(cede_fn **)fn, NULL);
}

#endif
