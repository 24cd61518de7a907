/* SPDX-License-Identifier: MIT
 *
 * things.h - managers that note what happens to them: "+a" entered, "-a" and
 * the outcome that exit was given.  Include check.h first.
 */
#ifndef CEDE_TESTS_THINGS_H
#define CEDE_TESTS_THINGS_H

/* Enter answers `entered`, exit `answer` if it is set, else what it is given;
 * both wait for `delay` first, if there is one, and fail if that does. */
struct thing {
    const char *name;
    int entered;
    const int *answer;
    cede_time delay;
};

#define SUPPRESSES (&(const int){0})
#define REPLACES(code) (&(const int){code})

static inline int thing_enter(void *self)
{
    const struct thing *t = self;
    note("+%s ", t->name);
    if (t->delay)
        CEDE_TRY(cede_sleep(t->delay));
    return t->entered;
}

static inline int thing_exit(void *self, int rc)
{
    const struct thing *t = self;
    note("-%s %d ", t->name, rc);
    if (t->delay)
        CEDE_TRY(cede_sleep(t->delay));
    return t->answer ? *t->answer : rc;
}

static const cede_manager thing_manager = {thing_enter, thing_exit};

#endif
